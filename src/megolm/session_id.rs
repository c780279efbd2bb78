//! The name of a Megolm session.

use alloc::string::String;
use core::fmt;

use crate::primitives::{
    base64,
    ed25519::Ed25519PublicKey,
    public_key::{KeyError, padded_key_bytes},
};

/// The id of a Megolm session: the 32 bytes of its Ed25519 public key. Public;
/// shown as 43 characters of unpadded base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupSessionId([u8; 32]);

impl GroupSessionId {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn of(key: &Ed25519PublicKey) -> Self {
        Self(*key.as_bytes())
    }

    /// Reads an id from its base64, with full padding or with none, as it may
    /// stand in JSON. Whether there is such a session, the text does not say.
    ///
    /// # Errors
    /// [`KeyError::Base64`] and [`KeyError::Length`].
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        padded_key_bytes(text).map(Self)
    }

    /// The 32 bytes of the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id as 43 characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }
}

impl fmt::Display for GroupSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for GroupSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupSessionId({self})")
    }
}
