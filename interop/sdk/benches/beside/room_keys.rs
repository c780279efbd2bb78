//! Key export files of a thousand sessions, and sessions in the backup.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use matrix_sdk_crypto::{
    decrypt_room_key_export, encrypt_room_key_export, olm::ExportedRoomKey,
    olm::InboundGroupSession as TheirSession, store::types::BackupDecryptionKey,
};
use necturus::{
    SessionVersion,
    json::Object,
    megolm::{InboundGroupSession, OutboundGroupSession},
    vault::{
        BackedUpSession, BackupKey, BackupVersion, KeyExport, KeyExportEncoder, Provenance,
        RoomKey, RoomKeyEntry,
    },
};

use super::row::{Row, Who};

const SESSIONS: usize = 1000;
const PASSPHRASE: &str = "passphrase";

pub fn rows() -> Vec<Row> {
    vec![
        write_export(),
        read_export(),
        encrypt_backup(),
        decrypt_backup(),
    ]
}

fn session() -> InboundGroupSession {
    let outbound = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1)
}

fn sender() -> necturus::Curve25519PublicKey {
    necturus::Curve25519SecretKey::from_bytes(&[7; 32]).public_key()
}

/// What both write of a session.
fn room_key(session: &InboundGroupSession) -> RoomKey {
    RoomKey::new(sender(), session.export_at_first_known_index())
        .with_claimed_ed25519(session.signing_key())
}

fn entries() -> Vec<RoomKeyEntry> {
    let entry = |_| RoomKeyEntry::new("!room:example.org", room_key(&session())).unwrap();
    (0..SESSIONS).map(entry).collect()
}

fn theirs(entry: &RoomKeyEntry) -> ExportedRoomKey {
    serde_json::from_slice(&entry.to_json()).unwrap()
}

/// Without the rounds that make the key of a passphrase: we derive before the
/// time is taken, since we write no fewer than 100 000, and the peer makes one.
fn write_export() -> Row {
    let entries = entries();
    let keys: Vec<_> = entries.iter().map(theirs).collect();
    Row::new("key export write 1000 sessions, without rounds")
        .with(
            Who::Necturus,
            || {
                let mut file = String::with_capacity(2 << 20);
                let encoder = KeyExportEncoder::start(PASSPHRASE, 100_000, &mut file).unwrap();
                (encoder, file)
            },
            move |(mut encoder, mut file)| {
                for entry in &entries {
                    encoder.push(entry, &mut file).unwrap();
                }
                encoder.finish(&mut file);
                file
            },
        )
        .with(
            Who::Peer,
            || (),
            move |()| encrypt_room_key_export(&keys, PASSPHRASE, 1).unwrap(),
        )
}

/// Of a file with one round.
fn read_export() -> Row {
    let keys: Vec<_> = entries().iter().map(theirs).collect();
    let ours = encrypt_room_key_export(&keys, PASSPHRASE, 1).unwrap();
    let theirs = ours.clone();
    Row::new("key export read 1000 sessions, one round")
        .with(
            Who::Necturus,
            || (),
            move |()| {
                let export = KeyExport::open(ours.as_bytes(), PASSPHRASE).unwrap();
                let entries: Vec<_> = export.map(Result::unwrap).collect();
                assert_eq!(entries.len(), SESSIONS);
                entries
            },
        )
        .with(
            Who::Peer,
            || (),
            move |()| decrypt_room_key_export(theirs.as_bytes(), PASSPHRASE).unwrap(),
        )
}

/// The peer's futures here never wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// From a session to the JSON for the server.
fn encrypt_backup() -> Row {
    let key = BackupKey::new().unwrap();
    let public = BackupDecryptionKey::from_base64(&key.to_base64())
        .unwrap()
        .megolm_v1_public_key();
    let session = session();
    let entry = RoomKeyEntry::new("!room:example.org", room_key(&session)).unwrap();
    let their_session = TheirSession::from_export(&theirs(&entry)).unwrap();
    let backup = BackupVersion::new("1", key.auth_data())
        .trust_by_key(&key)
        .unwrap();
    Row::new("backup encrypt a session")
        .with(
            Who::Necturus,
            || (),
            move |()| {
                let key = room_key(&session);
                let session = backup.encrypt(&key, Provenance::Direct).unwrap();
                session.to_json().to_string()
            },
        )
        .with(
            Who::Peer,
            move || their_session.clone(),
            move |session| serde_json::to_string(&now(public.encrypt(session)).unwrap()).unwrap(),
        )
}

/// From the server's JSON to a session's key; for the peer, whose entry has no
/// name to call it by, from the encrypted part of the JSON alone.
fn decrypt_backup() -> Row {
    let key = BackupKey::new().unwrap();
    let their_key = BackupDecryptionKey::from_base64(&key.to_base64()).unwrap();
    let room_key = room_key(&session());
    let id = room_key.session_id().to_base64();
    let backup = BackupVersion::new("1", key.auth_data())
        .trust_by_key(&key)
        .unwrap();
    let json = backup
        .encrypt(&room_key, Provenance::Direct)
        .unwrap()
        .to_json();
    let data = json.get_object("session_data").unwrap().to_string();
    let json = json.to_string();
    Row::new("backup decrypt a session")
        .with(
            Who::Necturus,
            || (),
            move |()| {
                let json = Object::parse(json.as_bytes()).unwrap();
                let session = BackedUpSession::from_json(&json).unwrap();
                key.decrypt(&id, &session).unwrap()
            },
        )
        .with(
            Who::Peer,
            || (),
            move |()| {
                let data = serde_json::from_str(&data).unwrap();
                their_key.decrypt_session_data(data).unwrap()
            },
        )
}
