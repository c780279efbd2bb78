//! Why an event could not be decrypted, and what would mend it.

use core::fmt;

use super::{
    olm_event::OlmEventError, olm_payload_error::OlmPayloadError, peer_sessions::OlmDecryptError,
    room_error::RoomDecryptError, room_event::EncryptedRoomEvent, withheld::WithheldCode,
};
use crate::identity::SenderTrust;

/// Why an event could not be decrypted, or must not be shown, as a user can be
/// told. `Display` is a sentence for that; [`remedies`](Self::remedies) is what to
/// do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undecryptable {
    /// The sender gives keys to verified or cross-signed devices only.
    ExcludedBySender,
    /// The sender could make no Olm session with this device.
    NoOlmChannel,
    /// The sender decided that this device does not get the key, or has none.
    SendersDecision {
        /// As the sender says.
        code: WithheldCode,
    },
    /// Our user was not in the room then.
    SentWhileOutside,
    /// The key is not here yet, or is lost.
    NotHereYet,
    /// Older than this device, and there is no backup.
    HistoryGone,
    /// Older than this device, and the backup is closed to it.
    HistoryLocked,
    /// Older than this device, and the backup should have the key.
    ShouldHaveWorked,
    /// The sender did not hand the history on.
    HistoryNotShared,
    /// This device was given the session from a later message on.
    GivenLater {
        /// The index of the message.
        index: u32,
        /// The first index that can be decrypted.
        first_known: u32,
    },
    /// Forged, or damaged.
    Forged,
    /// Not made as events are: an attack, or a bug.
    AttackOrBug,
    /// Not the sender's own: an attack, or a bridge.
    AttackOrBridge,
    /// From a device that is not known, and our settings ask for one that is
    /// cross-signed.
    UnknownDevice,
    /// From a device that its user did not sign, and our settings ask for that.
    UnsignedDevice,
    /// From a user whose verification is broken.
    VerificationViolation,
    /// The Olm session with the sender's device is broken.
    Wedged,
    /// It was decrypted before.
    Replayed,
    /// It is for another device.
    NotForUs,
    /// It says that it is from a dehydrated device, which never sends.
    DehydratedSender,
}

/// What would mend an event that could not be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Wait: the key may arrive.
    Wait,
    /// Look for the key in the backup.
    LookInBackup,
    /// Request the key from our user's other devices.
    RequestFromOwnDevices,
    /// Make a new Olm session with the sender's device, and send an `m.dummy` event
    /// through it.
    NewOlmSession,
    /// Upload one-time keys.
    UploadOneTimeKeys,
    /// Cross-sign this device: mends what is sent from then on.
    CrossSignThisDevice,
    /// Verify this device: opens the backup.
    VerifyThisDevice,
    /// Fetch the sender's devices with `/keys/query`.
    QuerySenderDevices,
    /// The sender cross-signs the device.
    SenderCrossSigns,
    /// Verify the sender anew, or withdraw the verification.
    VerifyOrWithdraw,
    /// Report it as a bug.
    Report,
    /// Do not show the event.
    DoNotShow,
    /// Do not show the event as the sender's.
    DoNotShowAsSenders,
}

/// Where the keys of a room's history are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a backup is one of these")]
pub enum BackupState {
    /// There is no backup on the server.
    Absent,
    /// There is one, and this device cannot read it.
    Unusable,
    /// There is one, and this device can read it.
    Usable,
}

/// What decides, on our side, why there is no key.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    device_created_at_ms: u64,
    backup: BackupState,
    device_verified: bool,
}

impl Circumstances {
    /// When our device was made, in milliseconds since 1970; the backup; and whether
    /// our device is verified.
    #[must_use]
    pub const fn new(
        device_created_at_ms: u64,
        backup: BackupState,
        device_verified: bool,
    ) -> Self {
        Self {
            device_created_at_ms,
            backup,
            device_verified,
        }
    }
}

