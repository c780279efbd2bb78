//! What `openmls` gets, by known answers, by each error, and by what it draws.

use alloc::vec;
use std::thread;

use super::*;
use crate::mls::random::Random;
use crate::primitives::hex::hex;
use openmls_traits::random::OpenMlsRand;

fn seeded(seed: u8) -> Crypto {
    Crypto::new(Secret::from([seed; 32]))
}

#[test]
fn hkdf_gives_rfc_5869_case_1() {
    let crypto = seeded(1);
    let key = crypto
        .hkdf_extract(
            HashType::Sha2_256,
            &hex("000102030405060708090a0b0c"),
            &[0x0b; 22],
        )
        .unwrap();
    assert_eq!(
        key.as_slice(),
        hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    );
    let info = hex("f0f1f2f3f4f5f6f7f8f9");
    let output = crypto
        .hkdf_expand(HashType::Sha2_256, key.as_slice(), &info, 42)
        .unwrap();
    assert_eq!(
        output.as_slice(),
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
    let longest = crypto.hkdf_expand(HashType::Sha2_256, key.as_slice(), b"", MAX_EXPAND_LENGTH);
    assert_eq!(longest.unwrap().as_slice().len(), MAX_EXPAND_LENGTH);
    for (key, length, error) in [
        (
            key.as_slice(),
            MAX_EXPAND_LENGTH + 1,
            CryptoError::HkdfOutputLengthInvalid,
        ),
        (&key.as_slice()[1..], 32, CryptoError::InvalidLength),
    ] {
        let result = crypto.hkdf_expand(HashType::Sha2_256, key, b"", length);
        assert_eq!(result.err(), Some(error));
    }
}

#[test]
fn ed25519_gives_rfc_8032_test_2() {
    let crypto = seeded(1);
    let private = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let public = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let scheme = SignatureScheme::ED25519;
    let signature = crypto.sign(scheme, &[0x72], &private).unwrap();
    assert_eq!(
        signature,
        hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
    );
    let verify = |public: &[u8], signature: &[u8]| {
        crypto.verify_signature(scheme, &[0x72], public, signature)
    };
    assert_eq!(verify(&public, &signature), Ok(()));
    assert_eq!(
        verify(&public, &signature[1..]),
        Err(CryptoError::InvalidLength)
    );
    assert_eq!(
        verify(&public[1..], &signature),
        Err(CryptoError::InvalidLength)
    );
    assert_eq!(
        crypto.verify_signature(scheme, &[0x73], &public, &signature),
        Err(CryptoError::InvalidSignature)
    );
}

#[test]
fn a_made_key_signs_and_no_two_are_equal() {
    for scheme in [
        SignatureScheme::ED25519,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
    ] {
        let crypto = seeded(1);
        let (private, public) = crypto.signature_key_gen(scheme).unwrap();
        let signature = crypto.sign(scheme, b"message", &private).unwrap();
        assert_eq!(
            crypto.verify_signature(scheme, b"message", &public, &signature),
            Ok(())
        );
        let other = crypto.signature_key_gen(scheme).unwrap();
        assert_ne!(other.1, public);
        assert_eq!(
            crypto.verify_signature(scheme, b"message", &other.1, &signature),
            Err(CryptoError::InvalidSignature)
        );
        // The same seed makes the same keys.
        assert_eq!(seeded(1).signature_key_gen(scheme), Ok((private, public)));
    }
}

#[test]
fn a_sealed_message_opens_whole_and_unchanged_alone() {
    let crypto = seeded(1);
    for (algorithm, key) in [
        (AeadType::Aes128Gcm, &[1; 16][..]),
        (AeadType::ChaCha20Poly1305, &[1; 32]),
    ] {
        let nonce = [2; 12];
        let sealed = crypto
            .aead_encrypt(algorithm, key, b"text", &nonce, b"aad")
            .unwrap();
        assert_eq!(sealed.len(), 4 + TAG_LENGTH);
        let open = |key: &[u8], sealed: &[u8], nonce: &[u8], aad: &[u8]| {
            crypto.aead_decrypt(algorithm, key, sealed, nonce, aad)
        };
        assert_eq!(
            open(key, &sealed, &nonce, b"aad").unwrap(),
            b"text".to_vec()
        );
        for length in 0..sealed.len() {
            assert_eq!(
                open(key, &sealed[..length], &nonce, b"aad"),
                Err(CryptoError::AeadDecryptionError)
            );
        }
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open(key, &changed, &nonce, b"aad"),
                Err(CryptoError::AeadDecryptionError)
            );
        }
        assert_eq!(
            open(key, &sealed, &nonce, b""),
            Err(CryptoError::AeadDecryptionError)
        );
        for (key, nonce) in [(&key[1..], &nonce[..]), (key, &nonce[1..]), (&[], &[])] {
            assert_eq!(
                open(key, &sealed, nonce, b"aad"),
                Err(CryptoError::InvalidLength)
            );
            assert_eq!(
                crypto.aead_encrypt(algorithm, key, b"text", nonce, b"aad"),
                Err(CryptoError::InvalidLength)
            );
        }
    }
}

