//! Key export files: each reads what the other wrote.

mod common;

use aes::Aes256;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use common::{entry, their_json, theirs};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use matrix_sdk_crypto::{
    KeyExportError, decrypt_room_key_export, encrypt_room_key_export, olm::ExportedRoomKey,
};
use necturus::vault::{KeyExport, KeyExportEncoder, OpenExportError, RoomKeyEntry};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

const PASSPHRASE: &str = "pässword 🔑";
/// As few as we write.
const ROUNDS: u32 = 100_000;

fn our_file(entries: &[RoomKeyEntry]) -> String {
    let mut file = String::new();
    let mut encoder = KeyExportEncoder::start(PASSPHRASE, ROUNDS, &mut file).unwrap();
    for entry in entries {
        encoder.push(entry, &mut file).unwrap();
    }
    encoder.finish(&mut file);
    file
}

fn our_read(file: &str) -> (Vec<RoomKeyEntry>, u64) {
    let mut export = KeyExport::open(file.as_bytes(), PASSPHRASE).unwrap();
    let entries = export.by_ref().map(Result::unwrap).collect();
    (entries, export.skipped())
}

fn their_read(file: &str) -> Result<Vec<ExportedRoomKey>, KeyExportError> {
    decrypt_room_key_export(file.as_bytes(), PASSPHRASE)
}

