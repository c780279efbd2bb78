//! The class of each error of events.

use necturus::events::{
    MergeRefusal, OlmDecryptError, OlmEventError, OlmPayloadError, RoomDecryptError,
    RoomKeyEventError,
};

pub(crate) fn olm_event(error: OlmEventError) -> &'static str {
    match error {
        OlmEventError::UnknownAlgorithm => "olm-event.algorithm",
        OlmEventError::Malformed { .. } | OlmEventError::Message(_) => "olm-event.malformed",
        OlmEventError::NotForUs => "olm-event.not-for-us",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn olm_decrypt(error: OlmDecryptError) -> &'static str {
    match error {
        OlmDecryptError::Wedged => "olm-event.wedged",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn olm_payload(error: OlmPayloadError) -> &'static str {
    match error {
        OlmPayloadError::Malformed { .. } => "payload.malformed",
        OlmPayloadError::WrongRecipient => "payload.recipient",
        OlmPayloadError::MismatchedSender => "payload.sender",
        OlmPayloadError::WrongRecipientKey => "payload.recipient-key",
        OlmPayloadError::BadSenderDeviceKeys => "payload.device-keys",
        OlmPayloadError::MismatchedIdentityKeys => "payload.identity-keys",
        OlmPayloadError::UnknownDevice => "payload.unknown-device",
        OlmPayloadError::DehydratedSender => "payload.dehydrated",
        OlmPayloadError::UntrustedSender { .. } => "payload.untrusted",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn room_key(error: RoomKeyEventError) -> &'static str {
    match error {
        RoomKeyEventError::UnknownAlgorithm => "room-key.algorithm",
        RoomKeyEventError::Malformed { .. } => "room-key.malformed",
        RoomKeyEventError::SessionKey(error) => crate::classes::session_key(error),
        RoomKeyEventError::WrongSessionId => "room-key.session-id",
        RoomKeyEventError::NotRequested => "room-key.not-requested",
        RoomKeyEventError::NotOwnVerifiedDevice => "room-key.not-own-device",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn room_event(error: &RoomDecryptError) -> &'static str {
    match error {
        RoomDecryptError::UnknownAlgorithm => "room-event.algorithm",
        RoomDecryptError::Malformed { .. } => "room-event.malformed",
        RoomDecryptError::NoKey { .. } => "room-event.no-key",
        RoomDecryptError::BadSignature => "authentication.signature",
        RoomDecryptError::UnknownIndex { .. } => "index-unknown",
        RoomDecryptError::BadMac => "authentication.mac",
        RoomDecryptError::WrongRoom => "room-event.wrong-room",
        RoomDecryptError::WrongStateKey => "room-event.state-key",
        RoomDecryptError::Replay => "room-event.replay",
        RoomDecryptError::MismatchedIdentityKeys => "room-event.identity-keys",
        RoomDecryptError::MismatchedSender => "room-event.sender",
        RoomDecryptError::UntrustedSender { .. } => "room-event.untrusted",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn merge(error: MergeRefusal) -> &'static str {
    match error {
        MergeRefusal::OtherOwner => "merge.other-owner",
        MergeRefusal::Unconnected => "merge.unconnected",
        other => panic!("no class for {other:?}"),
    }
}
