//! A to-device event counts when all that it says of itself agrees: each check
//! fails for one reason, and in the order of the specification.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::to_device::Person;
use necturus::{
    events::{KnownSender, OlmPayload, OlmPayloadError},
    identity::{DeviceKeys, IdentityState, SenderTrust, ShownIdentity},
    json::{Object, Value},
    olm::Account,
};

/// What comes of a dummy event that `spoil` changed before it was encrypted.
fn check_with(
    known: &KnownSender<'_>,
    only_cross_signed: bool,
    spoil: impl FnOnce(Object) -> Object,
) -> Result<OlmPayload, OlmPayloadError> {
    let (mut alice, bob) = people();
    let plaintext = spoil(bob.plaintext(&alice, "m.dummy", Object::new()));
    let content = bob.encrypt(&mut alice, plaintext.to_string().as_bytes());
    let decrypted = alice.decrypt(&content);
    decrypted.check(&bob.user_id, &alice.recipient(), known, only_cross_signed)
}

fn check(spoil: impl FnOnce(Object) -> Object) -> Result<OlmPayload, OlmPayloadError> {
    check_with(&KnownSender::new(&[&people().1.device]), false, spoil)
}

fn people() -> (Person, Person) {
    (Person::new("alice", 1), Person::new("bob", 2))
}

/// Another device that says it has Bob's Curve25519 key. It signs that itself.
fn claimant(user_id: &str, device_id: &str) -> DeviceKeys {
    let bob = people().1;
    let other = Account::new_with(&mut common::rng::SeededRng::new(9)).unwrap();
    let object = DeviceKeys::new(&other, user_id, device_id).object().clone();
    let mut keys = object.get_object("keys").unwrap().clone();
    keys.insert(
        &format!("curve25519:{device_id}"),
        bob.device.curve25519().to_base64(),
    );
    let mut object = object.with("keys", keys);
    object.remove("signatures");
    object
        .sign(user_id, &format!("ed25519:{device_id}"), |bytes| {
            other.sign(bytes)
        })
        .unwrap();
    DeviceKeys::parse(user_id, device_id, object).unwrap()
}

#[test]
fn a_good_event_has_an_owner() {
    let (_, bob) = people();
    let payload = check(|plaintext| plaintext).unwrap();
    assert_eq!(payload.event_type(), "m.dummy");
    assert_eq!(payload.sender(), bob.user_id);
    assert_eq!(payload.device(), Some(&bob.device));
    assert_eq!(payload.sender_keys(), bob.account.identity_keys());
    assert_eq!(payload.trust(), SenderTrust::DeviceInfo);
    assert!(!payload.is_from_own_verified_device());
}

#[test]
fn a_member_that_is_missing_is_malformed() {
    for member in [
        "type",
        "content",
        "sender",
        "recipient",
        "recipient_keys",
        "keys",
    ] {
        let refusal = check(|mut plaintext| {
            plaintext.remove(member);
            plaintext
        });
        assert_eq!(refusal.err(), Some(OlmPayloadError::Malformed { member }));
    }
    let both = check(|plaintext| {
        let keys = plaintext.get("sender_device_keys").unwrap().clone();
        plaintext.with("org.matrix.msc4147.device_keys", keys)
    });
    let member = "sender_device_keys";
    assert_eq!(both.err(), Some(OlmPayloadError::Malformed { member }));
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let (mut alice, bob) = people();
    for plaintext in [
        b"".as_slice(),
        b"[]",
        b"{",
        b"{}{}",
        b"{\"type\":1,\"type\":1}",
        b"{\"a\":\"\xff\"}",
    ] {
        let content = bob.encrypt(&mut alice, plaintext);
        let refusal = alice
            .decrypt(&content)
            .check(
                &bob.user_id,
                &alice.recipient(),
                &KnownSender::default(),
                false,
            )
            .unwrap_err();
        let member = "plaintext";
        assert_eq!(refusal, OlmPayloadError::Malformed { member });
    }
}

#[test]
fn for_another_user_is_a_wrong_recipient() {
    let refusal = check(|plaintext| plaintext.with("recipient", "@eve:example.org"));
    assert_eq!(refusal.err(), Some(OlmPayloadError::WrongRecipient));
}

#[test]
fn from_another_user_is_a_mismatched_sender() {
    let refusal = check(|plaintext| plaintext.with("sender", "@eve:example.org"));
    assert_eq!(refusal.err(), Some(OlmPayloadError::MismatchedSender));
}

#[test]
fn for_another_device_is_a_wrong_recipient_key() {
    let (_, bob) = people();
    let bobs = Object::new().with("ed25519", bob.device.ed25519().to_base64());
    let refusal = check(|plaintext| plaintext.with("recipient_keys", bobs));
    assert_eq!(refusal.err(), Some(OlmPayloadError::WrongRecipientKey));
}

#[test]
fn device_keys_that_are_not_the_senders_are_bad() {
    // Another user's, changed ones, and such with another Ed25519 key: even when
    // the stored device would do.
    let (alice, bob) = people();
    let renamed = bob.device.object().clone().with("device_id", "OTHER");
    for keys in [
        alice.device.object().clone(),
        renamed,
        claimant(&bob.user_id, "BOB").object().clone(),
        Object::new(),
    ] {
        let refusal = check(|plaintext| plaintext.with("sender_device_keys", keys));
        assert_eq!(refusal.err(), Some(OlmPayloadError::BadSenderDeviceKeys));
    }
}

