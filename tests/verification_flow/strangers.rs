//! What other users and devices can do to a verification: nothing.

use necturus::{
    json::Object,
    verification::{
        Device,
        flow::{Recipients, State},
    },
};

use crate::world::{EVENT, NOW, World, key};

const MALLORY: &str = "@mallory:example.org";

fn cancel(world: &World) -> Object {
    Object::new()
        .with("transaction_id", world.flow.as_str())
        .with("code", "m.user")
        .with("reason", "")
}

#[test]
fn a_third_user_touches_no_flow_and_gets_no_answer() {
    let mut world = World::alice_and_bob();
    world.comparing();
    let content = cancel(&world);
    for event in ["cancel", "done", "key", "mac", "ready", "accept"] {
        let event = format!("m.key.verification.{event}");
        assert_eq!(world.hand_from(MALLORY, 0, &event, &content), []);
    }
    assert!(matches!(world.state(0), State::Comparing { .. }));
}

#[test]
fn the_other_way_is_not_listened_to() {
    let mut world = World::alice_and_bob();
    world.comparing();
    world.in_room = true;
    let content = Object::new()
        .with("code", "m.user")
        .with("reason", "")
        .with(
            "m.relates_to",
            Object::new()
                .with("rel_type", "m.reference")
                .with("event_id", world.flow.as_str()),
        );
    assert_eq!(world.hand(0, "m.key.verification.cancel", &content), []);
    assert!(matches!(world.state(0), State::Comparing { .. }));
}

#[test]
fn an_unknown_flow_is_answered_to_device_alone_and_never_a_cancel() {
    let mut world = World::alice_and_bob();
    world.flow = "unknown".into();
    let content = cancel(&world);
    assert_eq!(world.hand(0, "m.key.verification.cancel", &content), []);
    let outgoing = world.hand(0, "m.key.verification.done", &content);
    assert_eq!(
        outgoing[0].content.get_str("code"),
        Some("m.unknown_transaction")
    );
    assert_eq!(
        outgoing[0].recipients,
        Recipients::AllDevices {
            user_id: "@bob:example.org".into()
        }
    );
    world.in_room = true;
    let content = Object::new().with(
        "m.relates_to",
        Object::new()
            .with("rel_type", "m.reference")
            .with("event_id", "$x"),
    );
    assert_eq!(world.hand(0, "m.key.verification.done", &content), []);
}

#[test]
fn requests_of_unknown_devices_and_to_others_are_ignored() {
    let request = |device: &str| {
        Object::new()
            .with("transaction_id", "flow")
            .with("from_device", device)
            .with("methods", vec!["m.sas.v1"])
            .with("timestamp", NOW)
    };
    let mut world = World::alice_and_bob();
    world.hand(0, "m.key.verification.request", &request("NONE"));
    // The one before it was not taken as begun.
    assert_eq!(world.sides[0].all.iter().count(), 0);
    for timestamp in [NOW - 600_001, NOW + 300_001] {
        let request = request("BOB").with("timestamp", timestamp);
        world.hand(0, "m.key.verification.request", &request);
        assert_eq!(world.sides[0].all.iter().count(), 0);
    }
    world.in_room = true;
    let in_room = request("BOB")
        .with("msgtype", "m.key.verification.request")
        .with("to", MALLORY);
    world.hand(0, "m.room.message", &in_room);
    assert_eq!(world.sides[0].all.iter().count(), 0);
    world.in_room = false;
    world.hand(0, "m.key.verification.request", &request("BOB"));
    assert_eq!(world.sides[0].all.iter().count(), 1);
}

#[test]
fn another_device_of_ours_takes_over() {
    let mut world = World::alice_and_bob();
    world.request_in_room();
    let ready = Object::new()
        .with("from_device", "TABLET")
        .with("methods", vec!["m.sas.v1"])
        .with(
            "m.relates_to",
            Object::new()
                .with("rel_type", "m.reference")
                .with("event_id", EVENT),
        );
    world.hand_from("@bob:example.org", 1, "m.key.verification.ready", &ready);
    assert_eq!(world.state(1), State::Elsewhere);

    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    let accepted = cancel(&world).with("code", "m.accepted");
    world.hand(1, "m.key.verification.cancel", &accepted);
    assert_eq!(world.state(1), State::Elsewhere);
}

#[test]
fn the_flow_is_with_the_device_that_answered() {
    let mut world = World::alice_and_bob();
    let tablet = Device::new("@bob:example.org", "TABLET", key(5)).unwrap();
    world.devices.push(tablet);
    let (flow, _) = world.sides[0]
        .all
        .request_devices_with(
            &mut world.rng,
            "@bob:example.org",
            &["BOB", "TABLET", "OLD"],
            NOW,
        )
        .unwrap();
    world.flow = flow;
    let ready = |device: &str, world: &World| {
        Object::new()
            .with("transaction_id", world.flow.as_str())
            .with("from_device", device)
            .with("methods", vec!["m.sas.v1"])
    };
    // An unknown device does not take it.
    let from_unknown = ready("OLD", &world);
    assert_eq!(world.hand(0, "m.key.verification.ready", &from_unknown), []);
    assert_eq!(world.state(0), State::Requested { by_us: true });
    let from_tablet = ready("TABLET", &world);
    let outgoing = world.hand(0, "m.key.verification.ready", &from_tablet);
    assert_eq!(outgoing[0].content.get_str("code"), Some("m.accepted"));
    assert_eq!(
        outgoing[0].recipients,
        Recipients::Devices {
            user_id: "@bob:example.org".into(),
            device_ids: vec!["BOB".into(), "OLD".into()],
        }
    );
    // The slower one is not heard.
    let from_bob = ready("BOB", &world);
    assert_eq!(world.hand(0, "m.key.verification.ready", &from_bob), []);
    assert!(matches!(world.state(0), State::Ready { .. }));
    assert_eq!(world.flow(0).their_device().unwrap().device_id(), "TABLET");
}

