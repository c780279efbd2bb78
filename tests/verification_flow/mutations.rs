//! Whoever carries the messages may change any character of them, and drop,
//! repeat and swap them: who ends with trust has it in the right keys.

use necturus::{
    json::{Object, Value},
    verification::flow::{State, Verification},
};
use proptest::prelude::*;

use crate::world::{World, key};

/// Changes one character of the string that `place` picks.
fn mutate(content: &Object, place: usize, flip: u8) -> Object {
    let mut changed = content.clone();
    let strings: Vec<(String, Option<String>)> = content
        .iter()
        .flat_map(|(name, value)| match value {
            Value::String(_) => vec![(name.to_owned(), None)],
            Value::Object(inner) => inner
                .iter()
                .map(|(id, _)| (name.to_owned(), Some(id.to_owned())))
                .collect(),
            _ => Vec::new(),
        })
        .filter(|(name, _)| name != "transaction_id")
        .collect();
    let Some((name, inner)) = strings.get(place % strings.len().max(1)) else {
        return changed;
    };
    let flipped = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        if let Some(byte) = bytes.get_mut(place / 7 % text.len().max(1)) {
            *byte = b'A' + (byte.wrapping_add(flip) % 26);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    match inner {
        None => {
            let text = flipped(content.get_str(name).unwrap());
            changed.insert(name, text);
        }
        Some(id) => {
            let inner = content.get_object(name).unwrap();
            let text = inner.get_str(id).map(flipped).unwrap_or_default();
            changed.insert(name, inner.clone().with(id, text));
        }
    }
    changed
}

/// Users who compare honestly.
fn users(world: &mut World) {
    let strings = [0, 1].map(|side| match world.state(side) {
        State::Comparing { emoji, decimals } => Some((emoji, decimals)),
        _ => None,
    });
    for side in [0, 1] {
        if strings[side].is_none() {
            continue;
        }
        // The other screen shows the same, or has shown it before.
        if strings[0] == strings[1] || strings[1 - side].is_none() {
            world.act(side, Verification::they_match);
        } else {
            world.act(side, Verification::they_differ);
        }
    }
}

proptest! {
    #[test]
    fn trust_is_in_the_right_keys_or_nowhere(
        edits in prop::collection::vec((0_usize..12, 0_usize..2000, 0_u8..26, 0_u8..5), 0..4),
    ) {
        let mut world = World::alice_and_bob();
        world.ready();
        world.start_sas(0);
        let mut changed = Vec::new();
        let mut spoilt = [false; 2];
        for step in 0..40 {
            if world.queue.is_empty() {
                users(&mut world);
            }
            for (at, place, flip, kind) in &edits {
                if *at != step {
                    continue;
                }
                match (kind, world.queue.front().cloned()) {
                    (0, _) => {
                        world.queue.pop_front();
                    }
                    (1, Some(message)) => world.queue.push_back(message),
                    (2, _) => world.queue.rotate_left(usize::from(world.queue.len() > 1)),
                    (_, Some(mut message)) => {
                        let content = mutate(&message.outgoing.content, *place, *flip);
                        if content != message.outgoing.content {
                            changed.push(content.clone());
                        }
                        message.outgoing.content = content;
                        world.queue[0] = message;
                    }
                    _ => {}
                }
            }
            if let Some(message) = world.queue.front().cloned() {
                let counts = ["accept", "key", "mac"].map(|name| format!("m.key.verification.{name}"));
                spoilt[message.to] |= counts.iter().any(|name| name == message.outgoing.event_type)
                    && changed.contains(&message.outgoing.content)
                    && !matches!(
                        world.state(message.to),
                        State::Done(_) | State::Cancelled { .. } | State::Elsewhere
                    );
            }
            world.deliver();
        }
        for (side, device, master) in [(0, key(2), key(20)), (1, key(1), key(10))] {
            if let State::Done(verified) = world.state(side) {
                // Nobody who was told something else than was sent.
                prop_assert!(!spoilt[side]);
                prop_assert!(verified.device_key().is_none_or(|found| *found == device));
                prop_assert!(verified.master_key().is_none_or(|found| *found == master));
            } else if edits.is_empty() {
                panic!("{:?}", world.state(side));
            }
        }
    }
}
