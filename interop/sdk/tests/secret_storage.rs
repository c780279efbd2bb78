//! Secret storage: descriptions of keys, recovery keys and secrets, from each to
//! the other.

use matrix_sdk_crypto::secret_storage::{AesHmacSha2EncryptedData, SecretStorageKey as TheirKey};
use necturus::{
    json::Object,
    vault::{
        EncryptedSecret, KeyDescription, PassphraseInfo, RecoveryKey, SecretStorageKey, Unlocked,
        default_key_content, default_key_id, key_event_type,
    },
};
use serde_json::{Value, json};

const NAME: &str = "m.cross_signing.master";
const SECRETS: [&str; 3] = ["", "secret", "a longer one, ünïcode 🔑, of several blocks"];

fn object(json: &Value) -> Object {
    Object::parse(json.to_string().as_bytes()).unwrap()
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).unwrap()
}

/// The peer opens a key by a description in JSON: `None` where it refuses
/// either, its id left aside.
fn their_unlock(description: &Value, input: &str) -> Option<TheirKey> {
    let mut content = TheirKey::new().event_content().clone();
    content.algorithm = serde_json::from_value(description.clone()).ok()?;
    content.passphrase = match description.get("passphrase") {
        Some(info) => Some(serde_json::from_value(info.clone()).ok()?),
        None => None,
    };
    TheirKey::from_account_data(input, content).ok()
}

fn their_description(key: &TheirKey) -> Value {
    serde_json::to_value(key.event_content()).unwrap()
}

/// What we make of it: `None` where we refuse; whether the key was checked.
fn our_unlock(description: &Value, input: &str) -> Option<(SecretStorageKey, bool)> {
    let description = KeyDescription::from_json(&object(description)).ok()?;
    match description.unlock("id", input).ok()? {
        Unlocked::Checked(key) => Some((key, true)),
        Unlocked::Unchecked(key) => Some((key.trust_unchecked(), false)),
    }
}

/// Secrets from each to the other, under one key.
fn exchange(ours: &SecretStorageKey, theirs: &TheirKey) {
    assert_eq!(*ours.recovery_key().to_text(), theirs.to_base58());
    for secret in SECRETS {
        let sent = ours.encrypt(NAME, secret).unwrap();
        let read: AesHmacSha2EncryptedData =
            serde_json::from_value(value(&sent.to_json())).unwrap();
        assert_eq!(
            theirs.decrypt(&read, &NAME.into()).unwrap(),
            secret.as_bytes()
        );
        assert!(theirs.decrypt(&read, &"m.other".into()).is_err());
        // Read and written once more it is the same.
        assert_eq!(serde_json::to_value(&read).unwrap(), value(&sent.to_json()));

        let sent = theirs.encrypt(secret.into(), &NAME.into());
        let json = serde_json::to_value(&sent).unwrap();
        let read = EncryptedSecret::from_json(&object(&json)).unwrap();
        assert_eq!(*ours.decrypt(NAME, &read).unwrap(), secret);
        assert!(ours.decrypt("m.other", &read).is_err());
        assert_eq!(value(&read.to_json()), json);
    }
}

#[test]
fn a_new_key_of_ours_is_theirs_by_its_recovery_key() {
    let (ours, description) = SecretStorageKey::create().unwrap();
    let description = value(&description.with_name("mine").to_json());
    let theirs = their_unlock(&description, &ours.recovery_key().to_text()).unwrap();
    exchange(&ours, &theirs);
    let other = RecoveryKey::from_bytes(&[9; 32]).to_text();
    assert!(their_unlock(&description, &other).is_none());
}

#[test]
fn a_new_key_of_theirs_is_ours_by_its_recovery_key() {
    let theirs = TheirKey::new();
    let (ours, checked) = our_unlock(&their_description(&theirs), &theirs.to_base58()).unwrap();
    assert!(checked);
    exchange(&ours, &theirs);
    let other = RecoveryKey::from_bytes(&[9; 32]).to_text();
    assert!(our_unlock(&their_description(&theirs), &other).is_none());
    // Where the account data has it, and how it says which key is the default.
    assert_eq!(
        theirs.event_type().to_string(),
        key_event_type(theirs.key_id())
    );
    let default = default_key_content(theirs.key_id());
    assert_eq!(default_key_id(&default), Some(theirs.key_id()));
}

