//! A room key counts when it comes over Olm, from its owner or, asked for, from a
//! verified device of our own user; and is given to those who may have it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    rng::SeededRng,
    to_device::{Person, ROOM, group_session},
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    events::{
        AcceptedInvite, BUNDLE_PERIOD_MS, BundleError, ForwardedRoomKey, KeyAnswer, KeyRequest,
        KeyRequestError, KeyRequestEvent, KnownSender, OlmDecryptError, OlmEvent, OlmEventError,
        OlmPayload, OlmPlaintext, Recipient, RequestedKey, Requester, RoomKeyBundle, RoomKeyEvent,
        RoomKeyEventError, RoomSession, SecretEventContent, SessionOwner, Share, SharedWith,
        Withheld, WithheldCode, WithheldScope,
    },
    identity::{IdentityState, SenderTrust, ShownIdentity},
    json::Object,
    megolm::{InboundGroupSession, SessionKeyError},
    olm::Account,
    vault::{DehydratedDevice, DehydrationKey, RehydratedDevice},
};

const ALICE: &str = "@alice:example.org";
const BOB: &str = "@bob:example.org";

fn room_key() -> Object {
    let key = group_session(3).session_key();
    RoomKeyEvent::content(ROOM, &key, true)
        .expose_secret()
        .clone()
}

/// Alice gets an event of Bob, whom she knows.
fn from_bob(event_type: &str, content: Object) -> OlmPayload {
    let (mut alice, bob) = (Person::new("alice", 1), Person::new("bob", 2));
    let devices = [&bob.device];
    let shown = ShownIdentity::new(bob.identity.as_user(), IdentityState::Verified);
    let known = KnownSender::new(&devices).with_identity(shown);
    bob.deliver(&mut alice, event_type, content, &known)
}

/// Alice gets an event of her own second device.
fn from_own_device(content: Object, state: IdentityState, by_hand: &[&str]) -> OlmPayload {
    let mut alice = Person::new("alice", 1);
    let second = alice.second_device(7);
    let identity = alice.identity.clone();
    let devices = [&second.device];
    let shown = ShownIdentity::new(identity.as_user(), state);
    let known = KnownSender::new(&devices)
        .with_identity(shown)
        .with_locally_verified(by_hand);
    second.deliver(&mut alice, "m.forwarded_room_key", content, &known)
}

/// Bob's session as an own device has it.
fn held() -> RoomSession {
    let keys = Person::new("bob", 2).account.identity_keys();
    let session = InboundGroupSession::new(&group_session(3).session_key(), SessionVersion::V1);
    let owner = SessionOwner::imported(keys.curve25519, keys.ed25519).with_shared_history(true);
    RoomSession::new(ROOM, session, owner)
}

fn forwarded() -> Object {
    ForwardedRoomKey::content(&held(), 0)
        .unwrap()
        .expose_secret()
        .clone()
}

fn request(room_id: &str, seed: u64) -> KeyRequest {
    let key = RequestedKey::new(room_id, group_session(seed).session_id());
    KeyRequest::new("ALICE", "request", key)
}

#[test]
fn a_room_key_is_its_senders() {
    let session = RoomKeyEvent::accept(&from_bob("m.room_key", room_key())).unwrap();
    let owner = session.owner();
    assert_eq!(session.room_id(), ROOM);
    assert_eq!(session.session_id(), group_session(3).session_id());
    assert_eq!(owner.keys(), Person::new("bob", 2).account.identity_keys());
    assert_eq!(owner.user_id(), Some(BOB));
    assert_eq!(owner.trust(), SenderTrust::SenderVerified);
    assert!(owner.shared_history() && !owner.is_imported());
}

