//! The keys of a device: what is made is read by others, and what was changed on
//! the way is refused, each for its own reason.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    mutation::mutation,
    people::{ALICE, BOB, Person, account, object},
    rng::BytesRng,
};
use necturus::{
    KeyError,
    identity::{DeviceKeys, DeviceKeysError, DeviceList, KnownDevice, Member},
    json::{CheckError, Object, Value},
    olm::Account,
};
use proptest::prelude::*;

const DEVICE: &str = "AAAAAAAAAA";

/// Of the account with the seed `a1…` and the Curve25519 key `d1…`, 32 bytes each;
/// computed with Python's cryptography and PyNaCl.
const KNOWN: &str = r#"{"algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"],"device_id":"AAAAAAAAAA","keys":{"curve25519:AAAAAAAAAA":"fmmObAT/fOZaBcblwdAzh4LSI8Y5DbIaucckFsAO720","ed25519:AAAAAAAAAA":"vHy8tWNjdfodgkNNRmck2SN39TuYBpXdSdJtDOEiBaU"},"signatures":{"@alice:example.org":{"ed25519:AAAAAAAAAA":"H/Mh8x8hukX7jJjsFA7TQNB6l/uSlW9qknopKIL5yOU2eTUssbPQ295FtEMK5/6pGGPPSK+TlACcYRUsv3MnDQ"}},"user_id":"@alice:example.org"}"#;

fn parse(object: Object) -> Result<DeviceKeys, DeviceKeysError> {
    DeviceKeys::parse(ALICE, DEVICE, object)
}

#[test]
fn known_keys_are_made_and_read() {
    let mut rng = BytesRng::new([[0xa1; 32], [0xd1; 32]].concat());
    let account = Account::new_with(&mut rng).unwrap();
    let made = DeviceKeys::new(&account, ALICE, DEVICE);
    assert_eq!(made.object().to_string(), KNOWN);

    let read = parse(object(KNOWN)).unwrap();
    assert_eq!(read, made);
    assert_eq!((read.user_id(), read.device_id()), (ALICE, DEVICE));
    assert_eq!(read.identity_keys(), account.identity_keys());
    assert!(!read.is_dehydrated());
    assert_eq!(read.display_name(), None);
}

