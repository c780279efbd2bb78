//! A room event is read when it was checked: each check fails for one reason, and
//! what is refused leaves no trace.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::to_device::{Person, ROOM, group_session};
use necturus::{
    SessionVersion,
    events::{
        EncryptedRoomEvent, KnownSender, ReplayTable, RoomDecryptError, RoomKeyEvent, RoomMessage,
        RoomSession, SenderMatch, SessionOwner, TrustRequirement, WithheldCode,
    },
    identity::{IdentityState, SenderTrust, ShownIdentity},
    json::Object,
    megolm::{InboundGroupSession, OutboundGroupSession},
};

const BOB: &str = "@bob:example.org";
const EVE: &str = "@eve:example.org";

/// A session of Bob's that Alice was given, and what she knows of him.
struct Room {
    bob: Person,
    outbound: OutboundGroupSession,
    session: RoomSession,
    replays: ReplayTable,
}

impl Room {
    /// Alice knows nothing of Bob: his device keys did not even come along.
    fn with_unknown_owner() -> Self {
        let (mut alice, bob) = (Person::new("alice", 1), Person::new("bob", 2));
        let outbound = group_session(3);
        let key = RoomKeyEvent::content(ROOM, &outbound.session_key(), false);
        let mut plaintext = bob.plaintext(&alice, "m.room_key", key.expose_secret().clone());
        plaintext.remove("sender_device_keys");
        let content = bob.encrypt(&mut alice, plaintext.to_string().as_bytes());
        let known = KnownSender::default();
        let payload = alice
            .decrypt(&content)
            .check(BOB, &alice.recipient(), &known, true)
            .unwrap();
        Self {
            bob,
            outbound,
            session: RoomKeyEvent::accept(&payload).unwrap(),
            replays: ReplayTable::new(),
        }
    }

    /// Alice knows Bob's device, and which identity signed it.
    fn new() -> Self {
        let mut room = Self::with_unknown_owner();
        let devices = [&room.bob.device];
        let shown = ShownIdentity::new(room.bob.identity.as_user(), IdentityState::Pinned);
        let known = KnownSender::new(&devices).with_identity(shown);
        room.session.evaluate(BOB, &known).unwrap();
        assert_eq!(room.session.owner().trust(), SenderTrust::SenderUnverified);
        room
    }

    fn event(&mut self, id: &str, plaintext: &str) -> Object {
        let ciphertext = self.outbound.encrypt_base64(plaintext.as_bytes()).unwrap();
        let content = Object::new()
            .with("algorithm", "m.megolm.v1.aes-sha2")
            .with("session_id", self.outbound.session_id().to_base64())
            .with("ciphertext", ciphertext);
        Object::new()
            .with("type", "m.room.encrypted")
            .with("sender", BOB)
            .with("event_id", id)
            .with("origin_server_ts", 1_000_u64)
            .with("content", content)
    }

    fn hello(&mut self, id: &str) -> Object {
        self.event(id, HELLO)
    }

    fn read_as(
        &mut self,
        event: &Object,
        known: &KnownSender<'_>,
        requirement: TrustRequirement,
    ) -> Result<RoomMessage, RoomDecryptError> {
        EncryptedRoomEvent::parse(event, ROOM)?
            .decrypt(Some(&mut self.session), None)?
            .check(&mut self.replays, known, requirement)
    }

    fn read(&mut self, event: &Object) -> Result<RoomMessage, RoomDecryptError> {
        self.read_as(
            event,
            &KnownSender::default(),
            TrustRequirement::CrossSigned,
        )
    }
}

const HELLO: &str =
    r#"{"type":"m.room.message","content":{"body":"hello"},"room_id":"!room:example.org"}"#;

#[test]
fn a_good_event_is_read_and_may_be_fetched_again() {
    let mut room = Room::new();
    let event = room.hello("$1");
    for _ in 0..2 {
        let message = room.read(&event).unwrap();
        assert_eq!(message.event_type(), "m.room.message");
        assert_eq!(message.content().get_str("body"), Some("hello"));
        assert_eq!(message.sender(), Some(BOB));
        assert_eq!(message.sender_match(), SenderMatch::Matches);
        assert_eq!(message.trust(), SenderTrust::SenderUnverified);
        assert!(!format!("{message:?}").contains("hello"));
    }
    assert_eq!(room.replays.len(), 1);
}

