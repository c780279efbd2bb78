//! Room key bundles.

use serde_json::{Value, json};

use crate::{
    crypto::Pair,
    format::{Case, File, Group},
    megolm::Session,
    text::base64,
    vault::entry,
};

const ROOM: &str = "!room:example.org";
const OTHER_ROOM: &str = "!other:example.org";

pub(crate) fn file() -> File {
    File::new(
        "Room key bundles (MSC4268), decrypted: one bad entry spoils no other.",
        vec![
            Group::new("reading", "key-bundle", json!({"room_id": ROOM}), read()),
            Group::new(
                "no bundle",
                "key-bundle",
                json!({"room_id": ROOM}),
                refused(),
            ),
        ],
    )
}

fn session(number: u32) -> Session {
    Session::drawn(&format!("bundle session {number}")).at(number)
}

/// An entry of `room_keys`, which has neither history nor forwarders.
fn key(number: u32) -> Value {
    let mut entry = entry(&session(number), &Pair::drawn("bundle sender"), ROOM, true);
    let object = entry.as_object_mut().expect("an object");
    for member in [
        "forwarding_curve25519_key_chain",
        "shared_history",
        "m.shared_history",
    ] {
        object.shift_remove(member);
    }
    entry
}

fn session_id(number: u32) -> String {
    base64(&session(number).signer.public)
}

fn withheld(number: u32, code: &str) -> Value {
    json!({
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": session_id(number),
        "sender_key": base64(&Pair::drawn("bundle sender").public),
        "code": code,
    })
}

fn with(mut entry: Value, member: &str, value: impl Into<Value>) -> Value {
    entry[member] = value.into();
    entry
}

fn read() -> Vec<Case> {
    let not_shared = "m.history_not_shared";
    let good = |id: &str,
                comment: &str,
                bundle: Value,
                keys: &[u32],
                codes: &[(u32, &str)],
                skipped: usize| {
        let exported: Vec<String> = keys
            .iter()
            .map(|number| base64(&session(*number).export()))
            .collect();
        let codes: Vec<Value> = codes
            .iter()
            .map(|(number, code)| json!([session_id(*number), code]))
            .collect();
        Case::good(
            &format!("key-bundle/{id}"),
            comment,
            json!({"bundle": bundle.to_string()}),
            json!({"keys": exported, "withheld": codes, "skipped": skipped}),
            &[],
        )
    };
    let keys = |entries: &[Value]| json!({"room_keys": entries, "withheld": []});
    let mut cases = vec![
        good(
            "good",
            "two keys, and a session that is withheld",
            json!({"room_keys": [key(1), key(2)], "withheld": [withheld(3, not_shared)]}),
            &[1, 2],
            &[(3, not_shared)],
            0,
        ),
        good(
            "empty",
            "nothing",
            json!({"room_keys": [], "withheld": []}),
            &[],
            &[],
            0,
        ),
        good(
            "no-lists",
            "missing lists are empty",
            json!({"org.example": 1}),
            &[],
            &[],
            0,
        ),
        good(
            "in-both-lists",
            "the key is taken, whatever else is said of the session",
            json!({"room_keys": [key(1)], "withheld": [withheld(1, not_shared)]}),
            &[1],
            &[],
            1,
        ),
        good(
            "unknown-code",
            "codes are kept as they are",
            json!({"room_keys": [], "withheld": [withheld(1, "org.example.why")]}),
            &[],
            &[(1, "org.example.why")],
            0,
        ),
        good(
            "older-code",
            "a code by its older name",
            json!({"room_keys": [], "withheld": [withheld(1, "io.element.msc4268.history_not_shared")]}),
            &[],
            &[(1, not_shared)],
            0,
        ),
        good(
            "withheld-other-room",
            "a withheld entry of another room is skipped",
            json!({"room_keys": [], "withheld": [with(withheld(1, not_shared), "room_id", OTHER_ROOM), withheld(2, not_shared)]}),
            &[],
            &[(2, not_shared)],
            1,
        ),
        good(
            "withheld-no-session",
            "a withheld entry that names no session is skipped",
            json!({"room_keys": [], "withheld": [with(withheld(1, not_shared), "session_id", "AAAA"), withheld(2, not_shared)]}),
            &[],
            &[(2, not_shared)],
            1,
        ),
    ];
    for (id, comment, entry) in [
        (
            "other-room",
            "a key of another room",
            with(key(1), "room_id", OTHER_ROOM),
        ),
        (
            "unknown-algorithm",
            "a key of an unknown algorithm",
            with(key(1), "algorithm", "m.megolm.v9.aes-sha2"),
        ),
        (
            "wrong-session-id",
            "another session id than the key's",
            with(key(1), "session_id", session_id(3)),
        ),
        (
            "session-key-cut",
            "half of a session key",
            with(key(1), "session_key", base64(&session(1).export()[..80])),
        ),
        (
            "no-session-key",
            "no session key",
            with(key(1), "session_key", Value::Null),
        ),
        ("null", "no object", Value::Null),
    ] {
        cases.push(good(
            &format!("skip-{id}"),
            &format!("{comment} is skipped, and the key behind it is read"),
            keys(&[entry, key(2)]),
            &[2],
            &[],
            1,
        ));
    }
    cases
}

fn refused() -> Vec<Case> {
    let list = json!([key(1)]).to_string();
    [
        (
            "array",
            "lists without names",
            format!("[{list},[]]"),
            &["json"][..],
        ),
        ("null", "null", "null".to_owned(), &["json"]),
        ("nothing", "no text", String::new(), &["json", "truncated"]),
        (
            "cut",
            "JSON that ends too early",
            format!("{{\"room_keys\":{list}"),
            &["json", "truncated"],
        ),
        (
            "list-twice",
            "a list twice",
            format!("{{\"room_keys\":{list},\"room_keys\":[]}}"),
            &["json"],
        ),
        (
            "list-is-object",
            "an object in place of a list",
            "{\"room_keys\":{}}".to_owned(),
            &["json"],
        ),
        (
            "text-behind",
            "something behind the object",
            format!("{{\"room_keys\":{list}}} {{}}"),
            &["json", "trailing"],
        ),
    ]
    .into_iter()
    .map(|(id, comment, bundle, flags)| {
        let id = format!("key-bundle/{id}");
        Case::bad(
            &id,
            comment,
            json!({"bundle": bundle}),
            "format.json",
            flags,
        )
    })
    .collect()
}
