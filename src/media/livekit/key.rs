//! Keys and their derivation.

use core::{fmt, num::NonZeroU32};

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::primitives::{
    gcm::Aes128Gcm,
    kdf::HmacSha256,
    pbkdf2::pbkdf2_sha256,
    wipe::{Secret, in_wiped_frame},
};

/// The salt of a key's derivation, 1 to 64 bytes: everybody in a call has to have
/// the same. Public.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt {
    bytes: [u8; Self::MAX_LENGTH],
    length: usize,
}

impl Salt {
    /// Most bytes.
    pub const MAX_LENGTH: usize = 64;

    /// A salt of one's own.
    ///
    /// # Errors
    /// [`FrameKeyError`] for no bytes or more than 64.
    pub fn new(salt: &[u8]) -> Result<Self, FrameKeyError> {
        let mut bytes = [0; Self::MAX_LENGTH];
        match bytes.get_mut(..salt.len()) {
            Some(room) if !salt.is_empty() => room.copy_from_slice(salt),
            _ => return Err(FrameKeyError { found: salt.len() }),
        }
        Ok(Self {
            bytes,
            length: salt.len(),
        })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// `LKFrameEncryptionKey`: the salt of all that is known to be deployed.
impl Default for Salt {
    fn default() -> Self {
        let mut salt = Self {
            bytes: [0; Self::MAX_LENGTH],
            length: DEFAULT_SALT.len(),
        };
        for (byte, default) in salt.bytes.iter_mut().zip(DEFAULT_SALT) {
            *byte = *default;
        }
        salt
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Salt").field(&self.as_bytes()).finish()
    }
}

const DEFAULT_SALT: &[u8] = b"LKFrameEncryptionKey";
const ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).unwrap();

/// A key of one slot. Secret; no heap inside, wiped on drop.
///
/// Its AES-128 key is derived from *material*: raw bytes by HKDF-SHA-256, a
/// passphrase by PBKDF2-HMAC-SHA-256 of 100 000 rounds. A ratchet step makes new
/// material of 32 bytes by the same derivation, so the AES key is the first half of
/// the next material, and whoever has it can follow the ratchet half way: guard it
/// like the material.
pub struct FrameKey {
    kind: Kind,
    salt: Salt,
    /// Derived from the material: the AES key is its first half, and all of it is
    /// the next material. The material itself is not kept.
    derived: Secret<32>,
}

#[derive(Clone, Copy)]
enum Kind {
    Raw,
    Passphrase,
}

impl FrameKey {
    /// Fewest bytes of raw material.
    pub const MIN_RAW_LENGTH: usize = 16;
    /// Most bytes of material.
    pub const MAX_LENGTH: usize = 1024;

    /// A key from raw bytes, as Element Call has one for each participant.
    ///
    /// # Errors
    /// [`FrameKeyError`] for fewer than 16 or more than 1024 bytes.
    pub fn from_raw(material: &[u8], salt: &Salt) -> Result<Self, FrameKeyError> {
        if material.len() < Self::MIN_RAW_LENGTH {
            return Err(FrameKeyError {
                found: material.len(),
            });
        }
        Self::derive(Kind::Raw, material, *salt)
    }

    /// A key from raw material of a length that was checked.
    pub(in crate::media) fn from_checked(material: &[u8]) -> Self {
        Self::of(Kind::Raw, material, Salt::default())
    }

    /// A key from a passphrase (its UTF-8 as typed), as in the links of Element Call
    /// and by default in native clients. This takes 100 000 rounds of PBKDF2, and
    /// each ratchet step as many again.
    ///
    /// # Errors
    /// [`FrameKeyError`] for an empty passphrase or one of more than 1024 bytes.
    pub fn from_passphrase(passphrase: &[u8], salt: &Salt) -> Result<Self, FrameKeyError> {
        Self::derive(Kind::Passphrase, passphrase, *salt)
    }

    fn derive(kind: Kind, material: &[u8], salt: Salt) -> Result<Self, FrameKeyError> {
        if material.is_empty() || material.len() > Self::MAX_LENGTH {
            return Err(FrameKeyError {
                found: material.len(),
            });
        }
        Ok(Self::of(kind, material, salt))
    }

    fn of(kind: Kind, material: &[u8], salt: Salt) -> Self {
        in_wiped_frame(|| Self {
            kind,
            salt,
            derived: kind.derive(material, &salt),
        })
    }

    /// The key one step on. There is no way back.
    #[must_use]
    pub fn ratchet(&self) -> Self {
        Self::of(self.kind, &*self.derived, self.salt)
    }

    /// The material of the next step: a secret, with which somebody who joins can be
    /// brought to the key [one step on](Self::ratchet).
    #[must_use]
    pub fn expose_next_material(&self) -> &[u8; 32] {
        &self.derived
    }

    /// The cipher, with its schedule.
    pub(super) fn cipher(&self) -> Aes128Gcm {
        Aes128Gcm::new(self.derived.part(0))
    }

    /// Whether frames of both are under one AES key, and so share its IVs.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (one, two): (&[u8; 16], &[u8; 16]) = (self.derived.part(0), other.derived.part(0));
        one.ct_eq(two).into()
    }
}

impl Kind {
    fn derive(self, material: &[u8], salt: &Salt) -> Secret<32> {
        match self {
            Self::Raw => HmacSha256::extract(salt.as_bytes(), material).expand(&[&[0; 128]]),
            Self::Passphrase => pbkdf2_sha256(material, salt.as_bytes(), ROUNDS),
        }
    }
}

/// What is derived wipes itself.
impl ZeroizeOnDrop for FrameKey {}

impl fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameKey").finish_non_exhaustive()
    }
}

/// Material or a salt have a length that they must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameKeyError {
    /// How many bytes there are.
    pub found: usize,
}

impl fmt::Display for FrameKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes are too few or too many", self.found)
    }
}

impl core::error::Error for FrameKeyError {}
