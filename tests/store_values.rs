//! What is put into a keystore comes out of it, also when it is opened again; lists
//! name what is there, and a transaction that is dropped changes nothing.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    faulty_backend::FaultyBackend,
    rng::{BytesRng, SeededRng},
    talk::{Pair, State, pickle_key, room},
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    pickle::PickleKey,
    store::{Keystore, MAX_NAME_LENGTH, MAX_VALUE_LENGTH, OpenError, StoreError},
};

fn open(backend: &FaultyBackend) -> Keystore {
    Keystore::open_with(&mut SeededRng::new(1), backend.clone(), &pickle_key()).unwrap()
}

#[test]
fn values() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend);
    assert!(keystore.value("a").unwrap().is_none());
    let long = vec![7; 100_000];
    let values: [(&str, &[u8]); 5] = [
        ("", b"no name"),
        ("a", b""),
        ("ab", b"\0"),
        ("b\0", &long),
        ("ключ", b"five"),
    ];
    let mut transaction = keystore.transaction();
    for (name, value) in values {
        transaction.put_value(name, b"not this one");
        transaction.put_value(name, value);
    }
    transaction.commit_with(&mut SeededRng::new(2)).unwrap();
    for keystore in [keystore, open(&backend)] {
        for (name, value) in values {
            assert_eq!(*keystore.value(name).unwrap().unwrap(), value);
        }
        assert!(keystore.value("b").unwrap().is_none());
        let names = keystore.value_names("").unwrap();
        assert_eq!(names, values.map(|(name, _)| name));
        assert_eq!(keystore.value_names("a").unwrap(), ["a", "ab"]);
        assert!(keystore.value_names("c").unwrap().is_empty());
    }
    let mut keystore = open(&backend);
    let mut transaction = keystore.transaction();
    transaction.put_value("a", b"new");
    transaction.delete_value("ab");
    transaction.delete_value("never was");
    transaction.commit_with(&mut SeededRng::new(3)).unwrap();
    assert_eq!(*keystore.value("a").unwrap().unwrap(), b"new");
    assert_eq!(keystore.value_names("a").unwrap(), ["a"]);
}

#[test]
fn objects_and_their_lists() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend);
    let (pair, other) = (Pair::new(1), Pair::new(2));
    let peer = pair.alice.identity_keys().curve25519;
    let stranger = Curve25519PublicKey::from_bytes([0xFF; 32]);
    let (outbound, inbound) = room(3, SessionVersion::V1);
    let (_, second) = room(4, SessionVersion::V2);
    // One id begins as another does.
    let rooms = ["!a", "!a:example.org", "!b"];

    let mut transaction = keystore.transaction();
    transaction.put_account(&pair.bob);
    transaction.put_session(&peer, &pair.bobs);
    transaction.put_session(&peer, &other.bobs);
    transaction.put_session(&stranger, &pair.alices);
    for room in rooms {
        transaction.put_outbound_session(room, &outbound);
        transaction.put_inbound_session(room, &peer, &inbound);
    }
    transaction.put_inbound_session("!a", &stranger, &inbound);
    transaction.put_inbound_session("!a", &peer, &second);
    transaction.commit_with(&mut SeededRng::new(2)).unwrap();

    let keystore = open(&backend);
    let account = keystore.account().unwrap().unwrap();
    assert_eq!(account.state(), pair.bob.state());
    let session = |peer, session: &necturus::olm::Session| {
        let found = keystore.session(peer, &session.id()).unwrap().unwrap();
        assert_eq!(found.state(), session.state());
    };
    session(&peer, &pair.bobs);
    session(&peer, &other.bobs);
    session(&stranger, &pair.alices);
    assert!(
        keystore
            .session(&stranger, &other.bobs.id())
            .unwrap()
            .is_none()
    );
    let mut ids = [pair.bobs.id(), other.bobs.id()];
    ids.sort();
    assert_eq!(keystore.session_ids(&peer).unwrap(), ids);
    let mut peers = [peer, stranger];
    peers.sort_by_key(|peer| *peer.as_bytes());
    assert_eq!(keystore.session_peers().unwrap(), peers);

    assert_eq!(
        keystore.outbound_rooms().unwrap(),
        ["!a", "!b", "!a:example.org"]
    );
    assert_eq!(
        keystore.inbound_rooms().unwrap(),
        ["!a", "!b", "!a:example.org"]
    );
    let id = inbound.session_id();
    for room in rooms {
        let found = keystore.outbound_session(room).unwrap().unwrap();
        assert_eq!(found.state(), outbound.state());
        let found = keystore.inbound_session(room, &id, &peer).unwrap().unwrap();
        assert_eq!(found.state(), inbound.state());
    }
    assert_eq!(keystore.inbound_sessions("!b").unwrap(), [(id, peer)]);
    assert_eq!(keystore.inbound_sessions("!a").unwrap().len(), 3);
    assert_eq!(keystore.inbound_senders("!a", &id).unwrap(), peers);
    assert_eq!(
        keystore
            .inbound_senders("!a", &second.session_id())
            .unwrap(),
        [peer]
    );
    assert!(keystore.inbound_senders("!", &id).unwrap().is_empty());

    let mut keystore = keystore;
    let mut transaction = keystore.transaction();
    transaction.delete_account();
    transaction.delete_session(&peer, &pair.bobs.id());
    transaction.delete_outbound_session("!a");
    transaction.delete_inbound_session("!a", &id, &peer);
    transaction.commit_with(&mut SeededRng::new(3)).unwrap();
    assert!(keystore.account().unwrap().is_none());
    assert_eq!(keystore.session_ids(&peer).unwrap(), [other.bobs.id()]);
    assert!(keystore.outbound_session("!a").unwrap().is_none());
    assert_eq!(keystore.inbound_senders("!a", &id).unwrap(), [stranger]);
    assert_eq!(keystore.inbound_senders("!b", &id).unwrap(), [peer]);
}

