//! Between two devices a message decrypts once; a broken channel is told from a
//! repeated message, and is mended at most once an hour.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use common::{rng::SeededRng, to_device::Person};
use necturus::{
    SessionVersion,
    events::{
        KnownSender, MAX_SESSIONS_PER_DEVICE, OlmDecryptError, OlmEvent, OlmEventError,
        OlmPlaintext, OlmReplays, PeerSession, PeerSessions, SecretEventContent, SessionChoice,
        UNWEDGE_INTERVAL_MS,
    },
    json::{Object, Value},
    olm::{OlmMessage, Session},
};

/// A session of Bob's with Alice's device, by a one-time or a fallback key.
fn session(bob: &Person, alice: &mut Person, fallback: bool, seed: u64) -> Session {
    let mut rng = SeededRng::new(seed);
    let key = if fallback {
        alice
            .account
            .generate_fallback_key_with(&mut rng)
            .unwrap()
            .created
            .key
    } else {
        alice
            .account
            .generate_one_time_keys_with(&mut rng, 1)
            .unwrap()
            .created[0]
            .key
    };
    bob.account
        .outbound_session_with(
            &mut rng,
            SessionVersion::V1,
            &alice.device.curve25519(),
            &key,
        )
        .unwrap()
}

fn dummy(from: &Person, to: &Person) -> OlmPlaintext {
    let content = SecretEventContent::new(Object::new());
    OlmPlaintext::new("m.dummy", content, &from.device, &to.recipient())
}

fn people() -> (Person, Person) {
    (Person::new("alice", 1), Person::new("bob", 2))
}

#[test]
fn both_sides_talk_and_the_session_used_last_is_preferred() {
    let (mut alice, mut bob) = people();
    let mut rng = SeededRng::new(5);
    let mut with_alice = PeerSessions::new(alice.device.curve25519());
    let plaintext = dummy(&bob, &alice);
    assert_eq!(with_alice.encrypt_with(&mut rng, &plaintext).unwrap(), None);
    for seed in [10, 20, 30] {
        let session = session(&bob, &mut alice, false, seed);
        with_alice.add(PeerSession::new(session, seed));
    }
    let sent = with_alice
        .encrypt_with(&mut rng, &plaintext)
        .unwrap()
        .unwrap();
    let newest = with_alice.preferred().unwrap().session().id();

    let mut with_bob = PeerSessions::new(bob.device.curve25519());
    let mut replays = OlmReplays::new();
    let event = OlmEvent::parse(&sent, &alice.device.curve25519()).unwrap();
    let decrypted = with_bob
        .decrypt(&event, &mut alice.account, &mut replays, 40)
        .unwrap();
    assert!(
        decrypted
            .check(
                &bob.user_id,
                &alice.recipient(),
                &KnownSender::default(),
                false
            )
            .is_ok()
    );
    assert_eq!(with_bob.preferred().unwrap().session().id(), newest);
    assert_eq!(with_bob.wedging().index(), 1);

    let answer = with_bob
        .encrypt_with(&mut rng, &dummy(&alice, &bob))
        .unwrap()
        .unwrap();
    let event = OlmEvent::parse(&answer, &bob.device.curve25519()).unwrap();
    assert_eq!(event.session_choice(|_| false), SessionChoice::Each);
    let decrypted = with_alice.decrypt(&event, &mut bob.account, &mut replays, 50);
    assert!(decrypted.is_ok());
    assert_eq!(with_alice.preferred().unwrap().used_at_ms(), 50);
    // Its first message was no pre-key message: no new session.
    assert_eq!(with_alice.wedging().index(), 0);
}

#[test]
fn a_message_again_is_replayed_and_not_wedged() {
    for fallback in [false, true] {
        let (mut alice, bob) = people();
        let mut outbound = session(&bob, &mut alice, fallback, 1);
        let message = outbound
            .encrypt_with(&mut SeededRng::new(3), dummy(&bob, &alice).expose_secret())
            .unwrap();
        let keys = (bob.device.curve25519(), alice.device.curve25519());
        let content = OlmEvent::content(&keys.0, &keys.1, &message);
        let event = OlmEvent::parse(&content, &keys.1).unwrap();
        let mut sessions = PeerSessions::new(keys.0);
        let mut replays = OlmReplays::new();
        let account = &mut alice.account;
        assert!(sessions.decrypt(&event, account, &mut replays, 0).is_ok());

        let stored = OlmReplays::from_bytes(&replays.to_bytes()).unwrap();
        assert_eq!(stored, replays);
        let refusal = sessions.decrypt(&event, account, &mut replays, 0).err();
        assert_eq!(refusal, Some(OlmDecryptError::Replayed));
        // Also when the session is gone, which a fallback key could start again.
        let mut sessions = PeerSessions::new(keys.0);
        let refusal = sessions.decrypt(&event, account, &mut replays, 0).err();
        assert_eq!(refusal, Some(OlmDecryptError::Replayed));
        assert_eq!(sessions.iter().len(), 0);
    }
}

