//! For whatever cannot be decrypted there is a reason that a user can be told, and
//! what would mend it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::to_device::{ROOM, group_session};
use necturus::{
    events::{
        BackupState, Circumstances, EncryptedRoomEvent, OlmDecryptError, OlmEventError,
        OlmPayloadError, Remedy, RoomDecryptError, Undecryptable, WithheldCode,
    },
    identity::SenderTrust,
    json::Object,
};

/// When our device was made.
const CREATED: u64 = 1_000;
const NEW: u64 = 1_000;
const OLD: u64 = 999;

fn event(time: u64, membership: Option<(&str, &str)>) -> EncryptedRoomEvent {
    let mut outbound = group_session(1);
    let content = Object::new()
        .with("algorithm", "m.megolm.v1.aes-sha2")
        .with("session_id", outbound.session_id().to_base64())
        .with("ciphertext", outbound.encrypt_base64(b"{}").unwrap());
    let mut event = Object::new()
        .with("type", "m.room.encrypted")
        .with("sender", "@bob:example.org")
        .with("event_id", "$1")
        .with("origin_server_ts", time)
        .with("content", content);
    if let Some((name, membership)) = membership {
        event.insert("unsigned", Object::new().with(name, membership));
    }
    EncryptedRoomEvent::parse(&event, ROOM).unwrap()
}

fn no_key(code: Option<&str>) -> RoomDecryptError {
    RoomDecryptError::NoKey {
        code: code.map(WithheldCode::from),
    }
}

fn unknown_index(code: Option<&str>) -> RoomDecryptError {
    RoomDecryptError::UnknownIndex {
        index: 3,
        first_known: 7,
        code: code.map(WithheldCode::from),
    }
}

/// The reason for an event of this time, with a backup and a device in this state.
fn reason(
    error: &RoomDecryptError,
    time: u64,
    backup: BackupState,
    verified: bool,
) -> Undecryptable {
    let circumstances = Circumstances::new(CREATED, backup, verified);
    Undecryptable::of_room_event(error, Some(&event(time, None)), &circumstances)
}

/// The reason where nothing but the error counts.
fn plain(error: &RoomDecryptError) -> Undecryptable {
    reason(error, NEW, BackupState::Absent, false)
}

#[test]
fn excluded_by_sender() {
    for error in [
        no_key(Some("m.unverified")),
        unknown_index(Some("m.unverified")),
    ] {
        assert_eq!(plain(&error), Undecryptable::ExcludedBySender);
    }
    assert_eq!(
        Undecryptable::ExcludedBySender.remedies(),
        [Remedy::CrossSignThisDevice]
    );
    assert!(Undecryptable::ExcludedBySender.is_final());
}

#[test]
fn no_olm_channel() {
    let found = plain(&no_key(Some("m.no_olm")));
    assert_eq!(found, Undecryptable::NoOlmChannel);
    assert_eq!(
        found.remedies(),
        [Remedy::NewOlmSession, Remedy::UploadOneTimeKeys]
    );
}

#[test]
fn the_senders_decision() {
    for code in [
        "m.blacklisted",
        "m.unauthorised",
        "m.unavailable",
        "org.example.custom",
    ] {
        let found = plain(&no_key(Some(code)));
        assert_eq!(found, Undecryptable::SendersDecision { code: code.into() });
        assert_eq!(found.remedies(), [Remedy::RequestFromOwnDevices]);
        assert!(found.to_string().contains(code));
        assert!(!found.is_final());
    }
}

#[test]
fn sent_while_outside() {
    let circumstances = Circumstances::new(CREATED, BackupState::Usable, true);
    for name in ["membership", "io.element.msc4115.membership"] {
        let event = event(OLD, Some((name, "leave")));
        let of = |error| Undecryptable::of_room_event(&error, Some(&event), &circumstances);
        for error in [
            no_key(None),
            no_key(Some("m.history_not_shared")),
            unknown_index(None),
        ] {
            assert_eq!(of(error), Undecryptable::SentWhileOutside);
        }
        // A code goes before membership, and membership before age.
        assert_eq!(
            of(no_key(Some("m.unverified"))),
            Undecryptable::ExcludedBySender
        );
        assert_eq!(of(RoomDecryptError::BadMac), Undecryptable::Forged);
    }
    let inside = event(NEW, Some(("membership", "join")));
    let found = Undecryptable::of_room_event(&no_key(None), Some(&inside), &circumstances);
    assert_eq!(found, Undecryptable::NotHereYet);
    assert!(Undecryptable::SentWhileOutside.remedies().is_empty());
}

