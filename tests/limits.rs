//! Where Olm ends: how far, how many, and what a caller is told.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    envelope,
    rng::SeededRng,
    talk::{Pair, State},
};
use necturus::{
    olm::{
        Account, DecryptError, EncryptError, GenerateError, KeyId, MAX_MESSAGE_GAP,
        MAX_ONE_TIME_KEYS, OlmMessage, Session,
    },
    pickle::ExportError,
};

/// Alice's messages with these indexes to the end of `count`, the first being 1.
fn says(pair: &mut Pair, count: usize) -> Vec<OlmMessage> {
    // Bob has read the message with index 0.
    let mut messages = vec![OlmMessage::PreKey(pair.first.clone())];
    for index in 1..=count {
        messages.push(pair.alice_says(index.to_string().as_bytes()));
    }
    messages
}

fn through_libolm(session: &Session) -> Session {
    let pickle = session.to_libolm_pickle(b"k").unwrap();
    Session::from_libolm_pickle(&pickle, b"k").unwrap()
}

/// As vodozemac holds a session that it took from libolm: with its skipped keys
/// turned round.
fn through_both(session: &Session) -> Session {
    let pickle = session.to_libolm_pickle(b"k").unwrap();
    let theirs = vodozemac::olm::Session::from_libolm_pickle(&pickle, b"k").unwrap();
    Session::from_vodozemac_pickle(&theirs.pickle().encrypt(&[5; 32]), &[5; 32]).unwrap()
}

fn verdicts(session: &mut Session, messages: &[OlmMessage], at: &[usize]) -> Vec<DecryptError> {
    at.iter()
        .map(|index| session.decrypt(&messages[*index]).unwrap_err())
        .collect()
}

#[test]
fn a_gap_of_2000_passes_and_of_2001_does_not() {
    let mut pair = Pair::new(1);
    let gap = MAX_MESSAGE_GAP as usize;
    let messages = says(&mut pair, gap + 2);
    // The chain expects index 1.
    let too_far = DecryptError::GapTooLarge {
        index: MAX_MESSAGE_GAP + 2,
        next: 1,
    };
    let before = pair.bobs.state();
    assert_eq!(pair.bobs.decrypt(&messages[gap + 2]), Err(too_far));
    assert_eq!(pair.bobs.state(), before);
    assert!(!too_far.is_final());
    let decrypted = pair.bobs.decrypt(&messages[gap + 1]).unwrap();
    assert_eq!(decrypted.plaintext, b"2001");
    assert_eq!(decrypted.forgotten, u64::from(MAX_MESSAGE_GAP) - 40);
    // And so the one that was refused comes into reach.
    assert!(pair.bobs.decrypt(&messages[gap + 2]).is_ok());
}

#[test]
fn the_gap_counts_in_a_new_chain_too() {
    for (skipped, passes) in [(2000, true), (2001, false)] {
        let mut pair = Pair::new(2);
        let mut last = pair.bob_says(b"0");
        for _ in 0..skipped {
            last = pair.bob_says(b"more");
        }
        let before = pair.alices.state();
        let result = pair.alices.decrypt(&last);
        assert_eq!(result.is_ok(), passes);
        if !passes {
            assert_eq!(
                result,
                Err(DecryptError::GapTooLarge {
                    index: 2001,
                    next: 0
                })
            );
            assert_eq!(pair.alices.state(), before);
        }
    }
}

#[test]
fn used_and_dropped_keys_are_told_apart() {
    use DecryptError::{AlreadyUsed, KeyGone, UsedOrGone};

    let mut pair = Pair::new(3);
    let messages = says(&mut pair, 42);
    // 41 are skipped, the chain keeps 40, so index 1 is lost.
    let last = pair.bobs.decrypt(&messages[42]).unwrap();
    assert_eq!(last.forgotten, 1);
    let in_time = pair.bobs.decrypt(&messages[2]).unwrap();
    assert_eq!(
        (in_time.plaintext.as_slice(), in_time.forgotten),
        (&b"2"[..], 0)
    );

    let known = [0, 1, 2, 42];
    let expected = [
        AlreadyUsed { index: 0 },
        KeyGone { index: 1 },
        AlreadyUsed { index: 2 },
        AlreadyUsed { index: 42 },
    ];
    assert!(expected.iter().all(DecryptError::is_final));
    let mut restored = pair.bobs.copy();
    // libolm's format keeps no record.
    let mut moved = through_libolm(&pair.bobs);
    assert_eq!(verdicts(&mut pair.bobs, &messages, &known), expected);
    assert_eq!(verdicts(&mut restored, &messages, &known), expected);
    assert_eq!(
        verdicts(&mut moved, &messages, &known),
        known.map(|index| UsedOrGone {
            index: index as u32
        })
    );
    for session in [&mut pair.bobs, &mut restored, &mut moved] {
        for (index, message) in messages.iter().enumerate().take(42).skip(3) {
            let decrypted = session.decrypt(message).unwrap();
            assert_eq!(decrypted.plaintext, index.to_string().as_bytes());
        }
    }
    // What happens after the move is known again.
    let next = pair.alice_says(b"43");
    assert!(moved.decrypt(&next).is_ok());
    assert_eq!(moved.decrypt(&next), Err(AlreadyUsed { index: 43 }));
}

