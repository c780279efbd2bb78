//! A Megolm session here and one of vodozemac are the same session: the same
//! bytes for the same index, over every border of the ratchet and up to its
//! end, through keys and exports in both directions.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "megolm_beside_vodozemac/sender.rs"]
mod sender;

use common::rng::SeededRng;
use necturus::{
    SessionVersion::V1,
    megolm::{
        DecryptError, EncryptError, InboundGroupSession, MegolmMessage, OutboundGroupSession,
        SessionKey, SessionOrdering,
    },
    pickle::{ExportError, PickleKey},
};
use proptest::prelude::*;
use sender::{KEY, Sender, config, index, to_theirs};
use vodozemac::megolm as theirs;

fn to_ours(message: &theirs::MegolmMessage) -> MegolmMessage {
    MegolmMessage::from_bytes(message.to_bytes()).unwrap()
}

/// How vodozemac's verdict on two sessions is called here.
fn ordering(theirs: theirs::SessionOrdering) -> SessionOrdering {
    match theirs {
        theirs::SessionOrdering::Equal => SessionOrdering::Equal,
        theirs::SessionOrdering::Better => SessionOrdering::Better,
        theirs::SessionOrdering::Worse => SessionOrdering::Worse,
        theirs::SessionOrdering::Unconnected => SessionOrdering::Unconnected,
    }
}