#[test]
fn a_room_key_that_is_not_what_it_says_is_dropped() {
    let accept = |content| RoomKeyEvent::accept(&from_bob("m.room_key", content)).unwrap_err();
    let other = group_session(4);
    assert_eq!(
        accept(room_key().with("session_id", other.session_id().to_base64())),
        RoomKeyEventError::WrongSessionId
    );
    assert_eq!(
        accept(room_key().with("algorithm", "m.megolm.v2")),
        RoomKeyEventError::UnknownAlgorithm
    );
    assert_eq!(
        accept(room_key().with("room_id", "")),
        RoomKeyEventError::Malformed { member: "room_id" }
    );
    // Exported keys have no signature.
    let export = forwarded().get_str("session_key").unwrap().to_owned();
    assert!(matches!(
        accept(room_key().with("session_key", export)),
        RoomKeyEventError::SessionKey(SessionKeyError::Length { .. })
    ));
    let mut bytes = group_session(3).session_key().to_bytes();
    // The index, which the signature covers.
    *bytes.get_mut(4).unwrap() ^= 1;
    assert_eq!(
        necturus::megolm::SessionKey::from_bytes(&bytes).unwrap_err(),
        SessionKeyError::BadSignature
    );
    assert_eq!(
        RoomKeyEvent::accept(&from_bob("m.dummy", room_key())).unwrap_err(),
        RoomKeyEventError::WrongType
    );
}

/// CVE-2022-39251: room keys were taken from to-device events that Megolm had
/// encrypted. The type that room keys are made of has no other source than Olm.
#[test]
fn a_room_key_encrypted_by_megolm_has_no_way_in() {
    let mut outbound = group_session(5);
    let text = Object::new()
        .with("type", "m.room_key")
        .with("content", room_key());
    let ciphertext = outbound
        .encrypt_base64(text.to_string().as_bytes())
        .unwrap();
    let content = Object::new()
        .with("algorithm", "m.megolm.v1.aes-sha2")
        .with(
            "sender_key",
            Person::new("bob", 2).device.curve25519().to_base64(),
        )
        .with("session_id", outbound.session_id().to_base64())
        .with("ciphertext", ciphertext);
    let ours = Person::new("alice", 1).device.curve25519();
    assert_eq!(
        OlmEvent::parse(&content, &ours).unwrap_err(),
        OlmEventError::UnknownAlgorithm
    );
}

/// CVE-2022-39246, CVE-2022-39249, CVE-2022-39257: forwarded keys were taken from
/// anybody, asked for or not.
#[test]
fn a_forwarded_key_is_asked_for_and_from_an_own_verified_device() {
    let verified = from_own_device(forwarded(), IdentityState::Verified, &[]);
    let asked = request(ROOM, 3);
    let accepted = ForwardedRoomKey::accept(&verified, Some(&asked)).unwrap();
    assert_eq!(accepted.withheld(), None);
    let session = accepted.into_session();
    // It is said to be Bob's, which nobody proves, not even by a later look.
    assert!(session.owner().is_imported() && session.owner().shared_history());
    assert_eq!(session.owner().keys(), held().owner().keys());
    assert_eq!(session.owner().trust(), SenderTrust::UnknownDevice);
    assert_eq!(session.session().verified_from(), None);

    for not_asked in [
        None,
        Some(request(ROOM, 4)),
        Some(request("!other:example.org", 3)),
    ] {
        assert_eq!(
            ForwardedRoomKey::accept(&verified, not_asked.as_ref()).unwrap_err(),
            RoomKeyEventError::NotRequested
        );
    }
    for unverified in [
        from_own_device(forwarded(), IdentityState::Pinned, &[]),
        from_own_device(
            forwarded(),
            IdentityState::VerificationViolation,
            &["OTHER"],
        ),
        from_bob("m.forwarded_room_key", forwarded()),
    ] {
        assert_eq!(
            ForwardedRoomKey::accept(&unverified, Some(&asked)).unwrap_err(),
            RoomKeyEventError::NotOwnVerifiedDevice
        );
    }
    let by_hand = from_own_device(forwarded(), IdentityState::Pinned, &["SECOND"]);
    assert!(ForwardedRoomKey::accept(&by_hand, Some(&asked)).is_ok());
}

