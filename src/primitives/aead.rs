//! XChaCha20-Poly1305 with a random 24-byte nonce, for state at rest.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

/// Bytes in a nonce.
pub(crate) const NONCE_LENGTH: usize = 24;
/// Bytes in a tag.
pub(crate) const TAG_LENGTH: usize = 16;

/// The tag does not belong to key, nonce, associated data and ciphertext, or
/// the message is too long for the cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AeadError;

/// Encrypts `buffer` in place and gives its tag.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; NONCE_LENGTH],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_LENGTH], AeadError> {
    XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(nonce.into(), associated, buffer.into())
        .map(Into::into)
        .map_err(|_| AeadError)
}

/// Checks the tag and decrypts `buffer` in place; on failure it is unchanged.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; NONCE_LENGTH],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_LENGTH],
) -> Result<(), AeadError> {
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), associated, buffer.into(), tag.into())
        .map_err(|_| AeadError)
}
