//! An Olm session beside libolm's: from the same random bytes, over any
//! schedule of messages, both send, read, refuse and store the same.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "sessions/beside.rs"]
mod beside;
mod common;

use beside::{Bob, Meeting, Side, refusal};
use common::{PICKLE_KEY, rng::BytesRng};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::{DecryptError, InboundError, OlmMessage, steps},
};
use necturus_interop_libolm as libolm;
use proptest::{collection::vec, prelude::*, sample::Index};

#[derive(Clone, Debug)]
enum Step {
    /// Encrypts so many messages in a row.
    Send(Side, u8),
    /// Each side encrypts so many and one more, of which the last arrives.
    Turn(u8),
    /// Delivers any message there ever was: late, early, again.
    Deliver(Side, Index),
    /// Delivers the newest message.
    DeliverNewest(Side),
    /// Delivers a message with one bit flipped.
    DeliverHurt(Side, Index, Index, u8),
    /// Ours goes on as libolm's, and libolm's as ours.
    Swap(Side),
    OursThereAndBack(Side),
    TheirsThereAndBack(Side),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![Just(Side::Alice), Just(Side::Bob)];
    let index = any::<Index>;
    prop_oneof![
        6 => (side(), 1u8..4).prop_map(|(side, count)| Step::Send(side, count)),
        1 => (side(), 20u8..60).prop_map(|(side, count)| Step::Send(side, count)),
        4 => (0u8..3).prop_map(Step::Turn),
        6 => (side(), index()).prop_map(|(side, which)| Step::Deliver(side, which)),
        6 => side().prop_map(Step::DeliverNewest),
        2 => (side(), index(), index(), 0u8..8)
            .prop_map(|(side, which, at, bit)| Step::DeliverHurt(side, which, at, bit)),
        1 => side().prop_map(Step::Swap),
        1 => side().prop_map(Step::OursThereAndBack),
        1 => side().prop_map(Step::TheirsThereAndBack),
    ]
}

proptest! {
    #[test]
    fn any_schedule_gives_the_same_bytes(
        seed in any::<u64>(),
        on_fallback_key in any::<bool>(),
        sender_is_known in any::<bool>(),
        steps in vec(step(), 1..50),
    ) {
        let mut meeting = Meeting::new(seed, on_fallback_key, sender_is_known);
        for step in &steps {
            match step {
                Step::Send(side, count) => meeting.send(*side, *count),
                Step::Turn(lost) => meeting.turn(*lost),
                Step::Deliver(to, which) => meeting.deliver(*to, |sent| which.index(sent)),
                Step::DeliverNewest(to) => meeting.deliver(*to, |sent| sent.saturating_sub(1)),
                Step::DeliverHurt(to, which, at, bit) => {
                    meeting.deliver_hurt(*to, *which, *at, *bit);
                }
                Step::Swap(side) => meeting.with(*side, |both| {
                    let theirs = both.theirs_as_ours();
                    both.theirs = both.ours_as_theirs();
                    both.ours = theirs;
                }),
                Step::OursThereAndBack(side) => meeting.with(*side, |both| {
                    both.theirs = both.ours_as_theirs();
                    both.ours = both.theirs_as_ours();
                }),
                Step::TheirsThereAndBack(side) => meeting.with(*side, |both| {
                    both.ours = both.theirs_as_ours();
                    both.theirs = both.ours_as_theirs();
                }),
            }
            meeting.compare();
        }
    }
}

/// Bob has read Alice's message 0, and not yet any of `count` more.
fn jump(count: usize) -> Meeting {
    let mut meeting = Meeting::new(11, false, true);
    meeting.send(Side::Alice, 1);
    meeting.deliver(Side::Bob, |_| 0);
    for _ in 0..count {
        meeting.send(Side::Alice, 1);
    }
    meeting
}

