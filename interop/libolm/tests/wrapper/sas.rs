//! Short authentication strings.

use necturus_interop_libolm::Sas;

use crate::{hex, refusal};

/// Alice and Bob, who have each other's key.
fn alice_and_bob() -> (Sas, Sas) {
    let mut alice = Sas::new(&hex(ALICE_PRIVATE)).unwrap();
    let mut bob = Sas::new(&hex(BOB_PRIVATE)).unwrap();
    alice.set_their_key(BOB_PUBLIC).unwrap();
    bob.set_their_key(ALICE_PUBLIC).unwrap();
    (alice, bob)
}

#[test]
fn keys() {
    assert_eq!(Sas::random_length(), 32);
    let mut alice = Sas::new(&hex(ALICE_PRIVATE)).unwrap();
    assert_eq!(alice.public_key(), ALICE_PUBLIC);
    assert!(!alice.is_their_key_set());
    alice.set_their_key(BOB_PUBLIC).unwrap();
    assert!(alice.is_their_key_set());
}

#[test]
fn strings_and_macs() {
    let (alice, bob) = alice_and_bob();
    for side in [alice, bob] {
        let bytes = side.generate_bytes(SAS_INFO, 6).unwrap();
        assert_eq!(bytes, hex(SAS_BYTES));
        // The first block is the beginning of more.
        let more = side.generate_bytes(SAS_INFO, 100).unwrap();
        assert!(more.starts_with(&bytes));
        assert_eq!(side.generate_bytes(SAS_INFO, 0).unwrap(), b"");

        assert_eq!(
            side.calculate_mac_fixed_base64(MAC_INPUT, MAC_INFO)
                .unwrap(),
            MAC_FIXED
        );
        assert_eq!(side.calculate_mac(MAC_INPUT, MAC_INFO).unwrap(), MAC);
        assert_eq!(
            side.calculate_mac_long_kdf(MAC_INPUT, MAC_INFO).unwrap(),
            MAC_LONG_KDF
        );
        assert_ne!(
            side.calculate_mac_fixed_base64("", "").unwrap(),
            side.calculate_mac_fixed_base64("", MAC_INFO).unwrap()
        );
    }
}

#[test]
fn refuses() {
    assert_eq!(refusal(Sas::new(&[0; 31])), "NOT_ENOUGH_RANDOM");
    let mut alice = Sas::new(&hex(ALICE_PRIVATE)).unwrap();
    for refused in [
        alice.generate_bytes(SAS_INFO, 6).map(drop),
        alice.calculate_mac(MAC_INPUT, MAC_INFO).map(drop),
        alice
            .calculate_mac_fixed_base64(MAC_INPUT, MAC_INFO)
            .map(drop),
        alice.calculate_mac_long_kdf(MAC_INPUT, MAC_INFO).map(drop),
    ] {
        assert_eq!(refusal(refused), "OLM_SAS_THEIR_KEY_NOT_SET");
    }
    for short in ["", "AAAA", &BOB_PUBLIC[1..]] {
        assert_eq!(
            refusal(alice.set_their_key(short)),
            "OLM_INPUT_BUFFER_TOO_SMALL"
        );
    }
    // 45 characters.
    assert_eq!(
        refusal(alice.set_their_key(format!("{BOB_PUBLIC}AA"))),
        "INVALID_BASE64"
    );
    assert!(!alice.is_their_key_set());
}

// The keys are those of RFC 7748, section 6.1. What is computed from them,
// Python's hashlib and hmac give as well.
const ALICE_PRIVATE: &str = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const ALICE_PUBLIC: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
const BOB_PRIVATE: &str = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
const BOB_PUBLIC: &str = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08";
const SAS_INFO: &str = "MATRIX_KEY_VERIFICATION_SAS\
     |@alice:example.org|AAAAAAAAAA|hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo\
     |@bob:example.org|BBBBBBBBBB|3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08\
     |S0meUniqueAndOpaqueString";
const SAS_BYTES: &str = "fdda98abbeaf";
const MAC_INFO: &str = "MATRIX_KEY_VERIFICATION_MAC\
     @alice:example.orgAAAAAAAAAA@bob:example.orgBBBBBBBBBBS0meUniqueAndOpaqueString\
     ed25519:AAAAAAAAAA";
const MAC_INPUT: &str = "vHy8tWNjdfodgkNNRmck2SN39TuYBpXdSdJtDOEiBaU";
const MAC_FIXED: &str = "p+pICRw0mHNfDbHWmLg3xJCZpKubXXioljT5aPlXjH0";
const MAC: &str = "p+pISRw0dzBfekJmZWtKbVpXdEtiVnBYZEV0aVZuQlk";
const MAC_LONG_KDF: &str = "zS2AQfhRaFLWRkxXUmt4WFVtdDRXRlZ0ZERSWFJsWjA";
