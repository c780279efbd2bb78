//! The to-device message that carries a key.

use alloc::string::{String, ToString};
use core::fmt;

use super::{content::KeyContent, media_key::MediaKey, membership::Membership};
use crate::{
    json::{Object, Value},
    primitives::base64,
};

/// The two forms of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFormat {
    /// What Element Call sends today: a key of 16 bytes.
    Deployed,
    /// The draft of MSC4143: a key of 32 bytes.
    Msc4143,
}

impl KeyFormat {
    /// The event type to send; of MSC4143 the unstable one.
    #[must_use]
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Deployed => "io.element.call.encryption_keys",
            Self::Msc4143 => "org.matrix.msc4143.rtc.encryption_key",
        }
    }

    /// The form of an event type that came, stable or unstable.
    #[must_use]
    pub fn of_event_type(event_type: &str) -> Option<Self> {
        if event_type == "m.rtc.encryption_key" {
            return Some(Self::Msc4143);
        }
        [Self::Deployed, Self::Msc4143]
            .into_iter()
            .find(|format| format.event_type() == event_type)
    }

    /// Bytes of a new key.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Deployed => 16,
            Self::Msc4143 => 32,
        }
    }

    /// The content of our own message, sent at `now` (milliseconds since 1970).
    #[must_use]
    pub fn content(
        self,
        room_id: &str,
        own: &Membership,
        index: u8,
        key: &MediaKey,
        now: u64,
    ) -> KeyContent {
        let bytes = key.expose_secret();
        let entry = |key: &str| {
            Object::new()
                .with("index", u64::from(index))
                .with("key", key)
        };
        KeyContent::new(match self {
            Self::Deployed => {
                let member = Object::new()
                    .with("id", own.member_id().as_ref())
                    .with("claimed_device_id", own.device_id());
                let session = Object::new()
                    .with("application", "m.call")
                    .with("call_id", "")
                    .with("scope", "m.room");
                Object::new()
                    .with("keys", entry(&base64::encode_secret_padded(bytes)))
                    .with("member", member)
                    .with("room_id", room_id)
                    .with("session", session)
                    .with("sent_ts", now)
            }
            Self::Msc4143 => Object::new()
                .with("room_id", room_id)
                .with("member_id", own.member_id().as_ref())
                .with("media_key", entry(&base64::encode_secret(bytes)))
                .with("format", 0u64),
        })
    }
}

/// The device that sent a message, as decrypting it with Olm has shown.
///
/// There is none for a message that came in the clear, and such a message is not
/// read: anybody could have written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OlmSender<'a> {
    user_id: &'a str,
    device_id: &'a str,
    cross_signed: bool,
}

impl<'a> OlmSender<'a> {
    /// The device whose identity key the Olm session has, and whether its owner's
    /// identity has signed it.
    #[must_use]
    pub const fn new(user_id: &'a str, device_id: &'a str, cross_signed: bool) -> Self {
        Self {
            user_id,
            device_id,
            cross_signed,
        }
    }
}

/// A key that a device sent for its membership of a call.
#[derive(Debug)]
pub struct KeyMessage {
    pub(super) user_id: String,
    pub(super) device_id: String,
    pub(super) member_id: String,
    pub(super) index: u8,
    pub(super) key: MediaKey,
}

/// Most bytes of a member's id.
const MAX_MEMBER_ID: usize = 1024;

