//! Room key bundles: what may be shared goes along, what may not is named, and
//! one bad entry spoils no other.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test that panics has failed"
)]

mod common;

use common::rng::{FailingRng, SeededRng};
use necturus::{
    Curve25519PublicKey, Ed25519SigningKey, SessionVersion,
    json::{Object, Value},
    megolm::{InboundGroupSession, OutboundGroupSession},
    vault::{
        AttachmentError, BundleEntryError, EncryptedFile, KeyBundle, KeyBundleBuilder,
        MakeBundleError, OpenBundleError, RoomKey, RoomKeyError,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};

const ROOM: &str = "!room:example.org";
const SENDER: Curve25519PublicKey = Curve25519PublicKey::from_bytes([9; 32]);

/// A session, exported from this index on.
fn room_key(seed: u64, index: u32, shared: bool) -> RoomKey {
    let rng = &mut SeededRng::new(seed);
    let room = OutboundGroupSession::new_with(rng, SessionVersion::V1).unwrap();
    let session = InboundGroupSession::new(&room.session_key(), SessionVersion::V1);
    RoomKey::new(SENDER, session.export_at(index).unwrap())
        .with_claimed_ed25519(Ed25519SigningKey::from_seed(&[5; 32]).public_key())
        .with_shared_history(shared)
}

fn id(seed: u64) -> String {
    room_key(seed, 0, true).session_id().to_base64()
}

fn open(builder: KeyBundleBuilder) -> KeyBundle {
    let (file, ciphertext) = builder.encrypt_with(&mut SeededRng::new(1)).unwrap();
    KeyBundle::decrypt(&file, ciphertext, ROOM).unwrap()
}

/// Reads this text as a bundle.
fn read(json: &str) -> Result<KeyBundle, OpenBundleError> {
    let mut buffer = json.as_bytes().to_vec();
    let file = EncryptedFile::encrypt_in_place_with(&mut SeededRng::new(1), &mut buffer).unwrap();
    KeyBundle::decrypt(&file, buffer, ROOM)
}

/// The JSON of a bundle.
fn json(builder: KeyBundleBuilder) -> Object {
    let (file, mut buffer) = builder.encrypt_with(&mut SeededRng::new(1)).unwrap();
    file.decrypt_in_place(&mut buffer).unwrap();
    Object::parse(&buffer).unwrap()
}

fn ids(bundle: &KeyBundle) -> (Vec<String>, Vec<&str>) {
    (
        bundle
            .keys()
            .iter()
            .map(|key| key.session_id().to_base64())
            .collect(),
        bundle
            .withheld()
            .iter()
            .map(|entry| entry.get_str("session_id").unwrap())
            .collect(),
    )
}

fn withheld(session_id: &str, code: &str) -> Object {
    Object::new()
        .with("algorithm", "m.megolm.v1.aes-sha2")
        .with("room_id", ROOM)
        .with("session_id", session_id)
        .with("sender_key", SENDER.to_base64())
        .with("code", code)
}

#[test]
fn sessions_are_split_by_whether_they_may_be_shared() {
    let mut builder = KeyBundleBuilder::new(ROOM);
    for (seed, shared) in [(1, true), (2, false), (3, true)] {
        builder.push(room_key(seed, 0, shared)).unwrap();
    }
    assert!(
        builder
            .push_withheld(&withheld(&id(4), "m.history_not_shared"))
            .unwrap()
    );
    let bundle = open(builder);
    let (mut keys, mut withheld) = ids(&bundle);
    keys.sort_unstable();
    withheld.sort_unstable();
    let mut expected = [id(1), id(3)];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let mut expected = [id(2), id(4)];
    expected.sort_unstable();
    assert_eq!(withheld, expected);
    for key in bundle.keys() {
        assert!(key.shared_history());
        assert_eq!(
            (key.sender_key(), key.claimed_ed25519().is_some()),
            (SENDER, true)
        );
    }
    for entry in bundle.withheld() {
        assert_eq!(entry.get_str("code"), Some("m.history_not_shared"));
    }
    assert_eq!(bundle.skipped(), []);
}

/// matrix-rust-sdk refuses a bundle without one of the lists, and a room key that
/// has `shared_history` under two of its names.
#[test]
fn a_bundle_has_both_lists_and_the_members_of_the_specification() {
    assert_eq!(
        json(KeyBundleBuilder::new(ROOM)).to_string(),
        r#"{"room_keys":[],"withheld":[]}"#
    );
    let mut builder = KeyBundleBuilder::new(ROOM);
    builder.push(room_key(1, 0, true)).unwrap();
    let bundle = json(builder);
    let entry = bundle.get("room_keys").unwrap().as_array().unwrap()[0]
        .as_object()
        .unwrap();
    let members: Vec<&str> = entry.iter().map(|(member, _)| member).collect();
    assert_eq!(
        members,
        [
            "algorithm",
            "room_id",
            "sender_claimed_keys",
            "sender_key",
            "session_id",
            "session_key"
        ]
    );
}

/// No session is in both lists, in whatever order they come.
#[test]
fn of_two_copies_one_counts() {
    for order in [[0, 1], [1, 0]] {
        // The one that reaches further back.
        let mut builder = KeyBundleBuilder::new(ROOM);
        for index in order {
            builder.push(room_key(1, index, true)).unwrap();
        }
        let bundle = open(builder);
        assert_eq!(bundle.keys().len(), 1);
        assert_eq!(bundle.keys()[0].first_known_index(), 0);

        // The one that is not to be shared.
        let mut builder = KeyBundleBuilder::new(ROOM);
        for index in order {
            builder.push(room_key(1, index, index == 0)).unwrap();
        }
        assert_eq!(ids(&open(builder)), (vec![], vec![&*id(1)]));

        // The key that we have, though another told that he withholds it.
        let mut builder = KeyBundleBuilder::new(ROOM);
        for step in order {
            if step == 0 {
                builder.push(room_key(1, 0, true)).unwrap();
            } else {
                let content = withheld(&id(1), "m.history_not_shared");
                assert!(builder.push_withheld(&content).unwrap());
            }
        }
        assert_eq!(ids(&open(builder)), (vec![id(1)], vec![]));
    }
}

#[test]
fn only_history_that_was_not_shared_is_passed_on_as_withheld() {
    let mut builder = KeyBundleBuilder::new(ROOM);
    let good = withheld(&id(1), "m.history_not_shared");
    for content in [
        withheld(&id(1), "m.unverified"),
        good.clone().with("room_id", "!other:example.org"),
        good.clone().with("session_id", "AAAA"),
        good.clone()
            .with("algorithm", "m.olm.v1.curve25519-aes-sha2"),
        Object::new(),
    ] {
        assert!(!builder.push_withheld(&content).unwrap(), "{content}");
    }
    let older = good.with("code", "io.element.msc4268.history_not_shared");
    assert!(builder.push_withheld(&older).unwrap());
    assert_eq!(
        open(builder).withheld(),
        [withheld(&id(1), "m.history_not_shared")]
    );
}

/// One member of one entry changed, beside an entry that is good.
#[test]
fn a_bad_entry_is_skipped_alone() {
    let entries = |seed| {
        let mut builder = KeyBundleBuilder::new(ROOM);
        builder.push(room_key(seed, 0, true)).unwrap();
        json(builder).get("room_keys").unwrap().as_array().unwrap()[0].clone()
    };
    let good = entries(1);
    let other = entries(2);
    let other = other.as_object().unwrap();
    let with_room_keys = |entry: Value| {
        let lists = Object::new().with("room_keys", vec![entry, good.clone()]);
        read(&lists.to_string()).unwrap()
    };
    for (entry, error) in [
        (
            other.clone().with("room_id", "!other:example.org").into(),
            BundleEntryError::OtherRoom,
        ),
        (
            other
                .clone()
                .with("algorithm", "m.megolm.v9.aes-sha2")
                .into(),
            BundleEntryError::RoomKey(RoomKeyError::Algorithm),
        ),
        (
            other.clone().with("session_id", id(3)).into(),
            BundleEntryError::RoomKey(RoomKeyError::WrongSessionId),
        ),
        (Value::Null, BundleEntryError::RoomKey(RoomKeyError::Json)),
        (
            vec![1u64; 3].into(),
            BundleEntryError::RoomKey(RoomKeyError::Json),
        ),
    ] {
        let bundle = with_room_keys(entry);
        assert_eq!(bundle.skipped(), [error]);
        assert_eq!(ids(&bundle).0, [id(1)]);
    }

    let not_shared = withheld(&id(2), "m.history_not_shared");
    let unknown = withheld(&id(3), "org.example.why");
    for (entry, error) in [
        (
            not_shared
                .clone()
                .with("room_id", "!other:example.org")
                .into(),
            BundleEntryError::OtherRoom,
        ),
        (
            not_shared.clone().with("code", 1u64).into(),
            BundleEntryError::Withheld,
        ),
        (
            not_shared.clone().with("sender_key", 1u64).into(),
            BundleEntryError::Withheld,
        ),
        (
            not_shared.clone().with("session_id", "AAAA").into(),
            BundleEntryError::Withheld,
        ),
        (
            not_shared.clone().with("algorithm", "x").into(),
            BundleEntryError::Withheld,
        ),
        (Value::Null, BundleEntryError::Withheld),
        // The key is there after all.
        (
            not_shared.with("session_id", id(1)).into(),
            BundleEntryError::AlsoShared,
        ),
    ] {
        let lists = Object::new()
            .with("room_keys", vec![good.clone()])
            .with("withheld", vec![entry, unknown.clone().into()]);
        let bundle = read(&lists.to_string()).unwrap();
        assert_eq!(bundle.skipped(), [error]);
        assert_eq!(bundle.keys().len(), 1);
        // As it came, with a code that nobody knows.
        assert_eq!(bundle.withheld(), core::slice::from_ref(&unknown));
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    for json in [
        "",
        "[]",
        "[[],[]]",
        "null",
        "1",
        "{",
        "{\"room_keys\":[",
        "{\"room_keys\":{}}",
        "{\"room_keys\":[],\"room_keys\":[]}",
        "{} {}",
        "{\"withheld\":1}",
    ] {
        assert_eq!(read(json).err(), Some(OpenBundleError::Json), "{json}");
    }
    for json in ["{}", " {\"room_keys\":[]}", "{\"withheld\":[],\"x\":[1]}"] {
        assert!(read(json).unwrap().keys().is_empty());
    }
    let entries = KeyBundle::MAX_ENTRIES + 3;
    let many = format!("{{\"withheld\":[0{}]}}", ",0".repeat(entries - 1));
    assert_eq!(
        read(&many).err(),
        Some(OpenBundleError::TooManyEntries { found: entries })
    );
    let most = format!(
        "{{\"withheld\":[0{}]}}",
        ",0".repeat(KeyBundle::MAX_ENTRIES - 1)
    );
    assert_eq!(read(&most).unwrap().skipped().len(), KeyBundle::MAX_ENTRIES);

    // What is nested too deeply is one bad entry.
    let deep = format!(
        "{{\"withheld\":[{}{}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(read(&deep).unwrap().skipped(), [BundleEntryError::Withheld]);
}

#[test]
fn what_fails_is_told_apart() {
    let mut builder = KeyBundleBuilder::new(&"x".repeat(256));
    assert_eq!(
        builder.push(room_key(1, 0, true)),
        Err(MakeBundleError::RoomId)
    );
    assert_eq!(
        KeyBundleBuilder::new(ROOM)
            .encrypt_with(&mut FailingRng)
            .err(),
        Some(MakeBundleError::Rng)
    );
    let (file, _) = KeyBundleBuilder::new(ROOM)
        .encrypt_with(&mut SeededRng::new(1))
        .unwrap();
    assert_eq!(
        KeyBundle::decrypt(&file, vec![0; KeyBundle::MAX_SIZE + 1], ROOM).err(),
        Some(OpenBundleError::TooLarge {
            found: KeyBundle::MAX_SIZE + 1
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_one_side_makes_the_other_reads(
        sessions in vec((0u64..20, 0u32..3, any::<bool>()), 0..12),
        at in any::<Index>(),
        bit in 0u32..8,
    ) {
        let mut builder = KeyBundleBuilder::new(ROOM);
        for (seed, index, shared) in &sessions {
            builder.push(room_key(*seed, *index, *shared)).unwrap();
        }
        let (file, ciphertext) = builder.encrypt_with(&mut SeededRng::new(1)).unwrap();
        let mut flipped = ciphertext.clone();
        flipped[at.index(ciphertext.len())] ^= 1 << bit;
        prop_assert_eq!(
            KeyBundle::decrypt(&file, flipped, ROOM).err(),
            Some(OpenBundleError::Attachment(AttachmentError::WrongHash))
        );

        let bundle = KeyBundle::decrypt(&file, ciphertext, ROOM).unwrap();
        prop_assert_eq!(bundle.skipped(), []);
        let (keys, withheld) = ids(&bundle);
        for (seed, ..) in &sessions {
            let copies = || sessions.iter().filter(|copy| copy.0 == *seed);
            let shared = copies().all(|copy| copy.2);
            prop_assert_eq!(keys.contains(&id(*seed)), shared);
            prop_assert_eq!(withheld.contains(&&*id(*seed)), !shared);
            if shared {
                let key = bundle.keys().iter().find(|key| key.session_id().to_base64() == id(*seed));
                let lowest = copies().map(|copy| copy.1).min();
                prop_assert_eq!(key.map(RoomKey::first_known_index), lowest);
            }
        }
    }
}