#[test]
fn a_gap_of_2000_passes_and_of_2001_does_not() {
    let mut meeting = jump(2002);
    let before = meeting.describe(Side::Bob);
    // Message 0 has arrived, so message 2002 skips 2001.
    meeting.deliver(Side::Bob, |_| 2002);
    assert_eq!(meeting.describe(Side::Bob), before);
    let (too_far, _) = meeting.message(Side::Alice, 2002);
    let error = meeting.bobs().ours.decrypt(&too_far).unwrap_err();
    let (index, next) = (2002, 1);
    assert_eq!(error, DecryptError::GapTooLarge { index, next });

    meeting.deliver(Side::Bob, |_| 2001);
    meeting.compare();
    // The last 40 of the gap were kept by both.
    for index in [1960, 1961, 2000] {
        let (message, text) = meeting.message(Side::Alice, index);
        let read = meeting
            .bobs()
            .ours
            .decrypt(&message)
            .map(|read| read.plaintext);
        let theirs = meeting.bobs().theirs.decrypt(0, message.to_base64());
        assert_eq!(read.clone().ok(), theirs.ok());
        let index = u32::try_from(index).unwrap();
        let expected = match index {
            1960 => Err(DecryptError::KeyGone { index }),
            _ => Ok(text),
        };
        assert_eq!(read, expected);
    }
}

/// Difference: libolm holds 40 skipped keys for the session and drops the
/// longest held, whichever chain it is of; ours holds 40 of each chain. The
/// pickle that ours writes is its newest 40, and so libolm's own.
#[test]
fn ours_keeps_more_skipped_keys_than_libolm() {
    let mut meeting = jump(31);
    meeting.deliver(Side::Bob, |_| 31);
    // A turn each way, and then 20 more that do not arrive.
    meeting.send(Side::Bob, 1);
    meeting.deliver(Side::Alice, |_| 0);
    meeting.send(Side::Alice, 21);
    meeting.deliver(Side::Bob, |sent| sent.saturating_sub(1));

    let bobs = meeting.bobs();
    assert_eq!(
        bobs.ours.to_libolm_pickle(PICKLE_KEY).unwrap(),
        bobs.theirs.pickle(PICKLE_KEY).unwrap()
    );
    // 30 and 20 are skipped, so libolm has lost the oldest ten.
    for (index, libolm_has_it) in [(10, false), (11, true), (30, true), (32, true)] {
        let (message, text) = meeting.message(Side::Alice, index);
        let body = message.to_base64();
        let message_type = message.message_type() as usize;
        let theirs = meeting.bobs().theirs.decrypt(message_type, body);
        match theirs {
            Ok(read) => assert_eq!((read, libolm_has_it), (text.clone(), true)),
            Err(error) => assert_eq!((error.as_str(), libolm_has_it), ("BAD_MESSAGE_MAC", false)),
        }
        let read = meeting.bobs().ours.decrypt(&message).unwrap();
        assert_eq!(read.plaintext, text);
    }
}

/// Difference: libolm holds the skipped keys of a chain that it has dropped,
/// and nothing can use them; ours drops them with the chain.
#[test]
fn ours_drops_the_keys_of_a_dropped_chain() {
    let mut meeting = jump(0);
    for _ in 0..6 {
        meeting.turn(1);
    }
    let bobs = meeting.bobs();
    let skipped = |text: &str| {
        text.split("keys:")
            .nth(1)
            .unwrap()
            .split(' ')
            .skip(1)
            .count()
    };
    // Five chains with one each, and in libolm the dropped ones' as well.
    assert_eq!(skipped(&bobs.ours.describe()), 5);
    assert_eq!(skipped(&bobs.theirs.describe()), 6);
    // What is left when they pass through ours is what can be used.
    assert_eq!(skipped(&bobs.theirs_as_ours().describe()), 5);
    assert_eq!(skipped(&bobs.ours_as_theirs().describe()), 5);

    // Alice's message 0 was read; 1 is of the chain that is gone, 3 of the
    // oldest that is not.
    let (gone, _) = meeting.message(Side::Alice, 1);
    assert_eq!(
        meeting.bobs().ours.decrypt(&gone),
        Err(DecryptError::ChainGone)
    );
    assert_eq!(meeting.bobs().decrypt(&gone), None);
    let (held, text) = meeting.message(Side::Alice, 3);
    assert_eq!(meeting.bobs().decrypt(&held), Some(text));
}

