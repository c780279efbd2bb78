//! All or nothing: an operation that fails leaves its object as it was, and the
//! object still works. States are compared as pickles under one nonce.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    mutation::mutation,
    rng::{BytesRng, FailingRng, SeededRng},
    talk::{Pair, State, pre_key, room, same_type},
};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    megolm::{InboundGroupSession, MegolmMessage, MergeError},
    olm::{
        AcceptError, Account, DecryptError, EncryptError, GenerateError, InboundError, OlmMessage,
        OutboundError, PreKeyMessage, Session, steps,
    },
    pickle::PickleError,
};
use proptest::{collection::vec, prelude::*, sample::Index};

#[test]
fn an_account_whose_generator_fails() {
    assert!(Account::new_with(&mut FailingRng).is_err());
    // The second of two draws fails.
    assert!(Account::new_with(&mut BytesRng::new([1; 63])).is_err());
    let mut rng = SeededRng::new(1);
    let mut account = Pair::new(1).bob;
    let before = account.state();
    for count in [1, 2, 100] {
        let mut short = BytesRng::new(vec![1; 32 * count - 1]);
        assert_eq!(
            account.generate_one_time_keys_with(&mut short, count),
            Err(GenerateError::Rng)
        );
    }
    assert!(matches!(
        account.generate_one_time_keys_with(&mut rng, 101),
        Err(GenerateError::TooMany { .. })
    ));
    assert_eq!(
        account.generate_fallback_key_with(&mut FailingRng),
        Err(GenerateError::Rng)
    );
    let keys = account.identity_keys();
    for drawn in [0, 31, 32, 63] {
        let result = account.outbound_session_with(
            &mut BytesRng::new(vec![1; drawn]),
            SessionVersion::V1,
            &keys.curve25519,
            &keys.curve25519,
        );
        assert_eq!(result.err(), Some(OutboundError::Rng));
    }
    let key = common::talk::pickle_key();
    let pickled = account.pickle_with(&mut FailingRng, &key, b"");
    assert_eq!(pickled, Err(PickleError::Rng));
    assert_eq!(account.state(), before);
    // No id was lost either.
    let (next, twin_next) = (
        account.generate_one_time_keys_with(&mut rng, 1).unwrap(),
        Account::with_state(&before)
            .generate_one_time_keys_with(&mut SeededRng::new(1), 1)
            .unwrap(),
    );
    assert_eq!(next.created[0].id, twin_next.created[0].id);
}

#[test]
fn a_session_that_is_opened_or_accepted_in_vain() {
    let pair = Pair::new(2);
    let mut rng = SeededRng::new(2);
    let (alice, mut bob) = (pair.alice, pair.bob);
    let sender = alice.identity_keys().curve25519;
    let key = bob.one_time_keys()[0].key;
    let mut session = alice
        .outbound_session_with(
            &mut rng,
            SessionVersion::V1,
            &bob.identity_keys().curve25519,
            &key,
        )
        .unwrap();
    let message = pre_key(session.encrypt_with(&mut rng, b"hi").unwrap());
    let before = bob.state();

    let other = Curve25519PublicKey::from_bytes([3; 32]);
    assert_eq!(
        bob.open(SessionVersion::V1, &other, &message).err(),
        Some(InboundError::SenderMismatch {
            expected: other,
            found: sender
        })
    );
    assert_eq!(
        bob.open(SessionVersion::V2, &sender, &message).err(),
        Some(InboundError::Decrypt(DecryptError::Version {
            expected: SessionVersion::V2,
            found: SessionVersion::V1,
        }))
    );
    assert_eq!(
        alice.open(SessionVersion::V1, &sender, &message).err(),
        Some(InboundError::UnknownOneTimeKey { key })
    );
    let mut bytes = message.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = PreKeyMessage::from_bytes(bytes).unwrap();
    assert_eq!(
        bob.open(SessionVersion::V1, &sender, &forged).err(),
        Some(InboundError::Decrypt(DecryptError::NotThisSession))
    );
    // X25519 ignores the top bit of a key, but the session's id does not: one
    // message starts one session, whoever carries it. Base key, identity key.
    for top in [68, 102] {
        let mut bytes = message.as_bytes().to_vec();
        bytes[top] ^= 0x80;
        let flipped = PreKeyMessage::from_bytes(bytes).unwrap();
        let sender = flipped.session_keys().identity_key;
        let refused = Some(InboundError::Decrypt(DecryptError::NotThisSession));
        let opened = bob.open(SessionVersion::V1, &sender, &flipped);
        assert_eq!(opened.err(), refused);
        let made = steps::inbound_session(&bob, SessionVersion::V1, None, &flipped);
        assert_eq!(made.err(), refused);
    }
    // Looking at a message, and dropping it, spends nothing.
    let open = |bob: &Account| bob.open(SessionVersion::V1, &sender, &message).unwrap();
    assert_eq!(open(&bob).plaintext(), b"hi");
    assert_eq!(bob.state(), before);

    let (first, second) = (open(&bob), open(&bob));
    first.accept(&mut bob).unwrap();
    let before = bob.state();
    assert_ne!(before, alice.state());
    assert_eq!(
        second.accept(&mut bob).err(),
        Some(AcceptError::OneTimeKeyGone)
    );
    assert_eq!(bob.state(), before);
}

