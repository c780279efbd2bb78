//! A channel reads what the other side sent: each message once, in order, and
//! unchanged, under the same associated data. Nothing else opens, and what is
//! refused changes nothing. Here and with vodozemac at either end.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "channels/end.rs"]
mod end;

use end::{Kind, Library, establish};
use necturus::channel::{
    MAX_MESSAGE_LENGTH, OpenError, PREFIX, SealError, ecies,
    hpke::{self, AssociatedData, Settings},
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::common::rng::SeededRng;

#[derive(Clone, Debug)]
enum Step {
    Send { from: usize, text: Vec<u8> },
    DeliverNext { to: usize },
    DeliverAny { to: usize, which: Index },
    Flip { to: usize, which: Index, bit: Index },
    Cut { to: usize, which: Index, at: Index },
    OtherPlace { to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let end = 0usize..2;
    let which = any::<Index>;
    prop_oneof![
        4 => (end.clone(), vec(any::<u8>(), 0..300)).prop_map(|(from, text)| Step::Send { from, text }),
        4 => end.clone().prop_map(|to| Step::DeliverNext { to }),
        2 => (end.clone(), which()).prop_map(|(to, which)| Step::DeliverAny { to, which }),
        1 => (end.clone(), which(), which()).prop_map(|(to, which, bit)| Step::Flip { to, which, bit }),
        1 => (end.clone(), which(), which()).prop_map(|(to, which, at)| Step::Cut { to, which, at }),
        1 => end.prop_map(|to| Step::OtherPlace { to }),
    ]
}

fn library() -> impl Strategy<Value = Library> {
    prop_oneof![Just(Library::Ours), Just(Library::Vodozemac)]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Ecies), Just(Kind::Hpke)]
}

struct Sent {
    from: usize,
    number: usize,
    text: Vec<u8>,
    message: String,
}

proptest! {
    #[test]
    fn each_message_once_and_in_order(
        kind in kind(),
        libraries in (library(), library()),
        seed: u64,
        steps in vec(step(), 1..40),
    ) {
        let (s, g) = establish(kind, libraries.0, libraries.1, seed);
        let mut ends = [s, g];
        let mut sent: Vec<Sent> = Vec::new();
        let mut sent_by = [0; 2];
        let mut next = [0; 2];
        for step in steps {
            // What is delivered to whom, and whether somebody meddled.
            let (to, which, meddled) = match &step {
                Step::Send { from, text } => {
                    let message = ends[*from].seal(text, b"here");
                    sent.push(Sent { from: *from, number: sent_by[*from], text: text.clone(), message });
                    sent_by[*from] += 1;
                    continue;
                }
                Step::DeliverNext { to } | Step::OtherPlace { to } => {
                    let place = sent.iter().position(|sent| {
                        sent.from != *to && sent.number == next[*to]
                    });
                    let Some(which) = place else { continue };
                    // ECIES binds no place.
                    (*to, which, matches!(step, Step::OtherPlace { .. }) && kind == Kind::Hpke)
                }
                Step::DeliverAny { to, which } if !sent.is_empty() => {
                    (*to, which.index(sent.len()), false)
                }
                Step::Flip { to, which, .. } | Step::Cut { to, which, .. } if !sent.is_empty() => {
                    (*to, which.index(sent.len()), true)
                }
                _ => continue,
            };
            let sent = &sent[which];
            let good = !meddled && sent.from != to && sent.number == next[to];
            if !good && !ends[to].survives_refusing() {
                continue;
            }
            let message = match &step {
                Step::Flip { bit, .. } => flip(&sent.message, *bit),
                Step::Cut { at, .. } => sent.message[..at.index(sent.message.len())].to_string(),
                _ => sent.message.clone(),
            };
            let place: &[u8] = if meddled && message == sent.message { b"there" } else { b"here" };
            let opened = ends[to].open(&message, place);
            prop_assert_eq!(opened.as_ref(), good.then_some(&sent.text));
            if good {
                next[to] += 1;
            }
        }
    }
}

/// The message with one bit of its bytes changed, written as base64 again.
fn flip(message: &str, bit: Index) -> String {
    let mut bytes = vodozemac::base64_decode(message).unwrap();
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    vodozemac::base64_encode(bytes)
}

#[test]
fn every_pair_of_libraries_talks() {
    for kind in [Kind::Ecies, Kind::Hpke] {
        for s in [Library::Ours, Library::Vodozemac] {
            for g in [Library::Ours, Library::Vodozemac] {
                for seed in 0..8 {
                    let (mut s, mut g) = establish(kind, s, g, seed);
                    for length in [0, 1, 63, 64, 65, 3000] {
                        let text = vec![0x5a; length];
                        let message = s.seal(&text, b"");
                        assert_eq!(g.open(&message, b"").unwrap(), text);
                        let message = g.seal(&text, b"1");
                        assert_eq!(s.open(&message, b"1").unwrap(), text);
                    }
                }
            }
        }
    }
}

#[test]
fn a_message_fits_into_a_rendezvous() {
    let mut rng = SeededRng::new(1);
    let (s, g) = {
        let shown = ecies::ShownKey::new_with(&mut rng, PREFIX).unwrap();
        let (s, initiate) = ecies::scan_with(&mut rng, &shown.public_key(), PREFIX).unwrap();
        let (g, ok) = shown.receive(&initiate).unwrap();
        let s = s.receive(&ok).unwrap();
        let code = s.check_code().to_string();
        (s.code_shown(), g.confirm(&code).unwrap())
    };
    let (mut s, mut g) = (s, g);
    let most = MAX_MESSAGE_LENGTH / 4 * 3 - 16;
    assert_eq!(
        s.seal(&vec![0; most + 1]),
        Err(SealError::TooLong { length: most + 1 })
    );
    let message = s.seal(&vec![0; most]).unwrap();
    assert_eq!(message.len(), MAX_MESSAGE_LENGTH);
    let long = "A".repeat(MAX_MESSAGE_LENGTH + 4);
    assert!(matches!(g.open(&long), Err(OpenError::Decode(_))));
    assert_eq!(g.open(&message).unwrap().len(), most);

    let (mut s, settings) = (None, Settings::default());
    let data = AssociatedData::from_bytes(b"");
    let shown = hpke::ShownKey::new_with(&mut rng, &settings).unwrap();
    let (scanned, initiate) =
        hpke::scan_with(&mut rng, &shown.public_key(), &settings, &data).unwrap();
    let (_, ok) = shown.receive(&initiate, &data, &data).unwrap();
    let s = s.insert(scanned.receive(&ok, &data).unwrap().code_shown());
    assert!(s.seal(&vec![0; most + 1], &data).is_err());
    assert_eq!(
        s.seal(&vec![0; most], &data).unwrap().len(),
        MAX_MESSAGE_LENGTH
    );
}
