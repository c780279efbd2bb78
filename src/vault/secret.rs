//! The secrets that secret storage and secret sharing know, and how each is
//! checked (Matrix specification, "Secrets").

use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use super::backup::{BackupAuthData, BackupKey};
use crate::primitives::{
    base64,
    ed25519::{Ed25519PublicKey, Ed25519SigningKey},
    wipe::{Secret, in_wiped_frame},
};

/// A secret by its name: the type of its event in the account data, and its
/// name when a device asks another for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecretName {
    /// The private key of our identity.
    MasterKey,
    /// The private key that signs our devices.
    SelfSigningKey,
    /// The private key that signs other users.
    UserSigningKey,
    /// The private key of the backup.
    BackupKey,
    /// The key that the dehydrated device is encrypted under.
    DehydratedDevice,
    /// The MAC key of the backup (MSC4048, a draft).
    BackupMac,
}

impl SecretName {
    /// The secret of this name, in its deployed form or the one to come.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "m.cross_signing.master" => Self::MasterKey,
            "m.cross_signing.self_signing" => Self::SelfSigningKey,
            "m.cross_signing.user_signing" => Self::UserSigningKey,
            "m.megolm_backup.v1" => Self::BackupKey,
            "org.matrix.msc3814" | "m.dehydrated_device" => Self::DehydratedDevice,
            "org.matrix.msc4048.mac" | "m.megolm_backup.v1.mac" => Self::BackupMac,
            _ => return None,
        })
    }

    /// The name in its deployed form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MasterKey => "m.cross_signing.master",
            Self::SelfSigningKey => "m.cross_signing.self_signing",
            Self::UserSigningKey => "m.cross_signing.user_signing",
            Self::BackupKey => "m.megolm_backup.v1",
            Self::DehydratedDevice => "org.matrix.msc3814",
            Self::BackupMac => "org.matrix.msc4048.mac",
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A secret as it came from secret storage or from another device, not checked
/// yet: each road out of it checks what it should be. Secret; wiped on drop.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// The longest value that is looked at, in bytes.
    pub const MAX_LENGTH: usize = 1024;

    /// The value as it came.
    #[must_use]
    pub const fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The private key of cross-signing whose public half is `expected`, the
    /// one in our identity.
    ///
    /// # Errors
    /// [`SecretValueError`] says why it is not.
    pub fn into_signing_key(
        self,
        expected: &Ed25519PublicKey,
    ) -> Result<Ed25519SigningKey, SecretValueError> {
        in_wiped_frame(|| {
            let key = Ed25519SigningKey::expand_seed(&*self.bytes()?);
            if key.public_key() == *expected {
                Ok(key)
            } else {
                Err(SecretValueError::OtherKey)
            }
        })
    }

    /// The private key of this backup. Older web clients stored it as 32
    /// decimal numbers with commas, which is read, too.
    ///
    /// # Errors
    /// [`SecretValueError`] says why it is not. That of another version is
    /// [`SecretValueError::OtherKey`]: set it aside.
    pub fn into_backup_key(self, backup: &BackupAuthData) -> Result<BackupKey, SecretValueError> {
        in_wiped_frame(|| {
            let bytes = self.bytes().or_else(|error| self.numbers().ok_or(error))?;
            let key = BackupKey::from_bytes(&bytes);
            if key.public_key() == backup.public_key() {
                Ok(key)
            } else {
                Err(SecretValueError::OtherKey)
            }
        })
    }

    /// The MAC key of this backup, from whose private key it is made.
    ///
    /// # Errors
    /// [`SecretValueError`] says why it is not.
    #[cfg(feature = "experimental-authenticated-backup")]
    pub fn into_backup_mac_key(
        self,
        backup: &BackupKey,
    ) -> Result<super::backup::BackupMacKey, SecretValueError> {
        in_wiped_frame(|| {
            let key = backup.mac_key();
            if key.is(&*self.bytes()?) {
                Ok(key)
            } else {
                Err(SecretValueError::OtherKey)
            }
        })
    }

    /// The 32 bytes of a key that shows only in use whether it is the right
    /// one: of the dehydrated device.
    ///
    /// # Errors
    /// [`SecretValueError::Base64`] and [`SecretValueError::Length`].
    pub fn into_unchecked_key(self) -> Result<Zeroizing<[u8; 32]>, SecretValueError> {
        in_wiped_frame(|| Ok(Zeroizing::new(*self.bytes()?)))
    }

    /// Base64, which older clients padded.
    fn bytes(&self) -> Result<Secret<32>, SecretValueError> {
        if self.0.len() > Self::MAX_LENGTH {
            let found = self.0.len();
            return Err(SecretValueError::Length { found });
        }
        let bytes = base64::decode_secret_padded(&self.0).map_err(|_| SecretValueError::Base64)?;
        let array: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| SecretValueError::Length { found: bytes.len() })?;
        Ok(Secret::from(array))
    }

    /// 32 decimal numbers with commas between them.
    fn numbers(&self) -> Option<Secret<32>> {
        let mut bytes = Secret::ZERO;
        let mut numbers = self.0.split(',');
        for byte in bytes.iter_mut() {
            let number = numbers.next()?;
            if !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            *byte = number.parse().ok()?;
        }
        numbers.next().is_none().then_some(bytes)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue").finish_non_exhaustive()
    }
}

