//! A verification by emoji between this library and vodozemac: either may start,
//! both show the same, and each takes the other's MACs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use common::{
    rng::SeededRng,
    verification::{MAC_METHODS, alice, bob, negotiated, start},
};
use necturus::{
    json::Object,
    verification::{Device, EstablishedSas, KeyAgreement, MacError, MacMethod, Participants, Sas},
};
use sha2::{Digest, Sha256};
use vodozemac::sas::{EstablishedSas as TheirSas, Mac, Sas as Theirs};

/// What vodozemac leaves to its caller, written down here anew from the
/// specification.
fn commitment(public_key: &str) -> String {
    let text = format!("{public_key}{}", start().to_canonical().unwrap());
    STANDARD_NO_PAD.encode(Sha256::digest(text))
}

fn sas_info(
    agreement: KeyAgreement,
    (starter, starter_key): (&Device, &str),
    (accepter, accepter_key): (&Device, &str),
) -> String {
    let (s, a) = (starter, accepter);
    match agreement {
        KeyAgreement::Curve25519HkdfSha256 => [
            "MATRIX_KEY_VERIFICATION_SAS",
            s.user_id(),
            s.device_id(),
            starter_key,
            a.user_id(),
            a.device_id(),
            accepter_key,
            "flow",
        ]
        .join("|"),
        _ => [
            "MATRIX_KEY_VERIFICATION_SAS",
            s.user_id(),
            s.device_id(),
            a.user_id(),
            a.device_id(),
            "flow",
        ]
        .concat(),
    }
}

fn mac_info(sender: &Device, receiver: &Device, id: &str) -> String {
    [
        "MATRIX_KEY_VERIFICATION_MAC",
        sender.user_id(),
        sender.device_id(),
        receiver.user_id(),
        receiver.device_id(),
        "flow",
        id,
    ]
    .concat()
}

/// What a sender vouches for: its device key and its master key, and the list.
fn vouched(sender: &Device) -> Vec<(String, String)> {
    let master = sender.master_key().unwrap().to_base64();
    let mut keys = vec![
        (
            format!("ed25519:{}", sender.device_id()),
            sender.key().to_base64(),
        ),
        (format!("ed25519:{master}"), master),
    ];
    keys.sort();
    let ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
    let list = ids.join(",");
    keys.push(("KEY_IDS".to_owned(), list));
    keys
}

fn their_mac(theirs: &TheirSas, method: MacMethod, input: &str, info: &str) -> String {
    match method {
        MacMethod::HkdfHmacSha256 => theirs.calculate_mac_invalid_base64(input, info),
        _ => theirs.calculate_mac(input, info).to_base64(),
    }
}

/// Both sides with the keys crossed; we are Alice and they Bob.
fn crossed(we_start: bool, agreement: KeyAgreement, mac: MacMethod) -> (EstablishedSas, TheirSas) {
    let (alice, bob) = (alice(), bob());
    let negotiated = negotiated(agreement, mac);
    let participants = Participants::new(&alice, &bob, "flow").unwrap();
    let (ours, theirs) = (
        Sas::new_with(&mut SeededRng::new(1)).unwrap(),
        Theirs::new(),
    );
    let their_key = theirs.public_key().to_base64();
    let (our_key, ours) = if we_start {
        let ours = ours.start(&start(), &commitment(&their_key)).unwrap();
        (
            ours.public_key(),
            ours.establish(&their_key, negotiated, &participants)
                .unwrap(),
        )
    } else {
        let (ours, committed) = ours.accept(&start()).unwrap();
        let key = ours.public_key();
        assert_eq!(committed, commitment(&key));
        (
            key,
            ours.establish(&their_key, negotiated, &participants)
                .unwrap(),
        )
    };
    let theirs = theirs.diffie_hellman_with_raw(&our_key).unwrap();
    let us = (&alice, our_key.as_str());
    let them = (&bob, their_key.as_str());
    let (starter, accepter) = if we_start { (us, them) } else { (them, us) };
    let bytes = theirs.bytes(&sas_info(agreement, starter, accepter));
    assert_eq!(
        ours.emoji().unwrap().map(|emoji| emoji.number()),
        bytes.emoji_indices()
    );
    assert_eq!(
        <(u16, u16, u16)>::from(ours.decimals().unwrap()),
        bytes.decimals()
    );
    (ours, theirs)
}

