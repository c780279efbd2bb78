//! Whoever can write to the storage can make a value unreadable, and never makes it
//! another; only the right key opens a keystore.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    faulty_backend::{Contents, FaultyBackend},
    rng::SeededRng,
    talk::{Pair, pickle_key, room},
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::Session,
    pickle::PickleKey,
    store::{Keystore, OpenError, StoreError},
};
use proptest::prelude::*;

const OWN: &[u8] = &[0];

fn try_open(contents: &Contents, key: &PickleKey) -> Result<Keystore, OpenError> {
    let backend = FaultyBackend::with(contents);
    let opened = Keystore::open_with(&mut SeededRng::new(1), backend.clone(), key);
    // An opening that fails writes nothing, and one of what is there neither.
    assert_eq!(backend.contents(), *contents);
    opened
}

fn open(contents: &Contents) -> Keystore {
    try_open(contents, &pickle_key()).unwrap()
}

/// A keystore with two records of each kind, and how each is read.
struct Full {
    contents: Contents,
    peer: Curve25519PublicKey,
    sessions: [Session; 2],
}

impl Full {
    fn new(seed: u64) -> Self {
        let backend = FaultyBackend::new();
        let mut rng = SeededRng::new(seed);
        let mut keystore = Keystore::open_with(&mut rng, backend.clone(), &pickle_key()).unwrap();
        // The same objects for every seed.
        let (pair, other) = (Pair::new(1), Pair::new(2));
        let peer = pair.alice.identity_keys().curve25519;
        let (outbound, inbound) = room(3, SessionVersion::V1);
        let mut transaction = keystore.transaction();
        transaction.put_account(&pair.bob);
        transaction.put_session(&peer, &pair.bobs);
        transaction.put_session(&peer, &other.bobs);
        for room in ["!a", "!b"] {
            transaction.put_outbound_session(room, &outbound);
            transaction.put_inbound_session(room, &peer, &inbound);
            transaction.put_value(room, b"value");
        }
        transaction.commit_with(&mut rng).unwrap();
        Self {
            contents: backend.contents(),
            peer,
            sessions: [pair.bobs, other.bobs],
        }
    }

    /// Reads the record under a key of the storage.
    fn read(&self, contents: &Contents, key: &[u8]) -> Result<bool, StoreError> {
        let keystore = open(contents);
        let room = if key.windows(2).any(|two| two == b"!a") {
            "!a"
        } else {
            "!b"
        };
        match key[0] {
            1 => keystore.account().map(|found| found.is_some()),
            2 => {
                let ids = self.sessions.each_ref().map(Session::id);
                let id = ids.iter().find(|id| key.ends_with(id.as_bytes())).unwrap();
                keystore
                    .session(&self.peer, id)
                    .map(|found| found.is_some())
            }
            3 => keystore.outbound_session(room).map(|found| found.is_some()),
            4 => {
                let (id, sender) = keystore.inbound_sessions(room)?[0];
                let found = keystore.inbound_session(room, &id, &sender);
                found.map(|found| found.is_some())
            }
            _ => keystore.value(room).map(|found| found.is_some()),
        }
    }

    fn is_damaged(&self, contents: &Contents, key: &[u8]) {
        let read = self.read(contents, key);
        assert!(
            matches!(read, Err(StoreError::Damaged)),
            "{key:?}: {read:?}"
        );
    }

    fn records(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.contents.iter().filter(|(key, _)| *key != OWN)
    }
}

#[test]
fn untouched_they_are_read() {
    let full = Full::new(1);
    assert_eq!(full.records().count(), 9);
    for (key, _) in full.records() {
        assert!(full.read(&full.contents, key).unwrap(), "{key:?}");
    }
}

#[test]
fn every_flipped_bit_of_a_value() {
    let full = Full::new(1);
    let key = b"\x05!a".to_vec();
    let sealed = &full.contents[&key];
    for bit in 0..sealed.len() * 8 {
        let mut contents = full.contents.clone();
        contents.get_mut(&key).unwrap()[bit / 8] ^= 1 << (bit % 8);
        full.is_damaged(&contents, &key);
    }
}

