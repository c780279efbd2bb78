//! Why bytes are not a message.

use core::fmt;

/// A field of a message, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// The one-time key of a pre-key message.
    OneTimeKey,
    /// The base key of a pre-key message.
    BaseKey,
    /// The sender's identity key in a pre-key message.
    IdentityKey,
    /// The message inside a pre-key message.
    Message,
    /// The ratchet key of an Olm message.
    RatchetKey,
    /// The index of a message in its chain (Olm) or session (Megolm).
    Index,
    /// The encrypted text.
    Ciphertext,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneTimeKey => "one-time key",
            Self::BaseKey => "base key",
            Self::IdentityKey => "identity key",
            Self::Message => "inner message",
            Self::RatchetKey => "ratchet key",
            Self::Index => "index",
            Self::Ciphertext => "ciphertext",
        })
    }
}

/// Why bytes or text are not an Olm or Megolm message. Nobody could ever
/// decrypt them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is not canonical unpadded base64.
    Base64,
    /// The first byte names a version that no session speaks.
    Version {
        /// The first byte.
        found: u8,
    },
    /// The bytes end inside a field, the MAC or the signature.
    Truncated,
    /// A field that every message of this kind has is not there.
    Missing {
        /// Which one.
        field: Field,
    },
    /// A key has another length than 32 bytes.
    KeyLength {
        /// Which key.
        field: Field,
        /// How many bytes it has.
        found: usize,
    },
    /// The index is 2^32 or more.
    IndexTooLarge,
    /// A field has a wire type other than a varint or a length.
    WireType {
        /// The wire type.
        found: u8,
    },
    /// The bytes mean something, but are not the one canonical encoding of it:
    /// a field is unknown, repeated or out of order, or a varint is longer than
    /// it need be. No client writes such messages.
    NotCanonical,
    /// The ciphertext is empty or not a whole number of 16-byte blocks.
    CiphertextLength {
        /// How many bytes it has.
        found: usize,
    },
    /// The type of an Olm message is neither 0 nor 1.
    MessageType {
        /// The type.
        found: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the message is not unpadded base64"),
            Self::Version { found } => write!(f, "the message has the unknown version {found}"),
            Self::Truncated => f.write_str("the message ends too early"),
            Self::Missing { field } => write!(f, "the message has no {field}"),
            Self::KeyLength { field, found } => {
                write!(
                    f,
                    "the {field} of the message has {found} bytes instead of 32"
                )
            }
            Self::IndexTooLarge => f.write_str("the index of the message is 2^32 or more"),
            Self::WireType { found } => {
                write!(
                    f,
                    "the message has a field of the unknown wire type {found}"
                )
            }
            Self::NotCanonical => f.write_str("the message is not canonically encoded"),
            Self::CiphertextLength { found } => {
                write!(
                    f,
                    "the ciphertext of {found} bytes is not a whole number of blocks"
                )
            }
            Self::MessageType { found } => write!(f, "there is no Olm message type {found}"),
        }
    }
}

impl core::error::Error for DecodeError {}
