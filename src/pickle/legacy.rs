//! The envelope that libolm and vodozemac share:
//! `base64(AES-256-CBC(state) ‖ HMAC[8])`, all keys by HKDF with info "Pickle"
//! from the caller's key, and so with the same IV every time.

use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

use super::error::ImportError;
use crate::primitives::{base64, cipher::Cipher};

const MAC_LENGTH: usize = 8;

fn cipher(key: &[u8]) -> Cipher {
    Cipher::derive(key, b"Pickle")
}

/// Decrypts a pickle.
pub(super) fn open(text: &str, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut bytes = Zeroizing::new(base64::decode(text).map_err(|_| ImportError::Base64)?);
    let (ciphertext, mac) = bytes
        .split_last_chunk::<MAC_LENGTH>()
        .ok_or(ImportError::TooShort)?;
    let ciphertext_length = ciphertext.len();
    if ciphertext_length == 0 {
        return Err(ImportError::TooShort);
    }
    let cipher = cipher(key);
    cipher
        .check_tag(ciphertext, mac)
        .map_err(|_| ImportError::WrongKey)?;
    bytes.truncate(ciphertext_length);
    let length = cipher
        .decrypt_in_place(&mut bytes)
        .map_err(|_| ImportError::WrongKey)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Encrypts a state.
pub(super) fn seal(state: &[u8], key: &[u8]) -> String {
    let cipher = cipher(key);
    let mut bytes =
        Vec::with_capacity(Cipher::ciphertext_length(state.len()).saturating_add(MAC_LENGTH));
    cipher.encrypt_into(state, &mut bytes);
    let tag = cipher.tag(&bytes);
    bytes.extend_from_slice(tag.get(..MAC_LENGTH).unwrap_or_default());
    base64::encode(&bytes)
}
