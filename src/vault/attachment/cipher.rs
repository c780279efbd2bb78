//! The counter mode of each version.

use crate::primitives::ctr::{Aes256Ctr, Aes256Ctr64, IV_LENGTH};

/// The version of an encrypted file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// No `v`: a 128-bit counter from any IV.
    V0,
    /// `v1`: a 64-bit counter that wraps in the low half.
    V1,
    /// `v2`: the low half never overflows, so the width does not matter.
    V2,
}

/// The stream of one file.
pub(super) enum Cipher {
    Wide(Aes256Ctr),
    Narrow(Aes256Ctr64),
}

impl Cipher {
    pub(super) fn new(version: Version, key: &[u8; 32], iv: &[u8; IV_LENGTH]) -> Self {
        match version {
            Version::V0 | Version::V2 => Self::Wide(Aes256Ctr::new(key, iv)),
            Version::V1 => Self::Narrow(Aes256Ctr64::new(key, iv)),
        }
    }

    /// Encrypts or decrypts what comes next.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        match self {
            Self::Wide(cipher) => cipher.apply(data),
            Self::Narrow(cipher) => cipher.apply(data),
        }
    }
}
