//! Cross-signing: a chain of signatures that holds, and none that only looks so.

mod common;

use common::{
    mutation::mutation,
    people::{ALICE, BOB, Person, keys, object},
    rng::{BytesRng, FailingRng},
};
use necturus::{
    Ed25519SigningKey, KeyError,
    identity::{
        CrossSigningKeys, DeviceKeys, IdentityError, ImportKeyError, KeyRole, MasterKey,
        NewSignature, OwnIdentity, SelfSigningKey, UserIdentity, UserSigningKey,
    },
    json::{CheckError, Object},
};
use proptest::prelude::*;

/// Of the seeds `a2…`, `a3…` and `a5…`, 32 bytes each; computed with Python's
/// cryptography and PyNaCl.
const MASTER: &str = r#"{"keys":{"ed25519:Zej5sLxurhJBafBXb5c2LSlajPX3cLReFDV85kfTPuw":"Zej5sLxurhJBafBXb5c2LSlajPX3cLReFDV85kfTPuw"},"usage":["master"],"user_id":"@alice:example.org"}"#;
const SELF_SIGNING: &str = r#"{"keys":{"ed25519:rPErSswcZgqDJq7TQDnvtyil5JZIgkD1CpMqt6ulF1E":"rPErSswcZgqDJq7TQDnvtyil5JZIgkD1CpMqt6ulF1E"},"signatures":{"@alice:example.org":{"ed25519:Zej5sLxurhJBafBXb5c2LSlajPX3cLReFDV85kfTPuw":"CPUU7Sl84kXs4Cs3nvXXJkJuVMO42tbmqR2RyzDWtQJLuieP77ucqIBFdbDc5EMjS+NTL97VorW27g/D0msXBg"}},"usage":["self_signing"],"user_id":"@alice:example.org"}"#;
const USER_SIGNING: &str = r#"{"keys":{"ed25519:KeWDOpFaZCmk46eUhHXDOO9Dbrgr6JyS8FlwRAPbnVU":"KeWDOpFaZCmk46eUhHXDOO9Dbrgr6JyS8FlwRAPbnVU"},"signatures":{"@alice:example.org":{"ed25519:Zej5sLxurhJBafBXb5c2LSlajPX3cLReFDV85kfTPuw":"P6HXITacltfz7BRK/m4es6mGIxMSdZICr0FkKLrbUwTdExCAjVm+6IqsIclHg0/sOUnbkTi2T5mMrR8EK6jCCg"}},"usage":["user_signing"],"user_id":"@alice:example.org"}"#;

fn parse(master: &str, self_signing: &str) -> Result<UserIdentity, IdentityError> {
    UserIdentity::parse(ALICE, object(master), object(self_signing))
}

#[test]
fn known_keys_are_made_and_read() {
    let mut rng = BytesRng::new([[0xa2; 32], [0xa3; 32], [0xa5; 32]].concat());
    let keys = CrossSigningKeys::new_with(&mut rng, ALICE).unwrap();
    assert_eq!(rng.left(), 0);
    let made = keys.public_identity();
    let (master, own) = (made.as_user().master_object(), made.upload());
    assert_eq!(master.to_string(), MASTER);
    assert_eq!(own.get_object("master_key"), Some(master));
    assert_eq!(
        own.get("self_signing_key").unwrap().to_string(),
        SELF_SIGNING
    );
    assert_eq!(
        own.get("user_signing_key").unwrap().to_string(),
        USER_SIGNING
    );
    assert_eq!(own.len(), 3);

    let read = OwnIdentity::parse(
        ALICE,
        object(MASTER),
        object(SELF_SIGNING),
        object(USER_SIGNING),
    );
    assert_eq!(read.as_ref(), Ok(&made));
    assert_eq!(parse(MASTER, SELF_SIGNING).as_ref(), Ok(made.as_user()));
    let answer = Object::new()
        .with("master_keys", Object::new().with(ALICE, object(MASTER)))
        .with(
            "self_signing_keys",
            Object::new().with(ALICE, object(SELF_SIGNING)),
        );
    assert_eq!(
        UserIdentity::find(&answer, ALICE),
        Ok(Some(made.as_user().clone()))
    );
    assert_eq!(UserIdentity::find(&answer, BOB), Ok(None));
    assert_eq!(OwnIdentity::find(&answer, ALICE), Ok(None));
    let answer = answer.with(
        "user_signing_keys",
        Object::new().with(ALICE, object(USER_SIGNING)),
    );
    assert_eq!(OwnIdentity::find(&answer, ALICE), Ok(Some(made)));
}

