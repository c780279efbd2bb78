//! A device backs up a room key and keeps the backup's key in secret storage;
//! after all devices are lost, a new one reads the room with the recovery key.
//!
//! `cargo run --example backup`

use core::error::Error;

use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::Account,
    vault::{
        BackedUpSession, BackupKey, BackupVersion, KeyDescription, PassphraseInfo, Provenance,
        RoomKey, SecretName, SecretStorageKey, SecretValue, StoredSecret, Unlocked,
    },
};

fn main() -> Result<(), Box<dyn Error>> {
    let name = SecretName::BackupKey.as_str();

    // The first device. What it makes of JSON goes to the server, which can
    // read no secret in it.
    let device = Account::new()?;
    let mut room = OutboundGroupSession::new(SessionVersion::V1)?;
    let info = PassphraseInfo::new()?;
    let (storage, description) = SecretStorageKey::create_from_passphrase("passphrase", info)?;
    let description = description.to_json();

    let key = BackupKey::new()?;
    let mut auth_data = key.auth_data();
    auth_data.sign("@alice:example.org", "ed25519:PHONE", |bytes| {
        device.sign(bytes)
    })?;
    let version = BackupVersion::creation_request(&auth_data).with("version", "1");
    let mut content = StoredSecret::default();
    content.insert(storage.id(), &storage.encrypt(name, &key.to_base64())?)?;
    let content = content.into_json();

    // The room's key, from its first message on.
    let session = InboundGroupSession::new(&room.session_key(), SessionVersion::V1);
    let sender = device.identity_keys().curve25519;
    let room_key = RoomKey::new(sender, session.export_at_first_known_index());
    let trusted = BackupVersion::from_json(&version)?.trust_by_key(&key)?;
    let backed_up = trusted.encrypt(&room_key, Provenance::Direct)?.to_json();
    let session_id = room_key.session_id().to_base64();
    let message = room.encrypt(b"hello, room")?;

    let key_id = storage.id().to_owned();
    let typed = storage.recovery_key().to_text();
    println!("first device: backed up a room key, and is lost");

    // A new device. What the user types may also be the passphrase.
    let description = KeyDescription::from_json(&description)?;
    let Unlocked::Checked(storage) = description.unlock(&key_id, &typed)? else {
        return Err("the server took the check value away".into());
    };
    let secret = StoredSecret::from_json(content).get(storage.id())?;
    let secret = storage.decrypt(name, &secret.ok_or("no backup key")?)?;
    println!("new device: unlocked secret storage with the recovery key");

    // Is it the key of this backup? If so, this device may also write to it.
    let version = BackupVersion::from_json(&version)?;
    let key = SecretValue::new(secret).into_backup_key(version.auth_data())?;
    let trusted = version.trust_by_key(&key)?;
    println!("new device: version {} is ours", trusted.version());

    let backed_up = BackedUpSession::from_json(&backed_up)?;
    let room_key = key.decrypt(&session_id, &backed_up)?;
    let mut reader = InboundGroupSession::import(room_key.session_key(), SessionVersion::V1);
    let text = reader.decrypt(&message)?.plaintext;
    println!("new device: reads \"{}\"", String::from_utf8(text)?);
    Ok(())
}
