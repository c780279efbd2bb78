//! State at rest in our own format: every object comes back as it was, and
//! nothing but the right key, context and kind opens it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use common::{
    envelope,
    rng::{BytesRng, SeededRng},
    talk::{Pair, State, pickle_key, room},
};
use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, KeyId, OlmMessage, Session},
    pickle::{PickleKey, PickleKind, UnpickleError},
};
use proptest::{collection::vec, prelude::*};

/// An account after some of everything that changes one.
fn account(seed: u64, steps: &[(u8, u8)]) -> Account {
    let mut rng = SeededRng::new(seed);
    let mut account = Account::new_with(&mut rng).unwrap();
    for (step, much) in steps {
        let keys = account.one_time_keys();
        let some = keys.iter().step_by(usize::from(*much) + 1);
        match step % 7 {
            0 | 1 => {
                let count = usize::from(*much) % 60;
                account
                    .generate_one_time_keys_with(&mut rng, count)
                    .unwrap();
            }
            2 => {
                account.generate_fallback_key_with(&mut rng).unwrap();
            }
            3 => {
                let ids: Vec<_> = some.map(|key| key.id).collect();
                account.mark_one_time_keys_published(&ids);
            }
            4 => {
                for key in some {
                    account.remove_one_time_key(&key.key);
                }
            }
            5 => account.mark_all_published(),
            _ => assert!(account.skip_key_ids(KeyId::from_base64("AAAQAA").unwrap())),
        }
    }
    account
}

/// Two sessions after some of each kind of step: who speaks, and whether it is
/// heard at once, late or never.
fn talked(seed: u64, version: SessionVersion, steps: &[(bool, u8)]) -> Pair {
    let mut pair = Pair::with_version(seed, version);
    let mut late: Vec<(bool, OlmMessage)> = Vec::new();
    for (alice_speaks, fate) in steps {
        let message = if *alice_speaks {
            pair.alice_says(b"text")
        } else {
            pair.bob_says(b"text")
        };
        match fate % 4 {
            0 => late.push((*alice_speaks, message)),
            1 => {}
            2 => late.insert(0, (*alice_speaks, message)),
            _ => {
                for (from_alice, message) in
                    core::iter::once((*alice_speaks, message)).chain(late.pop())
                {
                    let session = if from_alice {
                        &mut pair.bobs
                    } else {
                        &mut pair.alices
                    };
                    let _ = session.decrypt(&message);
                }
            }
        }
    }
    pair
}

/// The same state, and the same future.
fn same_session(mut session: Session) {
    let mut copy = session.copy();
    assert_eq!(copy.state(), session.state());
    assert_eq!(copy.describe(), session.describe());
    let future = |session: &mut Session| session.encrypt_with(&mut SeededRng::new(7), b"next");
    let message = future(&mut session).unwrap();
    assert_eq!(future(&mut copy).unwrap(), message);
    assert_eq!(copy.state(), session.state());
}

proptest! {
    #[test]
    fn accounts_come_back(seed: u64, steps in vec(any::<(u8, u8)>(), 0..12)) {
        let account = account(seed, &steps);
        let copy = account.copy();
        prop_assert_eq!(copy.state(), account.state());
        prop_assert_eq!(copy.identity_keys(), account.identity_keys());
        prop_assert_eq!(copy.one_time_keys(), account.one_time_keys());
        prop_assert_eq!(copy.one_time_keys_json(), account.one_time_keys_json());
        prop_assert_eq!(copy.fallback_key(), account.fallback_key());
        prop_assert_eq!(copy.previous_fallback_key(), account.previous_fallback_key());
        prop_assert_eq!(copy.unpublished_fallback_key(), account.unpublished_fallback_key());
        prop_assert_eq!(copy.sign(b"text"), account.sign(b"text"));
        prop_assert_eq!(copy.to_libolm_pickle(b""), account.to_libolm_pickle(b""));
    }

    #[test]
    fn sessions_come_back(seed: u64, two: bool, steps in vec(any::<(bool, u8)>(), 0..60)) {
        let version = if two { SessionVersion::V2 } else { SessionVersion::V1 };
        let pair = talked(seed, version, &steps);
        same_session(pair.alices);
        same_session(pair.bobs);
    }

    #[test]
    fn room_sessions_come_back(seed: u64, first: u32, used: u8, two: bool) {
        let version = if two { SessionVersion::V2 } else { SessionVersion::V1 };
        let (mut outbound, inbound) = room(seed, version);
        let export = inbound.export_at(first % 4).unwrap();
        let mut late = InboundGroupSession::import(&export, version);
        for _ in 0..used % 8 {
            let message = outbound.encrypt(b"text").unwrap();
            let _ = late.decrypt(&message);
        }
        late.forget_before(first % 5);
        for session in [&late, &inbound] {
            let copy = session.copy();
            prop_assert_eq!(copy.state(), session.state());
            prop_assert_eq!(copy.first_known_index(), session.first_known_index());
            prop_assert_eq!(copy.is_verified(), session.is_verified());
            prop_assert_eq!(copy.version(), version);
        }
        let mut copy = outbound.copy();
        prop_assert_eq!(copy.state(), outbound.state());
        prop_assert_eq!(copy.encrypt(b"next").unwrap(), outbound.encrypt(b"next").unwrap());
    }
}

