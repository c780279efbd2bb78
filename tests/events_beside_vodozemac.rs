//! Events in the JSON of one library are read by the other, both ways.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    rng::SeededRng,
    to_device::{Person, ROOM},
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    events::{
        EncryptedRoomEvent, HistoryVisibility, KnownSender, OlmPlaintext, OutboundRoomSession,
        PeerSession, PeerSessions, ReplayTable, RoomEncryption, RoomKeyEvent, Rotation, SharedWith,
        TrustRequirement,
    },
    json::Object,
    megolm::SessionKey,
};
use serde_json::{Value, json};
use vodozemac::{
    megolm::{GroupSession, InboundGroupSession, MegolmMessage, SessionConfig as Config},
    olm::{Account, OlmMessage, SessionConfig},
};

fn object(json: &Value) -> Object {
    Object::parse(json.to_string().as_bytes()).unwrap()
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).unwrap()
}

fn parse<'a>(json: &'a Value, path: &str) -> &'a str {
    json.pointer(path).unwrap().as_str().unwrap()
}

#[test]
fn a_room_that_vodozemac_speaks_in() {
    let mut alice = Person::new("alice", 1);
    let bob = Account::new();
    let (bobs_curve, bobs_ed) = (
        bob.curve25519_key().to_base64(),
        bob.ed25519_key().to_base64(),
    );
    let mut room = GroupSession::new(Config::version_1());

    // The room key, in a payload without device keys, as clients wrote it before
    // MSC4147.
    let mut rng = SeededRng::new(3);
    let created = alice
        .account
        .generate_one_time_keys_with(&mut rng, 1)
        .unwrap()
        .created;
    let ours = alice.device.curve25519().to_base64();
    let key = vodozemac::Curve25519PublicKey::from_base64;
    let one_time_key = created.first().unwrap().key.to_base64();
    let mut session = bob
        .create_outbound_session(
            SessionConfig::version_1(),
            key(&ours).unwrap(),
            key(&one_time_key).unwrap(),
        )
        .unwrap();
    let plaintext = json!({
        "type": "m.room_key",
        "content": {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": ROOM,
            "session_id": room.session_id(),
            "session_key": room.session_key().to_base64(),
            "m.shared_history": true,
        },
        "sender": "@bob:example.org",
        "recipient": alice.user_id,
        "recipient_keys": {"ed25519": alice.device.ed25519().to_base64()},
        "keys": {"ed25519": bobs_ed},
    });
    let (message_type, body) = session.encrypt(plaintext.to_string()).unwrap().to_parts();
    let body = vodozemac::base64_encode(body);
    let content = json!({
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": bobs_curve,
        "ciphertext": {ours: {"type": message_type, "body": body}},
        "org.matrix.msgid": "tracing",
    });
    let payload = alice
        .decrypt(&object(&content))
        .check(
            "@bob:example.org",
            &alice.recipient(),
            &KnownSender::default(),
            true,
        )
        .unwrap();
    let mut held = RoomKeyEvent::accept(&payload).unwrap();
    assert!(held.owner().shared_history());

    let plaintext = json!({"type": "m.room.message", "content": {"body": "hi"}, "room_id": ROOM});
    let event = json!({
        "type": "m.room.encrypted",
        "sender": "@bob:example.org",
        "event_id": "$1",
        "origin_server_ts": 1,
        "content": {
            "algorithm": "m.megolm.v1.aes-sha2",
            "session_id": room.session_id(),
            "ciphertext": room.encrypt(plaintext.to_string()).to_base64(),
        },
    });
    let event = EncryptedRoomEvent::parse(&object(&event), ROOM).unwrap();
    let message = event
        .decrypt(Some(&mut held), None)
        .unwrap()
        .check(
            &mut ReplayTable::new(),
            &KnownSender::default(),
            TrustRequirement::Any,
        )
        .unwrap();
    assert_eq!(message.content().get_str("body"), Some("hi"));
}

#[test]
fn a_room_that_vodozemac_listens_to() {
    let alice = Person::new("alice", 1);
    let mut bob = Account::new();
    bob.generate_one_time_keys(1);
    let one_time_key = *bob.one_time_keys().values().next().unwrap();
    let key = |key: vodozemac::Curve25519PublicKey| Curve25519PublicKey::from_bytes(key.to_bytes());
    let bobs_curve = key(bob.curve25519_key());
    let bobs_ed = necturus::Ed25519PublicKey::from_base64(&bob.ed25519_key().to_base64()).unwrap();

    let mut rng = SeededRng::new(4);
    let session = alice
        .account
        .outbound_session_with(
            &mut rng,
            SessionVersion::V1,
            &bobs_curve,
            &key(one_time_key),
        )
        .unwrap();
    let mut with_bob = PeerSessions::new(bobs_curve);
    with_bob.add(PeerSession::new(session, 0));
    let mut room = OutboundRoomSession::new(
        ROOM,
        common::to_device::group_session(5),
        Rotation::new(0, HistoryVisibility::Shared),
        SharedWith::new(),
    );
    let recipient = necturus::events::Recipient::new("@bob:example.org", bobs_ed);
    let room_key = RoomKeyEvent::content(ROOM, &room.session().session_key(), true);
    let plaintext = OlmPlaintext::new("m.room_key", room_key, &alice.device, &recipient);
    let content = value(
        &with_bob
            .encrypt_with(&mut rng, &plaintext)
            .unwrap()
            .unwrap(),
    );

    let entry = &content["ciphertext"][bob.curve25519_key().to_base64()];
    let message_type = entry["type"].as_u64().unwrap().try_into().unwrap();
    let body = vodozemac::base64_decode(entry["body"].as_str().unwrap()).unwrap();
    let OlmMessage::PreKey(message) = OlmMessage::from_parts(message_type, &body).unwrap() else {
        panic!("a session starts with a pre-key message")
    };
    let sender = vodozemac::Curve25519PublicKey::from_base64(parse(&content, "/sender_key"));
    let created = bob
        .create_inbound_session(SessionConfig::version_1(), sender.unwrap(), &message)
        .unwrap();
    let payload: Value = serde_json::from_slice(&created.plaintext).unwrap();
    assert_eq!(
        parse(&payload, "/recipient_keys/ed25519"),
        bob.ed25519_key().to_base64()
    );
    let session_key = parse(&payload, "/content/session_key");
    assert!(SessionKey::from_base64(session_key).is_ok());
    let session_key = vodozemac::megolm::SessionKey::from_base64(session_key).unwrap();
    let mut inbound = InboundGroupSession::new(&session_key, Config::version_1());

    let message = Object::new().with("body", "hi");
    let encryption = RoomEncryption::new();
    let sent = room
        .encrypt(
            "m.room.message",
            &message,
            None,
            &alice.device,
            &encryption,
            0,
        )
        .unwrap();
    let sent = value(&sent.content);
    let message = MegolmMessage::from_base64(parse(&sent, "/ciphertext")).unwrap();
    let decrypted = inbound.decrypt(&message).unwrap();
    let text: Value = serde_json::from_slice(&decrypted.plaintext).unwrap();
    assert_eq!(
        text,
        json!({"type": "m.room.message", "content": {"body": "hi"}, "room_id": ROOM})
    );
    assert_eq!(parse(&sent, "/session_id"), inbound.session_id());
}
