//! Each backend keeps what a map would keep, batch by batch, and SQLite over
//! openings.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

extern crate alloc;

mod common;

use alloc::collections::BTreeMap;

use common::temporary::TemporaryFolder;
use necturus::store::{Backend, Batch, MemoryBackend, SqliteBackend};
use proptest::{collection::vec, option, prelude::*};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Few, so that they meet: short, of bytes at the ends of their range.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![Just(0), Just(1), Just(0x61), Just(0xFE), Just(0xFF)],
        0..4,
    )
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..40),
        1 => vec(any::<u8>(), 4000..20_000),
    ]
}

/// Batches, and whether SQLite opens its file anew after each.
fn batches() -> impl Strategy<Value = Vec<(Changes, bool)>> {
    vec(
        (vec((key(), option::of(value())), 0..6), any::<bool>()),
        1..8,
    )
}

fn batch(changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in changes {
        match value {
            Some(value) => batch.put(key.clone(), value.clone()),
            None => batch.delete(key.clone()),
        }
    }
    batch
}

fn apply(model: &mut Model, changes: &[(Vec<u8>, Option<Vec<u8>>)]) {
    for (key, value) in changes {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

fn agrees(backend: &dyn Backend, model: &Model, asked: &[Vec<u8>]) {
    for key in asked {
        assert_eq!(backend.get(key).unwrap().as_ref(), model.get(key));
        let expected: Vec<_> = model
            .keys()
            .filter(|found| found.starts_with(key))
            .collect();
        assert!(backend.keys(key).unwrap().iter().eq(expected));
    }
    assert!(backend.keys(&[]).unwrap().iter().eq(model.keys()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn they_keep_what_a_map_would(batches in batches(), others in vec(key(), 4)) {
        let folder = TemporaryFolder::new();
        let path = folder.file("backend");
        let mut memory = MemoryBackend::new();
        let mut sqlite = SqliteBackend::open(&path).unwrap();
        let mut model = Model::new();
        for (changes, again) in &batches {
            apply(&mut model, changes);
            let batch = batch(changes);
            memory.write(&batch).unwrap();
            sqlite.write(&batch).unwrap();
            if *again {
                drop(sqlite);
                sqlite = SqliteBackend::open(&path).unwrap();
            }
            let mut asked = others.clone();
            asked.extend(changes.iter().map(|(key, _)| key.clone()));
            agrees(&memory, &model, &asked);
            agrees(&sqlite, &model, &asked);
        }
    }
}

#[test]
fn a_value_that_sqlite_cannot_take_leaves_all_as_it_was() {
    let folder = TemporaryFolder::new();
    let mut backend = SqliteBackend::open(folder.file("backend")).unwrap();
    let mut first = Batch::new();
    first.put(b"a".to_vec(), b"1".to_vec());
    backend.write(&first).unwrap();
    let mut second = Batch::new();
    second.put(b"a".to_vec(), b"2".to_vec());
    second.put(b"b".to_vec(), vec![0; 90 << 20]);
    assert!(backend.write(&second).is_err());
    let model = Model::from([(b"a".to_vec(), b"1".to_vec())]);
    agrees(&backend, &model, &[b"a".to_vec(), b"b".to_vec()]);
    // And the backend goes on.
    backend.write(&first).unwrap();
}
