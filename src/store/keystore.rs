//! Values, encrypted, in a backend.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

#[cfg(feature = "mls")]
use super::sealed::Stamp;
use super::{
    backend::{Backend, Batch},
    error::{OpenError, StoreError},
    key::OWN,
    sealed::{self, OVERHEAD, VERSION},
};
use crate::{
    pickle::PickleKey,
    primitives::{
        random,
        wipe::{Secret, in_wiped_frame},
    },
};

/// Bytes in a value at most: 64 MiB.
pub const MAX_VALUE_LENGTH: usize = 64 << 20;
/// Bytes in the id of a room or the name of a value at most.
pub const MAX_NAME_LENGTH: usize = 1024;

/// New values by key, or none to delete: not encrypted yet.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Zeroizing<Vec<u8>>>>;

/// Keeps all that a client must not lose in a [`Backend`], encrypted. Secret; its
/// key is wiped on drop.
///
/// The caller's [`PickleKey`] encrypts one record, a random key that is made with
/// the keystore; that one encrypts all others. So the caller's key can be
/// [changed](Self::change_key_with) without touching them, and a value means nothing
/// in another keystore.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{pickle::PickleKey, store::{Keystore, MemoryBackend}};
///
/// let key = PickleKey::from_bytes(&[7; 32]); // from the platform's key store
/// let keystore = Keystore::open(MemoryBackend::new(), &key)?;
/// assert!(keystore.account()?.is_none());
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct Keystore {
    backend: Box<dyn Backend>,
    key: Secret<32>,
}

impl ZeroizeOnDrop for Keystore {}

impl Keystore {
    /// Opens the keystore in a backend, or sets one up if that is empty. Draws 32 and
    /// 24 bytes if it sets one up, else nothing.
    ///
    /// # Errors
    /// - [`OpenError::WrongKey`] if it was made under another key.
    /// - [`OpenError::UnknownVersion`] if a newer release made it.
    /// - [`OpenError::Damaged`] if the backend holds something that is no keystore.
    /// - [`OpenError::Backend`] and [`OpenError::Rng`] if these fail.
    pub fn open_with<R>(
        rng: &mut R,
        backend: impl Backend + 'static,
        key: &PickleKey,
    ) -> Result<Self, OpenError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut backend: Box<dyn Backend> = Box::new(backend);
        in_wiped_frame(|| {
            let key = match backend.get(OWN)? {
                Some(own) => read_own(&own, &key.store_key())?,
                None if backend.keys(&[])?.is_empty() => {
                    let new = random::draw(rng)?;
                    write_own(rng, &mut *backend, &new, &key.store_key()).map_err(|error| {
                        match error {
                            StoreError::Backend(source) => OpenError::Backend(source),
                            _ => OpenError::Rng,
                        }
                    })?;
                    new
                }
                None => return Err(OpenError::Damaged),
            };
            Ok(Self { backend, key })
        })
    }

    /// [`Self::open_with`] the operating system's generator.
    ///
    /// # Errors
    /// Those of [`Self::open_with`].
    #[cfg(feature = "os-rng")]
    pub fn open(backend: impl Backend + 'static, key: &PickleKey) -> Result<Self, OpenError> {
        Self::open_with(&mut random::OsRng, backend, key)
    }

    /// From now on the keystore opens with this key, and with the old one no more. A
    /// copy of the storage from before still does, and reveals what is written later
    /// as well. Draws 24 bytes.
    ///
    /// # Errors
    /// [`StoreError::Backend`] and [`StoreError::Rng`] if these fail.
    pub fn change_key_with<R>(&mut self, rng: &mut R, key: &PickleKey) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| write_own(rng, &mut *self.backend, &self.key, &key.store_key()))
    }

    /// [`Self::change_key_with`] the operating system's generator.
    ///
    /// # Errors
    /// Those of [`Self::change_key_with`].
    #[cfg(feature = "os-rng")]
    pub fn change_key(&mut self, key: &PickleKey) -> Result<(), StoreError> {
        self.change_key_with(&mut random::OsRng, key)
    }

    /// The value under a key.
    pub(crate) fn read(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let Some(sealed) = self.backend.get(key)? else {
            return Ok(None);
        };
        in_wiped_frame(|| sealed::open(&self.key, key, &sealed)).map(Some)
    }

    /// All keys that start with `prefix`, in ascending order.
    pub(crate) fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.backend.keys(prefix)?)
    }

    /// Which writing of a record is there.
    #[cfg(feature = "mls")]
    pub(crate) fn stamp(&self, key: &[u8]) -> Result<Option<Stamp>, StoreError> {
        let sealed = self.backend.get(key)?;
        sealed
            .map(|sealed| Stamp::of(&sealed).ok_or(StoreError::Damaged))
            .transpose()
    }

    /// Makes all changes, or none, and returns them as they were written. Draws 24
    /// bytes for each new value, in the order of the keys.
    pub(crate) fn commit<R>(&mut self, rng: &mut R, changes: &Changes) -> Result<Batch, StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if changes.is_empty() {
            return Ok(Batch::new());
        }
        let batch = in_wiped_frame(|| self.seal_all(rng, changes))?;
        self.backend.write(&batch)?;
        Ok(batch)
    }

    fn seal_all<R>(&self, rng: &mut R, changes: &Changes) -> Result<Batch, StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut batch = Batch::new();
        for (key, value) in changes {
            let Some(value) = value else {
                batch.delete(key.clone());
                continue;
            };
            if value.len() > MAX_VALUE_LENGTH {
                return Err(StoreError::TooLarge);
            }
            batch.put(key.clone(), sealed::seal(rng, &self.key, key, value)?);
        }
        Ok(batch)
    }
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore").finish_non_exhaustive()
    }
}

fn read_own(sealed: &[u8], callers: &Secret<32>) -> Result<Secret<32>, OpenError> {
    match sealed.first() {
        Some(&VERSION) => {}
        Some(&version) => return Err(OpenError::UnknownVersion { version }),
        None => return Err(OpenError::Damaged),
    }
    if sealed.len() != 32 + OVERHEAD {
        return Err(OpenError::Damaged);
    }
    let key = sealed::open(callers, OWN, sealed).map_err(|_| OpenError::WrongKey)?;
    let key = key.first_chunk().ok_or(OpenError::Damaged)?;
    Ok(Secret::from(*key))
}

fn write_own<R>(
    rng: &mut R,
    backend: &mut dyn Backend,
    key: &Secret<32>,
    callers: &Secret<32>,
) -> Result<(), StoreError>
where
    R: TryCryptoRng + ?Sized,
{
    let mut batch = Batch::new();
    batch.put(
        OWN.to_vec(),
        sealed::seal(rng, callers, OWN, key.as_slice())?,
    );
    Ok(backend.write(&batch)?)
}