/// The record holds eight ranges; past that, the oldest range and all below it
/// are unknown, and nothing is called used that was dropped.
#[test]
fn a_full_record_says_that_it_does_not_know() {
    let mut pair = Pair::new(4);
    let messages = says(&mut pair, 80);
    // Indexes 1 to 40 are held; each round uses the oldest and drops the next.
    let mut newest = 41;
    assert_eq!(pair.bobs.decrypt(&messages[newest]).unwrap().forgotten, 0);
    let mut used = 1;
    let mut dropped = Vec::new();
    for _ in 0..9 {
        pair.bobs.decrypt(&messages[used]).unwrap();
        dropped.push(used + 1);
        newest += 3;
        assert_eq!(pair.bobs.decrypt(&messages[newest]).unwrap().forgotten, 1);
        used += 2;
    }
    for mut session in [pair.bobs.copy(), pair.bobs] {
        assert_eq!(
            verdicts(&mut session, &messages, &[1, 2]),
            [1, 2].map(|index| DecryptError::UsedOrGone { index })
        );
        for index in &dropped[1..] {
            assert_eq!(
                verdicts(&mut session, &messages, &[*index]),
                [DecryptError::KeyGone {
                    index: *index as u32
                }]
            );
        }
        assert_eq!(
            verdicts(&mut session, &messages, &[3]),
            [DecryptError::AlreadyUsed { index: 3 }]
        );
    }
}

#[test]
fn a_sixth_chain_drops_the_oldest() {
    let mut pair = Pair::new(5);
    let mut late = Vec::new();
    let mut forgotten = Vec::new();
    for turn in 0..11 {
        // Two messages of Bob's in each chain arrive late, the third in time.
        late.push([pair.bob_says(b"a"), pair.bob_says(b"b")]);
        let in_time = pair.bob_says(b"c");
        forgotten.push(pair.alices.decrypt(&in_time).unwrap().forgotten);
        if turn < 10 {
            let pong = pair.alice_says(b"pong");
            pair.bobs.decrypt(&pong).unwrap();
        }
    }
    // From the sixth on, each new chain costs the two keys of the oldest.
    assert_eq!(forgotten, [0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2]);
    assert!(DecryptError::ChainGone.is_final());
    for mut session in [pair.alices.copy(), pair.alices] {
        for (turn, [a, b]) in late.iter().enumerate() {
            let before = session.state();
            match turn {
                // The names of five dropped chains are kept, so this one could
                // be any other session's.
                0 => assert_eq!(session.decrypt(a), Err(DecryptError::NotThisSession)),
                1..=5 => assert_eq!(session.decrypt(a), Err(DecryptError::ChainGone)),
                _ => {
                    assert_eq!(session.decrypt(a).unwrap().plaintext, b"a");
                    assert_eq!(session.decrypt(b).unwrap().plaintext, b"b");
                    assert_ne!(session.state(), before);
                    continue;
                }
            }
            assert_eq!(session.state(), before);
        }
    }
}

#[test]
fn the_101st_one_time_key_drops_the_first() {
    let mut rng = SeededRng::new(6);
    let mut account = Account::new_with(&mut rng).unwrap();
    let first = account
        .generate_one_time_keys_with(&mut rng, MAX_ONE_TIME_KEYS)
        .unwrap();
    assert!(first.removed.is_empty());
    assert_eq!(first.created.len(), MAX_ONE_TIME_KEYS);
    let one_more = account.generate_one_time_keys_with(&mut rng, 1).unwrap();
    assert_eq!(one_more.removed, first.created[..1]);
    assert_eq!(one_more.created[0].id.value(), 101);
    assert_eq!(
        account.one_time_keys(),
        [&first.created[1..], &one_more.created].concat()
    );
    // All at once is the most.
    assert_eq!(
        account.generate_one_time_keys_with(&mut rng, MAX_ONE_TIME_KEYS + 1),
        Err(GenerateError::TooMany {
            max: MAX_ONE_TIME_KEYS
        })
    );
    let all_new = account
        .generate_one_time_keys_with(&mut rng, MAX_ONE_TIME_KEYS)
        .unwrap();
    assert_eq!(all_new.removed.len(), MAX_ONE_TIME_KEYS);
}

