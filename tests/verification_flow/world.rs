//! Two devices, and the carrier between them.

extern crate alloc;

use alloc::collections::VecDeque;

use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    json::Object,
    verification::{
        Device,
        flow::{Incoming, Outgoing, OwnDevice, Recipients, State, Verification, Verifications},
    },
};

use crate::common::rng::SeededRng;

pub(crate) const NOW: u64 = 1_700_000_000_000;
pub(crate) const EVENT: &str = "$request:example.org";

pub(crate) fn key(seed: u8) -> Ed25519PublicKey {
    Ed25519SigningKey::from_seed(&[seed; 32]).public_key()
}

/// One side.
pub(crate) struct Side {
    pub(crate) user: &'static str,
    pub(crate) device: &'static str,
    pub(crate) all: Verifications,
}

/// A message on its way to the other side.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) to: usize,
    pub(crate) outgoing: Outgoing,
}

pub(crate) struct World {
    pub(crate) sides: [Side; 2],
    pub(crate) devices: Vec<Device>,
    pub(crate) queue: VecDeque<Message>,
    pub(crate) flow: String,
    pub(crate) in_room: bool,
    pub(crate) rng: SeededRng,
    pub(crate) now: u64,
}

pub(crate) fn alice() -> Device {
    Device::new("@alice:example.org", "ALICE", key(1))
        .unwrap()
        .with_cross_signing_keys(key(10), &[key(11), key(12)])
}

pub(crate) fn bob() -> Device {
    Device::new("@bob:example.org", "BOB", key(2))
        .unwrap()
        .with_cross_signing_keys(key(20), &[key(21)])
}

/// A second device of Alice's.
pub(crate) fn phone() -> Device {
    Device::new("@alice:example.org", "PHONE", key(3))
        .unwrap()
        .with_cross_signing_keys(key(10), &[key(11), key(12)])
}

pub(crate) fn own(device: &Device, trusting: bool) -> OwnDevice {
    let own = OwnDevice::new(device.clone()).with_qr_codes(true, true);
    if trusting {
        own.trusting_master_key()
    } else {
        own
    }
}

impl World {
    /// Both hold the other's keys; `trusting` says whose own identity is
    /// verified.
    pub(crate) fn new(first: &Device, second: &Device, trusting: [bool; 2]) -> Self {
        let side = |device: &Device, trusting| Side {
            user: device.user_id().to_owned().leak(),
            device: device.device_id().to_owned().leak(),
            all: Verifications::new(own(device, trusting)),
        };
        Self {
            sides: [side(first, trusting[0]), side(second, trusting[1])],
            devices: vec![first.clone(), second.clone()],
            queue: VecDeque::new(),
            flow: String::new(),
            in_room: false,
            rng: SeededRng::new(7),
            now: NOW,
        }
    }

    pub(crate) fn alice_and_bob() -> Self {
        Self::new(&alice(), &bob(), [true, true])
    }

    /// The first side asks the second's device.
    pub(crate) fn request(&mut self) {
        let [first, second] = &mut self.sides;
        let (flow, outgoing) = first
            .all
            .request_devices_with(&mut self.rng, second.user, &[second.device], self.now)
            .unwrap();
        self.flow = flow;
        self.send(0, outgoing);
    }

    /// The first side asks the second's user in a room.
    pub(crate) fn request_in_room(&mut self) {
        let [first, second] = &mut self.sides;
        let content = first.all.room_request(second.user);
        first
            .all
            .requested_in_room(second.user, EVENT, self.now)
            .unwrap();
        self.flow = EVENT.into();
        self.in_room = true;
        let incoming = Incoming::in_room(first.user, "m.room.message", &content, EVENT, self.now);
        let devices = self.devices.clone();
        let received = second
            .all
            .receive_with(&mut self.rng, &incoming, self.now, |user, device| {
                find(&devices, user, device)
            })
            .unwrap();
        assert_eq!(received.outgoing, []);
    }

