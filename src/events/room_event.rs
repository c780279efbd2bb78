//! An encrypted room event: `m.room.encrypted` with the algorithm of Megolm.

use alloc::string::String;

use super::{MEGOLM_ALGORITHM, fields, room_error::RoomDecryptError};
use crate::{
    json::Object,
    megolm::{GroupSessionId, MegolmMessage},
    primitives::base64,
};

/// An encrypted event of a room, as a server hands it out. Parsed, and nothing
/// more: nothing in it is known to be true.
///
/// [`decrypt`](Self::decrypt) gives a
/// [`DecryptedRoomEvent`](super::DecryptedRoomEvent), whose content cannot be
/// read before it is checked.
///
/// `sender_key` and `device_id` of the content are not read: whoever sends the
/// event writes what he likes there.
#[derive(Clone, Debug)]
pub struct EncryptedRoomEvent {
    pub(super) room_id: String,
    pub(super) sender: String,
    pub(super) event_id: String,
    pub(super) origin_server_ts: u64,
    pub(super) state_key: Option<String>,
    pub(super) unsigned: Option<Object>,
    pub(super) relation: Option<Object>,
    pub(super) session_id: GroupSessionId,
    pub(super) message: MegolmMessage,
}

impl EncryptedRoomEvent {
    /// Reads an event that the server gave for `room_id`: step 0.
    ///
    /// # Errors
    /// [`RoomDecryptError::UnknownAlgorithm`], [`RoomDecryptError::Malformed`]
    /// with the member that is missing or is not what it has to be.
    pub fn parse(event: &Object, room_id: &str) -> Result<Self, RoomDecryptError> {
        let malformed = |member| RoomDecryptError::Malformed { member };
        let id = |member| fields::owned_id(event, member).ok_or_else(|| malformed(member));
        if event.get_str("type") != Some("m.room.encrypted") {
            return Err(malformed("type"));
        }
        let content = event
            .get_object("content")
            .ok_or_else(|| malformed("content"))?;
        if content.get_str("algorithm") != Some(MEGOLM_ALGORITHM) {
            return Err(RoomDecryptError::UnknownAlgorithm);
        }
        let session_id = content
            .get_str("session_id")
            .and_then(|text| GroupSessionId::from_base64(text).ok())
            .ok_or_else(|| malformed("session_id"))?;
        let message = content
            .get_str("ciphertext")
            .and_then(|text| base64::decode_padded(text).ok())
            .and_then(|bytes| MegolmMessage::from_bytes(bytes).ok())
            .ok_or_else(|| malformed("ciphertext"))?;
        let state_key = match event.get("state_key") {
            None => None,
            Some(key) => Some(key.as_str().ok_or_else(|| malformed("state_key"))?.into()),
        };
        Ok(Self {
            room_id: room_id.into(),
            sender: id("sender")?,
            event_id: id("event_id")?,
            origin_server_ts: fields::unsigned(event, "origin_server_ts")
                .ok_or_else(|| malformed("origin_server_ts"))?,
            state_key,
            unsigned: event.get_object("unsigned").cloned(),
            relation: content.get_object("m.relates_to").cloned(),
            session_id,
            message,
        })
    }

    /// The room that the server gave the event for: with
    /// [`session_id`](Self::session_id), what its session is looked up by.
    #[must_use]
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// The session that the event claims to be of.
    #[must_use]
    pub const fn session_id(&self) -> GroupSessionId {
        self.session_id
    }

    /// Who the server says sent the event.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The id of the event.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// When the server says the event was sent, in milliseconds since 1970.
    #[must_use]
    pub const fn origin_server_ts(&self) -> u64 {
        self.origin_server_ts
    }

    /// Whether the server says that our user was outside the room when the event
    /// was sent (MSC4115: `unsigned.membership` is `leave`).
    #[must_use]
    pub fn sent_while_outside(&self) -> bool {
        self.unsigned.as_ref().is_some_and(|unsigned| {
            ["membership", "io.element.msc4115.membership"]
                .into_iter()
                .any(|key| unsigned.get_str(key) == Some("leave"))
        })
    }
}

/// The outer state key of an encrypted state event (MSC4362): `type:state_key`.
pub(super) fn packed_state_key(event_type: &str, state_key: &str) -> String {
    alloc::format!("{event_type}:{state_key}")
}
