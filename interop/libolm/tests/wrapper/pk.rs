//! Encrypting to a public key, and signing without an account.

use necturus_interop_libolm::{PkDecryption, PkEncryption, PkMessage, PkSigning, Utility};

use crate::{PICKLE_KEY, hex, refusal};

/// A message of these parts.
fn message(ciphertext: &str, mac: &str, ephemeral_key: &str) -> PkMessage {
    PkMessage {
        ciphertext: ciphertext.to_owned(),
        mac: mac.to_owned(),
        ephemeral_key: ephemeral_key.to_owned(),
    }
}

#[test]
fn encryption() {
    let alice = PkDecryption::new(&hex(ALICE_PRIVATE)).unwrap();
    assert_eq!(alice.public_key(), ALICE_PUBLIC);
    let to_alice = PkEncryption::new(ALICE_PUBLIC).unwrap();
    assert_eq!(to_alice.random_length(), 32);
    let sent = to_alice
        .encrypt("This is a test", &hex(BOB_PRIVATE))
        .unwrap();
    assert_eq!(sent, message(CIPHERTEXT, MAC, BOB_PUBLIC));
    assert_eq!(alice.decrypt(&sent).unwrap(), b"This is a test");

    for length in 0..50_u8 {
        let plaintext = vec![7; length.into()];
        let sent = to_alice.encrypt(&plaintext, &[length; 32]).unwrap();
        assert_eq!(alice.decrypt(&sent).unwrap(), plaintext);
    }
}

#[test]
fn encryption_refuses() {
    assert_eq!(
        refusal(PkEncryption::new(&ALICE_PUBLIC[..42])),
        "OLM_INPUT_BUFFER_TOO_SMALL"
    );
    let to_alice = PkEncryption::new(ALICE_PUBLIC).unwrap();
    assert_eq!(
        refusal(to_alice.encrypt("a", &[0; 31])),
        "NOT_ENOUGH_RANDOM"
    );
}

#[test]
fn decryption_refuses() {
    let alice = PkDecryption::new(&hex(ALICE_PRIVATE)).unwrap();
    for (ciphertext, mac, ephemeral_key, error) in [
        (CIPHERTEXT, "ApzU6BkZcNI", BOB_PUBLIC, "BAD_MESSAGE_MAC"),
        (CIPHERTEXT, MAC, ALICE_PUBLIC, "BAD_MESSAGE_MAC"),
        (CIPHERTEXT, "", BOB_PUBLIC, "INVALID_BASE64"),
        (CIPHERTEXT, "zpzU6BkZcN", BOB_PUBLIC, "INVALID_BASE64"),
        (CIPHERTEXT, "zpzU6BkZcNIA", BOB_PUBLIC, "INVALID_BASE64"),
        (CIPHERTEXT, MAC, "", "INVALID_BASE64"),
        (CIPHERTEXT, MAC, &BOB_PUBLIC[1..], "INVALID_BASE64"),
        ("n", MAC, BOB_PUBLIC, "INVALID_BASE64"),
        ("ntk49j/KozVFtSqJXhCej", MAC, BOB_PUBLIC, "INVALID_BASE64"),
    ] {
        let refused = alice.decrypt(&message(ciphertext, mac, ephemeral_key));
        assert_eq!(
            refusal(refused),
            error,
            "{ciphertext} {mac} {ephemeral_key}"
        );
    }
}

/// The MAC covers nothing, so any ciphertext gets as far as the cipher, and the
/// padding is whatever comes out.
#[test]
fn decryption_of_any_length() {
    let alice = PkDecryption::new(&hex(ALICE_PRIVATE)).unwrap();
    for length in (0..90).filter(|length| length % 4 != 1) {
        let ciphertext = "A".repeat(length);
        match alice.decrypt(&message(&ciphertext, MAC, BOB_PUBLIC)) {
            Ok(plaintext) => assert!(plaintext.len() <= length * 3 / 4),
            Err(error) => assert_eq!(error.as_str(), "BAD_MESSAGE_MAC"),
        }
    }
    let nothing = alice.decrypt(&message("", MAC, BOB_PUBLIC)).unwrap();
    assert_eq!(nothing, b"");
}

#[test]
fn decryption_at_rest() {
    let pk = PkDecryption::new(&hex(PK_PRIVATE)).unwrap();
    assert_eq!(pk.public_key(), PK_PUBLIC);
    assert_eq!(pk.private_key().unwrap(), hex(PK_PRIVATE));
    assert_eq!(pk.pickle(PICKLE_KEY).unwrap(), PICKLED_PK);
    let read = PkDecryption::unpickle(PICKLE_KEY, PICKLED_PK).unwrap();
    assert_eq!(read.public_key(), PK_PUBLIC);
    assert_eq!(read.private_key().unwrap(), hex(PK_PRIVATE));
    assert_eq!(
        refusal(PkDecryption::new(&[0; 31])),
        "OLM_INPUT_BUFFER_TOO_SMALL"
    );
    assert_eq!(
        refusal(PkDecryption::unpickle("other key", PICKLED_PK)),
        "BAD_ACCOUNT_KEY"
    );
}

#[test]
fn signing() {
    // RFC 8032, section 7.1, test 1.
    let signing = PkSigning::new(&hex(RFC_8032_SEED)).unwrap();
    assert_eq!(signing.public_key(), RFC_8032_PUBLIC);
    assert_eq!(signing.sign("").unwrap(), RFC_8032_SIGNATURE);

    let signature = signing.sign("a message").unwrap();
    let utility = Utility::new();
    assert_eq!(
        utility.ed25519_verify(signing.public_key(), "a message", &signature),
        Ok(())
    );
    assert_eq!(
        refusal(utility.ed25519_verify(signing.public_key(), "another", &signature)),
        "BAD_MESSAGE_MAC"
    );
    assert_eq!(
        refusal(PkSigning::new(&[0; 31])),
        "OLM_INPUT_BUFFER_TOO_SMALL"
    );
}

// From libolm's own tests; the keys are those of RFC 7748, section 6.1.
const ALICE_PRIVATE: &str = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const ALICE_PUBLIC: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
const BOB_PRIVATE: &str = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
const BOB_PUBLIC: &str = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08";
const CIPHERTEXT: &str = "ntk49j/KozVFtSqJXhCejg";
const MAC: &str = "zpzU6BkZcNI";

// A key pair at rest, under the key `pickle key`.
const PK_PRIVATE: &str = "4aaadc2e47c7d8ef60dbfc4811bf230d7078007f627454dcd2b7abb0f71a64ce";
const PK_PUBLIC: &str = "0PJUEx/hmBovvVfmr90pdU9jKFAnqaH8mcOsGq7STBQ";
const PICKLED_PK: &str = "axqRVLiHD2luiT+J5S0lCkR2DVfSyEKcEmUnlJFI2nSv5SiUjjY/xtrJEVLksQ0CEBoQZQirPveSFiacNIAp33q+q\
     dTZK4W4qEAdv6m3lRgcc/C+EvvWQQ";

const RFC_8032_SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const RFC_8032_PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const RFC_8032_SIGNATURE: &str =
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw";
