//! vodozemac's Olm sessions.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::Deserialize;

use super::{
    Config, check_config, check_version, read,
    text::{Bytes, JsonWriter, KEY_LENGTH},
    write,
};
use crate::{
    olm::{
        CHAIN_END, ChainKey, MAX_RECEIVER_CHAINS, MAX_SKIPPED_KEYS_PER_CHAIN, ReceiverChain,
        ReceiverChains, SenderChain, Session, SessionKeys, SkippedKey, SkippedKeys,
    },
    pickle::error::{ExportError, ImportError},
    primitives::curve25519::{Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey},
};

#[derive(Deserialize)]
struct SessionJson {
    session_keys: KeysJson,
    sending_ratchet: SendingRatchet,
    receiving_chains: Chains,
    config: Option<Config>,
}

#[derive(Deserialize)]
struct KeysJson {
    identity_key: Bytes<32>,
    base_key: Bytes<32>,
    one_time_key: Bytes<32>,
}

/// Both of vodozemac's forms, "active" and "inactive", in one: telling them
/// apart by serde would buffer the secrets in places that nobody wipes.
#[derive(Deserialize)]
struct SendingRatchet {
    r#type: Kind,
    parent_ratchet_key: Option<Bytes<32>>,
    ratchet_count: Option<Count>,
    active_ratchet: Option<ActiveRatchet>,
    symmetric_key_ratchet: Option<IndexedKey>,
    root_key: Option<RootKey>,
    ratchet_key: Option<Bytes<32>>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Active,
    Inactive,
}

#[derive(Deserialize)]
enum Count {
    Known(u64),
    Unknown(()),
}

#[derive(Deserialize)]
struct ActiveRatchet {
    root_key: Bytes<32>,
    ratchet_key: Bytes<32>,
}

#[derive(Deserialize)]
struct RootKey {
    key: Bytes<32>,
}

#[derive(Deserialize)]
struct IndexedKey {
    key: Bytes<32>,
    index: u64,
}

#[derive(Deserialize)]
#[expect(clippy::vec_box, reason = "a list that grows then moves no secret")]
struct Chains {
    inner: Vec<Box<Chain>>,
}

#[derive(Deserialize)]
struct Chain {
    ratchet_key: Bytes<32>,
    hkdf_ratchet: IndexedKey,
    skipped_message_keys: MessageKeys,
}

#[derive(Deserialize)]
#[expect(clippy::vec_box, reason = "a list that grows then moves no secret")]
struct MessageKeys {
    inner: Vec<Box<IndexedKey>>,
}

