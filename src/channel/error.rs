//! Why a channel does not come about, or a message does not pass.

use core::fmt;

use super::text::MAX_MESSAGE_LENGTH;
use crate::primitives::{curve25519::ZeroSharedSecret, public_key::KeyError, random::RngError};

/// Why a text is not a message of a channel. Nothing was decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is longer than [`MAX_MESSAGE_LENGTH`].
    TooLong {
        /// How many bytes there are.
        length: usize,
    },
    /// The text is not canonical unpadded base64.
    Base64,
    /// There is no room for what every message holds.
    Truncated {
        /// How many bytes there are, out of base64.
        length: usize,
    },
    /// The first message of an ECIES channel has no `|` before its key.
    MissingSeparator,
    /// The key in the first message of an ECIES channel is no key.
    Key(KeyError),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "the message has {length} bytes, more than {MAX_MESSAGE_LENGTH}"
            ),
            Self::Base64 => f.write_str("the message is not unpadded base64"),
            Self::Truncated { length } => {
                write!(f, "the message is cut short: it has {length} bytes")
            }
            Self::MissingSeparator => f.write_str("the first message has no separator"),
            Self::Key(_) => f.write_str("the key in the first message is not usable"),
        }
    }
}

impl core::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}

/// Why the device that scanned could not start a channel. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanError {
    /// The random number generator failed; try again.
    Rng(RngError),
    /// The key in the QR code is of small order: refuse the code.
    Key(ZeroSharedSecret),
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rng(_) => "no randomness for the channel's key",
            Self::Key(_) => "the key in the QR code cannot be used",
        })
    }
}

impl core::error::Error for ScanError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Rng(error) => Some(error),
            Self::Key(error) => Some(error),
        }
    }
}

impl From<RngError> for ScanError {
    fn from(error: RngError) -> Self {
        Self::Rng(error)
    }
}

impl From<ZeroSharedSecret> for ScanError {
    fn from(error: ZeroSharedSecret) -> Self {
        Self::Key(error)
    }
}

/// Why the first message of either side was refused. The attempt is over, and
/// its keys are gone: start again with a new QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EstablishError {
    /// The text is not a first message.
    Decode(DecodeError),
    /// The key in it is of small order.
    ZeroSharedSecret,
    /// It does not open: made for another key or with other associated data,
    /// replayed, changed or forged; nobody can tell which.
    Inauthentic,
    /// It opens, and says something else than `MATRIX_QR_CODE_LOGIN_INITIATE`
    /// or, as the answer, `MATRIX_QR_CODE_LOGIN_OK`.
    UnexpectedText,
}

impl fmt::Display for EstablishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decode(_) => "this is no first message of a channel",
            Self::ZeroSharedSecret => "the key in the first message is of small order",
            Self::Inauthentic => "the first message is not authentic",
            Self::UnexpectedText => "the first message says something else",
        })
    }
}

impl core::error::Error for EstablishError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for EstablishError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<ZeroSharedSecret> for EstablishError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self::ZeroSharedSecret
    }
}

impl From<OpenError> for EstablishError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Decode(error) => Self::Decode(error),
            OpenError::Inauthentic | OpenError::Exhausted => Self::Inauthentic,
        }
    }
}

/// The user typed another check code than the other device shows: a slip, or
/// somebody stands between the devices. The channel is gone, and there is no
/// second try: start again with a new QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongCheckCode;

impl fmt::Display for WrongCheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the check code is wrong")
    }
}

impl core::error::Error for WrongCheckCode {}

/// Why a message was not sealed. The channel is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The message would be longer than [`MAX_MESSAGE_LENGTH`], which is all
    /// that a rendezvous carries.
    TooLong {
        /// How many bytes the text to seal has.
        length: usize,
    },
    /// The channel has sent its last message, number 2^64 − 1.
    Exhausted,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "{length} bytes make a message longer than {MAX_MESSAGE_LENGTH}"
            ),
            Self::Exhausted => f.write_str("the channel has sent its last message"),
        }
    }
}

impl core::error::Error for SealError {}

/// Why a message was not opened. The channel is as it was, and opens the right
/// message still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is not a message.
    Decode(DecodeError),
    /// It is not the next message of the other side: replayed, out of order,
    /// our own, of another channel, with other associated data, changed or
    /// forged; nobody can tell which.
    Inauthentic,
    /// The channel has received its last message, number 2^64 − 1.
    Exhausted,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decode(_) => "this is no message of a channel",
            Self::Inauthentic => "this is not the next message of the other side",
            Self::Exhausted => "the channel has received its last message",
        })
    }
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for OpenError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
