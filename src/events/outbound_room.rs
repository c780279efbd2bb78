//! The session by which this device sends to a room.

use alloc::string::String;
use core::fmt;

use super::{
    MEGOLM_ALGORITHM,
    encryption::RoomEncryption,
    room_event::packed_state_key,
    room_key::RoomKeyEvent,
    rotation::{Rotation, RotationReason},
    secret_content::SecretEventContent,
    shared_with::{Share, SharedWith},
};
use crate::{
    identity::DeviceKeys,
    json::Object,
    megolm::{EncryptError, OutboundGroupSession},
};

/// The session by which this device sends to a room, whom it is shared with, and
/// when it has to be replaced. Secret.
///
/// It does not send once it must be replaced.
#[derive(Debug)]
pub struct OutboundRoomSession {
    room_id: String,
    session: OutboundGroupSession,
    rotation: Rotation,
    shared_with: SharedWith,
}

/// An encrypted event, to be sent to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncryptedForRoom {
    /// The content of an `m.room.encrypted` event.
    pub content: Object,
    /// The state key of that event, if it is a state event (MSC4362).
    pub state_key: Option<String>,
}

impl OutboundRoomSession {
    /// A new session, or one that was stored.
    #[must_use]
    pub fn new(
        room_id: &str,
        session: OutboundGroupSession,
        rotation: Rotation,
        shared_with: SharedWith,
    ) -> Self {
        Self {
            room_id: room_id.into(),
            session,
            rotation,
            shared_with,
        }
    }

    /// The room.
    #[must_use]
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// The session, to store it.
    #[must_use]
    pub const fn session(&self) -> &OutboundGroupSession {
        &self.session
    }

    /// When it has to be replaced.
    #[must_use]
    pub const fn rotation(&self) -> &Rotation {
        &self.rotation
    }

    /// The same, to tell it what happens in the room.
    #[must_use]
    pub const fn rotation_mut(&mut self) -> &mut Rotation {
        &mut self.rotation
    }

    /// Whom it is shared with: before each message, share it with each device that
    /// [needs](SharedWith::needs) it.
    #[must_use]
    pub const fn shared_with(&self) -> &SharedWith {
        &self.shared_with
    }

    /// A device was deleted or blocked, or may not have the key any more. If it has
    /// the key, the session must be replaced.
    pub fn device_excluded(&mut self, user_id: &str, device_id: &str) {
        if self.shared_with.get(user_id, device_id).is_some() {
            self.rotation.device_excluded();
        }
    }

    /// The content of the `m.room_key` event for a device, and the note that it is
    /// sent to it: `None` when the session is shared with
    /// [too many](super::MAX_SHARED_WITH).
    #[must_use]
    pub fn share(&mut self, device: &DeviceKeys, wedging_index: u32) -> Option<SecretEventContent> {
        let share = Share::new(
            device.curve25519(),
            self.session.message_index(),
            wedging_index,
        );
        self.shared_with
            .record(device.user_id(), device.device_id(), share)
            .then(|| {
                RoomKeyEvent::content(
                    &self.room_id,
                    &self.session.session_key(),
                    self.rotation.visibility().shares_history(),
                )
            })
    }

    /// Encrypts an event. A relation in it (`m.relates_to`) is copied to where the
    /// server reads it. `state_key` is that of a state event, in rooms that encrypt
    /// them (MSC4362).
    ///
    /// # Errors
    /// [`SendError`]; nothing is changed.
    pub fn encrypt(
        &mut self,
        event_type: &str,
        content: &Object,
        state_key: Option<&str>,
        own_device: &DeviceKeys,
        encryption: &RoomEncryption,
        now_ms: u64,
    ) -> Result<EncryptedForRoom, SendError> {
        if let Some(reason) = self.rotation.due(now_ms, encryption) {
            return Err(SendError::MustRotate(reason));
        }
        let mut plaintext = Object::new()
            .with("type", event_type)
            .with("content", content.clone())
            .with("room_id", self.room_id.as_str());
        if let Some(state_key) = state_key {
            plaintext.insert("state_key", state_key);
        }
        let ciphertext = self
            .session
            .encrypt_base64(SecretEventContent::new(plaintext).to_json().as_bytes())?;
        self.rotation.sent();
        let mut outer = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("ciphertext", ciphertext)
            .with("session_id", self.session.session_id().to_base64())
            // Nobody should read these, and old clients still do.
            .with("sender_key", own_device.curve25519().to_base64())
            .with("device_id", own_device.device_id());
        if let Some(relation) = content.get("m.relates_to") {
            outer.insert("m.relates_to", relation.clone());
        }
        Ok(EncryptedForRoom {
            content: outer,
            state_key: state_key.map(|key| packed_state_key(event_type, key)),
        })
    }
}

/// Why an event was not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The session must be replaced first.
    MustRotate(RotationReason),
    /// The session has sent its last message: replace it.
    Session(EncryptError),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MustRotate(reason) => write!(f, "the session must be replaced: {reason}"),
            Self::Session(_) => f.write_str("the session must be replaced"),
        }
    }
}

impl core::error::Error for SendError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::MustRotate(_) => None,
            Self::Session(error) => Some(error),
        }
    }
}

impl From<EncryptError> for SendError {
    fn from(error: EncryptError) -> Self {
        Self::Session(error)
    }
}