#[test]
fn a_passphrase_gives_both_the_same_key() {
    let passphrase = "pässword 🔑";
    let theirs = TheirKey::new_from_passphrase(passphrase);
    let (ours, checked) = our_unlock(&their_description(&theirs), passphrase).unwrap();
    assert!(checked && !ours.is_weak());
    exchange(&ours, &theirs);

    let info = PassphraseInfo::new()
        .unwrap()
        .with_iterations(100_000)
        .unwrap();
    let (ours, description) = SecretStorageKey::create_from_passphrase(passphrase, info).unwrap();
    let description = value(&description.to_json());
    exchange(&ours, &their_unlock(&description, passphrase).unwrap());
    // The recovery key opens it, too, and another passphrase does not.
    let recovery_key = ours.recovery_key().to_text();
    exchange(&ours, &their_unlock(&description, &recovery_key).unwrap());
    assert!(their_unlock(&description, "password").is_none());
    assert!(our_unlock(&description, "password").is_none());
}

#[test]
fn a_recovery_key_is_one_text() {
    for byte in 0..=255 {
        let ours = RecoveryKey::from_bytes(&[byte; 32]);
        let unchecked = json!({"algorithm": "m.secret_storage.v1.aes-hmac-sha2"});
        let theirs = their_unlock(&unchecked, &ours.to_text()).unwrap();
        assert_eq!(theirs.to_base58(), *ours.to_text());
    }
    let theirs = TheirKey::new().to_base58();
    assert_eq!(*RecoveryKey::parse(&theirs).unwrap().to_text(), theirs);
}

/// Who takes a text for a recovery key.
#[test]
fn verdicts_on_recovery_keys() {
    let text = RecoveryKey::from_bytes(&[9; 32]).to_text();
    let verdicts = |text: &str| {
        let unchecked = json!({"algorithm": "m.secret_storage.v1.aes-hmac-sha2"});
        let theirs = their_unlock(&unchecked, text).is_some();
        (RecoveryKey::parse(text).is_ok(), theirs)
    };
    assert_eq!(verdicts(&text), (true, true));
    assert_eq!(verdicts(&text.replace(' ', "")), (true, true));
    assert_eq!(verdicts(&text.replace(' ', "\n\t")), (true, true));
    assert_eq!(verdicts(""), (false, false));
    assert_eq!(verdicts("not a key"), (false, false));
    assert_eq!(verdicts(&text[..text.len() - 1]), (false, false));
    assert_eq!(verdicts(&text.to_uppercase()), (false, false));
    assert_eq!(verdicts(&format!("1{}", &*text)), (false, false));
    for (at, character) in text
        .char_indices()
        .filter(|(_, character)| *character != ' ')
    {
        let mut mistyped = text.to_string();
        let other = if character == 'z' { "y" } else { "z" };
        mistyped.replace_range(at..=at, other);
        assert_eq!(verdicts(&mistyped), (false, false), "{at}");
    }
    assert_eq!(verdicts(&format!("{}1", &*text)), (false, false));
}

