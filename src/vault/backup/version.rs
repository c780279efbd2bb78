//! A version of the backup, as the server describes it.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use super::super::passphrase::{PassphraseInfo, PassphraseInfoError};
use crate::{
    json::{Object, SigningError, Value},
    primitives::{
        curve25519::Curve25519PublicKey, ed25519::Ed25519Signature, public_key::KeyError,
    },
};

pub(super) const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

/// `auth_data` of a backup: the public key, and who signed it. Public, and
/// under the server's control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupAuthData {
    json: Object,
    public_key: Curve25519PublicKey,
}

impl BackupAuthData {
    /// Takes the object as it came, for signatures are over all of it.
    ///
    /// # Errors
    /// [`BackupVersionError::Missing`], [`BackupVersionError::PublicKey`], and
    /// [`BackupVersionError::LowOrderKey`].
    pub fn from_json(json: Object) -> Result<Self, BackupVersionError> {
        let public_key = json
            .get_str("public_key")
            .ok_or(BackupVersionError::Missing {
                field: "public_key",
            })?;
        let public_key = Curve25519PublicKey::from_padded_base64(public_key)
            .map_err(BackupVersionError::PublicKey)?;
        if public_key.is_small_order() {
            return Err(BackupVersionError::LowOrderKey);
        }
        Ok(Self { json, public_key })
    }

    /// Of a new backup, not signed yet.
    pub(super) fn new(public_key: Curve25519PublicKey) -> Self {
        Self {
            json: Object::new().with("public_key", public_key.to_base64()),
            public_key,
        }
    }

    /// Signs the object with a key of ours, as [`Object::sign`].
    ///
    /// # Errors
    /// [`SigningError`]; nothing was changed.
    pub fn sign(
        &mut self,
        user: &str,
        key_id: &str,
        sign: impl FnOnce(&[u8]) -> Ed25519Signature,
    ) -> Result<(), SigningError> {
        self.json.sign(user, key_id, sign)
    }

    /// The object as it came.
    #[must_use]
    pub const fn json(&self) -> &Object {
        &self.json
    }

    /// The key that sessions are encrypted to.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.public_key
    }

    /// How older clients made the private key of a passphrase
    /// (`private_key_salt`, `private_key_iterations`, `private_key_bits`);
    /// `None` when they did not.
    ///
    /// # Errors
    /// [`PassphraseInfoError`] says what is wrong; nothing was derived.
    pub fn passphrase(
        &self,
        max_iterations: u32,
    ) -> Result<Option<PassphraseInfo>, PassphraseInfoError> {
        let Some(salt) = self.json.get("private_key_salt") else {
            return Ok(None);
        };
        PassphraseInfo::read(
            Some(salt),
            self.json.get("private_key_iterations"),
            self.json.get("private_key_bits"),
            max_iterations,
        )
        .map(Some)
    }
}

/// A version of the backup: the answer to `GET /room_keys/version`. Public, and
/// under the server's control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupVersion {
    version: String,
    auth_data: BackupAuthData,
    count: Option<u64>,
    etag: Option<String>,
}

impl BackupVersion {
    /// Reads `{"algorithm", "auth_data", "version", "count", "etag"}`; the last
    /// two may be missing.
    ///
    /// # Errors
    /// [`BackupVersionError`] says what is wrong.
    pub fn from_json(json: &Object) -> Result<Self, BackupVersionError> {
        if json.get_str("algorithm") != Some(ALGORITHM) {
            return Err(BackupVersionError::UnsupportedAlgorithm);
        }
        let missing = |field| BackupVersionError::Missing { field };
        let auth_data = json
            .get_object("auth_data")
            .ok_or_else(|| missing("auth_data"))?;
        let version = json.get_str("version").ok_or_else(|| missing("version"))?;
        Ok(Self {
            version: version.to_owned(),
            auth_data: BackupAuthData::from_json(auth_data.clone())?,
            count: json
                .get("count")
                .and_then(Value::as_integer)
                .and_then(|count| count.try_into().ok()),
            etag: json.get_str("etag").map(ToOwned::to_owned),
        })
    }

    /// A version that was just made, by the name that the server gave it.
    #[must_use]
    pub fn new(version: &str, auth_data: BackupAuthData) -> Self {
        Self {
            version: version.to_owned(),
            auth_data,
            count: None,
            etag: None,
        }
    }

    /// The body of `POST /room_keys/version`, which makes a version.
    #[must_use]
    pub fn creation_request(auth_data: &BackupAuthData) -> Object {
        Object::new()
            .with("algorithm", ALGORITHM)
            .with("auth_data", auth_data.json.clone())
    }

    /// The name of the version. A session counts as backed up only in the
    /// version that took it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The public key, and who signed it.
    #[must_use]
    pub const fn auth_data(&self) -> &BackupAuthData {
        &self.auth_data
    }

    /// How many sessions are in it, as the server says.
    #[must_use]
    pub const fn count(&self) -> Option<u64> {
        self.count
    }

    /// What changes whenever something in the backup does, as the server says.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

/// Why a version of the backup was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupVersionError {
    /// The algorithm is none that is supported. Leave this backup alone.
    UnsupportedAlgorithm,
    /// A member is not there, or of another kind than it should be.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// `public_key` is no key.
    PublicKey(KeyError),
    /// `public_key` is of small order: anybody could read the backup.
    LowOrderKey,
}

impl fmt::Display for BackupVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedAlgorithm => {
                f.write_str("the backup is of an algorithm that is not supported")
            }
            Self::Missing { field } => write!(f, "the backup has no member \"{field}\""),
            Self::PublicKey(_) => f.write_str("the backup's public key is not usable"),
            Self::LowOrderKey => f.write_str("the backup's public key is of small order"),
        }
    }
}

impl core::error::Error for BackupVersionError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::PublicKey(error) => Some(error),
            _ => None,
        }
    }
}
