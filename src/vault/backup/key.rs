//! The private key of a backup.

use alloc::string::String;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    super::{
        passphrase::{PassphraseInfo, PassphraseInfoError},
        pk::PkDecryption,
        recovery_key::RecoveryKey,
        room_key::{RoomKey, is_session_id},
    },
    entry::BackedUpSession,
    version::BackupAuthData,
};
use crate::primitives::{
    base64,
    curve25519::{Curve25519PublicKey, Curve25519SecretKey},
    random::RngError,
    wipe::in_wiped_frame,
};

/// The private key of a backup: it reads what the backup holds. Secret; wiped
/// on drop.
///
/// Keep it in secret storage as
/// [`SecretName::BackupKey`](super::super::SecretName::BackupKey).
pub struct BackupKey(PkDecryption);

impl ZeroizeOnDrop for BackupKey {}

impl BackupKey {
    /// Draws a new key: 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        PkDecryption::new_with(rng).map(Self)
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// The key with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(PkDecryption::from_key(Curve25519SecretKey::from_bytes(
            bytes,
        )))
    }

    /// The key of a recovery key, as older accounts have it.
    #[must_use]
    pub fn from_recovery_key(key: &RecoveryKey) -> Self {
        Self::from_bytes(key.expose_secret())
    }

    /// The key of a passphrase, as older accounts have it, and whether it was
    /// made with [few iterations](PassphraseInfo::is_weak): a second of work or
    /// more, by design.
    ///
    /// # Errors
    /// [`BackupPassphraseError`] says why there is none.
    pub fn from_passphrase(
        auth_data: &BackupAuthData,
        passphrase: &str,
    ) -> Result<(Self, bool), BackupPassphraseError> {
        let info = auth_data
            .passphrase(PassphraseInfo::MAX_ITERATIONS)
            .map_err(BackupPassphraseError::Info)?
            .ok_or(BackupPassphraseError::NoPassphrase)?;
        let key = in_wiped_frame(|| Self::from_bytes(&info.derive(passphrase)));
        if key.public_key() == auth_data.public_key() {
            Ok((key, info.is_weak()))
        } else {
            Err(BackupPassphraseError::WrongPassphrase)
        }
    }

    /// The public half, which names the backup.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.0.public_key()
    }

    /// The 32 secret bytes, not clamped.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        self.0.key().expose_secret()
    }

    /// The key for its user to keep.
    #[must_use]
    pub fn recovery_key(&self) -> RecoveryKey {
        RecoveryKey::from_bytes(self.expose_secret())
    }

    /// The key as it goes to secret storage and to other devices: 43 secret
    /// characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        base64::encode_secret(self.expose_secret())
    }

    /// `auth_data` of a new backup. [Sign](BackupAuthData::sign) it by this
    /// device and, where it can be, by the master key.
    #[must_use]
    pub fn auth_data(&self) -> BackupAuthData {
        BackupAuthData::new(self.public_key())
    }

    /// Decrypts the session of this id.
    ///
    /// It is not authenticated: import it, and let it raise no trust
    /// ([`Provenance::Unverified`](super::Provenance::Unverified)). That it is of
    /// the room under which it was found shows first when it decrypts a message.
    ///
    /// # Errors
    /// [`BackupDecryptError`], whatever is wrong.
    pub fn decrypt(
        &self,
        session_id: &str,
        session: &BackedUpSession,
    ) -> Result<RoomKey, BackupDecryptError> {
        in_wiped_frame(|| {
            let json = self
                .0
                .decrypt_in_frame(session.data())
                .map_err(|_| BackupDecryptError)?;
            let key = RoomKey::from_json(&json).map_err(|_| BackupDecryptError)?;
            if is_session_id(session_id, &key) {
                Ok(key)
            } else {
                Err(BackupDecryptError)
            }
        })
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupKey")
            .field("public_key", &self.public_key())
            .finish_non_exhaustive()
    }
}

/// A session of a backup was not decrypted: it is of another backup or session,
/// of an unknown algorithm, or was changed. Which of them, nobody is told, since
/// nothing there is authenticated. Leave it out, and take the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupDecryptError;

impl fmt::Display for BackupDecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session is not this backup's and id's, or was changed")
    }
}

impl core::error::Error for BackupDecryptError {}

/// Why a passphrase gives no backup key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupPassphraseError {
    /// The backup's key is not made of a passphrase.
    NoPassphrase,
    /// The way to make the key of a passphrase is refused.
    Info(PassphraseInfoError),
    /// The key of this passphrase is not the backup's.
    WrongPassphrase,
}

impl fmt::Display for BackupPassphraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPassphrase => "the backup has no passphrase",
            Self::Info(_) => "the backup's passphrase cannot be used",
            Self::WrongPassphrase => "the passphrase is not the backup's",
        })
    }
}

impl core::error::Error for BackupPassphraseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Info(error) => Some(error),
            _ => None,
        }
    }
}
