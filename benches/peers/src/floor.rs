//! The primitives that an operation cannot avoid, called bare.

use aes::{Aes256Dec, Aes256Enc};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::row::{Peer, Row};

pub(crate) const KIB: usize = 1024;

/// Bytes that the compiler does not know.
fn secret() -> [u8; 32] {
    core::hint::black_box([0x42; 32])
}

pub(crate) fn x25519_secret() -> [u8; 32] {
    secret()
}

pub(crate) fn x25519_key() -> [u8; 32] {
    MontgomeryPoint::mul_base_clamped(secret()).to_bytes()
}

pub(crate) fn x25519_public() -> [u8; 32] {
    x25519_key()
}

/// Many keys with one inversion.
pub(crate) fn x25519_keys(count: usize) -> Vec<MontgomeryPoint> {
    let points: Vec<_> = (0..count)
        .map(|_| EdwardsPoint::mul_base_clamped(secret()))
        .collect();
    EdwardsPoint::to_montgomery_batch(&points)
}

pub(crate) fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> [u8; 32] {
    MontgomeryPoint(*public).mul_clamped(*secret).to_bytes()
}

pub(crate) fn ed25519_key() -> VerifyingKey {
    SigningKey::from_bytes(&secret()).verifying_key()
}

pub(crate) fn hmac(length: usize) -> [u8; 32] {
    let data = core::hint::black_box(vec![0x61; length]);
    let mut state = Hmac::<Sha256>::new_from_slice(&secret()).unwrap();
    state.update(&data);
    state.finalize().into_bytes().into()
}

/// HKDF of 32 bytes to 80: extract, and three blocks.
fn message_keys() -> [[u8; 32]; 4] {
    [(); 4].map(|()| hmac(33))
}

pub(crate) fn cbc_encrypt(length: usize) -> Vec<u8> {
    let mut buffer = vec![0x61; length + 16];
    cbc::Encryptor::<Aes256Enc>::new(&secret().into(), &[7; 16].into())
        .encrypt_padded::<Pkcs7>(&mut buffer, length)
        .unwrap();
    buffer
}

pub(crate) fn cbc_decrypt(length: usize) -> Vec<u8> {
    let mut buffer = vec![0x61; length + 16];
    let _ = core::hint::black_box(
        cbc::Decryptor::<Aes256Dec>::new(&secret().into(), &[7; 16].into())
            .decrypt_padded::<Pkcs7>(&mut buffer),
    );
    buffer
}

type Symmetric = ([[u8; 32]; 4], [[u8; 32]; 2], [u8; 32], Vec<u8>);

/// A chain step, the message keys, MAC and encryption.
pub(crate) fn olm_encrypt(length: usize) -> Symmetric {
    (
        message_keys(),
        [hmac(1), hmac(1)],
        hmac(length + 64),
        cbc_encrypt(length),
    )
}

pub(crate) fn olm_decrypt(length: usize) -> Symmetric {
    (
        message_keys(),
        [hmac(1), hmac(1)],
        hmac(length + 64),
        cbc_decrypt(length),
    )
}

pub(crate) fn rows() -> Vec<Row> {
    let key = SigningKey::from_bytes(&secret());
    let public = key.verifying_key();
    let message = [0x61; 100];
    let signature = key.sign(&message);
    let (ours, theirs) = (x25519_secret(), x25519_public());
    vec![
        Row::new("primitive: Ed25519 sign", None).with(Peer::Floor, move || {
            key.sign(&core::hint::black_box(message))
        }),
        Row::new("primitive: Ed25519 verify", None).with(Peer::Floor, move || {
            ed25519_dalek::Verifier::verify(&public, &core::hint::black_box(message), &signature)
        }),
        Row::new("primitive: fixed-base multiplication", None).with(Peer::Floor, x25519_key),
        Row::new("primitive: X25519", None).with(Peer::Floor, move || {
            x25519(&core::hint::black_box(ours), &theirs)
        }),
        Row::new("primitive: HMAC-SHA-256 of one block", None).with(Peer::Floor, || hmac(1)),
    ]
}