#[test]
fn a_session_that_has_to_turn_and_whose_generator_fails() {
    let mut pair = Pair::new(3);
    let before = pair.bobs.state();
    assert!(pair.bobs.encrypt_draws());
    for drawn in [0, 31] {
        let mut rng = BytesRng::new(vec![1; drawn]);
        assert_eq!(
            pair.bobs.encrypt_with(&mut rng, b""),
            Err(EncryptError::Rng)
        );
    }
    assert_eq!(pair.bobs.state(), before);
    pair.ping_pong();
    // Without a turn nothing is drawn.
    assert!(pair.alices.encrypt_with(&mut FailingRng, b"").is_ok());
}

/// A session, what it can decrypt now in this order, and what it cannot.
struct Reached {
    session: Session,
    good: Vec<(OlmMessage, Vec<u8>)>,
    bad: Vec<OlmMessage>,
}

/// Sessions in every kind of state, with messages for them.
fn reached(kind: usize, seed: u64) -> Reached {
    let version = if kind.is_multiple_of(2) {
        SessionVersion::V1
    } else {
        SessionVersion::V2
    };
    let mut pair = Pair::with_version(seed, version);
    let foreign = Pair::with_version(seed ^ 1, version).bob_says(b"foreign");
    let (texts, mut good): ([&[u8]; 3], Vec<OlmMessage>) = ([b"1", b"", b"three"], Vec::new());
    let mut bad = vec![foreign, OlmMessage::PreKey(pair.first.clone())];
    let bobs = match kind / 2 {
        // Bob has heard, and has no sender chain: pre-key messages.
        0 => true,
        // Alice has heard nothing: a turn.
        1 => false,
        // Bob has a sender chain and skipped keys.
        2 => {
            good.push(pair.alice_says(texts[0]));
            let used = pair.alice_says(b"used");
            pair.bobs.decrypt(&used).unwrap();
            bad.push(used);
            bad.push(pair.bob_says(b"their own"));
            true
        }
        // Alice has skipped keys in two chains and no sender chain.
        3 => {
            good.push(pair.bob_says(texts[0]));
            let used = pair.bob_says(b"used");
            pair.alices.decrypt(&used).unwrap();
            bad.push(used);
            let pong = pair.alice_says(b"pong");
            pair.bobs.decrypt(&pong).unwrap();
            good.push(pair.bob_says(texts[1]));
            let used = pair.bob_says(b"used too");
            pair.alices.decrypt(&used).unwrap();
            bad.push(used);
            false
        }
        // All chains are full: the next one pushes the oldest out.
        _ => {
            for _ in 0..5 {
                let late = pair.bob_says(b"late");
                pair.ping_pong();
                bad.push(late);
            }
            // The keys of all but the oldest chain are there, so they are good.
            bad.truncate(2);
            false
        }
    };
    while good.len() < texts.len() {
        let text = texts[good.len()];
        good.push(if bobs {
            pair.alice_says(text)
        } else {
            pair.bob_says(text)
        });
    }
    // Too far ahead.
    let mut far = None;
    for _ in 0..2100 {
        far = Some(if bobs {
            pair.alice_says(b"far")
        } else {
            pair.bob_says(b"far")
        });
    }
    bad.extend(far);
    let session = if bobs { pair.bobs } else { pair.alices };
    let good = good.into_iter().zip(texts.map(<[u8]>::to_vec)).collect();
    Reached { session, good, bad }
}

