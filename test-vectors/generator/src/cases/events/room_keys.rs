//! Room keys, from their owner and forwarded.

use serde_json::{Value, json};

use super::{ALICE, BOB, Device, MEGOLM, OTHER_ROOM, ROOM, given, session, session_id};
use crate::{
    format::{Case, Group},
    megolm::Session,
    text::base64,
};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("room keys", "room-key-event", given(), room_keys()),
        Group::new(
            "forwarded room keys",
            "room-key-event",
            given(),
            forwarded(),
        ),
    ]
}

fn key_content(session: &Session) -> Value {
    json!({
        "algorithm": MEGOLM,
        "room_id": ROOM,
        "session_id": session_id(session),
        "session_key": base64(&session.session_key()),
    })
}

fn room_key(content: &Value) -> Value {
    let bob = Device::bob();
    let content = bob.encrypt(&bob.bare("m.room_key", content).to_string());
    json!({"sender": BOB, "content": content.to_string(), "known": ["bob"]})
}

fn expected(session: &Session, trust: &str, imported: bool, shared_history: bool) -> Value {
    json!({
        "room": ROOM,
        "session_id": session_id(session),
        "first_known_index": session.ratchet.index,
        "curve25519": Device::bob().curve25519(),
        "ed25519": Device::bob().ed25519(),
        "trust": trust,
        "imported": imported,
        "shared_history": shared_history,
    })
}

fn room_keys() -> Vec<Case> {
    let session = session().at(2);
    let good = key_content(&session);
    let changed = |member: &str, value: Value| {
        let mut content = good.clone();
        content[member] = value;
        room_key(&content)
    };
    let accepted = |trust, shared| expected(&session, trust, false, shared);
    let mut unknown = room_key(&good);
    unknown["known"] = json!([]);
    let mut cases = vec![
        Case::good(
            "room-key-event/good",
            "from index 2 on",
            room_key(&good),
            accepted("device-info", false),
            &[],
        ),
        Case::good(
            "room-key-event/unknown-device",
            "kept until the device is known",
            unknown,
            accepted("unknown-device", false),
            &[],
        ),
    ];
    for (id, members, shared) in [
        ("shared", json!({"shared_history": true}), true),
        ("shared-deployed", json!({"m.shared_history": true}), true),
        (
            "shared-unstable",
            json!({"org.matrix.msc3061.shared_history": true}),
            true,
        ),
        ("shared-text", json!({"shared_history": "true"}), false),
        ("shared-number", json!({"shared_history": 1}), false),
        (
            "shared-and-not",
            json!({"shared_history": true, "m.shared_history": false}),
            true,
        ),
    ] {
        let mut content = good.clone();
        for (name, value) in members.as_object().expect("an object") {
            content[name] = value.clone();
        }
        cases.push(Case::good(
            &format!("room-key-event/{id}"),
            "may it be handed on to those who come later? The field has three names",
            room_key(&content),
            accepted("device-info", shared),
            &[],
        ));
    }
    let refused = |id: &str, comment: &str, inputs, error: &str| {
        Case::bad(&format!("room-key-event/{id}"), comment, inputs, error, &[])
    };
    let key = session.session_key();
    let spoilt = |at: usize| {
        let mut key = key.clone();
        key[at] ^= 1;
        json!(base64(&key))
    };
    let other = Session::drawn("events other room");
    cases.extend([
        refused(
            "other-session-id",
            "the id is not the key inside",
            changed("session_id", json!(session_id(&other))),
            "room-key.session-id",
        ),
        refused(
            "signature-changed",
            "one bit of the signature flipped",
            changed("session_key", spoilt(200)),
            "authentication.signature",
        ),
        refused(
            "index-changed",
            "one bit of the index flipped",
            changed("session_key", spoilt(4)),
            "authentication.signature",
        ),
        refused(
            "exported-form",
            "an exported key, which nobody signed",
            changed("session_key", json!(base64(&session.export()))),
            "format.length",
        ),
        refused(
            "cut",
            "a session key cut short",
            changed("session_key", json!(base64(&key[..200]))),
            "format.length",
        ),
        refused(
            "algorithm",
            "an algorithm that nobody knows",
            changed("algorithm", json!("m.megolm.v9")),
            "room-key.algorithm",
        ),
        refused(
            "room-id-empty",
            "no room",
            changed("room_id", json!("")),
            "room-key.malformed",
        ),
        refused(
            "room-id-long",
            "a room id of 256 bytes",
            changed("room_id", json!("!".repeat(256))),
            "room-key.malformed",
        ),
    ]);
    for member in ["algorithm", "room_id", "session_id", "session_key"] {
        let mut content = good.clone();
        content.as_object_mut().expect("an object").remove(member);
        cases.push(refused(
            &format!("without-{}", member.replace('_', "-")),
            "a member is missing",
            room_key(&content),
            "payload.malformed",
        ));
    }
    cases
}

