//! The record of an Olm session.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{count, flag, put_version, version};
use crate::{
    codec::record::{Reader, Writer},
    olm::{
        CHAIN_END, ChainKey, DroppedKeys, DroppedRange, MAX_RECEIVER_CHAINS,
        MAX_SKIPPED_KEYS_PER_CHAIN, ReceiverChain, ReceiverChains, SenderChain, Session,
        SessionKeys, SkippedKey, SkippedKeys,
    },
    pickle::{error::UnpickleError, kind::PickleKind, sealed::Record},
    primitives::{
        curve25519::{Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey},
        inline_list::InlineList,
        wipe::Secret,
    },
};

const SENDER_LENGTH: usize = 32 + 32 + 8;
const CHAIN_LENGTH: usize = 32 + 32 + 8 + 8 + 4 + 8 * 16;
const SKIPPED_LENGTH: usize = 1 + 4 + 32;
const FIXED_LENGTH: usize = 2 + 9 + 3 * 32 + 32 + 1 + 3 * 4 + MAX_RECEIVER_CHAINS * 32;

impl Record for Session {
    const KIND: PickleKind = PickleKind::Session;

    /// `version ‖ received ‖ turns? ‖ identity key ‖ base key ‖ one-time key ‖
    /// root key ‖ sender chain? ‖ receiver chains ‖ dropped chains' ratchet keys
    /// ‖ skipped keys`, where a skipped key names its chain by position.
    fn write(&self) -> Zeroizing<Vec<u8>> {
        let skipped = self.skipped.as_slice();
        let mut out = Writer::with_capacity(
            skipped
                .len()
                .saturating_mul(SKIPPED_LENGTH)
                .saturating_add(FIXED_LENGTH + SENDER_LENGTH + MAX_RECEIVER_CHAINS * CHAIN_LENGTH),
        );
        put_version(self.version, &mut out);
        out.flag(self.received);
        out.flag(self.turns.is_some());
        if let Some(turns) = self.turns {
            out.u64(turns);
        }
        out.bytes(self.keys.identity_key.as_bytes());
        out.bytes(self.keys.base_key.as_bytes());
        out.bytes(self.keys.one_time_key.as_bytes());
        out.bytes(self.root_key.as_slice());
        out.flag(self.sender.is_some());
        if let Some(sender) = &self.sender {
            out.bytes(sender.ratchet_key.secret.expose_secret());
            put_chain_key(&sender.chain_key, &mut out);
        }
        let chains = self.receivers.newest_first().rev();
        out.count(chains.clone().count());
        for (_, chain) in chains.clone() {
            out.bytes(chain.ratchet_key.as_bytes());
            put_chain_key(&chain.chain_key, &mut out);
            out.u64(chain.dropped.unknown_below);
            out.count(chain.dropped.ranges.len());
            for range in chain.dropped.ranges.iter() {
                out.u64(range.start);
                out.u64(range.end);
            }
        }
        out.count(self.receivers.gone.len());
        for key in self.receivers.gone.iter() {
            out.bytes(key.as_bytes());
        }
        out.count(skipped.len());
        for key in skipped {
            let position = chains.clone().position(|(slot, _)| slot == key.slot);
            out.u8(position
                .and_then(|position| u8::try_from(position).ok())
                .unwrap_or(u8::MAX));
            out.u32(key.index);
            out.bytes(key.key.as_slice());
        }
        out.finish()
    }

    fn read_v1(record: &mut Reader<'_>) -> Result<Self, UnpickleError> {
        let version = version(record)?;
        let received = flag(record)?;
        let turns = if flag(record)? {
            Some(record.u64()?)
        } else {
            None
        };
        let keys = SessionKeys {
            identity_key: public_key(record)?,
            base_key: public_key(record)?,
            one_time_key: public_key(record)?,
        };
        let root_key = Secret::from(*record.array()?);
        let sender = if flag(record)? {
            let secret = Curve25519SecretKey::from_bytes(record.array()?);
            let ratchet_key = Curve25519KeyPair::from_secret(secret);
            Some(SenderChain {
                ratchet_key,
                chain_key: chain_key(record)?,
            })
        } else {
            None
        };
        let mut receivers = ReceiverChains::new();
        for _ in 0..count(record, MAX_RECEIVER_CHAINS)? {
            let chain = receiver_chain(record)?;
            if receivers.find(&chain.ratchet_key).is_some() {
                return Err(UnpickleError::Invalid);
            }
            receivers.push(chain);
        }
        if sender.is_none() && receivers.newest().is_none() {
            return Err(UnpickleError::Invalid);
        }
        for _ in 0..count(record, MAX_RECEIVER_CHAINS)? {
            let _ = receivers.gone.push(public_key(record)?);
        }
        let skipped = skipped_keys(record, &receivers)?;
        Ok(Self {
            version,
            keys,
            root_key,
            turns,
            sender,
            receivers,
            skipped,
            received,
        })
    }
}

fn public_key(record: &mut Reader<'_>) -> Result<Curve25519PublicKey, UnpickleError> {
    Ok(Curve25519PublicKey::from_bytes(*record.array()?))
}

fn put_chain_key(chain_key: &ChainKey, out: &mut Writer) {
    out.bytes(chain_key.key.as_slice());
    out.u64(chain_key.next);
}

fn chain_key(record: &mut Reader<'_>) -> Result<ChainKey, UnpickleError> {
    let key = Secret::from(*record.array()?);
    let next = record.u64()?;
    if next > CHAIN_END {
        return Err(UnpickleError::Invalid);
    }
    Ok(ChainKey::new(key, next))
}

fn receiver_chain(record: &mut Reader<'_>) -> Result<ReceiverChain, UnpickleError> {
    let ratchet_key = public_key(record)?;
    let chain_key = chain_key(record)?;
    let unknown_below = record.u64()?;
    let mut ranges = InlineList::new();
    for _ in 0..record.u32()? {
        let range = DroppedRange {
            start: record.u64()?,
            end: record.u64()?,
        };
        ranges.push(range).map_err(|_| UnpickleError::Invalid)?;
    }
    let dropped = DroppedKeys {
        unknown_below,
        ranges,
    };
    Ok(ReceiverChain {
        ratchet_key,
        chain_key,
        dropped,
    })
}

fn skipped_keys(
    record: &mut Reader<'_>,
    receivers: &ReceiverChains,
) -> Result<SkippedKeys, UnpickleError> {
    let mut skipped = SkippedKeys::new();
    for _ in 0..count(record, MAX_RECEIVER_CHAINS * MAX_SKIPPED_KEYS_PER_CHAIN)? {
        let position = usize::from(record.u8()?);
        let (slot, chain) = receivers
            .newest_first()
            .rev()
            .nth(position)
            .ok_or(UnpickleError::Invalid)?;
        let key = SkippedKey {
            slot,
            index: record.u32()?,
            key: Secret::from(*record.array()?),
        };
        let used = u64::from(key.index) >= chain.chain_key.next;
        if used || skipped.find(slot, key.index).is_some() || skipped.insert(key).is_some() {
            return Err(UnpickleError::Invalid);
        }
    }
    Ok(skipped)
}
