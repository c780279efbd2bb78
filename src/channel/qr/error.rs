//! Why a QR code does not say how to sign in.

use core::fmt;

use super::{MAX_LENGTH, data::Intent};

/// A text in a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextField {
    /// The URL of the rendezvous (MSC4108).
    RendezvousUrl,
    /// The name of the server, or its base URL (MSC4108).
    Server,
    /// The id of the rendezvous (MSC4388).
    RendezvousId,
    /// The base URL of the server (MSC4388).
    BaseUrl,
}

impl fmt::Display for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RendezvousUrl => "rendezvous URL",
            Self::Server => "server name",
            Self::RendezvousId => "rendezvous id",
            Self::BaseUrl => "base URL",
        })
    }
}

/// Why a QR code was not read, or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrLoginError {
    /// The text is not canonical unpadded base64.
    Base64,
    /// The code is longer than [`MAX_LENGTH`].
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// It does not begin as a code of Matrix.
    Magic,
    /// It is of a type that is not known: maybe of a newer client.
    Type {
        /// The byte.
        found: u8,
    },
    /// It verifies a device, and does not sign in: see `verification`.
    DeviceVerification,
    /// Its intent is not known.
    Intent {
        /// The byte.
        found: u8,
    },
    /// It ends too early.
    Truncated,
    /// A text has no bytes.
    Empty {
        /// Which one.
        field: TextField,
    },
    /// A text has more bytes than it may.
    TextTooLong {
        /// Which one.
        field: TextField,
        /// How many bytes it has.
        length: usize,
    },
    /// A text is not UTF-8.
    NotUtf8 {
        /// Which one.
        field: TextField,
    },
    /// Something follows.
    TrailingBytes {
        /// How many bytes.
        count: usize,
    },
    /// It is of a device with the same intent as the one that scans: both are
    /// new, or both are signed in.
    SameIntent {
        /// Of both.
        intent: Intent,
    },
}

impl fmt::Display for QrLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the QR code's text is not unpadded base64"),
            Self::TooLong { length } => {
                write!(f, "the QR code has {length} bytes, more than {MAX_LENGTH}")
            }
            Self::Magic => f.write_str("this is no QR code of Matrix"),
            Self::Type { found } => write!(f, "the QR code is of the unknown type {found}"),
            Self::DeviceVerification => f.write_str("the QR code verifies a device"),
            Self::Intent { found } => write!(f, "the QR code has the unknown intent {found}"),
            Self::Truncated => f.write_str("the QR code ends too early"),
            Self::Empty { field } => write!(f, "the {field} is empty"),
            Self::TextTooLong { field, length } => {
                write!(f, "the {field} has {length} bytes, which is too many")
            }
            Self::NotUtf8 { field } => write!(f, "the {field} is not UTF-8"),
            Self::TrailingBytes { count } => write!(f, "{count} bytes follow the QR code's end"),
            Self::SameIntent { intent } => f.write_str(match intent {
                Intent::Login => "both devices are new",
                Intent::Reciprocate => "both devices are signed in",
            }),
        }
    }
}

impl core::error::Error for QrLoginError {}
