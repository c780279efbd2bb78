//! Our own key in a call goes to those who are there, and nobody has the key of what
//! was said after they left, or (past the grace period) before they came.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};

use common::rng::{BytesRng, FailingRng, SeededRng};
use necturus::{
    json::Value,
    media::matrix_rtc::{
        KeyFormat, KeyRotation, Membership, RotationAction, RotationError, RotationEvent,
        RotationTimes,
    },
};
use proptest::{collection::vec, prelude::*};

const ROOM: &str = "!room:example.org";
const GRACE: u64 = 10_000;
const DELAY: u64 = 1_000;

fn member(number: u8, since: u64) -> Membership {
    Membership::legacy(&format!("@u{number}:example.org"), "DEVICE", since)
}

fn rotation() -> KeyRotation {
    KeyRotation::new(
        KeyFormat::Deployed,
        RotationTimes::DEPLOYED,
        ROOM,
        member(0, 0),
    )
}

/// What is done, in a short form: `use 0`, or `send 0 to 1 2`.
fn told(rotation: &mut KeyRotation, event: RotationEvent<'_>, now: u64) -> Vec<String> {
    let actions = rotation
        .step_with(&mut SeededRng::new(now), event, now)
        .unwrap();
    actions.iter().map(short).collect()
}

fn short(action: &RotationAction) -> String {
    match action {
        RotationAction::Use { index } => format!("use {index}"),
        RotationAction::Send {
            to,
            content,
            event_type,
        } => {
            assert_eq!(*event_type, KeyFormat::Deployed.event_type());
            let keys = content.expose_secret().get_object("keys").unwrap();
            let index = keys.get("index").and_then(Value::as_integer).unwrap();
            let to: Vec<&str> = to.iter().map(|to| &to.user_id()[2..3]).collect();
            format!("send {index} to {}", to.join(" "))
        }
        other => panic!("{other:?}"),
    }
}

fn joins(numbers: &[u8]) -> Vec<Membership> {
    numbers.iter().map(|number| member(*number, 1)).collect()
}

use RotationEvent::{Members, NotSent, Sent, Tick};

#[test]
fn the_first_key_is_used_at_once() {
    let mut rotation = rotation();
    assert!(rotation.current().is_none());
    // We are among the members, and are not sent our own key.
    let all = joins(&[0, 1, 2]);
    assert_eq!(
        told(&mut rotation, Members(&all), 0),
        ["use 0", "send 0 to 1 2"]
    );
    assert_eq!(told(&mut rotation, Sent, 10), [""; 0]);
    assert_eq!(rotation.current().unwrap().0, 0);
    assert_eq!(rotation.wake_at(), None);
}

#[test]
fn who_joins_soon_gets_the_key_and_who_joins_late_makes_a_new_one() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1])), 0);
    told(&mut rotation, Sent, 10);
    let joined = told(&mut rotation, Members(&joins(&[1, 2])), GRACE - 1);
    assert_eq!(joined, ["send 0 to 2"]);
    told(&mut rotation, Sent, GRACE - 1);
    let joined = told(&mut rotation, Members(&joins(&[1, 2, 3])), GRACE);
    assert_eq!(joined, ["send 1 to 1 2 3"]);
    assert_eq!(
        rotation.current().unwrap().0,
        0,
        "not used before it was sent"
    );
    told(&mut rotation, Sent, GRACE + 50);
    assert_eq!(rotation.wake_at(), Some(GRACE + 50 + DELAY));
    assert_eq!(told(&mut rotation, Tick, GRACE + 49 + DELAY), [""; 0]);
    assert_eq!(told(&mut rotation, Tick, GRACE + 50 + DELAY), ["use 1"]);
    assert_eq!(rotation.current().unwrap().0, 1);
}

#[test]
fn who_leaves_makes_a_new_key() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1, 2])), 0);
    told(&mut rotation, Sent, 10);
    assert_eq!(
        told(&mut rotation, Members(&joins(&[2])), 20),
        ["send 1 to 2"]
    );
    told(&mut rotation, Sent, 30);
    // All leave: there is nobody to send to, and the key is new all the same.
    assert_eq!(told(&mut rotation, Members(&[]), 40), [""; 0]);
    assert_eq!(told(&mut rotation, Tick, 40 + DELAY), ["use 2"]);
}

#[test]
fn a_device_with_another_timestamp_has_joined_and_not_left() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1, 2])), 0);
    told(&mut rotation, Sent, 10);
    let again = [member(1, 500), member(2, 1)];
    assert_eq!(told(&mut rotation, Members(&again), 600), ["send 0 to 1"]);
    told(&mut rotation, Sent, 610);
    assert_eq!(told(&mut rotation, Members(&again), 620), [""; 0]);
}

