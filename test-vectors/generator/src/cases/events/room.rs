//! Room events: what each of a conversation's events gives, with one replay table.

use serde_json::{Value, json};

use super::{BOB, Device, EVE, MEGOLM, OTHER_ROOM, ROOM, given, session, session_id};
use crate::{
    format::{Case, Group, Step},
    megolm::Session,
    text::base64,
};

pub(super) fn groups() -> Vec<Group> {
    vec![Group::new(
        "room events",
        "room-events",
        given(),
        conversations(),
    )]
}

/// Bob's session, held from index 2 on.
fn held(trust: &str) -> Value {
    let mut owner = owner(trust);
    if trust != "unknown-device" {
        owner["user"] = json!(BOB);
    }
    json!({
        "room": ROOM,
        "session_key": base64(&session().at(2).session_key()),
        "owner": owner,
    })
}

fn owner(trust: &str) -> Value {
    json!({
        "curve25519": Device::bob().curve25519(),
        "ed25519": Device::bob().ed25519(),
        "trust": trust,
        "imported": false,
        "legacy": false,
    })
}

fn text(content: &Value) -> String {
    json!({"type": "m.room.message", "content": content, "room_id": ROOM}).to_string()
}

fn hello() -> String {
    text(&json!({"body": "hello"}))
}

/// An event of Bob's with this ciphertext.
fn event(id: u32, ciphertext: &[u8]) -> Value {
    json!({
        "type": "m.room.encrypted",
        "sender": BOB,
        "event_id": format!("${id}"),
        "origin_server_ts": 1_700_000_000_000_u64 + u64::from(id),
        "content": {
            "algorithm": MEGOLM,
            "session_id": session_id(&session()),
            "ciphertext": base64(ciphertext),
        },
    })
}

fn message(id: u32, text: &str) -> Value {
    event(id, &session().message(id, text.as_bytes()))
}

fn inputs(event: &Value, level: &str) -> Value {
    json!({"event": event.to_string(), "room": ROOM, "known": [], "level": level})
}

fn read(event: &Value) -> Value {
    inputs(event, "cross-signed")
}

fn refused(event: &Value, error: &str) -> Step {
    Step::bad("read", read(event), error)
}

fn accepted(content: &Value) -> Value {
    json!({
        "type": "m.room.message",
        "content": content.to_string(),
        "sender": "matches",
        "trust": "sender-unverified",
    })
}

fn fine(event: &Value) -> Step {
    Step::good("read", read(event), accepted(&json!({"body": "hello"})))
}

fn conversation(id: &str, comment: &str, held: Value, steps: Vec<Step>) -> Case {
    let outputs = json!({"session_id": session_id(&session())});
    Case::good(&format!("room-events/{id}"), comment, held, outputs, &[]).with_steps(steps)
}

fn conversations() -> Vec<Case> {
    vec![
        conversation(
            "replay",
            "one message is one event, in any order, and refused events leave no trace",
            held("sender-unverified"),
            replay(),
        ),
        conversation(
            "malformed",
            "what is no event, and what is no text",
            held("sender-unverified"),
            malformed(),
        ),
        conversation(
            "state-keys",
            "state keys match, or both are missing (MSC4362)",
            held("sender-unverified"),
            state_keys(),
        ),
        conversation(
            "senders",
            "the session's owner is the sender, or the event is not his",
            held("sender-unverified"),
            senders(),
        ),
        conversation(
            "owner-found",
            "the owner is found when his device is known, and stays found",
            held("unknown-device"),
            owner_found(),
        ),
        levels("device-info", false, [true, false, false]),
        levels("verification-violation", false, [true, false, false]),
        levels("unknown-device", true, [true, true, false]),
        levels("verification-violation", true, [true, false, false]),
        levels("sender-verified", false, [true, true, true]),
        imported(),
    ]
}

fn replay() -> Vec<Step> {
    let first = message(2, &hello());
    let mut copy = first.clone();
    copy["event_id"] = json!("$copy");
    let mut later = first.clone();
    later["origin_server_ts"] = json!(1_700_000_099_999_u64);
    let mut another_at_3 = message(3, &text(&json!({"body": "other"})));
    another_at_3["event_id"] = json!("$other");
    let mut moved = read(&message(4, &hello()));
    moved["room"] = json!(OTHER_ROOM);
    let mut spoilt = session().message(5, hello().as_bytes());
    *spoilt.last_mut().expect("not empty") ^= 1;
    // Another ratchet under the same signing key.
    let mut invented = Session::drawn("events invented");
    invented.signer = session().signer;
    let unknown = |code: Value| {
        let mut inputs = read(&message(1, &hello()));
        inputs["code"] = code;
        inputs
    };
    vec![
        fine(&first),
        fine(&first),
        refused(&copy, "room-event.replay"),
        refused(&later, "room-event.replay"),
        fine(&message(300, &hello())),
        fine(&message(3, &hello())),
        refused(&another_at_3, "room-event.replay"),
        Step::bad("read", unknown(Value::Null), "index-unknown"),
        Step::bad("read", unknown(json!("m.unauthorised")), "index-unknown"),
        Step::bad("read", moved, "room-event.no-key"),
        refused(&event(5, &spoilt), "authentication.signature"),
        refused(
            &event(5, &invented.message(5, hello().as_bytes())),
            "authentication.mac",
        ),
        refused(
            &event(
                5,
                &Session::drawn("events other room").message(5, hello().as_bytes()),
            ),
            "authentication.signature",
        ),
        fine(&message(5, &hello())),
        fine(&message(4, &hello())),
    ]
}

