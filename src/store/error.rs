//! What can go wrong with a keystore.

use core::fmt;

use super::{backend::BackendError, key::NotOurs};
use crate::{pickle::UnpickleError, primitives::random::RngError};

/// Why a keystore did not open; what it keeps is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The storage failed: see the source.
    Backend(BackendError),
    /// The keystore was made under another key. One that was damaged exactly where
    /// its key is checked looks the same.
    WrongKey,
    /// The keystore was made by a newer release, and needs one.
    UnknownVersion {
        /// The version of its format.
        version: u8,
    },
    /// The storage holds values, and not what makes it a keystore: it was damaged,
    /// or is something else.
    Damaged,
    /// The random number generator failed, so that nothing new was set up.
    Rng,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend(_) => "the keystore could not be opened",
            Self::WrongKey => "the key is not the keystore's",
            Self::UnknownVersion { version } => {
                return write!(f, "the keystore has the unknown version {version}");
            }
            Self::Damaged => "the storage is damaged or no keystore",
            Self::Rng => return RngError.fmt(f),
        })
    }
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Backend(source) => Some(source),
            _ => None,
        }
    }
}

impl From<BackendError> for OpenError {
    fn from(source: BackendError) -> Self {
        Self::Backend(source)
    }
}

impl From<RngError> for OpenError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why a keystore did not read or write; what it keeps is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The storage failed: see the source.
    Backend(BackendError),
    /// A value is not what was written there: it was damaged, or taken from
    /// another place or another keystore.
    Damaged,
    /// A value is authentic, and no object that this release can read: see the
    /// source.
    Object(UnpickleError),
    /// The random number generator failed.
    Rng,
    /// A value or a name is longer than [`MAX_VALUE_LENGTH`](super::MAX_VALUE_LENGTH)
    /// or [`MAX_NAME_LENGTH`](super::MAX_NAME_LENGTH).
    TooLarge,
    /// The object is not what the keystore has: another object of the same group has
    /// gone on with it, or it was deleted, or the storage was put back to what it was.
    /// Load it again.
    Stale,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend(_) => "the keystore could not be read or written",
            Self::Damaged => "a value in the keystore is damaged",
            Self::Object(_) => "an object in the keystore could not be read",
            Self::Rng => return RngError.fmt(f),
            Self::TooLarge => "a value or a name is too long for the keystore",
            Self::Stale => "the keystore has another state of the object",
        })
    }
}

impl core::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Backend(source) => Some(source),
            Self::Object(source) => Some(source),
            _ => None,
        }
    }
}

impl From<BackendError> for StoreError {
    fn from(source: BackendError) -> Self {
        Self::Backend(source)
    }
}

impl From<UnpickleError> for StoreError {
    fn from(source: UnpickleError) -> Self {
        Self::Object(source)
    }
}

impl From<NotOurs> for StoreError {
    fn from(_: NotOurs) -> Self {
        Self::Damaged
    }
}

impl From<RngError> for StoreError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}
