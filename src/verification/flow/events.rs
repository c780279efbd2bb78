//! What comes in and goes out.

use alloc::{string::String, vec::Vec};

use crate::json::Object;

/// An event that may belong to a verification.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub(super) sender: &'a str,
    pub(super) event_type: &'a str,
    pub(super) content: &'a Object,
    /// Event id and `origin_server_ts` of events in a room.
    pub(super) in_room: Option<(&'a str, u64)>,
}

impl<'a> Incoming<'a> {
    /// A to-device event.
    #[must_use]
    pub const fn to_device(sender: &'a str, event_type: &'a str, content: &'a Object) -> Self {
        Self {
            sender,
            event_type,
            content,
            in_room: None,
        }
    }

    /// An event in a room, with its `origin_server_ts` in milliseconds. In an
    /// encrypted room the type and content are the decrypted ones, with
    /// `m.relates_to` of the cleartext put back.
    #[must_use]
    pub const fn in_room(
        sender: &'a str,
        event_type: &'a str,
        content: &'a Object,
        event_id: &'a str,
        origin_server_ts: u64,
    ) -> Self {
        Self {
            sender,
            event_type,
            content,
            in_room: Some((event_id, origin_server_ts)),
        }
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recipients {
    /// To-device, to these devices.
    Devices {
        /// Whose devices.
        user_id: String,
        /// Their identifiers.
        device_ids: Vec<String>,
    },
    /// To-device, to all devices of a user.
    AllDevices {
        /// Whose devices.
        user_id: String,
    },
    /// To the room in which the verification was requested.
    Room,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers take it apart, and there is no more to a message"
)]
pub struct Outgoing {
    /// Where it goes.
    pub recipients: Recipients,
    /// The type of the event.
    pub event_type: &'static str,
    /// The content of the event.
    pub content: Object,
}
