//! Megolm beside libolm: from the same random bytes the same messages, keys and
//! pickles, over every border of the ratchet.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "megolm/beside.rs"]
mod beside;
mod common;

use beside::{Inbound, Outbound};
use common::{PICKLE_KEY, base64, envelope};
use necturus::{
    Ed25519SigningKey,
    megolm::{DecryptError, EncryptError, InboundGroupSession, MegolmMessage},
    pickle::ExportError,
};
use necturus_interop_libolm as libolm;
use proptest::{collection::vec, prelude::*, sample::Index};

/// Where the parts of the ratchet roll over, and the last index but some.
fn start() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just((1 << 8) - 4),
        Just((1 << 16) - 4),
        Just((1 << 24) - 4),
        Just(0u32.wrapping_sub(40)),
        0..=u32::MAX - 40,
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// Decrypts any message, again if it was before.
    Decrypt(Index),
    /// Flips a bit of any message.
    Hurt(Index, Index, u8),
    /// Exports so far past the first known index, or before it.
    Export(u32),
    /// Goes on with a copy that was exported at a message.
    Import(Index),
    Swap,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        6 => index().prop_map(Step::Decrypt),
        2 => (index(), index(), 0u8..8).prop_map(|(m, at, bit)| Step::Hurt(m, at, bit)),
        2 => (0u32..60).prop_map(Step::Export),
        1 => any::<u32>().prop_map(Step::Export),
        1 => index().prop_map(Step::Import),
        1 => Just(Step::Swap),
    ]
}

fn hurt(body: &str, at: Index, bit: u8) -> String {
    let mut bytes = MegolmMessage::from_base64(body).unwrap().into_bytes();
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
    base64(&bytes)
}

proptest! {
    #[test]
    fn what_is_sent_is_the_same(
        seed in any::<u64>(),
        start in start(),
        texts in vec((vec(any::<u8>(), 0..70), any::<bool>()), 1..12),
    ) {
        let mut outbound = Outbound::at(seed, start);
        outbound.compare();
        for (text, swap) in &texts {
            outbound.encrypt(text);
            if *swap {
                outbound.swap();
            }
            outbound.compare();
        }
    }

    #[test]
    fn what_is_received_is_the_same(
        seed in any::<u64>(),
        start in start(),
        shared_at in 0usize..6,
        messages in 8usize..20,
        steps in vec(step(), 1..16),
    ) {
        let mut outbound = Outbound::at(seed, start);
        let mut bodies = Vec::new();
        let mut key = String::new();
        for message in 0..messages {
            if message == shared_at {
                key = outbound.theirs.session_key().unwrap();
            }
            bodies.push(outbound.encrypt(format!("text {message}").as_bytes()));
        }
        let index_of = |message: usize| start + u32::try_from(message).unwrap();
        let mut inbound = Inbound::new(&key);
        inbound.compare();
        for step in steps {
            match step {
                Step::Decrypt(message) => {
                    let message = message.index(messages);
                    let known = index_of(message) >= inbound.ours.first_known_index();
                    let expected = if known {
                        Ok((format!("text {message}").into_bytes(), index_of(message)))
                    } else {
                        Err("UNKNOWN_MESSAGE_INDEX")
                    };
                    prop_assert_eq!(inbound.decrypt(&bodies[message]), expected);
                }
                Step::Hurt(message, at, bit) => {
                    let body = hurt(&bodies[message.index(messages)], at, bit);
                    prop_assert!(inbound.decrypt(&body).is_err());
                }
                Step::Export(ahead) => {
                    // As far as libolm reaches without going round.
                    let first_known = inbound.ours.first_known_index();
                    let reach = (u32::MAX - first_known).min(i32::MAX.unsigned_abs());
                    let index = first_known.saturating_sub(3) + ahead % (reach + 1);
                    let exported = inbound.export(index);
                    prop_assert_eq!(exported.is_some(), index >= first_known);
                }
                Step::Import(message) => {
                    let index = index_of(message.index(messages));
                    if let Some(key) = inbound.export(index) {
                        inbound = Inbound::import(&key);
                        prop_assert!(!inbound.ours.is_verified());
                    }
                }
                Step::Swap => inbound.swap(),
            }
            inbound.compare();
        }
    }
}

#[test]
fn a_new_session_is_the_same() {
    for seed in 0..8 {
        let mut outbound = Outbound::new(seed);
        outbound.compare();
        let mut inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
        inbound.compare();
        for length in [0, 1, 15, 16, 17, 1 << 16] {
            let body = outbound.encrypt(&vec![b'x'; length]);
            assert_eq!(inbound.decrypt(&body).unwrap().0.len(), length);
        }
        outbound.compare();
        inbound.compare();
    }
}

/// Difference: after index 2^32 - 1 libolm begins again at 0, with a ratchet
/// that has gone round; ours ends, so that no index names two messages.
#[test]
fn ours_ends_where_libolm_wraps() {
    let mut outbound = Outbound::at(3, u32::MAX - 1);
    let mut inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
    for index in [u32::MAX - 1, u32::MAX] {
        outbound.compare();
        let body = outbound.encrypt(b"near the end");
        assert_eq!(
            inbound.decrypt(&body),
            Ok((b"near the end".to_vec(), index))
        );
        inbound.compare();
    }

    assert_eq!(
        outbound.ours.encrypt(b"past it"),
        Err(EncryptError::Exhausted)
    );
    // libolm would go on from such a pickle.
    let export = outbound.ours.to_libolm_pickle(PICKLE_KEY);
    assert_eq!(export, Err(ExportError::Exhausted));

    assert_eq!(outbound.theirs.message_index(), 0);
    let wrapped = outbound.theirs.encrypt("past it").unwrap();
    assert_eq!(
        inbound.theirs.decrypt(&wrapped),
        Ok((b"past it".to_vec(), 0))
    );
    assert_eq!(
        inbound.ours.decrypt_base64(&wrapped),
        Err(DecryptError::BelowFirstKnown {
            index: 0,
            first_known: u32::MAX - 1
        })
    );
}