    /// Puts what a side sends on the way.
    pub(crate) fn send(&mut self, from: usize, outgoing: Vec<Outgoing>) {
        for outgoing in outgoing {
            assert_eq!(outgoing.recipients == Recipients::Room, self.in_room);
            self.queue.push_back(Message {
                to: 1 - from,
                outgoing,
            });
        }
    }

    /// Delivers one message, and puts the answers on the way.
    pub(crate) fn deliver(&mut self) -> bool {
        let Some(message) = self.queue.pop_front() else {
            return false;
        };
        let answers = self.hand(
            message.to,
            message.outgoing.event_type,
            &message.outgoing.content,
        );
        self.send(message.to, answers);
        true
    }

    /// Delivers until nothing is on the way.
    pub(crate) fn settle(&mut self) {
        while self.deliver() {}
    }

    /// Hands content to a side as if the other had sent it.
    pub(crate) fn hand(&mut self, to: usize, event_type: &str, content: &Object) -> Vec<Outgoing> {
        let sender = self.sides[1 - to].user;
        self.hand_from(sender, to, event_type, content)
    }

    /// Hands content to a side as if this user had sent it.
    pub(crate) fn hand_from(
        &mut self,
        sender: &str,
        to: usize,
        event_type: &str,
        content: &Object,
    ) -> Vec<Outgoing> {
        let incoming = if self.in_room {
            Incoming::in_room(sender, event_type, content, "$later:example.org", self.now)
        } else {
            Incoming::to_device(sender, event_type, content)
        };
        let devices = self.devices.clone();
        self.sides[to]
            .all
            .receive_with(&mut self.rng, &incoming, self.now, |user, device| {
                find(&devices, user, device)
            })
            .unwrap()
            .outgoing
    }

    pub(crate) fn flow(&mut self, side: usize) -> &mut Verification {
        let other = self.sides[1 - side].user;
        let flow = self.flow.clone();
        self.sides[side].all.get_mut(other, &flow).unwrap()
    }

    pub(crate) fn state(&mut self, side: usize) -> State {
        self.flow(side).state()
    }

    /// A side's user does something.
    pub(crate) fn act<E: core::fmt::Debug>(
        &mut self,
        side: usize,
        action: impl FnOnce(&mut Verification) -> Result<Vec<Outgoing>, E>,
    ) {
        let outgoing = action(self.flow(side)).unwrap();
        self.send(side, outgoing);
    }

    pub(crate) fn start_sas(&mut self, side: usize) {
        let mut rng = SeededRng::new(self.rng.below(u64::MAX));
        self.act(side, |flow| flow.start_sas_with(&mut rng));
    }

    /// To where both sides may start.
    pub(crate) fn ready(&mut self) {
        self.request();
        self.settle();
        self.act(1, |flow| flow.accept(NOW));
        self.settle();
    }

    /// To where both users compare.
    pub(crate) fn comparing(&mut self) {
        self.ready();
        self.start_sas(0);
        self.settle();
        let (
            State::Comparing { emoji, decimals },
            State::Comparing {
                emoji: e,
                decimals: d,
            },
        ) = (self.state(0), self.state(1))
        else {
            panic!("{:?} {:?}", self.state(0), self.state(1));
        };
        assert!(emoji.is_some() && emoji == e && decimals == d);
    }

    /// What a side has verified.
    pub(crate) fn verified(
        &mut self,
        side: usize,
    ) -> (Option<Ed25519PublicKey>, Option<Ed25519PublicKey>) {
        match self.state(side) {
            State::Done(verified) => (
                verified.device_key().copied(),
                verified.master_key().copied(),
            ),
            other => panic!("{other:?}"),
        }
    }
}

fn find(devices: &[Device], user: &str, device: &str) -> Option<Device> {
    devices
        .iter()
        .find(|known| known.user_id() == user && known.device_id() == device)
        .cloned()
}
