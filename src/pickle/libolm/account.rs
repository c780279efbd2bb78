//! libolm's accounts: versions 2, 3 and 4.

use alloc::{string::String, vec::Vec};

use super::{count, key_pair, public_key, put_key_pair, put_signing_key, read, signing_key, write};
use crate::{
    codec::record::{Reader, Writer},
    olm::{
        Account, FallbackKey, FallbackKeys, KeyId, KeyIdCounter, KeyIdWidth, MAX_ONE_TIME_KEYS,
        OneTimeKey, OneTimeKeys,
    },
    pickle::error::{ExportError, ImportError},
    primitives::curve25519::{
        Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey, public_keys,
    },
};

const VERSION: u32 = 4;
/// `id u32 ‖ published ‖ public ‖ private`.
const KEY_LENGTH: usize = 4 + 1 + 64;

impl Account {
    /// Reads an account from libolm's pickle (versions 2, 3 and 4).
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_libolm_pickle(text: &str, key: &[u8]) -> Result<Self, ImportError> {
        read(text, key, |version, record| match version {
            1 => Err(ImportError::LegacyAccount),
            2..=VERSION => account(version, record),
            version => Err(ImportError::UnknownVersion { version }),
        })
    }

    /// Writes the account as libolm's pickle (version 4), for moving out.
    ///
    /// Keys that moved in from vodozemac and are not published yet get another
    /// name by this: 6 characters in place of 11.
    ///
    /// # Errors
    /// [`ExportError::KeyIdTooLarge`] if a key id does not fit in 32 bits.
    pub fn to_libolm_pickle(&self, key: &[u8]) -> Result<String, ExportError> {
        let keys = self.one_time_keys.as_slice().len().saturating_add(2);
        let capacity = keys.saturating_mul(KEY_LENGTH).saturating_add(160 + 9);
        write(key, VERSION, capacity, |out| {
            put_signing_key(&self.signing_key, out);
            put_key_pair(&self.identity, out);
            out.count(self.one_time_keys.as_slice().len());
            for key in self.one_time_keys.as_slice().iter().rev() {
                put_key(key, out)?;
            }
            let fallback = self.fallback_keys.iter();
            out.u8(u8::try_from(fallback.clone().count()).unwrap_or_default());
            for key in fallback {
                put_key(key, out)?;
            }
            // libolm keeps the last id that it gave.
            out.u32(id(self.key_ids.next.saturating_sub(1))?);
            Ok(())
        })
    }
}

fn id(value: u64) -> Result<u32, ExportError> {
    u32::try_from(value).map_err(|_| ExportError::KeyIdTooLarge)
}

fn put_key(key: &OneTimeKey, out: &mut Writer) -> Result<(), ExportError> {
    out.u32(id(key.id.value())?);
    out.flag(key.published);
    put_key_pair(&key.pair, out);
    Ok(())
}

fn account(version: u32, record: &mut Reader<'_>) -> Result<Account, ImportError> {
    let signing_key = signing_key(record)?;
    let identity = key_pair(record)?;
    let one_time_keys = one_time_keys(record)?;
    let fallback_keys = match version {
        2 => FallbackKeys::default(),
        3 => fallback_slots(record)?,
        _ => match record.u8()? {
            0 => FallbackKeys::default(),
            1 => FallbackKeys {
                current: Some(one_key(record)?),
                previous: None,
            },
            2 => FallbackKeys {
                current: Some(one_key(record)?),
                previous: Some(one_key(record)?),
            },
            found => {
                return Err(ImportError::TooMany {
                    found: usize::from(found),
                    max: 2,
                });
            }
        },
    };
    // The last id given, so the next one is higher: raising it late would put a
    // new key in a published one's place. In what vodozemac writes it is that of
    // the one-time keys alone, and the fallback keys may be ahead of it.
    let next = u64::from(record.u32()?).saturating_add(1);
    let held = one_time_keys.as_slice().iter().chain(fallback_keys.iter());
    let key_ids = KeyIdCounter::past(next, KeyIdWidth::Four, held.map(OneTimeKey::id));
    Ok(Account {
        signing_key,
        identity,
        one_time_keys,
        fallback_keys,
        key_ids,
    })
}

/// Version 3 has both slots always; the published flags say which are in use.
fn fallback_slots(record: &mut Reader<'_>) -> Result<FallbackKeys, ImportError> {
    let current = Stored::read(record)?;
    let previous = Stored::read(record)?;
    Ok(match (current.published, previous.published) {
        (true, true) => FallbackKeys {
            current: Some(current.check()?),
            previous: Some(previous.check()?),
        },
        (true, false) => FallbackKeys {
            current: Some(current.check()?),
            previous: None,
        },
        (false, _) => FallbackKeys::default(),
    })
}

/// A key as it stands, before its halves are compared: the slots that are not
/// in use hold anything.
struct Stored {
    id: KeyId,
    published: bool,
    public: Curve25519PublicKey,
    secret: Curve25519SecretKey,
}

impl Stored {
    fn read(record: &mut Reader<'_>) -> Result<Self, ImportError> {
        Ok(Self {
            id: KeyId::new(u64::from(record.u32()?), KeyIdWidth::Four),
            published: record.flag()?,
            public: public_key(record)?,
            secret: Curve25519SecretKey::from_bytes(record.array()?),
        })
    }

    /// The key, if this is the public half of its private one.
    fn with(&self, public: Curve25519PublicKey) -> Result<OneTimeKey, ImportError> {
        if public != self.public {
            return Err(ImportError::KeysDisagree);
        }
        let pair = Curve25519KeyPair {
            secret: self.secret.clone(),
            public,
        };
        Ok(OneTimeKey {
            id: self.id,
            published: self.published,
            pair,
        })
    }

    fn check(&self) -> Result<FallbackKey, ImportError> {
        self.with(self.secret.multiply_base())
    }
}

fn one_key(record: &mut Reader<'_>) -> Result<FallbackKey, ImportError> {
    Stored::read(record)?.check()
}

/// The keys stand newest first, but for those that vodozemac wrote, which stand
/// oldest first; ours are put in oldest first, by their rising ids.
fn one_time_keys(record: &mut Reader<'_>) -> Result<OneTimeKeys, ImportError> {
    let keys = count(record, MAX_ONE_TIME_KEYS)?;
    let mut stored = Vec::with_capacity(keys);
    let mut secrets = Vec::with_capacity(keys);
    for _ in 0..keys {
        let key = Stored::read(record)?;
        secrets.push(key.secret.clone());
        stored.push(key);
    }
    let mut oldest_first: Vec<_> = stored.iter().zip(public_keys(&secrets)).rev().collect();
    oldest_first.sort_by_key(|(key, _)| key.id);
    let mut one_time_keys = OneTimeKeys::new();
    for (key, public) in oldest_first {
        one_time_keys.insert(key.with(public)?);
    }
    Ok(one_time_keys)
}
