//! PBKDF2 (RFC 8018) with HMAC-SHA-256 and HMAC-SHA-512.

use core::num::NonZeroU32;

use sha2::{Sha256, Sha512};

use super::wipe::Secret;

/// `N` bytes from a password, by HMAC-SHA-512.
pub(crate) fn pbkdf2_sha512<const N: usize>(
    password: &[u8],
    salt: &[u8],
    rounds: NonZeroU32,
) -> Secret<N> {
    let mut output = Secret::ZERO;
    pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds.get(), output.as_mut_slice());
    output
}

/// `N` bytes from a password, by HMAC-SHA-256.
pub(crate) fn pbkdf2_sha256<const N: usize>(
    password: &[u8],
    salt: &[u8],
    rounds: NonZeroU32,
) -> Secret<N> {
    let mut output = Secret::ZERO;
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds.get(), output.as_mut_slice());
    output
}
