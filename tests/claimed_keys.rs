//! One-time and fallback keys: what is uploaded can be claimed, and starts a
//! session with the device that signed it, and with no other.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    people::{ALICE, BOB, Person, object},
    rng::SeededRng,
};
use necturus::{
    KeyError, SessionVersion,
    identity::{ClaimError, ClaimedKey, DeviceKeys, KeysUpload},
    json::{CheckError, Object, Value},
    olm::OlmMessage,
};
use proptest::prelude::*;

const V1: SessionVersion = SessionVersion::V1;

/// The only member of an object.
fn only(object: &Object) -> (&str, &Value) {
    let mut members = object.iter();
    let member = members.next().unwrap();
    assert!(members.next().is_none());
    member
}

fn answer(device: &DeviceKeys, name: &str, key: impl Into<Value>) -> Object {
    let keys = Object::new().with(name, key);
    let devices = Object::new().with(device.device_id(), keys);
    Object::new().with(
        "one_time_keys",
        Object::new().with(device.user_id(), devices),
    )
}

/// Known objects of the account with the seed `a1…`; computed with Python's
/// cryptography and PyNaCl.
const ONE_TIME: &str = r#"{"key":"qvshBlO492U+54OgEKzY5rHlOTxJvnfMjWd9kiq9YGg","signatures":{"@alice:example.org":{"ed25519:AAAAAAAAAA":"TAoSw09s0y6G4qD87rlhDikYR2hblI5ELTr5vGbuDERIkbqfQgo92nD2HlBZ49cIyEFLTSvCZqKxnV57QiX2Bw"}}}"#;
const FALLBACK: &str = r#"{"fallback":true,"key":"xocTXx4RjG+F6u/qfkqED8H3NhTRajmysCZ0qwIswTE","signatures":{"@alice:example.org":{"ed25519:AAAAAAAAAA":"Tq/rASRpvpe7hN/kfF9MAiUeI+5gDQ2fQZgSlTgPbdOGUt4iPNJ7/9dTMs2ftG3Z39vynYLuV24zdnFtqXFeBw"}}}"#;

fn alice() -> DeviceKeys {
    // Its account has the seed `a1…`.
    let mut rng = common::rng::BytesRng::new([[0xa1; 32], [0xd1; 32]].concat());
    let account = necturus::olm::Account::new_with(&mut rng).unwrap();
    DeviceKeys::new(&account, ALICE, "AAAAAAAAAA")
}

#[test]
fn known_keys_are_claimed() {
    let name = "signed_curve25519:AAAAAQ";
    let key = ClaimedKey::check(name, &object(ONE_TIME), &alice()).unwrap();
    assert_eq!((key.id(), key.is_fallback()), ("AAAAAQ", false));
    assert_eq!(
        key.key().to_base64(),
        "qvshBlO492U+54OgEKzY5rHlOTxJvnfMjWd9kiq9YGg"
    );
    let key = ClaimedKey::check(name, &object(FALLBACK), &alice()).unwrap();
    assert!(key.is_fallback());
}

#[test]
fn what_is_uploaded_starts_a_session() {
    let mut rng = SeededRng::new(1);
    let (alice, mut bob) = (Person::alice(), Person::bob());
    bob.account
        .generate_one_time_keys_with(&mut rng, 1)
        .unwrap();
    bob.account.generate_fallback_key_with(&mut rng).unwrap();
    let upload = KeysUpload::new(&bob.account, BOB, "BBBBBBBBBB", Some(&bob.device));
    let body = upload.body();
    assert_eq!(body.len(), 3);
    assert_eq!(body.get_object("device_keys"), Some(bob.device.object()));

    for (map, fallback) in [("one_time_keys", false), ("fallback_keys", true)] {
        let (name, key) = only(body.get_object(map).unwrap());
        let claimed = ClaimedKey::find(&answer(&bob.device, name, key.clone()), &bob.device);
        let claimed = claimed.unwrap();
        assert_eq!(claimed.is_fallback(), fallback);
        let mut session = claimed
            .start_session_with(&mut rng, &alice.account, V1)
            .unwrap();
        let OlmMessage::PreKey(message) = session.encrypt_with(&mut rng, b"hello").unwrap() else {
            panic!("a session starts with a pre-key message");
        };
        let sender = alice.account.identity_keys().curve25519;
        let pending = bob.account.open(V1, &sender, &message).unwrap();
        let (_, plaintext) = pending.accept(&mut bob.account).unwrap();
        assert_eq!(plaintext, b"hello");
    }
}

#[test]
fn only_what_was_uploaded_is_marked() {
    let mut rng = SeededRng::new(2);
    let mut bob = Person::bob();
    let upload = |bob: &Person| KeysUpload::new(&bob.account, BOB, "BBBBBBBBBB", None);
    assert!(upload(&bob).is_empty());
    bob.account
        .generate_one_time_keys_with(&mut rng, 3)
        .unwrap();
    bob.account.generate_fallback_key_with(&mut rng).unwrap();
    let first = upload(&bob);
    // The answer is lost: the same again.
    assert_eq!(upload(&bob).body(), first.body());

    // More are made while the first are on their way.
    bob.account
        .generate_one_time_keys_with(&mut rng, 2)
        .unwrap();
    bob.account.generate_fallback_key_with(&mut rng).unwrap();
    first.mark_published(&mut bob.account);
    let second = upload(&bob);
    assert_eq!(second.body().get_object("one_time_keys").unwrap().len(), 2);
    assert_eq!(second.body().get_object("fallback_keys").unwrap().len(), 1);
    second.mark_published(&mut bob.account);
    assert!(upload(&bob).is_empty());
}

