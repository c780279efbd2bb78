//! Why a dehydrated device was not made, or not read.

use core::fmt;

use super::rehydrated::RehydratedDevice;
use crate::{codec::record, primitives::random::RngError};

/// Why a dehydrated device was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DehydrateError {
    /// The account moved in from libolm, which keeps no seed of the Ed25519 key,
    /// and the format has room for nothing else. Make a new one.
    NoSeed,
    /// The random number generator failed.
    Rng,
    /// The state is longer than the cipher can encrypt. No account comes near it.
    TooLarge,
}

impl fmt::Display for DehydrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeed => f.write_str("the account has no seed of its Ed25519 key"),
            Self::Rng => RngError.fmt(f),
            Self::TooLarge => f.write_str("the device is too large to encrypt"),
        }
    }
}

impl core::error::Error for DehydrateError {}

impl From<RngError> for DehydrateError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why a dehydrated device was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RehydrateError {
    /// `algorithm` is none that is known here.
    Algorithm,
    /// A member is missing or no string.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// `device_pickle` has more than [`RehydratedDevice::MAX_PICKLE`] characters.
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// A member is not base64.
    Base64 {
        /// Which one.
        field: &'static str,
    },
    /// The nonce has another length than 12 bytes.
    NonceLength {
        /// How many bytes it has.
        found: usize,
    },
    /// The key is not the one that the device was encrypted under, or the device
    /// was changed; nobody can tell which.
    Inauthentic,
    /// The state is of an unknown version, though it is authentic.
    Version {
        /// The version.
        found: u32,
    },
    /// The state ends too early, though it is authentic.
    Truncated,
    /// The state has more than [`RehydratedDevice::MAX_ONE_TIME_KEYS`] one-time
    /// keys, though it is authentic.
    TooManyKeys {
        /// How many it says there are.
        found: u32,
    },
    /// The flag before the fallback key is neither 0 nor 1, though it is
    /// authentic.
    Flag {
        /// The byte.
        found: u8,
    },
    /// There are bytes behind the state, though it is authentic.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// libolm's pickle opens, but is not that of an account.
    LibolmPickle,
    /// The device is not the one that the server says it is: its id is not its
    /// Curve25519 key.
    OtherDevice,
}

impl fmt::Display for RehydrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm => f.write_str("the dehydrated device is of an unknown algorithm"),
            Self::Missing { field } => write!(f, "the dehydrated device has no text \"{field}\""),
            Self::TooLong { found } => write!(
                f,
                "the dehydrated device has {found} characters, more than {}",
                RehydratedDevice::MAX_PICKLE
            ),
            Self::Base64 { field } => write!(f, "the member \"{field}\" is not base64"),
            Self::NonceLength { found } => write!(f, "the nonce has {found} bytes instead of 12"),
            Self::Inauthentic => {
                f.write_str("the key is not the dehydrated device's, or it was changed")
            }
            Self::Version { found } => {
                write!(f, "the dehydrated device has the unknown version {found}")
            }
            Self::Truncated => f.write_str("the dehydrated device ends too early"),
            Self::TooManyKeys { found } => write!(
                f,
                "the dehydrated device has {found} one-time keys, more than {}",
                RehydratedDevice::MAX_ONE_TIME_KEYS
            ),
            Self::Flag { found } => write!(f, "the fallback key's flag is {found}"),
            Self::Trailing { bytes } => {
                write!(
                    f,
                    "the dehydrated device has {bytes} bytes behind its state"
                )
            }
            Self::LibolmPickle => f.write_str("the dehydrated device is not an account of libolm"),
            Self::OtherDevice => f.write_str("the dehydrated device is another than its id says"),
        }
    }
}

impl core::error::Error for RehydrateError {}

impl From<record::Truncated> for RehydrateError {
    fn from(_: record::Truncated) -> Self {
        Self::Truncated
    }
}
