//! The three parts of an encrypted message, and why they were not read.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{
    json::Object,
    primitives::{base64, curve25519::Curve25519PublicKey},
};

/// Always the first 8 bytes of a tag of 32.
pub(super) const MAC_LENGTH: usize = 8;

/// What encryption gives: an ephemeral public key, a ciphertext, and a MAC that
/// covers nothing. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkMessage {
    pub(super) ephemeral: Curve25519PublicKey,
    pub(super) ciphertext: Vec<u8>,
    pub(super) mac: [u8; MAC_LENGTH],
}

impl PkMessage {
    /// Reads the three parts from base64, with padding or without.
    ///
    /// # Errors
    /// [`PkMessageError`] says which part is wrong.
    pub fn from_base64(
        ephemeral: &str,
        ciphertext: &str,
        mac: &str,
    ) -> Result<Self, PkMessageError> {
        let bytes =
            |text, field| base64::decode_padded(text).map_err(|_| PkMessageError::Base64 { field });
        let ephemeral = bytes(ephemeral, "ephemeral")?;
        let ciphertext = bytes(ciphertext, "ciphertext")?;
        let mac = bytes(mac, "mac")?;
        let found = ephemeral.len();
        let ephemeral = ephemeral
            .try_into()
            .map_err(|_| PkMessageError::KeyLength { found })?;
        let found = mac.len();
        Ok(Self {
            ephemeral: Curve25519PublicKey::from_bytes(ephemeral),
            ciphertext,
            mac: mac
                .try_into()
                .map_err(|_| PkMessageError::MacLength { found })?,
        })
    }

    /// Reads `{"ephemeral", "ciphertext", "mac"}`, as `session_data` of a backup.
    ///
    /// # Errors
    /// [`PkMessageError`] says which member is wrong.
    pub fn from_json(json: &Object) -> Result<Self, PkMessageError> {
        let text = |field| json.get_str(field).ok_or(PkMessageError::Missing { field });
        Self::from_base64(text("ephemeral")?, text("ciphertext")?, text("mac")?)
    }

    /// The object of [`Self::from_json`], base64 without padding.
    #[must_use]
    pub fn to_json(&self) -> Object {
        Object::new()
            .with("ciphertext", self.ciphertext_base64())
            .with("ephemeral", self.ephemeral.to_base64())
            .with("mac", self.mac_base64())
    }

    /// The ephemeral public key.
    #[must_use]
    pub const fn ephemeral(&self) -> Curve25519PublicKey {
        self.ephemeral
    }

    /// The ciphertext.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// The ciphertext as unpadded base64.
    #[must_use]
    pub fn ciphertext_base64(&self) -> String {
        base64::encode(&self.ciphertext)
    }

    /// The MAC.
    #[must_use]
    pub const fn mac(&self) -> &[u8; MAC_LENGTH] {
        &self.mac
    }

    /// The MAC as 11 characters of unpadded base64.
    #[must_use]
    pub fn mac_base64(&self) -> String {
        base64::encode(&self.mac)
    }
}

/// Why a message was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PkMessageError {
    /// A member is not there, or is no string.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// A part is not base64.
    Base64 {
        /// Which one.
        field: &'static str,
    },
    /// The ephemeral key does not have 32 bytes.
    KeyLength {
        /// How many there are.
        found: usize,
    },
    /// The MAC does not have 8 bytes.
    MacLength {
        /// How many there are.
        found: usize,
    },
}

impl fmt::Display for PkMessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "the message has no string \"{field}\""),
            Self::Base64 { field } => write!(f, "\"{field}\" of the message is not base64"),
            Self::KeyLength { found } => {
                write!(f, "the ephemeral key has {found} bytes instead of 32")
            }
            Self::MacLength { found } => write!(f, "the mac has {found} bytes instead of 8"),
        }
    }
}

impl core::error::Error for PkMessageError {}
