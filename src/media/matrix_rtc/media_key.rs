//! The keys that members send each other.

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::{
    media::livekit::FrameKey,
    primitives::{
        random::{self, RngError},
        wipe::Secret,
    },
};

/// The key of one member for all that they send: 16 to 32 bytes. Secret; no heap
/// inside, wiped on drop.
pub struct MediaKey {
    bytes: Secret<{ Self::MAX_LENGTH }>,
    length: usize,
}

impl MediaKey {
    /// Fewest bytes.
    pub const MIN_LENGTH: usize = 16;
    /// Most bytes.
    pub const MAX_LENGTH: usize = 32;

    /// A key of bytes that came from elsewhere; `None` for fewer than 16 or more
    /// than 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Self {
            bytes: Secret::ZERO,
            length: bytes.len(),
        };
        if bytes.len() < Self::MIN_LENGTH {
            return None;
        }
        key.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(key)
    }

    /// A new key, drawn in one call.
    pub(super) fn draw<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
        length: usize,
    ) -> Result<Self, RngError> {
        let mut key = Self {
            bytes: Secret::ZERO,
            length,
        };
        random::fill(rng, key.bytes.get_mut(..length).unwrap_or_default())?;
        Ok(key)
    }

    /// The bytes: a secret.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The key of the frames, as Element Call derives it: raw material with LiveKit's
    /// salt.
    #[must_use]
    pub fn to_frame_key(&self) -> FrameKey {
        FrameKey::from_checked(self.expose_secret())
    }

    /// Whether both are the same key, in constant time.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.expose_secret().ct_eq(other.expose_secret()).into()
    }
}

/// The bytes wipe themselves.
impl ZeroizeOnDrop for MediaKey {}

impl fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaKey").finish_non_exhaustive()
    }
}