/// What is done to the description of a key, and who still opens it with the
/// right text: a recovery key, and a passphrase.
#[test]
fn verdicts_on_hostile_descriptions() {
    // matrix-rust-sdk's unit tests of secret storage: ten iterations.
    let known = json!({
        "algorithm": "m.secret_storage.v1.aes-hmac-sha2",
        "iv": "gH2iNpiETFhApvW6/FFEJQ",
        "mac": "9Lw12m5SKDipNghdQXKjgpfdj1/K7HFI2brO+UWAGoM",
        "passphrase": {
            "algorithm": "m.pbkdf2",
            "salt": "IuLnH7S85YtZmkkBJKwNUKxWF42g9O1H",
            "iterations": 10
        }
    });
    let recovery_key = "EsTJ 43XY kfm5 31zX axQ1 1Qyu ex4G VDkC n8Rr Es8U FyYB 1ffn";
    let verdicts = |description: &Value| {
        [recovery_key, "It's a secret to everybody"].map(|input| {
            (
                our_unlock(description, input).is_some(),
                their_unlock(description, input).is_some(),
            )
        })
    };
    let with = |pointer: &str, value: Value| {
        let mut description = known.clone();
        *description.pointer_mut(pointer).unwrap() = value;
        verdicts(&description)
    };
    let without = |pointer: &str, member: &str| {
        let mut description = known.clone();
        let object = description.pointer_mut(pointer).unwrap();
        object.as_object_mut().unwrap().remove(member).unwrap();
        verdicts(&description)
    };
    const BOTH: (bool, bool) = (true, true);
    const NEITHER: (bool, bool) = (false, false);
    const ONLY_WE: (bool, bool) = (true, false);
    const ONLY_THEY: (bool, bool) = (false, true);

    assert_eq!(verdicts(&known), [BOTH, BOTH]);
    assert_eq!(with("/algorithm", json!("m.other")), [NEITHER, NEITHER]);
    assert_eq!(with("/iv", json!("AAAA")), [NEITHER, NEITHER]);
    assert_eq!(with("/mac", json!("AAAA")), [NEITHER, NEITHER]);
    let mac = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(with("/mac", mac), [NEITHER, NEITHER]);
    assert_eq!(without("", "passphrase"), [BOTH, NEITHER]);
    assert_eq!(with("/passphrase/salt", json!("other")), [BOTH, NEITHER]);
    // Without a check value the peer takes the recovery key for the passphrase
    // (any would do), and holds another key than we.
    assert_eq!(without("", "mac"), [BOTH, BOTH]);
    let mut unchecked = known.clone();
    unchecked.as_object_mut().unwrap().remove("iv");
    let theirs = their_unlock(&unchecked, recovery_key).unwrap().to_base58();
    let ours = our_unlock(&unchecked, recovery_key)
        .unwrap()
        .0
        .recovery_key();
    assert_eq!(*ours.to_text(), recovery_key);
    assert_ne!(theirs, recovery_key);
    // A way to a passphrase that we refuse does not hinder a recovery key, and
    // hinders the peer where its types do not fit. It looks neither at the name
    // of the algorithm nor at the number of bits.
    assert_eq!(
        with("/passphrase/algorithm", json!("m.x")),
        [BOTH, ONLY_THEY]
    );
    assert_eq!(without("/passphrase", "salt"), [ONLY_WE, NEITHER]);
    assert_eq!(
        with("/passphrase/iterations", json!(-1)),
        [ONLY_WE, NEITHER]
    );
    assert_eq!(with("/passphrase/iterations", json!(0)), [BOTH, NEITHER]);
    let mut bits = known.clone();
    bits["passphrase"]["bits"] = json!(512);
    assert_eq!(verdicts(&bits), [BOTH, ONLY_THEY]);
    bits["passphrase"]["bits"] = json!(256);
    assert_eq!(verdicts(&bits), [BOTH, BOTH]);
}

#[test]
fn both_refuse_a_secret_that_was_changed() {
    let theirs = TheirKey::new();
    let (ours, _) = our_unlock(&their_description(&theirs), &theirs.to_base58()).unwrap();
    let sent = value(&ours.encrypt(NAME, "secret").unwrap().to_json());
    let verdicts = |json: &Value| {
        let we = EncryptedSecret::from_json(&object(json))
            .is_ok_and(|secret| ours.decrypt(NAME, &secret).is_ok());
        let they = serde_json::from_value::<AesHmacSha2EncryptedData>(json.clone())
            .is_ok_and(|secret| theirs.decrypt(&secret, &NAME.into()).is_ok());
        (we, they)
    };
    assert_eq!(verdicts(&sent), (true, true));
    // The MAC is over the ciphertext, under keys of the secret's name.
    for (member, text) in [
        ("ciphertext", "AAAAAAAA"),
        ("ciphertext", ""),
        ("ciphertext", "*"),
    ] {
        let mut changed = sent.clone();
        changed[member] = text.into();
        assert_eq!(verdicts(&changed), (false, false));
    }
    for member in ["iv", "mac"] {
        let mut changed = sent.clone();
        changed[member] = "AAAA".into();
        assert_eq!(verdicts(&changed), (false, false));
        changed.as_object_mut().unwrap().remove(member);
        assert_eq!(verdicts(&changed), (false, false));
    }
    let mut changed = sent.clone();
    changed["mac"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into();
    assert_eq!(verdicts(&changed), (false, false));
}
