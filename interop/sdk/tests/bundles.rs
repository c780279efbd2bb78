//! Room key bundles: each reads the history that the other shares.

mod common;

use std::io::Read;

use common::{entry, theirs};
use matrix_sdk_crypto::{
    AttachmentDecryptor, AttachmentEncryptor,
    types::room_history::{HistoricRoomKey, RoomKeyBundle},
};
use necturus::{
    json::Object,
    vault::{
        BundleEntryError, EncryptedFile, FileVersions, KeyBundle, KeyBundleBuilder, RoomKey,
        RoomKeyEntry,
    },
};
use serde_json::{Value, json};

const ROOM: &str = "!room:example.org";

/// Keys of one room, of which every other may be shared.
fn keys(count: usize) -> Vec<RoomKeyEntry> {
    (0..count)
        .map(|number| RoomKeyEntry::new(ROOM, entry(number).into_key()).unwrap())
        .collect()
}

fn copy(entry: &RoomKeyEntry) -> RoomKey {
    RoomKeyEntry::from_json(&entry.to_json())
        .unwrap()
        .into_key()
}

/// The peer opens the attachment and reads the JSON inside.
fn their_open(file: &EncryptedFile, mut ciphertext: &[u8]) -> RoomKeyBundle {
    let info = serde_json::from_str(&file.to_json("mxc://example.org/id")).unwrap();
    let mut bundle = Vec::new();
    AttachmentDecryptor::new(&mut ciphertext, info)
        .unwrap()
        .read_to_end(&mut bundle)
        .unwrap();
    serde_json::from_slice(&bundle).unwrap()
}

fn their_encrypt(bundle: &[u8]) -> (EncryptedFile, Vec<u8>) {
    let mut bundle = bundle;
    let mut encryptor = AttachmentEncryptor::new(&mut bundle);
    let mut ciphertext = Vec::new();
    encryptor.read_to_end(&mut ciphertext).unwrap();
    let info = serde_json::to_string(&encryptor.finish()).unwrap();
    let file = EncryptedFile::from_json(info.as_bytes(), FileVersions::Current).unwrap();
    (file, ciphertext)
}

fn object(json: &Value) -> Object {
    Object::parse(json.to_string().as_bytes()).unwrap()
}

/// By their ids: a bundle has no order.
fn sorted(keys: impl IntoIterator<Item = HistoricRoomKey>) -> Vec<Value> {
    let mut keys: Vec<_> = keys
        .into_iter()
        .map(|key| serde_json::to_value(&key).unwrap())
        .collect();
    keys.sort_by_key(|key| key["session_id"].to_string());
    keys
}

fn sorted_ids(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids
}

fn withheld(entry: &RoomKeyEntry, code: &str) -> Value {
    json!({
        "algorithm": "m.megolm.v1.aes-sha2",
        "code": code,
        "reason": "no",
        "room_id": entry.room_id(),
        "sender_key": entry.key().sender_key().to_base64(),
        "session_id": entry.key().session_id().to_base64(),
    })
}

#[test]
fn they_read_what_we_bundle() {
    let keys = keys(50);
    let mut builder = KeyBundleBuilder::new(ROOM);
    for entry in &keys {
        builder.push(copy(entry)).unwrap();
    }
    let (file, ciphertext) = builder.encrypt().unwrap();
    let bundle = their_open(&file, &ciphertext);

    let (shared, kept): (Vec<_>, Vec<_>) =
        keys.iter().partition(|entry| entry.key().shared_history());
    assert_eq!((shared.len(), kept.len()), (25, 25));
    let expected = shared
        .iter()
        .map(|entry| HistoricRoomKey::from(theirs(entry)));
    assert_eq!(sorted(bundle.room_keys), sorted(expected));

    let read = serde_json::to_value(&bundle.withheld).unwrap();
    let read = read.as_array().unwrap();
    for content in read {
        assert_eq!(content["code"], "m.history_not_shared");
        assert_eq!(content["room_id"], ROOM);
    }
    assert_eq!(
        sorted_ids(
            read.iter()
                .map(|content| content["session_id"].as_str().unwrap().into())
        ),
        sorted_ids(
            kept.iter()
                .map(|entry| entry.key().session_id().to_base64())
        )
    );
}