/// Everything a session should read is read, and it can answer.
fn works(mut reached: Reached) {
    for (message, text) in &reached.good {
        assert_eq!(reached.session.decrypt(message).unwrap().plaintext, *text);
    }
    let mut rng = SeededRng::new(9);
    assert!(reached.session.encrypt_with(&mut rng, b"answer").is_ok());
}

#[test]
fn a_session_that_gets_what_it_cannot_read() {
    for kind in 0..10 {
        let mut reached = reached(kind, 40);
        let before = reached.session.state();
        let bad = core::mem::take(&mut reached.bad);
        for message in &bad {
            assert!(
                reached.session.decrypt(message).is_err(),
                "{kind} {message:?}"
            );
            assert_eq!(reached.session.state(), before, "{kind} {message:?}");
        }
        // A message that was read is not read twice.
        let (message, _) = reached.good[0].clone();
        let mut twin = reached.session.copy();
        twin.decrypt(&message).unwrap();
        let before = twin.state();
        assert!(twin.decrypt(&message).is_err());
        assert_eq!(twin.state(), before);
        works(reached);
    }
}

proptest! {
    #[test]
    fn a_session_that_gets_mutated_messages(
        kind in 0usize..10,
        changes in vec((any::<Index>(), any::<Index>(), mutation()), 1..40),
    ) {
        let mut reached = reached_once(kind);
        let before = reached.session.state();
        let messages: Vec<OlmMessage> = reached.good.iter().map(|(message, _)| message.clone())
            .chain(reached.bad.iter().cloned()).collect();
        for (from, other, change) in &changes {
            let (message, other) = (from.get(&messages), other.get(&messages));
            let bytes = change.apply(message.as_bytes(), other.as_bytes());
            let Some(mutated) = same_type(message, bytes) else { continue };
            match reached.session.decrypt(&mutated) {
                Err(_) => prop_assert_eq!(reached.session.state(), before.clone()),
                // Nothing can change but what stands around the message inside a
                // pre-key message, and that can be left out.
                Ok(decrypted) => {
                    let (original, _) = reached.good.iter()
                        .find(|(_, text)| *text == decrypted.plaintext).unwrap();
                    prop_assert!(matches!(mutated, OlmMessage::PreKey(_))
                        || original.as_bytes().ends_with(mutated.as_bytes()));
                    reached.session = Session::with_state(&before);
                }
            }
        }
        works(reached);
    }

    #[test]
    fn an_account_that_gets_mutated_messages(
        changes in vec((any::<Index>(), mutation()), 1..20),
    ) {
        let pair = Pair::new(50);
        let (alice, bob) = (pair.alice, pair.bob);
        let sender = alice.identity_keys().curve25519;
        let mut rng = SeededRng::new(51);
        let before = bob.state();
        let messages: Vec<PreKeyMessage> = [bob.one_time_keys()[0], bob.fallback_key().unwrap()]
            .iter().map(|key| {
                let identity = bob.identity_keys().curve25519;
                let mut session = alice
                    .outbound_session_with(&mut rng, SessionVersion::V1, &identity, &key.key)
                    .unwrap();
                pre_key(session.encrypt_with(&mut rng, b"hi").unwrap())
            })
            .collect();
        for (from, change) in &changes {
            let message = from.get(&messages);
            let bytes = change.apply(message.as_bytes(), messages[0].as_bytes());
            let Ok(mutated) = PreKeyMessage::from_bytes(bytes) else { continue };
            // All keys are part of the secret, so nothing can change.
            let opened = bob.open(SessionVersion::V1, &sender, &mutated).is_ok();
            prop_assert_eq!(opened, messages.contains(&mutated));
        }
        prop_assert_eq!(bob.state(), before);
    }

    #[test]
    fn a_room_session_that_gets_mutated_messages(
        changes in vec((any::<Index>(), any::<Index>(), mutation()), 1..40),
    ) {
        let (mut outbound, inbound) = room(60, SessionVersion::V1);
        let messages: Vec<MegolmMessage> =
            (0..4u8).map(|text| outbound.encrypt(&[text; 20]).unwrap()).collect();
        // From index 1 on, with a latest ratchet past it, and not verified.
        let export = inbound.export_at(1).unwrap();
        let mut inbound = InboundGroupSession::import(&export, SessionVersion::V1);
        let fresh = inbound.state();
        inbound.decrypt(&messages[2]).unwrap();
        for state in [fresh, inbound.state()] {
            let mut inbound = InboundGroupSession::with_state(&state);
            for (from, other, change) in &changes {
                let (message, other) = (from.get(&messages), other.get(&messages));
                let bytes = change.apply(message.as_bytes(), other.as_bytes());
                let text = change.apply(message.to_base64().as_bytes(), other.to_base64().as_bytes());
                if messages.iter().any(|message| message.as_bytes() == bytes
                    || message.to_base64().as_bytes() == text)
                {
                    continue;
                }
                if let Ok(mutated) = MegolmMessage::from_bytes(bytes) {
                    prop_assert!(inbound.decrypt(&mutated).is_err());
                    prop_assert!(inbound.decrypt_base64(&mutated.to_base64()).is_err());
                }
                let text = String::from_utf8_lossy(&text);
                prop_assert!(inbound.decrypt_base64(&text).is_err());
                prop_assert_eq!(inbound.state(), state.clone());
            }
            for (index, message) in messages.iter().enumerate().skip(1) {
                let plaintext = inbound.decrypt(message).unwrap().plaintext;
                prop_assert_eq!(plaintext[0] as usize, index);
            }
        }
    }
}

