//! A storage or a generator that fails, at whatever point, leaves the keystore as it
//! was: in memory, and for the next process.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    faulty_backend::{Contents, Fault, FaultyBackend},
    rng::{BytesRng, SeededRng},
    talk::{Pair, pickle_key, room},
};
use necturus::{
    SessionVersion,
    olm::{Account, InboundError, Session},
    store::{Keystore, OpenError, StoreError},
};

fn open(backend: &FaultyBackend, seed: u64) -> Result<Keystore, OpenError> {
    Keystore::open_with(&mut SeededRng::new(seed), backend.clone(), &pickle_key())
}

/// One of some transactions; each is a write.
fn step(keystore: &mut Keystore, step: u64) -> Result<(), StoreError> {
    let pair = Pair::new(1);
    let peer = pair.alice.identity_keys().curve25519;
    let (outbound, inbound) = room(2, SessionVersion::V1);
    let mut transaction = keystore.transaction();
    transaction.put_value("step", &step.to_be_bytes());
    match step {
        0 => transaction.put_account(&pair.alice),
        1 => {
            transaction.put_account(&pair.bob);
            transaction.put_session(&peer, &pair.bobs);
        }
        2 => {
            transaction.put_outbound_session("!a", &outbound);
            transaction.put_inbound_session("!a", &peer, &inbound);
        }
        _ => {
            transaction.delete_session(&peer, &pair.bobs.id());
            transaction.delete_account();
        }
    }
    transaction.commit_with(&mut SeededRng::new(step + 10))
}

const STEPS: u64 = 4;

/// The contents before the first step and after each, when nothing fails.
fn history() -> Vec<Contents> {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend, 1).unwrap();
    let mut history = vec![backend.contents()];
    for number in 0..STEPS {
        step(&mut keystore, number).unwrap();
        history.push(backend.contents());
    }
    history
}

#[test]
fn every_write() {
    let history = history();
    for broken in 0..STEPS {
        let after = usize::try_from(broken).unwrap();
        for (fault, found) in [
            (Fault::Write(broken), &history[after]),
            (Fault::DeathBefore(broken), &history[after]),
            (Fault::DeathAfter(broken), &history[after + 1]),
        ] {
            let backend = FaultyBackend::new();
            let mut keystore = open(&backend, 1).unwrap();
            backend.fail(fault);
            for number in 0..STEPS {
                let result = step(&mut keystore, number);
                assert_eq!(result.is_err(), number == broken, "{fault:?}");
                if number == broken {
                    assert!(matches!(result, Err(StoreError::Backend(_))));
                    assert_eq!(backend.contents(), *found, "{fault:?}");
                    if fault != Fault::Write(broken) {
                        // The process is dead; the next one opens what is there.
                        assert!(keystore.value("step").is_err());
                        backend.restart();
                        keystore = open(&backend, 99).unwrap();
                    }
                    step(&mut keystore, number).unwrap();
                }
            }
            assert_eq!(backend.contents(), history[history.len() - 1], "{fault:?}");
        }
    }
}

type Read<'a> = &'a dyn Fn(&Keystore) -> Result<bool, StoreError>;

#[test]
fn every_read() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend, 1).unwrap();
    for number in 0..STEPS - 1 {
        step(&mut keystore, number).unwrap();
    }
    let contents = backend.contents();
    let pair = Pair::new(1);
    let peer = pair.alice.identity_keys().curve25519;
    let (_, inbound) = room(2, SessionVersion::V1);
    let id = inbound.session_id();
    let reads: [Read<'_>; 10] = [
        &|keystore| Ok(keystore.account()?.is_some()),
        &|keystore| Ok(keystore.session(&peer, &pair.bobs.id())?.is_some()),
        &|keystore| Ok(keystore.session_ids(&peer)?.len() == 1),
        &|keystore| Ok(keystore.session_peers()?.len() == 1),
        &|keystore| Ok(keystore.outbound_session("!a")?.is_some()),
        &|keystore| Ok(keystore.outbound_rooms()?.len() == 1),
        &|keystore| Ok(keystore.inbound_session("!a", &id, &peer)?.is_some()),
        &|keystore| Ok(keystore.inbound_sessions("!a")?.len() == 1),
        &|keystore| Ok(keystore.value("step")?.is_some()),
        &|keystore| Ok(keystore.value_names("")?.len() == 1),
    ];
    for read in reads {
        backend.fail(Fault::Read(0));
        assert!(matches!(read(&keystore), Err(StoreError::Backend(_))));
        assert!(read(&keystore).unwrap());
        assert_eq!(backend.reads(), 2);
    }
    assert_eq!(backend.contents(), contents);
}