#[test]
fn the_third_fallback_key_drops_the_first() {
    let mut rng = SeededRng::new(7);
    let mut account = Account::new_with(&mut rng).unwrap();
    let mut made = Vec::new();
    for expected in 0..4 {
        let generated = account.generate_fallback_key_with(&mut rng).unwrap();
        made.push(generated.created);
        assert_eq!(
            generated.removed,
            (expected >= 2).then(|| made[expected - 2])
        );
    }
    assert_eq!(account.fallback_key(), Some(made[3]));
    assert_eq!(account.previous_fallback_key(), Some(made[2]));
    assert!(account.forget_previous_fallback_key());
    assert!(!account.forget_previous_fallback_key());
    assert_eq!(
        account
            .generate_fallback_key_with(&mut rng)
            .unwrap()
            .removed,
        None
    );
}

#[test]
fn key_ids_end_at_2_to_the_32() {
    let mut rng = SeededRng::new(8);
    let mut account = Account::new_with(&mut rng).unwrap();
    // 2^32 − 3
    // A name of vodozemac's length is none that this account could give.
    assert!(!account.skip_key_ids(KeyId::from_base64("//////////8").unwrap()));
    assert!(account.skip_key_ids(KeyId::from_base64("/////Q").unwrap()));
    let before = account.state();
    assert_eq!(
        account.generate_one_time_keys_with(&mut rng, 3),
        Err(GenerateError::KeyIdsExhausted)
    );
    assert_eq!(account.state(), before);
    let last = account.generate_one_time_keys_with(&mut rng, 2).unwrap();
    assert_eq!(last.created[1].id.to_base64(), "/////w");
    assert_eq!(
        account.generate_fallback_key_with(&mut rng),
        Err(GenerateError::KeyIdsExhausted)
    );
}

/// A session whose only chain stands at index 2^32 − 1.
fn at_the_last_index(session: &Session, index_offset: usize) -> Session {
    let mut state = envelope::open(&session.to_libolm_pickle(b"k").unwrap(), b"k");
    state[index_offset..index_offset + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    Session::from_libolm_pickle(&envelope::seal(&state, b"k"), b"k").unwrap()
}

#[test]
fn an_olm_chain_ends_after_index_2_to_the_32_minus_1() {
    let mut pair = Pair::new(9);
    // version 4 ‖ received 1 ‖ keys 96 ‖ root key 32 ‖ sender count 4 ‖ …
    pair.alices = at_the_last_index(&pair.alices, 137 + 96);
    pair.bobs = at_the_last_index(&pair.bobs, 137 + 4 + 64);
    let last = pair.alice_says(b"last");
    let after = pair.alices.state();
    assert_eq!(
        pair.alices.encrypt_with(&mut pair.rng, b"one more"),
        Err(EncryptError::ChainExhausted)
    );
    assert_eq!(pair.alices.state(), after);
    assert_eq!(pair.bobs.decrypt(&last).unwrap().plaintext, b"last");
    assert_eq!(
        pair.bobs.decrypt(&last),
        Err(DecryptError::AlreadyUsed { index: u32::MAX })
    );
    // Our format can say it; the others would start again at 0.
    for session in [&pair.alices, &pair.bobs] {
        assert_eq!(session.copy().state(), session.state());
        assert_eq!(session.to_libolm_pickle(b"k"), Err(ExportError::Exhausted));
    }
    pair.ping_pong();
}

/// vodozemac itself then drops the newest key for one more.
#[test]
fn a_session_that_moved_in_drops_its_oldest_key_first() {
    let mut pair = Pair::new(10);
    let messages = says(&mut pair, 43);
    assert_eq!(pair.bobs.decrypt(&messages[41]).unwrap().forgotten, 0);
    for mut session in [
        through_libolm(&pair.bobs),
        through_both(&pair.bobs),
        pair.bobs,
    ] {
        assert_eq!(session.decrypt(&messages[43]).unwrap().forgotten, 1);
        assert_eq!(
            verdicts(&mut session, &messages, &[1]),
            [DecryptError::KeyGone { index: 1 }]
        );
        for index in [2, 40, 42] {
            assert!(session.decrypt(&messages[index]).is_ok(), "{index}");
        }
    }
}