/// Whoever can send events in our name, as our server can, makes a device with
/// the id of one that our user verified by hand, and lets it bring its own keys.
#[test]
fn the_id_of_a_device_verified_by_hand_is_not_the_device() {
    let mut alice = Person::new("alice", 1);
    let verified = alice.second_device(7);
    let forger = Person::new("alice", 9).second_device(8);
    assert_eq!(forger.device.device_id(), verified.device.device_id());
    let devices = [&verified.device];
    let known = KnownSender::new(&devices).with_locally_verified(&["SECOND"]);
    let payload = forger.deliver(&mut alice, "m.forwarded_room_key", forwarded(), &known);
    assert!(!payload.is_from_own_verified_device());
    assert_eq!(
        ForwardedRoomKey::accept(&payload, Some(&request(ROOM, 3))).unwrap_err(),
        RoomKeyEventError::NotOwnVerifiedDevice
    );
}

/// What waits for a dehydrated device passes the same checks.
#[test]
fn a_room_key_reaches_us_by_a_dehydrated_device() {
    let mut rng = SeededRng::new(5);
    let mut account = Account::new_with(&mut rng).unwrap();
    account.generate_fallback_key_with(&mut rng).unwrap();
    let left = DehydratedDevice::new(account).unwrap();
    let key = DehydrationKey::from_bytes(&[1; 32]);
    let sealed = left.seal_with(&mut rng, &key).unwrap();
    let mut device = RehydratedDevice::read(&left.device_id(), &sealed, &key).unwrap();
    let keys = device.identity_keys();

    let bob = Person::new("bob", 2);
    let recipient = Recipient::new(ALICE, keys.ed25519);
    let fallback = left.account().fallback_key().unwrap().key;
    let mut session = (bob.account)
        .outbound_session_with(&mut rng, SessionVersion::V1, &keys.curve25519, &fallback)
        .unwrap();
    let plaintext = OlmPlaintext::new(
        "m.room_key",
        SecretEventContent::new(room_key()),
        &bob.device,
        &recipient,
    );
    let message = session
        .encrypt_with(&mut rng, plaintext.expose_secret())
        .unwrap();
    let content = OlmEvent::content(&bob.device.curve25519(), &keys.curve25519, &message);
    let event = OlmEvent::parse(&content, &keys.curve25519).unwrap();

    let decrypted = event.decrypt_by_rehydrated(&mut device).unwrap();
    let devices = [&bob.device];
    let known = KnownSender::new(&devices);
    let payload = decrypted.check(BOB, &recipient, &known, false).unwrap();
    let session = RoomKeyEvent::accept(&payload).unwrap();
    assert_eq!(session.owner().user_id(), Some(BOB));
    assert_eq!(
        event.decrypt_by_rehydrated(&mut device).unwrap_err(),
        OlmDecryptError::Wedged
    );
    // Another device cannot say that it is Bob's.
    let mallory = Curve25519PublicKey::from_bytes([9; 32]);
    let content = OlmEvent::content(&mallory, &keys.curve25519, &message);
    let event = OlmEvent::parse(&content, &keys.curve25519).unwrap();
    let mut device = RehydratedDevice::read(&left.device_id(), &sealed, &key).unwrap();
    assert!(event.decrypt_by_rehydrated(&mut device).is_err());
}

#[test]
fn a_forwarder_is_added_to_the_chain() {
    let second = Person::new("alice", 1).second_device(7).device.curve25519();
    let asked = request(ROOM, 3);
    let partly = forwarded().with("withheld", Object::new().with("code", "m.unauthorised"));
    let payload = from_own_device(partly, IdentityState::Verified, &[]);
    let accepted = ForwardedRoomKey::accept(&payload, Some(&asked)).unwrap();
    assert_eq!(accepted.withheld(), Some(&WithheldCode::Unauthorised));
    let content = ForwardedRoomKey::content(&accepted.into_session(), 0).unwrap();
    let chain = content
        .expose_secret()
        .get("forwarding_curve25519_key_chain")
        .unwrap();
    assert_eq!(chain.as_array().unwrap(), [second.to_base64().into()]);

    let long = vec![second.to_base64(); 100];
    let long = forwarded().with("forwarding_curve25519_key_chain", long);
    let payload = from_own_device(long, IdentityState::Verified, &[]);
    let member = "forwarding_curve25519_key_chain";
    assert_eq!(
        ForwardedRoomKey::accept(&payload, Some(&asked)).unwrap_err(),
        RoomKeyEventError::Malformed { member }
    );
}

