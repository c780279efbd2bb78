//! A verification by emoji ends with the keys that both sides hold, or with an
//! error: whatever a carrier changes, nothing else is ever verified.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use common::{
    rng::{FailingRng, SeededRng},
    verification::{
        MAC_METHODS, alice, begun, bob, established, key, negotiated, participants, start,
    },
};
use necturus::{
    json::{Object, Value},
    verification::{
        Device, EstablishedSas, KeyAgreement, MacError, MacMethod, MakeMacsError, Negotiated,
        Offer, Participants, Sas, SasError, Verified,
    },
};
use proptest::prelude::*;

const HKDF: KeyAgreement = KeyAgreement::Curve25519HkdfSha256;
const V2: MacMethod = MacMethod::HkdfHmacSha256V2;

/// Base64 with one bit of its bytes flipped.
fn flip(text: &str, bit: usize) -> String {
    let mut bytes = STANDARD_NO_PAD.decode(text).unwrap();
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    STANDARD_NO_PAD.encode(bytes)
}

/// Alice and Bob with all keys crossed.
fn pair(mac: MacMethod) -> (EstablishedSas, EstablishedSas) {
    let (alices, bobs) = participants(&alice(), &bob());
    established(7, negotiated(HKDF, mac), &alices, &bobs)
}

/// What Bob makes of a `mac` message: by both ways, which agree.
fn bob_checks(mac: MacMethod, content: &Object) -> Result<Verified, MacError> {
    let fast_user = pair(mac).1.they_match().check_macs(content);
    let fast_message = pair(mac).1.check_macs(content);
    let fast_user = fast_user.map(|sas| sas.into_verified());
    assert_eq!(
        fast_user,
        fast_message.map(|sas| sas.they_match().into_verified())
    );
    fast_user
}

fn from_alice(mac: MacMethod, vouch_for_master: bool) -> Object {
    pair(mac).0.they_match().macs(vouch_for_master).unwrap()
}

#[test]
fn both_sides_verify_what_the_other_vouches_for() {
    for mac in MAC_METHODS {
        for vouch_for_master in [false, true] {
            let verified = bob_checks(mac, &from_alice(mac, vouch_for_master)).unwrap();
            assert_eq!(verified.user_id(), "@alice:example.org");
            assert_eq!(verified.device_id(), "ALICE");
            assert_eq!(verified.device_key(), Some(&key(1)));
            assert_eq!(
                verified.master_key(),
                vouch_for_master.then(|| key(2)).as_ref()
            );
        }
    }
}

#[test]
fn macs_are_the_same_before_and_after_the_other_sides_came() {
    let (alice, bob) = pair(V2);
    let from_bob = bob.they_match().macs(true).unwrap();
    let confirmed = alice.check_macs(&from_bob).unwrap().they_match();
    assert_eq!(confirmed.macs(true).unwrap(), from_alice(V2, true));
}

#[test]
fn a_message_sent_back_verifies_nothing() {
    let (alice, _) = pair(V2);
    let result = alice.check_macs(&from_alice(V2, true));
    assert_eq!(result.unwrap_err(), MacError::Mismatch);
}

#[test]
fn keys_that_are_not_held_are_not_verified() {
    let (alice, bob) = (alice(), bob());
    let bare = |user, device, key| Device::new(user, device, key).unwrap();
    let with_master = |device: Device, seed| device.with_cross_signing_keys(key(seed), &[]);
    let (user, name) = ("@alice:example.org", "ALICE");
    for (held, expected) in [
        (bare(user, name, key(1)), Ok((Some(key(1)), None))),
        (
            with_master(bare(user, name, key(1)), 9),
            Ok((Some(key(1)), None)),
        ),
        (bare(user, name, key(9)), Err(MacError::Mismatch)),
        (
            with_master(bare(user, name, key(9)), 2),
            Err(MacError::Mismatch),
        ),
        (bare(user, "OTHER", key(1)), Err(MacError::Mismatch)),
        (
            bare("@mallory:example.org", name, key(1)),
            Err(MacError::Mismatch),
        ),
    ] {
        let (alices, _) = participants(&alice, &bob);
        let bobs = Participants::new(&bob, &held, "flow").unwrap();
        let (alices, bobs) = established(7, negotiated(HKDF, V2), &alices, &bobs);
        let content = alices.they_match().macs(true).unwrap();
        let verified = bobs.they_match().check_macs(&content).map(|sas| {
            let verified = sas.into_verified();
            (
                verified.device_key().copied(),
                verified.master_key().copied(),
            )
        });
        assert_eq!(verified, expected, "{held:?}");
    }
}

