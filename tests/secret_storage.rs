//! A secret comes back under its key and name alone, and nothing is encrypted
//! under a key that nobody vouches for.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use common::rng::{BytesRng, FailingRng, SeededRng};
use necturus::{
    json::{Object, Value},
    vault::{
        DecryptSecretError, EncryptedSecret, EncryptedSecretError, KeyDescription,
        KeyDescriptionError, PassphraseInfo, PassphraseInfoError, RecoveryKey, RecoveryKeyError,
        SecretStorageKey, StoredSecret, UnlockError, Unlocked, default_key_content, default_key_id,
        key_event_type,
    },
};
use proptest::prelude::*;

const NAME: &str = "m.cross_signing.master";

fn key() -> (SecretStorageKey, KeyDescription) {
    SecretStorageKey::create_with(&mut SeededRng::new(1)).unwrap()
}

fn object(json: &str) -> Object {
    Object::parse(json.as_bytes()).unwrap()
}

/// matrix-rust-sdk's unit tests of secret storage: ten iterations.
fn sdk_description() -> Object {
    object(
        r#"{"algorithm":"m.secret_storage.v1.aes-hmac-sha2","iv":"gH2iNpiETFhApvW6/FFEJQ",
            "mac":"9Lw12m5SKDipNghdQXKjgpfdj1/K7HFI2brO+UWAGoM","passphrase":
            {"algorithm":"m.pbkdf2","salt":"IuLnH7S85YtZmkkBJKwNUKxWF42g9O1H","iterations":10}}"#,
    )
}
const SDK_PASSPHRASE: &str = "It's a secret to everybody";
const SDK_KEY: &str = "EsTJ 43XY kfm5 31zX axQ1 1Qyu ex4G VDkC n8Rr Es8U FyYB 1ffn";

fn described(description: &Object) -> KeyDescription {
    KeyDescription::from_json(description).unwrap()
}

fn unlock(description: &Object, input: &str) -> Result<Unlocked, UnlockError> {
    described(description).unlock("id", input)
}

fn checked(unlocked: Result<Unlocked, UnlockError>) -> SecretStorageKey {
    match unlocked.unwrap() {
        Unlocked::Checked(key) => key,
        Unlocked::Unchecked(_) => panic!("there is a check value"),
    }
}

#[test]
fn the_known_passphrase_gives_the_known_key() {
    let key = checked(unlock(&sdk_description(), SDK_PASSPHRASE));
    assert_eq!(*key.recovery_key().to_text(), SDK_KEY);
    assert!(key.is_weak());
    let key = checked(unlock(&sdk_description(), SDK_KEY));
    assert_eq!(*key.recovery_key().to_text(), SDK_KEY);
    assert!(!key.is_weak());
    // Neither trimmed nor normalised, nor another key's.
    let other = RecoveryKey::from_bytes(&[9; 32]).to_text();
    for input in ["It's a secret to everybody ", "", &other] {
        let unlocked = unlock(&sdk_description(), input);
        assert_eq!(unlocked.err(), Some(UnlockError::WrongKey));
    }
}

#[test]
fn a_passphrase_is_read_again_by_what_was_written() {
    let mut rng = SeededRng::new(2);
    let info = PassphraseInfo::new_with(&mut rng)
        .unwrap()
        .with_iterations(100_000)
        .unwrap();
    assert_eq!(PassphraseInfo::from_json(&info.to_json()), Ok(info.clone()));
    assert!(info.salt().len() == 32 && info.salt().chars().all(|c| c.is_ascii_alphanumeric()));
    let (key, description) =
        SecretStorageKey::create_from_passphrase_with(&mut rng, "pässword", info).unwrap();
    let json = description.with_name("mine").to_json();
    let again = checked(unlock(&json, "pässword"));
    assert_eq!(
        again.recovery_key().expose_secret(),
        key.recovery_key().expose_secret()
    );
    let recovered = checked(unlock(&json, &key.recovery_key().to_text()));
    assert!(!recovered.is_weak() && !again.is_weak());
    assert_eq!(unlock(&json, "password").err(), Some(UnlockError::WrongKey));
}

#[test]
fn absurd_iterations_are_refused_without_deriving() {
    let with = |member: &str, value: Value| {
        let mut description = sdk_description();
        let passphrase = description.get_object("passphrase").unwrap().clone();
        description.insert("passphrase", passphrase.with(member, value));
        unlock(&description, SDK_PASSPHRASE).err()
    };
    let refused = |error| Some(UnlockError::Passphrase(error));
    for number in [
        "0",
        "-1",
        "1.5",
        "10000001",
        "4294967295",
        "4294967296",
        "\"10\"",
        "1e400",
    ] {
        let number = Value::parse(number.as_bytes()).unwrap();
        assert_eq!(
            with("iterations", number),
            refused(PassphraseInfoError::Iterations)
        );
    }
    assert_eq!(
        with("bits", 512i64.into()),
        refused(PassphraseInfoError::Bits)
    );
    assert_eq!(
        with("algorithm", "m.scrypt".into()),
        refused(PassphraseInfoError::Algorithm)
    );
    assert_eq!(
        with("salt", 1i64.into()),
        refused(PassphraseInfoError::Salt)
    );
    let long = "x".repeat(PassphraseInfo::MAX_SALT + 1);
    assert_eq!(
        with("salt", long.into()),
        refused(PassphraseInfoError::Salt)
    );

    // The caller may set another bound, and a recovery key needs none.
    let strict = described(&sdk_description()).with_max_iterations(9);
    assert_eq!(
        strict.unlock("id", SDK_PASSPHRASE).err(),
        refused(PassphraseInfoError::Iterations)
    );
    checked(strict.unlock("id", SDK_KEY));
    let new = PassphraseInfo::new_with(&mut SeededRng::new(1)).unwrap();
    assert_eq!(
        new.with_iterations(99_999).err(),
        Some(PassphraseInfoError::Iterations)
    );
}