#[test]
fn a_request_is_answered_by_who_asks() {
    let (alice, bob) = (Person::new("alice", 1), Person::new("bob", 2));
    let second = alice.second_device(7).device;
    let mut outbound = group_session(3);
    let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    outbound.encrypt(b"").unwrap();
    let mut shared = SharedWith::new();
    assert!(shared.record(BOB, "BOB", Share::new(bob.device.curve25519(), 1, 0)));
    let key = RequestedKey::new(ROOM, inbound.session_id());
    let ask = |device_id: &str| KeyRequest::new(device_id, "1", key.clone());

    let (own, other) = (ask("SECOND"), ask("BOB"));
    let held = Some(&inbound);
    let shared = Some(&shared);
    let whole = KeyAnswer::Forward { from_index: 0 };
    let unverified = KeyAnswer::Refuse(WithheldCode::Unverified);
    let by_own =
        |verified, held| own.answer(ALICE, ALICE, Requester::new(&second, verified), held, None);
    assert_eq!(by_own(true, held), whole);
    assert_eq!(by_own(false, held), unverified);
    assert_eq!(
        by_own(true, None),
        KeyAnswer::Refuse(WithheldCode::Unavailable)
    );

    let nobody = SharedWith::new();
    let mut elsewhere = SharedWith::new();
    assert!(elsewhere.record(BOB, "BOB", Share::new(second.curve25519(), 1, 0)));
    let bobs = Requester::new(&bob.device, true);
    let by_bob = |held, shared| other.answer(ALICE, BOB, bobs, held, shared);
    assert_eq!(by_bob(held, shared), KeyAnswer::Forward { from_index: 1 });
    assert_eq!(by_bob(held, None), KeyAnswer::Ignore);
    assert_eq!(by_bob(held, Some(&nobody)), KeyAnswer::Ignore);
    assert_eq!(by_bob(None, shared), KeyAnswer::Ignore);
    // Under another Curve25519 key than it was sent to.
    assert_eq!(by_bob(held, Some(&elsewhere)), KeyAnswer::Ignore);
    // The device is not the one that asks, or is another user's.
    assert_eq!(
        other.answer(ALICE, ALICE, bobs, held, shared),
        KeyAnswer::Ignore
    );
    assert_eq!(
        own.answer(ALICE, BOB, bobs, held, shared),
        KeyAnswer::Ignore
    );
    // Another session than the one that is held.
    let another = KeyRequest::new(
        "SECOND",
        "1",
        RequestedKey::new(ROOM, group_session(9).session_id()),
    );
    let answer = another.answer(ALICE, ALICE, Requester::new(&second, true), held, None);
    assert_eq!(answer, KeyAnswer::Refuse(WithheldCode::Unavailable));
}

#[test]
fn requests_are_read_as_they_are_written() {
    let asked = request(ROOM, 3);
    assert_eq!(
        KeyRequestEvent::parse(&asked.to_content()),
        Ok(KeyRequestEvent::Request(asked.clone()))
    );
    let Ok(KeyRequestEvent::Cancellation {
        requesting_device_id,
        request_id,
    }) = KeyRequestEvent::parse(&asked.to_cancellation())
    else {
        panic!("a cancellation")
    };
    assert!(asked.is_cancelled_by(&requesting_device_id, &request_id));
    assert!(!asked.is_cancelled_by("OTHER", &request_id));
    assert!(!asked.is_cancelled_by(&requesting_device_id, "other"));

    for member in ["action", "body", "request_id", "requesting_device_id"] {
        let mut content = asked.to_content();
        content.remove(member);
        assert_eq!(
            KeyRequestEvent::parse(&content),
            Err(KeyRequestError::Malformed { member })
        );
    }
    let long = asked.to_content().with("request_id", "x".repeat(256));
    let member = "request_id";
    assert_eq!(
        KeyRequestEvent::parse(&long),
        Err(KeyRequestError::Malformed { member })
    );
    let body = asked.to_content().get_object("body").unwrap().clone();
    let other = asked
        .to_content()
        .with("body", body.with("algorithm", "m.megolm.v2"));
    assert_eq!(
        KeyRequestEvent::parse(&other),
        Err(KeyRequestError::UnknownAlgorithm)
    );
}