/// Why a value is not the secret that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretValueError {
    /// The value is not base64.
    Base64,
    /// The value does not give 32 bytes.
    Length {
        /// How many bytes there are; of the text, when it was too long to look
        /// at.
        found: usize,
    },
    /// The value is a key, but another one than it should be.
    OtherKey,
}

impl fmt::Display for SecretValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the secret is not base64"),
            Self::Length { found } => write!(f, "the secret has {found} bytes instead of 32"),
            Self::OtherKey => f.write_str("the secret is another key than the one in use"),
        }
    }
}

impl core::error::Error for SecretValueError {}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned, string::ToString, vec::Vec};

    use super::*;

    fn value(text: &str) -> SecretValue {
        SecretValue::new(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_backup_key_is_also_read_as_numbers() {
        let key = BackupKey::from_bytes(&[0xfa; 32]);
        let auth_data = key.auth_data();
        let numbers = |byte: &str, count| alloc::vec![byte; count].join(",");
        let read = |text: &str| value(text).into_backup_key(&auth_data);
        for text in [
            key.to_base64().to_string(),
            key.to_base64().to_string() + "=",
            numbers("250", 32),
        ] {
            assert!(read(&text).is_ok(), "{text}");
        }
        for text in [
            numbers("250", 31),
            numbers("250", 33),
            numbers("506", 32),
            numbers("+250", 32),
            numbers(" 250", 32),
        ] {
            assert_eq!(read(&text).err(), Some(SecretValueError::Base64), "{text}");
        }
        assert_eq!(
            read(&numbers("251", 32)).err(),
            Some(SecretValueError::OtherKey)
        );
    }

    #[test]
    fn a_signing_key_is_the_one_of_the_identity() {
        let key = Ed25519SigningKey::from_seed(&[1; 32]);
        let seed = base64::encode(&[1; 32]);
        assert!(value(&seed).into_signing_key(&key.public_key()).is_ok());
        let other = Ed25519SigningKey::from_seed(&[2; 32]).public_key();
        assert_eq!(
            value(&seed).into_signing_key(&other).err(),
            Some(SecretValueError::OtherKey)
        );
        assert_eq!(
            value("AAAA").into_signing_key(&other).err(),
            Some(SecretValueError::Length { found: 3 })
        );
        assert_eq!(
            value(&"A".repeat(1025)).into_unchecked_key().err(),
            Some(SecretValueError::Length { found: 1025 })
        );
    }

    #[cfg(feature = "experimental-authenticated-backup")]
    #[test]
    fn a_mac_key_is_the_one_of_the_backup() {
        let key = BackupKey::from_bytes(&[1; 32]);
        let text = key.mac_key().to_base64();
        assert!(value(&text).into_backup_mac_key(&key).is_ok());
        let other = BackupKey::from_bytes(&[2; 32]);
        assert_eq!(
            value(&text).into_backup_mac_key(&other).err(),
            Some(SecretValueError::OtherKey)
        );
    }

    #[test]
    fn names_lead_there_and_back() {
        let names: Vec<SecretName> = [
            "m.cross_signing.master",
            "m.cross_signing.self_signing",
            "m.cross_signing.user_signing",
            "m.megolm_backup.v1",
            "m.dehydrated_device",
            "m.megolm_backup.v1.mac",
        ]
        .into_iter()
        .filter_map(SecretName::from_name)
        .collect();
        assert_eq!(names.len(), 6);
        for name in names {
            assert_eq!(SecretName::from_name(name.as_str()), Some(name));
        }
        assert_eq!(SecretName::from_name("m.megolm_backup.v2"), None);
    }
}
