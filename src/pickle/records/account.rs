//! The record of an account.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{SIGNING_KEY_LENGTH, count, flag, put_signing_key, signing_key};
use crate::{
    codec::record::{Reader, Writer},
    olm::{
        Account, FallbackKey, FallbackKeys, KeyId, KeyIdCounter, KeyIdWidth, MAX_ONE_TIME_KEYS,
        OneTimeKey, OneTimeKeys,
    },
    pickle::{error::UnpickleError, kind::PickleKind, sealed::Record},
    primitives::curve25519::{Curve25519KeyPair, Curve25519SecretKey, public_keys},
};

/// `id u64 ‖ width ‖ published ‖ private key`.
const KEY_LENGTH: usize = 42;

impl Record for Account {
    const KIND: PickleKind = PickleKind::Account;

    /// `signing key ‖ identity key ‖ next id u64 ‖ width ‖ one-time keys ‖
    /// current fallback key? ‖ previous fallback key?`
    fn write(&self) -> Zeroizing<Vec<u8>> {
        let one_time_keys = self.one_time_keys.as_slice();
        let keys = one_time_keys
            .len()
            .saturating_add(2)
            .saturating_mul(KEY_LENGTH);
        let mut out = Writer::with_capacity(keys.saturating_add(SIGNING_KEY_LENGTH + 32 + 15));
        put_signing_key(&self.signing_key, &mut out);
        out.bytes(self.identity.secret.expose_secret());
        out.u64(self.key_ids.next);
        put_width(self.key_ids.width, &mut out);
        out.count(one_time_keys.len());
        for key in one_time_keys {
            put_key(key, &mut out);
        }
        for key in [&self.fallback_keys.current, &self.fallback_keys.previous] {
            out.flag(key.is_some());
            if let Some(key) = key {
                put_key(key, &mut out);
            }
        }
        out.finish()
    }

    fn read_v1(record: &mut Reader<'_>) -> Result<Self, UnpickleError> {
        let signing_key = signing_key(record)?;
        let identity = Curve25519SecretKey::from_bytes(record.array()?);
        let next = record.u64()?;
        let width = width(record)?;
        let mut heads = Vec::new();
        // All private keys together, so that their public halves are derived
        // with one inversion; room for all, so that no copy is left behind.
        let mut secrets = Vec::with_capacity(MAX_ONE_TIME_KEYS.saturating_add(3));
        secrets.push(identity);
        for _ in 0..count(record, MAX_ONE_TIME_KEYS)? {
            heads.push(key(record, &mut secrets)?);
        }
        let current = fallback(record, &mut secrets)?;
        let previous = fallback(record, &mut secrets)?;

        let mut pairs = secrets
            .iter()
            .zip(public_keys(&secrets))
            .map(|(secret, public)| Curve25519KeyPair {
                secret: secret.clone(),
                public,
            });
        let identity = pairs.next().ok_or(UnpickleError::Invalid)?;
        let mut one_time_keys = OneTimeKeys::new();
        for (head, pair) in heads.into_iter().zip(pairs.by_ref()) {
            one_time_keys.insert(head.with(pair));
        }
        let mut fallback = |head: Option<Head>| Some(head?.with(pairs.next()?));
        let fallback_keys = FallbackKeys {
            current: fallback(current),
            previous: fallback(previous),
        };
        let held = one_time_keys.as_slice().iter().chain(fallback_keys.iter());
        let key_ids = KeyIdCounter::past(next, width, held.map(OneTimeKey::id));
        if key_ids.next != next {
            return Err(UnpickleError::Invalid);
        }
        Ok(Self {
            signing_key,
            identity,
            one_time_keys,
            fallback_keys,
            key_ids,
        })
    }
}

/// What is stored of a key besides its private half.
struct Head {
    id: KeyId,
    published: bool,
}

impl Head {
    fn with(self, pair: Curve25519KeyPair) -> FallbackKey {
        OneTimeKey {
            id: self.id,
            published: self.published,
            pair,
        }
    }
}

fn put_key(key: &OneTimeKey, out: &mut Writer) {
    out.u64(key.id.value());
    put_width(key.id.width(), out);
    out.flag(key.published);
    out.bytes(key.pair.secret.expose_secret());
}

fn key(
    record: &mut Reader<'_>,
    secrets: &mut Vec<Curve25519SecretKey>,
) -> Result<Head, UnpickleError> {
    let value = record.u64()?;
    let width = width(record)?;
    if width == KeyIdWidth::Four && u32::try_from(value).is_err() {
        return Err(UnpickleError::Invalid);
    }
    let id = KeyId::new(value, width);
    let published = flag(record)?;
    secrets.push(Curve25519SecretKey::from_bytes(record.array()?));
    Ok(Head { id, published })
}

fn fallback(
    record: &mut Reader<'_>,
    secrets: &mut Vec<Curve25519SecretKey>,
) -> Result<Option<Head>, UnpickleError> {
    if flag(record)? {
        key(record, secrets).map(Some)
    } else {
        Ok(None)
    }
}

fn put_width(width: KeyIdWidth, out: &mut Writer) {
    out.u8(match width {
        KeyIdWidth::Four => 4,
        KeyIdWidth::Eight => 8,
    });
}

fn width(record: &mut Reader<'_>) -> Result<KeyIdWidth, UnpickleError> {
    match record.u8()? {
        4 => Ok(KeyIdWidth::Four),
        8 => Ok(KeyIdWidth::Eight),
        _ => Err(UnpickleError::Invalid),
    }
}
