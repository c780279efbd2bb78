//! Verification by short strings beside libolm: the same bytes for the users to
//! compare, and each side's MACs good for the other, in every method.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::rng::BytesRng;
use necturus::{
    Ed25519SigningKey,
    json::Object,
    verification::{Device, Offer, Participants, Sas},
};
use necturus_interop_libolm as libolm;
use proptest::prelude::*;

const ALICE: (&str, &str) = ("@alice:example.org", "ALICE");
const BOB: (&str, &str) = ("@bob:example.org", "BOB");
const FLOW: &str = "flow";

fn device((user, device): (&str, &str), seed: u8) -> Device {
    Device::new(
        user,
        device,
        Ed25519SigningKey::from_seed(&[seed; 32]).public_key(),
    )
    .unwrap()
}

/// The MAC that libolm makes for the other side.
fn libolms_mac(sas: &libolm::Sas, method: &str, input: &str, id: &str) -> String {
    let info = format!(
        "MATRIX_KEY_VERIFICATION_MAC{}{}{}{}{FLOW}{id}",
        BOB.0, BOB.1, ALICE.0, ALICE.1
    );
    match method {
        "hkdf-hmac-sha256.v2" => sas.calculate_mac_fixed_base64(input, &info),
        _ => sas.calculate_mac(input, &info),
    }
    .unwrap()
}

proptest! {
    #[test]
    fn alice_verifies_a_bob_on_libolm(ours: [u8; 32], theirs: [u8; 32]) {
        let (alice, bob) = (device(ALICE, 1), device(BOB, 2));
        let start = Offer::new().to_start().with("from_device", ALICE.1);
        for method in ["hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"] {
            let start = start.clone().with("message_authentication_codes", vec![method]);
            let chosen = Offer::new().choose(&start).unwrap();
            let mut libolms = libolm::Sas::new(&theirs).unwrap();
            let bobs_key = libolms.public_key().to_owned();
            // libolm has no commitment: it is SHA-256, and Alice's own to make here.
            let (_, commitment) = Sas::new_with(&mut BytesRng::new(theirs)).unwrap().accept(&start).unwrap();
            let sas = Sas::new_with(&mut BytesRng::new(ours)).unwrap().start(&start, &commitment).unwrap();
            let alices_key = sas.public_key();
            libolms.set_their_key(&alices_key).unwrap();
            let both = Participants::new(&alice, &bob, FLOW).unwrap();
            let sas = sas.establish(&bobs_key, chosen, &both).unwrap();

            let info = format!(
                "MATRIX_KEY_VERIFICATION_SAS|{}|{}|{alices_key}|{}|{}|{bobs_key}|{FLOW}",
                ALICE.0, ALICE.1, BOB.0, BOB.1
            );
            let bytes = libolms.generate_bytes(&info, 6).unwrap();
            let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            let shown = sas.emoji().unwrap().map(|emoji| u64::from(emoji.number()));
            prop_assert_eq!(shown, [42, 36, 30, 24, 18, 12, 6].map(|shift| bits >> shift & 63));

            // What Bob's libolm vouches for is good here, and nothing else is.
            let id = format!("ed25519:{}", BOB.1);
            let mac = libolms_mac(&libolms, method, &bob.key().to_base64(), &id);
            let keys = libolms_mac(&libolms, method, &id, "KEY_IDS");
            let content = Object::new().with("mac", Object::new().with(&id, mac)).with("keys", keys);
            let compared = sas.they_match();
            // And libolm makes what Alice sends.
            let sent = compared.macs(false).unwrap();
            let alices_id = format!("ed25519:{}", ALICE.1);
            let info = format!(
                "MATRIX_KEY_VERIFICATION_MAC{}{}{}{}{FLOW}{alices_id}",
                ALICE.0, ALICE.1, BOB.0, BOB.1
            );
            let input = alice.key().to_base64();
            let expected = match method {
                "hkdf-hmac-sha256.v2" => libolms.calculate_mac_fixed_base64(&input, &info),
                _ => libolms.calculate_mac(&input, &info),
            };
            let expected = expected.unwrap();
            let macs = sent.get_object("mac").unwrap();
            prop_assert_eq!(macs.get_str(&alices_id), Some(&*expected));

            let verified = compared.check_macs(&content).unwrap().into_verified();
            prop_assert_eq!(verified.device_key(), Some(bob.key()));
        }
    }
}
