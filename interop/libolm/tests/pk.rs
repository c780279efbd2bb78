//! Encryption to a lone key and signing with one: from the same random bytes the
//! same message as libolm's, and each side reads the other's.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{PICKLE_KEY, rng::BytesRng};
use necturus::{
    Curve25519PublicKey, Curve25519SecretKey,
    vault::{PkDecryption, PkEncryption, PkMessage, PkSigning},
};
use necturus_interop_libolm as libolm;
use proptest::prelude::*;

fn ours(message: &libolm::PkMessage) -> PkMessage {
    PkMessage::from_base64(&message.ephemeral_key, &message.ciphertext, &message.mac).unwrap()
}

fn theirs(message: &PkMessage) -> libolm::PkMessage {
    libolm::PkMessage {
        ciphertext: message.ciphertext_base64(),
        mac: message.mac_base64(),
        ephemeral_key: message.ephemeral().to_base64(),
    }
}

proptest! {
    #[test]
    fn the_same_random_bytes_give_the_same_message(
        private: [u8; 32],
        ephemeral: [u8; 32],
        plaintext in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let decryption = PkDecryption::from_key(Curve25519SecretKey::from_bytes(&private));
        let libolms = libolm::PkDecryption::new(&private).unwrap();
        let public = decryption.public_key().to_base64();
        prop_assert_eq!(&public, libolms.public_key());

        let recipient = Curve25519PublicKey::from_base64(&public).unwrap();
        let message = PkEncryption::new(recipient)
            .encrypt_with(&mut BytesRng::new(ephemeral), &plaintext)
            .unwrap();
        let libolms_message = libolm::PkEncryption::new(&public)
            .unwrap()
            .encrypt(&plaintext, &ephemeral)
            .unwrap();
        prop_assert_eq!(&theirs(&message), &libolms_message);
        prop_assert_eq!(libolms.decrypt(&theirs(&message)).unwrap(), &plaintext[..]);
        prop_assert_eq!(&**decryption.decrypt(&ours(&libolms_message)).unwrap(), &plaintext[..]);
    }

    #[test]
    fn one_seed_signs_alike(seed: [u8; 32], message in prop::collection::vec(any::<u8>(), 0..200)) {
        let (signing, libolms) = (PkSigning::from_seed(&seed), libolm::PkSigning::new(&seed).unwrap());
        prop_assert_eq!(signing.public_key().to_base64(), libolms.public_key());
        prop_assert_eq!(signing.sign(&message).to_base64(), libolms.sign(&message).unwrap());
    }

    #[test]
    fn pickles_go_both_ways(private: [u8; 32]) {
        let key = Curve25519SecretKey::from_bytes(&private);
        let pickle = key.to_libolm_pk_decryption_pickle(PICKLE_KEY);
        let libolms = libolm::PkDecryption::unpickle(PICKLE_KEY, &pickle).unwrap();
        prop_assert_eq!(libolms.public_key(), key.public_key().to_base64());
        let back = libolms.pickle(PICKLE_KEY).unwrap();
        let back = Curve25519SecretKey::from_libolm_pk_decryption_pickle(&back, PICKLE_KEY).unwrap();
        prop_assert_eq!(back.expose_secret(), &private);
    }
}

#[test]
fn what_libolm_lets_pass_is_refused() {
    let decryption = PkDecryption::from_key(Curve25519SecretKey::from_bytes(&[7; 32]));
    let message = PkEncryption::new(decryption.public_key())
        .encrypt_with(&mut BytesRng::new([9; 32]), b"text")
        .unwrap();
    let good = theirs(&message);
    // The last character of the MAC has two bits that libolm does not look at.
    let mut mac = good.mac.clone();
    let last = mac.pop().unwrap();
    mac.push(char::from(u8::try_from(last).unwrap().wrapping_add(1)));
    let libolms = libolm::PkDecryption::new(&[7; 32]).unwrap();
    let changed = libolm::PkMessage {
        mac: mac.clone(),
        ..good.clone()
    };
    assert_eq!(libolms.decrypt(&changed).unwrap(), b"text");
    assert!(PkMessage::from_base64(&good.ephemeral_key, &good.ciphertext, &mac).is_err());
}
