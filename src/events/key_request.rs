//! `m.room_key_request`: a device asks the others of its user for a key.

use alloc::string::String;
use core::fmt;

use super::{MEGOLM_ALGORITHM, fields};
use crate::{json::Object, megolm::GroupSessionId};

/// What is asked for: the key of one session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct RequestedKey {
    /// The room.
    pub room_id: String,
    /// The session.
    pub session_id: GroupSessionId,
}

impl RequestedKey {
    /// The key of this session of this room.
    #[must_use]
    pub fn new(room_id: &str, session_id: GroupSessionId) -> Self {
        Self {
            room_id: room_id.into(),
            session_id,
        }
    }
}

/// A request for a key, ours or another device's.
///
/// One is open per session. It goes to all own devices (`*`), and is taken back
/// by [`to_cancellation`](Self::to_cancellation) when the key is there. To ask
/// again, take back, then ask under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    requesting_device_id: String,
    request_id: String,
    key: RequestedKey,
}

impl KeyRequest {
    /// A request of this device. `request_id` is unique among its requests.
    #[must_use]
    pub fn new(requesting_device_id: &str, request_id: &str, key: RequestedKey) -> Self {
        Self {
            requesting_device_id: requesting_device_id.into(),
            request_id: request_id.into(),
            key,
        }
    }

    /// The device that asks, by its own word: look it up among the devices of the
    /// event's sender.
    #[must_use]
    pub fn requesting_device_id(&self) -> &str {
        &self.requesting_device_id
    }

    /// The id of the request among those of its device.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// What is asked for.
    #[must_use]
    pub const fn key(&self) -> &RequestedKey {
        &self.key
    }

    /// The content of the event that asks.
    #[must_use]
    pub fn to_content(&self) -> Object {
        let body = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("room_id", self.key.room_id.as_str())
            .with("session_id", self.key.session_id.to_base64());
        self.event("request").with("body", body)
    }

    /// The content of the event that takes the request back.
    #[must_use]
    pub fn to_cancellation(&self) -> Object {
        self.event("request_cancellation")
    }

    /// Whether a cancellation by the same user takes this request back.
    #[must_use]
    pub fn is_cancelled_by(&self, requesting_device_id: &str, request_id: &str) -> bool {
        self.requesting_device_id == requesting_device_id && self.request_id == request_id
    }

    fn event(&self, action: &str) -> Object {
        Object::new()
            .with("action", action)
            .with("requesting_device_id", self.requesting_device_id.as_str())
            .with("request_id", self.request_id.as_str())
    }
}

/// What an `m.room_key_request` event says. It comes in clear: nothing in it is
/// proven.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the event has these two actions")]
pub enum KeyRequestEvent {
    /// A device asks.
    Request(KeyRequest),
    /// A device takes its request back.
    Cancellation {
        /// The device.
        requesting_device_id: String,
        /// Its request.
        request_id: String,
    },
}

impl KeyRequestEvent {
    /// Reads the content of an event.
    ///
    /// # Errors
    /// [`KeyRequestError`] says what is wrong.
    pub fn parse(content: &Object) -> Result<Self, KeyRequestError> {
        let malformed = |member| KeyRequestError::Malformed { member };
        let id = |object, member| fields::owned_id(object, member).ok_or_else(|| malformed(member));
        let requesting_device_id = id(content, "requesting_device_id")?;
        let request_id = id(content, "request_id")?;
        match content.get_str("action") {
            Some("request_cancellation") => Ok(Self::Cancellation {
                requesting_device_id,
                request_id,
            }),
            Some("request") => {
                let body = content
                    .get_object("body")
                    .ok_or_else(|| malformed("body"))?;
                if body.get_str("algorithm") != Some(MEGOLM_ALGORITHM) {
                    return Err(KeyRequestError::UnknownAlgorithm);
                }
                let session_id = body
                    .get_str("session_id")
                    .and_then(|text| GroupSessionId::from_base64(text).ok())
                    .ok_or_else(|| malformed("session_id"))?;
                Ok(Self::Request(KeyRequest {
                    requesting_device_id,
                    request_id,
                    key: RequestedKey {
                        room_id: id(body, "room_id")?,
                        session_id,
                    },
                }))
            }
            _ => Err(malformed("action")),
        }
    }
}

/// Why the content of an `m.room_key_request` event was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRequestError {
    /// A key of an algorithm other than Megolm is asked for.
    UnknownAlgorithm,
    /// A member is missing or is not what it has to be.
    Malformed {
        /// Which one.
        member: &'static str,
    },
}

impl fmt::Display for KeyRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAlgorithm => f.write_str("the algorithm of the key is not Megolm"),
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
        }
    }
}

impl core::error::Error for KeyRequestError {}
