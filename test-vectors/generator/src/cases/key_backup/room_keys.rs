//! The JSON of a room key.

use serde_json::{Value, json};

use crate::{crypto::Pair, format::Case, megolm::Session, text::base64, vault::room_key};

pub(crate) fn session() -> Session {
    Session::drawn("backup session").at(7)
}

pub(crate) fn sender() -> Pair {
    Pair::drawn("backup sender")
}

/// What is to be seen of a room key.
pub(crate) fn shown(session: &Session, sender: &Pair, shared: bool) -> Value {
    json!({
        "session_id": base64(&session.signer.public),
        "index": session.ratchet.index,
        "session_key": base64(&session.export()),
        "sender_key": base64(&sender.public),
        "claimed_ed25519": base64(&session.signer.public),
        "forwarding_chain": [],
        "shared_history": shared,
    })
}

pub(super) fn cases() -> Vec<Case> {
    let (session, sender) = (session(), sender());
    let good = room_key(&session, &sender, false);
    let see = shown(&session, &sender, false);
    let with = |value: &Value, member: &str, new: Value| {
        let mut value = value.clone();
        value[member] = new;
        value
    };
    let without = |members: &[&str]| {
        let mut value = good.clone();
        let object = value.as_object_mut().expect("an object");
        members.iter().for_each(|member| {
            object.shift_remove(*member);
        });
        value
    };
    let bare = without(&["shared_history", "m.shared_history"]);
    let none = with(&see, "claimed_ed25519", Value::Null);
    let shared = with(&see, "shared_history", json!(true));
    let unstable = "org.matrix.msc3061.shared_history";
    let forwarder = base64(&Pair::drawn("backup forwarder").public);
    let claimed = "sender_claimed_keys";
    let mut cases: Vec<Case> = [
        ("good", "as clients write it", good.to_string(), see.clone()),
        (
            "no-chain",
            "a missing chain is empty",
            without(&["forwarding_curve25519_key_chain"]).to_string(),
            see.clone(),
        ),
        (
            "chain",
            "a session that came through another device",
            with(&good, "forwarding_curve25519_key_chain", json!([forwarder])).to_string(),
            with(&see, "forwarding_chain", json!([forwarder])),
        ),
        (
            "no-claimed-keys",
            "nobody's claim",
            without(&[claimed]).to_string(),
            none.clone(),
        ),
        (
            "empty-claimed-keys",
            "nobody's claim",
            with(&good, claimed, json!({})).to_string(),
            none,
        ),
        ("no-shared-history", "false", bare.to_string(), see.clone()),
        (
            "shared-history",
            "the name of the specification",
            with(&bare, "shared_history", json!(true)).to_string(),
            shared.clone(),
        ),
        (
            "m-shared-history",
            "the name of matrix-rust-sdk",
            with(&bare, "m.shared_history", json!(true)).to_string(),
            shared.clone(),
        ),
        (
            "unstable-shared-history",
            "the older name",
            with(&bare, unstable, json!(true)).to_string(),
            shared.clone(),
        ),
        (
            "two-shared-histories",
            "two names at once",
            with(
                &with(&bare, unstable, json!(true)),
                "m.shared_history",
                json!(false),
            )
            .to_string(),
            shared,
        ),
        (
            "shared-history-text",
            "no boolean is false",
            with(&bare, "shared_history", json!("true")).to_string(),
            see.clone(),
        ),
        (
            "more-members",
            "what nobody here knows",
            with(&good, "x", json!([0.5])).to_string(),
            see.clone(),
        ),
        (
            "padded",
            "padded base64",
            with(&good, "sender_key", json!(base64(&sender.public) + "=")).to_string(),
            see.clone(),
        ),
        (
            "escapes",
            "escapes where none are needed",
            good.to_string()
                .replace("m.megolm", "\\u006d.megolm")
                .replace('/', "\\/"),
            see,
        ),
    ]
    .into_iter()
    .map(|(id, comment, text, see)| {
        Case::good(
            &format!("room-key/{id}"),
            comment,
            json!({"json": text}),
            see,
            &[],
        )
    })
    .collect();
    let key = |bytes: &[u8]| with(&good, "session_key", json!(base64(bytes))).to_string();
    let export = session.export();
    let text = good.to_string();
    let twice = text.replacen('{', "{\"sender_key\":\"\",", 1);
    let deep = with(&good, claimed, json!(null)).to_string();
    let deep = deep.replace(":null", &format!(":{}{}", "[".repeat(200), "]".repeat(200)));
    let long = " ".repeat(65_537);
    let json = "format.json";
    let list: Vec<&str> = (0..101).map(|_| &*forwarder).collect();
    for (id, comment, text, error, flag) in [
        (
            "algorithm",
            "an algorithm that nobody here knows: leave this key out",
            text.replace(".v1.", ".v9."),
            "algorithm",
            "version",
        ),
        (
            "key-version-2",
            "the version of a session key",
            key(&session.unsigned_key(2)),
            "format.version",
            "version",
        ),
        (
            "key-of-164",
            "a byte less",
            key(&export[..164]),
            "format.length",
            "truncated",
        ),
        (
            "key-of-166",
            "a byte more",
            key(&[&export[..], &[0]].concat()),
            "format.length",
            "trailing",
        ),
        (
            "key-truncated-base64",
            "a character is missing",
            text.replace(&base64(&export), &base64(&export)[..217]),
            "format.base64",
            "base64",
        ),
        (
            "no-sender-key",
            "a required member",
            without(&["sender_key"]).to_string(),
            "format.missing",
            "json",
        ),
        (
            "no-session-key",
            "a required member",
            without(&["session_key"]).to_string(),
            "format.missing",
            "json",
        ),
        (
            "claimed-small-order",
            "a key of small order",
            with(&good, claimed, json!({"ed25519": base64(&[0; 32])})).to_string(),
            "key.small-order",
            "small-order",
        ),
        (
            "101-forwarders",
            "more than may be",
            with(&good, "forwarding_curve25519_key_chain", json!(list)).to_string(),
            "too-many",
            "too-many",
        ),
        ("member-twice", "a member stands twice", twice, json, "json"),
        (
            "member-of-another-kind",
            "a number",
            with(&good, "sender_key", json!(1)).to_string(),
            json,
            "json",
        ),
        (
            "claimed-deep",
            "200 arrays inside each other for the claimed keys",
            deep,
            json,
            "json",
        ),
        ("array", "no object", "[]".to_owned(), json, "json"),
        ("empty", "nothing", String::new(), json, "json"),
        (
            "more-behind",
            "something behind the object",
            format!("{text}x"),
            json,
            "trailing",
        ),
        ("too-long", "more than 64 KiB", long, "too-many", "too-many"),
    ] {
        let id = format!("room-key/{id}");
        let inputs = if text.len() > 60_000 {
            json!({"json_repeat": " ", "count": text.len()})
        } else {
            json!({"json": text})
        };
        cases.push(Case::bad(&id, comment, inputs, error, &[flag]));
    }
    cases
}
