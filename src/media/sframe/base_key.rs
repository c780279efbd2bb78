//! Base keys: the secrets that everything else is derived from.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use super::suite::CipherSuite;
use crate::primitives::{
    kdf::{HmacSha256, HmacSha512},
    random::{self, RngError},
    wipe::{Secret, in_wiped_frame},
};

/// The label under which an MLS group exports an epoch's base key, with an empty
/// context, [`CipherSuite::key_length`] bytes (RFC 9605, section 5.2).
pub const MLS_EXPORTER_LABEL: &str = "SFrame 1.0 Base Key";

/// A base key, 16 to 128 bytes. Secret; no heap inside, wiped on drop.
///
/// Making a [`SendingKey`](super::SendingKey) or a
/// [`ReceivingKey`](super::ReceivingKey) consumes it, so that one value is not used
/// for both.
pub struct BaseKey {
    bytes: Secret<{ Self::MAX_LENGTH }>,
    length: usize,
}

impl BaseKey {
    /// Fewest bytes.
    pub const MIN_LENGTH: usize = 16;
    /// Most bytes.
    pub const MAX_LENGTH: usize = 128;

    /// A new key of 32 bytes, drawn in one call.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn generate_with<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
        in_wiped_frame(|| random::draw::<32, _>(rng).map(|bytes| Self::of(&*bytes)))
    }

    /// [`Self::generate_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn generate() -> Result<Self, RngError> {
        Self::generate_with(&mut random::OsRng)
    }

    /// A key that was agreed on elsewhere.
    ///
    /// # Errors
    /// [`BaseKeyError`] for fewer than 16 or more than 128 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BaseKeyError> {
        if (Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&bytes.len()) {
            Ok(Self::of(bytes))
        } else {
            Err(BaseKeyError { found: bytes.len() })
        }
    }

    /// What an MLS group exported under [`MLS_EXPORTER_LABEL`].
    ///
    /// # Errors
    /// [`BaseKeyError`] when it is not as long as the suite wants it.
    pub fn from_mls_exporter(suite: CipherSuite, exported: &[u8]) -> Result<Self, BaseKeyError> {
        if exported.len() == suite.key_length() {
            Ok(Self::of(exported))
        } else {
            Err(BaseKeyError {
                found: exported.len(),
            })
        }
    }

    /// The key one ratchet step further (section 5.1), as long as the suite's
    /// hash. There is no way back.
    #[must_use]
    pub fn ratchet(&self, suite: CipherSuite) -> Self {
        in_wiped_frame(|| {
            if suite.uses_sha512() {
                let next: Secret<64> = HmacSha512::extract(b"", self.bytes()).expand(&[RATCHET]);
                Self::of(&*next)
            } else {
                let next: Secret<32> = HmacSha256::extract(b"", self.bytes()).expand(&[RATCHET]);
                Self::of(&*next)
            }
        })
    }

    /// The bytes: a secret, to be sent to those who may read, or stored.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.bytes()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// One more of it, for a walk of its own.
    pub(super) fn duplicate(&self) -> Self {
        Self::of(self.bytes())
    }

    /// Of bytes that fit.
    fn of(bytes: &[u8]) -> Self {
        let mut key = Self {
            bytes: Secret::ZERO,
            length: bytes.len(),
        };
        if let Some(room) = key.bytes.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        key
    }
}

const RATCHET: &[u8] = b"SFrame 1.0 Ratchet";

/// The bytes wipe themselves.
impl ZeroizeOnDrop for BaseKey {}

impl fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseKey").finish_non_exhaustive()
    }
}

/// A base key has a length that it must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaseKeyError {
    /// How many bytes there are.
    pub found: usize,
}

impl fmt::Display for BaseKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a base key of {} bytes is not usable", self.found)
    }
}

impl core::error::Error for BaseKeyError {}
