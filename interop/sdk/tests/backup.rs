//! The backup of room keys: keys, descriptions and sessions, from each to the
//! other.

mod common;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use common::{entry, their_json, theirs};
use matrix_sdk_crypto::{
    backups::MegolmV1BackupKey,
    olm::{BackedUpRoomKey, ExportedRoomKey, InboundGroupSession},
    store::types::BackupDecryptionKey,
    types::RoomKeyBackupInfo,
    vodozemac::pk_encryption as vodo,
};
use necturus::{
    json::Object,
    vault::{
        BackedUpSession, BackupAuthData, BackupKey, BackupVersion, PkEncryption, Provenance,
        RecoveryKey, RoomKeyEntry, TrustedBackup,
    },
};
use serde_json::{Value, json};

/// The peer's futures here never wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn object(json: &Value) -> Object {
    Object::parse(json.to_string().as_bytes()).unwrap()
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).unwrap()
}

fn keys() -> (BackupKey, BackupDecryptionKey) {
    let ours = BackupKey::new().unwrap();
    let theirs = BackupDecryptionKey::from_base64(&ours.to_base64()).unwrap();
    (ours, theirs)
}

fn trusted(key: &BackupKey) -> TrustedBackup {
    BackupVersion::new("1", key.auth_data())
        .trust_by_key(key)
        .unwrap()
}

/// What the peer uploads.
fn their_encrypt(public: &MegolmV1BackupKey, key: &ExportedRoomKey) -> Value {
    let session = InboundGroupSession::from_export(key).unwrap();
    serde_json::to_value(now(public.encrypt(session)).unwrap()).unwrap()
}

fn their_decrypt(key: &BackupDecryptionKey, session: &Value) -> Option<BackedUpRoomKey> {
    let data = serde_json::from_value(session["session_data"].clone()).ok()?;
    key.decrypt_session_data(data).ok()
}

#[test]
fn a_key_is_the_same_in_each_form() {
    let (ours, theirs) = keys();
    assert_eq!(*ours.to_base64(), theirs.to_base64());
    assert_eq!(*ours.recovery_key().to_text(), theirs.to_string());
    assert_eq!(
        ours.public_key().to_base64(),
        theirs.megolm_v1_public_key().to_base64()
    );

    let theirs = BackupDecryptionKey::new();
    for text in [theirs.to_base58(), theirs.to_string()] {
        let ours = BackupKey::from_recovery_key(&RecoveryKey::parse(&text).unwrap());
        assert_eq!(*ours.to_base64(), theirs.to_base64());
    }
    let read = BackupDecryptionKey::from_base58(&ours.recovery_key().to_text()).unwrap();
    assert_eq!(*ours.to_base64(), read.to_base64());
}

#[test]
fn they_read_what_we_back_up() {
    let (ours, theirs) = keys();
    let backup = trusted(&ours);
    for number in 0..20 {
        let entry = entry(number);
        let session = backup.encrypt(entry.key(), Provenance::Direct).unwrap();
        let read = their_decrypt(&theirs, &value(&session.to_json())).unwrap();
        let room_id = serde_json::from_value(json!(entry.room_id())).unwrap();
        let session_id = entry.key().session_id().to_base64();
        let read = ExportedRoomKey::from_backed_up_room_key(room_id, session_id, read);
        assert_eq!(their_json(&read), their_json(&common::theirs(&entry)));
        // And the session opens what it opened.
        let session = InboundGroupSession::from_export(&read).unwrap();
        assert_eq!(session.first_known_index(), entry.key().first_known_index());
    }
}

#[test]
fn we_read_what_they_back_up() {
    let (ours, their_key) = keys();
    let public = their_key.megolm_v1_public_key();
    for number in 0..20 {
        let mut key = theirs(&entry(number));
        let session = their_encrypt(&public, &key);
        let read = BackedUpSession::from_json(&object(&session)).unwrap();
        assert_eq!(value(&read.to_json()), session);
        assert!(ours.decrypt("another", &read).is_err());
        let read = ours.decrypt(&key.session_id, &read).unwrap();
        let read = RoomKeyEntry::new(key.room_id.as_str(), read).unwrap();
        // The peer's sessions forget through whom they came.
        key.forwarding_curve25519_key_chain.clear();
        assert_eq!(their_json(&theirs(&read)), their_json(&key));
    }
}

#[test]
fn both_refuse_the_key_of_another_backup() {
    let (ours, theirs) = keys();
    let (other_ours, other_theirs) = keys();
    let entry = entry(0);
    let sessions = [
        value(
            &trusted(&ours)
                .encrypt(entry.key(), Provenance::Direct)
                .unwrap()
                .to_json(),
        ),
        their_encrypt(&theirs.megolm_v1_public_key(), &common::theirs(&entry)),
    ];
    let id = entry.key().session_id().to_base64();
    let we = |key: &BackupKey, session: &Value| {
        BackedUpSession::from_json(&object(session))
            .is_ok_and(|session| key.decrypt(&id, &session).is_ok())
    };
    for session in sessions {
        assert!(we(&ours, &session) && their_decrypt(&theirs, &session).is_some());
        assert!(!we(&other_ours, &session) && their_decrypt(&other_theirs, &session).is_none());
        for (member, text) in [
            ("mac", "AAAAAAAAAAA"),
            ("mac", "AAAA"),
            ("mac", ""),
            ("ephemeral", "AAAA"),
            ("ciphertext", "AAAA"),
            ("ciphertext", ""),
        ] {
            let mut changed = session.clone();
            changed["session_data"][member] = text.into();
            assert!(!we(&ours, &changed), "{member} {text}");
            assert!(
                their_decrypt(&theirs, &changed).is_none(),
                "{member} {text}"
            );
        }
    }
}

