//! Signed JSON: each checks what the other signed, byte for byte the same
//! canonical form.

use matrix_sdk_crypto::{olm::Account, types::DeviceKeys, vodozemac};
use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    json::{CheckError, Object},
};
use serde_json::{Value, json};

const USER: &str = "@alice:example.org";
const KEY_ID: &str = "ed25519:PHONE";

fn object(json: &Value) -> Object {
    Object::parse(json.to_string().as_bytes()).unwrap()
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).unwrap()
}

/// Device keys of ours, with members that are hard to write canonically.
fn our_device_keys(key: &Ed25519SigningKey) -> Value {
    let mut keys = object(&json!({
        "user_id": USER,
        "device_id": "PHONE",
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": {
            "curve25519:PHONE": "xfgbLIC5WAl1OIkpOzoxpCe8FsRDT6nch7NQsOb15nc",
            KEY_ID: key.public_key().to_base64(),
        },
        "unsigned": {"device_display_name": "A phone", "age": 1},
        "hard": hard(),
    }));
    keys.sign(USER, KEY_ID, |bytes| key.sign(bytes)).unwrap();
    value(&keys)
}

/// Escapes, orders of keys that differ between UTF-8 and UTF-16, and the
/// largest numbers.
fn hard() -> Value {
    json!({
        "": null,
        "ｚ": 1, "😀": 2, "é": 3, "z": 4, "Z": 5, "\u{1}": 6, "\"\\/": 7,
        "text": "\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}\u{80}\u{2028}\u{2029}é😀",
        "numbers": [0, -1, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64],
        "nested": [[], {}, [{"b": true, "a": false}]],
    })
}

#[test]
fn they_check_what_we_sign() {
    let key = Ed25519SigningKey::from_seed(&[7; 32]);
    let signed = our_device_keys(&key);
    let check = |json: &Value| {
        let keys: DeviceKeys = serde_json::from_value(json.clone()).unwrap();
        keys.check_self_signature().is_ok()
    };
    assert!(check(&signed));
    // Neither covers what the server added.
    let mut changed = signed.clone();
    changed["unsigned"] = json!({"device_display_name": "Another"});
    assert!(check(&changed));
    // Where a fraction stands that nobody signed, the peer gives up.
    changed["unsigned"]["age"] = json!(1.5);
    assert!(!check(&changed));
    let ours = object(&changed).check_signature(USER, KEY_ID, &key.public_key());
    assert_eq!(ours, Ok(()));
    for (pointer, value) in [
        ("/hard/z", json!(5)),
        ("/hard/text", json!("")),
        ("/device_id", json!("TABLET")),
        ("/algorithms/0", json!("m.olm.v2")),
    ] {
        let mut changed = signed.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(!check(&changed), "{pointer}");
        let ours = object(&changed).check_signature(USER, KEY_ID, &key.public_key());
        assert_eq!(ours, Err(CheckError::BadSignature), "{pointer}");
    }
}

#[test]
fn we_check_what_they_sign() {
    let ids = our_device_keys(&Ed25519SigningKey::from_seed(&[7; 32]));
    let ids: DeviceKeys = serde_json::from_value(ids).unwrap();
    let account = Account::with_device_id(&ids.user_id, &ids.device_id);
    let their_keys = account.device_keys();
    let key =
        Ed25519PublicKey::from_base64(&their_keys.ed25519_key().unwrap().to_base64()).unwrap();
    let signed = object(&serde_json::to_value(&their_keys).unwrap());
    assert_eq!(signed.check_signature(USER, KEY_ID, &key), Ok(()));
    assert_eq!(
        signed.check_signature(USER, "ed25519:TABLET", &key),
        Err(CheckError::NoSignature)
    );

    // Any object: the bytes that we sign are those that they signed.
    let mut hard = object(&hard());
    let signature: vodozemac::Ed25519Signature = account
        .sign_json(serde_json::from_value(value(&hard)).unwrap())
        .unwrap();
    hard.sign(USER, KEY_ID, |_| {
        necturus::Ed25519Signature::from_bytes(signature.to_bytes())
    })
    .unwrap();
    assert_eq!(hard.check_signature(USER, KEY_ID, &key), Ok(()));
    hard.insert("z", 5i64);
    assert_eq!(
        hard.check_signature(USER, KEY_ID, &key),
        Err(CheckError::BadSignature)
    );
}