#[test]
fn another_flow_shows_and_verifies_something_else() {
    let (alice, bob) = (alice(), bob());
    let (alices, _) = participants(&alice, &bob);
    let bobs = Participants::new(&bob, &alice, "another").unwrap();
    let (alices, bobs) = established(7, negotiated(HKDF, V2), &alices, &bobs);
    assert_ne!(alices.emoji(), bobs.emoji());
    let content = alices.they_match().macs(true).unwrap();
    let result = bobs.they_match().check_macs(&content);
    assert_eq!(result.unwrap_err(), MacError::Mismatch);
}

#[test]
fn keys_in_the_list_can_neither_be_taken_out_nor_added() {
    let both = from_alice(V2, true);
    let one = from_alice(V2, false);
    let macs = |content: &Object| content.get_object("mac").unwrap().clone();
    for content in [
        both.clone().with("mac", macs(&one)),
        one.with("mac", macs(&both)),
        both.clone()
            .with("mac", macs(&both).with("ed25519:MORE", "AAAA")),
    ] {
        assert_eq!(bob_checks(V2, &content), Err(MacError::Mismatch));
    }
}

#[test]
fn a_malformed_message_verifies_nothing() {
    let good = from_alice(V2, true);
    let macs = good.get_object("mac").unwrap().clone();
    let many = (0..1000).fold(macs.clone(), |macs, n| macs.with(&format!("x:{n}"), "AAAA"));
    let without = |key| {
        let mut content = good.clone();
        content.remove(key);
        content
    };
    for content in [
        Object::new(),
        without("keys"),
        without("mac"),
        good.clone().with("keys", Value::Null),
        good.clone().with("mac", "text"),
        good.clone()
            .with("mac", macs.clone().with("ed25519:ALICE", 1_i64)),
        good.clone().with("mac", macs.with("x", Object::new())),
        good.clone().with("mac", many),
    ] {
        assert_eq!(
            bob_checks(V2, &content),
            Err(MacError::Malformed),
            "{content}"
        );
    }
    for text in [
        "",
        "AAAA",
        "====",
        "not base64",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let content = good.clone().with("keys", text);
        assert_eq!(bob_checks(V2, &content), Err(MacError::Mismatch), "{text}");
    }
    assert_eq!(bob_checks(V2, &good).unwrap().master_key(), Some(&key(2)));
}

/// CVE-2022-39250: a device called like a master key, so that the MAC of the one
/// passes for the MAC of the other.
#[test]
fn a_device_named_like_a_cross_signing_key_is_never_verified() {
    for named_like in [2, 5, 6] {
        let alice = Device::new("@alice:example.org", &key(named_like).to_base64(), key(1))
            .unwrap()
            .with_cross_signing_keys(key(2), &[key(5), key(6)]);
        let (alices, bobs) = participants(&alice, &bob());
        let (alices, bobs) = established(7, negotiated(HKDF, V2), &alices, &bobs);
        let content = alices.they_match().macs(true).unwrap();
        let result = bobs.they_match().check_macs(&content);
        assert_eq!(result.unwrap_err(), MacError::DeviceLooksLikeAKey);
    }
}