#[test]
fn what_is_not_supported_is_an_error() {
    let crypto = seeded(1);
    for suite in 1..=7u16 {
        let suite = Ciphersuite::try_from(suite).unwrap();
        let supported = SUITES.contains(&suite);
        assert_eq!(supported, u16::from(suite) <= 3);
        assert_eq!(crypto.supports(suite).is_ok(), supported);
        // Each part on its own, as `openmls` asks for them.
        let (private, public) = match crypto.derive_hpke_keypair(suite.hpke_config(), &[1; 32]) {
            Ok(pair) => (pair.private.to_vec(), pair.public),
            Err(error) => {
                assert_eq!(error, CryptoError::UnsupportedCiphersuite);
                (vec![], vec![])
            }
        };
        assert_eq!(private.is_empty(), !supported);
        let sealed = crypto.hpke_seal(suite.hpke_config(), &public, b"", b"", b"");
        assert_eq!(sealed.is_ok(), supported);
        let exported =
            crypto.hpke_setup_sender_and_export(suite.hpke_config(), &public, b"", b"", 32);
        assert_eq!(exported.is_ok(), supported);
        if !supported {
            let input = HpkeCiphertext {
                kem_output: vec![].into(),
                ciphertext: vec![].into(),
            };
            let opened = crypto.hpke_open(suite.hpke_config(), &input, &private, b"", b"");
            assert_eq!(opened, Err(CryptoError::UnsupportedCiphersuite));
            let received = crypto.hpke_setup_receiver_and_export(
                suite.hpke_config(),
                b"",
                &private,
                b"",
                b"",
                32,
            );
            assert_eq!(received.err(), Some(CryptoError::UnsupportedCiphersuite));
        }
    }
    for hash in [HashType::Sha2_384, HashType::Sha2_512] {
        let error = Some(CryptoError::UnsupportedHashAlgorithm);
        assert_eq!(crypto.hash(hash, b"").err(), error);
        assert_eq!(crypto.hmac(hash, &[1; 32], b"").err(), error);
        assert_eq!(crypto.hkdf_extract(hash, b"", b"").err(), error);
        assert_eq!(crypto.hkdf_expand(hash, &[1; 32], b"", 32).err(), error);
    }
    for scheme in [
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::ECDSA_SECP521R1_SHA512,
        SignatureScheme::ED448,
    ] {
        let error = Some(CryptoError::UnsupportedSignatureScheme);
        assert_eq!(crypto.signature_key_gen(scheme).err(), error);
        assert_eq!(crypto.sign(scheme, b"", &[1; 32]).err(), error);
        assert_eq!(crypto.verify_signature(scheme, b"", b"", b"").err(), error);
    }
    let (key, nonce) = ([1; 32], [2; 12]);
    let error = Err(CryptoError::UnsupportedAeadAlgorithm);
    assert_eq!(
        crypto.aead_encrypt(AeadType::Aes256Gcm, &key, b"", &nonce, b""),
        error
    );
    assert_eq!(
        crypto.aead_decrypt(AeadType::Aes256Gcm, &key, &[0; 16], &nonce, b""),
        error
    );
}

