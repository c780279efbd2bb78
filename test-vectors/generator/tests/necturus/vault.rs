//! Recovery keys, secret storage, key backup, key exports, public-key objects.

use necturus::{
    Curve25519PublicKey, Curve25519SecretKey, Ed25519PublicKey,
    json::{JsonError, Object},
    vault::{
        BackedUpSession, BackupKey, BackupSigner, BackupTrust, BackupVersion, EncryptedSecret,
        KeyDescription, KeyExport, KeyExportEncoder, PkDecryption, PkEncryption, PkMessage,
        RecoveryKey, RoomKey, RoomKeyEntry, SecretStorageKey, Unlocked,
    },
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::{Value, json};

use crate::{Result, classes, rng::Given};

fn object(text: &str) -> Result<Object> {
    Object::parse(text.as_bytes()).map_err(|_: JsonError| "format.json")
}

/// Outputs as the vectors' JSON.
fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).expect("what was written is JSON")
}

pub(crate) fn recovery_key(inputs: Inputs<'_>) -> Result {
    let key = RecoveryKey::parse(inputs.text("text")).map_err(classes::recovery_key)?;
    Ok(json!({"secret": hex(key.expose_secret()), "canonical": *key.to_text()}))
}

pub(crate) fn unlock(inputs: Inputs<'_>) -> Result {
    let description = object(inputs.text("description"))?;
    let unlocked = KeyDescription::from_json(&description)
        .map_err(classes::description)?
        .unlock("id", inputs.text("input"))
        .map_err(classes::unlock)?;
    let (checked, key) = match unlocked {
        Unlocked::Checked(key) => (true, key),
        Unlocked::Unchecked(key) => (false, key.trust_unchecked()),
    };
    Ok(json!({
        "key": hex(key.recovery_key().expose_secret()),
        "checked": checked,
        "weak": key.is_weak(),
    }))
}

fn storage_key(inputs: Inputs<'_>) -> SecretStorageKey {
    let key = RecoveryKey::from_bytes(&inputs.array("key"));
    // An id and an IV for the description, which nobody looks at.
    let (key, _) =
        SecretStorageKey::create_from_recovery_key_with(&mut Given::new(vec![0; 80]), &key)
            .expect("the bytes are given");
    key
}

pub(crate) fn decrypt_secret(inputs: Inputs<'_>) -> Result {
    let secret = EncryptedSecret::from_json(&object(inputs.text("secret"))?)
        .map_err(classes::encrypted_secret)?;
    let value = storage_key(inputs)
        .decrypt(inputs.text("name"), &secret)
        .map_err(classes::decrypt_secret)?;
    Ok(json!({"value": *value}))
}

pub(crate) fn encrypt_secret(inputs: Inputs<'_>) -> Result {
    let mut random = Given::new(inputs.hex("random"));
    let secret = storage_key(inputs)
        .encrypt_with(&mut random, inputs.text("name"), inputs.text("value"))
        .expect("the bytes are given");
    assert!(random.is_spent(), "all bytes are drawn");
    Ok(value(&secret.to_json()))
}

pub(crate) fn backup_key(inputs: Inputs<'_>) -> Result {
    let key = BackupKey::from_bytes(&inputs.array("secret"));
    Ok(json!({
        "public_key": key.public_key().to_base64(),
        "recovery_key": *key.recovery_key().to_text(),
    }))
}

pub(crate) fn pk_encrypt(inputs: Inputs<'_>) -> Result {
    let recipient =
        Curve25519PublicKey::from_base64(inputs.text("public_key")).map_err(classes::key)?;
    let mut random = Given::new(inputs.hex("random"));
    let message = PkEncryption::new(recipient)
        .encrypt_with(&mut random, &inputs.hex("plaintext"))
        .map_err(classes::pk_encrypt)?;
    assert!(random.is_spent(), "all bytes are drawn");
    Ok(value(&message.to_json()))
}

