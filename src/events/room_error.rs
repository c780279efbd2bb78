//! Why a room event was not decrypted.

use core::fmt;

use super::withheld::WithheldCode;
use crate::identity::SenderTrust;

/// Why a room event was not decrypted, or must not be shown.
///
/// [`Undecryptable`](super::Undecryptable) turns it into what a user is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomDecryptError {
    /// The algorithm is not Megolm's.
    UnknownAlgorithm,
    /// A member of the event, or of the text in it, is missing or is not what it
    /// has to be.
    Malformed {
        /// Which one; `plaintext` when the text is no JSON object.
        member: &'static str,
    },
    /// There is no session of this room and id.
    NoKey {
        /// Why, as far as a sender told.
        code: Option<WithheldCode>,
    },
    /// The signature does not verify under the session's key.
    BadSignature,
    /// The session was given from a later message on.
    UnknownIndex {
        /// The index of the message.
        index: u32,
        /// The first index that the session can decrypt.
        first_known: u32,
        /// Why, as far as a sender told: then the session was withheld in part.
        code: Option<WithheldCode>,
    },
    /// The signature is good, yet MAC or padding are wrong.
    BadMac,
    /// The text is for another room, or for none.
    WrongRoom,
    /// The state keys of event and text do not match, or one of them is no state
    /// event (MSC4362).
    WrongStateKey,
    /// The message was another event before.
    Replay,
    /// A device of the event's sender claims the Curve25519 key of the session's
    /// owner, and has another Ed25519 key.
    MismatchedIdentityKeys,
    /// The session is another user's.
    MismatchedSender,
    /// The session's owner is trusted less than what was asked for.
    UntrustedSender {
        /// How far the owner is trusted.
        trust: SenderTrust,
    },
}

impl fmt::Display for RoomDecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAlgorithm => f.write_str("the algorithm of the event is not Megolm"),
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
            Self::NoKey { code: None } => f.write_str("there is no key for the event"),
            Self::NoKey { code: Some(code) } => {
                write!(f, "there is no key for the event: {code}")
            }
            Self::BadSignature => f.write_str("the signature of the event does not verify"),
            Self::UnknownIndex {
                index, first_known, ..
            } => write!(
                f,
                "the event has index {index}, and the key is known from {first_known} on"
            ),
            Self::BadMac => f.write_str("the event is not authentic"),
            Self::WrongRoom => f.write_str("the event was made for another room"),
            Self::WrongStateKey => f.write_str("the state key was made for another event"),
            Self::Replay => f.write_str("the message was another event before"),
            Self::MismatchedIdentityKeys => {
                f.write_str("the sender's device has other identity keys than the key's owner")
            }
            Self::MismatchedSender => f.write_str("the key of the event is another user's"),
            Self::UntrustedSender { .. } => {
                f.write_str("the sender's device is trusted less than what is asked for")
            }
        }
    }
}

impl core::error::Error for RoomDecryptError {}
