//! Whether a call's media are encrypted (MSC4143).

use crate::json::{Object, Value};

/// What a slot or member event says of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlotEncryption {
    /// Nothing.
    None,
    /// Each member has a key: what this module does.
    PerMember,
    /// Something else.
    Unknown,
}

impl SlotEncryption {
    /// Of the content of a slot or member event.
    #[must_use]
    pub fn of(content: &Object) -> Self {
        match content.get("encryption") {
            None => Self::None,
            Some(encryption) => match encryption
                .as_object()
                .and_then(|encryption| encryption.get("type"))
                .and_then(Value::as_str)
            {
                Some("m.per_member" | "org.matrix.msc4143.per_member") => Self::PerMember,
                _ => Self::Unknown,
            },
        }
    }

    /// Whether the event counts in a room: an encrypted room wants keys of each
    /// member, and others must not have any. One that does not count is a slot that
    /// is closed, a member who has left.
    #[must_use]
    pub const fn counts(self, room_is_encrypted: bool) -> bool {
        match self {
            Self::None => !room_is_encrypted,
            Self::PerMember => room_is_encrypted,
            Self::Unknown => false,
        }
    }
}
