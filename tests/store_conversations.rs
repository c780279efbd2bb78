//! Accounts and sessions that are kept after each step, and read back in a keystore
//! that is opened anew, go on as if they had never been away.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    faulty_backend::FaultyBackend,
    rng::SeededRng,
    talk::{Pair, State, pickle_key, room},
};
use necturus::{Curve25519PublicKey, SessionVersion, olm::Session, store::Keystore};
use proptest::{collection::vec, prelude::*};

/// Puts a session away, and reads it in a keystore that is opened anew.
fn away_and_back(
    backend: &FaultyBackend,
    rng: &mut SeededRng,
    peer: &Curve25519PublicKey,
    session: &Session,
) -> Session {
    let open = |rng: &mut SeededRng| Keystore::open_with(rng, backend.clone(), &pickle_key());
    let mut keystore = open(rng).unwrap();
    let mut transaction = keystore.transaction();
    transaction.put_session(peer, session);
    transaction.commit_with(rng).unwrap();
    drop(keystore);
    let keystore = open(rng).unwrap();
    let back = keystore.session(peer, &session.id()).unwrap().unwrap();
    assert_eq!(back.state(), session.state());
    back
}

proptest! {
    /// Who speaks, and whether the other hears it at once, later, or never.
    #[test]
    fn two_devices(seed: u64, schedule in vec((any::<bool>(), 0..3u8), 1..20)) {
        let mut pair = Pair::new(seed);
        let mut rng = SeededRng::new(seed);
        let (alices_store, bobs_store) = (FaultyBackend::new(), FaultyBackend::new());
        let alice = pair.alice.identity_keys().curve25519;
        let bob = pair.bob.identity_keys().curve25519;
        let mut late = Vec::new();
        for (number, (by_alice, fate)) in schedule.into_iter().enumerate() {
            let text = number.to_string().into_bytes();
            let message = if by_alice { pair.alice_says(&text) } else { pair.bob_says(&text) };
            match fate {
                0 => late.push((by_alice, message, text)),
                1 => {}
                _ => {
                    let hears = if by_alice { &mut pair.bobs } else { &mut pair.alices };
                    prop_assert_eq!(hears.decrypt(&message).unwrap().plaintext, text);
                }
            }
            pair.alices = away_and_back(&alices_store, &mut rng, &bob, &pair.alices);
            pair.bobs = away_and_back(&bobs_store, &mut rng, &alice, &pair.bobs);
        }
        for (by_alice, message, text) in late {
            let hears = if by_alice { &mut pair.bobs } else { &mut pair.alices };
            prop_assert_eq!(hears.decrypt(&message).unwrap().plaintext, text);
        }
    }
}

#[test]
fn an_account_starts_and_accepts_sessions() {
    let mut rng = SeededRng::new(1);
    let backend = FaultyBackend::new();
    let mut keystore = Keystore::open_with(&mut rng, backend, &pickle_key()).unwrap();
    for seed in 0..4 {
        let mut pair = Pair::new(seed);
        let mut transaction = keystore.transaction();
        transaction.put_account(&pair.bob);
        transaction.commit_with(&mut rng).unwrap();
        let mut bob = keystore.account().unwrap().unwrap();
        // The fallback key is there, and its private half.
        let key = bob.fallback_key().unwrap().key;
        let to = bob.identity_keys().curve25519;
        let version = SessionVersion::V2;
        let started = pair
            .alice
            .outbound_session_with(&mut rng, version, &to, &key);
        let message = started.unwrap().encrypt_with(&mut rng, b"hi").unwrap();
        let sender = pair.alice.identity_keys().curve25519;
        let message = common::talk::pre_key(message);
        let pending = bob.open(version, &sender, &message).unwrap();
        assert_eq!(pending.accept(&mut bob).unwrap().1, b"hi");
        assert_eq!(bob.sign(b"text"), pair.bob.sign(b"text"));
        pair.ping_pong();
    }
}

#[test]
fn a_room() {
    let mut rng = SeededRng::new(1);
    let backend = FaultyBackend::new();
    let mut keystore = Keystore::open_with(&mut rng, backend, &pickle_key()).unwrap();
    let sender = Curve25519PublicKey::from_bytes([1; 32]);
    let (mut outbound, mut inbound) = room(2, SessionVersion::V1);
    let early = outbound.encrypt(b"early").unwrap();
    for number in 0..300_u32 {
        let text = number.to_be_bytes();
        let message = outbound.encrypt(&text).unwrap();
        assert_eq!(inbound.decrypt(&message).unwrap().plaintext, text);
        let mut transaction = keystore.transaction();
        transaction.put_outbound_session("!a", &outbound);
        transaction.put_inbound_session("!a", &sender, &inbound);
        transaction.commit_with(&mut rng).unwrap();
        outbound = keystore.outbound_session("!a").unwrap().unwrap();
        let id = inbound.session_id();
        inbound = keystore
            .inbound_session("!a", &id, &sender)
            .unwrap()
            .unwrap();
        assert!(inbound.is_verified());
    }
    assert_eq!(inbound.decrypt(&early).unwrap().plaintext, b"early");
}