#[test]
fn we_read_what_they_bundle() {
    let keys = keys(50);
    let (not_shared, blacklisted) = (entry(1), entry(1));
    let in_room = |entry: RoomKeyEntry| RoomKeyEntry::new(ROOM, entry.into_key()).unwrap();
    let contents = [
        withheld(&in_room(not_shared), "m.history_not_shared"),
        withheld(&in_room(blacklisted), "m.blacklisted"),
    ];
    let bundle = RoomKeyBundle {
        room_keys: keys.iter().map(|entry| theirs(entry).into()).collect(),
        withheld: serde_json::from_value(json!(contents)).unwrap(),
    };
    let (file, ciphertext) = their_encrypt(&serde_json::to_vec(&bundle).unwrap());
    let read = KeyBundle::decrypt(&file, ciphertext, ROOM).unwrap();
    assert_eq!(read.skipped(), []);
    // With the reason that the peer gives for the code, whatever it was.
    let written = serde_json::to_value(&bundle.withheld).unwrap();
    let written = written.as_array().unwrap().iter().map(object);
    assert_eq!(read.withheld(), written.collect::<Vec<_>>());
    for (read, content) in read.withheld().iter().zip(&contents) {
        assert_eq!(read.get_str("code"), content["code"].as_str());
        assert_eq!(read.get_str("session_id"), content["session_id"].as_str());
    }
    assert!(read.keys().iter().all(RoomKey::shared_history));
    let read = read
        .into_keys()
        .into_iter()
        .map(|key| theirs(&RoomKeyEntry::new(ROOM, key).unwrap()).into());
    assert_eq!(sorted(read), sorted(bundle.room_keys));
}

#[test]
fn an_empty_bundle_is_empty_to_both() {
    let (file, ciphertext) = KeyBundleBuilder::new(ROOM).encrypt().unwrap();
    assert!(their_open(&file, &ciphertext).is_empty());
    let theirs = serde_json::to_vec(&RoomKeyBundle::default()).unwrap();
    let (file, ciphertext) = their_encrypt(&theirs);
    let read = KeyBundle::decrypt(&file, ciphertext, ROOM).unwrap();
    assert!(read.keys().is_empty() && read.withheld().is_empty());
}

/// A bad entry beside a good one: the peer refuses the bundle where its types
/// do not fit, and else leaves it to the import; we skip that entry.
#[test]
fn verdicts_on_hostile_entries() {
    let good: Value = serde_json::from_slice(&keys(1)[0].to_bundle_json()).unwrap();
    let verdicts = |bad: Value| {
        let bundle = json!({"room_keys": [good, bad], "withheld": []}).to_string();
        let theirs = serde_json::from_str::<RoomKeyBundle>(&bundle);
        let (file, ciphertext) = their_encrypt(bundle.as_bytes());
        let ours = KeyBundle::decrypt(&file, ciphertext, ROOM).unwrap();
        assert_eq!(ours.keys().len() + ours.skipped().len(), 2);
        (ours.skipped().first().copied(), theirs.is_ok())
    };
    let with = |member: &str, value: Value| {
        let mut bad = good.clone();
        bad[member] = value;
        verdicts(bad)
    };
    let skipped_as_key = |verdicts: (Option<BundleEntryError>, bool)| {
        assert!(matches!(verdicts.0, Some(BundleEntryError::RoomKey(_))));
        verdicts.1
    };
    assert_eq!(verdicts(good.clone()), (None, true));
    assert_eq!(with("more", json!(1)), (None, true));
    assert_eq!(
        with("room_id", json!("!other:example.org")),
        (Some(BundleEntryError::OtherRoom), true)
    );
    assert!(skipped_as_key(with("algorithm", json!("m.megolm.v9"))));
    assert!(skipped_as_key(with("session_id", json!("another"))));
    assert!(!skipped_as_key(with("session_key", json!("AAAA"))));
    assert!(!skipped_as_key(with("sender_key", json!("AAAA"))));
    assert!(!skipped_as_key(verdicts(json!({}))));
    assert!(!skipped_as_key(verdicts(json!(null))));
}
