//! Who gets which part of a session that he asks for.

use super::{key_request::KeyRequest, shared_with::SharedWith, withheld::WithheldCode};
use crate::{identity::DeviceKeys, megolm::InboundGroupSession};

/// What to do with a request for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAnswer {
    /// Send an `m.forwarded_room_key` to the device.
    Forward {
        /// The index to give the session from.
        from_index: u32,
    },
    /// Send nothing, or an `m.room_key.withheld` with this code.
    Refuse(WithheldCode),
    /// Send nothing: the device is not the one that asks, or has no business to.
    Ignore,
}

/// A device that asks for a key: one of those that are known of the event's sender.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    device: &'a DeviceKeys,
    verified: bool,
}

impl<'a> Requester<'a> {
    /// A known device, and whether it is verified: by its user's verified identity,
    /// or by hand.
    #[must_use]
    pub const fn new(device: &'a DeviceKeys, verified: bool) -> Self {
        Self { device, verified }
    }
}

impl KeyRequest {
    /// Who gets what: a verified device of our own user the whole session; a device
    /// of another user what it was sent before, of a session of our own, and nothing
    /// if its Curve25519 key is not the same any more; all others nothing.
    ///
    /// `event_sender` is the sender of the request's event. `held` is the session
    /// that is asked for. `shared` is whom it was sent to, if the session is our own.
    #[must_use]
    pub fn answer(
        &self,
        our_user_id: &str,
        event_sender: &str,
        requester: Requester<'_>,
        held: Option<&InboundGroupSession>,
        shared: Option<&SharedWith>,
    ) -> KeyAnswer {
        let device = requester.device;
        if device.user_id() != event_sender || device.device_id() != self.requesting_device_id() {
            return KeyAnswer::Ignore;
        }
        let held = held.filter(|held| held.session_id() == self.key().session_id);
        if device.user_id() != our_user_id {
            let share = shared.and_then(|shared| shared.get(device.user_id(), device.device_id()));
            return match (held, share) {
                (Some(held), Some(share)) if share.curve25519 == device.curve25519() => {
                    KeyAnswer::Forward {
                        from_index: share.index.max(held.first_known_index()),
                    }
                }
                _ => KeyAnswer::Ignore,
            };
        }
        match held {
            _ if !requester.verified => KeyAnswer::Refuse(WithheldCode::Unverified),
            Some(held) => KeyAnswer::Forward {
                from_index: held.first_known_index(),
            },
            None => KeyAnswer::Refuse(WithheldCode::Unavailable),
        }
    }
}
