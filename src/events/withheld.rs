//! `m.room_key.withheld`: why a device does not get a key.

use alloc::string::String;
use core::fmt;

use super::{MEGOLM_ALGORITHM, fields};
use crate::{
    identity::WithholdReason, json::Object, megolm::GroupSessionId,
    primitives::curve25519::Curve25519PublicKey,
};

/// Bytes of an unknown code or a reason at most; longer ones are cut.
pub const MAX_REASON_LENGTH: usize = 1024;

/// Why a device does not get a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WithheldCode {
    /// `m.blacklisted`: the sender blocked the device or its user.
    Blacklisted,
    /// `m.unverified`: the sender shares with verified or cross-signed devices
    /// only.
    Unverified,
    /// `m.unauthorised`: not entitled to the key, say, not in the room then.
    Unauthorised,
    /// `m.unavailable`: the device that was asked does not have the key.
    Unavailable,
    /// `m.no_olm`: the sender could make no Olm session with the device. It
    /// concerns everything that was sent until then.
    NoOlm,
    /// `m.history_not_shared`: in bundles only, for sessions that were made when
    /// the room's history was not for newcomers.
    HistoryNotShared,
    /// Another one: show the reason that came with it.
    Other(String),
}

impl WithheldCode {
    /// The code as events name it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Blacklisted => "m.blacklisted",
            Self::Unverified => "m.unverified",
            Self::Unauthorised => "m.unauthorised",
            Self::Unavailable => "m.unavailable",
            Self::NoOlm => "m.no_olm",
            Self::HistoryNotShared => "m.history_not_shared",
            Self::Other(code) => code,
        }
    }
}

impl From<&str> for WithheldCode {
    fn from(code: &str) -> Self {
        match code {
            "m.blacklisted" => Self::Blacklisted,
            "m.unverified" => Self::Unverified,
            "m.unauthorised" => Self::Unauthorised,
            "m.unavailable" => Self::Unavailable,
            "m.no_olm" => Self::NoOlm,
            "m.history_not_shared" => Self::HistoryNotShared,
            other => Self::Other(cut(other)),
        }
    }
}

impl From<WithholdReason> for WithheldCode {
    fn from(reason: WithholdReason) -> Self {
        Self::from(reason.code())
    }
}

impl fmt::Display for WithheldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which keys a device does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WithheldScope {
    /// The key of this session.
    Session {
        /// The room.
        room_id: String,
        /// The session.
        session_id: GroupSessionId,
    },
    /// All keys of the sender until now: the code is `m.no_olm`.
    AllSessions,
}

/// The content of an `m.room_key.withheld` event. It informs, whoever sent it:
/// it never takes away a key that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    scope: WithheldScope,
    sender_key: Curve25519PublicKey,
    code: WithheldCode,
    reason: Option<String>,
}

impl Withheld {
    /// The word of the device with `sender_key` about one session.
    #[must_use]
    pub fn session(
        room_id: &str,
        session_id: GroupSessionId,
        sender_key: Curve25519PublicKey,
        code: WithheldCode,
    ) -> Self {
        Self {
            scope: WithheldScope::Session {
                room_id: room_id.into(),
                session_id,
            },
            sender_key,
            code,
            reason: None,
        }
    }

    /// The word of the device with `sender_key` that it could make no Olm session.
    /// It is sent once per device until one works again.
    #[must_use]
    pub const fn no_olm(sender_key: Curve25519PublicKey) -> Self {
        Self {
            scope: WithheldScope::AllSessions,
            sender_key,
            code: WithheldCode::NoOlm,
            reason: None,
        }
    }

    /// The same with a reason for people to read.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.reason = Some(cut(reason));
        self
    }

    /// Reads the content of an event.
    ///
    /// # Errors
    /// [`MalformedWithheld`] names the member that is missing or is not what it
    /// has to be.
    pub fn parse(content: &Object) -> Result<Self, MalformedWithheld> {
        let malformed = |member| MalformedWithheld { member };
        if content.get_str("algorithm") != Some(MEGOLM_ALGORITHM) {
            return Err(malformed("algorithm"));
        }
        let code = content.get_str("code").ok_or_else(|| malformed("code"))?;
        let code = WithheldCode::from(code);
        let session = content
            .get_str("session_id")
            .and_then(|text| GroupSessionId::from_base64(text).ok());
        let scope = match (fields::owned_id(content, "room_id"), session) {
            (Some(room_id), Some(session_id)) => WithheldScope::Session {
                room_id,
                session_id,
            },
            _ if code == WithheldCode::NoOlm => WithheldScope::AllSessions,
            (None, _) => return Err(malformed("room_id")),
            (_, None) => return Err(malformed("session_id")),
        };
        Ok(Self {
            scope,
            sender_key: fields::curve25519(content, "sender_key")
                .ok_or_else(|| malformed("sender_key"))?,
            code,
            reason: content.get_str("reason").map(cut),
        })
    }

    /// The content of the event.
    #[must_use]
    pub fn to_content(&self) -> Object {
        let mut content = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("sender_key", self.sender_key.to_base64())
            .with("code", self.code.as_str());
        if let Some(reason) = &self.reason {
            content.insert("reason", reason.as_str());
        }
        if let WithheldScope::Session {
            room_id,
            session_id,
        } = &self.scope
        {
            content.insert("room_id", room_id.as_str());
            content.insert("session_id", session_id.to_base64());
        }
        content
    }

    /// Which keys it is about.
    #[must_use]
    pub const fn scope(&self) -> &WithheldScope {
        &self.scope
    }

    /// The Curve25519 key of the session's owner, as the sender says.
    #[must_use]
    pub const fn sender_key(&self) -> Curve25519PublicKey {
        self.sender_key
    }

    /// Why.
    #[must_use]
    pub const fn code(&self) -> &WithheldCode {
        &self.code
    }

    /// Why, for people to read.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// The content is none of `m.room_key.withheld`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedWithheld {
    /// The member that is missing or is not what it has to be.
    pub member: &'static str,
}

impl fmt::Display for MalformedWithheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the member \"{}\" is malformed", self.member)
    }
}

impl core::error::Error for MalformedWithheld {}

/// At most [`MAX_REASON_LENGTH`] bytes of a text.
fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_REASON_LENGTH))
        .unwrap_or_default()
        .into()
}