#[test]
fn values_cut_short_and_made_longer() {
    let full = Full::new(1);
    for (key, sealed) in full.records() {
        for length in [0, 1, 24, 25, 40, 41, sealed.len() - 1] {
            let mut contents = full.contents.clone();
            contents.get_mut(key).unwrap().truncate(length);
            full.is_damaged(&contents, key);
        }
        let mut contents = full.contents.clone();
        contents.get_mut(key).unwrap().push(0);
        full.is_damaged(&contents, key);
    }
}

#[test]
fn values_in_the_place_of_others() {
    let full = Full::new(1);
    for (key, _) in full.records() {
        for (other, sealed) in &full.contents {
            if other != key {
                let mut contents = full.contents.clone();
                contents.insert(key.clone(), sealed.clone());
                full.is_damaged(&contents, key);
            }
        }
    }
}

#[test]
fn values_of_another_keystore_under_the_same_key() {
    let (full, other) = (Full::new(1), Full::new(2));
    for (key, _) in full.records() {
        let mut contents = full.contents.clone();
        contents.insert(key.clone(), other.contents[key].clone());
        full.is_damaged(&contents, key);
        // Nor with what makes the other a keystore.
        let mut contents = full.contents.clone();
        contents.insert(OWN.to_vec(), other.contents[OWN].clone());
        full.is_damaged(&contents, key);
    }
}

#[test]
fn keys_that_are_none() {
    let full = Full::new(1);
    let sealed = full.contents[&b"\x05!a".to_vec()].clone();
    let peer = full.peer.as_bytes();
    let keys: [Vec<u8>; 6] = [
        [&[2], &peer[..]].concat(),
        [&[2], &peer[..], &[0; 33]].concat(),
        vec![3, 0, 0, 0, 9, b'!'],
        vec![3, 0xFF, 0xFF, 0xFF, 0xFF],
        [&[4, 0, 0, 0, 2], &b"!a"[..], &[0; 65]].concat(),
        vec![5, 0xFF],
    ];
    for key in keys {
        let mut contents = full.contents.clone();
        contents.insert(key.clone(), sealed.clone());
        let keystore = open(&contents);
        let listed = match key[0] {
            2 => keystore.session_peers().map(drop),
            3 => keystore.outbound_rooms().map(drop),
            4 => keystore.inbound_rooms().map(drop),
            _ => keystore.value_names("").map(drop),
        };
        assert!(matches!(listed, Err(StoreError::Damaged)), "{key:?}");
    }
}

#[test]
fn what_makes_it_a_keystore() {
    let full = Full::new(1);
    let own = full.contents[OWN].clone();
    let with = |own: Option<Vec<u8>>| {
        let mut contents = full.contents.clone();
        contents.remove(OWN);
        contents.extend(own.map(|own| (OWN.to_vec(), own)));
        try_open(&contents, &pickle_key()).err()
    };
    assert!(with(Some(own.clone())).is_none());
    assert!(matches!(with(None), Some(OpenError::Damaged)));
    for length in 0..own.len() {
        assert!(matches!(
            with(Some(own[..length].to_vec())),
            Some(OpenError::Damaged)
        ));
    }
    let longer = [&own[..], &[0]].concat();
    assert!(matches!(with(Some(longer)), Some(OpenError::Damaged)));
    for bit in 0..own.len() * 8 {
        let mut flipped = own.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let first = flipped[0];
        match with(Some(flipped)) {
            Some(OpenError::UnknownVersion { version }) => {
                assert_eq!((version, bit / 8), (first, 0));
            }
            Some(OpenError::WrongKey) => assert!(bit >= 8),
            other => panic!("{other:?}"),
        }
    }
    let wrong = try_open(&full.contents, &PickleKey::from_bytes(&[0x43; 32]));
    assert!(matches!(wrong, Err(OpenError::WrongKey)));
}

proptest! {
    #[test]
    fn any_flipped_bit(record: prop::sample::Index, place: prop::sample::Index, bit in 0..8u8) {
        let full = Full::new(1);
        let records: Vec<_> = full.records().collect();
        let (key, sealed) = records[record.index(records.len())];
        let mut contents = full.contents.clone();
        contents.get_mut(key).unwrap()[place.index(sealed.len())] ^= 1 << bit;
        full.is_damaged(&contents, key);
    }
}