#[test]
fn keys_and_lengths_that_are_none_are_errors() {
    let crypto = seeded(1);
    for suite in SUITES {
        let config = || suite.hpke_config();
        let pair = crypto.derive_hpke_keypair(config(), &[1; 32]).unwrap();
        let input = crypto
            .hpke_seal(config(), &pair.public, b"info", b"", b"text")
            .unwrap();
        assert_eq!(
            crypto.hpke_open(config(), &input, &pair.private, b"info", b""),
            Ok(b"text".to_vec())
        );
        assert_eq!(
            crypto.hpke_open(config(), &input, &pair.private, b"", b""),
            Err(CryptoError::HpkeDecryptionError)
        );
        assert_eq!(
            crypto.hpke_open(config(), &input, &pair.private[1..], b"info", b""),
            Err(CryptoError::HpkeDecryptionError)
        );
        assert_eq!(
            crypto.hpke_seal(config(), &pair.public[1..], b"", b"", b""),
            Err(CryptoError::HpkeEncryptionError)
        );
        let (sent, secret) = crypto
            .hpke_setup_sender_and_export(config(), &pair.public, b"info", b"context", 32)
            .unwrap();
        let receive = |enc: &[u8], length| {
            crypto.hpke_setup_receiver_and_export(
                config(),
                enc,
                &pair.private,
                b"info",
                b"context",
                length,
            )
        };
        assert_eq!(receive(&sent, 32).unwrap().to_vec(), secret.to_vec());
        assert_eq!(
            receive(&sent[1..], 32).err(),
            Some(CryptoError::ReceiverSetupError)
        );
        let too_long = MAX_EXPAND_LENGTH + 1;
        assert_eq!(
            receive(&sent, too_long).err(),
            Some(CryptoError::ExporterError)
        );
        let exported =
            crypto.hpke_setup_sender_and_export(config(), &pair.public, b"", b"", too_long);
        assert_eq!(exported.err(), Some(CryptoError::ExporterError));
        let exported =
            crypto.hpke_setup_sender_and_export(config(), &pair.public[1..], b"", b"", 32);
        assert_eq!(exported.err(), Some(CryptoError::SenderSetupError));
    }
}

/// Seals the texts numbered `numbers`, and exports for each.
fn seal(
    crypto: &Crypto,
    numbers: impl Iterator<Item = u8>,
) -> Vec<(u8, HpkeCiphertext, KemOutput)> {
    numbers
        .map(|number| {
            let suite = SUITES[usize::from(number) % SUITES.len()];
            let public = crypto
                .derive_hpke_keypair(suite.hpke_config(), &[number; 32])
                .unwrap()
                .public;
            let sealed = crypto
                .hpke_seal(suite.hpke_config(), &public, b"info", b"", &[number])
                .unwrap();
            let (exported, _) = crypto
                .hpke_setup_sender_and_export(suite.hpke_config(), &public, b"info", b"", 32)
                .unwrap();
            (number, sealed, exported)
        })
        .collect()
}

#[test]
fn a_seed_gives_the_same_bytes_in_any_order_and_thread() {
    let in_turn = seal(&seeded(1), 0..32);
    let shared = seeded(1);
    let mut in_threads = thread::scope(|scope| {
        let odd = scope.spawn(|| seal(&shared, (0..32).rev().filter(|number| number % 2 == 1)));
        let mut even = seal(&shared, (0..32).rev().filter(|number| number % 2 == 0));
        even.extend(odd.join().unwrap());
        even
    });
    in_threads.sort_by_key(|(number, ..)| *number);
    assert_eq!(in_threads, in_turn);
    for ((_, sealed, exported), (_, other, other_exported)) in
        in_turn.iter().zip(seal(&seeded(2), 0..32))
    {
        assert_ne!(sealed.kem_output, other.kem_output);
        assert_ne!(exported, &other_exported);
        assert_ne!(sealed.kem_output.as_slice(), exported);
    }
}

#[test]
fn any_other_input_draws_other_randomness() {
    let crypto = seeded(1);
    let suite = SUITES[0];
    let public = |number| {
        crypto
            .derive_hpke_keypair(suite.hpke_config(), &[number; 32])
            .unwrap()
            .public
    };
    let enc = |suite: Ciphersuite, public: &[u8], info: &[u8], aad: &[u8], text: &[u8]| {
        crypto
            .hpke_seal(suite.hpke_config(), public, info, aad, text)
            .unwrap()
            .kem_output
            .as_slice()
            .to_vec()
    };
    let all = [
        enc(suite, &public(1), b"info", b"aad", b"text"),
        enc(SUITES[1], &public(1), b"info", b"aad", b"text"),
        enc(suite, &public(2), b"info", b"aad", b"text"),
        enc(suite, &public(1), b"inf", b"oaad", b"text"),
        enc(suite, &public(1), b"info", b"aadt", b"ext"),
        enc(suite, &public(1), b"info", b"aad", b"texts"),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(!all[..index].contains(one));
    }
}

#[test]
fn the_stream_of_a_seed_is_known_and_never_repeats() {
    let random = || Random::new(Secret::from([1; 32]));
    let stream = random();
    let first: [u8; 16] = stream.random_array().unwrap();
    let second = stream.random_vec(16).unwrap();
    assert_ne!(first.as_slice(), second);
    let again = random();
    assert_eq!(again.random_vec(16).unwrap(), first);
    assert_eq!(again.random_array::<16>().unwrap().as_slice(), second);
    assert!(random().random_vec(MAX_EXPAND_LENGTH + 1).is_err());
    assert_ne!(
        Random::new(Secret::from([2; 32])).random_vec(16).unwrap(),
        first
    );
}
