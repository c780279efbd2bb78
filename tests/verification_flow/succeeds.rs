//! The roads to success.

use necturus::verification::flow::{State, Verification};

use crate::{
    common::rng::SeededRng,
    world::{NOW, World, alice, bob, key, phone},
};

#[test]
fn by_emoji_between_two_users() {
    for faster in [0, 1] {
        let mut world = World::alice_and_bob();
        world.comparing();
        world.act(faster, Verification::they_match);
        world.settle();
        world.act(1 - faster, Verification::they_match);
        world.settle();
        assert_eq!(world.verified(0), (Some(key(2)), Some(key(20))));
        assert_eq!(world.verified(1), (Some(key(1)), Some(key(10))));
    }
}

#[test]
fn by_emoji_in_a_room() {
    let mut world = World::alice_and_bob();
    world.request_in_room();
    world.act(1, |flow| flow.accept(NOW));
    world.settle();
    world.start_sas(1);
    world.settle();
    for side in [0, 1] {
        world.act(side, Verification::they_match);
    }
    world.settle();
    assert_eq!(world.verified(0), (Some(key(2)), Some(key(20))));
    assert_eq!(world.verified(1), (Some(key(1)), Some(key(10))));
}

#[test]
fn an_identity_that_is_not_verified_here_is_not_vouched_for() {
    let mut world = World::new(&alice(), &bob(), [false, true]);
    world.comparing();
    for side in [0, 1] {
        world.act(side, Verification::they_match);
    }
    world.settle();
    assert_eq!(world.verified(0), (Some(key(2)), Some(key(20))));
    assert_eq!(world.verified(1), (Some(key(1)), None));
}

#[test]
fn one_start_stands_when_both_sides_send_one() {
    // Alice's id is the smaller; either may be the one who asked.
    for swapped in [false, true] {
        let (first, second) = if swapped {
            (bob(), alice())
        } else {
            (alice(), bob())
        };
        let mut world = World::new(&first, &second, [true, true]);
        world.ready();
        world.start_sas(0);
        world.start_sas(1);
        world.settle();
        for side in [0, 1] {
            assert!(matches!(world.state(side), State::Comparing { .. }));
            world.act(side, Verification::they_match);
        }
        world.settle();
        assert_eq!(world.verified(0).0.as_ref(), Some(second.key()));
        assert_eq!(world.verified(1).0.as_ref(), Some(first.key()));
    }
}

#[test]
fn a_start_without_a_request_is_answered_when_the_user_agrees() {
    let mut world = World::alice_and_bob();
    world.ready();
    world.start_sas(0);
    // Bob hears of it by the start alone.
    let start = world.queue.pop_front().unwrap();
    world.flow = "another".into();
    let content = start.outgoing.content.with("transaction_id", "another");
    world.act_on_nothing();
    let outgoing = world.hand(1, "m.key.verification.start", &content);
    // The first flow with this device still runs: both are cancelled.
    assert_eq!(outgoing.len(), 2);

    let mut world = World::alice_and_bob();
    world.flow = "another".into();
    assert_eq!(world.hand(1, "m.key.verification.start", &content), []);
    assert_eq!(world.state(1), State::Asked);
    let mut rng = SeededRng::new(1);
    let accept = world.flow(1).agree_with(&mut rng).unwrap();
    assert_eq!(accept[0].event_type, "m.key.verification.accept");
}

impl World {
    /// Nobody does anything: what is on the way is lost.
    fn act_on_nothing(&mut self) {
        self.queue.clear();
    }
}

/// The second side scans what the first shows.
fn by_code(world: &mut World) {
    world.ready();
    let code = world
        .flow(0)
        .show_code_with(&mut SeededRng::new(5))
        .unwrap();
    assert!(matches!(world.state(0), State::Ready { shows_code: true }));
    world.act(1, |flow| flow.scan(&code));
    world.settle();
    assert_eq!(world.state(0), State::ConfirmScan);
    assert_eq!(world.state(1), State::Waiting);
    world.act(0, Verification::confirm_scan);
    world.settle();
}

#[test]
fn by_code_between_two_users() {
    let mut world = World::alice_and_bob();
    by_code(&mut world);
    assert_eq!(world.verified(0), (None, Some(key(20))));
    assert_eq!(world.verified(1), (None, Some(key(10))));
}

#[test]
fn by_the_code_of_a_device_that_trusts_the_master_key() {
    let mut world = World::new(&alice(), &phone(), [true, false]);
    by_code(&mut world);
    assert_eq!(world.verified(0), (Some(key(3)), None));
    assert_eq!(world.verified(1), (None, Some(key(10))));
}

#[test]
fn by_the_code_of_a_device_that_does_not_trust_it_yet() {
    let mut world = World::new(&phone(), &alice(), [false, true]);
    by_code(&mut world);
    assert_eq!(world.verified(0), (None, Some(key(10))));
    assert_eq!(world.verified(1), (Some(key(3)), None));
}