fn same(ours: &[RoomKeyEntry], theirs: &[ExportedRoomKey]) {
    let ours: Vec<_> = ours
        .iter()
        .map(|entry| their_json(&common::theirs(entry)))
        .collect();
    let theirs: Vec<_> = theirs.iter().map(their_json).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn they_read_what_we_write() {
    for count in [0, 1, 500] {
        let entries: Vec<_> = (0..count).map(entry).collect();
        same(&entries, &their_read(&our_file(&entries)).unwrap());
    }
}

#[test]
fn we_read_what_they_write() {
    for count in [0, 1, 500] {
        let keys: Vec<_> = (0..count).map(|number| theirs(&entry(number))).collect();
        let file = encrypt_room_key_export(&keys, PASSPHRASE, 1000).unwrap();
        let (entries, skipped) = our_read(&file);
        same(&entries, &keys);
        assert_eq!(skipped, 0);
        // We also say that a thousand rounds are few.
        let export = KeyExport::open(file.as_bytes(), PASSPHRASE).unwrap();
        assert!(export.is_weak() && export.rounds() == 1000);
    }
}

#[test]
fn both_refuse_another_passphrase_and_changed_files() {
    let entries = [entry(0)];
    let theirs = encrypt_room_key_export(&[theirs(&entries[0])], PASSPHRASE, 1000).unwrap();
    for file in [our_file(&entries), theirs] {
        assert!(matches!(
            decrypt_room_key_export(file.as_bytes(), "password"),
            Err(KeyExportError::InvalidMac)
        ));
        assert_eq!(
            KeyExport::open(file.as_bytes(), "password").err(),
            Some(OpenExportError::WrongPassphrase)
        );
        let (first, rest) = file.split_once('\n').unwrap();
        let changed = |at: usize| {
            let mut rest = rest.to_owned();
            let other = if &rest[at..=at] == "A" { "B" } else { "A" };
            rest.replace_range(at..=at, other);
            format!("{first}\n{rest}")
        };
        // In the salt, the IV, and the ciphertext; then the version.
        for at in [5, 30, 70] {
            let file = changed(at);
            assert!(matches!(their_read(&file), Err(KeyExportError::InvalidMac)));
            let ours = KeyExport::open(file.as_bytes(), PASSPHRASE).err();
            assert_eq!(ours, Some(OpenExportError::WrongPassphrase));
        }
        let file = changed(0);
        assert!(matches!(
            their_read(&file),
            Err(KeyExportError::UnsupportedVersion)
        ));
        let ours = KeyExport::open(file.as_bytes(), PASSPHRASE).err();
        assert!(matches!(ours, Some(OpenExportError::Version { .. })));
    }
}

/// How the text is broken into lines is for nobody to care about.
#[test]
fn both_read_any_length_of_line() {
    let keys = [entry(0), entry(1)].map(|entry| theirs(&entry));
    let file = encrypt_room_key_export(&keys, PASSPHRASE, 10).unwrap();
    let lines: Vec<_> = file.lines().collect();
    let [first, body, last] = lines[..] else {
        panic!("the peer writes three lines");
    };
    for width in [1, 4, 76, 10_000] {
        let body: Vec<_> = body
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        for line_end in ["\n", "\r\n"] {
            let file = [first, &*body.join(line_end), last].join(line_end);
            same(&our_read(&file).0, &keys);
            same(&our_read(&file).0, &their_read(&file).unwrap());
        }
    }
}

/// A file of any text under a good MAC.
fn forged(version: u8, iv: [u8; 16], text: &[u8]) -> String {
    let (salt, rounds) = ([5; 16], 10u32);
    let mut keys = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(PASSPHRASE.as_bytes(), &salt, rounds, &mut keys);
    let mut file = [&[version][..], &salt, &iv, &rounds.to_be_bytes(), text].concat();
    let key: [u8; 32] = keys[..32].try_into().unwrap();
    Ctr128BE::<Aes256>::new(&key.into(), &iv.into()).apply_keystream(&mut file[37..]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys[32..]).unwrap();
    mac.update(&file);
    file.extend_from_slice(&mac.finalize().into_bytes());
    let body = STANDARD_NO_PAD.encode(file);
    format!("-----BEGIN MEGOLM SESSION DATA-----\n{body}\n-----END MEGOLM SESSION DATA-----\n")
}

/// What we read, and what the peer does: numbers of keys.
fn verdicts(text: &[u8]) -> (Option<(usize, u64)>, Option<usize>) {
    let file = forged(1, [7; 16], text);
    let mut export = KeyExport::open(file.as_bytes(), PASSPHRASE).unwrap();
    let ours: Result<Vec<_>, _> = export.by_ref().collect();
    let ours = ours.ok().map(|entries| (entries.len(), export.skipped()));
    (ours, their_read(&file).ok().map(|keys| keys.len()))
}

#[test]
fn verdicts_on_hostile_entries() {
    let good: Value = serde_json::from_slice(&entry(1).to_json()).unwrap();
    let beside_good = |bad: Value| verdicts(json!([good, bad]).to_string().as_bytes());
    let with = |member: &str, value: Value| {
        let mut bad = good.clone();
        bad[member] = value;
        beside_good(bad)
    };
    let without = |member: &str| {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(member);
        beside_good(bad)
    };
    const BOTH: (Option<(usize, u64)>, Option<usize>) = (Some((2, 0)), Some(2));
    /// One bad entry costs the peer the whole file, and us that entry.
    const WE_SKIP_THEY_STOP: (Option<(usize, u64)>, Option<usize>) = (Some((1, 1)), None);
    /// The peer takes what cannot be a session of that id, or be used at all.
    const WE_SKIP_THEY_READ: (Option<(usize, u64)>, Option<usize>) = (Some((1, 1)), Some(2));

    assert_eq!(beside_good(good.clone()), BOTH);
    assert_eq!(with("more", json!({"a": [1.5]})), BOTH);
    assert_eq!(without("m.shared_history"), BOTH);
    assert_eq!(without("sender_claimed_keys"), BOTH);
    assert_eq!(without("forwarding_curve25519_key_chain"), BOTH);

    assert_eq!(beside_good(json!(null)), WE_SKIP_THEY_STOP);
    assert_eq!(beside_good(json!([])), WE_SKIP_THEY_STOP);
    assert_eq!(beside_good(json!({})), WE_SKIP_THEY_STOP);
    assert_eq!(without("session_key"), WE_SKIP_THEY_STOP);
    assert_eq!(without("sender_key"), WE_SKIP_THEY_STOP);
    assert_eq!(without("room_id"), WE_SKIP_THEY_STOP);
    assert_eq!(without("session_id"), WE_SKIP_THEY_STOP);
    assert_eq!(with("session_key", json!("AAAA")), WE_SKIP_THEY_STOP);
    assert_eq!(with("sender_key", json!("AAAA")), WE_SKIP_THEY_STOP);

    assert_eq!(with("algorithm", json!("m.megolm.v9")), WE_SKIP_THEY_READ);
    assert_eq!(with("session_id", json!("another")), WE_SKIP_THEY_READ);
}

#[test]
fn verdicts_on_hostile_texts() {
    // White space and nothing else around the array.
    assert_eq!(verdicts(b" [ ]\n"), (Some((0, 0)), Some(0)));
    for text in [&b""[..], b"[", b"[] []", b"{}", b"null", b"[,]", b"\xff[]"] {
        assert_eq!(verdicts(text), (None, None));
    }
    // A counter that overflows its low half, and another version.
    let mut iv = [0xff; 16];
    let text = [&b"["[..], &[b' '; 40], b"]"].concat();
    let file = forged(1, iv, &text);
    assert!(their_read(&file).unwrap().is_empty());
    assert_eq!(
        KeyExport::open(file.as_bytes(), PASSPHRASE).err(),
        Some(OpenExportError::CounterOverflow)
    );
    iv[8] = 0x7f;
    let file = forged(1, iv, &text);
    assert!(their_read(&file).unwrap().is_empty());
    assert!(our_read(&file).0.is_empty());
}

/// Zero rounds: the peer derives from one and goes on, we refuse before we
/// derive.
#[test]
fn only_they_read_zero_rounds() {
    let keys = [theirs(&entry(0))];
    let file = encrypt_room_key_export(&keys, PASSPHRASE, 0).unwrap();
    assert_eq!(their_read(&file).unwrap().len(), 1);
    assert_eq!(
        KeyExport::open(file.as_bytes(), PASSPHRASE).err(),
        Some(OpenExportError::Rounds { found: 0 })
    );
    // More than we were asked to bear; the peer knows no bound.
    let file = encrypt_room_key_export(&keys, PASSPHRASE, 2000).unwrap();
    assert_eq!(their_read(&file).unwrap().len(), 1);
    assert_eq!(
        KeyExport::open_bounded(file.as_bytes(), PASSPHRASE, 1999).err(),
        Some(OpenExportError::Rounds { found: 2000 })
    );
}