#[test]
fn not_here_yet() {
    for backup in [
        BackupState::Absent,
        BackupState::Unusable,
        BackupState::Usable,
    ] {
        let found = reason(&no_key(None), NEW, backup, true);
        assert_eq!(found, Undecryptable::NotHereYet);
        assert!(found.is_worth_waiting() && found.remedies().contains(&Remedy::Wait));
    }
}

#[test]
fn history_that_is_gone() {
    for error in [
        no_key(None),
        no_key(Some("m.history_not_shared")),
        unknown_index(None),
    ] {
        for verified in [false, true] {
            let found = reason(&error, OLD, BackupState::Absent, verified);
            assert_eq!(found, Undecryptable::HistoryGone);
            assert!(found.is_final() && found.remedies().is_empty());
        }
    }
}

#[test]
fn history_that_is_locked() {
    for error in [
        no_key(None),
        no_key(Some("m.history_not_shared")),
        unknown_index(None),
    ] {
        let found = reason(&error, OLD, BackupState::Unusable, false);
        assert_eq!(found, Undecryptable::HistoryLocked);
        assert_eq!(found.remedies(), [Remedy::VerifyThisDevice]);
    }
}

#[test]
fn what_should_have_worked() {
    for (backup, verified) in [
        (BackupState::Usable, false),
        (BackupState::Usable, true),
        (BackupState::Unusable, true),
    ] {
        let found = reason(&no_key(None), OLD, backup, verified);
        assert_eq!(found, Undecryptable::ShouldHaveWorked);
        assert_eq!(found.remedies(), [Remedy::LookInBackup, Remedy::Report]);
        assert!(found.is_worth_waiting());
    }
}

#[test]
fn history_that_was_not_shared() {
    let error = no_key(Some("m.history_not_shared"));
    for (time, backup) in [
        (NEW, BackupState::Absent),
        (NEW, BackupState::Unusable),
        (OLD, BackupState::Usable),
    ] {
        let found = reason(&error, time, backup, false);
        assert_eq!(found, Undecryptable::HistoryNotShared);
        assert_eq!(found.remedies(), [Remedy::RequestFromOwnDevices]);
    }
}

#[test]
fn given_later() {
    let expected = Undecryptable::GivenLater {
        index: 3,
        first_known: 7,
    };
    for (time, backup) in [(NEW, BackupState::Absent), (OLD, BackupState::Usable)] {
        let found = reason(&unknown_index(None), time, backup, false);
        assert_eq!(found, expected);
        assert!(found.is_worth_waiting());
        assert_eq!(
            found.remedies(),
            [Remedy::LookInBackup, Remedy::RequestFromOwnDevices]
        );
    }
}

#[test]
fn forged() {
    for error in [RoomDecryptError::BadSignature, RoomDecryptError::BadMac] {
        assert_eq!(plain(&error), Undecryptable::Forged);
    }
    assert_eq!(Undecryptable::Forged.remedies(), [Remedy::Report]);
}

#[test]
fn an_attack_or_a_bug() {
    let room = [
        RoomDecryptError::UnknownAlgorithm,
        RoomDecryptError::Malformed { member: "type" },
        RoomDecryptError::WrongRoom,
        RoomDecryptError::WrongStateKey,
        RoomDecryptError::Replay,
    ]
    .map(|error| {
        // There may be no event, as it was not even parsed.
        let circumstances = Circumstances::new(CREATED, BackupState::Absent, false);
        Undecryptable::of_room_event(&error, None, &circumstances)
    });
    let to_device = [
        OlmEventError::UnknownAlgorithm.into(),
        OlmEventError::Malformed { member: "type" }.into(),
        OlmDecryptError::OtherPeer.into(),
        OlmPayloadError::Malformed { member: "type" }.into(),
        OlmPayloadError::WrongRecipient.into(),
        OlmPayloadError::WrongRecipientKey.into(),
        OlmPayloadError::BadSenderDeviceKeys.into(),
    ];
    for found in room.into_iter().chain(to_device) {
        assert_eq!(found, Undecryptable::AttackOrBug);
        assert_eq!(found.remedies(), [Remedy::DoNotShow]);
    }
}

