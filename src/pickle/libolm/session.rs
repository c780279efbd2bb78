//! libolm's Olm sessions: versions 1 and 0x80000001.

use alloc::string::String;

use super::{count, key_pair, public_key, put_key_pair, read, write};
use crate::{
    codec::{
        record::{Reader, Writer},
        version::SessionVersion,
    },
    olm::{
        ChainKey, MAX_RECEIVER_CHAINS, ReceiverChain, ReceiverChains, SenderChain, Session,
        SessionKeys, SkippedKey, SkippedKeys,
    },
    pickle::error::{ExportError, ImportError},
    primitives::{curve25519::Curve25519PublicKey, wipe::Secret},
};

const VERSION: u32 = 1;
/// Has one more chain index at its end, which libolm ignores.
const VERSION_WITH_INDEX: u32 = 0x8000_0001;
/// Skipped keys that libolm holds, over all chains.
const MAX_SKIPPED_KEYS: usize = 40;

impl Session {
    /// Reads a session from libolm's pickle (versions 1 and 0x80000001).
    /// Skipped keys whose chain is gone are left out: nothing can use them.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_libolm_pickle(text: &str, key: &[u8]) -> Result<Self, ImportError> {
        read(text, key, |version, record| {
            if version != VERSION && version != VERSION_WITH_INDEX {
                return Err(ImportError::UnknownVersion { version });
            }
            let session = session(record)?;
            if version == VERSION_WITH_INDEX {
                record.u32()?;
            }
            Ok(session)
        })
    }

    /// Writes the session as libolm's pickle (version 1), for moving out. Of
    /// the skipped keys libolm takes the newest 40.
    ///
    /// # Errors
    /// [`ExportError`] if the session speaks version 2 or a chain has come to
    /// its end.
    pub fn to_libolm_pickle(&self, key: &[u8]) -> Result<String, ExportError> {
        if self.version != SessionVersion::V1 {
            return Err(ExportError::UnsupportedConfig);
        }
        write(key, VERSION, 129 + 104 + 12 + 5 * 68 + 40 * 68, |out| {
            self.write_libolm(out)
        })
    }

    fn write_libolm(&self, out: &mut Writer) -> Result<(), ExportError> {
        out.flag(self.received);
        out.bytes(self.keys.identity_key.as_bytes());
        out.bytes(self.keys.base_key.as_bytes());
        out.bytes(self.keys.one_time_key.as_bytes());
        out.bytes(self.root_key.as_slice());
        out.count(usize::from(self.sender.is_some()));
        if let Some(sender) = &self.sender {
            put_key_pair(&sender.ratchet_key, out);
            put_chain_key(&sender.chain_key, out)?;
        }
        let chains = self.receivers.newest_first();
        out.count(chains.clone().count());
        for (_, chain) in chains.clone() {
            out.bytes(chain.ratchet_key.as_bytes());
            put_chain_key(&chain.chain_key, out)?;
        }
        let newest = self.skipped.as_slice().iter().rev().take(MAX_SKIPPED_KEYS);
        out.count(newest.len());
        for skipped in newest {
            // Every skipped key has its chain: keys leave together with it.
            let chain = chains.clone().find(|(slot, _)| *slot == skipped.slot);
            let ratchet_key = chain.map_or(&[0; 32], |(_, chain)| chain.ratchet_key.as_bytes());
            out.bytes(ratchet_key);
            out.bytes(skipped.key.as_slice());
            out.u32(skipped.index);
        }
        Ok(())
    }
}

fn put_chain_key(chain_key: &ChainKey, out: &mut Writer) -> Result<(), ExportError> {
    out.bytes(chain_key.key.as_slice());
    out.u32(u32::try_from(chain_key.next).map_err(|_| ExportError::Exhausted)?);
    Ok(())
}

fn session(record: &mut Reader<'_>) -> Result<Session, ImportError> {
    let received = record.flag()?;
    let keys = SessionKeys {
        identity_key: public_key(record)?,
        base_key: public_key(record)?,
        one_time_key: public_key(record)?,
    };
    let root_key = Secret::from(*record.array()?);
    let sender = if count(record, 1)? == 1 {
        let ratchet_key = key_pair(record)?;
        let key = Secret::from(*record.array()?);
        Some(SenderChain {
            ratchet_key,
            chain_key: ChainKey::new(key, u64::from(record.u32()?)),
        })
    } else {
        None
    };
    let receivers = receiver_chains(record)?;
    if sender.is_none() && receivers.newest().is_none() {
        return Err(ImportError::NoChain);
    }
    let skipped = skipped_keys(record, &receivers)?;
    Ok(Session {
        version: SessionVersion::V1,
        keys,
        root_key,
        turns: None,
        sender,
        receivers,
        skipped,
        received,
    })
}

/// `public ‖ key ‖ index u32`: a receiver chain as well as a skipped key.
const ITEM_LENGTH: usize = 32 + 32 + 4;

/// The items of a list of at most `max`, last first.
fn items_backwards<'a>(
    record: &mut Reader<'a>,
    max: usize,
) -> Result<impl Iterator<Item = Result<Item, ImportError>> + use<'a>, ImportError> {
    let items = count(record, max)?;
    let bytes = record.bytes(items.saturating_mul(ITEM_LENGTH))?;
    Ok(bytes.rchunks_exact(ITEM_LENGTH).map(Item::read))
}

struct Item {
    ratchet_key: Curve25519PublicKey,
    key: Secret<32>,
    index: u32,
}

impl Item {
    fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        let mut record = Reader::new(bytes);
        Ok(Self {
            ratchet_key: public_key(&mut record)?,
            key: Secret::from(*record.array()?),
            index: record.u32()?,
        })
    }
}

/// The chains stand newest first; ours are put in oldest first.
fn receiver_chains(record: &mut Reader<'_>) -> Result<ReceiverChains, ImportError> {
    let mut receivers = ReceiverChains::new();
    for chain in items_backwards(record, MAX_RECEIVER_CHAINS)? {
        let chain = chain?;
        if receivers.find(&chain.ratchet_key).is_some() {
            return Err(ImportError::KeysDisagree);
        }
        receivers.push(ReceiverChain::moved_in(
            chain.ratchet_key,
            chain.key,
            u64::from(chain.index),
        ));
    }
    Ok(receivers)
}

/// The skipped keys stand last stored first; ours are put in first stored first.
fn skipped_keys(
    record: &mut Reader<'_>,
    receivers: &ReceiverChains,
) -> Result<SkippedKeys, ImportError> {
    let mut skipped = SkippedKeys::new();
    for item in items_backwards(record, MAX_SKIPPED_KEYS)? {
        let item = item?;
        // The keys of a chain that was dropped are dead.
        let Some((slot, chain)) = receivers.find(&item.ratchet_key) else {
            continue;
        };
        // A key at or past the chain's next index would open a message twice.
        if u64::from(item.index) >= chain.chain_key.next || skipped.find(slot, item.index).is_some()
        {
            return Err(ImportError::KeysDisagree);
        }
        skipped.insert(SkippedKey {
            slot,
            index: item.index,
            key: item.key,
        });
    }
    Ok(skipped)
}
