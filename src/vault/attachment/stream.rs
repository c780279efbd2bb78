//! From readers to writers, in memory that does not depend on the file's size.

use alloc::vec;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    decryptor::Verified,
    encryptor::AttachmentEncryptor,
    error::{AttachmentError, DecryptStreamError, EncryptStreamError},
    file::EncryptedFile,
};
use crate::primitives::kdf::Sha256Stream;

/// Bytes in the one buffer that there is.
const BUFFER: usize = 16 * 1024;

impl EncryptedFile {
    /// Encrypts all that a reader gives, to a writer.
    ///
    /// Needs 16 KiB of memory, however long the file. Draws as
    /// [`AttachmentEncryptor::new_with`].
    ///
    /// # Errors
    /// [`EncryptStreamError`].
    pub fn encrypt_to_with<R>(
        rng: &mut R,
        mut reader: impl Read,
        mut writer: impl Write,
    ) -> Result<Self, EncryptStreamError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut encryptor = AttachmentEncryptor::new_with(rng)?;
        let mut buffer = Zeroizing::new(vec![0; BUFFER]);
        loop {
            let piece = fill(&mut reader, &mut buffer).map_err(EncryptStreamError::Read)?;
            if piece.is_empty() {
                break;
            }
            encryptor.update(piece);
            writer
                .write_all(piece)
                .map_err(|error| EncryptStreamError::Write(error.kind()))?;
        }
        writer
            .flush()
            .map_err(|error| EncryptStreamError::Write(error.kind()))?;
        Ok(encryptor.finish())
    }

    /// [`Self::encrypt_to_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`EncryptStreamError`].
    #[cfg(feature = "os-rng")]
    pub fn encrypt_to(reader: impl Read, writer: impl Write) -> Result<Self, EncryptStreamError> {
        Self::encrypt_to_with(&mut crate::primitives::random::OsRng, reader, writer)
    }

    /// Decrypts the ciphertext in a file, from where its reader stands to its
    /// end. Reads it twice: nothing is written before the hash over all of it was
    /// found right. Needs 16 KiB of memory, however long the file.
    ///
    /// # Errors
    /// [`DecryptStreamError`]. A ciphertext that is refused leaves the writer
    /// untouched.
    pub fn decrypt_to(
        &self,
        mut reader: impl Read + Seek,
        mut writer: impl Write,
    ) -> Result<Verified, DecryptStreamError> {
        let read = |error: std::io::Error| DecryptStreamError::Read(error.kind());
        let start = reader.stream_position().map_err(read)?;
        let mut buffer = Zeroizing::new(vec![0; BUFFER]);
        let mut hash = Sha256Stream::default();
        let mut length = 0u64;
        loop {
            let piece = fill(&mut reader, &mut buffer).map_err(DecryptStreamError::Read)?;
            if piece.is_empty() {
                break;
            }
            length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            hash.update(piece);
        }
        if !self.can_count(length) {
            return Err(AttachmentError::CounterOverflow.into());
        }
        self.check_hash(&hash.finish())?;

        // The file may have changed since, so the second pass hashes, too.
        reader.seek(SeekFrom::Start(start)).map_err(read)?;
        let mut decryptor = self.decryptor();
        loop {
            let piece = fill(&mut reader, &mut buffer).map_err(DecryptStreamError::Read)?;
            if piece.is_empty() {
                break;
            }
            let piece = decryptor
                .update(piece)
                .map_err(|_| DecryptStreamError::Changed)?
                .take_unverified();
            writer
                .write_all(piece)
                .map_err(|error| DecryptStreamError::Write(error.kind()))?;
        }
        let verified = decryptor
            .finish()
            .map_err(|_| DecryptStreamError::Changed)?;
        writer
            .flush()
            .map_err(|error| DecryptStreamError::Write(error.kind()))?;
        Ok(verified)
    }
}

/// Reads as much as the buffer holds; less is the end.
fn fill<'b>(reader: &mut impl Read, buffer: &'b mut [u8]) -> Result<&'b mut [u8], ErrorKind> {
    let mut filled = 0usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(buffer.get_mut(..filled).unwrap_or_default())
}