proptest! {
    #[test]
    fn both_wind_forward_to_the_same_key(seed in any::<u64>(), a in index(), b in index()) {
        let (first, later) = (a.min(b), a.max(b));
        let sender = Sender::new(seed, first);
        let (ours, mut theirs) = (sender.our_inbound(), sender.their_inbound());
        prop_assert_eq!(ours.session_id().to_base64(), theirs.session_id());
        let exported = ours.export_at(later).unwrap();
        let their_export = theirs.export_at(later).unwrap();
        prop_assert_eq!(&*exported.to_bytes(), &their_export.to_bytes());
        prop_assert_eq!(&*exported.to_base64(), &their_export.to_base64());
        prop_assert_eq!(exported.index(), later);
        if let Some(below) = first.checked_sub(1) {
            let refusal = ours.export_at(below).unwrap_err();
            prop_assert_eq!((refusal.index, refusal.first_known), (below, first));
            prop_assert!(theirs.export_at(below).is_none());
        }
    }

    #[test]
    fn both_encrypt_to_the_same_bytes_and_read_each_other(
        seed in any::<u64>(),
        start in index(),
        ahead in index(),
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..6),
    ) {
        // vodozemac goes past the end, so it has to stop before.
        let sender = Sender::new(seed, start.min(u32::MAX - 6));
        let sender = sender.at(ahead.clamp(sender.index, u32::MAX - 6));
        let (mut ours, mut theirs) = (sender.ours(), sender.theirs());
        let session_key = ours.session_key();
        let their_key = theirs.session_key();
        let their_key_text = their_key.to_base64();
        prop_assert_eq!(&*session_key.to_base64(), &their_key_text);
        let session_key = SessionKey::from_base64(&their_key_text).unwrap();
        let mut our_inbound = InboundGroupSession::new(&session_key, V1);
        let mut their_inbound = theirs::InboundGroupSession::new(&their_key, config());

        for (count, text) in texts.iter().enumerate() {
            prop_assert_eq!(ours.message_index(), theirs.message_index());
            let message = ours.encrypt(text).unwrap();
            let their_message = theirs.encrypt(text);
            prop_assert_eq!(message.as_bytes(), their_message.to_bytes());
            prop_assert_eq!(message.to_base64(), their_message.to_base64());
            let decrypted = if count % 2 == 0 {
                our_inbound.decrypt_base64(&their_message.to_base64()).unwrap()
            } else {
                our_inbound.decrypt(&to_ours(&their_message)).unwrap()
            };
            let their_decrypted = their_inbound.decrypt(&to_theirs(&message)).unwrap();
            prop_assert_eq!(&decrypted.plaintext, text);
            prop_assert_eq!(decrypted.plaintext, their_decrypted.plaintext);
            prop_assert_eq!(decrypted.index, their_decrypted.message_index);
            prop_assert_eq!(decrypted.index, message.index());
        }
    }

    #[test]
    fn messages_open_in_any_order_and_again_and_not_below_the_first(
        seed in any::<u64>(),
        first in index(),
        others in prop::collection::vec(index(), 1..5),
    ) {
        let start = others.iter().fold(first, |least, index| least.min(*index));
        let sender = Sender::new(seed, start);
        let receiver = sender.at(first);
        let (mut ours, mut theirs) = (receiver.our_inbound(), receiver.their_inbound());
        for index in others.iter().chain(&others) {
            let message = sender.at(*index).ours().encrypt(b"text").unwrap();
            let verdict = ours.decrypt(&message);
            let their_verdict = theirs.decrypt(&to_theirs(&message));
            if *index < first {
                let refusal = DecryptError::BelowFirstKnown { index: *index, first_known: first };
                prop_assert_eq!(verdict, Err(refusal));
                let is_unknown = matches!(
                    their_verdict,
                    Err(theirs::DecryptionError::UnknownMessageIndex(f, i)) if (f, i) == (first, *index)
                );
                prop_assert!(is_unknown);
            } else {
                let decrypted = verdict.unwrap();
                prop_assert_eq!(&decrypted.plaintext, b"text");
                prop_assert_eq!(decrypted.index, their_verdict.unwrap().message_index);
            }
            prop_assert_eq!(ours.first_known_index(), first);
        }
    }

    #[test]
    fn both_order_and_merge_alike(
        seed in any::<u64>(),
        start in index(),
        a in index(),
        b in index(),
        signed in any::<[bool; 2]>(),
        other_ratchet in any::<bool>(),
    ) {
        let sender = Sender::new(seed, start.min(a).min(b));
        let at = [sender.at(a), sender.at(b)];
        let mut ours = [at[0].our_inbound(), at[1].our_inbound()];
        let mut theirs = [at[0].their_inbound(), at[1].their_inbound()];
        for side in 0..2 {
            if signed[side] {
                let key = at[side].theirs().session_key();
                theirs[side] = theirs::InboundGroupSession::new(&key, config());
                let key = SessionKey::from_bytes(&key.to_bytes()).unwrap();
                ours[side] = InboundGroupSession::new(&key, V1);
            }
        }
        if other_ratchet {
            // The same signing key with another ratchet is another session.
            let other = Sender { ratchet: [1; 128], seed: at[1].seed, index: b };
            ours[1] = other.our_inbound();
            theirs[1] = other.their_inbound();
        }
        let [our_a, our_b] = &mut ours;
        let [their_a, their_b] = &mut theirs;
        let verdict = ordering(their_a.compare(their_b));
        prop_assert_eq!(our_a.compare(our_b), verdict);
        prop_assert_eq!(our_b.compare(our_a), ordering(their_b.compare(their_a)));

        let merged = their_a.merge(their_b);
        prop_assert_eq!(our_a.merge(our_b).is_ok(), merged.is_some());
        if let Some(merged) = merged {
            prop_assert_eq!(our_a.first_known_index(), a.min(b));
            prop_assert_eq!(our_a.is_verified(), signed[0] || signed[1]);
            prop_assert_eq!(
                our_a.to_vodozemac_pickle(&KEY).unwrap(),
                merged.pickle().encrypt(&KEY)
            );
        } else {
            prop_assert!(other_ratchet);
            prop_assert_eq!(our_a.first_known_index(), a);
        }
    }
}

#[test]
fn every_border_is_crossed_by_both_alike() {
    for border in [1 << 8, 1 << 16, 1 << 24, 5 << 24, u32::MAX - 255] {
        for start in [0, border - 2] {
            let sender = Sender::new(7, start).at(border - 2);
            let mut receiver = Sender::new(7, start).our_inbound();
            let mut their_receiver = Sender::new(7, start).their_inbound();
            let (mut ours, mut theirs) = (sender.ours(), sender.theirs());
            for index in border - 2..border + 2 {
                let message = ours.encrypt(b"text").unwrap();
                assert_eq!(message.as_bytes(), theirs.encrypt("text").to_bytes());
                assert_eq!(receiver.decrypt(&message).unwrap().index, index);
                let decrypted = their_receiver.decrypt(&to_theirs(&message)).unwrap();
                assert_eq!(decrypted.message_index, index);
            }
        }
    }
}

