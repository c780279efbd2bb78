//! An Olm session here and one of vodozemac are the same session: on any
//! schedule of sending, reordering, dropping, replaying, tampering and moving
//! from one library to the other, both read what the model says, and nothing
//! else.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "olm_beside_vodozemac/model.rs"]
mod model;
#[path = "olm_beside_vodozemac/talk.rs"]
mod talk;

use model::Verdict;
use proptest::{prelude::*, sample::Index};
use talk::{Conversation, Library, Road, Sent};

#[derive(Clone, Debug)]
enum Step {
    Send {
        from: usize,
        count: usize,
    },
    Deliver {
        to: usize,
        which: Index,
    },
    Newest {
        to: usize,
    },
    Drop {
        to: usize,
        which: Index,
    },
    Replay {
        to: usize,
        which: Index,
    },
    Tamper {
        to: usize,
        which: Index,
        place: Index,
        change: u8,
    },
    Turns {
        count: usize,
    },
    Move {
        which: usize,
        road: Road,
    },
}

fn run(talk: &mut Conversation, step: &Step) {
    let pick =
        |index: &Index, from: &Vec<Sent>| (!from.is_empty()).then(|| index.index(from.len()));
    match step {
        Step::Send { from, count } => talk.send(*from, *count),
        Step::Deliver { to, which } => {
            if let Some(at) = pick(which, &talk.waiting[*to]) {
                talk.deliver(*to, at);
            }
        }
        Step::Newest { to } => {
            if !talk.waiting[*to].is_empty() {
                talk.deliver_newest(*to);
            }
        }
        Step::Drop { to, which } => {
            if let Some(at) = pick(which, &talk.waiting[*to]) {
                talk.waiting[*to].remove(at);
            }
        }
        Step::Replay { to, which } => {
            if let Some(at) = pick(which, &talk.delivered[*to]) {
                talk.replay(*to, at);
            }
        }
        Step::Tamper {
            to,
            which,
            place,
            change,
        } => {
            if let Some(at) = pick(which, &talk.waiting[*to]) {
                talk.tamper(*to, at, place.index(1 << 20), *change);
            }
        }
        Step::Turns { count } => {
            // Each leaves a message behind, for when its chain has gone.
            for turn in 0..*count {
                talk.send(turn % 2, 2);
                talk.deliver_newest(1 - turn % 2);
            }
        }
        Step::Move { which, road } => talk.relocate(*which, *road),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let side = || 0..2usize;
    let road = prop_oneof![
        3 => Just(Road::Straight),
        1 => Just(Road::Libolm),
        1 => Just(Road::LibolmAndBack),
        1 => Just(Road::Own),
    ];
    prop_oneof![
        6 => (side(), 1..4usize).prop_map(|(from, count)| Step::Send { from, count }),
        1 => (side(), 30..100usize).prop_map(|(from, count)| Step::Send { from, count }),
        8 => (side(), any::<Index>()).prop_map(|(to, which)| Step::Deliver { to, which }),
        3 => side().prop_map(|to| Step::Newest { to }),
        1 => (side(), any::<Index>()).prop_map(|(to, which)| Step::Drop { to, which }),
        2 => (side(), any::<Index>()).prop_map(|(to, which)| Step::Replay { to, which }),
        2 => (side(), any::<Index>(), any::<Index>(), 1..=u8::MAX).prop_map(
            |(to, which, place, change)| Step::Tamper { to, which, place, change }
        ),
        2 => (1..8usize).prop_map(|count| Step::Turns { count }),
        4 => (side(), road).prop_map(|(which, road)| Step::Move { which, road }),
    ]
}

fn libraries() -> impl Strategy<Value = [Library; 2]> {
    prop_oneof![
        3 => Just([Library::Ours, Library::Theirs]),
        3 => Just([Library::Theirs, Library::Ours]),
        1 => Just([Library::Ours, Library::Ours]),
    ]
}

proptest! {
    #[test]
    fn every_schedule_reads_what_the_model_says(
        libraries in libraries(),
        first in 1..50usize,
        opening in any::<Index>(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..50),
    ) {
        let mut talk = Conversation::start(libraries, first, opening.index(first), seed);
        for step in &steps {
            run(&mut talk, step);
        }
        talk.deliver_all();
    }
}

const MIXED: [[Library; 2]; 2] = [
    [Library::Ours, Library::Theirs],
    [Library::Theirs, Library::Ours],
];

const OPENS: Verdict = Verdict::Opens { forgotten: 0 };

#[test]
fn a_chain_keeps_the_newest_forty_skipped_keys() {
    for libraries in MIXED {
        for to in [1, 0] {
            let mut talk = Conversation::start(libraries, 1, 0, 1);
            talk.send(1, 1);
            talk.deliver_newest(0);
            // The older keys leave, whether the walk or its end pushes them out.
            talk.send(1 - to, 50);
            assert_eq!(talk.deliver_newest(to), Verdict::Opens { forgotten: 9 });
            talk.send(1 - to, 11);
            assert_eq!(talk.deliver_newest(to), Verdict::Opens { forgotten: 10 });
            for at in 0..19 {
                let verdict = talk.deliver(to, 0);
                assert_eq!(verdict, Verdict::NoKey { used: false }, "{at}");
            }
            while !talk.waiting[to].is_empty() {
                assert_eq!(talk.deliver(to, 0), OPENS);
            }
            assert_eq!(talk.model.sides[to].skipped(), 0);
        }
    }
}

#[test]
fn a_gap_of_two_thousand_passes_and_one_more_does_not() {
    for libraries in MIXED {
        for to in [1, 0] {
            let mut talk = Conversation::start(libraries, 1, 0, 2);
            talk.send(1, 1);
            talk.deliver_newest(0);
            // The receiver of the next message has sent, so that it turns.
            talk.send(to, 1);
            talk.deliver_newest(1 - to);
            // At the start of a chain; and in it, where older keys leave, too.
            for forgotten in [1960, 2000] {
                talk.send(1 - to, 2002);
                assert_eq!(talk.deliver_newest(to), Verdict::Gap);
                let verdict = talk.deliver_newest(to);
                assert_eq!(verdict, Verdict::Opens { forgotten });
                // The one that was too far ahead is the next in order now.
                let at = talk.delivered[to].len() - 2;
                assert_eq!(talk.replay(to, at), OPENS);
                talk.waiting[to].clear();
            }
        }
    }
}

#[test]
fn a_sixth_chain_drops_the_oldest_with_its_keys() {
    for libraries in MIXED {
        for to in [1, 0] {
            let mut talk = Conversation::start(libraries, 1, 0, 3);
            let turn = |talk: &mut Conversation| {
                talk.send(1 - to, 4);
                let verdict = talk.deliver_newest(to);
                talk.send(to, 1);
                talk.deliver_newest(1 - to);
                verdict
            };
            talk.send(1, 1);
            talk.deliver_newest(0);
            talk.send(to, 1);
            talk.deliver_newest(1 - to);
            for chains in 2..=5 {
                assert_eq!(turn(&mut talk), OPENS);
                assert_eq!(talk.model.sides[to].receivers(), chains);
            }
            // The first chain has no keys left, the second has three.
            assert_eq!(turn(&mut talk), OPENS);
            assert_eq!(turn(&mut talk), Verdict::Opens { forgotten: 3 });
            for _ in 0..3 {
                let gone = Verdict::NoChain { held_once: true };
                assert_eq!(talk.deliver(to, 0), gone);
            }
            while !talk.waiting[to].is_empty() {
                assert_eq!(talk.deliver(to, 0), OPENS);
            }
        }
    }
}
