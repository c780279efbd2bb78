//! The cipher of Olm, Megolm and of the peers' pickles: AES-256-CBC with
//! PKCS#7 padding and HMAC-SHA-256, all keys from one HKDF.

use alloc::vec::Vec;

use aes::{Aes256Dec, Aes256Enc};
use cbc::cipher::{
    BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, array::Array, block_padding::Pkcs7, consts::U16,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::{
    kdf::{hkdf, hmac},
    wipe::Secret,
};

const BLOCK: usize = 16;

/// The MAC or the padding is wrong; nobody is told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inauthentic;

/// The three keys that encrypt and authenticate one message: AES key (32), HMAC
/// key (32), IV (16).
pub(crate) struct Cipher(Secret<80>);

impl Cipher {
    /// `HKDF(no salt, input, info, 80)`.
    pub(crate) fn derive(input: &[u8], info: &[u8]) -> Self {
        Self(hkdf(None, input, info))
    }

    /// The two halves that known answers of the block mode name.
    #[cfg(test)]
    pub(super) fn from_key_and_iv(key: &[u8; 32], iv: &[u8; BLOCK]) -> Self {
        let mut keys = Secret::ZERO;
        keys[..32].copy_from_slice(key);
        keys[64..].copy_from_slice(iv);
        Self(keys)
    }

    fn aes_key(&self) -> &[u8; 32] {
        self.0.part(0)
    }

    fn mac_key(&self) -> &[u8; 32] {
        self.0.part(32)
    }

    fn iv(&self) -> &[u8; BLOCK] {
        self.0.part(64)
    }

    /// How many bytes of ciphertext a plaintext of `length` bytes gives.
    pub(crate) const fn ciphertext_length(length: usize) -> usize {
        (length / BLOCK).saturating_add(1).saturating_mul(BLOCK)
    }

    /// Encrypts `plaintext` to the end of `out`, which holds room for it.
    pub(crate) fn encrypt_into(&self, plaintext: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let padded = Self::ciphertext_length(plaintext.len());
        out.extend_from_slice(plaintext);
        // PKCS#7: 1 to 16 bytes, each the count of them.
        let padding = u8::try_from(padded.saturating_sub(plaintext.len())).unwrap_or_default();
        out.resize(start.saturating_add(padded), padding);
        let (blocks, _) =
            Array::<u8, U16>::slice_as_chunks_mut(out.get_mut(start..).unwrap_or_default());
        cbc::Encryptor::<Aes256Enc>::new(self.aes_key().into(), self.iv().into())
            .encrypt_blocks(blocks);
    }

    /// The full tag over `data`.
    pub(crate) fn tag(&self, data: &[u8]) -> [u8; 32] {
        hmac(self.mac_key(), data)
    }

    /// Checks a tag, whose length the caller has fixed by the version, in
    /// constant time.
    pub(crate) fn check_tag(&self, data: &[u8], tag: &[u8]) -> Result<(), Inauthentic> {
        let expected = self.tag(data);
        let expected = expected.get(..tag.len()).filter(|part| !part.is_empty());
        match expected {
            Some(expected) if bool::from(expected.ct_eq(tag)) => Ok(()),
            _ => Err(Inauthentic),
        }
    }

    /// Decrypts in place what was authenticated before, and gives the length
    /// of the plaintext at the front of `buffer`.
    pub(crate) fn decrypt_in_place(&self, buffer: &mut [u8]) -> Result<usize, Inauthentic> {
        cbc::Decryptor::<Aes256Dec>::new(self.aes_key().into(), self.iv().into())
            .decrypt_padded::<Pkcs7>(buffer)
            .map(<[u8]>::len)
            .map_err(|_| Inauthentic)
    }

    /// Decrypts what was authenticated before into a new vector: the one
    /// allocation of a decryption.
    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>, Inauthentic> {
        let mut plaintext = ciphertext.to_vec();
        match self.decrypt_in_place(&mut plaintext) {
            Ok(length) => {
                plaintext.truncate(length);
                Ok(plaintext)
            }
            Err(error) => {
                plaintext.zeroize();
                Err(error)
            }
        }
    }
}

/// Whether a ciphertext of this length can exist.
pub(crate) const fn is_ciphertext_length(length: usize) -> bool {
    length != 0 && length.is_multiple_of(BLOCK)
}