#[test]
fn keys_need_randomness_and_differ() {
    assert!(CrossSigningKeys::new_with(&mut FailingRng, ALICE).is_err());
    assert!(CrossSigningKeys::new_with(&mut BytesRng::new([1; 95]), ALICE).is_err());
    assert!(CrossSigningKeys::new_with(&mut BytesRng::new([1; 96]), ALICE).is_err());
    for [a, b, c] in [[1, 1, 2], [1, 2, 1], [2, 1, 1]] {
        let seeds = [&[a; 32], &[b; 32], &[c; 32]];
        assert_eq!(
            CrossSigningKeys::from_seeds(ALICE, seeds).err(),
            Some(IdentityError::SameKey)
        );
    }
}

#[test]
fn the_whole_chain_holds_and_each_link_is_needed() {
    let (alice, bob) = (Person::alice(), Person::bob());
    let mut seen = bob.seen();
    assert!(!alice.own.has_signed(&seen));
    alice.sign(&mut seen);
    assert!(alice.own.has_signed(&seen));
    assert!(seen.has_signed(&bob.device));
    assert!(!seen.has_signed(&bob.other_device("OTHER", 1)));
    // Read again from what was stored, and signed under the same master key.
    let again = UserIdentity::parse(
        BOB,
        seen.master_object().clone(),
        seen.self_signing_object().clone(),
    );
    assert!(alice.own.has_signed(&again.unwrap()));
    // Another identity of Bob's is not signed, and did not sign.
    let other = keys(BOB, 0x10).public_identity();
    assert!(!alice.own.has_signed(other.as_user()));
    assert!(!other.as_user().has_signed(&bob.device));
    // We sign others; our own master key by it is no verification.
    let mut ours = alice.own.as_user().master_object().clone();
    let signer = Ed25519SigningKey::from_seed(&[0xa3; 32]);
    assert_eq!(signer.public_key(), alice.own.user_signing_key());
    let key_id = format!("ed25519:{}", signer.public_key());
    ours.sign(ALICE, &key_id, |bytes| signer.sign(bytes))
        .unwrap();
    let object = alice.own.as_user().self_signing_object().clone();
    let ours = UserIdentity::parse(ALICE, ours, object).unwrap();
    assert!(!alice.own.has_signed(&ours));
    // Nor did another identity of ours sign Bob.
    assert!(!keys(ALICE, 0x20).public_identity().has_signed(&seen));
}

