//! The keys of secret storage.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    super::{passphrase::PassphraseInfo, random_text::random_text, recovery_key::RecoveryKey},
    cipher::EncryptedSecret,
    description::KeyDescription,
    error::DecryptSecretError,
};
use crate::primitives::{
    random::{RngError, draw},
    wipe::{Secret, in_wiped_frame},
};

/// A key of secret storage: 32 bytes and their id, either made here or
/// confirmed by the check value of its description. Secret; wiped on drop.
pub struct SecretStorageKey {
    id: String,
    key: Secret<32>,
    weak: bool,
}

impl ZeroizeOnDrop for SecretStorageKey {}

impl SecretStorageKey {
    /// Makes a new key, to be kept as a [recovery key](Self::recovery_key), and
    /// its description for the account data.
    ///
    /// Draws from `rng`: 32 bytes for the key, then the id (64 bytes, as
    /// [`PassphraseInfo::new_with`]), then 16 bytes for the check value.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn create_with<R>(rng: &mut R) -> Result<(Self, KeyDescription), RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let key = draw(rng)?;
            Self::describe(rng, key, None)
        })
    }

    /// [`Self::create_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn create() -> Result<(Self, KeyDescription), RngError> {
        Self::create_with(&mut crate::primitives::random::OsRng)
    }

    /// Makes a key of a passphrase, and its description.
    ///
    /// Draws from `rng`: the id (64 bytes), then 16 bytes for the check value.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn create_from_passphrase_with<R>(
        rng: &mut R,
        passphrase: &str,
        info: PassphraseInfo,
    ) -> Result<(Self, KeyDescription), RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let key = info.derive(passphrase);
            Self::describe(rng, key, Some(info))
        })
    }

    /// [`Self::create_from_passphrase_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn create_from_passphrase(
        passphrase: &str,
        info: PassphraseInfo,
    ) -> Result<(Self, KeyDescription), RngError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::create_from_passphrase_with(rng, passphrase, info)
    }

    /// Makes storage for a key that its user has already, and its description.
    ///
    /// Draws from `rng`: the id (64 bytes), then 16 bytes for the check value.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn create_from_recovery_key_with<R>(
        rng: &mut R,
        key: &RecoveryKey,
    ) -> Result<(Self, KeyDescription), RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| Self::describe(rng, Secret::from(*key.expose_secret()), None))
    }

    fn describe<R>(
        rng: &mut R,
        key: Secret<32>,
        passphrase: Option<PassphraseInfo>,
    ) -> Result<(Self, KeyDescription), RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let key = Self {
            id: random_text(rng)?,
            key,
            weak: passphrase.as_ref().is_some_and(PassphraseInfo::is_weak),
        };
        let description = KeyDescription::of(rng, &key.key, passphrase)?;
        Ok((key, description))
    }

    pub(super) fn new(id: &str, key: Secret<32>, weak: bool) -> Self {
        Self {
            id: id.to_owned(),
            key,
            weak,
        }
    }

    /// The key's id: its description is the account data event of
    /// [`key_event_type`](super::key_event_type) of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key was made of a passphrase with so few iterations that
    /// the user should be offered a new one.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.weak
    }

    /// The key for its user to keep.
    #[must_use]
    pub fn recovery_key(&self) -> RecoveryKey {
        RecoveryKey::from_bytes(&self.key)
    }

    /// Encrypts a secret under its name, which is the type of the account data
    /// event that it goes to.
    ///
    /// Draws 16 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn encrypt_with<R>(
        &self,
        rng: &mut R,
        name: &str,
        secret: &str,
    ) -> Result<EncryptedSecret, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| EncryptedSecret::encrypt(rng, &self.key, name, secret))
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn encrypt(&self, name: &str, secret: &str) -> Result<EncryptedSecret, RngError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng, name, secret)
    }

    /// Decrypts the secret of this name. What comes out is not proved to be
    /// what was stored until it is checked for what it is.
    ///
    /// # Errors
    /// [`DecryptSecretError`] says why.
    pub fn decrypt(
        &self,
        name: &str,
        secret: &EncryptedSecret,
    ) -> Result<Zeroizing<String>, DecryptSecretError> {
        in_wiped_frame(|| secret.decrypt(&self.key, name))
    }
}

impl fmt::Debug for SecretStorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretStorageKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A key whose description has no check value, so that nothing shows whether it
/// is the right one: the server may have taken the value away to have secrets
/// encrypted under a key that it knows. It decrypts; it does not encrypt. Secret;
/// wiped on drop.
pub struct UncheckedSecretStorageKey(SecretStorageKey);

impl ZeroizeOnDrop for UncheckedSecretStorageKey {}

impl UncheckedSecretStorageKey {
    pub(super) const fn new(key: SecretStorageKey) -> Self {
        Self(key)
    }

    /// As [`SecretStorageKey::id`].
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// As [`SecretStorageKey::is_weak`].
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.0.is_weak()
    }

    /// As [`SecretStorageKey::decrypt`].
    ///
    /// # Errors
    /// [`DecryptSecretError`] says why.
    pub fn decrypt(
        &self,
        name: &str,
        secret: &EncryptedSecret,
    ) -> Result<Zeroizing<String>, DecryptSecretError> {
        self.0.decrypt(name, secret)
    }

    /// The key for encrypting, too: the caller says that it is the right one,
    /// because the user did, or because it decrypted a secret that was found
    /// to be right.
    #[must_use]
    pub fn trust_unchecked(self) -> SecretStorageKey {
        self.0
    }
}

impl fmt::Debug for UncheckedSecretStorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UncheckedSecretStorageKey")
            .field("id", &self.0.id)
            .finish_non_exhaustive()
    }
}