#[test]
fn opening() {
    // Empty: two reads and a write.
    for fault in [
        Fault::Read(0),
        Fault::Read(1),
        Fault::Write(0),
        Fault::DeathBefore(0),
        Fault::DeathAfter(0),
    ] {
        let backend = FaultyBackend::new();
        backend.fail(fault);
        let opened = open(&backend, 1);
        assert!(matches!(opened, Err(OpenError::Backend(_))), "{fault:?}");
        assert_eq!(backend.contents().is_empty(), fault != Fault::DeathAfter(0));
        backend.restart();
        let mut keystore = open(&backend, 2).unwrap();
        step(&mut keystore, 0).unwrap();
        drop(keystore);
        backend.fail(Fault::Read(0));
        assert!(matches!(open(&backend, 3), Err(OpenError::Backend(_))));
        assert_eq!(
            open(&backend, 3).unwrap().value_names("").unwrap(),
            ["step"]
        );
    }
    for drawn in [0, 31, 32, 55] {
        let backend = FaultyBackend::new();
        let mut rng = BytesRng::new(vec![1; drawn]);
        let opened = Keystore::open_with(&mut rng, backend.clone(), &pickle_key());
        assert!(matches!(opened, Err(OpenError::Rng)));
        assert!(backend.contents().is_empty());
    }
    let (backend, mut rng) = (FaultyBackend::new(), BytesRng::new(vec![1; 56]));
    Keystore::open_with(&mut rng, backend.clone(), &pickle_key()).unwrap();
    assert_eq!(rng.left(), 0);
    // What is there needs no randomness.
    Keystore::open_with(&mut rng, backend, &pickle_key()).unwrap();
}

#[test]
fn a_generator_that_fails_at_each_draw() {
    let backend = FaultyBackend::new();
    let mut keystore = open(&backend, 1).unwrap();
    let before = backend.contents();
    let pair = Pair::new(1);
    let peer = pair.alice.identity_keys().curve25519;
    for drawn in [0, 23, 24, 47, 48, 71, 72] {
        let mut transaction = keystore.transaction();
        transaction.put_account(&pair.bob);
        transaction.put_session(&peer, &pair.bobs);
        transaction.put_value("a", b"1");
        transaction.delete_value("b");
        let mut rng = BytesRng::new(vec![1; drawn]);
        let result = transaction.commit_with(&mut rng);
        if drawn == 72 {
            result.unwrap();
            assert_eq!(rng.left(), 0);
        } else {
            assert!(matches!(result, Err(StoreError::Rng)));
            assert_eq!(backend.contents(), before);
        }
    }
}

/// A message takes a one-time key and makes a session: after a crash either both have
/// happened, or it can be opened again.
#[test]
fn an_account_and_the_session_it_accepted() {
    for fault in [Fault::DeathBefore(0), Fault::DeathAfter(0)] {
        let mut rng = SeededRng::new(1);
        let backend = FaultyBackend::new();
        let mut keystore = open(&backend, 1).unwrap();
        let alice = Account::new_with(&mut rng).unwrap();
        let mut bob = Account::new_with(&mut rng).unwrap();
        let created = bob
            .generate_one_time_keys_with(&mut rng, 1)
            .unwrap()
            .created;
        let mut transaction = keystore.transaction();
        transaction.put_account(&bob);
        transaction.commit_with(&mut rng).unwrap();
        let (sender, to) = (
            alice.identity_keys().curve25519,
            bob.identity_keys().curve25519,
        );
        let version = SessionVersion::V1;
        let mut alices = alice
            .outbound_session_with(&mut rng, version, &to, &created[0].key)
            .unwrap();
        let first = common::talk::pre_key(alices.encrypt_with(&mut rng, b"first").unwrap());
        let second = alices.encrypt_with(&mut rng, b"second").unwrap();

        let mut receive = |keystore: &mut Keystore| -> Result<Session, StoreError> {
            let mut bob = keystore.account()?.unwrap();
            let pending = bob.open(version, &sender, &first).unwrap();
            let (session, _) = pending.accept(&mut bob).unwrap();
            let mut transaction = keystore.transaction();
            transaction.put_account(&bob);
            transaction.put_session(&sender, &session);
            transaction.commit_with(&mut rng)?;
            Ok(session)
        };
        backend.fail(fault);
        assert!(receive(&mut keystore).is_err());
        backend.restart();
        let mut keystore = open(&backend, 2).unwrap();
        let ids = keystore.session_ids(&sender).unwrap();
        let mut session = if fault == Fault::DeathBefore(0) {
            assert!(ids.is_empty());
            receive(&mut keystore).unwrap()
        } else {
            let bob = keystore.account().unwrap().unwrap();
            let again = bob.open(version, &sender, &first);
            assert!(matches!(again, Err(InboundError::UnknownOneTimeKey { .. })));
            keystore.session(&sender, &ids[0]).unwrap().unwrap()
        };
        assert_eq!(session.decrypt(&second).unwrap().plaintext, b"second");
    }
}
