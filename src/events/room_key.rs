//! `m.room_key`: the key of a session, from its owner.

use core::fmt;

use super::{
    MEGOLM_ALGORITHM, fields, olm_payload::OlmPayload, room_session::RoomSession,
    secret_content::SecretEventContent,
};
use crate::{
    codec::version::SessionVersion,
    json::{Object, Value},
    megolm::{GroupSessionId, InboundGroupSession, SessionKey, SessionKeyError},
    primitives::base64,
};

/// The names of "may be handed on to those who come later": the specification's,
/// the one that clients write, and the one before MSC3061 was accepted.
const SHARED_HISTORY: [&str; 3] = [
    "shared_history",
    "m.shared_history",
    "org.matrix.msc3061.shared_history",
];

/// `m.room_key` events: the key of a session, which its owner sends to each device
/// of the room.
///
/// Only a checked Olm event can be one (CVE-2022-39251):
///
/// ```compile_fail,E0308
/// # use necturus::{events::RoomKeyEvent, json::Object};
/// fn in_clear(content: &Object) {
///     let _ = RoomKeyEvent::accept(content);
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RoomKeyEvent;

impl RoomKeyEvent {
    /// The content of the event that gives the session from its present index on.
    /// `shared_history` says whether its key may be handed on to those who come
    /// later ([`HistoryVisibility::shares_history`](super::HistoryVisibility::shares_history)
    /// when the session was made).
    #[must_use]
    pub fn content(room_id: &str, key: &SessionKey, shared_history: bool) -> SecretEventContent {
        let content = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("room_id", room_id)
            .with("session_id", key.session_id().to_base64())
            .with("session_key", key.to_base64().as_str());
        SecretEventContent::new(with_shared_history(content, shared_history))
    }

    /// The session that came in an event. Its owner is the device that sent it; but
    /// that is not proven by the signature in the key: everybody who has the key can
    /// pass it on. [Merge](RoomSession::merge) it when a copy is held.
    ///
    /// # Errors
    /// [`RoomKeyEventError`]; the event is dropped.
    pub fn accept(payload: &OlmPayload) -> Result<RoomSession, RoomKeyEventError> {
        if payload.event_type() != "m.room_key" {
            return Err(RoomKeyEventError::WrongType);
        }
        let content = payload.content().expose_secret();
        let key = KeyContent::read(content)?;
        let bytes =
            base64::decode_secret_padded(key.session_key).map_err(|_| SessionKeyError::Base64)?;
        let session = SessionKey::from_bytes(&bytes)?;
        let session = InboundGroupSession::new(&session, SessionVersion::V1);
        key.check_id(&session)?;
        Ok(RoomSession::new(
            key.room_id,
            session,
            payload
                .owner()
                .clone()
                .with_shared_history(read_shared_history(content)),
        ))
    }
}

/// What `m.room_key` and `m.forwarded_room_key` have in common.
pub(super) struct KeyContent<'a> {
    pub(super) room_id: &'a str,
    pub(super) session_id: GroupSessionId,
    pub(super) session_key: &'a str,
}

impl<'a> KeyContent<'a> {
    pub(super) fn read(content: &'a Object) -> Result<Self, RoomKeyEventError> {
        let malformed = |member| RoomKeyEventError::Malformed { member };
        if content.get_str("algorithm") != Some(MEGOLM_ALGORITHM) {
            return Err(RoomKeyEventError::UnknownAlgorithm);
        }
        Ok(Self {
            room_id: fields::id(content, "room_id").ok_or_else(|| malformed("room_id"))?,
            session_id: content
                .get_str("session_id")
                .and_then(|text| GroupSessionId::from_base64(text).ok())
                .ok_or_else(|| malformed("session_id"))?,
            session_key: content
                .get_str("session_key")
                .ok_or_else(|| malformed("session_key"))?,
        })
    }

    /// Whether the session is the one that the content names.
    pub(super) fn check_id(&self, session: &InboundGroupSession) -> Result<(), RoomKeyEventError> {
        if session.session_id() == self.session_id {
            Ok(())
        } else {
            Err(RoomKeyEventError::WrongSessionId)
        }
    }
}

/// Writes it under the specification's name and the one that clients read, and not
/// under the third, which beside the second is a duplicate to them.
pub(super) fn with_shared_history(content: Object, shared_history: bool) -> Object {
    let [specified, deployed, _] = SHARED_HISTORY;
    content
        .with(specified, shared_history)
        .with(deployed, shared_history)
}

/// Whether a session may be handed on to those who come later: any of the names
/// says so, as in backups and exports. Only whoever made the session writes this.
pub(super) fn read_shared_history(content: &Object) -> bool {
    SHARED_HISTORY
        .into_iter()
        .any(|name| content.get(name) == Some(&Value::Bool(true)))
}

/// Why a room key was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomKeyEventError {
    /// The event is of another type.
    WrongType,
    /// The key is of an algorithm other than Megolm.
    UnknownAlgorithm,
    /// A member is missing or is not what it has to be.
    Malformed {
        /// Which one.
        member: &'static str,
    },
    /// The session key cannot be read, or its signature does not verify.
    SessionKey(SessionKeyError),
    /// The event names another session than the one whose key it has.
    WrongSessionId,
    /// A forwarded key that was not asked for.
    NotRequested,
    /// A forwarded key from a device that is not a verified one of our own user.
    NotOwnVerifiedDevice,
}

impl fmt::Display for RoomKeyEventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType => f.write_str("the event is of another type"),
            Self::UnknownAlgorithm => f.write_str("the algorithm of the key is not Megolm"),
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
            Self::SessionKey(_) => f.write_str("the session key cannot be read"),
            Self::WrongSessionId => f.write_str("the key is of another session than it says"),
            Self::NotRequested => f.write_str("the key was not asked for"),
            Self::NotOwnVerifiedDevice => {
                f.write_str("the key is not from a verified device of our user")
            }
        }
    }
}

impl core::error::Error for RoomKeyEventError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::SessionKey(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SessionKeyError> for RoomKeyEventError {
    fn from(error: SessionKeyError) -> Self {
        Self::SessionKey(error)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn shared_history_has_three_names_and_one_meaning() {
        for (json, shared) in [
            (r"{}", false),
            (r#"{"shared_history":true}"#, true),
            (r#"{"m.shared_history":true}"#, true),
            (r#"{"org.matrix.msc3061.shared_history":true}"#, true),
            (r#"{"shared_history":"true"}"#, false),
            (r#"{"shared_history":1}"#, false),
            (r#"{"shared_history":null}"#, false),
            (r#"{"shared_history":true,"m.shared_history":true}"#, true),
            (r#"{"shared_history":true,"m.shared_history":false}"#, true),
            (r#"{"shared_history":false,"m.shared_history":true}"#, true),
        ] {
            let content = Object::parse(json.as_bytes()).unwrap();
            assert_eq!(read_shared_history(&content), shared, "{json}");
        }
    }

    #[test]
    fn shared_history_is_written_under_two_names() {
        assert_eq!(
            with_shared_history(Object::new(), true).to_string(),
            r#"{"m.shared_history":true,"shared_history":true}"#
        );
    }
}