#[test]
fn a_bundle_must_bring_its_device_keys() {
    for event_type in ["m.room_key_bundle", "io.element.msc4268.room_key_bundle"] {
        let refusal = check(|mut plaintext| {
            plaintext.remove("sender_device_keys");
            let content = Object::new().with("room_id", common::to_device::ROOM);
            plaintext.with("type", event_type).with("content", content)
        });
        assert_eq!(refusal.err(), Some(OlmPayloadError::BadSenderDeviceKeys));
    }
}

#[test]
fn a_stored_device_with_another_ed25519_key_is_a_mismatch() {
    let (_, bob) = people();
    let other = claimant(&bob.user_id, "BOB");
    let refusal = check_with(&KnownSender::new(&[&other]), false, |plaintext| plaintext);
    assert_eq!(refusal.err(), Some(OlmPayloadError::MismatchedIdentityKeys));
    // Beside it, the true one is found, in whatever order they are stored.
    for devices in [[&other, &bob.device], [&bob.device, &other]] {
        let payload = check_with(&KnownSender::new(&devices), false, |plaintext| plaintext);
        assert_eq!(payload.unwrap().device(), Some(&bob.device));
    }
}

#[test]
fn mallory_cannot_pass_bobs_message_on_as_hers() {
    // She publishes Bob's Curve25519 key, and the server changes the sender.
    let (mut alice, bob) = people();
    let mallory = claimant("@mallory:example.org", "MALLORY");
    let devices = [&mallory];
    let known = KnownSender::new(&devices);
    let mut plaintext = bob.plaintext(&alice, "m.dummy", Object::new());
    let content = bob.encrypt(&mut alice, plaintext.to_string().as_bytes());
    let refusal = alice
        .decrypt(&content)
        .check(mallory.user_id(), &alice.recipient(), &known, false)
        .unwrap_err();
    assert_eq!(refusal, OlmPayloadError::MismatchedSender);

    // Even if Bob helped, the keys give them away.
    plaintext.insert("sender", mallory.user_id());
    plaintext.remove("sender_device_keys");
    let content = bob.encrypt(&mut alice, plaintext.to_string().as_bytes());
    let refusal = alice
        .decrypt(&content)
        .check(mallory.user_id(), &alice.recipient(), &known, false)
        .unwrap_err();
    assert_eq!(refusal, OlmPayloadError::MismatchedIdentityKeys);
}

#[test]
fn a_device_that_nobody_knows_is_unknown() {
    let refusal = check_with(&KnownSender::default(), false, |mut plaintext| {
        plaintext.remove("sender_device_keys");
        plaintext
    });
    assert_eq!(refusal.err(), Some(OlmPayloadError::UnknownDevice));
}

#[test]
fn a_dehydrated_device_never_sends() {
    let (_, bob) = people();
    let asleep = DeviceKeys::new_dehydrated(&bob.account, &bob.user_id, "BOB");
    let stored = check_with(&KnownSender::new(&[&asleep]), false, |plaintext| plaintext);
    assert_eq!(stored.err(), Some(OlmPayloadError::DehydratedSender));
    let brought = check(|plaintext| plaintext.with("sender_device_keys", asleep.object().clone()));
    assert_eq!(brought.err(), Some(OlmPayloadError::DehydratedSender));
}

#[test]
fn with_only_cross_signed_others_are_untrusted() {
    let (_, bob) = people();
    let unsigned = bob.unsigned_device();
    let identity = bob.identity.as_user();
    let shown = |state| ShownIdentity::new(identity, state);
    let without = |mut plaintext: Object| {
        plaintext.remove("sender_device_keys");
        plaintext
    };
    let (devices, unsigned_devices) = ([&bob.device], [&unsigned]);
    let (signed, unsigned) = (
        KnownSender::new(&devices),
        KnownSender::new(&unsigned_devices),
    );

    let pinned = signed.with_identity(shown(IdentityState::Pinned));
    assert!(check_with(&pinned, true, without).is_ok());
    for (known, trust) in [
        (signed, SenderTrust::DeviceInfo),
        (
            unsigned.with_identity(shown(IdentityState::Verified)),
            SenderTrust::DeviceInfo,
        ),
        (
            signed.with_identity(shown(IdentityState::VerificationViolation)),
            SenderTrust::VerificationViolation,
        ),
    ] {
        let refusal = check_with(&known, true, without).err();
        assert_eq!(refusal, Some(OlmPayloadError::UntrustedSender { trust }));
        assert!(check_with(&known, false, without).is_ok());
        // What makes up its own mind.
        for exempt in [
            "m.key.verification.request",
            "m.secret.request",
            "m.room_key.withheld",
        ] {
            let payload = check_with(&known, true, |plaintext| plaintext.with("type", exempt));
            assert!(payload.is_ok(), "{exempt}");
        }
        // Verified by hand.
        let by_hand = known.with_locally_verified(&["BOB"]);
        assert!(check_with(&by_hand, true, without).is_ok());
    }
}

#[test]
fn secrets_are_not_printed() {
    let (mut alice, bob) = people();
    let content = Object::new()
        .with("request_id", "1")
        .with("secret", "swordfish");
    let plaintext = bob.plaintext(&alice, "m.secret.send", content);
    assert!(plaintext.to_string().contains("swordfish"));
    let encrypted = bob.encrypt(&mut alice, plaintext.to_string().as_bytes());
    let decrypted = alice.decrypt(&encrypted);
    assert!(!format!("{decrypted:?}").contains("swordfish"));
    let known = KnownSender::default();
    let payload = decrypted
        .check(&bob.user_id, &alice.recipient(), &known, false)
        .unwrap();
    assert!(!format!("{payload:?} {:?}", payload.content()).contains("swordfish"));
    let secret = payload.content().expose_secret().get("secret");
    assert_eq!(secret.and_then(Value::as_str), Some("swordfish"));
}
