//! Random letters and digits: salts and key ids.

use alloc::string::String;

use rand_core::TryCryptoRng;

use crate::primitives::random::{RngError, fill};

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: usize = 32;

/// 32 letters and digits, each as likely as any other: 64 bytes are drawn at a
/// time, those below 4 · 62 are taken modulo 62, and the rest is thrown away.
pub(super) fn random_text<R>(rng: &mut R) -> Result<String, RngError>
where
    R: TryCryptoRng + ?Sized,
{
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; 64];
        fill(rng, &mut bytes)?;
        let characters = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 62)))
            .map(|character| char::from(*character));
        text.extend(characters.take(LENGTH.saturating_sub(text.len())));
    }
    Ok(text)
}