impl Session {
    /// Reads a session from the pickle of vodozemac's `Session`.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_vodozemac_pickle(text: &str, key: &[u8; 32]) -> Result<Self, ImportError> {
        read(text, key, session)
    }

    /// Writes the session as the pickle of vodozemac's `Session`, for moving
    /// out. vodozemac does not keep whether a message was received: it takes a
    /// session with a receiver chain for one that was answered.
    ///
    /// # Errors
    /// [`ExportError::UnsupportedConfig`] if the session speaks version 2.
    pub fn to_vodozemac_pickle(&self, key: &[u8; 32]) -> Result<String, ExportError> {
        check_version(self.version)?;
        write(key, || {
            let keys = self
                .skipped
                .as_slice()
                .len()
                .saturating_add(2 * MAX_RECEIVER_CHAINS + 8);
            let mut json = JsonWriter::with_capacity(keys.saturating_mul(KEY_LENGTH));
            self.put_session(&mut json);
            Ok(json.finish())
        })
    }

    fn put_session(&self, json: &mut JsonWriter) {
        json.raw(r#"{"session_keys":{"identity_key":"#)
            .bytes(self.keys.identity_key.as_bytes())
            .raw(r#","base_key":"#)
            .bytes(self.keys.base_key.as_bytes())
            .raw(r#","one_time_key":"#)
            .bytes(self.keys.one_time_key.as_bytes())
            .raw(r#"},"sending_ratchet":"#);
        self.put_sending_ratchet(json);
        json.raw(r#","receiving_chains":{"inner":"#);
        // The newest chain was made by the last turn, or by the one before if
        // we have turned since; each older chain by the one two before.
        let newest_count = match (&self.sender, self.turns) {
            (Some(_), Some(turns)) => turns.checked_sub(1),
            (_, turns) => turns,
        };
        let chains = self.receivers.newest_first();
        let newer = (0..chains.clone().count() as u64).rev();
        json.list(
            '[',
            ']',
            chains.rev().zip(newer),
            |json, ((slot, chain), newer)| {
                json.raw(r#"{"ratchet_key":"#)
                    .bytes(chain.ratchet_key.as_bytes())
                    .raw(r#","hkdf_ratchet":"#);
                put_indexed_key(&chain.chain_key.key, chain.chain_key.next, json);
                json.raw(r#","skipped_message_keys":{"inner":"#)
                    .list('[', ']', self.skipped.of(slot), |json, skipped| {
                        put_indexed_key(&skipped.key, u64::from(skipped.index), json);
                    })
                    .raw(r#"},"ratchet_count":"#);
                let turns_ago = newer.saturating_mul(2);
                put_count(
                    newest_count.and_then(|newest| newest.checked_sub(turns_ago)),
                    json,
                );
                json.raw("}");
            },
        )
        .raw(r#"},"config":{"version":"V1"}}"#);
    }

    fn put_sending_ratchet(&self, json: &mut JsonWriter) {
        let theirs = self.receivers.newest().map(|chain| &chain.ratchet_key);
        match &self.sender {
            Some(sender) => {
                json.raw(r#"{"type":"active","parent_ratchet_key":"#);
                match theirs {
                    Some(theirs) => json.bytes(theirs.as_bytes()),
                    None => json.raw("null"),
                };
                json.raw(r#","ratchet_count":"#);
                put_count(self.turns, json);
                json.raw(r#","active_ratchet":{"root_key":"#)
                    .bytes(self.root_key.as_slice())
                    .raw(r#","ratchet_key":"#)
                    .bytes(sender.ratchet_key.secret.expose_secret())
                    .raw(r#"},"symmetric_key_ratchet":"#);
                put_indexed_key(&sender.chain_key.key, sender.chain_key.next, json);
            }
            None => {
                json.raw(r#"{"type":"inactive","root_key":{"key":"#)
                    .bytes(self.root_key.as_slice())
                    .raw(r#"},"ratchet_key":"#)
                    // A session that does not send has a receiver chain.
                    .bytes(theirs.map_or(&[], |theirs| theirs.as_bytes()))
                    .raw(r#","ratchet_count":"#);
                put_count(self.turns, json);
            }
        }
        json.raw("}");
    }
}

fn put_count(count: Option<u64>, json: &mut JsonWriter) {
    match count {
        Some(count) => json.raw(r#"{"Known":"#).number(count).raw("}"),
        None => json.raw(r#"{"Unknown":null}"#),
    };
}

fn put_indexed_key(key: &[u8; 32], index: u64, json: &mut JsonWriter) {
    json.raw(r#"{"key":"#)
        .bytes(key)
        .raw(r#","index":"#)
        .number(index)
        .raw("}");
}

fn public_key(bytes: &Bytes<32>) -> Curve25519PublicKey {
    Curve25519PublicKey::from_bytes(bytes.0)
}

fn chain_end(index: u64) -> Result<u64, ImportError> {
    if index <= CHAIN_END {
        Ok(index)
    } else {
        Err(ImportError::IndexTooLarge)
    }
}

fn session(json: SessionJson) -> Result<Session, ImportError> {
    let version = check_config(json.config)?;
    let sending = json.sending_ratchet;
    let (root_key, sender, theirs) = match sending.r#type {
        Kind::Active => {
            let active = sending.active_ratchet.ok_or(ImportError::Json)?;
            let chain = sending.symmetric_key_ratchet.ok_or(ImportError::Json)?;
            let secret = Curve25519SecretKey::from_bytes(&active.ratchet_key.0);
            let sender = SenderChain {
                ratchet_key: Curve25519KeyPair::from_secret(secret),
                chain_key: ChainKey::new(chain.key.0.into(), chain_end(chain.index)?),
            };
            let theirs = sending.parent_ratchet_key.as_ref().map(public_key);
            (active.root_key.0.into(), Some(sender), theirs)
        }
        Kind::Inactive => {
            let root_key = sending.root_key.ok_or(ImportError::Json)?;
            let theirs = sending.ratchet_key.as_ref().ok_or(ImportError::Json)?;
            (root_key.key.0.into(), None, Some(public_key(theirs)))
        }
    };
    let turns = match sending.ratchet_count {
        Some(Count::Known(count)) => Some(count),
        Some(Count::Unknown(())) | None => None,
    };
    let (receivers, skipped) = receiver_chains(json.receiving_chains.inner, theirs)?;
    if sender.is_none() && receivers.newest().is_none() {
        return Err(ImportError::NoChain);
    }
    Ok(Session {
        version,
        keys: SessionKeys {
            identity_key: public_key(&json.session_keys.identity_key),
            base_key: public_key(&json.session_keys.base_key),
            one_time_key: public_key(&json.session_keys.one_time_key),
        },
        root_key,
        turns,
        received: receivers.newest().is_some(),
        sender,
        receivers,
        skipped,
    })
}

/// Puts the chains in. They stand oldest first, but for sessions that vodozemac
/// itself took from libolm, which it leaves newest first: `theirs`, the key that
/// the session last turned against, names the newest where it is known. It is not
/// where a session still sends as it did when it came from libolm; that looks the
/// same as one that an old vodozemac made, so the order is then taken as it is.
#[expect(clippy::vec_box, reason = "a list that grows then moves no secret")]
fn receiver_chains(
    mut chains: Vec<Box<Chain>>,
    theirs: Option<Curve25519PublicKey>,
) -> Result<(ReceiverChains, SkippedKeys), ImportError> {
    if chains.len() > MAX_RECEIVER_CHAINS {
        return Err(ImportError::TooMany {
            found: chains.len(),
            max: MAX_RECEIVER_CHAINS,
        });
    }
    if let Some(theirs) = theirs {
        let newest = chains
            .iter()
            .position(|chain| public_key(&chain.ratchet_key) == theirs);
        let newest = newest.ok_or(ImportError::NoChain)?;
        if newest == 0 {
            chains.reverse();
        } else if let Some(from_newest) = chains.get_mut(newest..) {
            from_newest.rotate_left(1);
        }
    }
    let mut receivers = ReceiverChains::new();
    let mut skipped = SkippedKeys::new();
    for chain in &chains {
        if receivers.find(&public_key(&chain.ratchet_key)).is_some() {
            return Err(ImportError::KeysDisagree);
        }
        let next = chain_end(chain.hkdf_ratchet.index)?;
        let slot = receivers.push(ReceiverChain::moved_in(
            public_key(&chain.ratchet_key),
            chain.hkdf_ratchet.key.0.into(),
            next,
        ));
        let found = chain.skipped_message_keys.inner.len();
        if found > MAX_SKIPPED_KEYS_PER_CHAIN {
            return Err(ImportError::TooMany {
                found,
                max: MAX_SKIPPED_KEYS_PER_CHAIN,
            });
        }
        // Oldest first, but for what vodozemac took from libolm, which it leaves
        // newest first; keys are skipped in rising order of index.
        let mut keys: Vec<_> = chain.skipped_message_keys.inner.iter().collect();
        keys.sort_by_key(|key| key.index);
        for key in keys {
            let index = u32::try_from(key.index).map_err(|_| ImportError::IndexTooLarge)?;
            // A key at or past the chain's next index would open a message twice.
            if key.index >= next || skipped.find(slot, index).is_some() {
                return Err(ImportError::KeysDisagree);
            }
            skipped.insert(SkippedKey {
                slot,
                index,
                key: key.key.0.into(),
            });
        }
    }
    Ok((receivers, skipped))
}
