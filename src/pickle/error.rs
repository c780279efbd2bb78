//! What can go wrong with pickles.

use core::fmt;

use super::kind::PickleKind;
use crate::{
    codec::record,
    primitives::{public_key::KeyError, random::RngError},
};

/// Why an object was not pickled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PickleError {
    /// The random number generator failed.
    Rng,
    /// The state is longer than the cipher can encrypt. No object of this
    /// library comes near it.
    TooLarge,
}

impl fmt::Display for PickleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::TooLarge => f.write_str("the state is too large to encrypt"),
        }
    }
}

impl core::error::Error for PickleError {}

impl From<RngError> for PickleError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why a pickle in our own format was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnpickleError {
    /// The bytes are too few to be a pickle.
    TooShort,
    /// The first byte names a version that this release does not read.
    UnknownVersion {
        /// The first byte.
        version: u8,
    },
    /// The second byte names no kind of object.
    UnknownKind {
        /// The second byte.
        kind: u8,
    },
    /// The pickle is of another kind of object.
    WrongKind {
        /// What was asked for.
        expected: PickleKind,
        /// What the pickle says it is.
        found: PickleKind,
    },
    /// The key or the context is not the one that the pickle was made with, or
    /// the pickle was changed; nobody can tell which.
    WrongKeyOrContext,
    /// The state ends too early, though it is authentic: it was made by a
    /// faulty writer.
    Truncated,
    /// There are bytes behind the state, though it is authentic.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// The state contradicts itself, though it is authentic.
    Invalid,
    /// A public key in the state is not usable.
    PublicKey(KeyError),
}

impl fmt::Display for UnpickleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => f.write_str("the bytes are too few for a pickle"),
            Self::UnknownVersion { version } => {
                write!(f, "the pickle has the unknown version {version}")
            }
            Self::UnknownKind { kind } => write!(f, "the pickle is of the unknown kind {kind}"),
            Self::WrongKind { expected, found } => {
                write!(f, "the pickle is of an {found}, not of an {expected}")
            }
            Self::WrongKeyOrContext => {
                f.write_str("the key or the context is not the pickle's, or it was changed")
            }
            Self::Truncated => f.write_str("the state in the pickle ends too early"),
            Self::Trailing { bytes } => {
                write!(f, "the pickle has {bytes} bytes behind the state")
            }
            Self::Invalid => f.write_str("the state in the pickle contradicts itself"),
            Self::PublicKey(_) => f.write_str("a public key in the pickle is not usable"),
        }
    }
}

impl core::error::Error for UnpickleError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::PublicKey(error) => Some(error),
            _ => None,
        }
    }
}

impl From<record::Truncated> for UnpickleError {
    fn from(_: record::Truncated) -> Self {
        Self::Truncated
    }
}

impl From<KeyError> for UnpickleError {
    fn from(error: KeyError) -> Self {
        Self::PublicKey(error)
    }
}

/// Why a pickle of libolm or vodozemac was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// The text is not canonical unpadded base64.
    Base64,
    /// The text is too short for a ciphertext and its MAC.
    TooShort,
    /// The key is not the one that the pickle was made with, or the pickle was
    /// changed; nobody can tell which.
    WrongKey,
    /// The version is none that libolm ever wrote for this kind of object.
    UnknownVersion {
        /// The version.
        version: u32,
    },
    /// An account of version 1, from before 2016, which libolm itself refuses:
    /// its keys were made by a faulty generator.
    LegacyAccount,
    /// The state ends too early.
    Truncated,
    /// There are bytes behind the state.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// The state is not the JSON of this kind of object.
    Json,
    /// A list is longer than its library lets it grow.
    TooMany {
        /// How many items there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// A public key does not belong to the private key it stands with, or a
    /// ratchet not to the one before it.
    KeysDisagree,
    /// A session with no chain to send or to receive on.
    NoChain,
    /// The session speaks the experimental configuration 2, which vodozemac's
    /// default build does not load either.
    UnsupportedConfig,
    /// An index is 2^32 or more.
    IndexTooLarge,
    /// A public key is not usable.
    PublicKey(KeyError),
}

impl ImportError {
    /// Whether the pickle did not open, for who tells no more than that.
    pub(crate) const fn is_wrong_key(self) -> bool {
        matches!(self, Self::WrongKey | Self::TooShort)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the pickle is not unpadded base64"),
            Self::TooShort => f.write_str("the text is too short for a pickle"),
            Self::WrongKey => f.write_str("the key is not the pickle's, or it was changed"),
            Self::UnknownVersion { version } => {
                write!(f, "the pickle has the unknown version {version}")
            }
            Self::LegacyAccount => {
                f.write_str("the pickle is of an account of version 1, whose keys are not safe")
            }
            Self::Truncated => f.write_str("the state in the pickle ends too early"),
            Self::Trailing { bytes } => {
                write!(f, "the pickle has {bytes} bytes behind the state")
            }
            Self::Json => f.write_str("the state in the pickle is not the JSON of such an object"),
            Self::TooMany { found, max } => {
                write!(f, "a list in the pickle has {found} items, more than {max}")
            }
            Self::KeysDisagree => f.write_str("keys in the pickle do not belong to each other"),
            Self::NoChain => f.write_str("the session in the pickle has no chain"),
            Self::UnsupportedConfig => {
                f.write_str("the session in the pickle has a configuration other than 1")
            }
            Self::IndexTooLarge => f.write_str("an index in the pickle is 2^32 or more"),
            Self::PublicKey(_) => f.write_str("a public key in the pickle is not usable"),
        }
    }
}

impl core::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::PublicKey(error) => Some(error),
            _ => None,
        }
    }
}

impl From<record::Truncated> for ImportError {
    fn from(_: record::Truncated) -> Self {
        Self::Truncated
    }
}

impl From<KeyError> for ImportError {
    fn from(error: KeyError) -> Self {
        Self::PublicKey(error)
    }
}

/// Why an object cannot be written in the format of libolm or vodozemac: the
/// format has no way to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// The session speaks configuration 2.
    UnsupportedConfig,
    /// A key id or its counter is 2^32 or more, which libolm cannot hold.
    KeyIdTooLarge,
    /// The session has come to the end of a chain or of its indexes; the other
    /// library would start again at 0, under keys that were used.
    Exhausted,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnsupportedConfig => "the format has no session of configuration 2",
            Self::KeyIdTooLarge => "the format has no key id of 2^32 or more",
            Self::Exhausted => "the format has no session at the end of its indexes",
        })
    }
}

impl core::error::Error for ExportError {}
