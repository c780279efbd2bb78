//! libolm's public-key objects: encryption to a lone Curve25519 key, and signing
//! with a lone Ed25519 key.
//!
//! ```text
//! Z = X25519(ephemeral, recipient)
//! AES key (32) ‖ MAC key (32) ‖ IV (16) = HKDF-SHA-256(no salt, Z, no info)
//! ciphertext = AES-256-CBC(plaintext), mac = HMAC-SHA-256(empty)[..8]
//! ```
//!
//! The MAC covers nothing: libolm's error, and every client's since. It shows
//! only that the ephemeral key is the one that was used, so **the plaintext is
//! not authenticated**: anybody who has the public key can write one, and whoever
//! passes it on can flip bits in it. There is one error for all that can be
//! wrong with a message, since the padding would otherwise tell of the text.

mod message;

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use self::message::MAC_LENGTH;
pub use self::message::{PkMessage, PkMessageError};
use crate::primitives::{
    cipher::{Cipher, is_ciphertext_length},
    curve25519::{Curve25519PublicKey, Curve25519SecretKey, SharedSecret, ZeroSharedSecret},
    ed25519::{Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey},
    random::{RngError, draw},
    wipe::in_wiped_frame,
};

/// Encrypts to a Curve25519 key: libolm's `PkEncryption`. Public.
#[derive(Clone, Debug)]
pub struct PkEncryption {
    recipient: Curve25519PublicKey,
}

impl PkEncryption {
    /// Encrypts to this key.
    #[must_use]
    pub const fn new(recipient: Curve25519PublicKey) -> Self {
        Self { recipient }
    }

    /// Encrypts any bytes.
    ///
    /// Draws 32 bytes from `rng`, the ephemeral private key.
    ///
    /// # Errors
    /// [`PkEncryptError::Rng`] if the generator fails, and
    /// [`PkEncryptError::LowOrderKey`] if anybody could read the message.
    pub fn encrypt_with<R>(
        &self,
        rng: &mut R,
        plaintext: &[u8],
    ) -> Result<PkMessage, PkEncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let ephemeral = Curve25519SecretKey::from_bytes(&*draw::<32, R>(rng)?);
            let cipher = cipher(&ephemeral.multiply(&self.recipient)?);
            let mut ciphertext = Vec::with_capacity(Cipher::ciphertext_length(plaintext.len()));
            cipher.encrypt_into(plaintext, &mut ciphertext);
            Ok(PkMessage {
                ephemeral: ephemeral.multiply_base(),
                ciphertext,
                mac: mac(&cipher),
            })
        })
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// As [`Self::encrypt_with`].
    #[cfg(feature = "os-rng")]
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<PkMessage, PkEncryptError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng, plaintext)
    }
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PkEncryptError {
    /// The random number generator failed.
    Rng,
    /// The recipient's key is of small order.
    LowOrderKey,
}

impl fmt::Display for PkEncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::LowOrderKey => f.write_str("the recipient's key is of small order"),
        }
    }
}

impl core::error::Error for PkEncryptError {}

impl From<RngError> for PkEncryptError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<ZeroSharedSecret> for PkEncryptError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self::LowOrderKey
    }
}

/// Decrypts what was encrypted to a Curve25519 key: libolm's `PkDecryption`.
/// Secret; wiped on drop.
///
/// Its pickle in libolm's format is that of its key:
/// [`Curve25519SecretKey::from_libolm_pk_decryption_pickle`].
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::vault::{PkDecryption, PkEncryption};
///
/// let decryption = PkDecryption::new()?;
/// let message = PkEncryption::new(decryption.public_key()).encrypt(b"text")?;
/// assert_eq!(*decryption.decrypt(&message)?, b"text");
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct PkDecryption {
    key: Curve25519SecretKey,
    public: Curve25519PublicKey,
}

impl ZeroizeOnDrop for PkDecryption {}

impl PkDecryption {
    /// Draws a new key: 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        Curve25519SecretKey::new_with(rng).map(Self::from_key)
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// With this key.
    #[must_use]
    pub fn from_key(key: Curve25519SecretKey) -> Self {
        let public = key.public_key();
        Self { key, public }
    }

    /// The key, as it was given: not clamped.
    #[must_use]
    pub const fn key(&self) -> &Curve25519SecretKey {
        &self.key
    }

    /// The public half, to encrypt to.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.public
    }

    /// Decrypts a message. What comes out is not authenticated: see the words
    /// on the MAC at [`PkMessage`] and check it for what it should be.
    ///
    /// # Errors
    /// [`PkDecryptError`], whatever is wrong.
    pub fn decrypt(&self, message: &PkMessage) -> Result<Zeroizing<Vec<u8>>, PkDecryptError> {
        in_wiped_frame(|| self.decrypt_in_frame(message))
    }

    /// [`Self::decrypt`], for a caller that clears the stack.
    pub(super) fn decrypt_in_frame(
        &self,
        message: &PkMessage,
    ) -> Result<Zeroizing<Vec<u8>>, PkDecryptError> {
        let secret = self.key.multiply(&message.ephemeral)?;
        let cipher = cipher(&secret);
        if !bool::from(mac(&cipher).ct_eq(&message.mac)) {
            return Err(PkDecryptError);
        }
        if !is_ciphertext_length(message.ciphertext.len()) {
            return Err(PkDecryptError);
        }
        cipher
            .decrypt(&message.ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| PkDecryptError)
    }
}

impl fmt::Debug for PkDecryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PkDecryption")
            .field("public_key", &self.public)
            .finish_non_exhaustive()
    }
}

/// A message was not decrypted: it is another key's, or was changed, or was
/// made badly. Which of them, nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PkDecryptError;

impl fmt::Display for PkDecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is not this key's, or was changed")
    }
}

impl core::error::Error for PkDecryptError {}

impl From<ZeroSharedSecret> for PkDecryptError {
    fn from(_: ZeroSharedSecret) -> Self {
        Self
    }
}

/// Signs with an Ed25519 key that is kept as its seed: libolm's `PkSigning`.
/// Secret; wiped on drop.
#[derive(Debug)]
pub struct PkSigning(Ed25519SigningKey);

impl ZeroizeOnDrop for PkSigning {}

impl PkSigning {
    /// Bytes in a seed.
    pub const SEED_LENGTH: usize = 32;

    /// The key of this seed, 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; Self::SEED_LENGTH]) -> Self {
        Self(Ed25519SigningKey::from_seed(seed))
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> Ed25519PublicKey {
        self.0.public_key()
    }

    /// Signs a message; draws nothing.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        self.0.sign(message)
    }
}

fn cipher(secret: &SharedSecret) -> Cipher {
    Cipher::derive(secret.expose_secret(), b"")
}

/// The MAC over nothing.
fn mac(cipher: &Cipher) -> [u8; MAC_LENGTH] {
    let tag = cipher.tag(b"");
    tag.first_chunk().copied().unwrap_or_default()
}