impl KeyMessage {
    /// Reads a message that was sent for the call of a room.
    ///
    /// # Errors
    /// [`KeyMessageError`]; the message is dropped.
    pub fn read(
        event_type: &str,
        content: &Object,
        room_id: &str,
        sender: OlmSender<'_>,
    ) -> Result<Self, KeyMessageError> {
        let format = KeyFormat::of_event_type(event_type).ok_or(KeyMessageError::WrongType)?;
        if content.get_str("room_id") != Some(room_id) {
            return Err(KeyMessageError::WrongRoom);
        }
        let (entry, member_id) = match format {
            KeyFormat::Deployed => {
                let member = optional(content.get("member"), Value::as_object, "member")?;
                let of_member = |name| member.and_then(|member| member.get(name));
                let claimed = optional(
                    of_member("claimed_device_id"),
                    Value::as_str,
                    "member.claimed_device_id",
                )?;
                if claimed.is_some_and(|claimed| claimed != sender.device_id) {
                    return Err(KeyMessageError::OtherDevice);
                }
                let id = optional(of_member("id"), Value::as_str, "member.id")?;
                let entry = content.get_object("keys");
                (entry.ok_or(field("keys"))?, id)
            }
            KeyFormat::Msc4143 => {
                if !sender.cross_signed {
                    return Err(KeyMessageError::NotCrossSigned);
                }
                if content.get("format").and_then(Value::as_integer) != Some(0) {
                    return Err(field("format"));
                }
                let id = content.get_str("member_id").ok_or(field("member_id"))?;
                let entry = content.get_object("media_key");
                (entry.ok_or(field("media_key"))?, Some(id))
            }
        };
        let member_id = match member_id {
            Some(id) if id.len() > MAX_MEMBER_ID => return Err(field("member.id")),
            Some(id) => id.to_string(),
            None => Membership::legacy(sender.user_id, sender.device_id, 0)
                .member_id()
                .into_owned(),
        };
        let index = entry.get("index").and_then(Value::as_integer);
        let index = index
            .and_then(|index| u8::try_from(index).ok())
            .ok_or(field("index"))?;
        let text = entry.get_str("key").ok_or(field("key"))?;
        if text.len() > MAX_KEY_TEXT {
            return Err(KeyMessageError::Key);
        }
        let bytes = base64::decode_secret_padded(text).map_err(|_| KeyMessageError::Key)?;
        let key = MediaKey::from_bytes(&bytes)
            .filter(|_| format == KeyFormat::Deployed || bytes.len() == format.key_length())
            .ok_or(KeyMessageError::Key)?;
        Ok(Self {
            user_id: sender.user_id.into(),
            device_id: sender.device_id.into(),
            member_id,
            index,
            key,
        })
    }

    /// The slot that the key is for.
    #[must_use]
    pub const fn index(&self) -> u8 {
        self.index
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &MediaKey {
        &self.key
    }

    /// The id of the member that it is for.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.member_id
    }
}

/// Characters of the longest key, with padding.
const MAX_KEY_TEXT: usize = 44;

const fn field(name: &'static str) -> KeyMessageError {
    KeyMessageError::Field { name }
}

/// A member that may be missing, but not be something else.
fn optional<'a, T>(
    value: Option<&'a Value>,
    read: impl Fn(&'a Value) -> Option<T>,
    name: &'static str,
) -> Result<Option<T>, KeyMessageError> {
    match value {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| field(name)),
    }
}

/// Why a message with a key was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyMessageError {
    /// The event's type is none that carries a key.
    WrongType,
    /// The message is for another room.
    WrongRoom,
    /// A field is missing, or is not what it should be.
    Field {
        /// Its name.
        name: &'static str,
    },
    /// The key is not base64 of the right length.
    Key,
    /// The message claims another device than the one that sent it.
    OtherDevice,
    /// The device is not signed by its owner's identity, which MSC4143 asks for.
    NotCrossSigned,
}

impl fmt::Display for KeyMessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType => f.write_str("the event carries no key of a call"),
            Self::WrongRoom => f.write_str("the key is for another room"),
            Self::Field { name } => write!(f, "the field {name} is missing or wrong"),
            Self::Key => f.write_str("the key is not base64 of the right length"),
            Self::OtherDevice => f.write_str("the message claims another device"),
            Self::NotCrossSigned => f.write_str("the device is not signed by its owner"),
        }
    }
}

impl core::error::Error for KeyMessageError {}
