//! Values, encrypted.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    backend::{Backend, Batch},
    error::StoreError,
};
use crate::{
    pickle::PickleKey,
    primitives::{
        aead::{self, NONCE_LENGTH, TAG_LENGTH},
        random,
        wipe::Secret,
    },
};

/// The version of a sealed value, its first byte.
const VERSION: u8 = 1;

/// New values by key, or none to delete: not encrypted yet.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Zeroizing<Vec<u8>>>>;

/// Keeps secrets in a [`Backend`]. A value there is
///
/// ```text
/// version (1) ‖ nonce (24) ‖ XChaCha20-Poly1305(value) ‖ tag (16)
/// ```
///
/// under a key that HKDF makes of the caller's, with the version and the value's
/// key as associated data. Secret; wiped on drop.
pub struct Keystore {
    backend: Box<dyn Backend>,
    key: Secret<32>,
}

impl Keystore {
    /// The keystore in a backend.
    pub fn new(backend: impl Backend + 'static, key: &PickleKey) -> Self {
        Self {
            backend: Box::new(backend),
            key: key.store_key(),
        }
    }

    /// The value under a key.
    pub(crate) fn read(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let Some(sealed) = self.backend.get(key)? else {
            return Ok(None);
        };
        let (nonce, rest) = sealed
            .strip_prefix(&[VERSION])
            .and_then(|rest| rest.split_first_chunk::<NONCE_LENGTH>())
            .ok_or(StoreError::Damaged)?;
        let (ciphertext, tag) = rest
            .split_last_chunk::<TAG_LENGTH>()
            .ok_or(StoreError::Damaged)?;
        let mut value = Zeroizing::new(ciphertext.to_vec());
        aead::open(&self.key, nonce, &associated_data(key), &mut value, tag)
            .map_err(|_| StoreError::Damaged)?;
        Ok(Some(value))
    }

    /// The keys that start with these bytes.
    pub(crate) fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.backend.keys(prefix)?)
    }

    /// Makes all changes, or none. Draws 24 bytes for each new value, in the
    /// order of the keys.
    pub(crate) fn commit<R>(&mut self, rng: &mut R, changes: &Changes) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut batch = Batch::new();
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(key.clone(), self.seal(rng, key, value)?),
                None => batch.delete(key.clone()),
            }
        }
        Ok(self.backend.write(&batch)?)
    }

    fn seal<R>(&self, rng: &mut R, key: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let nonce = random::draw::<NONCE_LENGTH, _>(rng)?;
        let mut sealed = [&[VERSION][..], nonce.as_slice(), value].concat();
        let tag = sealed
            .get_mut(NONCE_LENGTH.saturating_add(1)..)
            .map(|value| aead::seal(&self.key, &nonce, &associated_data(key), value));
        let Some(Ok(tag)) = tag else {
            return Err(StoreError::TooLarge);
        };
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }
}

fn associated_data(key: &[u8]) -> Vec<u8> {
    [&[VERSION], key].concat()
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore").finish_non_exhaustive()
    }
}