#[test]
fn a_key_without_a_check_value_decrypts_only() {
    let (key, description) = key();
    let secret = key
        .encrypt_with(&mut SeededRng::new(3), NAME, "secret")
        .unwrap();
    for stripped in ["iv", "mac"] {
        let mut json = description.to_json();
        json.remove(stripped);
        // What is left of the two is not looked at.
        for other in ["iv", "mac"] {
            if json.get(other).is_some() {
                json.insert(other, "!");
            }
        }
        let Unlocked::Unchecked(unchecked) = unlock(&json, &key.recovery_key().to_text()).unwrap()
        else {
            panic!("there is no check value");
        };
        assert_eq!(*unchecked.decrypt(NAME, &secret).unwrap(), "secret");
        let trusted = unchecked.trust_unchecked();
        assert!(
            trusted
                .encrypt_with(&mut SeededRng::new(4), NAME, "x")
                .is_ok()
        );

        // Any passphrase would do, so the recovery key goes first.
        json.insert(
            "passphrase",
            sdk_description().get_object("passphrase").unwrap().clone(),
        );
        let Ok(Unlocked::Unchecked(same)) = unlock(&json, &key.recovery_key().to_text()) else {
            panic!("it is a recovery key");
        };
        assert_eq!(*same.decrypt(NAME, &secret).unwrap(), "secret");
        assert!(!same.is_weak());
        let Ok(Unlocked::Unchecked(other)) = unlock(&json, "anything") else {
            panic!("any passphrase passes");
        };
        assert!(other.is_weak());
        assert!(other.decrypt(NAME, &secret).is_err());
    }
    let no_passphrase = unlock(&description.to_json(), "anything").err();
    assert_eq!(
        no_passphrase,
        Some(UnlockError::RecoveryKey(RecoveryKeyError::Length))
    );
}

#[test]
fn descriptions_are_held_to_their_form() {
    let of = |member: &str, value: &str| {
        KeyDescription::from_json(&sdk_description().with(member, value)).err()
    };
    assert_eq!(
        of("algorithm", "m.secret_storage.v1.curve25519-aes-sha2"),
        Some(KeyDescriptionError::UnsupportedAlgorithm)
    );
    assert_eq!(
        of("iv", "gH2iNpiETFhApvW6/FFE"),
        Some(KeyDescriptionError::IvLength { found: 15 })
    );
    for (mac, found) in [("", 0), ("9Lw12m5SKDg", 8)] {
        assert_eq!(
            of("mac", mac),
            Some(KeyDescriptionError::MacLength { found })
        );
    }
    for (member, text) in [("iv", "gH2i-piETFhApvW6/FFEJQ"), ("mac", "=")] {
        let error = of(member, text);
        assert!(matches!(error, Some(KeyDescriptionError::Base64 { .. })));
    }
    // Two blocks from the last count of the low half on.
    assert_eq!(
        of("iv", "AAAAAAAAAAD//////////w"),
        Some(KeyDescriptionError::CounterOverflow)
    );
    // Bit 63 alone is read, and the value is wrong only because the IV is.
    let json = sdk_description().with("iv", "gH2iNpiETFjApvW6/FFEJQ");
    assert_eq!(
        unlock(&json, SDK_PASSPHRASE).err(),
        Some(UnlockError::WrongKey)
    );
}

#[test]
fn writers_clear_bit_63_and_draw_what_they_say() {
    let mut rng = BytesRng::new([0xff; 200]);
    // 0xff is no character of an id, so it draws on and fails.
    assert!(SecretStorageKey::create_with(&mut rng).is_err());
    let mut rng = BytesRng::new([[7; 32].as_slice(), &[0; 64], &[0xff; 16], &[9]].concat());
    let (key, description) = SecretStorageKey::create_with(&mut rng).unwrap();
    assert_eq!(rng.left(), 1);
    assert_eq!(*key.recovery_key().expose_secret(), [7; 32]);
    assert_eq!(key.id(), "A".repeat(32));
    let cleared = encode(&[[0xff; 8], [0x7f, 255, 255, 255, 255, 255, 255, 255]].concat());
    assert_eq!(description.to_json().get_str("iv"), Some(&*cleared));
    let mut rng = BytesRng::new([0xff; 17]);
    let secret = key.encrypt_with(&mut rng, NAME, "secret").unwrap();
    assert_eq!(rng.left(), 1);
    assert_eq!(secret.to_json().get_str("iv"), Some(&*cleared));
    assert!(key.encrypt_with(&mut FailingRng, NAME, "secret").is_err());
}