/// Difference: libolm compares indexes as a signed difference of 32 bits, and
/// so reaches 2^31 - 1 ahead, round the end if need be; ours reaches the end.
#[test]
fn ours_reaches_further_than_libolm() {
    let outbound = Outbound::at(4, 5);
    let mut inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
    assert!(inbound.export(4).is_none());
    let farthest = 5 + (1 << 31) - 1;
    assert!(inbound.export(farthest).is_some());
    let refusal = inbound.theirs.export(farthest + 1).unwrap_err();
    assert_eq!(refusal.as_str(), "UNKNOWN_MESSAGE_INDEX");
    inbound.compare();

    // The sender's state at that index, from what ours exports.
    let past = inbound.ours.export_at(farthest + 1).unwrap();
    let pickle = outbound.theirs.pickle(PICKLE_KEY).unwrap();
    let mut state = envelope::open(&pickle, PICKLE_KEY);
    state[4..132].copy_from_slice(&past.to_bytes()[5..133]);
    state[132..136].copy_from_slice(&past.index().to_be_bytes());
    let pickle = envelope::seal(&state, PICKLE_KEY);
    let mut sender = libolm::OutboundGroupSession::unpickle(PICKLE_KEY, pickle).unwrap();
    let body = sender.encrypt("far away").unwrap();
    let refusal = inbound.theirs.decrypt(&body).unwrap_err();
    assert_eq!(refusal.as_str(), "UNKNOWN_MESSAGE_INDEX");
    let decrypted = inbound.ours.decrypt_base64(&body).unwrap();
    assert_eq!(decrypted.plaintext, b"far away");

    // Round the end: libolm counts on from 2^32 - 1 to 0 and further.
    let outbound = Outbound::at(4, u32::MAX);
    let inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
    assert!(inbound.theirs.export(7).is_ok());
    let error = inbound.ours.export_at(7).unwrap_err();
    assert_eq!((error.index, error.first_known), (7, u32::MAX));
}

/// Difference: libolm winds its latest ratchet to a message with a good
/// signature before it looks at the MAC; ours is as it was.
#[test]
fn a_bad_mac_under_a_good_signature_moves_libolm_alone() {
    let mut outbound = Outbound::new(5);
    let mut inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
    let state = envelope::open(&outbound.theirs.pickle(PICKLE_KEY).unwrap(), PICKLE_KEY);
    let signing_key = Ed25519SigningKey::from_expanded(state[168..].try_into().unwrap());
    let first = outbound.encrypt(b"first");
    let second = outbound.encrypt(b"second");
    inbound.decrypt(&first).unwrap();

    let mut bytes = MegolmMessage::from_base64(&second).unwrap().into_bytes();
    let signed = bytes.len() - 64;
    bytes[signed - 1] ^= 1;
    let signature = signing_key.sign(&bytes[..signed]);
    bytes[signed..].copy_from_slice(signature.as_bytes());
    let forged = base64(&bytes);

    let before = inbound.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
    let refusal = inbound.theirs.decrypt(&forged).unwrap_err();
    assert_eq!(refusal.as_str(), "BAD_MESSAGE_MAC");
    assert_ne!(inbound.theirs.pickle(PICKLE_KEY), Ok(before.clone()));
    let refused = inbound.ours.decrypt_base64(&forged);
    assert_eq!(refused, Err(DecryptError::Inauthentic));
    assert_eq!(inbound.ours.to_libolm_pickle(PICKLE_KEY), Ok(before));

    // Both still read what was meant, and are one again.
    assert_eq!(inbound.decrypt(&second), Ok((b"second".to_vec(), 1)));
    inbound.compare();
}

/// Difference: exporting winds libolm's latest ratchet to the index, and from
/// there it reaches further; ours exports without a change.
#[test]
fn an_export_moves_libolm_alone() {
    let outbound = Outbound::new(6);
    let mut inbound = Inbound::new(&outbound.theirs.session_key().unwrap());
    let before = inbound.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
    let key = inbound.ours.export_at(300).unwrap();
    assert_eq!(
        inbound.theirs.export(300).unwrap(),
        key.to_base64().as_str()
    );
    assert_eq!(
        inbound.ours.to_libolm_pickle(PICKLE_KEY),
        Ok(before.clone())
    );

    let before = envelope::open(&before, PICKLE_KEY);
    let after = inbound.theirs.pickle(PICKLE_KEY).unwrap();
    let after = envelope::open(&after, PICKLE_KEY);
    let latest = 136..268;
    assert_eq!(after[..latest.start], before[..latest.start]);
    assert_eq!(after[latest.end..], before[latest.end..]);
    assert_eq!(after[264..268], 300u32.to_be_bytes());

    // Ours reads the state that this leaves, and goes on from it.
    inbound.ours = InboundGroupSession::from_libolm_pickle(
        &inbound.theirs.pickle(PICKLE_KEY).unwrap(),
        PICKLE_KEY,
    )
    .unwrap();
    inbound.compare();
}
