//! The roads to an end without trust.

use necturus::verification::{
    Device,
    flow::{ActionError, CancelCode, State, Verification},
    qr::QrCodeError,
};

use crate::{
    common::rng::SeededRng,
    world::{NOW, World, alice, bob, key},
};

fn cancelled(code: CancelCode, by_them: bool) -> State {
    State::Cancelled { code, by_them }
}

#[test]
fn the_user_sees_something_else() {
    let mut world = World::alice_and_bob();
    world.comparing();
    world.act(0, Verification::they_differ);
    world.settle();
    let code = CancelCode::MismatchedSas;
    assert!(code.may_be_an_attack());
    assert_eq!(world.state(0), cancelled(code.clone(), false));
    assert_eq!(world.state(1), cancelled(code, true));
    assert_eq!(world.flow(1).they_match(), Err(ActionError::WrongState));
}

#[test]
fn the_user_declines() {
    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    world.act(1, Verification::cancel);
    world.settle();
    assert_eq!(world.state(0), cancelled(CancelCode::User, true));
    assert_eq!(world.flow(1).accept(NOW), Err(ActionError::WrongState));
}

#[test]
fn the_keys_change_on_the_way() {
    let mut world = World::alice_and_bob();
    world.comparing();
    assert_eq!(world.flow(0).keys_changed(Some(&bob())), []);
    let other = Device::new("@bob:example.org", "BOB", key(9)).unwrap();
    let outgoing = world.flow(0).keys_changed(Some(&other));
    world.send(0, outgoing);
    world.settle();
    assert_eq!(world.state(0), cancelled(CancelCode::KeyMismatch, false));
    assert_eq!(world.state(1), cancelled(CancelCode::KeyMismatch, true));
}

#[test]
fn a_device_named_like_a_key_verifies_nothing() {
    // CVE-2022-39250: a MAC over the device's key, read as one over the key of
    // that name.
    let name = key(20).to_base64();
    let mallory = Device::new("@bob:example.org", &name, key(2))
        .unwrap()
        .with_cross_signing_keys(key(20), &[]);
    let mut world = World::new(&alice(), &mallory, [true, true]);
    world.comparing();
    world.act(1, Verification::they_match);
    world.settle();
    assert_eq!(world.state(0), cancelled(CancelCode::KeyMismatch, false));
}

#[test]
fn it_takes_too_long() {
    let mut world = World::alice_and_bob();
    world.comparing();
    assert_eq!(world.sides[0].all.tick(NOW + 599_999), []);
    let outgoing = world.sides[0].all.tick(NOW + 600_000);
    assert_eq!(outgoing[0].content.get_str("code"), Some("m.timeout"));
    assert_eq!(world.state(0), cancelled(CancelCode::Timeout, false));
    // It is remembered for ten minutes, and late messages to it are ignored.
    world.act(1, Verification::they_match);
    world.settle();
    assert_eq!(world.state(0), cancelled(CancelCode::Timeout, false));
    assert_eq!(world.sides[0].all.iter().count(), 1);
    world.sides[0].all.tick(NOW + 1_200_000);
    assert_eq!(world.sides[0].all.iter().count(), 0);
}

#[test]
fn a_prompt_goes_after_two_minutes_without_a_word() {
    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    assert_eq!(world.sides[1].all.tick(NOW + 119_999), []);
    assert_eq!(world.state(1), State::Requested { by_us: false });
    assert_eq!(world.sides[1].all.tick(NOW + 120_000), []);
    assert_eq!(world.state(1), cancelled(CancelCode::Timeout, false));
}

#[test]
fn who_accepts_late_has_the_time_of_a_verification() {
    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    world.now = NOW + 119_999;
    world.act(1, |flow| flow.accept(NOW));
    world.settle();
    assert_eq!(world.sides[1].all.tick(NOW + 599_999), []);
    assert!(matches!(world.state(1), State::Ready { .. }));
    let outgoing = world.sides[1].all.tick(NOW + 600_000);
    assert_eq!(outgoing[0].content.get_str("code"), Some("m.timeout"));
}

#[test]
fn a_message_after_the_time_is_not_taken() {
    let mut world = World::alice_and_bob();
    world.comparing();
    world.act(1, Verification::they_match);
    let mac = world.queue.pop_front().unwrap().outgoing.content;
    // Nobody has called `tick`.
    world.now = NOW + 600_000;
    let outgoing = world.hand(0, "m.key.verification.mac", &mac);
    assert_eq!(outgoing[0].content.get_str("code"), Some("m.timeout"));
    assert_eq!(world.state(0), cancelled(CancelCode::Timeout, false));
}

#[test]
fn a_code_that_is_not_of_this_verification_is_a_wrong_code() {
    let mut world = World::alice_and_bob();
    world.ready();
    let code = world
        .flow(0)
        .show_code_with(&mut SeededRng::new(5))
        .unwrap();
    let mut wrong = code.to_vec();
    wrong[0] ^= 1;
    assert_eq!(
        world.flow(1).scan(&wrong),
        Err(ActionError::WrongCode(QrCodeError::NotAVerificationCode))
    );
    let mut other = code.to_vec();
    other[10] ^= 1;
    assert_eq!(world.flow(1).scan(&other), Err(ActionError::AnotherFlow));
    assert!(matches!(world.state(1), State::Ready { .. }));
    // Our own code, held up to us.
    let outgoing = world.flow(0).scan(&code).unwrap();
    assert_eq!(outgoing[0].content.get_str("code"), Some("m.key_mismatch"));
}

#[test]
fn a_guessed_secret_is_an_attack() {
    let mut world = World::alice_and_bob();
    world.ready();
    let code = world
        .flow(0)
        .show_code_with(&mut SeededRng::new(5))
        .unwrap();
    let mut wrong = code.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    world.act(1, |flow| flow.scan(&wrong));
    world.settle();
    assert_eq!(world.state(0), cancelled(CancelCode::KeyMismatch, false));
    assert_eq!(world.state(1), cancelled(CancelCode::KeyMismatch, true));
}

#[test]
fn a_prompt_that_is_too_old_is_not_accepted() {
    let mut world = World::alice_and_bob();
    world.request();
    world.settle();
    let late = world.flow(1).accept(NOW + 120_000);
    assert_eq!(late, Err(ActionError::WrongState));
    assert!(world.flow(1).accept(NOW + 119_999).is_ok());
}