#[test]
fn what_changes_while_sending_makes_one_more_round() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1])), 0);
    assert_eq!(told(&mut rotation, Members(&joins(&[1, 2])), 1), [""; 0]);
    assert_eq!(told(&mut rotation, Members(&joins(&[1, 2, 3])), 2), [""; 0]);
    assert_eq!(told(&mut rotation, Sent, 3), ["send 0 to 2 3"]);
    assert_eq!(told(&mut rotation, Members(&joins(&[1, 3])), 4), [""; 0]);
    // 2 may have it.
    assert_eq!(told(&mut rotation, Sent, 5), ["send 1 to 1 3"]);
    assert_eq!(told(&mut rotation, Sent, 6), [""; 0]);
    assert_eq!(
        told(&mut rotation, Sent, 7),
        [""; 0],
        "nothing was to be sent"
    );
}

#[test]
fn what_was_not_sent_is_sent_again_and_not_used() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1, 2])), 0);
    told(&mut rotation, Sent, 10);
    assert_eq!(
        told(&mut rotation, Members(&joins(&[2])), 20),
        ["send 1 to 2"]
    );
    assert_eq!(told(&mut rotation, NotSent, 30), [""; 0]);
    let again = rotation.wake_at().unwrap();
    assert_eq!(told(&mut rotation, Tick, again - 1), [""; 0]);
    assert_eq!(told(&mut rotation, Tick, again), ["send 1 to 2"]);
    assert_eq!(rotation.current().unwrap().0, 0);
    // However long it takes, and whoever joins: nothing was said under it.
    assert_eq!(told(&mut rotation, NotSent, 2 * GRACE), [""; 0]);
    let joined = told(&mut rotation, Members(&joins(&[2, 3])), 3 * GRACE);
    assert_eq!(joined, ["send 1 to 2 3"]);
    assert_eq!(told(&mut rotation, NotSent, 3 * GRACE), [""; 0]);
    // 3 may have it and left: another one.
    let left = told(&mut rotation, Members(&joins(&[2])), 3 * GRACE + 1);
    assert_eq!(left, ["send 2 to 2"]);
    told(&mut rotation, Sent, 3 * GRACE + 2);
    assert_eq!(told(&mut rotation, Tick, 3 * GRACE + 2 + DELAY), ["use 2"]);
}

#[test]
fn a_key_can_have_a_period() {
    let times = RotationTimes::MSC4143.with_period(60_000);
    let mut rotation = KeyRotation::new(KeyFormat::Deployed, times, ROOM, member(0, 0));
    told(&mut rotation, Members(&joins(&[1])), 0);
    told(&mut rotation, Sent, 10);
    assert_eq!(rotation.wake_at(), Some(60_000));
    assert_eq!(told(&mut rotation, Tick, 59_999), [""; 0]);
    assert_eq!(told(&mut rotation, Tick, 60_000), ["send 1 to 1"]);
    told(&mut rotation, Sent, 60_010);
    assert_eq!(rotation.wake_at(), Some(65_010));
    assert_eq!(told(&mut rotation, Tick, 65_010), ["use 1"]);
    assert_eq!(rotation.wake_at(), Some(120_000));
}

#[test]
fn indexes_go_around() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1])), 0);
    told(&mut rotation, Sent, 0);
    for round in 1..=300u64 {
        let now = round * 10_000;
        let who = if round % 2 == 0 { 1 } else { 2 };
        told(&mut rotation, Members(&joins(&[who])), now);
        told(&mut rotation, Sent, now);
        told(&mut rotation, Tick, now + DELAY);
        assert_eq!(u64::from(rotation.current().unwrap().0), round % 256);
    }
}

#[test]
fn many_keys_in_a_short_time_are_used_in_their_order() {
    let mut rotation = rotation();
    told(&mut rotation, Members(&joins(&[1])), 0);
    told(&mut rotation, Sent, 0);
    let mut used = vec![0];
    for round in 1..=100 {
        let who = if round % 2 == 0 { 1 } else { 2 };
        for event in [Members(&joins(&[who])), Sent] {
            let actions = told(&mut rotation, event, 1);
            used.extend(actions.iter().filter_map(|action| {
                action
                    .strip_prefix("use ")
                    .and_then(|index| index.parse::<u8>().ok())
            }));
        }
    }
    told(&mut rotation, Tick, 1 + DELAY);
    assert!(used.is_sorted());
    assert_eq!(rotation.current().unwrap().0, 100);
}