#[test]
fn what_the_server_adds_is_kept_and_not_believed() {
    let mut named = object(KNOWN);
    named.insert("unsigned", object(r#"{"device_display_name":"phone"}"#));
    let read = parse(named.clone()).unwrap();
    assert_eq!(read.display_name(), Some("phone"));
    assert_eq!(read.object(), &named);
    for unsigned in ["1", "{}", r#"{"device_display_name":7}"#] {
        let json = KNOWN.replacen('{', &format!(r#"{{"unsigned":{unsigned},"#), 1);
        assert_eq!(parse(object(&json)).unwrap().display_name(), None);
    }
}

#[test]
fn a_dehydrated_device_says_so_and_signs_it() {
    let made = DeviceKeys::new_dehydrated(&account(1), ALICE, DEVICE);
    let read = parse(made.object().clone()).unwrap();
    assert!(read.is_dehydrated());
    let mut hidden = made.object().clone();
    hidden.remove("dehydrated");
    let refusal = DeviceKeysError::SelfSignature(CheckError::BadSignature);
    assert_eq!(parse(hidden), Err(refusal));
    let shown = DeviceKeys::new(&account(1), ALICE, DEVICE);
    let shown = shown.object().clone().with("dehydrated", true);
    assert_eq!(parse(shown), Err(refusal));
}

#[test]
fn each_thing_that_is_wrong_has_its_error() {
    let with = |from: &str, to: &str| {
        assert!(KNOWN.contains(from), "{from}");
        parse(object(&KNOWN.replace(from, to)))
    };
    for (key, member) in [
        ("user_id", Member::UserId),
        ("device_id", Member::DeviceId),
        ("algorithms", Member::Algorithms),
        ("keys", Member::Keys),
        ("signatures", Member::Signatures),
    ] {
        let malformed = Err(DeviceKeysError::Malformed { member });
        assert_eq!(with(&format!(r#""{key}":"#), r#""x":"#), malformed);
        let mut other = object(KNOWN);
        for value in [Value::Null, true.into(), 7u64.into()] {
            other.insert(key, value);
            assert_eq!(parse(other.clone()), malformed);
        }
    }
    let other = object(KNOWN).with("dehydrated", "true");
    let member = Member::Dehydrated;
    assert_eq!(parse(other), Err(DeviceKeysError::Malformed { member }));

    assert_eq!(
        DeviceKeys::parse(BOB, DEVICE, object(KNOWN)),
        Err(DeviceKeysError::OtherUser)
    );
    assert_eq!(
        DeviceKeys::parse(ALICE, "B", object(KNOWN)),
        Err(DeviceKeysError::OtherDevice)
    );
    let ed25519 = r#""ed25519:AAAAAAAAAA":"vHy8tWNjdfodgkNNRmck2SN39TuYBpXdSdJtDOEiBaU"}"#;
    for (key, error) in [
        ("7", DeviceKeysError::NoEd25519Key),
        (
            r#""""#,
            DeviceKeysError::Ed25519Key(KeyError::Length { found: 0 }),
        ),
        (r#""!""#, DeviceKeysError::Ed25519Key(KeyError::Base64)),
        (
            r#""AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
            DeviceKeysError::Ed25519Key(KeyError::SmallOrder),
        ),
        (
            r#""AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
            DeviceKeysError::Ed25519Key(KeyError::NotAPoint),
        ),
        (
            r#""RyG1tjInLmWmjdp6wltBhfiwGRbbGFwUKH25Lit3D64""#,
            DeviceKeysError::SelfSignature(CheckError::BadSignature),
        ),
    ] {
        assert_eq!(
            with(ed25519, &format!(r#""ed25519:AAAAAAAAAA":{key}}}"#)),
            Err(error)
        );
    }
    // Keys of other ids are not searched.
    assert_eq!(
        with(r#""ed25519:AAAAAAAAAA":"v"#, r#""ed25519:B":"v"#),
        Err(DeviceKeysError::NoEd25519Key)
    );
    assert_eq!(
        with("curve25519:AAAAAAAAAA", "curve25519:B"),
        Err(DeviceKeysError::NoCurve25519Key)
    );
    assert_eq!(
        with("fmmObAT/", ""),
        Err(DeviceKeysError::Curve25519Key(KeyError::Length {
            found: 26
        }))
    );
    for (from, to, error) in [
        (
            r#"{"ed25519:AAAAAAAAAA":"H/M"#,
            r#"{"ed25519:B":"H/M"#,
            CheckError::NoSignature,
        ),
        (
            r#""@alice:example.org":{"#,
            r#""@bob:example.org":{"#,
            CheckError::NoSignature,
        ),
        ("H/Mh8", "I/Mh8", CheckError::BadSignature),
        ("MnDQ\"", "MnDQ=\"", CheckError::BadSignature),
        ("\"algor", "\"n\":1.5,\"algor", CheckError::NotCanonical),
        (
            "},\"user_id",
            ",\"@x\":1},\"user_id",
            CheckError::MalformedSignatures,
        ),
    ] {
        assert_eq!(with(from, to), Err(DeviceKeysError::SelfSignature(error)));
    }
    // Full padding says the same.
    assert!(with("MnDQ\"", "MnDQ==\"").is_ok());
}

#[test]
fn a_device_never_changes_its_keys() {
    let device = |byte| DeviceKeys::new(&account(byte), ALICE, DEVICE);
    let known = device(1);
    let check = |device: &DeviceKeys, known| {
        DeviceKeys::check(ALICE, DEVICE, device.object().clone(), known)
    };
    let (stored, keys) = (KnownDevice::Stored(&known), known.identity_keys());
    let ours = KnownDevice::Ours(&keys);
    assert_eq!(check(&known, KnownDevice::New).as_ref(), Ok(&known));
    assert_eq!(check(&known, stored).as_ref(), Ok(&known));
    assert_eq!(
        check(&device(2), stored),
        Err(DeviceKeysError::SigningKeyChanged)
    );
    // The same Ed25519 key signs another Curve25519 key.
    let mut rng = BytesRng::new([[1; 32], [9; 32]].concat());
    let moved = DeviceKeys::new(&Account::new_with(&mut rng).unwrap(), ALICE, DEVICE);
    assert_eq!(
        check(&moved, stored),
        Err(DeviceKeysError::IdentityKeyChanged)
    );
    assert_eq!(check(&moved, ours), Err(DeviceKeysError::NotOurKeys));
    assert!(check(&known, ours).is_ok());
    // The wrong record is not what a device is measured by.
    let others = DeviceKeys::new(&account(1), BOB, DEVICE);
    assert!(check(&known, KnownDevice::Stored(&others)).is_err());
}

#[test]
fn a_list_of_devices_is_taken_device_by_device() {
    let alice = Person::alice();
    let answer =
        |devices: Object| Object::new().with("device_keys", Object::new().with(ALICE, devices));
    let (good, changed, gone) = (
        alice.other_device("GOOD", 1),
        alice.other_device("CHANGED", 2),
        alice.other_device("GONE", 3),
    );
    let stored = [good.clone(), changed, gone];
    let devices = Object::new()
        .with("GOOD", good.object().clone())
        .with("NEW", alice.other_device("NEW", 4).object().clone())
        .with("CHANGED", alice.other_device("CHANGED", 5).object().clone())
        .with("MOVED", good.object().clone())
        .with("NUMBER", 7u64)
        .with(DEVICE, alice.other_device(DEVICE, 6).object().clone());
    let ours = alice.account.identity_keys();
    let ours = Some((DEVICE, &ours));
    let list = DeviceList::read(&answer(devices), ALICE, &stored, ours).unwrap();
    let ids: Vec<_> = list.devices.iter().map(DeviceKeys::device_id).collect();
    assert_eq!(ids, ["GOOD", "NEW"]);
    let refused: Vec<_> = list
        .refused
        .iter()
        .map(|(id, error)| (id.as_str(), *error))
        .collect();
    assert_eq!(
        refused,
        [
            (DEVICE, DeviceKeysError::NotOurKeys),
            ("CHANGED", DeviceKeysError::SigningKeyChanged),
            ("MOVED", DeviceKeysError::OtherDevice),
            ("NUMBER", DeviceKeysError::NotAnObject),
        ]
    );
    assert_eq!(list.gone, ["GONE"]);

    // An empty answer takes all away but ours; none at all, nothing.
    let stored = [good, alice.device];
    let list = DeviceList::read(&answer(Object::new()), ALICE, &stored, ours).unwrap();
    assert_eq!(list.gone, ["GOOD"]);
    assert!(DeviceList::read(&answer(Object::new()), BOB, &stored, None).is_none());
    assert!(DeviceList::read(&object(r#"{"failures":{}}"#), ALICE, &stored, None).is_none());

    // Two devices that name one Curve25519 key are both kept.
    let mut rng = BytesRng::new([[8; 32], [1 ^ 0x0f; 32]].concat());
    let twin = DeviceKeys::new(&Account::new_with(&mut rng).unwrap(), ALICE, "TWIN");
    assert_eq!(twin.curve25519(), stored[0].curve25519());
    let devices = Object::new()
        .with("GOOD", stored[0].object().clone())
        .with("TWIN", twin.object().clone());
    let list = DeviceList::read(&answer(devices), ALICE, &stored, ours).unwrap();
    assert_eq!(list.devices.len(), 2);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        Just(Value::Object(Object::new())),
        Just(Value::parse(b"1.5").unwrap()),
    ]
}

proptest! {
    /// Whatever is done to the text, a device that is read has signed just what
    /// it shows.
    #[test]
    fn a_changed_text_is_refused_or_says_the_same(change in mutation()) {
        let changed = change.apply(KNOWN.as_bytes(), KNOWN.as_bytes());
        if let Ok(changed) = Object::parse(&changed)
            && let Ok(read) = parse(changed.clone())
        {
            let known = parse(object(KNOWN)).unwrap();
            prop_assert_eq!(changed.signing_bytes(), known.object().signing_bytes());
            prop_assert_eq!(read.identity_keys(), known.identity_keys());
        }
    }

    #[test]
    fn a_member_that_is_set_to_something_else_is_refused(
        key in prop_oneof![
            "[a-z_]{0,10}",
            Just("keys".to_owned()), Just("algorithms".to_owned()), Just("user_id".to_owned()),
            Just("device_id".to_owned()), Just("dehydrated".to_owned()),
        ],
        value in any_value(),
    ) {
        prop_assume!(key != "unsigned" && key != "signatures");
        let changed = object(KNOWN).with(&key, value);
        prop_assert!(parse(changed).is_err());
    }

    #[test]
    fn any_device_is_read_by_all(user in ".{0,40}", device in ".{0,40}", bytes: [[u8; 32]; 2]) {
        let account = Account::new_with(&mut BytesRng::new(bytes.concat())).unwrap();
        let made = DeviceKeys::new(&account, &user, &device);
        let text = made.object().to_string();
        let read = DeviceKeys::parse(&user, &device, object(&text));
        prop_assert_eq!(read.as_ref(), Ok(&made));
    }
}
