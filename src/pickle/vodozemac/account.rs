//! vodozemac's accounts.

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

use serde::Deserialize;

use super::{
    read,
    text::{Bytes, JsonWriter, KEY_LENGTH, SigningKey},
    write,
};
use crate::{
    olm::{
        Account, FallbackKey, FallbackKeys, KeyId, KeyIdCounter, KeyIdWidth, MAX_ONE_TIME_KEYS,
        OneTimeKey, OneTimeKeys, PublicOneTimeKey,
    },
    pickle::error::{ExportError, ImportError},
    primitives::curve25519::{Curve25519KeyPair, Curve25519SecretKey, public_keys},
};

/// One-time keys that vodozemac holds.
const MAX_VODOZEMAC_KEYS: usize = 5000;

/// An account that moved in from vodozemac.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImportedAccount {
    /// The account.
    pub account: Account,
    /// The oldest one-time keys, for which there was no room: vodozemac holds
    /// 5000, an account here
    /// [`MAX_ONE_TIME_KEYS`]. Sessions that
    /// others start with them will not open.
    pub dropped: Vec<PublicOneTimeKey>,
}

#[derive(Deserialize)]
struct AccountJson {
    signing_key: SigningKey,
    diffie_hellman_key: Bytes<32>,
    one_time_keys: OneTimeKeysJson,
    fallback_keys: FallbackKeysJson,
}

/// The keys in boxes, so that the maps move no secret.
#[derive(Deserialize)]
struct OneTimeKeysJson {
    #[serde(alias = "key_id")]
    next_key_id: u64,
    public_keys: BTreeMap<u64, Box<Bytes<32>>>,
    private_keys: BTreeMap<u64, Box<Bytes<32>>>,
}

#[derive(Deserialize)]
struct FallbackKeysJson {
    key_id: u64,
    fallback_key: Option<FallbackKeyJson>,
    previous_fallback_key: Option<FallbackKeyJson>,
}

#[derive(Deserialize)]
struct FallbackKeyJson {
    key_id: u64,
    key: Bytes<32>,
    published: bool,
}

impl FallbackKeyJson {
    fn key(&self) -> FallbackKey {
        let secret = Curve25519SecretKey::from_bytes(&self.key.0);
        OneTimeKey {
            id: KeyId::new(self.key_id, KeyIdWidth::Eight),
            published: self.published,
            pair: Curve25519KeyPair::from_secret(secret),
        }
    }
}

