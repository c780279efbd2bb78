//! What other users and devices can do to a verification: nothing.

use necturus::{
    json::Object,
    verification::{
        Device,
        flow::{Recipients, State, Verification},
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

#[test]
fn floods_of_requests_stop_at_a_hundred() {
    let mut world = World::alice_and_bob();
    for n in 0..200 {
        world
            .devices
            .push(Device::new(MALLORY, &format!("D{n}"), key(7)).unwrap());
        let request = Object::new()
            .with("transaction_id", format!("flow{n}"))
            .with("from_device", format!("D{n}"))
            .with("methods", vec!["m.sas.v1"])
            .with("timestamp", NOW);
        world.hand_from(MALLORY, 0, "m.key.verification.request", &request);
    }
    assert_eq!(world.sides[0].all.iter().count(), 100);
    world.sides[0].all.tick(NOW + 1_200_000);
    world.sides[0].all.tick(NOW + 1_200_000);
    assert_eq!(world.sides[0].all.iter().count(), 0);
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
    assert!(Verification::accept(world.flow(0)).is_err());
    assert_eq!(world.state(0), State::Requested { by_us: false });
}