#[test]
fn without_randomness_nothing_changes() {
    let mut rotation = rotation();
    let all = joins(&[1]);
    let failed = rotation.step_with(&mut FailingRng, Members(&all), 0);
    assert!(matches!(failed, Err(RotationError::Rng(_))));
    assert!(rotation.current().is_none());
    let too_many = vec![member(1, 1); KeyRotation::MAX_MEMBERS + 1];
    let failed = rotation.step_with(&mut FailingRng, Members(&too_many), 0);
    assert!(matches!(failed, Err(RotationError::TooManyMembers)));
    // 16 bytes for a round, and none without one.
    let mut rng = BytesRng::new([7; 16]);
    rotation.step_with(&mut rng, Members(&all), 0).unwrap();
    assert_eq!(rng.left(), 0);
    assert_eq!(rotation.current().unwrap().1.expose_secret(), [7; 16]);
    told(&mut rotation, Members(&joins(&[2])), 1);
    let failed = rotation.step_with(&mut FailingRng, Sent, 2);
    assert!(matches!(failed, Err(RotationError::Rng(_))));
    assert_eq!(told(&mut rotation, Sent, 3), ["send 1 to 2"]);
    rotation.step_with(&mut FailingRng, Tick, 4).unwrap();
    rotation.step_with(&mut FailingRng, Sent, 5).unwrap();
}

#[derive(Clone, Debug)]
enum Deed {
    Change(u8),
    Answer(bool),
    Wait(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1u8..6).prop_map(Deed::Change),
        3 => any::<bool>().prop_map(Deed::Answer),
        2 => prop_oneof![0u64..100, 500u64..3000, 9_000u64..12_000].prop_map(Deed::Wait),
    ]
}

proptest! {
    /// A model of everybody: who holds which key, who was in the call when it was
    /// used to encrypt.
    #[test]
    fn nobody_has_a_key_of_what_was_said_without_them(deeds in vec(deed(), 1..60)) {
        let mut rotation = rotation();
        let mut rng = SeededRng::new(9);
        let mut now = 0u64;
        let mut present: BTreeMap<u8, u64> = BTreeMap::new();
        let mut holders: BTreeMap<Vec<u8>, BTreeSet<u8>> = BTreeMap::new();
        let mut first_used: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut sending: Option<Vec<u8>> = None;
        let mut quiet_since = 0;
        for deed in deeds {
            let members: Vec<Membership>;
            let event = match deed {
                Deed::Change(who) => {
                    if present.remove(&who).is_none() {
                        present.insert(who, now);
                    }
                    quiet_since = now;
                    members = present.iter().map(|(who, since)| member(*who, *since)).collect();
                    Members(&members)
                }
                Deed::Answer(sent) if sending.is_some() => {
                    sending = None;
                    quiet_since = now;
                    if sent { Sent } else { NotSent }
                }
                Deed::Answer(_) => Tick,
                Deed::Wait(time) => {
                    now += time;
                    Tick
                }
            };
            for action in rotation.step_with(&mut rng, event, now).unwrap() {
                match action {
                    RotationAction::Send { to, content, .. } => {
                        prop_assert!(sending.is_none(), "one round at a time");
                        let keys = content.expose_secret().get_object("keys").unwrap();
                        let key = keys.get_str("key").unwrap().as_bytes().to_vec();
                        // Whoever is sent a key is in the call.
                        let to: Vec<u8> = to.iter().map(|to| to.user_id().as_bytes()[2] - b'0').collect();
                        for who in &to {
                            prop_assert!(present.contains_key(who));
                            // Not the key of what was said long before they came.
                            let used = first_used.get(&key).copied().unwrap_or(now);
                            prop_assert!(now - used < GRACE, "{used} {now}");
                        }
                        holders.entry(key).or_default().extend(&to);
                        sending = Some(to);
                    }
                    RotationAction::Use { .. } => {
                        let key = text(&rotation);
                        first_used.entry(key).or_insert(now);
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            // When nothing changed for long enough and all was sent, whoever is not
            // there does not have the key.
            let settled = sending.is_none()
                && now.saturating_sub(quiet_since) > DELAY
                && rotation.wake_at().is_none();
            if settled && rotation.current().is_some() {
                let key = text(&rotation);
                let holders = holders.get(&key).cloned().unwrap_or_default();
                let present: BTreeSet<u8> = present.keys().copied().collect();
                prop_assert_eq!(holders, present);
            }
        }
    }
}

/// The key in use, as it is sent.
fn text(rotation: &KeyRotation) -> Vec<u8> {
    let (index, key) = rotation.current().unwrap();
    let content = KeyFormat::Deployed.content(ROOM, &member(0, 0), index, key, 0);
    let keys = content.expose_secret().get_object("keys").unwrap();
    keys.get_str("key").unwrap().as_bytes().to_vec()
}