impl Account {
    /// Reads an account from vodozemac's pickle. Its keys keep their names of
    /// 11 characters, and so do new ones.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_vodozemac_pickle(
        text: &str,
        key: &[u8; 32],
    ) -> Result<ImportedAccount, ImportError> {
        read(text, key, account)
    }

    /// Writes the account as vodozemac's pickle, for moving out. A signing key
    /// that came from libolm has no seed and is written in its expanded form.
    ///
    /// Keys that are not published yet get another name by this if they were
    /// made here or by libolm: 11 characters in place of 6.
    ///
    /// # Errors
    /// None today; an [`ExportError`] will say what the format cannot hold.
    pub fn to_vodozemac_pickle(&self, key: &[u8; 32]) -> Result<String, ExportError> {
        write(key, || {
            let keys = self
                .one_time_keys
                .as_slice()
                .len()
                .saturating_mul(2)
                .saturating_add(8);
            let mut json = JsonWriter::with_capacity(keys.saturating_mul(KEY_LENGTH));
            self.put_account(&mut json);
            Ok(json.finish())
        })
    }

    fn put_account(&self, json: &mut JsonWriter) {
        let keys = self.one_time_keys.as_slice();
        json.raw(r#"{"signing_key":"#)
            .signing_key(&self.signing_key)
            .raw(r#","diffie_hellman_key":"#)
            .bytes(self.identity.secret.expose_secret())
            .raw(r#","one_time_keys":{"next_key_id":"#)
            .number(self.key_ids.next)
            .raw(r#","public_keys":"#)
            .list(
                '{',
                '}',
                keys.iter().filter(|key| !key.published),
                |json, key| {
                    put_entry(key.id, key.pair.public.as_bytes(), json);
                },
            )
            .raw(r#","private_keys":"#)
            .list('{', '}', keys, |json, key| {
                put_entry(key.id, key.pair.secret.expose_secret(), json);
            })
            .raw(r#"},"fallback_keys":{"key_id":"#)
            .number(self.key_ids.next)
            .raw(r#","fallback_key":"#);
        put_fallback_key(self.fallback_keys.current.as_ref(), json);
        json.raw(r#","previous_fallback_key":"#);
        put_fallback_key(self.fallback_keys.previous.as_ref(), json);
        json.raw("}}");
    }
}

fn put_entry(id: KeyId, key: &[u8; 32], json: &mut JsonWriter) {
    json.raw("\"").number(id.value()).raw("\":").bytes(key);
}

fn put_fallback_key(key: Option<&FallbackKey>, json: &mut JsonWriter) {
    match key {
        Some(key) => json
            .raw(r#"{"key_id":"#)
            .number(key.id.value())
            .raw(r#","key":"#)
            .bytes(key.pair.secret.expose_secret())
            .raw(r#","published":"#)
            .flag(key.published)
            .raw("}"),
        None => json.raw("null"),
    };
}

fn account(json: AccountJson) -> Result<ImportedAccount, ImportError> {
    let (one_time_keys, dropped) = one_time_keys(&json.one_time_keys)?;
    let fallback = &json.fallback_keys;
    let fallback_keys = FallbackKeys {
        current: fallback.fallback_key.as_ref().map(FallbackKeyJson::key),
        previous: fallback
            .previous_fallback_key
            .as_ref()
            .map(FallbackKeyJson::key),
    };
    let identity = Curve25519SecretKey::from_bytes(&json.diffie_hellman_key.0);
    // vodozemac counts the two kinds apart; one counter past both gives no id
    // twice.
    let next = json.one_time_keys.next_key_id.max(fallback.key_id);
    let held = one_time_keys.as_slice().iter().chain(fallback_keys.iter());
    let key_ids = KeyIdCounter::past(next, KeyIdWidth::Eight, held.map(OneTimeKey::id));
    let account = Account {
        signing_key: json.signing_key.key(),
        identity: Curve25519KeyPair::from_secret(identity),
        one_time_keys,
        fallback_keys,
        key_ids,
    };
    Ok(ImportedAccount { account, dropped })
}

fn one_time_keys(
    json: &OneTimeKeysJson,
) -> Result<(OneTimeKeys, Vec<PublicOneTimeKey>), ImportError> {
    let found = json.private_keys.len();
    if found > MAX_VODOZEMAC_KEYS {
        return Err(ImportError::TooMany {
            found,
            max: MAX_VODOZEMAC_KEYS,
        });
    }
    if json
        .public_keys
        .keys()
        .any(|id| !json.private_keys.contains_key(id))
    {
        return Err(ImportError::KeysDisagree);
    }
    let mut secrets = Vec::with_capacity(found);
    secrets.extend(
        json.private_keys
            .values()
            .map(|key| Curve25519SecretKey::from_bytes(&key.0)),
    );
    let mut keys = OneTimeKeys::new();
    let mut dropped = Vec::with_capacity(found.saturating_sub(MAX_ONE_TIME_KEYS));
    let all = json
        .private_keys
        .keys()
        .zip(&secrets)
        .zip(public_keys(&secrets));
    for ((id, secret), public) in all {
        let unpublished = json.public_keys.get(id);
        if unpublished.is_some_and(|stored| stored.0 != *public.as_bytes()) {
            return Err(ImportError::KeysDisagree);
        }
        let pair = Curve25519KeyPair {
            secret: secret.clone(),
            public,
        };
        let published = unpublished.is_none();
        let id = KeyId::new(*id, KeyIdWidth::Eight);
        dropped.extend(keys.insert(OneTimeKey {
            id,
            published,
            pair,
        }));
    }
    Ok((keys, dropped))
}
