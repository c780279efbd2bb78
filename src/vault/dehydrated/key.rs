//! The key that dehydrated devices are encrypted under.

use alloc::string::String;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::primitives::{
    base64,
    kdf::HmacSha256,
    random::{RngError, draw},
    wipe::{Secret, in_wiped_frame},
};

/// The key that dehydrated devices are encrypted under: 32 random bytes, used for
/// one device after another. Secret; wiped on drop.
///
/// It is kept in secret storage as `SecretName::DehydratedDevice`, so that a new
/// device finds it.
pub struct DehydrationKey(Secret<32>);

impl ZeroizeOnDrop for DehydrationKey {}

impl DehydrationKey {
    /// Bytes in a key.
    pub const LENGTH: usize = 32;

    /// Draws a new key: 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| draw(rng).map(Self))
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// The key with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        Self(Secret::from(*bytes))
    }

    /// The 32 secret bytes.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The key as unpadded base64: the value for secret storage. Secret.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        base64::encode_secret(self.0.as_slice())
    }

    /// The key of libolm's pickle in the format before.
    pub(super) fn libolm_key(&self, device_id: &str) -> Secret<32> {
        HmacSha256::extract(device_id.as_bytes(), self.0.as_slice())
            .expand(&[b"dehydrated-device-pickle-key"])
    }
}

impl fmt::Debug for DehydrationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DehydrationKey").finish_non_exhaustive()
    }
}