fn malformed() -> Vec<Step> {
    let good = message(6, &hello());
    let mut steps = Vec::new();
    for member in ["type", "sender", "event_id", "origin_server_ts", "content"] {
        let mut event = good.clone();
        event.as_object_mut().expect("an object").remove(member);
        steps.push(refused(&event, "room-event.malformed"));
    }
    for (member, value, error) in [
        ("algorithm", json!("m.megolm.v9"), "room-event.algorithm"),
        ("session_id", json!("AAAA"), "room-event.malformed"),
        ("ciphertext", json!("!!!!"), "room-event.malformed"),
        ("ciphertext", json!("AwgI"), "room-event.malformed"),
    ] {
        let mut event = good.clone();
        event["content"][member] = value;
        steps.push(refused(&event, error));
    }
    for (text, error) in [
        ("{", "room-event.malformed"),
        ("[]", "room-event.malformed"),
        (
            r#"{"type":"a","type":"a","content":{},"room_id":"!room:example.org"}"#,
            "room-event.malformed",
        ),
        (
            r#"{"content":{},"room_id":"!room:example.org"}"#,
            "room-event.malformed",
        ),
        (
            r#"{"type":"a","room_id":"!room:example.org"}"#,
            "room-event.malformed",
        ),
        (
            r#"{"type":"a","content":[],"room_id":"!room:example.org"}"#,
            "room-event.malformed",
        ),
        (r#"{"type":"a","content":{}}"#, "room-event.wrong-room"),
        (
            r#"{"type":"a","content":{},"room_id":null}"#,
            "room-event.wrong-room",
        ),
        (
            r#"{"type":"a","content":{},"room_id":"!other:example.org"}"#,
            "room-event.wrong-room",
        ),
    ] {
        steps.push(refused(&message(6, text), error));
    }
    let mut not_utf8 = text(&json!({"body": "hello"})).into_bytes();
    let at = not_utf8.len() - 40;
    not_utf8[at] = 0xff;
    steps.push(refused(
        &event(6, &session().message(6, &not_utf8)),
        "room-event.malformed",
    ));
    let fraction = json!({"x": 0.5});
    steps.push(Step::good(
        "read",
        read(&message(6, &text(&fraction))),
        accepted(&fraction),
    ));

    // What is in clear is not believed, but for the relation.
    let mut hints = message(7, &hello());
    hints["content"]["sender_key"] = json!(Device::alice().curve25519());
    hints["content"]["device_id"] = json!(7);
    steps.push(fine(&hints));
    let outside = json!({"event_id": "$root"});
    let mut related = message(8, &hello());
    related["content"]["m.relates_to"] = outside.clone();
    let content = json!({"body": "hello", "m.relates_to": outside});
    steps.push(Step::good("read", read(&related), accepted(&content)));
    let inside = json!({"m.relates_to": {"event_id": "$own"}});
    let mut related = message(9, &text(&inside));
    related["content"]["m.relates_to"] = outside;
    steps.push(Step::good("read", read(&related), accepted(&inside)));
    steps
}

fn state_keys() -> Vec<Step> {
    let topic = |state_key: Option<Value>| {
        let mut text = json!({"type": "m.room.topic", "content": {}, "room_id": ROOM});
        if let Some(state_key) = state_key {
            text["state_key"] = state_key;
        }
        text.to_string()
    };
    [
        (Some("m.room.topic:"), Some(json!("")), true),
        (Some("m.room.topic:a:b"), Some(json!("a:b")), true),
        (None, None, true),
        (Some("m.room.topic:"), None, false),
        (Some(""), None, false),
        (None, Some(json!("")), false),
        (Some("m.room.topic:a"), Some(json!("b")), false),
        (Some("m.room.name:"), Some(json!("")), false),
        (Some("m.room.topic"), Some(json!("")), false),
        (Some("m.room.topic:1"), Some(json!(1)), false),
    ]
    .into_iter()
    .zip(10..)
    .map(|((outer, inner, good), index)| {
        let mut event = message(index, &topic(inner));
        if let Some(outer) = outer {
            event["state_key"] = json!(outer);
        }
        if good {
            let mut expected = accepted(&json!({}));
            expected["type"] = json!("m.room.topic");
            Step::good("read", read(&event), expected)
        } else {
            refused(&event, "room-event.state-key")
        }
    })
    .collect()
}

fn senders() -> Vec<Step> {
    let good = message(2, &hello());
    let mut copy = good.clone();
    copy["sender"] = json!(EVE);
    copy["event_id"] = json!("$copy");
    let mut marked = accepted(&json!({"body": "hello"}));
    marked["sender"] = json!("mismatched");
    vec![
        refused(&copy, "room-event.sender"),
        Step::bad(
            "read",
            inputs(&copy, "cross-signed-or-legacy"),
            "room-event.sender",
        ),
        Step::good("read", inputs(&copy, "any"), marked),
        // None of these left an entry.
        fine(&good),
        Step::bad("read", inputs(&copy, "any"), "room-event.replay"),
    ]
}

fn owner_found() -> Vec<Step> {
    let with = |index: u32, known: &[&str], state: Value, level: &str| {
        let mut inputs = inputs(&message(index, &hello()), level);
        inputs["known"] = json!(known);
        inputs["states"] = state;
        inputs
    };
    let mut from_eve = with(3, &["eve"], json!({}), "any");
    let mut event = message(3, &hello());
    event["sender"] = json!(EVE);
    from_eve["event"] = json!(event.to_string());
    let outcome = |sender: &str, trust: &str| {
        let mut expected = accepted(&json!({"body": "hello"}));
        expected["sender"] = json!(sender);
        expected["trust"] = json!(trust);
        expected
    };
    let pinned = json!({BOB: "pinned"});
    let mut at_last = with(6, &["eve"], json!({}), "cross-signed");
    let mut event = message(6, &hello());
    event["sender"] = json!(EVE);
    at_last["event"] = json!(event.to_string());
    vec![
        Step::good(
            "read",
            with(2, &[], json!({}), "any"),
            outcome("not-checkable", "unknown-device"),
        ),
        Step::bad(
            "read",
            with(3, &[], json!({}), "cross-signed"),
            "room-event.untrusted",
        ),
        Step::bad("read", from_eve, "room-event.identity-keys"),
        Step::bad(
            "read",
            with(3, &["bob-other-ed25519"], json!({}), "any"),
            "room-event.identity-keys",
        ),
        Step::bad(
            "read",
            with(3, &["bob"], json!({}), "cross-signed"),
            "room-event.untrusted",
        ),
        Step::good(
            "read",
            with(3, &["bob"], json!({}), "any"),
            outcome("matches", "device-info"),
        ),
        Step::good(
            "read",
            with(4, &["bob-second", "bob"], pinned, "cross-signed"),
            outcome("matches", "sender-unverified"),
        ),
        Step::good(
            "read",
            with(5, &[], json!({}), "cross-signed"),
            outcome("matches", "sender-unverified"),
        ),
        Step::bad("read", at_last, "room-event.sender"),
    ]
}

/// At which levels a session of this row is read.
fn levels(trust: &str, legacy: bool, allowed: [bool; 3]) -> Case {
    let mut held = held(trust);
    held["owner"]["legacy"] = json!(legacy);
    let mut expected = accepted(&json!({"body": "hello"}));
    expected["trust"] = json!(trust);
    if trust == "unknown-device" {
        expected["sender"] = json!("not-checkable");
    }
    let steps = ["any", "cross-signed-or-legacy", "cross-signed"]
        .into_iter()
        .zip(allowed)
        .map(|(level, allowed)| {
            let inputs = inputs(&message(2, &hello()), level);
            if allowed {
                Step::good("read", inputs, expected.clone())
            } else {
                Step::bad("read", inputs, "room-event.untrusted")
            }
        })
        .collect();
    let legacy = if legacy { "-legacy" } else { "" };
    conversation(
        &format!("level-{trust}{legacy}"),
        "at which levels of trust it is read",
        held,
        steps,
    )
}

/// The owner of an imported session is never proven.
fn imported() -> Case {
    let mut held = held("unknown-device");
    held["owner"]["imported"] = json!(true);
    held["exported_key"] = json!(base64(&session().at(2).export()));
    held["session_key"] = Value::Null;
    let mut expected = accepted(&json!({"body": "hello"}));
    expected["sender"] = json!("not-checkable");
    expected["trust"] = json!("unknown-device");
    let mut known = inputs(&message(2, &hello()), "any");
    known["known"] = json!(["bob"]);
    known["states"] = json!({BOB: "verified"});
    let mut from_eve = inputs(
        &{
            let mut event = message(3, &hello());
            event["sender"] = json!(EVE);
            event
        },
        "any",
    );
    from_eve["known"] = json!(["eve"]);
    let steps = vec![
        Step::good("read", known.clone(), expected.clone()),
        Step::good("read", from_eve, expected),
        Step::bad(
            "read",
            {
                known["level"] = json!("cross-signed");
                known
            },
            "room-event.untrusted",
        ),
    ];
    conversation("imported", "its owner is never proven", held, steps)
}
