//! To-device events.

use serde_json::{Value, json};

use super::{BOB, Device, EVE, content, given, receiver};
use crate::{
    crypto::Pair,
    format::{Case, Group},
    olm::Session,
};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("to-device events", "olm-event", given(), envelopes()),
        Group::new(
            "to-device events: payloads",
            "olm-event",
            given(),
            payloads(),
        ),
        Group::new("to-device events: trust", "olm-event", given(), trust()),
    ]
}

/// From Bob, whose device is known.
fn inputs(content: &Value) -> Value {
    json!({"sender": BOB, "content": content.to_string(), "known": ["bob"]})
}

fn accepted(device: Option<&str>, trust: &str) -> Value {
    json!({"type": "m.dummy", "device": device, "trust": trust})
}

fn bad(id: &str, comment: &str, inputs: Value, error: &str, flags: &[&str]) -> Case {
    Case::bad(&format!("olm-event/{id}"), comment, inputs, error, flags)
}

fn dummy() -> Value {
    Device::bob().plaintext("m.dummy", &json!({}))
}

fn envelopes() -> Vec<Case> {
    let bob = Device::bob();
    let good = bob.encrypt(&bob.bare("m.dummy", &json!({})).to_string());
    let ours = Device::alice().curve25519();
    let changed = |member: &str, value: Value| {
        let mut content = good.clone();
        content[member] = value;
        inputs(&content)
    };
    let entry = |kind: Value, body: Value| {
        changed("ciphertext", json!({&*ours: {"type": kind, "body": body}}))
    };
    let body = good["ciphertext"][&ours]["body"].clone();
    let text = body.as_str().expect("a text");
    let mallory = Device::drawn(EVE, "EVE", "events eve");
    let mut stolen = mallory.encrypt("{}");
    stolen["sender_key"] = json!(bob.curve25519());
    let started = |one_time_key: &[u8; 32]| {
        Session::outbound(
            &bob.account.identity,
            &Pair::drawn("events base key"),
            Pair::drawn("events ratchet key"),
            &receiver().identity.public,
            one_time_key,
        )
    };
    let mut session = started(&receiver().one_time[0].pair.public);
    let spoilt = session.encrypt(&[0; 32], b"{}").spoilt();
    session.received = true;
    let normal = session.encrypt(&[0; 32], b"{}");
    let unknown_key =
        started(&Pair::drawn("events unknown one-time key").public).encrypt(&[0; 32], b"{}");
    let malformed = "olm-event.malformed";
    let mut cases = vec![
        Case::good(
            "olm-event/good",
            "a pre-key message that makes a session",
            inputs(&good),
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
        Case::good(
            "olm-event/padded-body",
            "base64 in JSON may have its full padding",
            entry(json!(0), json!(padded(text))),
            accepted(Some("BOB"), "device-info"),
            &["base64"],
        ),
        bad(
            "not-for-us",
            "only an entry for another device",
            changed(
                "ciphertext",
                json!({bob.curve25519(): {"type": 0, "body": body}}),
            ),
            "olm-event.not-for-us",
            &[],
        ),
        bad(
            "megolm-algorithm",
            "a to-device event with Megolm's algorithm (CVE-2022-39251)",
            changed("algorithm", json!(super::MEGOLM)),
            "olm-event.algorithm",
            &["downgrade"],
        ),
    ];
    for (id, comment, inputs) in [
        ("type-2", "an unknown type", entry(json!(2), body.clone())),
        (
            "type-text",
            "a type that is no number",
            entry(json!("0"), body.clone()),
        ),
        (
            "type-negative",
            "a negative type",
            entry(json!(-1), body.clone()),
        ),
        ("no-body", "no body", entry(json!(0), Value::Null)),
        (
            "sender-key-31-bytes",
            "a sender key of 31 bytes",
            changed("sender_key", json!(&bob.curve25519()[..42])),
        ),
        (
            "no-ciphertext",
            "no entries at all",
            changed("ciphertext", json!([])),
        ),
    ] {
        cases.push(bad(id, comment, inputs, malformed, &[]));
    }
    for (id, comment, text) in [
        (
            "body-no-base64",
            "a body that is no base64",
            format!("!{}", &text[1..]),
        ),
        (
            "body-cut",
            "a pre-key message cut short",
            text[..64].to_owned(),
        ),
        (
            "body-half-padded",
            "padding that is not full",
            half_padded(text),
        ),
    ] {
        cases.push(bad(
            id,
            comment,
            entry(json!(0), json!(text)),
            malformed,
            &["base64"],
        ));
    }
    for (id, comment, content, flags) in [
        (
            "stolen-sender-key",
            "the identity key inside is not the sender key: the one-time key stays",
            stolen,
            &["unknown-key-share"][..],
        ),
        (
            "unknown-one-time-key",
            "made with a one-time key that is not there",
            content(&bob.curve25519(), unknown_key.kind, &unknown_key.body()),
            &[],
        ),
        (
            "changed-mac",
            "one bit of the MAC flipped",
            content(&bob.curve25519(), spoilt.kind, &spoilt.body()),
            &["mac"],
        ),
        (
            "normal-without-session",
            "a normal message, and no session",
            content(&bob.curve25519(), normal.kind, &normal.body()),
            &[],
        ),
    ] {
        cases.push(bad(
            id,
            comment,
            inputs(&content),
            "olm-event.wedged",
            flags,
        ));
    }
    cases
}

fn padded(text: &str) -> String {
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}

/// One `=` of two, or one too many.
fn half_padded(text: &str) -> String {
    match text.len() % 4 {
        2 => format!("{text}="),
        3 => format!("{text}=="),
        _ => format!("{text}===="),
    }
}

fn payload(plaintext: &Value) -> Value {
    inputs(&Device::bob().encrypt(&plaintext.to_string()))
}

fn payloads() -> Vec<Case> {
    let bob = Device::bob();
    let bare = bob.bare("m.dummy", &json!({}));
    let changed = |member: &str, value: Value| {
        let mut plaintext = bare.clone();
        plaintext[member] = value;
        payload(&plaintext)
    };
    let with_keys = |keys: Value| changed("sender_device_keys", keys);
    let without = |member: &str| {
        let mut plaintext = bare.clone();
        plaintext.as_object_mut().expect("an object").remove(member);
        payload(&plaintext)
    };
    let text = |text: &str| inputs(&bob.encrypt(text));
    let unstable = {
        let mut plaintext = bare.clone();
        plaintext["org.matrix.msc4147.device_keys"] = bob.cross_signed();
        plaintext
    };
    let both = {
        let mut plaintext = unstable.clone();
        plaintext["sender_device_keys"] = bob.cross_signed();
        plaintext
    };
    let mut unknown = payload(&dummy());
    unknown["known"] = json!([]);
    let mut unknown_unstable = payload(&unstable);
    unknown_unstable["known"] = json!([]);
    let duplicate = format!("{{\"type\":\"m.dummy\",{}", &bare.to_string()[1..]);
    let mut cases = vec![
        Case::good(
            "olm-event/device-keys",
            "with the sender's device keys",
            payload(&dummy()),
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
        Case::good(
            "olm-event/device-keys-alone",
            "the device is known from the keys that came along",
            unknown,
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
        Case::good(
            "olm-event/device-keys-unstable",
            "the same under the name before MSC4147 was accepted",
            unknown_unstable,
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
        Case::good(
            "olm-event/fraction",
            "a number that signed JSON cannot hold",
            changed("content", json!({"x": 0.5})),
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
    ];
    let malformed = "payload.malformed";
    for member in [
        "type",
        "content",
        "sender",
        "recipient",
        "recipient_keys",
        "keys",
    ] {
        cases.push(bad(
            &format!("without-{}", member.replace('_', "-")),
            "a member is missing",
            without(member),
            malformed,
            &[],
        ));
    }
    for (id, comment, inputs) in [
        ("no-json", "no JSON", text("{")),
        ("array", "an array", text("[]")),
        ("duplicate-key", "a key twice", text(&duplicate)),
        ("both-names", "device keys under both names", payload(&both)),
        (
            "device-keys-text",
            "device keys that are no object",
            with_keys(json!("x")),
        ),
        (
            "ed25519-31-bytes",
            "an Ed25519 key of 31 bytes",
            changed("keys", json!({"ed25519": &bob.ed25519()[..42]})),
        ),
    ] {
        cases.push(bad(id, comment, inputs, malformed, &[]));
    }
    cases.extend([
        bad(
            "other-recipient",
            "made for another user",
            changed("recipient", json!(EVE)),
            "payload.recipient",
            &[],
        ),
        bad(
            "other-sender",
            "made by another user than the event says",
            changed("sender", json!(EVE)),
            "payload.sender",
            &["unknown-key-share"],
        ),
        bad(
            "other-recipient-key",
            "made for another device",
            changed("recipient_keys", json!({"ed25519": bob.ed25519()})),
            "payload.recipient-key",
            &[],
        ),
    ]);
    let other_keys = {
        let mut plaintext = dummy();
        plaintext["keys"]["ed25519"] = json!(Device::alice().ed25519());
        payload(&plaintext)
    };
    let mut unsigned = bob.keys();
    unsigned["signatures"] = json!({});
    let mut renamed = bob.keys();
    renamed["device_id"] = json!("OTHER");
    for (id, comment, inputs) in [
        (
            "device-keys-other-user",
            "another user's device keys",
            with_keys(Device::alice().keys()),
        ),
        (
            "device-keys-changed",
            "changed after signing",
            with_keys(renamed),
        ),
        (
            "device-keys-unsigned",
            "without its own signature",
            with_keys(unsigned),
        ),
        (
            "device-keys-other-ed25519",
            "device keys with another Ed25519 key",
            with_keys(bob.claimant(BOB, "BOB")),
        ),
        ("ed25519-other", "`keys` is not the device's", other_keys),
        (
            "bundle-without-device-keys",
            "a bundle must bring its device keys",
            payload(&bob.bare(
                "m.room_key_bundle",
                &json!({"room_id": super::ROOM, "file": {}}),
            )),
        ),
    ] {
        cases.push(bad(
            id,
            comment,
            inputs,
            "payload.device-keys",
            &["unknown-key-share"],
        ));
    }
    cases
}

fn trust() -> Vec<Case> {
    let bob = Device::bob();
    let event = |event_type: &str, known: &[&str], more: Value| {
        let content = bob.encrypt(&bob.bare(event_type, &json!({})).to_string());
        let mut inputs = json!({"sender": BOB, "content": content.to_string(), "known": known});
        for (name, value) in more.as_object().expect("an object") {
            inputs[name] = value.clone();
        }
        inputs
    };
    let dummy = |known: &[&str], more: Value| event("m.dummy", known, more);
    let strict = |state: &str| json!({"only_cross_signed": true, "states": {BOB: state}});
    let mut forwarded = event("m.dummy", &["eve"], json!({}));
    forwarded["sender"] = json!(EVE);
    let rewritten = {
        let mut plaintext = bob.bare("m.dummy", &json!({}));
        plaintext["sender"] = json!(EVE);
        let mut inputs = forwarded.clone();
        inputs["content"] = json!(bob.encrypt(&plaintext.to_string()).to_string());
        inputs
    };
    let brought_asleep = {
        let mut plaintext = bob.bare("m.dummy", &json!({}));
        plaintext["sender_device_keys"] = bob.dehydrated();
        payload(&plaintext)
    };
    let identity_keys = "payload.identity-keys";
    let share = &["unknown-key-share"][..];
    let mut cases = vec![
        bad(
            "unknown-device",
            "no device is known, and none came along",
            dummy(&[], json!({})),
            "payload.unknown-device",
            &[],
        ),
        bad(
            "device-of-another-user",
            "the key is another user's device's",
            dummy(&["eve"], json!({})),
            "payload.unknown-device",
            share,
        ),
        bad(
            "known-with-other-ed25519",
            "the known device has another Ed25519 key",
            dummy(&["bob-other-ed25519"], json!({})),
            identity_keys,
            share,
        ),
        bad(
            "passed-on",
            "Eve publishes Bob's Curve25519 key and passes his message on",
            forwarded,
            "payload.sender",
            share,
        ),
        bad(
            "passed-on-and-rewritten",
            "the same with Bob's help",
            rewritten,
            identity_keys,
            share,
        ),
        bad(
            "dehydrated",
            "from a dehydrated device",
            dummy(&["bob-dehydrated"], json!({})),
            "payload.dehydrated",
            &[],
        ),
        bad(
            "dehydrated-brought",
            "the same by the device keys that came along",
            brought_asleep,
            "payload.dehydrated",
            &[],
        ),
        Case::good(
            "olm-event/two-claim-one-key",
            "two known devices claim the Curve25519 key: the one whose Ed25519 key fits",
            dummy(&["bob-second", "bob"], json!({})),
            accepted(Some("BOB"), "device-info"),
            &[],
        ),
    ];
    for (state, trust) in [
        ("pinned", "sender-unverified"),
        ("pin-violation", "sender-unverified"),
        ("verified", "sender-verified"),
    ] {
        cases.push(Case::good(
            &format!("olm-event/strict-{state}"),
            "a cross-signed device, where only such are let in",
            dummy(&["bob"], strict(state)),
            accepted(Some("BOB"), trust),
            &[],
        ));
    }
    let by_hand = json!({
        "only_cross_signed": true, "states": {}, "locally_verified": ["BOB"],
    });
    cases.push(Case::good(
        "olm-event/strict-by-hand",
        "a device that was verified by hand",
        dummy(&["bob-unsigned"], by_hand),
        accepted(Some("BOB"), "device-info"),
        &[],
    ));
    for (id, comment, known, state) in [
        (
            "strict-unsigned",
            "not cross-signed",
            "bob-unsigned",
            "verified",
        ),
        (
            "strict-violation",
            "the user was verified, and is not",
            "bob",
            "violation",
        ),
    ] {
        cases.push(bad(
            id,
            comment,
            dummy(&[known], strict(state)),
            "payload.untrusted",
            &[],
        ));
        for (event_type, name) in [
            ("m.key.verification.request", "verification"),
            ("m.secret.request", "secret-request"),
            ("m.room_key.withheld", "withheld"),
        ] {
            let mut expected = accepted(Some("BOB"), "device-info");
            expected["type"] = json!(event_type);
            if state == "violation" {
                expected["trust"] = json!("verification-violation");
            }
            cases.push(Case::good(
                &format!("olm-event/{id}-{name}"),
                "but this type is let in",
                event(event_type, &[known], strict(state)),
                expected,
                &[],
            ));
        }
    }
    let secret = bob.bare("m.secret.send", &json!({"request_id": "1", "secret": "s"}));
    let mut secret = inputs(&bob.encrypt(&secret.to_string()));
    secret["only_cross_signed"] = json!(true);
    cases.push(bad(
        "strict-secret",
        "a secret from a device that is not cross-signed, as far as is known",
        secret,
        "payload.untrusted",
        &[],
    ));
    cases
}