#[test]
fn a_pre_key_message_of_a_held_session_makes_no_other() {
    let (mut alice, bob) = people();
    let mut outbound = session(&bob, &mut alice, true, 1);
    let mut rng = SeededRng::new(3);
    let keys = (bob.device.curve25519(), alice.device.curve25519());
    let mut event = |spoil: bool| {
        let message = outbound.encrypt_with(&mut rng, b"{}").unwrap();
        let mut bytes = message.as_bytes().to_vec();
        if spoil {
            *bytes.last_mut().unwrap() ^= 1;
        }
        let message = necturus::olm::PreKeyMessage::from_bytes(bytes).unwrap();
        let content = OlmEvent::content(&keys.0, &keys.1, &OlmMessage::PreKey(message));
        OlmEvent::parse(&content, &keys.1).unwrap()
    };
    let (first, spoilt, third) = (event(false), event(true), event(false));
    let mut sessions = PeerSessions::new(keys.0);
    let mut replays = OlmReplays::new();
    let account = &mut alice.account;
    assert_eq!(first.session_choice(|_| false), SessionChoice::Create);
    assert!(sessions.decrypt(&first, account, &mut replays, 0).is_ok());
    let id = sessions.preferred().unwrap().session().id();
    assert_eq!(
        spoilt.session_choice(|held| *held == id),
        SessionChoice::Only(id)
    );
    let refusal = sessions.decrypt(&spoilt, account, &mut replays, 0).err();
    assert_eq!(refusal, Some(OlmDecryptError::Wedged));
    assert!(sessions.decrypt(&third, account, &mut replays, 0).is_ok());
    assert_eq!(sessions.iter().len(), 1);
    assert_eq!(sessions.wedging().index(), 1);
}

#[test]
fn a_message_under_anothers_key_is_wedged_and_spends_nothing() {
    let (mut alice, bob) = people();
    let mallory = Person::new("mallory", 3);
    let mut content = mallory.encrypt(&mut alice, b"{}");
    content.insert("sender_key", bob.device.curve25519().to_base64());
    let event = OlmEvent::parse(&content, &alice.device.curve25519()).unwrap();
    let mut sessions = PeerSessions::new(event.sender_key());
    let keys = alice.account.one_time_key_count();
    let refusal = sessions
        .decrypt(&event, &mut alice.account, &mut OlmReplays::new(), 0)
        .err();
    assert_eq!(refusal, Some(OlmDecryptError::Wedged));
    assert_eq!(alice.account.one_time_key_count(), keys);
    let refusal = PeerSessions::new(mallory.device.curve25519())
        .decrypt(&event, &mut alice.account, &mut OlmReplays::new(), 0)
        .err();
    assert_eq!(refusal, Some(OlmDecryptError::OtherPeer));

    // A new session is made once an hour.
    assert!(sessions.wedging_mut().unwedge(0));
    assert!(!sessions.wedging_mut().unwedge(UNWEDGE_INTERVAL_MS - 1));
    assert!(sessions.wedging_mut().unwedge(UNWEDGE_INTERVAL_MS));
}

#[test]
fn the_session_used_least_recently_is_dropped() {
    let (mut alice, bob) = people();
    let mut sessions = PeerSessions::new(alice.device.curve25519());
    let mut ids = Vec::new();
    for seed in 0..=MAX_SESSIONS_PER_DEVICE as u64 {
        let session = session(&bob, &mut alice, false, seed);
        ids.push(session.id());
        let dropped = sessions.add(PeerSession::new(session, seed));
        assert_eq!(
            dropped,
            (seed == MAX_SESSIONS_PER_DEVICE as u64).then_some(ids[0])
        );
    }
    assert_eq!(sessions.iter().len(), MAX_SESSIONS_PER_DEVICE);
}

#[test]
fn what_is_no_olm_event_is_refused_for_its_reason() {
    let (mut alice, bob) = people();
    let good = bob.encrypt(&mut alice, b"{}");
    let ours = alice.device.curve25519();
    let parse = |content: Object| OlmEvent::parse(&content, &ours).err();
    assert_eq!(parse(good.clone()), None);
    assert_eq!(
        OlmEvent::parse(&good, &bob.device.curve25519()).err(),
        Some(OlmEventError::NotForUs)
    );
    // Room keys in events that Megolm encrypted (CVE-2022-39251).
    assert_eq!(
        parse(good.clone().with("algorithm", "m.megolm.v1.aes-sha2")),
        Some(OlmEventError::UnknownAlgorithm)
    );
    let entry = |message_type: Value, body: &str| {
        let entry = Object::new().with("type", message_type).with("body", body);
        let ciphertext = Object::new().with(&ours.to_base64(), entry);
        good.clone().with("ciphertext", ciphertext)
    };
    for (content, member) in [
        (good.clone().with("sender_key", "short"), "sender_key"),
        (good.clone().with("ciphertext", "text"), "ciphertext"),
        (entry(Value::from("0"), "AA"), "type"),
        (entry(Value::from(2_i64), "AA"), "type"),
        (entry(Value::from(-1_i64), "AA"), "type"),
    ] {
        assert_eq!(parse(content), Some(OlmEventError::Malformed { member }));
    }
    for body in ["", "!", "AwogAA", "Awog"] {
        for message_type in [0_i64, 1] {
            let refusal = parse(entry(message_type.into(), body));
            assert!(matches!(refusal, Some(OlmEventError::Message(_))), "{body}");
        }
    }
}