#[test]
fn each_thing_that_is_wrong_has_its_error() {
    let device = alice();
    let name = "signed_curve25519:AAAAAQ";
    let check = |json: &str| ClaimedKey::check(name, &object(json), &device).err();
    let changed = |from: &str, to: &str| {
        assert!(ONE_TIME.contains(from), "{from}");
        check(&ONE_TIME.replace(from, to))
    };
    let signature = |error| Some(ClaimError::Signature(error));
    for bare in [
        "curve25519:AAAAAQ",
        "signed_curve25519",
        "",
        "signed_curve25519 :A",
    ] {
        let refusal = ClaimedKey::check(bare, &object(ONE_TIME), &device).err();
        assert_eq!(refusal, Some(ClaimError::Algorithm), "{bare}");
    }
    assert_eq!(changed("\"key\"", "\"k\""), Some(ClaimError::Malformed));
    assert_eq!(
        changed("qvsh", "q"),
        Some(ClaimError::Key(KeyError::Length { found: 30 }))
    );
    assert_eq!(
        changed("qvsh", "!vsh"),
        Some(ClaimError::Key(KeyError::Base64))
    );
    assert_eq!(changed("qvsh", "rvsh"), signature(CheckError::BadSignature));
    assert_eq!(
        changed("{\"key", "{\"fallback\":true,\"key"),
        signature(CheckError::BadSignature)
    );
    assert_eq!(
        changed("{\"key", "{\"fallback\":1,\"key"),
        Some(ClaimError::Malformed)
    );
    assert_eq!(
        changed("ed25519:AAAAAAAAAA", "ed25519:B"),
        signature(CheckError::NoSignature)
    );
    assert_eq!(
        changed("@alice", "@bob"),
        signature(CheckError::NoSignature)
    );
    let no_flag = FALLBACK.replace("\"fallback\":true,", "");
    assert_eq!(check(&no_flag), signature(CheckError::BadSignature));

    // The stored key decides, not one that somebody gives.
    let other = Person::alice().device;
    assert_eq!(
        ClaimedKey::check(name, &object(ONE_TIME), &other).err(),
        signature(CheckError::BadSignature)
    );
}

#[test]
fn an_answer_is_searched_for_what_was_asked() {
    let device = alice();
    let find = |answer: &Object| ClaimedKey::find(answer, &device).err();
    let name = "signed_curve25519:AAAAAQ";
    assert_eq!(find(&answer(&device, name, object(ONE_TIME))), None);
    let others = answer(&Person::bob().device, name, object(ONE_TIME));
    assert_eq!(find(&others), Some(ClaimError::NoKey));
    for (json, error) in [
        ("{}", ClaimError::Malformed),
        (r#"{"one_time_keys":[]}"#, ClaimError::Malformed),
        (r#"{"one_time_keys":{}}"#, ClaimError::NoKey),
        (
            r#"{"one_time_keys":{"@alice:example.org":7}}"#,
            ClaimError::Malformed,
        ),
        (
            r#"{"one_time_keys":{"@alice:example.org":{}}}"#,
            ClaimError::NoKey,
        ),
        (
            r#"{"one_time_keys":{"@alice:example.org":{"AAAAAAAAAA":{}}}}"#,
            ClaimError::NoKey,
        ),
        (
            r#"{"one_time_keys":{"@alice:example.org":{"AAAAAAAAAA":"x"}}}"#,
            ClaimError::Malformed,
        ),
        (
            r#"{"one_time_keys":{"@alice:example.org":{"AAAAAAAAAA":{"curve25519:A":"x"}}}}"#,
            ClaimError::Malformed,
        ),
        (
            r#"{"one_time_keys":{"@alice:example.org":{"AAAAAAAAAA":{"curve25519:A":{}}}}}"#,
            ClaimError::Algorithm,
        ),
    ] {
        assert_eq!(find(&object(json)), Some(error), "{json}");
    }
    // Two keys where one was asked for.
    let keys = Object::new()
        .with(name, object(ONE_TIME))
        .with("signed_curve25519:AAAAAg", object(FALLBACK));
    let devices = Object::new().with("AAAAAAAAAA", keys);
    let two = Object::new().with("one_time_keys", Object::new().with(ALICE, devices));
    assert_eq!(find(&two), Some(ClaimError::Malformed));
}

proptest! {
    #[test]
    fn a_changed_key_starts_nothing(change in common::mutation::mutation()) {
        let changed = change.apply(FALLBACK.as_bytes(), ONE_TIME.as_bytes());
        if let Ok(changed) = Object::parse(&changed)
            && let Ok(key) = ClaimedKey::check("signed_curve25519:A", &changed, &alice())
        {
            let known = [FALLBACK, ONE_TIME].map(|json| object(json).signing_bytes());
            prop_assert!(known.contains(&changed.signing_bytes()));
            prop_assert_eq!(key.is_fallback(), changed.get("fallback").is_some());
        }
    }
}
