//! A session in the backup, and which of two is better.

use core::fmt;

use super::super::{
    pk::{PkMessage, PkMessageError},
    room_key::RoomKey,
};
use crate::json::{Object, Value};

/// Where a session came from, the least first. When two copies of one session
/// are put together, take the lower index
/// ([`InboundGroupSession::merge`](crate::megolm::InboundGroupSession::merge))
/// and, separately, the greater provenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Provenance {
    /// A backup, an export, a bundle, or a forwarder that nobody vouches for.
    /// Backups never raise it.
    Unverified,
    /// Another device of ours that was verified, on our request.
    VerifiedForward,
    /// The session's owner, over Olm.
    Direct,
}

/// A session in the backup: `KeyBackupData` of the specification. Public; all
/// but the ciphertext is for the server, who may change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUpSession {
    first_message_index: u32,
    forwarded_count: u64,
    is_verified: bool,
    data: PkMessage,
}

impl BackedUpSession {
    pub(super) fn new(key: &RoomKey, provenance: Provenance, data: PkMessage) -> Self {
        let forwards = u64::try_from(key.forwarding_chain().len()).unwrap_or(u64::MAX);
        Self {
            first_message_index: key.first_known_index(),
            forwarded_count: match provenance {
                Provenance::Direct => forwards,
                Provenance::VerifiedForward | Provenance::Unverified => forwards.max(1),
            },
            is_verified: false,
            data,
        }
    }

    /// With the note that the session's owner is verified.
    #[must_use]
    pub const fn verified(mut self) -> Self {
        self.is_verified = true;
        self
    }

    /// Reads `{"first_message_index", "forwarded_count", "is_verified",
    /// "session_data"}`.
    ///
    /// # Errors
    /// [`BackedUpSessionError`] says which member is wrong.
    pub fn from_json(json: &Object) -> Result<Self, BackedUpSessionError> {
        let wrong = |field| BackedUpSessionError::Member { field };
        let number = |field| {
            json.get(field)
                .and_then(Value::as_integer)
                .ok_or_else(|| wrong(field))
        };
        let data = json
            .get_object("session_data")
            .ok_or_else(|| wrong("session_data"))?;
        Ok(Self {
            first_message_index: number("first_message_index")?
                .try_into()
                .map_err(|_| wrong("first_message_index"))?,
            forwarded_count: number("forwarded_count")?
                .try_into()
                .map_err(|_| wrong("forwarded_count"))?,
            is_verified: json
                .get("is_verified")
                .and_then(Value::as_bool)
                .ok_or_else(|| wrong("is_verified"))?,
            data: PkMessage::from_json(data).map_err(BackedUpSessionError::Data)?,
        })
    }

    /// The object of [`Self::from_json`].
    #[must_use]
    pub fn to_json(&self) -> Object {
        Object::new()
            .with("first_message_index", i64::from(self.first_message_index))
            .with("forwarded_count", self.forwarded_count)
            .with("is_verified", self.is_verified)
            .with("session_data", self.data.to_json())
    }

    /// The encrypted session.
    #[must_use]
    pub const fn data(&self) -> &PkMessage {
        &self.data
    }

    /// Whether a server that follows the specification replaces `old` by this
    /// one: verified wins, then the lower index, then fewer forwards.
    ///
    /// Synapse also replaces where only a later one of the three is better, so
    /// do not count on what is there.
    #[must_use]
    pub fn replaces(&self, old: &Self) -> bool {
        let rank = |session: &Self| {
            (
                !session.is_verified,
                session.first_message_index,
                session.forwarded_count,
            )
        };
        rank(self) < rank(old)
    }
}

/// Why a session of a backup was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackedUpSessionError {
    /// A member is not there, or of another kind than it should be.
    Member {
        /// Which one.
        field: &'static str,
    },
    /// `session_data` is no message.
    Data(PkMessageError),
}

impl fmt::Display for BackedUpSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { field } => write!(f, "the session has no proper \"{field}\""),
            Self::Data(_) => f.write_str("the session's data is no message"),
        }
    }
}

impl core::error::Error for BackedUpSessionError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Data(error) => Some(error),
            Self::Member { .. } => None,
        }
    }
}