/// A pickle of each kind.
fn one_of_each() -> [(PickleKind, Vec<u8>); 4] {
    let mut pair = Pair::new(1);
    let _lost = pair.alice_says(b"lost");
    let heard = pair.alice_says(b"heard");
    pair.bobs.decrypt(&heard).unwrap();
    let (outbound, inbound) = room(1, SessionVersion::V1);
    [
        (PickleKind::Account, pair.bob.state()),
        (PickleKind::Session, pair.bobs.state()),
        (PickleKind::OutboundGroupSession, outbound.state()),
        (PickleKind::InboundGroupSession, inbound.state()),
    ]
}

/// Reads a pickle as an object of this kind; gives what it would be again.
fn unpickle(
    kind: PickleKind,
    pickle: &[u8],
    key: &PickleKey,
    context: &[u8],
) -> Result<Vec<u8>, UnpickleError> {
    match kind {
        PickleKind::Account => Account::unpickle(pickle, key, context).map(|it| it.state()),
        PickleKind::Session => Session::unpickle(pickle, key, context).map(|it| it.state()),
        PickleKind::OutboundGroupSession => {
            OutboundGroupSession::unpickle(pickle, key, context).map(|it| it.state())
        }
        _ => InboundGroupSession::unpickle(pickle, key, context).map(|it| it.state()),
    }
}

#[test]
fn wrong_key_context_and_kind() {
    let wrong = Err(UnpickleError::WrongKeyOrContext);
    for (expected, pickle) in one_of_each() {
        let open = |key: &PickleKey, context: &[u8]| unpickle(expected, &pickle, key, context);
        assert_eq!(open(&pickle_key(), b"state"), Ok(pickle.clone()));
        assert_eq!(open(&PickleKey::from_bytes(&[0x43; 32]), b"state"), wrong);
        for context in [&b""[..], b"stat", b"state\0", b"State"] {
            assert_eq!(open(&pickle_key(), context), wrong);
        }
        for (other, _) in one_of_each() {
            if other != expected {
                let error = UnpickleError::WrongKind {
                    expected: other,
                    found: expected,
                };
                let opened = unpickle(other, &pickle, &pickle_key(), b"state");
                assert_eq!(opened, Err(error));
                // Nor when the byte that names the kind is changed along.
                let mut renamed = pickle.clone();
                renamed[1] = other as u8 + 1;
                assert_eq!(unpickle(other, &renamed, &pickle_key(), b"state"), wrong);
            }
        }
    }
}

/// version 1 ‖ kind 1 ‖ nonce 24, and a tag of 16 at the end.
const SHORTEST: usize = 42;

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    for (kind, pickle) in one_of_each() {
        let open = |pickle: &[u8]| unpickle(kind, pickle, &pickle_key(), b"state");
        for bit in 0..pickle.len() * 8 {
            let mut flipped = pickle.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = open(&flipped).unwrap_err();
            match bit / 8 {
                0 => assert_eq!(
                    error,
                    UnpickleError::UnknownVersion {
                        version: flipped[0]
                    }
                ),
                1 => assert!(
                    matches!(error, UnpickleError::WrongKind { expected, .. } if expected == kind)
                        || error == UnpickleError::UnknownKind { kind: flipped[1] }
                ),
                _ => assert_eq!(error, UnpickleError::WrongKeyOrContext),
            }
        }
        for length in 0..pickle.len() {
            let expected = if length < SHORTEST {
                UnpickleError::TooShort
            } else {
                UnpickleError::WrongKeyOrContext
            };
            assert_eq!(open(&pickle[..length]), Err(expected), "{length}");
        }
        let longer = [&pickle[..], &[0]].concat();
        assert_eq!(open(&longer), Err(UnpickleError::WrongKeyOrContext));
    }
}

/// The envelope as it is documented, apart from the library: what a faulty
/// writer with the right key could make.
struct Envelope(XChaCha20Poly1305);