impl Undecryptable {
    /// Why a room event was not decrypted. `event` is the event, unless it was not
    /// even [parsed](EncryptedRoomEvent::parse).
    #[must_use]
    pub fn of_room_event(
        error: &RoomDecryptError,
        event: Option<&EncryptedRoomEvent>,
        circumstances: &Circumstances,
    ) -> Self {
        match error {
            RoomDecryptError::NoKey { code } => Self::by_code(code.as_ref())
                .unwrap_or_else(|| Self::without_key(event, circumstances, code.is_some(), None)),
            RoomDecryptError::UnknownIndex {
                index,
                first_known,
                code,
            } => Self::by_code(code.as_ref()).unwrap_or_else(|| {
                let given_later = Self::GivenLater {
                    index: *index,
                    first_known: *first_known,
                };
                Self::without_key(event, circumstances, code.is_some(), Some(given_later))
            }),
            RoomDecryptError::BadSignature | RoomDecryptError::BadMac => Self::Forged,
            RoomDecryptError::UnknownAlgorithm
            | RoomDecryptError::Malformed { .. }
            | RoomDecryptError::WrongRoom
            | RoomDecryptError::WrongStateKey
            | RoomDecryptError::Replay => Self::AttackOrBug,
            RoomDecryptError::MismatchedIdentityKeys | RoomDecryptError::MismatchedSender => {
                Self::AttackOrBridge
            }
            RoomDecryptError::UntrustedSender { trust } => Self::by_trust(*trust),
        }
    }

    /// What a code says for itself: it goes before all else.
    fn by_code(code: Option<&WithheldCode>) -> Option<Self> {
        match code? {
            WithheldCode::Unverified => Some(Self::ExcludedBySender),
            WithheldCode::NoOlm => Some(Self::NoOlmChannel),
            WithheldCode::HistoryNotShared => None,
            other => Some(Self::SendersDecision {
                code: other.clone(),
            }),
        }
    }

    /// Membership goes before age. `given_later` is there when the session is, but
    /// not from this message on; `not_shared` when the history was not shared.
    fn without_key(
        event: Option<&EncryptedRoomEvent>,
        circumstances: &Circumstances,
        not_shared: bool,
        given_later: Option<Self>,
    ) -> Self {
        let Circumstances {
            device_created_at_ms,
            backup,
            device_verified,
        } = *circumstances;
        let older = event.is_some_and(|event| event.origin_server_ts() < device_created_at_ms);
        let plain = !not_shared && given_later.is_none();
        if event.is_some_and(EncryptedRoomEvent::sent_while_outside) {
            Self::SentWhileOutside
        } else if plain && !older {
            Self::NotHereYet
        } else if older && backup == BackupState::Absent {
            Self::HistoryGone
        } else if older && backup == BackupState::Unusable && !device_verified {
            Self::HistoryLocked
        } else if plain {
            Self::ShouldHaveWorked
        } else {
            given_later.unwrap_or(Self::HistoryNotShared)
        }
    }

    fn by_trust(trust: SenderTrust) -> Self {
        match trust {
            SenderTrust::UnknownDevice => Self::UnknownDevice,
            SenderTrust::VerificationViolation => Self::VerificationViolation,
            SenderTrust::DeviceInfo
            | SenderTrust::SenderUnverified
            | SenderTrust::SenderVerified => Self::UnsignedDevice,
        }
    }

    /// What would mend it, best first; nothing would when there is none.
    #[must_use]
    pub const fn remedies(&self) -> &'static [Remedy] {
        match self {
            Self::ExcludedBySender => &[Remedy::CrossSignThisDevice],
            Self::NoOlmChannel => &[Remedy::NewOlmSession, Remedy::UploadOneTimeKeys],
            Self::SendersDecision { .. } | Self::HistoryNotShared => {
                &[Remedy::RequestFromOwnDevices]
            }
            Self::NotHereYet => &[
                Remedy::Wait,
                Remedy::LookInBackup,
                Remedy::RequestFromOwnDevices,
            ],
            Self::HistoryLocked => &[Remedy::VerifyThisDevice],
            Self::ShouldHaveWorked => &[Remedy::LookInBackup, Remedy::Report],
            Self::GivenLater { .. } => &[Remedy::LookInBackup, Remedy::RequestFromOwnDevices],
            Self::Forged => &[Remedy::Report],
            Self::AttackOrBug => &[Remedy::DoNotShow],
            Self::AttackOrBridge => &[Remedy::DoNotShowAsSenders],
            Self::UnknownDevice => &[Remedy::QuerySenderDevices],
            Self::UnsignedDevice => &[Remedy::SenderCrossSigns],
            Self::VerificationViolation => &[Remedy::VerifyOrWithdraw],
            Self::Wedged => &[Remedy::NewOlmSession],
            Self::SentWhileOutside
            | Self::HistoryGone
            | Self::Replayed
            | Self::NotForUs
            | Self::DehydratedSender => &[],
        }
    }

    /// Whether to try again when a key arrives, without anybody doing anything.
    #[must_use]
    pub const fn is_worth_waiting(&self) -> bool {
        matches!(
            self,
            Self::NotHereYet | Self::ShouldHaveWorked | Self::GivenLater { .. }
        )
    }

    /// Whether nothing can make this very event readable here.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::ExcludedBySender
            | Self::NoOlmChannel
            | Self::SentWhileOutside
            | Self::HistoryGone
            | Self::Forged
            | Self::AttackOrBug
            | Self::AttackOrBridge
            | Self::Wedged
            | Self::Replayed
            | Self::NotForUs
            | Self::DehydratedSender => true,
            Self::SendersDecision { .. }
            | Self::NotHereYet
            | Self::HistoryLocked
            | Self::ShouldHaveWorked
            | Self::HistoryNotShared
            | Self::GivenLater { .. }
            | Self::UnknownDevice
            | Self::UnsignedDevice
            | Self::VerificationViolation => false,
        }
    }
}

