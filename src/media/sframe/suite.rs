//! The cipher suites, by their numbers in the registry.

use core::fmt;

/// An SFrame cipher suite (RFC 9605, section 4.5; 6 to 8 are those of
/// draft-barnes-sframe-iana-256).
///
/// The name tells cipher, key length, hash and the bits of the tag. With a tag of
/// 32 bits one frame in four billion passes by chance, and whoever sends many is
/// let in: so the two suites that have it are never read from a number by
/// [`from_number`](Self::from_number), but have to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CipherSuite {
    /// 1: AES-128-CTR, HMAC-SHA-256, tag of 10 bytes.
    Aes128CtrHmacSha256_80,
    /// 2: AES-128-CTR, HMAC-SHA-256, tag of 8 bytes.
    Aes128CtrHmacSha256_64,
    /// 3: AES-128-CTR, HMAC-SHA-256, tag of 4 bytes.
    Aes128CtrHmacSha256_32,
    /// 4: AES-128-GCM, HKDF-SHA-256, tag of 16 bytes.
    Aes128GcmSha256_128,
    /// 5: AES-256-GCM, HKDF-SHA-512, tag of 16 bytes.
    Aes256GcmSha512_128,
    /// 6: AES-256-CTR, HMAC-SHA-512, tag of 10 bytes.
    Aes256CtrHmacSha512_80,
    /// 7: AES-256-CTR, HMAC-SHA-512, tag of 8 bytes.
    Aes256CtrHmacSha512_64,
    /// 8: AES-256-CTR, HMAC-SHA-512, tag of 4 bytes.
    Aes256CtrHmacSha512_32,
}

impl CipherSuite {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Aes128CtrHmacSha256_80,
        Self::Aes128CtrHmacSha256_64,
        Self::Aes128CtrHmacSha256_32,
        Self::Aes128GcmSha256_128,
        Self::Aes256GcmSha512_128,
        Self::Aes256CtrHmacSha512_80,
        Self::Aes256CtrHmacSha512_64,
        Self::Aes256CtrHmacSha512_32,
    ];

    /// The suite of a number that came from outside.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] for a number that is no suite of ours, and
    /// [`SuiteError::ShortTag`] for those with a tag of 4 bytes (3 and 8).
    pub fn from_number(number: u16) -> Result<Self, SuiteError> {
        let suite = Self::from_number_with_short_tags(number)?;
        if suite.tag_length() < 8 {
            return Err(SuiteError::ShortTag { number });
        }
        Ok(suite)
    }

    /// The suite of a number, be its tag as short as it may.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] for a number that is no suite of ours.
    pub fn from_number_with_short_tags(number: u16) -> Result<Self, SuiteError> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.number() == number)
            .ok_or(SuiteError::Unknown { number })
    }

    /// The number in the registry.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Aes128CtrHmacSha256_80 => 1,
            Self::Aes128CtrHmacSha256_64 => 2,
            Self::Aes128CtrHmacSha256_32 => 3,
            Self::Aes128GcmSha256_128 => 4,
            Self::Aes256GcmSha512_128 => 5,
            Self::Aes256CtrHmacSha512_80 => 6,
            Self::Aes256CtrHmacSha512_64 => 7,
            Self::Aes256CtrHmacSha512_32 => 8,
        }
    }

    /// Bytes of the tag (`Nt`).
    #[must_use]
    pub const fn tag_length(self) -> usize {
        match self {
            Self::Aes128CtrHmacSha256_80 | Self::Aes256CtrHmacSha512_80 => 10,
            Self::Aes128CtrHmacSha256_64 | Self::Aes256CtrHmacSha512_64 => 8,
            Self::Aes128CtrHmacSha256_32 | Self::Aes256CtrHmacSha512_32 => 4,
            Self::Aes128GcmSha256_128 | Self::Aes256GcmSha512_128 => 16,
        }
    }

    /// Bytes of the key that is derived (`Nk`): so many are exported from MLS.
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes128CtrHmacSha256_80
            | Self::Aes128CtrHmacSha256_64
            | Self::Aes128CtrHmacSha256_32 => 48,
            Self::Aes128GcmSha256_128 => 16,
            Self::Aes256GcmSha512_128 => 32,
            Self::Aes256CtrHmacSha512_80
            | Self::Aes256CtrHmacSha512_64
            | Self::Aes256CtrHmacSha512_32 => 96,
        }
    }

    /// Bytes of the hash (`Nh`): so long is a base key after a ratchet step.
    #[must_use]
    pub const fn hash_length(self) -> usize {
        if self.uses_sha512() { 64 } else { 32 }
    }

    pub(super) const fn uses_sha512(self) -> bool {
        match self {
            Self::Aes128CtrHmacSha256_80
            | Self::Aes128CtrHmacSha256_64
            | Self::Aes128CtrHmacSha256_32
            | Self::Aes128GcmSha256_128 => false,
            Self::Aes256GcmSha512_128
            | Self::Aes256CtrHmacSha512_80
            | Self::Aes256CtrHmacSha512_64
            | Self::Aes256CtrHmacSha512_32 => true,
        }
    }
}

/// Why a number is not taken for a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuiteError {
    /// No suite of ours has this number.
    Unknown {
        /// The number.
        number: u16,
    },
    /// The suite's tag has 4 bytes: it has to be chosen by name.
    ShortTag {
        /// The number.
        number: u16,
    },
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { number } => write!(f, "there is no cipher suite {number}"),
            Self::ShortTag { number } => {
                write!(f, "the tag of cipher suite {number} has only 4 bytes")
            }
        }
    }
}

impl core::error::Error for SuiteError {}
