//! The content of an event that may hold keys.

use alloc::string::String;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::json::{Object, Value};

/// The content of an event that may hold keys. Secret: wiped on drop, and not
/// printed.
pub struct SecretEventContent(Object);

impl SecretEventContent {
    /// Takes the content over, to wipe it.
    #[must_use]
    pub const fn new(content: Object) -> Self {
        Self(content)
    }

    /// The content, which may be secret.
    #[must_use]
    pub const fn expose_secret(&self) -> &Object {
        &self.0
    }

    /// The content, for a larger one that is wiped.
    pub(super) fn into_object(mut self) -> Object {
        core::mem::take(&mut self.0)
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, member: &str) -> Option<Value> {
        self.0.remove(member)
    }

    /// The content as JSON, in one buffer of sufficient size.
    pub(super) fn to_json(&self) -> Zeroizing<String> {
        self.0.to_secret_string()
    }
}

impl From<Object> for SecretEventContent {
    fn from(content: Object) -> Self {
        Self(content)
    }
}

impl Drop for SecretEventContent {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl ZeroizeOnDrop for SecretEventContent {}

impl fmt::Debug for SecretEventContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretEventContent").finish_non_exhaustive()
    }
}
