//! What can go wrong with room key bundles.

use core::fmt;

use super::{
    super::{attachment::AttachmentError, room_key::RoomKeyError},
    MAX_ENTRIES, MAX_SIZE,
};
use crate::primitives::random::RngError;

/// Why a bundle was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MakeBundleError {
    /// The room's id has more bytes than
    /// [`RoomKeyEntry::MAX_ROOM_ID`](super::super::RoomKeyEntry::MAX_ROOM_ID).
    RoomId,
    /// There are as many sessions of this kind as there may be.
    TooManyEntries,
    /// The bundle has more bytes than [`KeyBundle::MAX_SIZE`](super::KeyBundle::MAX_SIZE).
    TooLarge,
    /// The random number generator failed.
    Rng,
}

impl fmt::Display for MakeBundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoomId => f.write_str("the room's id is too long"),
            Self::TooManyEntries => {
                write!(
                    f,
                    "a bundle holds no more than {MAX_ENTRIES} sessions of a kind"
                )
            }
            Self::TooLarge => write!(f, "the bundle has more than {MAX_SIZE} bytes"),
            Self::Rng => RngError.fmt(f),
        }
    }
}

impl core::error::Error for MakeBundleError {}

impl From<RngError> for MakeBundleError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why there is no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenBundleError {
    /// There are more bytes than [`KeyBundle::MAX_SIZE`](super::KeyBundle::MAX_SIZE).
    TooLarge {
        /// How many there are.
        found: usize,
    },
    /// The ciphertext is not what the sender uploaded.
    Attachment(AttachmentError),
    /// The plaintext is not a JSON object of two lists.
    Json,
    /// A list has more entries than
    /// [`KeyBundle::MAX_ENTRIES`](super::KeyBundle::MAX_ENTRIES).
    TooManyEntries {
        /// How many there are.
        found: usize,
    },
}

impl fmt::Display for OpenBundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { found } => {
                write!(f, "the bundle has {found} bytes, more than {MAX_SIZE}")
            }
            Self::Attachment(_) => f.write_str("the bundle is not what its sender uploaded"),
            Self::Json => f.write_str("the bundle is not a JSON object of lists"),
            Self::TooManyEntries { found } => {
                write!(
                    f,
                    "a list of the bundle has {found} entries, more than {MAX_ENTRIES}"
                )
            }
        }
    }
}

impl core::error::Error for OpenBundleError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Attachment(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AttachmentError> for OpenBundleError {
    fn from(error: AttachmentError) -> Self {
        Self::Attachment(error)
    }
}

/// Why an entry of a bundle was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleEntryError {
    /// It is of another room than the bundle.
    OtherRoom,
    /// It is no room key.
    RoomKey(RoomKeyError),
    /// It does not say of a session that it is withheld.
    Withheld,
    /// The session is withheld, and its key stands in the bundle all the same.
    AlsoShared,
}

impl fmt::Display for BundleEntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherRoom => "the entry is of another room",
            Self::RoomKey(_) => "the entry is no room key",
            Self::Withheld => "the entry is not the content of a withheld event",
            Self::AlsoShared => "the session is shared and withheld",
        })
    }
}

impl core::error::Error for BundleEntryError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::RoomKey(error) => Some(error),
            _ => None,
        }
    }
}
