//! The three public keys that make a session what it is.

use alloc::string::String;
use core::fmt;

use crate::primitives::{base64, curve25519::Curve25519PublicKey, kdf};

/// The public keys that a session was started with. Every pre-key message of
/// the session carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SessionKeys {
    /// The identity key of the side that started.
    pub identity_key: Curve25519PublicKey,
    /// The key that the starter made for this session.
    pub base_key: Curve25519PublicKey,
    /// The one-time or fallback key of the side that was called.
    pub one_time_key: Curve25519PublicKey,
}

impl SessionKeys {
    /// The id of the session: `SHA-256(identity ‖ base ‖ one-time key)`.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId(kdf::sha256(&[
            self.identity_key.as_bytes(),
            self.base_key.as_bytes(),
            self.one_time_key.as_bytes(),
        ]))
    }
}

/// The id of an Olm session, the same on both sides: 32 bytes, shown as 43
/// characters of unpadded base64. Public.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 32]);

impl SessionId {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
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

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}