#[test]
fn secrets_are_held_to_their_form() {
    let (key, _) = key();
    let good = key
        .encrypt_with(&mut SeededRng::new(5), NAME, "secret")
        .unwrap()
        .to_json();
    let of = |member: &str, text: &str| {
        EncryptedSecret::from_json(&good.clone().with(member, text)).err()
    };
    assert_eq!(
        of("mac", "kBMIQxoEng4"),
        Some(EncryptedSecretError::MacLength { found: 8 })
    );
    assert_eq!(
        of("iv", "fADrqPcwpwtW3jdFEgcSBQA"),
        Some(EncryptedSecretError::IvLength { found: 17 })
    );
    assert_eq!(
        of("ciphertext", "A"),
        Some(EncryptedSecretError::Base64 {
            field: "ciphertext"
        })
    );
    let long = "A".repeat(EncryptedSecret::MAX_LENGTH / 3 * 4 + 4);
    assert!(matches!(
        of("ciphertext", &long),
        Some(EncryptedSecretError::TooLong { .. })
    ));
    let mut missing = good.clone();
    missing.remove("iv");
    assert_eq!(
        EncryptedSecret::from_json(&missing).err(),
        Some(EncryptedSecretError::Missing { field: "iv" })
    );

    // The IV is not under the MAC.
    let decrypt = |iv: &str| {
        let secret = EncryptedSecret::from_json(&good.clone().with("iv", iv)).unwrap();
        key.decrypt(NAME, &secret).err()
    };
    assert_eq!(
        decrypt("AAAAAAAAAAAAAAAAAAAAAA"),
        Some(DecryptSecretError::NotUtf8)
    );
    let long = key
        .encrypt_with(&mut SeededRng::new(5), NAME, "seventeen bytes..")
        .unwrap();
    let long = long.to_json().with("iv", "AAAAAAAAAAD//////////w");
    assert_eq!(
        key.decrypt(NAME, &EncryptedSecret::from_json(&long).unwrap()),
        Err(DecryptSecretError::CounterOverflow)
    );
}

#[test]
fn other_keys_secrets_stay_where_they_are() {
    let (key, _) = key();
    let mut content = StoredSecret::from_json(object(
        r#"{"other":1,"encrypted":{"old":{"iv":"x","more":[]}}}"#,
    ));
    let secret = key
        .encrypt_with(&mut SeededRng::new(5), NAME, "secret")
        .unwrap();
    content.insert(key.id(), &secret).unwrap();
    assert_eq!(content.get(key.id()), Ok(Some(secret.clone())));
    assert_eq!(content.get("another"), Ok(None));
    assert!(content.get("old").is_err());
    assert_eq!(content.key_ids().count(), 2);
    let json = content.into_json();
    assert_eq!(json.get("other").and_then(Value::as_integer), Some(1));
    let old = json.get_object("encrypted").unwrap().get_object("old");
    assert_eq!(old.unwrap().to_string(), r#"{"iv":"x","more":[]}"#);

    let mut broken = StoredSecret::from_json(object(r#"{"encrypted":[]}"#));
    assert!(broken.insert("id", &secret).is_err());
    assert_eq!(broken.into_json().to_string(), r#"{"encrypted":[]}"#);

    assert_eq!(default_key_id(&default_key_content("id")), Some("id"));
    assert_eq!(default_key_id(&object("{}")), None);
    assert_eq!(key_event_type("id"), "m.secret_storage.key.id");
}

proptest! {
    #[test]
    fn a_secret_comes_back_under_its_name_alone(text in ".{0,200}", name: String, seed: u64) {
        let (key, _) = key();
        let secret = key.encrypt_with(&mut SeededRng::new(seed), &name, &text).unwrap();
        let read = EncryptedSecret::from_json(&secret.to_json()).unwrap();
        prop_assert_eq!(&*key.decrypt(&name, &read).unwrap(), &text);
        let other = format!("{name}x");
        prop_assert_eq!(key.decrypt(&other, &read), Err(DecryptSecretError::WrongKeyOrName));
    }

    #[test]
    fn any_flipped_bit_of_ciphertext_or_mac_is_an_error(
        member in prop::sample::select(vec!["ciphertext", "mac"]),
        at: prop::sample::Index,
        bit in 0..8u32,
    ) {
        let (key, _) = key();
        let secret = key.encrypt_with(&mut SeededRng::new(1), NAME, "a secret").unwrap();
        let json = secret.to_json();
        let mut bytes = decode(json.get_str(member).unwrap());
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = EncryptedSecret::from_json(&json.with(member, encode(&bytes))).unwrap();
        prop_assert_eq!(key.decrypt(NAME, &changed), Err(DecryptSecretError::WrongKeyOrName));
    }
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(text)
        .unwrap()
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}