#[test]
fn a_key_that_was_not_committed_to_is_refused() {
    let (alices, _) = participants(&alice(), &bob());
    let methods = negotiated(HKDF, V2);
    let mallory = begun(8).1.public_key();
    let (alice, _) = begun(7);
    assert_eq!(
        alice.establish(&mallory, methods, &alices).unwrap_err(),
        SasError::Commitment
    );
    // Over another `start`, too.
    let mut fresh = SeededRng::new(9);
    let (bobs, commitment) = Sas::new_with(&mut fresh)
        .unwrap()
        .accept(&start().with("hashes", vec!["sha256", "md5"]))
        .unwrap();
    let alice = Sas::new_with(&mut fresh)
        .unwrap()
        .start(&start(), &commitment)
        .unwrap();
    assert_eq!(
        alice
            .establish(&bobs.public_key(), methods, &alices)
            .unwrap_err(),
        SasError::Commitment
    );
}

#[test]
fn a_key_that_agrees_on_nothing_is_refused() {
    let (_, bobs) = participants(&alice(), &bob());
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let mut not_canonical = [0xff; 32];
    not_canonical[31] = 0x7f;
    let ours = begun(7).1.public_key();
    let mut ours_otherwise = STANDARD_NO_PAD.decode(&ours).unwrap();
    ours_otherwise[31] |= 0x80;
    for key in [
        String::new(),
        "not base64".to_owned(),
        text(&[1; 31]),
        text(&[1; 33]),
        text(&[0; 32]),
        text(&[&[1][..], &[0; 31]].concat()),
        text(&not_canonical),
        ours,
        text(&ours_otherwise),
    ] {
        let (_, bob) = begun(7);
        assert_eq!(
            bob.establish(&key, negotiated(HKDF, V2), &bobs)
                .unwrap_err(),
            SasError::Key,
            "{key}"
        );
    }
}

