//! Public-key objects beside vodozemac's, both ways, and against libolm's known
//! answers.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::rng::{BytesRng, SeededRng};
use necturus::{
    Curve25519PublicKey, Curve25519SecretKey,
    vault::{PkDecryption, PkEncryptError, PkEncryption, PkMessage, PkMessageError},
};
use proptest::prelude::*;
use vodozemac::pk_encryption;

fn theirs(message: &PkMessage) -> pk_encryption::Message {
    pk_encryption::Message {
        ciphertext: message.ciphertext().to_vec(),
        mac: message.mac().to_vec(),
        ephemeral_key: vodozemac::Curve25519PublicKey::from_bytes(*message.ephemeral().as_bytes()),
    }
}

fn ours(message: &pk_encryption::Message) -> PkMessage {
    PkMessage::from_base64(
        &message.ephemeral_key.to_base64(),
        &vodozemac::base64_encode(&message.ciphertext),
        &vodozemac::base64_encode(&message.mac),
    )
    .unwrap()
}

/// libolm's own test (`test_pk.cpp`).
#[test]
fn libolm_s_message_is_made_and_read() {
    let hex = |text: &str| -> [u8; 32] {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
        core::array::from_fn(|n| u8::try_from(digits[2 * n] << 4 | digits[2 * n + 1]).unwrap())
    };
    let alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let decryption = PkDecryption::from_key(Curve25519SecretKey::from_bytes(&alice));
    let mut rng = BytesRng::new(bob);
    let message = PkEncryption::new(decryption.public_key())
        .encrypt_with(&mut rng, b"This is a test")
        .unwrap();
    assert_eq!(rng.left(), 0);
    assert_eq!(message.ciphertext_base64(), "ntk49j/KozVFtSqJXhCejg");
    assert_eq!(message.mac_base64(), "zpzU6BkZcNI");
    assert_eq!(
        message.ephemeral().to_base64(),
        "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08"
    );
    assert_eq!(*decryption.decrypt(&message).unwrap(), b"This is a test");

    let pickle = "qx37WTQrjZLz5tId/uBX9B3/okqAbV1ofl9UnHKno1eipByCpXleAAlAZoJgYnCDOQZDQWzo3luTSfkF9p\
                  U1mOILCbbouubs6TVeDyPfgGD9i86J8irHjA";
    let key = Curve25519SecretKey::from_libolm_pk_decryption_pickle(pickle, b"secret_key").unwrap();
    assert_eq!(key.expose_secret(), decryption.key().expose_secret());
    assert_eq!(key.to_libolm_pk_decryption_pickle(b"secret_key"), pickle);
}

#[test]
fn whatever_is_wrong_is_one_error() {
    let decryption = PkDecryption::new_with(&mut SeededRng::new(1)).unwrap();
    let message = PkEncryption::new(decryption.public_key())
        .encrypt_with(&mut SeededRng::new(2), b"text of two blocks, really")
        .unwrap();
    let (ephemeral, ciphertext, mac) = (
        message.ephemeral().to_base64(),
        message.ciphertext_base64(),
        message.mac_base64(),
    );
    let decrypt = |ephemeral: &str, ciphertext: &str, mac: &str| {
        decryption.decrypt(&PkMessage::from_base64(ephemeral, ciphertext, mac).unwrap())
    };
    assert!(decrypt(&ephemeral, &ciphertext, &mac).is_ok());
    assert!(decrypt(&format!("{ephemeral}="), &ciphertext, &format!("{mac}=")).is_ok());
    let zero = Curve25519PublicKey::from_bytes([0; 32]).to_base64();
    let other = PkDecryption::new_with(&mut SeededRng::new(3)).unwrap();
    // The last block's padding, cut off.
    let short = &ciphertext[..ciphertext.len() / 2 / 4 * 4];
    for (ephemeral, ciphertext, mac) in [
        (&*zero, &*ciphertext, &*mac),
        (&other.public_key().to_base64(), &ciphertext, &mac),
        (&ephemeral, &ciphertext, "AAAAAAAAAAA"),
        (&ephemeral, "", &mac),
        (&ephemeral, short, &mac),
        (&ephemeral, "AAAA", &mac),
    ] {
        assert!(decrypt(ephemeral, ciphertext, mac).is_err());
    }
    assert!(other.decrypt(&message).is_err());

    let low_order = PkEncryption::new(Curve25519PublicKey::from_bytes([0; 32]));
    assert_eq!(
        low_order.encrypt_with(&mut SeededRng::new(4), b""),
        Err(PkEncryptError::LowOrderKey)
    );
}

#[test]
fn the_mac_has_eight_bytes() {
    let read = |ephemeral: &str, mac: &str| PkMessage::from_base64(ephemeral, "", mac);
    let key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08";
    for (mac, found) in [("", 0), ("zg", 1), ("zpzU6BkZcA", 7), ("zpzU6BkZcNIA", 9)] {
        assert_eq!(read(key, mac), Err(PkMessageError::MacLength { found }));
    }
    assert_eq!(
        read("3p7bfQ", "zpzU6BkZcNI"),
        Err(PkMessageError::KeyLength { found: 4 })
    );
    assert_eq!(
        read("!", "zpzU6BkZcNI"),
        Err(PkMessageError::Base64 { field: "ephemeral" })
    );
}

proptest! {
    #[test]
    fn each_reads_what_the_other_made(text: Vec<u8>, seed: u64) {
        let mut rng = SeededRng::new(seed);
        let decryption = PkDecryption::new_with(&mut rng).unwrap();
        let message = PkEncryption::new(decryption.public_key())
            .encrypt_with(&mut rng, &text)
            .unwrap();
        let peer = pk_encryption::PkDecryption::from_key(
            vodozemac::Curve25519SecretKey::from_slice(decryption.key().expose_secret()),
        );
        prop_assert_eq!(&peer.decrypt(&theirs(&message)).unwrap(), &text);

        let made = pk_encryption::PkEncryption::from_key(peer.public_key()).encrypt(&text).unwrap();
        prop_assert_eq!(&*decryption.decrypt(&ours(&made)).unwrap(), &text);

        let pickle = peer.to_libolm_pickle(&[7; 32]).unwrap();
        let key = Curve25519SecretKey::from_libolm_pk_decryption_pickle(&pickle, &[7; 32]).unwrap();
        prop_assert_eq!(key.expose_secret(), decryption.key().expose_secret());
    }

    #[test]
    fn any_flipped_bit_of_mac_or_ephemeral_key_is_an_error(bit in 0..40usize * 8) {
        let decryption = PkDecryption::new_with(&mut SeededRng::new(1)).unwrap();
        let message = PkEncryption::new(decryption.public_key())
            .encrypt_with(&mut SeededRng::new(2), b"text")
            .unwrap();
        let mut bytes = [&message.ephemeral().as_bytes()[..], message.mac()].concat();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // X25519 ignores the top bit of a key.
        prop_assume!(bit != 255);
        let changed = PkMessage::from_base64(
            &vodozemac::base64_encode(&bytes[..32]),
            &message.ciphertext_base64(),
            &vodozemac::base64_encode(&bytes[32..]),
        );
        prop_assert!(decryption.decrypt(&changed.unwrap()).is_err());
    }
}