#[test]
fn what_is_no_megolm_event_is_malformed() {
    let mut room = Room::new();
    let good = room.hello("$1");
    let parse = |event: &Object| EncryptedRoomEvent::parse(event, ROOM).unwrap_err();
    for member in ["type", "content", "sender", "event_id", "origin_server_ts"] {
        let mut event = good.clone();
        event.remove(member);
        assert_eq!(parse(&event), RoomDecryptError::Malformed { member });
    }
    let content = good.get_object("content").unwrap();
    for (member, value) in [
        ("session_id", "AAAA"),
        ("ciphertext", "AAAA"),
        ("ciphertext", "!"),
    ] {
        let event = good
            .clone()
            .with("content", content.clone().with(member, value));
        assert_eq!(parse(&event), RoomDecryptError::Malformed { member });
    }
    let event = good
        .clone()
        .with("content", content.clone().with("algorithm", "m.megolm.v2"));
    assert_eq!(parse(&event), RoomDecryptError::UnknownAlgorithm);
    // The hints in clear are not even read.
    let event = good
        .clone()
        .with("content", content.clone().with("sender_key", 1_u64));
    assert!(room.read(&event).is_ok());
}

#[test]
fn without_the_session_there_is_no_key() {
    let mut room = Room::new();
    let event = room.hello("$1");
    let event = EncryptedRoomEvent::parse(&event, ROOM).unwrap();
    let code = WithheldCode::Unverified;
    for code in [None, Some(&code)] {
        let refusal = event.decrypt(None, code).unwrap_err();
        assert_eq!(
            refusal,
            RoomDecryptError::NoKey {
                code: code.cloned()
            }
        );
    }
    // Nor with the session of another room, or another one of this.
    let other = |room_id, outbound: &OutboundGroupSession| {
        let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
        RoomSession::new(room_id, inbound, room.session.owner().clone())
    };
    for mut held in [
        other("!other:example.org", &room.outbound),
        other(ROOM, &group_session(4)),
    ] {
        let refusal = event.decrypt(Some(&mut held), None).unwrap_err();
        assert_eq!(refusal, RoomDecryptError::NoKey { code: None });
    }
}

#[test]
fn an_index_before_the_first_known_one_is_unknown() {
    let mut room = Room::new();
    let event = room.hello("$1");
    let later = InboundGroupSession::new(&room.outbound.session_key(), SessionVersion::V1);
    let mut held = RoomSession::new(ROOM, later, room.session.owner().clone());
    let event = EncryptedRoomEvent::parse(&event, ROOM).unwrap();
    let code = WithheldCode::Unauthorised;
    assert_eq!(
        event.decrypt(Some(&mut held), Some(&code)).unwrap_err(),
        RoomDecryptError::UnknownIndex {
            index: 0,
            first_known: 1,
            code: Some(code)
        }
    );
}

#[test]
fn a_changed_message_has_a_bad_signature_and_a_resigned_one_a_bad_mac() {
    let mut room = Room::new();
    let event = room.hello("$1");
    let content = event.get_object("content").unwrap();
    let mut bytes =
        necturus::megolm::MegolmMessage::from_base64(content.get_str("ciphertext").unwrap())
            .unwrap()
            .into_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let ciphertext = necturus::megolm::MegolmMessage::from_bytes(bytes)
        .unwrap()
        .to_base64();
    let changed = event
        .clone()
        .with("content", content.clone().with("ciphertext", ciphertext));
    assert_eq!(room.read(&changed), Err(RoomDecryptError::BadSignature));

    // A copy with an invented ratchet: signatures are good, and nothing else is.
    let mut export = room.session.session().export_at(0).unwrap().to_bytes();
    export.get_mut(5..133).unwrap().fill(7);
    let export = necturus::megolm::ExportedSessionKey::from_bytes(&export).unwrap();
    let invented = InboundGroupSession::import(&export, SessionVersion::V1);
    let mut held = RoomSession::new(ROOM, invented, room.session.owner().clone());
    let event = EncryptedRoomEvent::parse(&event, ROOM).unwrap();
    assert_eq!(
        event.decrypt(Some(&mut held), None).unwrap_err(),
        RoomDecryptError::BadMac
    );
}