#[test]
fn a_start_without_a_canonical_form_is_refused() {
    let start = Object::parse(br#"{"x": 1.5}"#).unwrap();
    let fresh = || Sas::new_with(&mut SeededRng::new(1)).unwrap();
    assert_eq!(fresh().accept(&start).unwrap_err(), SasError::Start);
    assert_eq!(fresh().start(&start, "").unwrap_err(), SasError::Start);
}

#[test]
fn no_key_without_randomness() {
    assert!(Sas::new_with(&mut FailingRng).is_err());
}

#[test]
fn the_best_of_what_is_offered_is_chosen() {
    let offer = |key: &str, names: &[&str]| start().with(key, names.to_vec());
    let chosen = |start: &Object| Offer::new().choose(start).ok();
    let mac = |names: &[&str]| {
        chosen(&offer("message_authentication_codes", names)).map(|chosen| chosen.mac().as_str())
    };
    let (v2, msc, old) = (
        "hkdf-hmac-sha256.v2",
        "org.matrix.msc3783.hkdf-hmac-sha256",
        "hkdf-hmac-sha256",
    );
    assert_eq!(mac(&[old, msc, v2, "x"]), Some(v2));
    assert_eq!(mac(&["hmac-sha256", old, msc]), Some(msc));
    assert_eq!(mac(&["hmac-sha256", old]), Some(old));
    assert_eq!(mac(&["hmac-sha256"]), None);
    assert_eq!(mac(&[]), None);
    for (key, names) in [
        ("key_agreement_protocols", vec!["curve25519"]),
        ("hashes", vec!["md5"]),
        ("short_authentication_string", vec!["interpretive-dance"]),
    ] {
        assert_eq!(chosen(&offer(key, &names)), None, "{key}");
        assert_eq!(chosen(&start().with(key, "sha256")), None);
    }
    let strings = |names: &[&str]| {
        let chosen = chosen(&offer("short_authentication_string", names)).unwrap();
        (chosen.decimals(), chosen.emoji())
    };
    assert_eq!(strings(&["emoji"]), (false, true));
    assert_eq!(strings(&["decimal", "x"]), (true, false));
    assert_eq!(strings(&["emoji", "decimal"]), (true, true));
}

#[test]
fn an_accept_may_choose_only_what_was_offered() {
    let good = Offer::new().choose(&start()).unwrap();
    let accept = good.to_accept("commitment");
    let check = |accept: &Object| Offer::check_accept(&start(), accept).ok();
    assert_eq!(check(&accept), Some(good));
    assert_eq!(accept.get_str("commitment"), Some("commitment"));
    for (key, value) in [
        ("key_agreement_protocol", Value::from("curve25519")),
        ("hash", Value::from("md5")),
        ("message_authentication_code", Value::from("hmac-sha256")),
        (
            "short_authentication_string",
            Value::from(Vec::<&str>::new()),
        ),
        (
            "short_authentication_string",
            Value::from(vec!["emoji", "x"]),
        ),
        ("short_authentication_string", Value::from("emoji")),
    ] {
        assert_eq!(check(&accept.clone().with(key, value)), None, "{key}");
        let mut without = accept.clone();
        without.remove(key);
        assert_eq!(check(&without), None, "{key}");
    }
    let emoji = accept.with("short_authentication_string", vec!["emoji"]);
    let chosen = check(&emoji).unwrap();
    assert!(chosen.emoji() && !chosen.decimals());
    let (alices, bobs) = participants(&alice(), &bob());
    let (shown, _) = established(7, chosen, &alices, &bobs);
    assert!(shown.emoji().is_some() && shown.decimals().is_none());
}

/// The two oldest methods are not taken unless asked for, and MACs of the oldest
/// are read only.
#[test]
fn old_methods_are_off_unless_asked_for() {
    let old = start()
        .with("key_agreement_protocols", vec!["curve25519"])
        .with("message_authentication_codes", vec!["hmac-sha256"]);
    assert!(Offer::new().choose(&old).is_err());
    let chosen: Negotiated = Offer::with_legacy().choose(&old).unwrap();
    assert_eq!(chosen.key_agreement(), KeyAgreement::Curve25519);
    assert_eq!(chosen.mac(), MacMethod::HmacSha256);
    let (alices, bobs) = participants(&alice(), &bob());
    let (alices, bobs) = established(7, chosen, &alices, &bobs);
    assert_eq!(alices.emoji(), bobs.emoji());
    let macs = alices.they_match().macs(false);
    assert_eq!(macs.unwrap_err(), MakeMacsError::ReadOnly);
    // They are never what we offer.
    let offered = Offer::with_legacy().to_start().to_canonical().unwrap();
    assert!(!offered.contains(r#""curve25519""#) && !offered.contains(r#""hmac-sha256""#));
}

#[test]
fn a_master_key_that_is_not_there_is_not_vouched_for() {
    let alice = Device::new("@alice:example.org", "ALICE", key(1)).unwrap();
    let (alices, bobs) = participants(&alice, &bob());
    let (alices, _) = established(7, negotiated(HKDF, V2), &alices, &bobs);
    let alices = alices.they_match();
    assert_eq!(alices.macs(true).unwrap_err(), MakeMacsError::NoMasterKey);
    assert!(alices.macs(false).is_ok());
}

#[test]
fn identifiers_of_another_form_are_refused() {
    let long = "x".repeat(256);
    for (user, device) in [
        ("", "D"),
        ("alice:example.org", "D"),
        ("@alice", "D"),
        ("@a:b", ""),
        ("@a:b", long.as_str()),
        (&format!("@a:{long}"), "D"),
        ("@a:b\n", "D"),
    ] {
        assert!(
            Device::new(user, device, key(1)).is_err(),
            "{user} {device}"
        );
    }
    let (alice, bob) = (alice(), bob());
    assert!(Participants::new(&alice, &bob, "").is_err());
    assert!(Participants::new(&alice, &bob, &long).is_err());
    assert!(Participants::new(&alice, &alice, "flow").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_show_the_same_and_verify_each_other(
        seed: u64,
        (alice_name, bob_name) in ("[ -~]{1,40}", "[ -~é🦎]{1,40}"),
        device in "[ -~]{1,20}",
        method in 0_usize..3,
        legacy: bool,
    ) {
        let agreement = if legacy { KeyAgreement::Curve25519 } else { HKDF };
        let alice = common::verification::device(&format!("@{alice_name}:a"), &device, 1);
        let bob = common::verification::device(&format!("@{bob_name}:b"), "BOB", 3);
        let (alices, bobs) = participants(&alice, &bob);
        let methods = negotiated(agreement, MAC_METHODS[method]);
        let (alices, bobs) = established(seed, methods, &alices, &bobs);
        prop_assert_eq!(alices.emoji(), bobs.emoji());
        prop_assert_eq!(alices.decimals(), bobs.decimals());
        prop_assert!(alices.decimals().unwrap().iter().all(|n| (1000..=9191).contains(n)));
        let (alices, bobs) = (alices.they_match(), bobs.they_match());
        let (from_alice, from_bob) = (alices.macs(true).unwrap(), bobs.macs(true).unwrap());
        let by_alice = alices.check_macs(&from_bob).unwrap().into_verified();
        let by_bob = bobs.check_macs(&from_alice).unwrap().into_verified();
        prop_assert_eq!((by_alice.device_key(), by_alice.master_key()), (Some(&key(3)), Some(&key(4))));
        prop_assert_eq!((by_bob.device_key(), by_bob.master_key()), (Some(&key(1)), Some(&key(2))));
    }

    #[test]
    fn a_flipped_bit_of_the_commitment_or_the_key_is_noticed(seed: u64, bit in 0_usize..256) {
        let (alices, bobs) = participants(&alice(), &bob());
        let methods = negotiated(HKDF, V2);
        let mut rng = SeededRng::new(seed);
        let mut fresh = || Sas::new_with(&mut rng).unwrap();
        let (bob, commitment) = fresh().accept(&start()).unwrap();
        let alice = fresh().start(&start(), &flip(&commitment, bit)).unwrap();
        let result = alice.establish(&bob.public_key(), methods, &alices);
        prop_assert_eq!(result.unwrap_err(), SasError::Commitment);

        let alice = fresh().start(&start(), &commitment).unwrap();
        let result = alice.establish(&flip(&bob.public_key(), bit), methods, &alices);
        prop_assert_eq!(result.unwrap_err(), SasError::Commitment);

        // Nobody commits to the first key: the screens differ, and no MAC fits.
        let alice = fresh().start(&start(), &commitment).unwrap();
        let (alice_key, bob_key) = (alice.public_key(), bob.public_key());
        let alice = alice.establish(&bob_key, methods, &alices).unwrap();
        if let Ok(bob) = bob.establish(&flip(&alice_key, bit), methods, &bobs) {
            prop_assert_ne!(alice.emoji(), bob.emoji());
            let content = alice.they_match().macs(true).unwrap();
            prop_assert_eq!(bob.check_macs(&content).unwrap_err(), MacError::Mismatch);
        }
    }

    #[test]
    fn a_flipped_bit_of_a_mac_is_noticed(method in 0_usize..3, which in 0_usize..3, bit in 0_usize..256) {
        let method = MAC_METHODS[method];
        let good = from_alice(method, true);
        let mut macs = good.get_object("mac").unwrap().clone();
        let id = macs.iter().nth(which).map(|(id, _)| id.to_owned());
        let changed = match id {
            Some(id) => {
                let mac = flip(macs.get_str(&id).unwrap(), bit);
                macs.insert(&id, mac);
                good.with("mac", macs)
            }
            None => {
                let mac = flip(good.get_str("keys").unwrap(), bit);
                good.with("keys", mac)
            }
        };
        prop_assert_eq!(bob_checks(method, &changed), Err(MacError::Mismatch));
    }
}