/// libolm's three bare steps beside ours: what one refuses, so does the other,
/// and nothing is spent before the last.
#[test]
fn the_bare_steps_are_libolms() {
    let mut meeting = Meeting::new(12, false, false);
    meeting.send(Side::Alice, 2);
    let (first, text) = meeting.message(Side::Alice, 0);
    let body = first.to_base64();
    let OlmMessage::PreKey(first_message) = &first else {
        panic!("a session starts with pre-key messages")
    };
    let alice = meeting.alice_key;
    let stranger = Curve25519PublicKey::from_bytes([5; 32]);
    let Bob::Account { ours, theirs } = &mut meeting.bob else {
        panic!("Bob has had no message yet")
    };
    let version = SessionVersion::V1;

    // Another sender than the message names.
    let refused = steps::inbound_session(ours, version, Some(&stranger), first_message);
    assert!(matches!(refused, Err(InboundError::SenderMismatch { .. })));
    let refused = libolm::Session::inbound_from(theirs, stranger.to_base64(), &body);
    assert_eq!(refusal(refused), "BAD_MESSAGE_KEY_ID");

    // Created, but nothing read: it answers with a pre-key message.
    let mut session = steps::inbound_session(ours, version, Some(&alice), first_message).unwrap();
    let mut their_session =
        libolm::Session::inbound_from(theirs, alice.to_base64(), &body).unwrap();
    assert!(!session.has_received_message() && !their_session.has_received_message());
    assert_eq!(their_session.encrypt_message_type(), 0);
    assert_eq!(
        their_session.pickle(PICKLE_KEY),
        Ok(session.to_libolm_pickle(PICKLE_KEY).unwrap())
    );
    let unchanged = theirs.pickle(PICKLE_KEY).unwrap();
    assert_eq!(ours.to_libolm_pickle(PICKLE_KEY), Ok(unchanged));

    // What it sends before it has read anything is a pre-key message of
    // Alice's keys, which she reads.
    let random = [8; 32];
    let answer = session
        .encrypt_with(&mut BytesRng::new(random), b"early")
        .unwrap();
    let (message_type, answer_body) = their_session.encrypt("early", &random).unwrap();
    assert_eq!((message_type, answer.to_base64()), (0, answer_body));

    // Read, and the key is still there.
    assert_eq!(their_session.decrypt(0, &body).unwrap(), text);
    assert_eq!(session.decrypt(&first).unwrap().plaintext, text);
    assert!(steps::inbound_session(ours, version, None, first_message).is_ok());
    assert!(libolm::Session::inbound(theirs, &body).is_ok());

    assert_eq!(their_session.encrypt_message_type(), 1);

    // Removed, once.
    let key = session.session_keys().one_time_key;
    assert!(ours.remove_one_time_key(&key));
    theirs.remove_one_time_keys(&their_session).unwrap();
    assert!(!ours.remove_one_time_key(&key));
    let refused = theirs.remove_one_time_keys(&their_session);
    assert_eq!(refusal(refused), "BAD_MESSAGE_KEY_ID");

    // A second session of the same key.
    let refused = steps::inbound_session(ours, version, None, first_message);
    assert_eq!(
        refused.unwrap_err(),
        InboundError::UnknownOneTimeKey { key }
    );
    let refused = libolm::Session::inbound(theirs, &body);
    assert_eq!(refusal(refused), "BAD_MESSAGE_KEY_ID");

    let alices = meeting.both(Side::Alice).unwrap();
    assert_eq!(
        alices.decrypt(&answer).as_deref(),
        Some(b"early".as_slice())
    );
    meeting.compare();
}

/// Neither reads a message of another session, nor changes by it.
#[test]
fn a_message_of_another_session_is_refused_by_both() {
    let mut meeting = jump(0);
    let mut other = Meeting::new(99, false, true);
    other.send(Side::Alice, 1);
    other.deliver(Side::Bob, |_| 0);
    other.send(Side::Bob, 1);
    for from in [Side::Alice, Side::Bob] {
        let (message, _) = other.message(from, 0);
        for to in [Side::Alice, Side::Bob] {
            assert_eq!(meeting.both(to).unwrap().decrypt(&message), None);
            meeting.compare();
        }
    }
}
