//! Decrypting what arrives in pieces, before anybody knows its hash.

use core::fmt;

use super::{PIECE, cipher::Cipher, error::AttachmentError, file::EncryptedFile};
use crate::primitives::{kdf::Sha256Stream, wipe::in_wiped_frame};

/// Decrypts an attachment that arrives in pieces of any size. Secret; wiped on
/// drop.
///
/// Whether the pieces are the sender's shows only at the end: put them where
/// they can be thrown away, and use them when [`finish`](Self::finish) has given
/// [`Verified`].
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::vault::EncryptedFile;
///
/// let mut ciphertext = b"a picture".to_vec();
/// let file = EncryptedFile::encrypt_in_place(&mut ciphertext)?;
///
/// let mut kept_aside = Vec::new();
/// let mut decryptor = file.decryptor();
/// for piece in ciphertext.chunks(4) {
///     let piece = decryptor.update(piece.to_vec())?;
///     kept_aside.extend(piece.take_unverified());
/// }
/// assert_eq!(decryptor.finish()?.length(), 9);
/// assert_eq!(kept_aside, b"a picture"); // now it may be shown
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct AttachmentDecryptor<'a> {
    file: &'a EncryptedFile,
    cipher: Cipher,
    hash: Sha256Stream,
    length: u64,
    overflowed: bool,
}

impl<'a> AttachmentDecryptor<'a> {
    pub(super) fn new(file: &'a EncryptedFile) -> Self {
        Self {
            file,
            cipher: file.cipher(),
            hash: Sha256Stream::default(),
            length: 0,
            overflowed: false,
        }
    }

    /// Decrypts the next piece in its own buffer. The buffer is handed over, so
    /// that its bytes come out of the [`Unverified`] or not at all: a `Vec`, a
    /// `Box` or an array. (With a `&mut` slice, whoever owns the bytes still has
    /// to leave them alone.)
    ///
    /// # Errors
    /// [`AttachmentError::CounterOverflow`]: the piece is dropped, and no piece
    /// after it is decrypted.
    pub fn update<B: AsMut<[u8]>>(
        &mut self,
        mut piece: B,
    ) -> Result<Unverified<B>, AttachmentError> {
        let bytes = piece.as_mut();
        let added = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.length = self.length.saturating_add(added);
        self.overflowed |= !self.file.can_count(self.length);
        if self.overflowed {
            return Err(AttachmentError::CounterOverflow);
        }
        in_wiped_frame(|| {
            for bytes in bytes.chunks_mut(PIECE) {
                self.hash.update(bytes);
                self.cipher.apply(bytes);
            }
        });
        Ok(Unverified(piece))
    }

    /// Ends the file: what was decrypted is the sender's, to the last byte.
    ///
    /// # Errors
    /// [`AttachmentError`]: throw away all that came out.
    pub fn finish(self) -> Result<Verified, AttachmentError> {
        if self.overflowed {
            return Err(AttachmentError::CounterOverflow);
        }
        let length = self.length;
        self.file.check_hash(&self.hash.finish())?;
        Ok(Verified { length })
    }
}

impl fmt::Debug for AttachmentDecryptor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentDecryptor")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Bytes that were decrypted before anybody knew whether they are the sender's.
/// Whoever passes them on can have flipped bits in them.
#[must_use = "the bytes come out of it alone"]
pub struct Unverified<B>(B);

impl<B> Unverified<B> {
    /// The bytes, to be kept aside until [`AttachmentDecryptor::finish`] is
    /// content.
    #[must_use]
    pub fn take_unverified(self) -> B {
        self.0
    }
}

impl<B> fmt::Debug for Unverified<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").finish_non_exhaustive()
    }
}

/// The proof that a whole attachment was decrypted and is the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "without it nothing that was decrypted may be used"]
pub struct Verified {
    length: u64,
}

impl Verified {
    /// How many bytes the file has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }
}