#[test]
fn two_flows_with_one_device_end_each_other() {
    let mut world = World::alice_and_bob();
    world.comparing();
    let second = Object::new()
        .with("transaction_id", "second")
        .with("from_device", "BOB")
        .with("methods", vec!["m.sas.v1"])
        .with("timestamp", NOW);
    let outgoing = world.hand(0, "m.key.verification.request", &second);
    let codes: Vec<_> = outgoing.iter().map(|o| o.content.get_str("code")).collect();
    assert_eq!(codes, [Some("m.user"), Some("m.user")]);
    assert!(matches!(world.state(0), State::Cancelled { .. }));
}

/// A request of this user's, from a device of his own for each.
fn ask(world: &mut World, user: &str, n: usize) {
    let device = format!("D{n}");
    world
        .devices
        .push(Device::new(user, &device, key(7)).unwrap());
    let request = Object::new()
        .with("transaction_id", format!("flow{n}"))
        .with("from_device", device)
        .with("methods", vec!["m.sas.v1"])
        .with("timestamp", NOW);
    world.hand_from(user, 0, "m.key.verification.request", &request);
}

#[test]
fn floods_of_requests_stop() {
    let mut world = World::alice_and_bob();
    for n in 0..30 {
        ask(&mut world, MALLORY, n);
    }
    assert_eq!(world.sides[0].all.iter().count(), 10);
    for n in 30..230 {
        ask(&mut world, &format!("@mallory{n}:example.org"), n);
    }
    assert_eq!(world.sides[0].all.iter().count(), 100);
    world.sides[0].all.tick(NOW + 1_200_000);
    world.sides[0].all.tick(NOW + 1_200_000);
    assert_eq!(world.sides[0].all.iter().count(), 0);
}

#[test]
fn a_flood_keeps_nobody_from_verifying() {
    // Whether our user has not answered yet, or all of it has ended.
    for ended in [false, true] {
        let mut world = World::alice_and_bob();
        for n in 0..200 {
            ask(&mut world, &format!("@mallory{n}:example.org"), n);
        }
        if ended {
            world.sides[0].all.tick(NOW + 120_000);
        }
        world.comparing();
        assert_eq!(world.sides[0].all.iter().count(), 100);
    }
    // One who asked ten times in vain may ask again.
    let mut world = World::alice_and_bob();
    for n in 0..10 {
        ask(&mut world, MALLORY, n);
    }
    world.sides[0].all.tick(NOW + 120_000);
    ask(&mut world, MALLORY, 10);
    let last = world.sides[0].all.get(MALLORY, "flow10").unwrap();
    assert_eq!(last.state(), State::Requested { by_us: false });
}

#[test]
fn who_takes_the_name_of_a_request_first_does_not_hide_it() {
    let mut world = World::alice_and_bob();
    let mallory = Device::new(MALLORY, "M", key(7)).unwrap();
    world.devices.push(mallory);
    let request = Object::new()
        .with("transaction_id", EVENT)
        .with("from_device", "M")
        .with("methods", vec!["m.sas.v1"])
        .with("timestamp", NOW);
    world.hand_from(MALLORY, 1, "m.key.verification.request", &request);
    world.request_in_room();
    assert_eq!(world.state(1), State::Requested { by_us: false });
}

#[test]
fn of_two_devices_of_ours_the_first_to_answer_goes_on() {
    for ours_first in [false, true] {
        let mut world = World::alice_and_bob();
        world.request_in_room();
        world.act(1, |flow| flow.accept(NOW));
        let ours = world.queue.pop_front().unwrap().outgoing.content;
        let theirs = ours.clone().with("from_device", "TABLET");
        let order = if ours_first {
            [ours, theirs]
        } else {
            [theirs, ours]
        };
        for ready in &order {
            world.hand_from("@bob:example.org", 1, "m.key.verification.ready", ready);
        }
        let goes_on = matches!(world.state(1), State::Ready { .. });
        assert_eq!(goes_on, ours_first);
    }
}

#[test]
fn a_device_that_was_not_known_is_heard_when_it_is() {
    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    world.act(1, |flow| flow.accept(NOW));
    let ready = world.queue.pop_front().unwrap().outgoing.content;
    let bob = world.devices.pop().unwrap();
    assert_eq!(world.hand(0, "m.key.verification.ready", &ready), []);
    assert_eq!(world.state(0), State::Requested { by_us: true });
    world.devices.push(bob);
    assert_eq!(world.hand(0, "m.key.verification.ready", &ready), []);
    assert!(matches!(world.state(0), State::Ready { .. }));
}

#[test]
fn nobody_accepts_without_a_common_method() {
    let mut world = World::alice_and_bob();
    let request = Object::new()
        .with("transaction_id", "flow")
        .with("from_device", "BOB")
        .with("methods", vec!["m.new"])
        .with("timestamp", NOW);
    world.flow = "flow".into();
    world.hand(0, "m.key.verification.request", &request);
    assert!(world.flow(0).accept(NOW).is_err());
    assert_eq!(world.state(0), State::Requested { by_us: false });
}
