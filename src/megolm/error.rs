//! What can go wrong with Megolm, one enum per operation.

use core::fmt;

use crate::{
    codec::{error::DecodeError, version::SessionVersion},
    primitives::public_key::KeyError,
};

/// Why a message was not encrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptError {
    /// The session has sent its last message, index 2^32 − 1: make a new one.
    Exhausted,
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted => f.write_str("the session has sent its last message"),
        }
    }
}

impl core::error::Error for EncryptError {}

/// Why a message was not decrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptError {
    /// The text or bytes are no message.
    Decode(DecodeError),
    /// The message speaks another version than the session.
    Version {
        /// What the session speaks.
        expected: SessionVersion,
        /// What the message speaks.
        found: SessionVersion,
    },
    /// The signature does not verify under this session's key: the message is
    /// of another session, or forged.
    BadSignature,
    /// The signature is good, yet MAC or padding are wrong: this copy of the
    /// session holds another ratchet than the sender's, or the sender signed
    /// something that it did not encrypt so. If the copy came from an export,
    /// another copy may decrypt the message.
    Inauthentic,
    /// The message is older than what this session was given. Another copy of
    /// the session, with an earlier index, can decrypt it.
    BelowFirstKnown {
        /// The index of the message.
        index: u32,
        /// The first index that this session can decrypt.
        first_known: u32,
    },
}

impl DecryptError {
    /// Whether no session could ever decrypt this message, so that asking for
    /// keys or waiting is of no use.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Decode(_) => true,
            Self::Version { .. }
            | Self::BadSignature
            | Self::Inauthentic
            | Self::BelowFirstKnown { .. } => false,
        }
    }
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(_) => f.write_str("this is no Megolm message"),
            Self::Version { expected, found } => {
                write!(
                    f,
                    "the message is of version {found}, the session of version {expected}"
                )
            }
            Self::BadSignature => f.write_str("the signature of the message does not verify"),
            Self::Inauthentic => f.write_str("the message is not authentic"),
            Self::BelowFirstKnown { index, first_known } => write!(
                f,
                "the message has index {index}, below the first known index {first_known}"
            ),
        }
    }
}

impl core::error::Error for DecryptError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for DecryptError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// An index below the first one that a session knows was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexError {
    /// What was asked for.
    pub index: u32,
    /// The first index that the session knows.
    pub first_known: u32,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "index {} is below the first known index {}",
            self.index, self.first_known
        )
    }
}

impl core::error::Error for IndexError {}

/// Two sessions cannot be merged: they are not two copies of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeError;

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sessions are not connected")
    }
}

impl core::error::Error for MergeError {}

/// Why a session key or an exported session key was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionKeyError {
    /// The text is not canonical unpadded base64.
    Base64,
    /// The key has another length than its form has.
    Length {
        /// How many bytes there are.
        found: usize,
        /// How many there have to be.
        expected: usize,
    },
    /// The first byte is not this form's version: 2 for a session key, 1 for an
    /// exported one. Neither is taken for the other.
    Version {
        /// The first byte.
        found: u8,
    },
    /// The public key in it is not usable.
    PublicKey(KeyError),
    /// The signature over a session key does not verify.
    BadSignature,
}

impl fmt::Display for SessionKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the session key is not unpadded base64"),
            Self::Length { found, expected } => {
                write!(f, "the session key has {found} bytes instead of {expected}")
            }
            Self::Version { found } => write!(f, "the session key has the wrong version {found}"),
            Self::PublicKey(_) => f.write_str("the public key of the session is not usable"),
            Self::BadSignature => f.write_str("the signature of the session key does not verify"),
        }
    }
}

impl core::error::Error for SessionKeyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::PublicKey(error) => Some(error),
            _ => None,
        }
    }
}
