//! What can go wrong with a keystore.

use core::fmt;

use super::backend::BackendError;
use crate::primitives::random::RngError;

/// Why a keystore did not read or write; what it keeps is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The storage failed: see the source.
    Backend(BackendError),
    /// A value is not what was written there: it was damaged, or taken from
    /// another place or another keystore.
    Damaged,
    /// The random number generator failed.
    Rng,
    /// A value is longer than the cipher can encrypt. No object of this library
    /// comes near it.
    TooLarge,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend(_) => "the keystore could not be read or written",
            Self::Damaged => "a value in the keystore is damaged",
            Self::Rng => return RngError.fmt(f),
            Self::TooLarge => "a value is too large to encrypt",
        })
    }
}

impl core::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Backend(source) => Some(source),
            _ => None,
        }
    }
}

impl From<BackendError> for StoreError {
    fn from(source: BackendError) -> Self {
        Self::Backend(source)
    }
}

impl From<RngError> for StoreError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}
