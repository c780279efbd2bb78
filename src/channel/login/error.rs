//! Why JSON is not a login message.

use core::fmt;

use crate::{channel::MAX_MESSAGE_LENGTH, json::JsonError};

/// Why JSON was not read as a message of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginMessageError {
    /// It is longer than [`MAX_MESSAGE_LENGTH`], so no channel carries it.
    TooLong {
        /// How many bytes there are.
        length: usize,
    },
    /// It is not an object of JSON.
    Json(JsonError),
    /// Its `type` is not known, or there is none.
    Type,
    /// It is `m.login.secrets`, where another message is read, or another one
    /// where that is read.
    OtherType,
    /// This member is missing, or of another form than it should have.
    Member {
        /// Its key.
        name: &'static str,
    },
}

impl fmt::Display for LoginMessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "the message has {length} bytes, more than {MAX_MESSAGE_LENGTH}"
            ),
            Self::Json(_) => f.write_str("the message is not JSON"),
            Self::Type => f.write_str("the message is of no known type"),
            Self::OtherType => f.write_str("the message is of another type"),
            Self::Member { name } => write!(f, "{name} is missing or malformed"),
        }
    }
}

impl core::error::Error for LoginMessageError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

impl From<JsonError> for LoginMessageError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}
