//! What can go wrong with attachments.

use core::fmt;
#[cfg(feature = "std")]
use std::io;

use super::file::EncryptedFile;
use crate::json::JsonError;
#[cfg(feature = "std")]
use crate::primitives::random::RngError;

/// Why an object is no encrypted file that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptedFileError {
    /// The JSON has more than [`EncryptedFile::MAX_JSON`] bytes.
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// The bytes are not a JSON object.
    Json(JsonError),
    /// The version is unknown, or an old one that the caller did not ask for.
    Version,
    /// `key` is not the JSON Web Key of an attachment: `kty`, `alg`, `key_ops`
    /// or `ext` is not what it has to be.
    Key,
    /// A member is missing or no string.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// A member is not base64; of `k`, not in the url-safe alphabet.
    Base64 {
        /// Which one.
        field: &'static str,
    },
    /// A member has another length than 32 bytes; `iv`, than 16.
    Length {
        /// Which one.
        field: &'static str,
        /// How many bytes it has.
        found: usize,
    },
    /// There is no SHA-256 hash, without which nothing shows whose the
    /// ciphertext is. Other hashes do not count.
    HashMissing,
}

impl fmt::Display for EncryptedFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => write!(
                f,
                "the encrypted file has {found} bytes of JSON, more than {}",
                EncryptedFile::MAX_JSON
            ),
            Self::Json(_) => f.write_str("the encrypted file is not a JSON object"),
            Self::Version => f.write_str("the encrypted file is of a version that is not read"),
            Self::Key => f.write_str("the key of the encrypted file is not one for attachments"),
            Self::Missing { field } => write!(f, "the encrypted file has no text \"{field}\""),
            Self::Base64 { field } => write!(f, "the member \"{field}\" is not base64"),
            Self::Length { field, found } => {
                write!(
                    f,
                    "the member \"{field}\" has the wrong length, {found} bytes"
                )
            }
            Self::HashMissing => f.write_str("the encrypted file has no SHA-256 hash"),
        }
    }
}

impl core::error::Error for EncryptedFileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a ciphertext was not decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachmentError {
    /// The low half of the counter overflows, past which clients disagree on
    /// what follows. No client makes such an IV.
    CounterOverflow,
    /// The ciphertext is not what the sender made: changed, cut short, longer,
    /// or another's. If it was a download, trying again can help.
    WrongHash,
}

impl fmt::Display for AttachmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CounterOverflow => "the counter of the attachment overflows",
            Self::WrongHash => "the ciphertext does not have the hash that its sender gave",
        })
    }
}

impl core::error::Error for AttachmentError {}

/// Why a stream was not encrypted. Throw away what was written.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptStreamError {
    /// The random number generator failed.
    Rng,
    /// Reading the file failed.
    Read(io::ErrorKind),
    /// Writing the ciphertext failed.
    Write(io::ErrorKind),
}

#[cfg(feature = "std")]
impl fmt::Display for EncryptStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::Read(kind) => write!(f, "reading the file failed: {kind}"),
            Self::Write(kind) => write!(f, "writing the ciphertext failed: {kind}"),
        }
    }
}

#[cfg(feature = "std")]
impl core::error::Error for EncryptStreamError {}

#[cfg(feature = "std")]
impl From<RngError> for EncryptStreamError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why a stream was not decrypted.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptStreamError {
    /// The ciphertext is refused. Nothing was written.
    Attachment(AttachmentError),
    /// The ciphertext changed between the two times it was read: throw away what
    /// was written.
    Changed,
    /// Reading the ciphertext failed.
    Read(io::ErrorKind),
    /// Writing the file failed.
    Write(io::ErrorKind),
}

#[cfg(feature = "std")]
impl fmt::Display for DecryptStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attachment(_) => f.write_str("the attachment is refused"),
            Self::Changed => f.write_str("the ciphertext changed while it was decrypted"),
            Self::Read(kind) => write!(f, "reading the ciphertext failed: {kind}"),
            Self::Write(kind) => write!(f, "writing the file failed: {kind}"),
        }
    }
}

#[cfg(feature = "std")]
impl core::error::Error for DecryptStreamError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Attachment(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(feature = "std")]
impl From<AttachmentError> for DecryptStreamError {
    fn from(error: AttachmentError) -> Self {
        Self::Attachment(error)
    }
}
