//! Encrypting what comes in pieces.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use super::{
    PIECE,
    cipher::{Cipher, Version},
    file::EncryptedFile,
};
use crate::primitives::{
    ctr::IV_LENGTH,
    kdf::Sha256Stream,
    random::{RngError, draw},
    wipe::{Secret, in_wiped_frame},
};

/// Encrypts a file that comes in pieces of any size, without an operating
/// system and without a buffer of its own. Secret; wiped on drop.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::vault::AttachmentEncryptor;
///
/// let (mut first, mut second) = (*b"a pic", *b"ture");
/// let mut encryptor = AttachmentEncryptor::new()?;
/// encryptor.update(&mut first); // the pieces are ciphertext now: send them
/// encryptor.update(&mut second);
/// let file = encryptor.finish();
///
/// let mut whole = [&first[..], &second].concat();
/// file.decrypt_in_place(&mut whole)?;
/// assert_eq!(whole, b"a picture");
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct AttachmentEncryptor {
    key: Secret<32>,
    iv: [u8; IV_LENGTH],
    cipher: Cipher,
    hash: Sha256Stream,
}

/// Every part that is secret wipes itself.
impl ZeroizeOnDrop for AttachmentEncryptor {}

impl AttachmentEncryptor {
    /// Starts a file. Draws 40 bytes in one call: the key, then the first half of
    /// the IV, whose other half is zero.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let drawn = draw::<40, _>(rng)?;
            let key = Secret::from(*drawn.part::<32>(0));
            let mut iv = [0; IV_LENGTH];
            iv[..8].copy_from_slice(drawn.part::<8>(32));
            let cipher = Cipher::new(Version::V2, &key, &iv);
            let hash = Sha256Stream::default();
            Ok(Self {
                key,
                iv,
                cipher,
                hash,
            })
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// Encrypts the next piece in place. Pieces of 16 kB and more are fastest.
    pub fn update(&mut self, piece: &mut [u8]) {
        in_wiped_frame(|| {
            for piece in piece.chunks_mut(PIECE) {
                self.cipher.apply(piece);
                self.hash.update(piece);
            }
        });
    }

    /// What opens the file, once all of it was encrypted.
    #[must_use]
    pub fn finish(self) -> EncryptedFile {
        let Self { key, iv, hash, .. } = self;
        EncryptedFile {
            version: Version::V2,
            key,
            iv,
            sha256: hash.finish(),
        }
    }
}

impl fmt::Debug for AttachmentEncryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentEncryptor")
            .finish_non_exhaustive()
    }
}