pub(crate) fn pk_decrypt(inputs: Inputs<'_>) -> Result {
    let message = PkMessage::from_base64(
        inputs.text("ephemeral"),
        inputs.text("ciphertext"),
        inputs.text("mac"),
    )
    .map_err(classes::pk_message)?;
    let key = Curve25519SecretKey::from_bytes(&inputs.array("secret"));
    let plaintext = PkDecryption::from_key(key)
        .decrypt(&message)
        .map_err(|_| "authentication.mac")?;
    Ok(json!({"plaintext": hex(&plaintext)}))
}

pub(crate) fn backup_trust(inputs: Inputs<'_>) -> Result {
    let version = BackupVersion::from_json(&object(inputs.text("version"))?)
        .map_err(classes::backup_version)?;
    let device = BackupSigner::OwnDevice {
        device_id: inputs.text("device_id"),
        key: Ed25519PublicKey::from_base64(inputs.text("device_key")).map_err(classes::key)?,
    };
    let trusted = version
        .trust_by_signature(inputs.text("user"), &[device])
        .map_err(classes::untrusted)?;
    assert_eq!(trusted.trusted_by(), &BackupTrust::OwnDevice);
    Ok(json!({
        "public_key": version.auth_data().public_key().to_base64(),
        "trusted_by": "own-device",
    }))
}

fn shown(key: &RoomKey) -> Value {
    let chain: Vec<String> = key
        .forwarding_chain()
        .iter()
        .map(Curve25519PublicKey::to_base64)
        .collect();
    json!({
        "session_id": key.session_id().to_base64(),
        "index": key.first_known_index(),
        "session_key": *key.session_key().to_base64(),
        "sender_key": key.sender_key().to_base64(),
        "claimed_ed25519": key.claimed_ed25519().map(|key| key.to_base64()),
        "forwarding_chain": chain,
        "shared_history": key.shared_history(),
    })
}

pub(crate) fn backup_session(inputs: Inputs<'_>) -> Result {
    let session = BackedUpSession::from_json(&object(inputs.text("session"))?)
        .map_err(classes::backed_up_session)?;
    let key = BackupKey::from_bytes(&inputs.array("secret"))
        .decrypt(inputs.text("session_id"), &session)
        .map_err(|_| "backup.undecryptable")?;
    Ok(shown(&key))
}

pub(crate) fn room_key(inputs: Inputs<'_>) -> Result {
    let key = if inputs.has("json") {
        RoomKey::from_json(inputs.text("json").as_bytes())
    } else {
        let count = usize::try_from(inputs.number("count")).expect("fits");
        RoomKey::from_json(inputs.text("json_repeat").repeat(count).as_bytes())
    };
    Ok(shown(&key.map_err(classes::room_key)?))
}

fn text(entry: &RoomKeyEntry) -> String {
    String::from_utf8(entry.to_json().to_vec()).expect("JSON is UTF-8")
}

pub(crate) fn key_export(inputs: Inputs<'_>) -> Result {
    let mut export = KeyExport::open(inputs.text("file").as_bytes(), inputs.text("passphrase"))
        .map_err(classes::open_export)?;
    let keys = export.by_ref().map(|key| key.map(|key| text(&key)));
    let keys: Vec<String> = keys
        .collect::<core::result::Result<_, _>>()
        .map_err(classes::read_export)?;
    Ok(json!({
        "rounds": export.rounds(),
        "weak": export.is_weak(),
        "keys": keys,
        "skipped": export.skipped(),
    }))
}

pub(crate) fn key_export_write(inputs: Inputs<'_>) -> Result {
    let mut random = Given::new(inputs.hex("random"));
    let (passphrase, rounds) = (inputs.text("passphrase"), inputs.index("rounds"));
    let mut file = String::new();
    let mut encoder = KeyExportEncoder::start_with(&mut random, passphrase, rounds, &mut file)
        .expect("enough rounds, and the bytes are given");
    assert!(random.is_spent(), "all bytes are drawn");
    for key in inputs.texts("keys") {
        let key = RoomKeyEntry::from_json(key.as_bytes()).map_err(classes::room_key)?;
        encoder.push(&key, &mut file).expect("it is small");
    }
    encoder.finish(&mut file);
    Ok(json!({"file": file}))
}