#[test]
fn uploads_carry_the_new_signature_alone() {
    let alice = Person::alice();
    let mut device = alice.other_device("NEW", 7);
    let signature = alice
        .keys
        .self_signing
        .sign_device(&mut device, &alice.own)
        .unwrap();
    assert!(alice.own.as_user().has_signed(&device));
    assert_eq!((signature.user_id(), signature.key_name()), (ALICE, "NEW"));
    let signatures = signature.object().get_object("signatures").unwrap();
    let of_alice = signatures.get_object(ALICE).unwrap();
    assert_eq!((signatures.len(), of_alice.len()), (1, 1));
    assert_eq!(
        signature.object().signing_bytes(),
        device.object().signing_bytes()
    );
    assert_eq!(
        device
            .object()
            .get_object("signatures")
            .unwrap()
            .get_object(ALICE)
            .unwrap()
            .len(),
        2
    );

    // What the server said of the device is not sent back.
    let named = signature.object().clone();
    let named = named
        .with("unsigned", object(r#"{"device_display_name":"phone"}"#))
        .with(
            "signatures",
            device.object().get("signatures").unwrap().clone(),
        );
    let mut named = DeviceKeys::parse(ALICE, "NEW", named).unwrap();
    let again = alice
        .keys
        .self_signing
        .sign_device(&mut named, &alice.own)
        .unwrap();
    assert_eq!(again.object(), signature.object());
    assert_eq!(named.display_name(), Some("phone"));

    let mut bob = Person::bob().seen();
    let user = alice
        .keys
        .user_signing
        .sign_user(&mut bob, ["BBBBBBBBBB"], &alice.own)
        .unwrap();
    assert_eq!(
        (user.user_id(), user.key_name()),
        (BOB, bob.master_key().to_base64().as_str())
    );
    let mut own = alice.own.clone();
    let master = own.sign_with_device(&alice.account, "AAAAAAAAAA").unwrap();
    assert!(own.as_user().is_signed_by_device(&alice.device));
    assert!(
        !own.as_user()
            .is_signed_by_device(&alice.other_device("AAAAAAAAAA", 9))
    );
    assert!(!own.as_user().is_signed_by_device(&Person::bob().device));

    let body = NewSignature::upload([signature.clone(), user.clone(), master.clone()]);
    let of_alice = body.get_object(ALICE).unwrap();
    assert_eq!((body.len(), of_alice.len()), (2, 2));
    assert_eq!(of_alice.get_object("NEW"), Some(signature.object()));
    assert_eq!(
        of_alice.get_object(master.key_name()),
        Some(master.object())
    );
    assert_eq!(
        body.get_object(BOB).unwrap().get_object(user.key_name()),
        Some(user.object())
    );
}

#[test]
fn a_private_key_is_taken_in_for_the_key_that_is_published() {
    let alice = Person::alice();
    let secrets = [
        alice.keys.master.to_secret(),
        alice.keys.self_signing.to_secret(),
        alice.keys.user_signing.to_secret(),
    ];
    let own = &alice.own;
    let import = |secret: &str| {
        [
            MasterKey::import(secret, own).err(),
            SelfSigningKey::import(secret, own).err(),
            UserSigningKey::import(secret, own).err(),
        ]
    };
    let wrong = Some(ImportKeyError::NotThePublishedKey);
    assert_eq!(import(&secrets[0]), [None, wrong, wrong]);
    assert_eq!(import(&secrets[1]), [wrong, None, wrong]);
    assert_eq!(import(&format!("{}=", *secrets[2])), [wrong, wrong, None]);
    for secret in [
        "",
        "AAAA",
        "!",
        &secrets[0][1..],
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
    ] {
        assert_eq!(
            import(secret),
            [Some(ImportKeyError::NotASeed); 3],
            "{secret}"
        );
    }
    // Taken in, it signs as before.
    let key = SelfSigningKey::import(&secrets[1], own).unwrap();
    let mut device = alice.other_device("NEW", 1);
    key.sign_device(&mut device, own).unwrap();
    assert!(own.as_user().has_signed(&device));
    assert_eq!(
        SelfSigningKey::ROLE.secret_name(),
        "m.cross_signing.self_signing"
    );
}

#[test]
fn the_master_key_signs_a_backup() {
    let alice = Person::alice();
    let mut data = object(r#"{"public_key":"abc"}"#);
    alice.keys.master.sign_object(&mut data).unwrap();
    let key = alice.keys.master.public_key();
    data.check_signature(ALICE, &format!("ed25519:{key}"), &key)
        .unwrap();
}

#[test]
fn each_thing_that_is_wrong_has_its_error() {
    let master = |from: &str, to: &str| {
        assert!(MASTER.contains(from), "{from}");
        parse(&MASTER.replace(from, to), SELF_SIGNING).err()
    };
    let role = KeyRole::Master;
    let key = "Zej5sLxurhJBafBXb5c2LSlajPX3cLReFDV85kfTPuw";
    let error = |error| Some(IdentityError::Key { role, error });
    let malformed = Some(IdentityError::Malformed { role });
    for (from, to) in [
        ("\"user_id\"", "\"x\""),
        ("\"usage\"", "\"x\""),
        ("\"keys\"", "\"x\""),
        ("[\"master\"]", "\"master\""),
        (&format!(":\"{key}\""), ":7"),
        ("\"usage\"", "\"signatures\":[],\"usage\""),
        ("\"usage\"", "\"signatures\":{\"@x\":1},\"usage\""),
        ("\"usage\"", "\"x\":1.5,\"usage\""),
    ] {
        assert_eq!(master(from, to), malformed, "{to}");
    }
    assert_eq!(
        master("@alice", "@bob"),
        Some(IdentityError::OtherUser { role })
    );
    let usage = Some(IdentityError::Usage { role });
    for other in [
        "[]",
        "[\"self_signing\"]",
        "[\"master\",\"master\"]",
        "[7]",
        "[\"master \"]",
    ] {
        assert_eq!(master("[\"master\"]", other), usage, "{other}");
    }
    let name = Some(IdentityError::KeyName { role });
    let member = format!("\"ed25519:{key}\":\"{key}\"");
    for other in [
        String::new(),
        format!("{member},\"ed25519:x\":\"{key}\""),
        format!("\"ed25519:x\":\"{key}\""),
        format!("\"{key}\":\"{key}\""),
        format!("\"ed25519:{key}=\":\"{key}\""),
    ] {
        assert_eq!(master(&member, &other), name, "{other}");
    }
    assert!(
        parse(
            &MASTER.replace(&format!(":\"{key}\""), &format!(":\"{key}=\"")),
            SELF_SIGNING
        )
        .is_ok()
    );
    let value = |text: &str| master(&format!(":\"{key}\""), &format!(":\"{text}\""));
    assert_eq!(value("!"), error(KeyError::Base64));
    assert_eq!(value("AAAA"), error(KeyError::Length { found: 3 }));
    assert_eq!(
        value("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        error(KeyError::SmallOrder)
    );

    let role = KeyRole::SelfSigning;
    let signature = |from: &str, to: &str| parse(MASTER, &SELF_SIGNING.replace(from, to)).err();
    for (from, to, error) in [
        ("\"signatures\"", "\"s\"", CheckError::NoSignature),
        ("\"CPUU", "\"DPUU", CheckError::BadSignature),
        ("\"usage\"", "\"x\":1,\"usage\"", CheckError::BadSignature),
    ] {
        assert_eq!(
            signature(from, to),
            Some(IdentityError::Signature { role, error })
        );
    }
    let other = keys(ALICE, 0x50).public_identity();
    let other = other.as_user().master_object().to_string();
    let error = CheckError::NoSignature;
    assert_eq!(
        parse(&other, SELF_SIGNING).err(),
        Some(IdentityError::Signature { role, error })
    );
    // Parts of an identity in each other's place.
    assert_eq!(
        parse(SELF_SIGNING, MASTER).err(),
        Some(IdentityError::Usage {
            role: KeyRole::Master
        })
    );
    assert_eq!(
        parse(MASTER, USER_SIGNING).err(),
        Some(IdentityError::Usage { role })
    );
    assert_eq!(
        OwnIdentity::parse(
            ALICE,
            object(MASTER),
            object(SELF_SIGNING),
            object(SELF_SIGNING)
        )
        .err(),
        Some(IdentityError::Usage {
            role: KeyRole::UserSigning
        })
    );
}

/// The peer's Ed25519 finds our signatures good, over bytes that are written out
/// here.
#[test]
fn a_peer_verifies_the_chain() {
    let alice = Person::alice();
    let object = alice.own.as_user().self_signing_object();
    let (master, key) = (alice.seen().master_key(), alice.seen().self_signing_key());
    let bytes = format!(
        r#"{{"keys":{{"ed25519:{key}":"{key}"}},"usage":["self_signing"],"user_id":"{ALICE}"}}"#
    );
    let signature = object
        .get_object("signatures")
        .and_then(|all| all.get_object(ALICE)?.get_str(&format!("ed25519:{master}")))
        .unwrap();
    let peer = vodozemac::Ed25519PublicKey::from_base64(&master.to_base64()).unwrap();
    let signature = vodozemac::Ed25519Signature::from_base64(signature).unwrap();
    peer.verify(bytes.as_bytes(), &signature).unwrap();
}

proptest! {
    /// What is read of a changed text is the identity that was signed, or nothing.
    /// (The master key's own object is signed by nobody.)
    #[test]
    fn a_changed_text_is_refused_or_says_the_same(change in mutation()) {
        let changed = change.apply(SELF_SIGNING.as_bytes(), USER_SIGNING.as_bytes());
        if let Ok(changed) = Object::parse(&changed)
            && let Ok(read) = UserIdentity::parse(ALICE, object(MASTER), changed.clone())
        {
            prop_assert_eq!(changed.signing_bytes(), object(SELF_SIGNING).signing_bytes());
            prop_assert_eq!(read.self_signing_key(), parse(MASTER, SELF_SIGNING).unwrap().self_signing_key());
        }
    }

    #[test]
    fn a_signed_user_that_was_changed_is_not_signed(change in mutation()) {
        let (alice, bob) = (Person::alice(), Person::bob());
        let mut seen = bob.seen();
        alice.sign(&mut seen);
        let text = seen.master_object().to_string();
        let changed = change.apply(text.as_bytes(), text.as_bytes());
        if let Ok(changed) = Object::parse(&changed)
            && let Ok(read) = UserIdentity::parse(BOB, changed.clone(), seen.self_signing_object().clone())
            && alice.own.has_signed(&read)
        {
            prop_assert_eq!(changed.signing_bytes(), seen.master_object().signing_bytes());
        }
    }

    #[test]
    fn any_seeds_make_an_identity_that_others_read(seeds: [[u8; 32]; 3], user in ".{0,30}") {
        let [master, self_signing, user_signing] = &seeds;
        let keys = CrossSigningKeys::from_seeds(&user, [master, self_signing, user_signing]).unwrap();
        let made = keys.public_identity();
        let read = OwnIdentity::parse(
            &user,
            object(&made.as_user().master_object().to_string()),
            object(&made.as_user().self_signing_object().to_string()),
            object(&made.user_signing_object().to_string()),
        );
        prop_assert_eq!(read.as_ref(), Ok(&made));
        let secret = keys.user_signing.to_secret();
        prop_assert!(UserSigningKey::import(&secret, &made).is_ok());
    }
}