/// Making a state takes 2100 encryptions, so each is made once.
fn reached_once(kind: usize) -> Reached {
    use std::sync::OnceLock;
    type Made = (Vec<u8>, Vec<(OlmMessage, Vec<u8>)>, Vec<OlmMessage>);
    static MADE: [OnceLock<Made>; 10] = [const { OnceLock::new() }; 10];
    let (state, good, bad) = MADE[kind].get_or_init(|| {
        let made = reached(kind, 40);
        (made.session.state(), made.good, made.bad)
    });
    Reached {
        session: Session::with_state(state),
        good: good.clone(),
        bad: bad.clone(),
    }
}

#[test]
fn a_room_session_that_cannot_do_what_is_asked() {
    let (mut outbound, mut inbound) = room(70, SessionVersion::V1);
    let (mut foreign, unconnected) = room(71, SessionVersion::V1);
    let mut late = InboundGroupSession::import(&inbound.export_at(5).unwrap(), SessionVersion::V1);
    let messages: Vec<_> = (0..8).map(|_| outbound.encrypt(b"text").unwrap()).collect();
    late.decrypt(&messages[6]).unwrap();
    let (before, before_late) = (inbound.state(), late.state());

    assert!(late.decrypt(&messages[4]).is_err());
    assert!(late.export_at(4).is_err());
    assert!(inbound.decrypt(&foreign.encrypt(b"").unwrap()).is_err());
    let error: MergeError = inbound.merge(&unconnected).unwrap_err();
    assert!(!error.to_string().is_empty());
    // The same key under the other version is not connected.
    let other_version = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V2);
    assert!(inbound.merge(&other_version).is_err());
    assert!(late.merge(&other_version).is_err());
    // Nothing to forget.
    late.forget_before(5);
    inbound.forget_before(0);
    assert_eq!((inbound.state(), late.state()), (before, before_late));

    late.merge(&inbound).unwrap();
    for message in &messages {
        assert!(late.decrypt(message).is_ok());
    }
}