#[test]
fn both_show_the_same_and_take_each_others_macs() {
    let (alice, bob) = (alice(), bob());
    for we_start in [true, false] {
        for agreement in [KeyAgreement::Curve25519HkdfSha256, KeyAgreement::Curve25519] {
            for method in MAC_METHODS {
                let (ours, theirs) = crossed(we_start, agreement, method);
                let ours = ours.they_match();

                // What we vouch for, checked by vodozemac.
                let sent = ours.macs(true).unwrap();
                let macs = sent.get_object("mac").unwrap();
                assert_eq!(macs.len(), 2);
                for (id, input) in vouched(&alice) {
                    let mac = macs.get(&id).map_or_else(
                        || sent.get_str("keys").unwrap(),
                        |mac| mac.as_str().unwrap(),
                    );
                    let info = mac_info(&alice, &bob, &id);
                    match method {
                        MacMethod::HkdfHmacSha256 => {
                            assert_eq!(mac, theirs.calculate_mac_invalid_base64(&input, &info));
                        }
                        _ => theirs
                            .verify_mac(&input, &info, &Mac::from_base64(mac).unwrap())
                            .unwrap(),
                    }
                }

                // What vodozemac vouches for, checked by us.
                let mut macs = Object::new();
                let mut content = Object::new();
                for (id, input) in vouched(&bob) {
                    let mac = their_mac(&theirs, method, &input, &mac_info(&bob, &alice, &id));
                    if id == "KEY_IDS" {
                        content.insert("keys", mac);
                    } else {
                        macs.insert(&id, mac);
                    }
                }
                content.insert("mac", macs);
                let verified = ours.check_macs(&content).unwrap().into_verified();
                assert_eq!(verified.device_key(), Some(bob.key()));
                assert_eq!(verified.master_key(), bob.master_key());
            }
        }
    }
}

/// A list that is well authenticated and names no key that is held.
#[test]
fn unknown_keys_alone_verify_nothing_and_are_skipped_beside_known_ones() {
    let (alice, bob) = (alice(), bob());
    let agreement = KeyAgreement::Curve25519HkdfSha256;
    let device = format!("ed25519:{}", bob.device_id());
    for (ids, expected) in [
        (vec![], Err(MacError::NothingKnown)),
        (vec!["ed25519:OTHER"], Err(MacError::NothingKnown)),
        (
            vec!["ed25519:OTHER", "future:BOB"],
            Err(MacError::NothingKnown),
        ),
        (vec![&device, "future:BOB"], Ok(Some(*bob.key()))),
        (vec![&device, "zzz"], Ok(Some(*bob.key()))),
    ] {
        let (ours, theirs) = crossed(true, agreement, MacMethod::HkdfHmacSha256V2);
        let mac = |input: &str, id: &str| {
            let info = mac_info(&bob, &alice, id);
            theirs.calculate_mac(input, &info).to_base64()
        };
        let key = bob.key().to_base64();
        let macs = ids
            .iter()
            .fold(Object::new(), |macs, id| macs.with(id, mac(&key, id)));
        let content = Object::new()
            .with("mac", macs)
            .with("keys", mac(&ids.join(","), "KEY_IDS"));
        let verified = ours.check_macs(&content);
        let verified = verified.map(|sas| sas.they_match().into_verified());
        assert_eq!(
            verified.map(|keys| keys.device_key().copied()),
            expected,
            "{ids:?}"
        );
    }
}
