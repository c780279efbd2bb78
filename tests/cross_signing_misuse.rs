//! Keys in each other's place: what a key is not for it does not sign, and what it
//! signed there counts for nothing.

mod common;

use common::people::{ALICE, BOB, Person, account, keys};
use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    identity::{DeviceKeys, IdentityError, KeyRole, OwnIdentity, SignError, UserIdentity},
    json::{CheckError, Object},
};

#[test]
fn a_key_signs_only_what_it_is_for() {
    let (alice, mut bob) = (Person::alice(), Person::bob());
    let before = bob.device.clone();
    assert_eq!(
        alice
            .keys
            .self_signing
            .sign_device(&mut bob.device, &alice.own),
        Err(SignError::WrongUser)
    );
    assert_eq!(bob.device, before);
    let mut ours = alice.seen();
    assert_eq!(
        alice.keys.user_signing.sign_user(&mut ours, [], &alice.own),
        Err(SignError::WrongUser)
    );
    // The identity was replaced: the old keys sign no more.
    let replaced = keys(ALICE, 0x30).public_identity();
    let mut device = alice.device.clone();
    assert_eq!(
        alice.keys.self_signing.sign_device(&mut device, &replaced),
        Err(SignError::NotThePublishedKey)
    );
    assert_eq!(
        alice
            .keys
            .user_signing
            .sign_user(&mut bob.seen(), [], &replaced),
        Err(SignError::NotThePublishedKey)
    );
    assert!(alice.keys.master.is_published_in(&alice.own));
    assert!(!alice.keys.master.is_published_in(&replaced));
    // The same seeds in another user's name are another user's keys.
    let twin = keys(BOB, 0xa0).public_identity();
    assert_eq!(twin.as_user().master_key(), alice.seen().master_key());
    assert!(!alice.keys.master.is_published_in(&twin));
}

#[test]
fn a_signature_counts_only_among_its_own_user_s_devices() {
    let (alice, bob) = (Person::alice(), Person::bob());
    // Alice's self-signing key signs Bob's device, rightly, by hand.
    let mut object = bob.device.object().clone();
    let master = alice.keys.self_signing.public_key();
    let signer = Ed25519SigningKey::from_seed(&[0xa2; 32]);
    assert_eq!(signer.public_key(), master);
    object
        .sign(ALICE, &format!("ed25519:{master}"), |bytes| {
            signer.sign(bytes)
        })
        .unwrap();
    object
        .sign(BOB, &format!("ed25519:{master}"), |bytes| {
            signer.sign(bytes)
        })
        .unwrap();
    let signed = DeviceKeys::parse(BOB, "BBBBBBBBBB", object).unwrap();
    assert!(!alice.own.as_user().has_signed(&signed));
    assert!(bob.seen().has_signed(&signed));
}

/// CVE-2022-39250: a device whose id is a cross-signing key, so that one is taken
/// for the other.
#[test]
fn a_device_named_like_a_key_stops_every_signature() {
    let (alice, bob) = (Person::alice(), Person::bob());
    let keys_of = |own: &OwnIdentity| {
        [KeyRole::Master, KeyRole::SelfSigning, KeyRole::UserSigning].map(|role| own.key(role))
    };
    for key in keys_of(&alice.own) {
        for id in [key.to_base64(), format!("{key}=")] {
            assert!(alice.own.is_named_like_key(&id));
            let mut device = alice.other_device(&id, 1);
            let refusal = SignError::DeviceNamedLikeKey {
                device_id: id.clone(),
            };
            assert_eq!(
                alice.keys.self_signing.sign_device(&mut device, &alice.own),
                Err(refusal.clone())
            );
            let mut own = alice.own.clone();
            assert_eq!(own.sign_with_device(&alice.account, &id), Err(refusal));
            assert_eq!(own, alice.own);
        }
    }
    let mut seen = bob.seen();
    for key in [seen.master_key(), seen.self_signing_key()] {
        let id = key.to_base64();
        assert_eq!(
            alice
                .keys
                .user_signing
                .sign_user(&mut seen, ["BBBBBBBBBB", &id], &alice.own),
            Err(SignError::DeviceNamedLikeKey { device_id: id })
        );
    }
    assert_eq!(seen, bob.seen());
    // A server cannot pass a device's signature off as the master key's: the
    // device signs under its id, which is the master key's name, and the
    // self-signing key is not signed by that key.
    let mallory = account(0x66);
    let master = bob.keys.master.public_key();
    let name = master.to_base64();
    let device = DeviceKeys::new(&mallory, BOB, &name);
    assert!(!bob.seen().has_signed(&device));
    let mut forged = keys(BOB, 0x40)
        .public_identity()
        .as_user()
        .self_signing_object()
        .clone();
    forged.remove("signatures");
    forged
        .sign(BOB, &format!("ed25519:{name}"), |bytes| mallory.sign(bytes))
        .unwrap();
    assert_eq!(
        UserIdentity::parse(BOB, bob.seen().master_object().clone(), forged),
        Err(IdentityError::Signature {
            role: KeyRole::SelfSigning,
            error: CheckError::BadSignature
        })
    );
}

#[test]
fn one_key_in_two_roles_is_no_identity() {
    let seed = [0xa2; 32];
    let signer = Ed25519SigningKey::from_seed(&seed);
    let key = signer.public_key();
    let signed = |usage: &str, of: Ed25519PublicKey| {
        let keys = Object::new().with(&format!("ed25519:{of}"), of.to_base64());
        let mut object = Object::new()
            .with("user_id", ALICE)
            .with("usage", vec![usage])
            .with("keys", keys);
        object
            .sign(ALICE, &format!("ed25519:{key}"), |bytes| signer.sign(bytes))
            .unwrap();
        object
    };
    let other = Ed25519SigningKey::from_seed(&[1; 32]).public_key();
    let same = IdentityError::SameKey;
    let master = signed("master", key);
    assert_eq!(
        UserIdentity::parse(ALICE, master.clone(), signed("self_signing", key)),
        Err(same)
    );
    for user_signing in [key, other] {
        let self_signing = signed("self_signing", other);
        let user_signing = signed("user_signing", user_signing);
        assert_eq!(
            OwnIdentity::parse(ALICE, master.clone(), self_signing, user_signing),
            Err(same)
        );
    }
}
