//! What comes out of order, twice, or malformed.

use necturus::{
    json::Object,
    verification::flow::{CancelCode, Outgoing, State, Verification},
};

use crate::world::World;

fn code(outgoing: &[Outgoing]) -> Option<&str> {
    outgoing.first()?.content.get_str("code")
}

fn content(world: &World) -> Object {
    Object::new().with("transaction_id", world.flow.as_str())
}

#[test]
fn each_message_out_of_its_place_cancels() {
    let messages = [
        (
            "accept",
            Object::new()
                .with("key_agreement_protocol", "curve25519-hkdf-sha256")
                .with("hash", "sha256")
                .with("message_authentication_code", "hkdf-hmac-sha256.v2")
                .with("short_authentication_string", vec!["emoji"])
                .with("commitment", "AAAA"),
        ),
        ("key", Object::new().with("key", "AAAA")),
        (
            "mac",
            Object::new()
                .with("keys", "AAAA")
                .with("mac", Object::new()),
        ),
        ("done", Object::new()),
    ];
    for (name, message) in messages {
        let mut world = World::alice_and_bob();
        world.ready();
        let message = message.with("transaction_id", world.flow.as_str());
        let outgoing = world.hand(0, &format!("m.key.verification.{name}"), &message);
        assert_eq!(code(&outgoing), Some("m.unexpected_message"), "{name}");
    }
}

#[test]
fn a_key_before_the_accept_gives_nothing_away() {
    let mut world = World::alice_and_bob();
    world.ready();
    world.start_sas(0);
    let key = content(&world).with("key", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo");
    let outgoing = world.hand(0, "m.key.verification.key", &key);
    assert_eq!(code(&outgoing), Some("m.unexpected_message"));
}

#[test]
fn done_before_the_keys_are_checked_is_no_success() {
    let mut world = World::alice_and_bob();
    world.comparing();
    let done = content(&world);
    let outgoing = world.hand(0, "m.key.verification.done", &done);
    assert_eq!(code(&outgoing), Some("m.unexpected_message"));

    let mut world = World::alice_and_bob();
    world.comparing();
    world.act(0, Verification::they_match);
    let done = content(&world);
    let outgoing = world.hand(0, "m.key.verification.done", &done);
    assert_eq!(code(&outgoing), Some("m.unexpected_message"));
}

#[test]
fn a_message_that_comes_twice_counts_once() {
    let mut world = World::alice_and_bob();
    world.ready();
    world.start_sas(0);
    while let Some(message) = world.queue.pop_front() {
        let (to, outgoing) = (message.to, message.outgoing);
        let answers = world.hand(to, outgoing.event_type, &outgoing.content);
        assert_eq!(world.hand(to, outgoing.event_type, &outgoing.content), []);
        world.send(to, answers);
    }
    assert!(matches!(world.state(0), State::Comparing { .. }));
    assert!(matches!(world.state(1), State::Comparing { .. }));
}

#[test]
fn a_second_start_is_out_of_order() {
    let mut world = World::alice_and_bob();
    world.ready();
    world.start_sas(0);
    world.start_sas(1);
    // Alice drops Bob's start once.
    let bobs = world
        .queue
        .iter()
        .find(|message| message.to == 0)
        .unwrap()
        .clone();
    let start = bobs.outgoing.content;
    assert_eq!(world.hand(0, "m.key.verification.start", &start), []);
    let again = start.with("hashes", vec!["sha256", "another"]);
    let outgoing = world.hand(0, "m.key.verification.start", &again);
    assert_eq!(code(&outgoing), Some("m.unexpected_message"));
}

#[test]
fn ill_typed_fields_and_unknown_methods_are_named() {
    for (event, content, expected) in [
        (
            "start",
            Object::new()
                .with("from_device", "BOB")
                .with("method", "m.new"),
            "m.unknown_method",
        ),
        (
            "start",
            Object::new().with("from_device", "BOB"),
            "m.invalid_message",
        ),
        (
            "start",
            Object::new()
                .with("method", "m.sas.v1")
                .with("from_device", "BOB"),
            "m.invalid_message",
        ),
        ("key", Object::new().with("key", 5_u64), "m.invalid_message"),
        (
            "mac",
            Object::new()
                .with("keys", "")
                .with("mac", Object::new().with("a", 1_u64)),
            "m.invalid_message",
        ),
        (
            "accept",
            Object::new().with("method", "m.new"),
            "m.unknown_method",
        ),
        (
            "ready",
            Object::new().with("from_device", "BOB"),
            "m.invalid_message",
        ),
    ] {
        let mut world = World::alice_and_bob();
        world.ready();
        let content = content.with("transaction_id", world.flow.as_str());
        let outgoing = world.hand(0, &format!("m.key.verification.{event}"), &content);
        assert_eq!(code(&outgoing), Some(expected), "{event} {content}");
    }
}

#[test]
fn a_choice_that_was_not_offered_is_refused() {
    let mut world = World::alice_and_bob();
    world.ready();
    world.start_sas(0);
    world.deliver();
    let accept = world.queue.pop_front().unwrap().outgoing.content;
    for (key, value) in [
        ("key_agreement_protocol", "curve25519"),
        ("hash", "sha512"),
        ("message_authentication_code", "hmac-sha256"),
    ] {
        let mut world = World::alice_and_bob();
        world.ready();
        world.start_sas(0);
        let accept = accept
            .clone()
            .with(key, value)
            .with("transaction_id", world.flow.as_str());
        let outgoing = world.hand(0, "m.key.verification.accept", &accept);
        assert_eq!(code(&outgoing), Some("m.unknown_method"), "{key}");
    }
}

#[test]
fn a_sas_start_across_a_scan_is_out_of_order() {
    let mut world = World::alice_and_bob();
    world.ready();
    let mut rng = crate::common::rng::SeededRng::new(3);
    let bytes = world.flow(0).show_code_with(&mut rng).unwrap();
    world.act(1, |flow| flow.scan(&bytes));
    world.start_sas(0);
    world.settle();
    let codes = [world.state(0), world.state(1)];
    for state in codes {
        let State::Cancelled { code, .. } = state else {
            panic!("{state:?}");
        };
        assert_eq!(code, CancelCode::UnexpectedMessage);
    }
}

#[test]
fn a_cancellation_is_never_answered() {
    for content in [
        Object::new().with("code", "m.user"),
        Object::new()
            .with("reason", "")
            .with("code", "x".repeat(256)),
        Object::new(),
    ] {
        let mut world = World::alice_and_bob();
        world.ready();
        let content = content.with("transaction_id", world.flow.as_str());
        let outgoing = world.hand(0, "m.key.verification.cancel", &content);
        assert_eq!(outgoing, []);
        let by_them = true;
        let code = CancelCode::InvalidMessage;
        assert_eq!(world.state(0), State::Cancelled { code, by_them });
    }
}
