//! Why a room key was not read.

use core::fmt;

use super::{RoomKey, RoomKeyEntry};
use crate::{megolm::SessionKeyError, primitives::public_key::KeyError};

/// Why a room key was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomKeyError {
    /// The JSON has more than [`RoomKey::MAX_JSON`] bytes.
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// The bytes are not JSON in UTF-8, the value is no object, a member that
    /// is used stands twice, or is of another kind than it should be.
    Json,
    /// A required member is not there.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// `algorithm` is none that is known here: leave this key out, and take the
    /// others.
    Algorithm,
    /// `sender_key` is no key.
    SenderKey(KeyError),
    /// The Ed25519 key of `sender_claimed_keys` is no key.
    ClaimedKey(KeyError),
    /// A key of `forwarding_curve25519_key_chain` is no key.
    ForwardingChain(KeyError),
    /// `forwarding_curve25519_key_chain` has more than
    /// [`RoomKey::MAX_FORWARDS`] keys.
    TooManyForwards {
        /// How many there are.
        found: usize,
    },
    /// `session_key` is no exported session key.
    SessionKey(SessionKeyError),
    /// `session_id` is not the id of the session in `session_key`.
    WrongSessionId,
    /// `room_id` has more than [`RoomKeyEntry::MAX_ROOM_ID`] bytes.
    RoomId,
}

impl fmt::Display for RoomKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => write!(
                f,
                "the room key has {found} bytes of JSON, more than {}",
                RoomKey::MAX_JSON
            ),
            Self::Json => f.write_str("the room key is not the JSON of one"),
            Self::Missing { field } => write!(f, "the room key has no member \"{field}\""),
            Self::Algorithm => f.write_str("the room key is of an unknown algorithm"),
            Self::SenderKey(_) => f.write_str("the sender's key is not usable"),
            Self::ClaimedKey(_) => f.write_str("the sender's claimed Ed25519 key is not usable"),
            Self::ForwardingChain(_) => f.write_str("a forwarder's key is not usable"),
            Self::TooManyForwards { found } => write!(
                f,
                "the room key was forwarded {found} times, more than {}",
                RoomKey::MAX_FORWARDS
            ),
            Self::SessionKey(_) => f.write_str("the session key is not usable"),
            Self::WrongSessionId => f.write_str("the session id is not the session key's"),
            Self::RoomId => write!(
                f,
                "the room id has more than {} bytes",
                RoomKeyEntry::MAX_ROOM_ID
            ),
        }
    }
}

impl core::error::Error for RoomKeyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::SenderKey(error) | Self::ClaimedKey(error) | Self::ForwardingChain(error) => {
                Some(error)
            }
            Self::SessionKey(error) => Some(error),
            _ => None,
        }
    }
}
