//! One Megolm session at an index of our choice, in both libraries.

use necturus::{
    Ed25519SigningKey,
    SessionVersion::V1,
    megolm::{ExportedSessionKey, InboundGroupSession, MegolmMessage, OutboundGroupSession},
};
use proptest::prelude::*;
use vodozemac::megolm as theirs;

use crate::common::rng::SeededRng;

pub(crate) const KEY: [u8; 32] = [9; 32];

pub(crate) fn config() -> theirs::SessionConfig {
    theirs::SessionConfig::version_1()
}

/// A session of both libraries at an index of our choice.
pub(crate) struct Sender {
    pub(crate) seed: [u8; 32],
    pub(crate) ratchet: [u8; 128],
    pub(crate) index: u32,
}

impl Sender {
    pub(crate) fn new(seed: u64, index: u32) -> Self {
        let mut rng = SeededRng::new(seed);
        Self {
            seed: rng.bytes(),
            ratchet: rng.bytes(),
            index,
        }
    }

    /// The same session at a later index, wound forward by vodozemac.
    pub(crate) fn at(&self, index: u32) -> Self {
        let exported = self.their_inbound().export_at(index).unwrap().to_bytes();
        Self {
            seed: self.seed,
            ratchet: exported[5..133].try_into().unwrap(),
            index,
        }
    }

    pub(crate) fn theirs(&self) -> theirs::GroupSession {
        let json = serde_json::json!({
            "ratchet": { "inner": self.ratchet.to_vec(), "counter": self.index },
            "signing_key": { "Normal": self.seed },
            "config": { "version": "V1" },
        });
        let pickle: theirs::GroupSessionPickle = serde_json::from_value(json).unwrap();
        theirs::GroupSession::from_pickle(pickle)
    }

    pub(crate) fn ours(&self) -> OutboundGroupSession {
        let pickle = self.theirs().pickle().encrypt(&KEY);
        OutboundGroupSession::from_vodozemac_pickle(&pickle, &KEY).unwrap()
    }

    /// `0x01 ‖ index ‖ ratchet ‖ public key`.
    fn exported(&self) -> Vec<u8> {
        let public = Ed25519SigningKey::from_seed(&self.seed).public_key();
        [
            &[1][..],
            &self.index.to_be_bytes(),
            &self.ratchet,
            public.as_bytes(),
        ]
        .concat()
    }

    pub(crate) fn our_inbound(&self) -> InboundGroupSession {
        let key = ExportedSessionKey::from_bytes(&self.exported()).unwrap();
        InboundGroupSession::import(&key, V1)
    }

    pub(crate) fn their_inbound(&self) -> theirs::InboundGroupSession {
        let key = theirs::ExportedSessionKey::from_bytes(&self.exported()).unwrap();
        theirs::InboundGroupSession::import(&key, config())
    }
}

pub(crate) fn to_theirs(message: &MegolmMessage) -> theirs::MegolmMessage {
    theirs::MegolmMessage::from_bytes(message.as_bytes()).unwrap()
}

/// Indexes anywhere, and around each border where a slower part of the ratchet
/// moves.
pub(crate) fn index() -> impl Strategy<Value = u32> {
    let border = prop_oneof![Just(8), Just(16), Just(24)];
    prop_oneof![
        2 => any::<u32>(),
        1 => 0..300u32,
        1 => (u32::MAX - 300)..=u32::MAX,
        4 => (border, any::<u32>(), 0..5u32).prop_map(|(border, at, past)| {
            ((at >> border) << border).wrapping_add(past).wrapping_sub(2)
        }),
    ]
}