#[test]
fn an_attack_or_a_bridge() {
    for found in [
        plain(&RoomDecryptError::MismatchedIdentityKeys),
        plain(&RoomDecryptError::MismatchedSender),
        OlmPayloadError::MismatchedIdentityKeys.into(),
        OlmPayloadError::MismatchedSender.into(),
    ] {
        assert_eq!(found, Undecryptable::AttackOrBridge);
        assert_eq!(found.remedies(), [Remedy::DoNotShowAsSenders]);
    }
}

#[test]
fn a_sender_whom_our_settings_do_not_let_in() {
    for (trust, expected, remedy) in [
        (
            SenderTrust::UnknownDevice,
            Undecryptable::UnknownDevice,
            Remedy::QuerySenderDevices,
        ),
        (
            SenderTrust::DeviceInfo,
            Undecryptable::UnsignedDevice,
            Remedy::SenderCrossSigns,
        ),
        (
            SenderTrust::VerificationViolation,
            Undecryptable::VerificationViolation,
            Remedy::VerifyOrWithdraw,
        ),
    ] {
        for found in [
            plain(&RoomDecryptError::UntrustedSender { trust }),
            OlmPayloadError::UntrustedSender { trust }.into(),
        ] {
            assert_eq!(found, expected);
            assert_eq!(found.remedies(), [remedy]);
            assert!(!found.is_final());
        }
    }
    let unknown = Undecryptable::from(OlmPayloadError::UnknownDevice);
    assert_eq!(unknown, Undecryptable::UnknownDevice);
}

#[test]
fn olm_events() {
    for (found, expected, remedies) in [
        (
            Undecryptable::from(OlmDecryptError::Wedged),
            Undecryptable::Wedged,
            [Remedy::NewOlmSession].as_slice(),
        ),
        (
            OlmDecryptError::Replayed.into(),
            Undecryptable::Replayed,
            &[],
        ),
        (OlmEventError::NotForUs.into(), Undecryptable::NotForUs, &[]),
        (
            OlmPayloadError::DehydratedSender.into(),
            Undecryptable::DehydratedSender,
            &[],
        ),
    ] {
        assert_eq!(found, expected);
        assert_eq!(found.remedies(), remedies);
        assert!(found.is_final());
    }
}

#[test]
fn every_reason_and_remedy_is_a_sentence_of_its_own() {
    let code = WithheldCode::Blacklisted;
    let reasons = [
        Undecryptable::ExcludedBySender,
        Undecryptable::NoOlmChannel,
        Undecryptable::SendersDecision { code },
        Undecryptable::SentWhileOutside,
        Undecryptable::NotHereYet,
        Undecryptable::HistoryGone,
        Undecryptable::HistoryLocked,
        Undecryptable::ShouldHaveWorked,
        Undecryptable::HistoryNotShared,
        Undecryptable::GivenLater {
            index: 3,
            first_known: 7,
        },
        Undecryptable::Forged,
        Undecryptable::AttackOrBug,
        Undecryptable::AttackOrBridge,
        Undecryptable::UnknownDevice,
        Undecryptable::UnsignedDevice,
        Undecryptable::VerificationViolation,
        Undecryptable::Wedged,
        Undecryptable::Replayed,
        Undecryptable::NotForUs,
        Undecryptable::DehydratedSender,
    ];
    let mut sentences: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    let mut remedies: Vec<_> = reasons
        .iter()
        .flat_map(|reason| reason.remedies())
        .collect();
    remedies.sort_by_key(|remedy| remedy.to_string());
    remedies.dedup();
    assert_eq!(remedies.len(), 13, "each remedy mends something");
    sentences.extend(remedies.iter().map(ToString::to_string));
    for sentence in &sentences {
        let first = sentence.chars().next().unwrap();
        assert!(
            first.is_lowercase() && !sentence.ends_with('.'),
            "{sentence}"
        );
    }
    let count = sentences.len();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), count);
    // What waits is not final.
    assert!(
        reasons
            .iter()
            .all(|reason| !(reason.is_final() && reason.is_worth_waiting()))
    );
}
