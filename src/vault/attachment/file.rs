//! What opens an attachment.

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use super::{
    cipher::{Cipher, Version},
    decryptor::AttachmentDecryptor,
    encryptor::AttachmentEncryptor,
    error::AttachmentError,
};
use crate::primitives::{
    ctr::{IV_LENGTH, low_half_suffices},
    kdf::sha256,
    random::RngError,
    wipe::{Secret, in_wiped_frame},
};

/// Which versions of an encrypted file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "old versions are read or they are not"
)]
pub enum FileVersions {
    /// `v2` alone: what every client has written since 2016.
    Current,
    /// The two before it, too, for old messages. They count otherwise, so a
    /// forger who can choose the version gets other bytes past the hash.
    WithLegacy,
}

/// What opens an attachment: `EncryptedFile` of the specification, less its
/// `url`. It stands in `file` of a message's content, in `info.thumbnail_file`,
/// and in the announcement of a room key bundle.
///
/// Secret; wiped on drop.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::vault::{EncryptedFile, FileVersions};
///
/// let mut bytes = b"a picture".to_vec();
/// let file = EncryptedFile::encrypt_in_place(&mut bytes)?;
/// // Upload the bytes, and send this in an encrypted event.
/// let json = file.to_json("mxc://example.org/abc");
///
/// let file = EncryptedFile::from_json(json.as_bytes(), FileVersions::Current)?;
/// file.decrypt_in_place(&mut bytes)?;
/// assert_eq!(bytes, b"a picture");
///
/// bytes[0] ^= 1; // no longer what the sender hashed
/// assert!(file.decrypt_in_place(&mut bytes).is_err());
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct EncryptedFile {
    pub(super) version: Version,
    pub(super) key: Secret<32>,
    pub(super) iv: [u8; IV_LENGTH],
    pub(super) sha256: [u8; 32],
}

/// The key wipes itself, and the rest is public.
impl ZeroizeOnDrop for EncryptedFile {}

impl EncryptedFile {
    /// Encrypts a file in memory, in place, under a key of its own.
    ///
    /// Draws as [`AttachmentEncryptor::new_with`].
    ///
    /// # Errors
    /// [`RngError`] if the generator fails; the buffer is then as it was.
    pub fn encrypt_in_place_with<R>(rng: &mut R, buffer: &mut [u8]) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut encryptor = AttachmentEncryptor::new_with(rng)?;
        encryptor.update(buffer);
        Ok(encryptor.finish())
    }

    /// [`Self::encrypt_in_place_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails; the buffer is then as it was.
    #[cfg(feature = "os-rng")]
    pub fn encrypt_in_place(buffer: &mut [u8]) -> Result<Self, RngError> {
        Self::encrypt_in_place_with(&mut crate::primitives::random::OsRng, buffer)
    }

    /// Decrypts a whole ciphertext in place, once its hash was found right.
    ///
    /// # Errors
    /// [`AttachmentError`]; the buffer is then as it was.
    pub fn decrypt_in_place(&self, buffer: &mut [u8]) -> Result<(), AttachmentError> {
        let length = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        if !self.can_count(length) {
            return Err(AttachmentError::CounterOverflow);
        }
        self.check_hash(&sha256(&[buffer]))?;
        in_wiped_frame(|| self.cipher().apply(buffer));
        Ok(())
    }

    /// Decrypts a ciphertext that arrives in pieces.
    #[must_use]
    pub fn decryptor(&self) -> AttachmentDecryptor<'_> {
        AttachmentDecryptor::new(self)
    }

    /// The SHA-256 hash of the ciphertext. Public.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The stream of this file, from its start.
    pub(super) fn cipher(&self) -> Cipher {
        in_wiped_frame(|| Cipher::new(self.version, &self.key, &self.iv))
    }

    /// Whether counters of all widths agree up to this length. Old versions say
    /// which width they have.
    pub(super) fn can_count(&self, length: u64) -> bool {
        self.version != Version::V2 || low_half_suffices(&self.iv, length)
    }

    pub(super) fn check_hash(&self, found: &[u8; 32]) -> Result<(), AttachmentError> {
        if bool::from(found.ct_eq(&self.sha256)) {
            Ok(())
        } else {
            Err(AttachmentError::WrongHash)
        }
    }
}

impl fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedFile")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
