//! libolm's pickle envelope, written from its description and apart from the
//! library: `base64(AES-256-CBC(state) ‖ HMAC-SHA-256[..8])`, all keys by HKDF
//! with info "Pickle". With it a test can put any state into a session.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot start fails"
)]

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().into()
}

pub(crate) fn hkdf<const N: usize>(salt: &[u8; 32], input: &[u8], info: &[u8]) -> [u8; N] {
    let key = hmac(salt, input);
    let (mut out, mut block) = (Vec::new(), Vec::new());
    for counter in 1u8.. {
        block = hmac(&key, &[&block, info, &[counter]].concat()).to_vec();
        out.extend_from_slice(&block);
        if out.len() >= N {
            break;
        }
    }
    out[..N].try_into().unwrap()
}

/// AES key, HMAC key and IV of the peers' cipher.
pub(crate) struct Keys([u8; 80]);

impl Keys {
    pub(crate) fn derive(key: &[u8], info: &[u8]) -> Self {
        Self(hkdf(&[0; 32], key, info))
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = plaintext.to_vec();
        buffer.resize(plaintext.len() + 16, 0);
        cbc::Encryptor::<aes::Aes256>::new_from_slices(&self.0[..32], &self.0[64..])
            .unwrap()
            .encrypt_padded::<Pkcs7>(&mut buffer, plaintext.len())
            .unwrap()
            .to_vec()
    }

    pub(crate) fn mac(&self, data: &[u8]) -> [u8; 8] {
        hmac(&self.0[32..64], data)[..8].try_into().unwrap()
    }
}

/// The pickle of a state.
pub(crate) fn seal(state: &[u8], key: &[u8]) -> String {
    let keys = Keys::derive(key, b"Pickle");
    let mut out = keys.encrypt(state);
    let mac = keys.mac(&out);
    out.extend_from_slice(&mac);
    STANDARD_NO_PAD.encode(out)
}

/// The state in a good pickle.
pub(crate) fn open(text: &str, key: &[u8]) -> Vec<u8> {
    let keys = Keys::derive(key, b"Pickle");
    let mut bytes = STANDARD_NO_PAD.decode(text).unwrap();
    bytes.truncate(bytes.len() - 8);
    cbc::Decryptor::<aes::Aes256>::new_from_slices(&keys.0[..32], &keys.0[64..])
        .unwrap()
        .decrypt_padded::<Pkcs7>(&mut bytes)
        .unwrap()
        .to_vec()
}
