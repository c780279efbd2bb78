//! What both channels do with their messages: sealed bytes to base64 and back.

use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

use super::error::{DecodeError, OpenError, SealError};
use crate::primitives::{base64, chacha::TAG_LENGTH};

/// The default of the prefix that stands in every derivation of a channel.
pub const PREFIX: &str = "MATRIX_QR_CODE_LOGIN";

/// Bytes of a message as it travels, in base64: what a rendezvous carries at
/// most (MSC4388). For sending and for receiving.
pub const MAX_MESSAGE_LENGTH: usize = 4096;

/// What the first message of S says, whatever the prefix.
pub(super) const INITIATE: &[u8] = b"MATRIX_QR_CODE_LOGIN_INITIATE";
/// What G answers.
pub(super) const OK: &[u8] = b"MATRIX_QR_CODE_LOGIN_OK";

/// Base64 of `prefix ‖ sealed text ‖ tag`.
pub(super) fn seal(
    prefix: &[u8],
    plaintext: &[u8],
    seal: impl FnOnce(&mut [u8]) -> Result<[u8; TAG_LENGTH], SealError>,
) -> Result<String, SealError> {
    // So much text fills a message; more is not even copied.
    const MOST: usize = MAX_MESSAGE_LENGTH / 4 * 3 - TAG_LENGTH;
    let length = prefix.len().saturating_add(plaintext.len());
    if length > MOST {
        return Err(SealError::TooLong {
            length: plaintext.len(),
        });
    }
    // Of the final size, so that growing leaves no copy, and wiped if sealing
    // fails.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.saturating_add(TAG_LENGTH)));
    bytes.extend_from_slice(prefix);
    bytes.extend_from_slice(plaintext);
    let tag = seal(bytes.get_mut(prefix.len()..).unwrap_or_default())?;
    bytes.extend_from_slice(&tag);
    Ok(base64::encode(&bytes))
}

/// The bytes of a message.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    check_length(text)?;
    base64::decode(text).map_err(|_| DecodeError::Base64)
}

/// Refuses more than a rendezvous carries.
pub(super) const fn check_length(text: &str) -> Result<(), DecodeError> {
    let length = text.len();
    if length > MAX_MESSAGE_LENGTH {
        return Err(DecodeError::TooLong { length });
    }
    Ok(())
}

/// The text in `sealed text ‖ tag`.
pub(super) fn open(
    sealed: &[u8],
    open: impl FnOnce(&mut [u8], &[u8; TAG_LENGTH]) -> Result<(), OpenError>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (text, tag) = sealed
        .split_last_chunk::<TAG_LENGTH>()
        .ok_or(DecodeError::Truncated {
            length: sealed.len(),
        })?;
    let mut text = Zeroizing::new(text.to_vec());
    open(&mut text, tag)?;
    Ok(text)
}
