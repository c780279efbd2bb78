//! What can go wrong with Olm, one enum per operation.

use core::fmt;

use crate::{
    codec::version::SessionVersion,
    primitives::{
        curve25519::{Curve25519PublicKey, ZeroSharedSecret},
        random::RngError,
    },
};

/// Why keys were not made. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerateError {
    /// The random number generator failed.
    Rng,
    /// More keys at once than an account can hold.
    TooMany {
        /// [`MAX_ONE_TIME_KEYS`](super::MAX_ONE_TIME_KEYS).
        max: usize,
    },
    /// Every key id has been given.
    KeyIdsExhausted,
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::TooMany { max } => write!(f, "an account holds no more than {max} one-time keys"),
            Self::KeyIdsExhausted => f.write_str("every key id has been given"),
        }
    }
}

impl core::error::Error for GenerateError {}

impl From<RngError> for GenerateError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

/// Why an outbound session was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutboundError {
    /// The random number generator failed.
    Rng,
    /// The other side's identity key or one-time key is of small order.
    ZeroSharedSecret,
}

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::ZeroSharedSecret => ZeroSharedSecret.fmt(f),
        }
    }
}

impl core::error::Error for OutboundError {}

impl From<RngError> for OutboundError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<ZeroSharedSecret> for OutboundError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self::ZeroSharedSecret
    }
}

/// Why a pre-key message started no session. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InboundError {
    /// The account has no such one-time or fallback key: it was used before, it
    /// was dropped, or it never was this account's. If the message belongs to a
    /// session that exists, [`Session::matches`](super::Session::matches) finds
    /// it.
    UnknownOneTimeKey {
        /// The key that the message names.
        key: Curve25519PublicKey,
    },
    /// The message was made by another identity key than its sender has.
    SenderMismatch {
        /// The sender's identity key.
        expected: Curve25519PublicKey,
        /// The identity key that the message names.
        found: Curve25519PublicKey,
    },
    /// A session could be made, but the message inside does not decrypt in it.
    Decrypt(DecryptError),
}

impl InboundError {
    /// Whether this account can never start a session by this message, whoever
    /// is said to have sent it and in whatever version.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::SenderMismatch { .. } | Self::Decrypt(DecryptError::Version { .. }) => false,
            Self::UnknownOneTimeKey { .. } | Self::Decrypt(_) => true,
        }
    }
}

impl fmt::Display for InboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOneTimeKey { key } => {
                write!(f, "the account has no one-time key {key}")
            }
            Self::SenderMismatch { expected, found } => write!(
                f,
                "the message was made with identity key {found} instead of the sender's {expected}"
            ),
            Self::Decrypt(_) => f.write_str("the message that starts the session does not decrypt"),
        }
    }
}

impl core::error::Error for InboundError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Decrypt(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecryptError> for InboundError {
    fn from(error: DecryptError) -> Self {
        Self::Decrypt(error)
    }
}

impl From<ZeroSharedSecret> for InboundError {
    fn from(error: ZeroSharedSecret) -> Self {
        Self::Decrypt(error.into())
    }
}

/// Why a session that was opened could not be accepted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// The one-time or fallback key has gone in the meantime: another session was
    /// made with it, or it was dropped.
    OneTimeKeyGone,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneTimeKeyGone => {
                f.write_str("the one-time key of the session has gone in the meantime")
            }
        }
    }
}

impl core::error::Error for AcceptError {}

/// Why a message was not encrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptError {
    /// The random number generator failed.
    Rng,
    /// The other side's ratchet key is of small order. Sessions made here never
    /// hold such a key; one that moved in may.
    ZeroSharedSecret,
    /// The chain has sent its last message, index 2^32 − 1. It goes on when the
    /// other side answers.
    ChainExhausted,
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::ZeroSharedSecret => ZeroSharedSecret.fmt(f),
            Self::ChainExhausted => f.write_str("the chain has sent its last message"),
        }
    }
}

impl core::error::Error for EncryptError {}

impl From<RngError> for EncryptError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<ZeroSharedSecret> for EncryptError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self::ZeroSharedSecret
    }
}

/// Why a message was not decrypted. The session is as it was.
///
/// A message whose key is not there is not authenticated: whoever knows the
/// ratchet key of a chain can make one that gets the answer `AlreadyUsed`,
/// `KeyGone`, `UsedOrGone` or `ChainGone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptError {
    /// The message is of another session, or forged: the MAC is wrong, and
    /// nobody can tell which.
    NotThisSession,
    /// The message speaks another version than the session.
    Version {
        /// What the session speaks.
        expected: SessionVersion,
        /// What the message speaks.
        found: SessionVersion,
    },
    /// The message at this index was decrypted before.
    AlreadyUsed {
        /// The index in its chain.
        index: u32,
    },
    /// The key of this message was dropped to make room for newer ones: the
    /// message stays closed.
    KeyGone {
        /// The index in its chain.
        index: u32,
    },
    /// The key of this message is not there; it was used or dropped, and this
    /// session cannot tell which, because it moved in from a library that keeps
    /// no record, or because the record was full.
    UsedOrGone {
        /// The index in its chain.
        index: u32,
    },
    /// The whole chain of this message was dropped to make room for newer ones:
    /// the message stays closed.
    ChainGone,
    /// The message is further ahead of the last one than
    /// [`MAX_MESSAGE_GAP`](super::MAX_MESSAGE_GAP). It can be decrypted once
    /// messages between have been.
    GapTooLarge {
        /// The index in its chain.
        index: u32,
        /// The index that the chain expects next.
        next: u64,
    },
    /// The ratchet key of the message, or a key that would start the session,
    /// is of small order.
    ZeroSharedSecret,
}

impl DecryptError {
    /// Whether this session can never decrypt this message, so that only a
    /// message sent anew can help.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::AlreadyUsed { .. }
            | Self::KeyGone { .. }
            | Self::UsedOrGone { .. }
            | Self::ChainGone
            | Self::Version { .. }
            | Self::ZeroSharedSecret => true,
            Self::NotThisSession | Self::GapTooLarge { .. } => false,
        }
    }
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThisSession => f.write_str("the message is of another session or forged"),
            Self::Version { expected, found } => {
                write!(
                    f,
                    "the message is of version {found}, the session of version {expected}"
                )
            }
            Self::AlreadyUsed { index } => {
                write!(f, "the message with index {index} was decrypted before")
            }
            Self::KeyGone { index } => {
                write!(f, "the key of the message with index {index} was dropped")
            }
            Self::UsedOrGone { index } => {
                write!(
                    f,
                    "the key of the message with index {index} was used or dropped"
                )
            }
            Self::ChainGone => f.write_str("the chain of the message was dropped"),
            Self::GapTooLarge { index, next } => {
                write!(f, "the message has index {index}, too far ahead of {next}")
            }
            Self::ZeroSharedSecret => ZeroSharedSecret.fmt(f),
        }
    }
}

impl core::error::Error for DecryptError {}

impl From<ZeroSharedSecret> for DecryptError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self::ZeroSharedSecret
    }
}
