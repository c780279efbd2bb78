//! The caller's key for state at rest.

use core::fmt;

use zeroize::ZeroizeOnDrop;

use crate::primitives::{kdf::hkdf, wipe::Secret};

/// The key that pickles are encrypted under: 32 random bytes from the
/// platform's key store, or the output of a password hash. Secret; wiped on
/// drop.
#[derive(Clone)]
pub struct PickleKey(Secret<32>);

impl ZeroizeOnDrop for PickleKey {}

impl PickleKey {
    /// Bytes in a key.
    pub const LENGTH: usize = 32;

    /// The key with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        Self(Secret::from(*bytes))
    }

    /// The key of the cipher, so that the caller's key is never used as one.
    pub(super) fn cipher_key(&self) -> Secret<32> {
        hkdf(None, self.0.as_slice(), b"necturus pickle v1")
    }

    /// The key of the cipher in a keystore, another than that of pickles.
    pub(crate) fn store_key(&self) -> Secret<32> {
        hkdf(None, self.0.as_slice(), b"necturus store v1")
    }
}

impl fmt::Debug for PickleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PickleKey").finish_non_exhaustive()
    }
}
