//! `m.room_key_bundle`: the keys of a room's history, for who is invited
//! (MSC4268).

use alloc::string::String;
use core::fmt;

use super::{
    fields,
    olm_payload::{OlmPayload, is_bundle},
    secret_content::SecretEventContent,
};
use crate::json::Object;

/// Milliseconds after which an accepted invite lets no bundle in: a day.
pub const BUNDLE_PERIOD_MS: u64 = 86_400_000;

/// An invite that our user accepted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AcceptedInvite<'a> {
    /// The room.
    pub room_id: &'a str,
    /// Who invited.
    pub inviter: &'a str,
    /// When it was accepted, in milliseconds.
    pub accepted_at_ms: u64,
}

impl<'a> AcceptedInvite<'a> {
    /// An invite of `inviter` to `room_id`, accepted at this time.
    #[must_use]
    pub const fn new(room_id: &'a str, inviter: &'a str, accepted_at_ms: u64) -> Self {
        Self {
            room_id,
            inviter,
            accepted_at_ms,
        }
    }
}

/// The announcement of a bundle: where it is, and who made it. Its `file` has the
/// key: secret.
#[derive(Debug)]
pub struct RoomKeyBundle {
    room_id: String,
    file: SecretEventContent,
    sender: String,
    device_id: String,
}

impl RoomKeyBundle {
    /// The content of the event that announces a bundle, which was encrypted and
    /// uploaded as an attachment: `file` is its `EncryptedFile`.
    #[must_use]
    pub fn content(room_id: &str, file: SecretEventContent) -> SecretEventContent {
        SecretEventContent::new(
            Object::new()
                .with("room_id", room_id)
                .with("file", file.into_object()),
        )
    }

    /// Accepts an announcement: from a cross-signed device of the user whose invite
    /// to that room our user accepted in the last day. `invite` is the invite to the
    /// room that the announcement [names](Self::announced_room).
    ///
    /// # Errors
    /// [`BundleError`]; nothing is to be fetched.
    pub fn accept(
        payload: &OlmPayload,
        invite: Option<&AcceptedInvite<'_>>,
        now_ms: u64,
    ) -> Result<Self, BundleError> {
        if !is_bundle(payload.event_type()) {
            return Err(BundleError::WrongType);
        }
        let malformed = |member| BundleError::Malformed { member };
        let content = payload.content().expose_secret();
        let room_id = fields::id(content, "room_id").ok_or_else(|| malformed("room_id"))?;
        let file = content
            .get_object("file")
            .ok_or_else(|| malformed("file"))?;
        let device = payload
            .device()
            .filter(|_| payload.trust().is_cross_signed())
            .ok_or(BundleError::NotCrossSigned)?;
        invite
            .filter(|invite| invite.room_id == room_id && invite.inviter == payload.sender())
            .ok_or(BundleError::NotInvited)?
            .accepted_at_ms
            .checked_add(BUNDLE_PERIOD_MS)
            .filter(|end| now_ms <= *end)
            .ok_or(BundleError::TooLate)?;
        Ok(Self {
            room_id: room_id.into(),
            file: SecretEventContent::new(file.clone()),
            sender: payload.sender().into(),
            device_id: device.device_id().into(),
        })
    }

    /// The room that an announcement names, to look the invite up.
    #[must_use]
    pub fn announced_room(payload: &OlmPayload) -> Option<&str> {
        is_bundle(payload.event_type())
            .then(|| fields::id(payload.content().expose_secret(), "room_id"))
            .flatten()
    }

    /// The room. Keys of other rooms in the bundle are dropped.
    #[must_use]
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// The `EncryptedFile` of the bundle.
    #[must_use]
    pub const fn file(&self) -> &SecretEventContent {
        &self.file
    }

    /// The user who made the bundle: record him with each session
    /// ([`SessionOwner::with_forwarder`](super::SessionOwner::with_forwarder)).
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The device that made it.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }
}

/// Why a bundle is not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// The event is of another type.
    WrongType,
    /// A member is missing or is not what it has to be.
    Malformed {
        /// Which one.
        member: &'static str,
    },
    /// The device that made it is not cross-signed by its user, or the user's
    /// verification is broken.
    NotCrossSigned,
    /// Our user accepted no invite of the sender to this room.
    NotInvited,
    /// The invite was accepted more than a day ago.
    TooLate,
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType => f.write_str("the event is of another type"),
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
            Self::NotCrossSigned => f.write_str("the bundle is not from a cross-signed device"),
            Self::NotInvited => f.write_str("the bundle is not from who invited to the room"),
            Self::TooLate => f.write_str("the invite was accepted too long ago"),
        }
    }
}

impl core::error::Error for BundleError {}