#[test]
fn all_lengths_travel_both_ways() {
    let sender = Sender::new(1, 0);
    let (mut ours, mut theirs) = (sender.ours(), sender.theirs());
    let (mut our_inbound, mut their_inbound) = (sender.our_inbound(), sender.their_inbound());
    for length in (0..=300).chain([65_536]) {
        let text: Vec<u8> = (0..=255).cycle().take(length).collect();
        let our_message = ours.encrypt_base64(&text).unwrap();
        let their_message = theirs.encrypt(&text);
        assert_eq!(our_message, their_message.to_base64());
        let message = theirs::MegolmMessage::from_base64(&our_message).unwrap();
        assert_eq!(their_inbound.decrypt(&message).unwrap().plaintext, text);
        let bytes = MegolmMessage::from_bytes(their_message.to_bytes()).unwrap();
        assert_eq!(our_inbound.decrypt(&bytes).unwrap().plaintext, text);
        let decrypted = our_inbound.decrypt_base64(&their_message.to_base64());
        assert_eq!(decrypted.unwrap().plaintext, text);
    }
}

#[test]
fn the_last_message_is_sent_and_read_and_then_the_session_is_spent() {
    let before_last = Sender::new(3, u32::MAX - 1);
    let mut ours = before_last.ours();
    let shared = ours.session_key();
    ours.encrypt(b"the last but one").unwrap();
    assert_eq!(ours.message_index(), u32::MAX);
    // At the last index nothing is spent yet, and it can still move.
    let pickle = ours.to_libolm_pickle(b"").unwrap();
    let mut ours = OutboundGroupSession::from_libolm_pickle(&pickle, b"").unwrap();
    let pickle = ours.to_vodozemac_pickle(&KEY).unwrap();
    assert!(theirs::GroupSessionPickle::from_encrypted(&pickle, &KEY).is_ok());
    let last = ours.encrypt(b"the last").unwrap();
    assert_eq!(last.index(), u32::MAX);

    let their_key = theirs::SessionKey::from_bytes(&shared.to_bytes()).unwrap();
    let mut their_inbound = theirs::InboundGroupSession::new(&their_key, config());
    let decrypted = their_inbound.decrypt(&to_theirs(&last)).unwrap();
    assert_eq!(decrypted.plaintext, b"the last");
    assert_eq!(decrypted.message_index, u32::MAX);
    let mut our_inbound = InboundGroupSession::new(&shared, V1);
    assert_eq!(our_inbound.decrypt(&last).unwrap().plaintext, b"the last");
    assert_eq!(
        our_inbound
            .export_at(u32::MAX)
            .unwrap()
            .to_bytes()
            .as_slice(),
        their_inbound.export_at(u32::MAX).unwrap().to_bytes()
    );

    let key = PickleKey::from_bytes(&KEY);
    let mut rng = SeededRng::new(4);
    // Spent for good: neither trying again nor a pickle brings it back.
    for _ in 0..2 {
        assert_eq!(ours.encrypt(b"one more"), Err(EncryptError::Exhausted));
        let refusal = ours.encrypt_base64(b"one more");
        assert_eq!(refusal, Err(EncryptError::Exhausted));
        assert_eq!(ours.message_index(), u32::MAX);
        assert_eq!(ours.to_libolm_pickle(b""), Err(ExportError::Exhausted));
        assert_eq!(ours.to_vodozemac_pickle(&KEY), Err(ExportError::Exhausted));
        let pickle = ours.pickle_with(&mut rng, &key, b"").unwrap();
        ours = OutboundGroupSession::unpickle(&pickle, &key, b"").unwrap();
    }
}