impl From<OlmEventError> for Undecryptable {
    fn from(error: OlmEventError) -> Self {
        match error {
            OlmEventError::NotForUs => Self::NotForUs,
            OlmEventError::UnknownAlgorithm
            | OlmEventError::Malformed { .. }
            | OlmEventError::Message(_) => Self::AttackOrBug,
        }
    }
}

impl From<OlmDecryptError> for Undecryptable {
    fn from(error: OlmDecryptError) -> Self {
        match error {
            OlmDecryptError::Wedged => Self::Wedged,
            OlmDecryptError::Replayed => Self::Replayed,
            OlmDecryptError::OtherPeer => Self::AttackOrBug,
        }
    }
}

impl From<OlmPayloadError> for Undecryptable {
    fn from(error: OlmPayloadError) -> Self {
        match error {
            OlmPayloadError::Malformed { .. }
            | OlmPayloadError::WrongRecipient
            | OlmPayloadError::WrongRecipientKey
            | OlmPayloadError::BadSenderDeviceKeys => Self::AttackOrBug,
            OlmPayloadError::MismatchedSender | OlmPayloadError::MismatchedIdentityKeys => {
                Self::AttackOrBridge
            }
            OlmPayloadError::UnknownDevice => Self::UnknownDevice,
            OlmPayloadError::DehydratedSender => Self::DehydratedSender,
            OlmPayloadError::UntrustedSender { trust } => Self::by_trust(trust),
        }
    }
}

impl fmt::Display for Undecryptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExcludedBySender => {
                "the sender gives keys only to devices that are verified, and this one is not"
            }
            Self::NoOlmChannel => "the sender could not reach this device to give it the key",
            Self::SendersDecision { code } => {
                return write!(f, "the sender did not give this device the key ({code})");
            }
            Self::SentWhileOutside => "the message was sent while you were not in the room",
            Self::NotHereYet => "the key of the message has not arrived yet",
            Self::HistoryGone => {
                "the message is older than this device, and there is no backup of its key"
            }
            Self::HistoryLocked => {
                "the message is older than this device, and the backup opens when it is verified"
            }
            Self::ShouldHaveWorked => {
                "the message is older than this device, and its key was not found in the backup"
            }
            Self::HistoryNotShared => "the history of the room was not shared with you",
            Self::GivenLater { .. } => {
                "this device was given the key for later messages only, not for this one"
            }
            Self::Forged => "the message is forged or damaged",
            Self::AttackOrBug => "the message is not what it claims to be",
            Self::AttackOrBridge => "the message is not from the device that its sender uses",
            Self::UnknownDevice => "the message is from a device that is not known",
            Self::UnsignedDevice => "the message is from a device that its owner did not verify",
            Self::VerificationViolation => "the sender was verified, and has another identity now",
            Self::Wedged => "the encrypted channel with the sender's device is broken",
            Self::Replayed => "the message came before",
            Self::NotForUs => "the message is for another device",
            Self::DehydratedSender => "the message claims to be from a device that never sends",
        })
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait => "wait for the key to arrive",
            Self::LookInBackup => "look for the key in the backup",
            Self::RequestFromOwnDevices => "request the key from your other devices",
            Self::NewOlmSession => "start a new session with the sender's device",
            Self::UploadOneTimeKeys => "upload one-time keys",
            Self::CrossSignThisDevice => "verify this device, to read what is sent from then on",
            Self::VerifyThisDevice => "verify this device, to open the backup",
            Self::QuerySenderDevices => "fetch the sender's devices",
            Self::SenderCrossSigns => "the sender has to verify the device",
            Self::VerifyOrWithdraw => "verify the sender anew, or withdraw the verification",
            Self::Report => "report it as a bug",
            Self::DoNotShow => "do not show the message",
            Self::DoNotShowAsSenders => "do not show the message as the sender's",
        })
    }
}
