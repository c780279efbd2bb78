//! What both kinds of public key have in common: 32 bytes, and why they were not
//! read.

use core::fmt;

use super::base64;

/// Why a public key was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not canonical unpadded base64.
    Base64,
    /// The key has another length than 32 bytes.
    Length {
        /// How many bytes there are.
        found: usize,
    },
    /// The 32 bytes are not the canonical encoding of a point (Ed25519 only).
    NotAPoint,
    /// The point is of small order: any signature could be made to verify
    /// under it (Ed25519 only).
    SmallOrder,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the key is not unpadded base64"),
            Self::Length { found } => write!(f, "the key has {found} bytes instead of 32"),
            Self::NotAPoint => f.write_str("the key is not the canonical encoding of a point"),
            Self::SmallOrder => f.write_str("the key is a point of small order"),
        }
    }
}

impl core::error::Error for KeyError {}

/// Reads the 32 bytes of a public key from base64.
pub(crate) fn key_bytes(text: &str) -> Result<[u8; 32], KeyError> {
    let bytes = base64::decode(text).map_err(|_| KeyError::Base64)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| KeyError::Length { found })
}

/// The same from base64 with full padding or with none, as it stands in JSON.
pub(crate) fn padded_key_bytes(text: &str) -> Result<[u8; 32], KeyError> {
    let bytes = base64::decode_padded(text).map_err(|_| KeyError::Base64)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| KeyError::Length { found })
}