/// The MAC covers nothing, so anybody may write a session. What is inside is
/// looked at by us alone.
#[test]
fn verdicts_on_hostile_sessions() {
    let (ours, theirs) = keys();
    let entry = entry(1);
    let id = entry.key().session_id().to_base64();
    let good: Value = serde_json::from_slice(&entry.key().to_json()).unwrap();
    let verdicts = |plaintext: &str| {
        let message = PkEncryption::new(ours.public_key())
            .encrypt(plaintext.as_bytes())
            .unwrap();
        let session = json!({
            "first_message_index": 0,
            "forwarded_count": 0,
            "is_verified": false,
            "session_data": value(&message.to_json()),
        });
        let read = BackedUpSession::from_json(&object(&session)).unwrap();
        (
            ours.decrypt(&id, &read).is_ok(),
            their_decrypt(&theirs, &session).is_some(),
        )
    };
    let with = |member: &str, value: Value| {
        let mut session = good.clone();
        session[member] = value;
        verdicts(&session.to_string())
    };
    let without = |member: &str| {
        let mut session = good.clone();
        session.as_object_mut().unwrap().remove(member);
        verdicts(&session.to_string())
    };
    const BOTH: (bool, bool) = (true, true);
    const NEITHER: (bool, bool) = (false, false);
    const ONLY_WE: (bool, bool) = (true, false);
    const ONLY_THEY: (bool, bool) = (false, true);

    assert_eq!(verdicts(&good.to_string()), BOTH);
    assert_eq!(with("more", json!([])), BOTH);
    assert_eq!(without("m.shared_history"), BOTH);
    assert_eq!(verdicts(""), NEITHER);
    assert_eq!(verdicts("{}"), NEITHER);
    assert_eq!(verdicts("null"), NEITHER);
    assert_eq!(without("session_key"), NEITHER);
    assert_eq!(without("sender_key"), NEITHER);
    assert_eq!(with("session_key", json!("AAAA")), NEITHER);
    assert_eq!(with("sender_key", json!("AAAA")), NEITHER);
    // Old clients left it out; the peer insists.
    assert_eq!(without("sender_claimed_keys"), ONLY_WE);
    // No session, and another one than was asked for: the peer sees neither
    // here.
    assert_eq!(with("algorithm", json!("m.megolm.v9")), ONLY_THEY);
    let mut other: Value = serde_json::from_slice(&common::entry(1).key().to_json()).unwrap();
    other["sender_key"] = good["sender_key"].clone();
    assert_eq!(verdicts(&other.to_string()), ONLY_THEY);
}

#[test]
fn public_key_messages_of_any_bytes() {
    let ours = BackupKey::new().unwrap();
    let theirs = BackupDecryptionKey::from_base64(&ours.to_base64()).unwrap();
    let public = matrix_sdk_crypto::vodozemac::Curve25519PublicKey::from_base64(
        &theirs.megolm_v1_public_key().to_base64(),
    )
    .unwrap();
    let key = necturus::Curve25519SecretKey::from_bytes(theirs.as_bytes());
    let decryption = necturus::vault::PkDecryption::from_key(key);
    for length in [0, 1, 15, 16, 17, 1000] {
        let plaintext = vec![b'a'; length];
        let message = PkEncryption::new(ours.public_key())
            .encrypt(&plaintext)
            .unwrap();
        let read = theirs
            .decrypt_v1(
                &message.ephemeral().to_base64(),
                &message.mac_base64(),
                &message.ciphertext_base64(),
            )
            .unwrap();
        assert_eq!(read.as_bytes(), plaintext);

        let message = vodo::PkEncryption::from_key(public)
            .encrypt(&plaintext)
            .unwrap();
        let message = necturus::vault::PkMessage::from_json(&object(&json!({
            "ephemeral": message.ephemeral_key.to_base64(),
            "ciphertext": matrix_sdk_crypto::vodozemac::base64_encode(&message.ciphertext),
            "mac": matrix_sdk_crypto::vodozemac::base64_encode(&message.mac),
        })))
        .unwrap();
        assert_eq!(*decryption.decrypt(&message).unwrap(), plaintext);
    }
}

#[test]
fn a_version_is_described_alike() {
    let (ours, theirs) = keys();
    let signing = necturus::Ed25519SigningKey::from_seed(&[7; 32]);
    let mut auth_data = ours.auth_data();
    auth_data
        .sign("@alice:example.org", "ed25519:PHONE", |bytes| {
            signing.sign(bytes)
        })
        .unwrap();
    let request = value(&BackupVersion::creation_request(&auth_data));
    let info: RoomKeyBackupInfo = serde_json::from_value(request.clone()).unwrap();
    assert!(theirs.backup_key_matches(&info));
    assert_eq!(serde_json::to_value(&info).unwrap(), request);
    let signatures = &request["auth_data"]["signatures"];
    assert!(signatures["@alice:example.org"]["ed25519:PHONE"].is_string());

    let info = serde_json::to_value(theirs.to_backup_info()).unwrap();
    let mut served = info.clone();
    served["version"] = "7".into();
    let version = BackupVersion::from_json(&object(&served)).unwrap();
    assert!(version.trust_by_key(&ours).is_ok());
    assert!(version.trust_by_key(&BackupKey::new().unwrap()).is_err());
    let read = BackupAuthData::from_json(object(&info["auth_data"])).unwrap();
    assert_eq!(value(read.json()), info["auth_data"]);
    assert!(!BackupDecryptionKey::new().backup_key_matches(&theirs.to_backup_info()));
}