/// Of Bob's session, from Alice's second device unless said otherwise.
fn forward(sender: &Device, content: &Value, request: Value, more: Value) -> Value {
    let plaintext = sender.bare("m.forwarded_room_key", content);
    let content = sender.encrypt(&plaintext.to_string());
    let mut inputs = json!({
        "sender": sender.user,
        "content": content.to_string(),
        "known": ["alice-second", "bob"],
        "request": request,
    });
    for (name, value) in more.as_object().expect("an object") {
        inputs[name] = value.clone();
    }
    inputs
}

fn forwarded() -> Vec<Case> {
    let (second, bob) = (Device::second(), Device::bob());
    let session = session().at(2);
    let content = json!({
        "algorithm": MEGOLM,
        "room_id": ROOM,
        "session_id": session_id(&session),
        "session_key": base64(&session.export()),
        "sender_key": bob.curve25519(),
        "sender_claimed_ed25519_key": bob.ed25519(),
        "forwarding_curve25519_key_chain": [],
    });
    let changed = |member: &str, value: Value| {
        let mut content = content.clone();
        content[member] = value;
        content
    };
    let asked = json!({"room": ROOM, "session_id": session_id(&session)});
    let other = session_id(&Session::drawn("events other room"));
    let verified = json!({"states": {ALICE: "verified", BOB: "verified"}});
    let by_hand = json!({"states": {ALICE: "pinned"}, "locally_verified": ["SECOND"]});
    let good = |more: &Value| forward(&second, &content, asked.clone(), more.clone());
    let accepted = expected(&session, "unknown-device", true, false);
    let refused = |id: &str, comment: &str, inputs, error: &str, flags: &[&str]| {
        Case::bad(
            &format!("room-key-event/forwarded-{id}"),
            comment,
            inputs,
            error,
            flags,
        )
    };
    let (not_asked, not_own) = ("room-key.not-requested", "room-key.not-own-device");
    let mut cases = vec![
        Case::good(
            "room-key-event/forwarded",
            "asked for, from an own verified device; said to be Bob's, not proven",
            good(&verified),
            accepted.clone(),
            &[],
        ),
        Case::good(
            "room-key-event/forwarded-by-hand",
            "from an own device that was verified by hand",
            good(&by_hand),
            accepted,
            &[],
        ),
        refused(
            "not-asked",
            "nobody asked (CVE-2022-39249, CVE-2022-39257)",
            forward(&second, &content, Value::Null, verified.clone()),
            not_asked,
            &[],
        ),
        refused(
            "other-session",
            "another session was asked for",
            forward(
                &second,
                &content,
                json!({"room": ROOM, "session_id": other}),
                verified.clone(),
            ),
            not_asked,
            &[],
        ),
        refused(
            "other-room",
            "it was asked for in another room",
            forward(
                &second,
                &content,
                json!({"room": OTHER_ROOM, "session_id": session_id(&session)}),
                verified.clone(),
            ),
            not_asked,
            &[],
        ),
        refused(
            "not-verified",
            "from an own device, while our identity is not verified",
            good(&json!({"states": {ALICE: "pinned"}})),
            not_own,
            &[],
        ),
        refused(
            "violation",
            "from an own device, while our identity was changed",
            good(&json!({"states": {ALICE: "violation"}})),
            not_own,
            &[],
        ),
        refused(
            "other-user",
            "from a verified device of another user (CVE-2022-39246)",
            forward(&bob, &content, asked.clone(), verified.clone()),
            not_own,
            &["unknown-key-share"],
        ),
    ];
    for (id, comment, content, error) in [
        (
            "signed-form",
            "a signed session key",
            changed("session_key", json!(base64(&session.session_key()))),
            "format.length",
        ),
        (
            "other-key",
            "the id is not the key inside",
            changed(
                "session_key",
                json!(base64(&Session::drawn("events other room").export())),
            ),
            "room-key.session-id",
        ),
        (
            "no-chain",
            "no list of forwarders",
            changed("forwarding_curve25519_key_chain", Value::Null),
            "room-key.malformed",
        ),
        (
            "sender-key-short",
            "a sender key of 31 bytes",
            changed("sender_key", json!(&bob.curve25519()[..42])),
            "room-key.malformed",
        ),
    ] {
        let inputs = forward(&second, &content, asked.clone(), verified.clone());
        cases.push(refused(id, comment, inputs, error, &[]));
    }
    cases
}
