//! The events of the account data.

use alloc::{format, string::String};

use super::{
    cipher::EncryptedSecret,
    error::{EncryptedSecretError, MalformedContent},
};
use crate::json::{Object, Value};

/// The type of the event that names the key in use.
pub const DEFAULT_KEY_EVENT: &str = "m.secret_storage.default_key";

/// The type of the event that describes the key of this id.
#[must_use]
pub fn key_event_type(key_id: &str) -> String {
    format!("m.secret_storage.key.{key_id}")
}

/// The key that an `m.secret_storage.default_key` event names, if it names one.
#[must_use]
pub fn default_key_id(content: &Object) -> Option<&str> {
    content.get_str("key")
}

/// The content of an `m.secret_storage.default_key` event.
#[must_use]
pub fn default_key_content(key_id: &str) -> Object {
    Object::new().with("key", key_id)
}

/// The content of a secret's event: the secret, encrypted under one key or
/// several. The event's type is the secret's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSecret(Object);

const ENCRYPTED: &str = "encrypted";

impl StoredSecret {
    /// The content as it came, whatever it is.
    #[must_use]
    pub const fn from_json(content: Object) -> Self {
        Self(content)
    }

    /// The content to send.
    #[must_use]
    pub fn into_json(self) -> Object {
        self.0
    }

    /// The ids of the keys that the secret is encrypted under.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.0
            .get_object(ENCRYPTED)
            .into_iter()
            .flat_map(|encrypted| encrypted.iter().map(|(id, _)| id))
    }

    /// The secret, encrypted under this key; `None` when it is not.
    ///
    /// # Errors
    /// [`EncryptedSecretError`] when what stands there cannot be read.
    pub fn get(&self, key_id: &str) -> Result<Option<EncryptedSecret>, EncryptedSecretError> {
        let Some(secret) = self
            .0
            .get_object(ENCRYPTED)
            .and_then(|encrypted| encrypted.get(key_id))
        else {
            return Ok(None);
        };
        let secret = secret
            .as_object()
            .ok_or(EncryptedSecretError::Missing { field: "iv" })?;
        EncryptedSecret::from_json(secret).map(Some)
    }

    /// Puts in the secret as it is under this key, beside those of other keys.
    ///
    /// # Errors
    /// [`MalformedContent`] when `encrypted` is not an object; nothing was
    /// changed. Start from an empty content to throw it away.
    pub fn insert(
        &mut self,
        key_id: &str,
        secret: &EncryptedSecret,
    ) -> Result<(), MalformedContent> {
        let mut encrypted = match self.0.get(ENCRYPTED) {
            None => Object::new(),
            Some(Value::Object(encrypted)) => encrypted.clone(),
            Some(_) => return Err(MalformedContent),
        };
        encrypted.insert(key_id, secret.to_json());
        self.0.insert(ENCRYPTED, encrypted);
        Ok(())
    }
}
