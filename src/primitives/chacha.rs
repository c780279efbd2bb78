//! ChaCha20-Poly1305 (RFC 8439) with the caller's 12-byte nonce.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};

use super::aead::AeadError;

/// Bytes in a nonce.
pub(crate) const NONCE_LENGTH: usize = 12;
/// Bytes in a tag.
pub(crate) const TAG_LENGTH: usize = 16;

/// Encrypts `buffer` in place and gives its tag.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; NONCE_LENGTH],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_LENGTH], AeadError> {
    ChaCha20Poly1305::new(key.into())
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
    ChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), associated, buffer.into(), tag.into())
        .map_err(|_| AeadError)
}