#[test]
fn withheld_codes_are_read_as_they_are_written() {
    let bob = Person::new("bob", 2).device.curve25519();
    let id = group_session(3).session_id();
    for code in [
        "m.blacklisted",
        "m.unverified",
        "m.unauthorised",
        "m.unavailable",
        "m.history_not_shared",
        "org.example.custom",
    ] {
        let withheld = Withheld::session(ROOM, id, bob, code.into()).with_reason("why");
        assert_eq!(withheld.code().as_str(), code);
        assert_eq!(
            withheld.code() == &WithheldCode::Other(code.into()),
            code.starts_with("org")
        );
        let read = Withheld::parse(&withheld.to_content()).unwrap();
        assert_eq!(read, withheld);
        assert_eq!(read.reason(), Some("why"));
        for member in ["algorithm", "sender_key", "code", "room_id", "session_id"] {
            let mut content = withheld.to_content();
            content.remove(member);
            assert_eq!(Withheld::parse(&content).unwrap_err().member, member);
        }
    }
    let no_olm = Withheld::no_olm(bob);
    assert_eq!(Withheld::parse(&no_olm.to_content()).unwrap(), no_olm);
    assert_eq!(no_olm.scope(), &WithheldScope::AllSessions);

    // What others write is cut.
    let long = "ü".repeat(2000);
    let withheld = Withheld::session(ROOM, id, bob, long.as_str().into()).with_reason(&long);
    assert_eq!(withheld.code().as_str().len(), 1024);
    assert_eq!(withheld.reason().map(str::len), Some(1024));
}

#[test]
fn a_bundle_is_taken_from_who_invited() {
    let file = || SecretEventContent::new(Object::new().with("url", "mxc://example.org/1"));
    let content = || RoomKeyBundle::content(ROOM, file()).expose_secret().clone();
    let payload = from_bob("m.room_key_bundle", content());
    assert_eq!(RoomKeyBundle::announced_room(&payload), Some(ROOM));
    let invite = AcceptedInvite::new(ROOM, BOB, 1_000);
    let accept = |invite, now| RoomKeyBundle::accept(&payload, invite, now);
    let bundle = accept(Some(&invite), 1_000 + BUNDLE_PERIOD_MS).unwrap();
    assert_eq!(
        (bundle.room_id(), bundle.sender(), bundle.device_id()),
        (ROOM, BOB, "BOB")
    );
    assert_eq!(bundle.file().expose_secret(), file().expose_secret());

    assert_eq!(
        accept(Some(&invite), 1_001 + BUNDLE_PERIOD_MS).unwrap_err(),
        BundleError::TooLate
    );
    let others = [
        AcceptedInvite::new("!other:example.org", BOB, 1_000),
        AcceptedInvite::new(ROOM, "@eve:example.org", 1_000),
    ];
    for invite in [None, others.first(), others.last()] {
        assert_eq!(accept(invite, 1_000).unwrap_err(), BundleError::NotInvited);
    }

    // The old name, and a device that is not cross-signed as far as is known.
    let (mut alice, bob) = (Person::new("alice", 1), Person::new("bob", 2));
    let event_type = "io.element.msc4268.room_key_bundle";
    let unsigned = bob.deliver(&mut alice, event_type, content(), &KnownSender::default());
    assert_eq!(
        RoomKeyBundle::accept(&unsigned, Some(&invite), 1_000).unwrap_err(),
        BundleError::NotCrossSigned
    );
    let no_file = from_bob("m.room_key_bundle", Object::new().with("room_id", ROOM));
    assert_eq!(
        RoomKeyBundle::accept(&no_file, Some(&invite), 1_000).unwrap_err(),
        BundleError::Malformed { member: "file" }
    );
    let other = from_bob("m.dummy", content());
    assert_eq!(
        RoomKeyBundle::accept(&other, Some(&invite), 1_000).unwrap_err(),
        BundleError::WrongType
    );
    assert_eq!(RoomKeyBundle::announced_room(&other), None);
}