impl Envelope {
    fn new() -> Self {
        let key: [u8; 32] = envelope::hkdf(&[0; 32], &[0x42; 32], b"necturus pickle v1");
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    fn open(&self, pickle: &[u8]) -> Vec<u8> {
        let (head, rest) = pickle.split_at(26);
        let (state, tag) = rest.split_last_chunk::<16>().unwrap();
        let mut state = state.to_vec();
        let nonce: [u8; 24] = head[2..].try_into().unwrap();
        let associated = [&head[..2], b"state"].concat();
        self.0
            .decrypt_inout_detached(
                &nonce.into(),
                &associated,
                state.as_mut_slice().into(),
                &(*tag).into(),
            )
            .unwrap();
        state
    }

    fn seal(&self, head: &[u8], state: &[u8]) -> Vec<u8> {
        let mut state = state.to_vec();
        let nonce: [u8; 24] = head[2..26].try_into().unwrap();
        let associated = [&head[..2], b"state"].concat();
        let tag = self
            .0
            .encrypt_inout_detached(&nonce.into(), &associated, state.as_mut_slice().into())
            .unwrap();
        [&head[..26], &state, &tag].concat()
    }
}

#[test]
fn authentic_states_that_no_writer_makes() {
    let envelope = Envelope::new();
    for (kind, pickle) in one_of_each() {
        let open = |pickle: &[u8]| unpickle(kind, pickle, &pickle_key(), b"state");
        let state = envelope.open(&pickle);
        assert_eq!(envelope.seal(&pickle, &state), pickle);
        for length in 0..state.len() {
            let cut = envelope.seal(&pickle, &state[..length]);
            assert_eq!(open(&cut), Err(UnpickleError::Truncated), "{kind} {length}");
        }
        for bytes in [1, 1000] {
            let longer = envelope.seal(&pickle, &[&state[..], &vec![0; bytes]].concat());
            assert_eq!(
                open(&longer),
                Err(UnpickleError::Trailing { bytes }),
                "{kind}"
            );
        }
        // A state that is read has one form, whatever is in it.
        for at in 0..state.len() {
            for value in [0, 1, 2, 0x7f, 0xff] {
                let mut changed = state.clone();
                changed[at] = value;
                let changed = envelope.seal(&pickle, &changed);
                if let Ok(again) = open(&changed) {
                    assert_eq!(again, changed, "{kind} {at} {value}");
                }
            }
        }
    }
}

#[test]
fn equal_states_give_different_pickles() {
    let pair = Pair::new(2);
    let mut rng = SeededRng::new(3);
    let mut pickle = || {
        pair.bobs
            .pickle_with(&mut rng, &pickle_key(), b"state")
            .unwrap()
    };
    let (one, two) = (pickle(), pickle());
    // Neither the nonce nor anything behind it is the same.
    assert_eq!(one[..2], two[..2]);
    let same = one[2..]
        .iter()
        .zip(&two[2..])
        .filter(|(a, b)| a == b)
        .count();
    assert!(same < one.len() / 16, "{same} of {}", one.len());
    assert_eq!(
        Session::unpickle(&two, &pickle_key(), b"state")
            .unwrap()
            .state(),
        pair.bobs.state()
    );
    // It draws the nonce, 24 bytes, and nothing else.
    let mut rng = BytesRng::new((0..30).collect::<Vec<u8>>());
    let pickle = pair.bobs.pickle_with(&mut rng, &pickle_key(), b"").unwrap();
    assert_eq!(rng.left(), 6);
    assert_eq!(pickle[2..26], (0..24).collect::<Vec<u8>>());
}

/// Version 1 will be read for good, so its sizes are known.
#[test]
fn sizes() {
    let mut rng = SeededRng::new(4);
    let mut account = Account::new_with(&mut rng).unwrap();
    assert_eq!(account.state().len(), SHORTEST + 80);
    account.generate_one_time_keys_with(&mut rng, 100).unwrap();
    assert_eq!(account.state().len(), SHORTEST + 80 + 100 * 42);
    let (outbound, inbound) = room(4, SessionVersion::V1);
    assert_eq!(outbound.state().len(), SHORTEST + 1 + 132 + 1 + 33);
    assert_eq!(inbound.state().len(), SHORTEST + 1 + 2 * 132 + 32 + 1 + 4);
    let fresh = Pair::new(5);
    let fixed = 2 + 9 + 4 * 32 + 1 + 3 * 4;
    assert_eq!(fresh.alices.state().len(), SHORTEST + fixed + 72);
    assert_eq!(fresh.bobs.state().len(), SHORTEST + fixed + 84);
    // The largest there is: 5 chains and 40 keys for each.
    let steps: Vec<_> = (0..5)
        .flat_map(|_| {
            [(true, 3)]
                .into_iter()
                .chain([(false, 1); 41])
                .chain([(false, 3)])
        })
        .collect();
    let full = talked(5, SessionVersion::V1, &steps).alices;
    let size = full.state().len();
    assert!(size > 200 * 37 && size < 9000, "{size}");
}
