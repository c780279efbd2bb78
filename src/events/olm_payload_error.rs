//! Why a decrypted to-device event was discarded.

use core::fmt;

use crate::identity::SenderTrust;

/// Why a decrypted to-device event was discarded. The session that decrypted it is
/// kept: its ratchet moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OlmPayloadError {
    /// A member is missing or is not what it has to be.
    Malformed {
        /// Which one; `plaintext` when the text is no JSON object.
        member: &'static str,
    },
    /// It was made for another user.
    WrongRecipient,
    /// It was made by another user than the one who sent it.
    MismatchedSender,
    /// It was made for another device.
    WrongRecipientKey,
    /// The sender's device keys came along, and are not signed, or not those of the
    /// sender; or they have to, and did not.
    BadSenderDeviceKeys,
    /// The device that is known to have the sender's Curve25519 key has another
    /// Ed25519 key: somebody passes another's messages off as his.
    MismatchedIdentityKeys,
    /// The sender has no device with this Curve25519 key, as far as is known.
    UnknownDevice,
    /// It is from a dehydrated device, which never sends.
    DehydratedSender,
    /// Only cross-signed devices are believed, and the sender's is not one.
    UntrustedSender {
        /// How far the device is trusted.
        trust: SenderTrust,
    },
}

impl fmt::Display for OlmPayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
            Self::WrongRecipient => f.write_str("the event was made for another user"),
            Self::MismatchedSender => f.write_str("the event was made by another user"),
            Self::WrongRecipientKey => f.write_str("the event was made for another device"),
            Self::BadSenderDeviceKeys => {
                f.write_str("the device keys in the event are not the sender's")
            }
            Self::MismatchedIdentityKeys => {
                f.write_str("the sender's device has other identity keys than the event")
            }
            Self::UnknownDevice => f.write_str("the device that sent the event is not known"),
            Self::DehydratedSender => f.write_str("the event is from a dehydrated device"),
            Self::UntrustedSender { .. } => {
                f.write_str("the device that sent the event is not cross-signed")
            }
        }
    }
}

impl core::error::Error for OlmPayloadError {}
