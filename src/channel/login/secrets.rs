//! The secrets that the existing device gives to the new one.

use alloc::string::{String, ToString};
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    error::LoginMessageError,
    message::{Received, text},
};
use crate::{
    json::{Object, Value},
    primitives::{
        base64,
        wipe::{Secret, in_wiped_frame},
    },
};

/// `m.login.secrets`: the private halves of the cross-signing keys, and the key
/// of the backup if there is one. Secret; wiped on drop.
///
/// It is written by [`ReleasingSecrets::send`](super::ReleasingSecrets::send) and
/// by nothing else:
///
/// ```compile_fail,E0599
/// # use necturus::channel::login::{AwaitingDevice, LoginSecrets};
/// fn too_early(e: AwaitingDevice, secrets: &LoginSecrets) {
///     e.send(secrets); // no method found: the device has not appeared
/// }
/// ```
pub struct LoginSecrets {
    master_key: Secret<32>,
    self_signing_key: Secret<32>,
    user_signing_key: Secret<32>,
    backup: Option<Backup>,
}

impl LoginSecrets {
    /// Of these private seeds, without a backup.
    #[must_use]
    pub fn new(
        master_key: &[u8; 32],
        self_signing_key: &[u8; 32],
        user_signing_key: &[u8; 32],
    ) -> Self {
        Self {
            master_key: (*master_key).into(),
            self_signing_key: (*self_signing_key).into(),
            user_signing_key: (*user_signing_key).into(),
            backup: None,
        }
    }

    /// The same with the key of a backup.
    #[must_use]
    pub fn with_backup(mut self, backup: Backup) -> Self {
        self.backup = Some(backup);
        self
    }

    /// Reads the message.
    ///
    /// # Errors
    /// [`LoginMessageError`]; `OtherType` if it is another message.
    pub fn from_json(json: &[u8]) -> Result<Self, LoginMessageError> {
        match in_wiped_frame(|| Received::parse(json))? {
            Received::Secrets(secrets) => Ok(secrets),
            Received::Message(_) => Err(LoginMessageError::OtherType),
        }
    }

    /// The seed of the master key. Secret.
    #[must_use]
    pub fn expose_master_key(&self) -> &[u8; 32] {
        &self.master_key
    }

    /// The seed of the self-signing key. Secret.
    #[must_use]
    pub fn expose_self_signing_key(&self) -> &[u8; 32] {
        &self.self_signing_key
    }

    /// The seed of the user-signing key. Secret.
    #[must_use]
    pub fn expose_user_signing_key(&self) -> &[u8; 32] {
        &self.user_signing_key
    }

    /// The backup, if there is one.
    #[must_use]
    pub const fn backup(&self) -> Option<&Backup> {
        self.backup.as_ref()
    }

    pub(super) fn read(object: &Object) -> Result<Self, LoginMessageError> {
        let member = |name| LoginMessageError::Member { name };
        let keys = object
            .get_object("cross_signing")
            .ok_or_else(|| member("cross_signing"))?;
        let backup = match object.get("backup") {
            None => None,
            Some(backup) => Some(Backup::read(
                backup.as_object().ok_or_else(|| member("backup"))?,
            )?),
        };
        Ok(Self {
            master_key: key(keys, "master_key")?,
            self_signing_key: key(keys, "self_signing_key")?,
            user_signing_key: key(keys, "user_signing_key")?,
            backup,
        })
    }

    /// Written by hand, as [`Object`] does not wipe its text while it grows.
    pub(super) fn to_json(&self) -> Zeroizing<String> {
        let backup = self.backup.as_ref();
        // The escapes of a text are at most six bytes long.
        let room = backup.map_or(0, |backup| {
            let texts = backup.algorithm.len().saturating_add(backup.version.len());
            texts.saturating_mul(6).saturating_add(KEY_ROOM)
        });
        let mut out = Zeroizing::new(String::with_capacity(room.saturating_add(6 * KEY_ROOM)));
        out.push_str(r#"{"type":"m.login.secrets","cross_signing":{"master_key":""#);
        out.push_str(&base64::encode_secret(self.master_key.as_slice()));
        out.push_str(r#"","self_signing_key":""#);
        out.push_str(&base64::encode_secret(self.self_signing_key.as_slice()));
        out.push_str(r#"","user_signing_key":""#);
        out.push_str(&base64::encode_secret(self.user_signing_key.as_slice()));
        out.push_str(r#""}"#);
        if let Some(backup) = backup {
            out.push_str(r#","backup":{"algorithm":"#);
            out.push_str(&Value::from(backup.algorithm.as_str()).to_string());
            out.push_str(r#","key":""#);
            out.push_str(&base64::encode_secret(backup.key.as_slice()));
            out.push_str(r#"","backup_version":"#);
            out.push_str(&Value::from(backup.version.as_str()).to_string());
            out.push('}');
        }
        out.push('}');
        out
    }
}

/// Bytes that a key takes with its name, generously.
const KEY_ROOM: usize = 96;

fn key(object: &Object, name: &'static str) -> Result<Secret<32>, LoginMessageError> {
    let member = LoginMessageError::Member { name };
    let bytes = base64::decode_secret_padded(text(object, name)?).map_err(|_| member)?;
    let mut key = Secret::ZERO;
    if bytes.len() != key.len() {
        return Err(member);
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

/// The key of a backup, 32 bytes. Secret; wiped on drop.
pub struct Backup {
    algorithm: String,
    key: Secret<32>,
    version: String,
}

impl Backup {
    /// Of this algorithm (`m.megolm_backup.v1.curve25519-aes-sha2`), private key
    /// and version of the backup on the server.
    #[must_use]
    pub fn new(algorithm: &str, key: &[u8; 32], version: &str) -> Self {
        Self {
            algorithm: algorithm.to_string(),
            key: (*key).into(),
            version: version.to_string(),
        }
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The private key. Secret.
    #[must_use]
    pub fn expose_key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The version of the backup on the server.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn read(object: &Object) -> Result<Self, LoginMessageError> {
        Ok(Self {
            algorithm: text(object, "algorithm")?.to_string(),
            key: key(object, "key")?,
            version: text(object, "backup_version")?.to_string(),
        })
    }
}

macro_rules! hide {
    ($($name:ident),*) => {$(
        /// Its keys wipe themselves, and the rest is public.
        impl ZeroizeOnDrop for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
hide!(LoginSecrets, Backup);
