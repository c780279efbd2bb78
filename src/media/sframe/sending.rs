//! A key that encrypts.

use alloc::vec::Vec;
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    base_key::BaseKey,
    cipher::{FrameCipher, MAX_METADATA},
    error::{EncryptError, ReserveError},
    header::Header,
    key_id::KeyId,
    suite::CipherSuite,
};
use crate::{media::buffer::grow, primitives::wipe::in_wiped_frame};

/// A key that encrypts frames, with the counter that no two of them may share.
/// Secret; wiped on drop.
///
/// The counter starts at 0, goes up by one for each frame, and ends after
/// [`MAX_FRAMES`](Self::MAX_FRAMES).
///
/// *A key that lives as long as the call* is made by [`new`](Self::new), once for
/// each base key and key id. *A key that is stored* is made by
/// [`resume`](Self::resume) each time: its counter has to be written down before it
/// is used, so it wants a [reservation](Self::reserve).
pub struct SendingKey {
    suite: CipherSuite,
    key_id: KeyId,
    cipher: FrameCipher,
    next: u64,
    /// The first counter that must not be used yet.
    limit: u64,
}

impl SendingKey {
    /// How many frames one key encrypts. The RFC names no limit below that of the
    /// counter's 64 bits; this one keeps AES far from its bounds at any length of
    /// frames, and is seven weeks of a thousand frames a second.
    pub const MAX_FRAMES: u64 = 1 << 32;
    /// Bytes of metadata that can be authenticated with a frame.
    pub const MAX_METADATA: usize = MAX_METADATA;

    /// A key at counter 0. Making it twice from the same base key and key id gives
    /// two keys that use the same counters, which breaks both: don't.
    #[must_use]
    pub fn new(base_key: BaseKey, suite: CipherSuite, key_id: KeyId) -> Self {
        Self::at(base_key, suite, key_id, 0, Self::MAX_FRAMES)
    }

    /// A key whose counter was stored: it starts at `counter`, the number that
    /// [`reserve`](Self::reserve) gave last (0, if it never did), and encrypts
    /// nothing before the next reservation.
    #[must_use]
    pub fn resume(base_key: BaseKey, suite: CipherSuite, key_id: KeyId, counter: u64) -> Self {
        Self::at(base_key, suite, key_id, counter, counter)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a base key is spent on one key"
    )]
    fn at(base_key: BaseKey, suite: CipherSuite, key_id: KeyId, next: u64, limit: u64) -> Self {
        in_wiped_frame(|| Self {
            suite,
            key_id,
            cipher: FrameCipher::derive(&base_key, suite, key_id),
            next,
            limit,
        })
    }

    /// Lets the key encrypt `frames` more frames than it has, and gives the number
    /// to store *before* the first of them: whatever happens then,
    /// [`resume`](Self::resume) with that number uses no counter twice.
    ///
    /// # Errors
    /// [`ReserveError`] when there are not so many counters left.
    pub fn reserve(&mut self, frames: u64) -> Result<u64, ReserveError> {
        let limit = self
            .next
            .checked_add(frames)
            .filter(|limit| *limit <= Self::MAX_FRAMES)
            .ok_or_else(|| ReserveError {
                left: Self::MAX_FRAMES.saturating_sub(self.next),
            })?;
        self.limit = limit;
        Ok(limit)
    }

    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The id that the frames carry.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The counter of the next frame.
    #[must_use]
    pub const fn next_counter(&self) -> u64 {
        self.next
    }

    /// Bytes that the next frame will have, when its text has `length`.
    #[must_use]
    pub fn sealed_length(&self, length: usize) -> usize {
        let header = Header::new(self.key_id, self.next).encode();
        length
            .saturating_add(header.as_bytes().len())
            .saturating_add(self.suite.tag_length())
    }

    /// Encrypts the frame where it stands, and gives its counter. `metadata` is
    /// authenticated with it and not sent: the receiver has to have the same.
    ///
    /// A vector with a capacity of [`sealed_length`](Self::sealed_length) is not
    /// reallocated.
    ///
    /// # Errors
    /// [`EncryptError`], but for `BufferTooSmall`; frame and key are unchanged.
    pub fn encrypt(&mut self, frame: &mut Vec<u8>, metadata: &[u8]) -> Result<u64, EncryptError> {
        let length = frame.len();
        let counter = self.next;
        self.check(metadata)?;
        grow(frame, self.sealed_length(length));
        match self.encrypt_slice(frame, length, metadata) {
            Ok(_) => Ok(counter),
            Err(error) => {
                frame.truncate(length);
                Err(error)
            }
        }
    }

    /// [`encrypt`](Self::encrypt) in a fixed buffer, of which the first `length`
    /// bytes are the text: gives how many are the encrypted frame.
    ///
    /// # Errors
    /// [`EncryptError`]; buffer and key are unchanged.
    pub fn encrypt_slice(
        &mut self,
        buffer: &mut [u8],
        length: usize,
        metadata: &[u8],
    ) -> Result<usize, EncryptError> {
        self.check(metadata)?;
        let sealed = self.sealed_length(length);
        let header = Header::new(self.key_id, self.next);
        let encoded = header.encode();
        let front = encoded.as_bytes().len();
        let frame = buffer
            .get_mut(..sealed)
            .ok_or(EncryptError::BufferTooSmall { needed: sealed })?;
        frame.copy_within(..length, front);
        let (head, rest) = frame.split_at_mut(front);
        let (text, tag) = rest.split_at_mut(length);
        match in_wiped_frame(|| self.cipher.seal(&header, metadata, text, tag)) {
            Ok(()) => {
                head.copy_from_slice(encoded.as_bytes());
                self.next = self.next.saturating_add(1);
                Ok(sealed)
            }
            Err(_) => {
                frame.copy_within(front..front.saturating_add(length), 0);
                Err(EncryptError::TooLong)
            }
        }
    }

    fn check(&self, metadata: &[u8]) -> Result<(), EncryptError> {
        if self.next >= Self::MAX_FRAMES {
            Err(EncryptError::Exhausted)
        } else if self.next >= self.limit {
            Err(EncryptError::NotReserved)
        } else if metadata.len() > MAX_METADATA {
            Err(EncryptError::MetadataTooLong)
        } else {
            Ok(())
        }
    }
}

/// The cipher wipes itself.
impl ZeroizeOnDrop for SendingKey {}

impl fmt::Debug for SendingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendingKey")
            .field("suite", &self.suite)
            .field("key_id", &self.key_id)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