#[test]
fn a_text_that_is_none_is_malformed() {
    let mut room = Room::new();
    for (plaintext, member) in [
        ("", "plaintext"),
        ("[]", "plaintext"),
        (
            r#"{"type":"a","type":"a","content":{},"room_id":"!room:example.org"}"#,
            "plaintext",
        ),
        (r#"{"content":{},"room_id":"!room:example.org"}"#, "type"),
        (r#"{"type":"a","room_id":"!room:example.org"}"#, "content"),
        (
            r#"{"type":"a","content":[],"room_id":"!room:example.org"}"#,
            "content",
        ),
    ] {
        let event = room.event("$1", plaintext);
        assert_eq!(
            room.read(&event),
            Err(RoomDecryptError::Malformed { member })
        );
    }
    assert!(room.replays.is_empty());
}

#[test]
fn a_text_for_another_room_is_refused() {
    let mut room = Room::new();
    for room_id in [
        r#","room_id":"!other:example.org""#,
        r#","room_id":null"#,
        "",
    ] {
        let event = room.event("$1", &format!(r#"{{"type":"a","content":{{}}{room_id}}}"#));
        assert_eq!(room.read(&event), Err(RoomDecryptError::WrongRoom));
    }
    // And the server cannot move an event: sessions are found by room.
    let event = room.hello("$1");
    let moved = EncryptedRoomEvent::parse(&event, "!other:example.org").unwrap();
    let refusal = moved.decrypt(Some(&mut room.session), None).unwrap_err();
    assert_eq!(refusal, RoomDecryptError::NoKey { code: None });
}

#[test]
fn state_keys_have_to_match_or_both_be_missing() {
    let text = |state_key: &str| {
        format!(r#"{{"type":"m.room.topic","content":{{}},"room_id":"{ROOM}"{state_key}}}"#)
    };
    for (outer, inner, good) in [
        (Some("m.room.topic:"), r#","state_key":"""#, true),
        (Some("m.room.topic:a:b"), r#","state_key":"a:b""#, true),
        (None, "", true),
        (Some("m.room.topic:"), "", false),
        (Some(""), "", false),
        (None, r#","state_key":"""#, false),
        (Some("m.room.topic:a"), r#","state_key":"b""#, false),
        (Some("m.room.name:"), r#","state_key":"""#, false),
        (Some("m.room.topic"), r#","state_key":"""#, false),
        (Some("m.room.topic:1"), r#","state_key":1"#, false),
    ] {
        let mut room = Room::new();
        let mut event = room.event("$1", &text(inner));
        if let Some(outer) = outer {
            event.insert("state_key", outer);
        }
        match room.read(&event) {
            Ok(message) => {
                assert!(good, "{outer:?} {inner}");
                assert_eq!(message.state_key().is_some(), outer.is_some());
            }
            Err(error) => {
                assert!(!good, "{outer:?} {inner}");
                assert_eq!(error, RoomDecryptError::WrongStateKey);
            }
        }
    }
}

#[test]
fn a_message_in_a_second_event_is_a_replay() {
    let mut room = Room::new();
    let event = room.hello("$1");
    room.read(&event).unwrap();
    let copy = event.clone().with("event_id", "$2");
    assert_eq!(room.read(&copy), Err(RoomDecryptError::Replay));
    let later = event.clone().with("origin_server_ts", 2_000_u64);
    assert_eq!(room.read(&later), Err(RoomDecryptError::Replay));
    // Also after a restart.
    room.replays = ReplayTable::from_json(&room.replays.to_json()).unwrap();
    assert_eq!(room.read(&copy), Err(RoomDecryptError::Replay));
    assert!(room.read(&event).is_ok());
}

#[test]
fn a_refused_copy_does_not_make_the_true_event_a_replay() {
    let mut room = Room::new();
    let event = room.hello("$1");
    let copy = event.clone().with("event_id", "$2").with("sender", EVE);
    assert_eq!(room.read(&copy), Err(RoomDecryptError::MismatchedSender));
    // At the lowest level it is handed out, with a mark, and not as Eve's.
    let bridged = room
        .read_as(&copy, &KnownSender::default(), TrustRequirement::Any)
        .unwrap();
    assert_eq!(bridged.sender_match(), SenderMatch::Mismatched);
    assert_eq!((bridged.sender(), bridged.claimed_sender()), (None, EVE));
    assert_eq!(bridged.to_event().get("sender"), None);
    assert!(room.replays.is_empty());
    assert!(room.read(&event).is_ok());
}

#[test]
fn a_device_with_the_owners_curve25519_key_and_another_ed25519_key_is_a_mismatch() {
    let mut room = Room::with_unknown_owner();
    // Mallory signs a device that has Bob's Curve25519 key.
    let mallory = Person::new("mallory", 5);
    let mut object = mallory.device.object().clone();
    let mut keys = object.get_object("keys").unwrap().clone();
    keys.insert(
        "curve25519:MALLORY",
        room.bob.device.curve25519().to_base64(),
    );
    object.insert("keys", keys);
    object.remove("signatures");
    object
        .sign(&mallory.user_id, "ed25519:MALLORY", |bytes| {
            mallory.account.sign(bytes)
        })
        .unwrap();
    let hers = necturus::identity::DeviceKeys::parse(&mallory.user_id, "MALLORY", object).unwrap();
    let devices = [&hers];
    let known = KnownSender::new(&devices);
    let event = room.hello("$1");
    let copy = event.with("sender", mallory.user_id.as_str());
    for requirement in [
        TrustRequirement::Any,
        TrustRequirement::CrossSignedOrLegacy,
        TrustRequirement::CrossSigned,
    ] {
        let refusal = room.read_as(&copy, &known, requirement);
        assert_eq!(refusal, Err(RoomDecryptError::MismatchedIdentityKeys));
    }
    assert!(room.replays.is_empty());
    assert_eq!(room.session.owner().user_id(), None);
}

#[test]
fn an_owner_is_found_when_his_device_is_known_and_stays_found() {
    let mut room = Room::with_unknown_owner();
    let (first, second) = (room.hello("$1"), room.hello("$2"));
    let trust = SenderTrust::UnknownDevice;
    assert_eq!(
        room.read(&first),
        Err(RoomDecryptError::UntrustedSender { trust })
    );
    let unchecked = room
        .read_as(&first, &KnownSender::default(), TrustRequirement::Any)
        .unwrap();
    assert_eq!(unchecked.sender_match(), SenderMatch::NotCheckable);

    let bob = Person::new("bob", 2);
    let devices = [&bob.device];
    let known = KnownSender::new(&devices);
    let trust = SenderTrust::DeviceInfo;
    let refusal = room.read_as(&second, &known, TrustRequirement::CrossSigned);
    assert_eq!(refusal, Err(RoomDecryptError::UntrustedSender { trust }));
    let shown = ShownIdentity::new(bob.identity.as_user(), IdentityState::Pinned);
    let known = known.with_identity(shown);
    assert!(
        room.read_as(&second, &known, TrustRequirement::CrossSigned)
            .is_ok()
    );
    assert!(room.read(&second).is_ok());
    assert_eq!(room.session.owner().user_id(), Some(BOB));

    // His verification rises it, under the same master key only.
    room.session
        .user_verified(&Person::new("eve", 9).identity.as_user().master_key());
    assert_eq!(room.session.owner().trust(), SenderTrust::SenderUnverified);
    room.session
        .user_verified(&bob.identity.as_user().master_key());
    assert_eq!(room.session.owner().trust(), SenderTrust::SenderVerified);
    // And it stays when the identity changes.
    let shown = ShownIdentity::new(bob.identity.as_user(), IdentityState::VerificationViolation);
    let known = KnownSender::new(&devices).with_identity(shown);
    room.session.evaluate(BOB, &known).unwrap();
    assert_eq!(room.session.owner().trust(), SenderTrust::SenderVerified);
    let stored = SessionOwner::from_json(&room.session.owner().to_json()).unwrap();
    assert_eq!(&stored, room.session.owner());
}

#[test]
fn levels_of_trust() {
    let bob = Person::new("bob", 2);
    let keys = bob.account.identity_keys();
    let outbound = group_session(3);
    let session = |owner| {
        let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
        RoomSession::new(ROOM, inbound, owner)
    };
    let legacy = SessionOwner::legacy(keys.curve25519, keys.ed25519);
    let imported = SessionOwner::imported(keys.curve25519, keys.ed25519);
    let devices = [&bob.device];
    let broken = ShownIdentity::new(bob.identity.as_user(), IdentityState::VerificationViolation);
    let mut violation = session(legacy.clone());
    violation
        .evaluate(BOB, &KnownSender::new(&devices).with_identity(broken))
        .unwrap();
    assert_eq!(
        violation.owner().trust(),
        SenderTrust::VerificationViolation
    );
    // An imported session's owner is never proven.
    let shown = ShownIdentity::new(bob.identity.as_user(), IdentityState::Verified);
    let mut import = session(imported.clone());
    import
        .evaluate(BOB, &KnownSender::new(&devices).with_identity(shown))
        .unwrap();
    assert_eq!(import.owner(), &imported);

    let (any, legacy_too, signed) = (
        TrustRequirement::Any,
        TrustRequirement::CrossSignedOrLegacy,
        TrustRequirement::CrossSigned,
    );
    for (owner, allowed) in [
        (&legacy, [true, true, false]),
        (&imported, [true, false, false]),
        (violation.owner(), [true, false, false]),
        (Room::new().session.owner(), [true, true, true]),
    ] {
        assert_eq!(
            [any, legacy_too, signed].map(|level| level.allows(owner)),
            allowed
        );
    }
}

#[test]
fn relations_are_taken_from_outside_when_there_is_none_inside() {
    let mut room = Room::new();
    let event = room.hello("$1");
    let outside = Object::new().with("event_id", "$root");
    let content = event.get_object("content").unwrap().clone();
    let event = event.with("content", content.with("m.relates_to", outside.clone()));
    let message = room.read(&event).unwrap();
    assert_eq!(message.content().get_object("m.relates_to"), Some(&outside));
}
