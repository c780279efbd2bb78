//! Devices of both libraries: each signs its keys, the other checks them, claims
//! a one-time key, and starts a session that both read.

mod common;

use common::{
    people::{ALICE, BOB, Person, object},
    rng::SeededRng,
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    identity::{ClaimedKey, DeviceKeys, KeysUpload, KnownDevice},
    json::Object,
    olm::{OlmMessage, PreKeyMessage},
};
use vodozemac::olm::SessionConfig;

/// What vodozemac's account signs: the canonical form is written out here.
fn signed(account: &vodozemac::olm::Account, members: &[&str]) -> Object {
    let text = format!("{{{}}}", members.join(","));
    let signature = account.sign(&text).to_base64();
    let signatures = format!(r#"{{"{BOB}":{{"ed25519:VODO":"{signature}"}}}}"#);
    object(&text).with("signatures", object(&signatures))
}

#[test]
fn its_device_is_read_here() {
    let mut rng = SeededRng::new(1);
    let alice = Person::alice();
    let mut bob = vodozemac::olm::Account::new();
    let keys = bob.identity_keys();
    let (curve, ed) = (keys.curve25519.to_base64(), keys.ed25519.to_base64());
    let device = signed(
        &bob,
        &[
            r#""algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"]"#,
            r#""device_id":"VODO""#,
            &format!(r#""keys":{{"curve25519:VODO":"{curve}","ed25519:VODO":"{ed}"}}"#),
            &format!(r#""user_id":"{BOB}""#),
        ],
    );
    let device = DeviceKeys::check(BOB, "VODO", device, KnownDevice::New).unwrap();
    assert_eq!(device.curve25519().as_bytes(), keys.curve25519.as_bytes());
    assert_eq!(device.ed25519().as_bytes(), keys.ed25519.as_bytes());

    bob.generate_one_time_keys(1);
    let (id, key) = bob.one_time_keys().into_iter().next().unwrap();
    let object = signed(&bob, &[&format!(r#""key":"{}""#, key.to_base64())]);
    let name = format!("signed_curve25519:{}", id.to_base64());
    let claimed = ClaimedKey::check(&name, &object, &device).unwrap();
    let mut session = claimed
        .start_session_with(&mut rng, &alice.account, SessionVersion::V1)
        .unwrap();
    let OlmMessage::PreKey(message) = session.encrypt_with(&mut rng, b"hello").unwrap() else {
        panic!("a session starts with a pre-key message");
    };
    let message = vodozemac::olm::PreKeyMessage::from_base64(&message.to_base64()).unwrap();
    let sender = alice.account.identity_keys().curve25519.to_base64();
    let sender = vodozemac::Curve25519PublicKey::from_base64(&sender).unwrap();
    let read = bob
        .create_inbound_session(SessionConfig::version_1(), sender, &message)
        .unwrap();
    assert_eq!(read.plaintext, b"hello");
}

#[test]
fn our_device_is_read_there() {
    let mut rng = SeededRng::new(2);
    let mut alice = Person::alice();
    alice
        .account
        .generate_one_time_keys_with(&mut rng, 1)
        .unwrap();
    let upload = KeysUpload::new(&alice.account, ALICE, "AAAAAAAAAA", Some(&alice.device));
    let keys = upload.body().get_object("one_time_keys").unwrap();
    let (_, key) = keys.iter().next().unwrap();

    // The peer verifies both objects over bytes that are written out here.
    let device = alice.device.identity_keys();
    let (curve, ed) = (device.curve25519, device.ed25519);
    let key = key.as_object().unwrap();
    let one_time = key.get_str("key").unwrap();
    for (object, text) in [
        (
            alice.device.object(),
            format!(
                r#"{{"algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"],"device_id":"AAAAAAAAAA","keys":{{"curve25519:AAAAAAAAAA":"{curve}","ed25519:AAAAAAAAAA":"{ed}"}},"user_id":"{ALICE}"}}"#
            ),
        ),
        (key, format!(r#"{{"key":"{one_time}"}}"#)),
    ] {
        let signature = object
            .get_object("signatures")
            .and_then(|all| all.get_object(ALICE)?.get_str("ed25519:AAAAAAAAAA"))
            .unwrap();
        let signature = vodozemac::Ed25519Signature::from_base64(signature).unwrap();
        let public = vodozemac::Ed25519PublicKey::from_base64(&ed.to_base64()).unwrap();
        public.verify(text.as_bytes(), &signature).unwrap();
    }

    let bob = vodozemac::olm::Account::new();
    let peers = |text: &str| vodozemac::Curve25519PublicKey::from_base64(text).unwrap();
    let mut session = bob
        .create_outbound_session(
            SessionConfig::version_1(),
            peers(&curve.to_base64()),
            peers(one_time),
        )
        .unwrap();
    let (_, body) = session.encrypt("hello").unwrap().to_parts();
    let message = PreKeyMessage::from_bytes(body).unwrap();
    let sender = Curve25519PublicKey::from_bytes(*bob.curve25519_key().as_bytes());
    let pending = alice
        .account
        .open(SessionVersion::V1, &sender, &message)
        .unwrap();
    assert_eq!(pending.plaintext(), b"hello");
}