#[test]
fn a_transaction_that_is_dropped() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend);
    let before = backend.contents();
    let mut transaction = keystore.transaction();
    transaction.put_value("a", b"1");
    transaction.put_account(&Pair::new(1).bob);
    drop(transaction);
    assert_eq!(backend.contents(), before);
    // Nor does an empty one write.
    backend.restart();
    keystore
        .transaction()
        .commit_with(&mut BytesRng::new([]))
        .unwrap();
    assert_eq!(backend.writes(), 0);
}

#[test]
fn names_and_values_that_are_too_long() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend);
    let longest = "n".repeat(MAX_NAME_LENGTH);
    let (outbound, inbound) = room(3, SessionVersion::V1);
    let sender = Curve25519PublicKey::from_bytes([1; 32]);
    let mut transaction = keystore.transaction();
    transaction.put_value(&longest, b"1");
    transaction.put_outbound_session(&longest, &outbound);
    transaction.put_inbound_session(&longest, &sender, &inbound);
    transaction.commit_with(&mut SeededRng::new(2)).unwrap();
    assert_eq!(keystore.inbound_rooms().unwrap(), [longest]);

    let before = backend.contents();
    let too_long = "n".repeat(MAX_NAME_LENGTH + 1);
    let mut transaction = keystore.transaction();
    transaction.put_inbound_session(&too_long, &sender, &inbound);
    let result = transaction.commit_with(&mut SeededRng::new(2));
    assert!(matches!(result, Err(StoreError::TooLarge)));
    let mut transaction = keystore.transaction();
    transaction.put_outbound_session(&too_long, &outbound);
    let result = transaction.commit_with(&mut SeededRng::new(2));
    assert!(matches!(result, Err(StoreError::TooLarge)));
    for (name, value) in [
        (too_long.as_str(), vec![1]),
        ("b", vec![0; MAX_VALUE_LENGTH + 1]),
    ] {
        let mut transaction = keystore.transaction();
        transaction.put_value("a", b"goes with it");
        transaction.put_value(name, &value);
        let result = transaction.commit_with(&mut SeededRng::new(2));
        assert!(matches!(result, Err(StoreError::TooLarge)));
        assert_eq!(backend.contents(), before);
    }
}

#[test]
fn another_key_from_now_on() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend);
    let mut transaction = keystore.transaction();
    transaction.put_value("a", b"1");
    transaction.commit_with(&mut SeededRng::new(2)).unwrap();

    let new = PickleKey::from_bytes(&[9; 32]);
    let before = backend.contents();
    let failed = keystore.change_key_with(&mut BytesRng::new([1; 23]), &new);
    assert!(matches!(failed, Err(StoreError::Rng)));
    assert_eq!(backend.contents(), before);
    keystore
        .change_key_with(&mut SeededRng::new(3), &new)
        .unwrap();
    assert_eq!(*keystore.value("a").unwrap().unwrap(), b"1");
    drop(keystore);

    let mut rng = SeededRng::new(4);
    let old = Keystore::open_with(&mut rng, backend.clone(), &pickle_key());
    assert!(matches!(old, Err(OpenError::WrongKey)));
    let keystore = Keystore::open_with(&mut rng, backend, &new).unwrap();
    assert_eq!(*keystore.value("a").unwrap().unwrap(), b"1");
}
