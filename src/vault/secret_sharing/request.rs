//! The content of `m.secret.request`.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use crate::json::Object;

/// The content of an `m.secret.request` event. Public: it goes in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretRequest {
    /// A device asks for a secret.
    Request {
        /// The id that the device gave the request.
        request_id: String,
        /// The device that asks.
        requesting_device_id: String,
        /// The secret's name.
        name: String,
    },
    /// A device takes its request back.
    Cancellation {
        /// The id of the request.
        request_id: String,
        /// The device that asked.
        requesting_device_id: String,
    },
}

const REQUEST: &str = "request";
const CANCELLATION: &str = "request_cancellation";

impl SecretRequest {
    /// The longest id or name that is read, in bytes.
    pub const MAX_TEXT: usize = 255;

    /// Reads the content.
    ///
    /// # Errors
    /// [`SecretRequestError`] says which member is wrong.
    pub fn from_json(json: &Object) -> Result<Self, SecretRequestError> {
        let text = |field| {
            json.get_str(field)
                .filter(|text| text.len() <= Self::MAX_TEXT)
                .map(ToOwned::to_owned)
                .ok_or(SecretRequestError::Member { field })
        };
        let action = text("action")?;
        let request_id = text("request_id")?;
        let requesting_device_id = text("requesting_device_id")?;
        match action.as_str() {
            REQUEST => Ok(Self::Request {
                request_id,
                requesting_device_id,
                name: text("name")?,
            }),
            CANCELLATION => Ok(Self::Cancellation {
                request_id,
                requesting_device_id,
            }),
            _ => Err(SecretRequestError::UnknownAction),
        }
    }

    /// The content.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let content = |action: &str, request_id: &str, device_id: &str| {
            Object::new()
                .with("action", action)
                .with("request_id", request_id)
                .with("requesting_device_id", device_id)
        };
        match self {
            Self::Request {
                request_id,
                requesting_device_id,
                name,
            } => content(REQUEST, request_id, requesting_device_id).with("name", name.as_str()),
            Self::Cancellation {
                request_id,
                requesting_device_id,
            } => content(CANCELLATION, request_id, requesting_device_id),
        }
    }
}

/// Why a request was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretRequestError {
    /// A member is not there, no string, or longer than
    /// [`SecretRequest::MAX_TEXT`].
    Member {
        /// Which one.
        field: &'static str,
    },
    /// The action is neither a request nor a cancellation: ignore it.
    UnknownAction,
}

impl fmt::Display for SecretRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { field } => write!(f, "the request has no proper \"{field}\""),
            Self::UnknownAction => f.write_str("the request's action is unknown"),
        }
    }
}

impl core::error::Error for SecretRequestError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let request = SecretRequest::Request {
            request_id: "1".to_owned(),
            requesting_device_id: "PHONE".to_owned(),
            name: "m.megolm_backup.v1".to_owned(),
        };
        let cancellation = SecretRequest::Cancellation {
            request_id: "1".to_owned(),
            requesting_device_id: "PHONE".to_owned(),
        };
        for request in [request, cancellation] {
            assert_eq!(
                SecretRequest::from_json(&request.to_json()),
                Ok(request.clone())
            );
            assert_eq!(
                SecretRequest::from_json(&request.to_json().with("action", "other")),
                Err(SecretRequestError::UnknownAction)
            );
            let long = request.to_json().with("request_id", "x".repeat(256));
            assert_eq!(
                SecretRequest::from_json(&long),
                Err(SecretRequestError::Member {
                    field: "request_id"
                })
            );
        }
    }
}
