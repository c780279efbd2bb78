//! A value, encrypted.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::error::StoreError;
use crate::primitives::{
    aead::{self, NONCE_LENGTH, TAG_LENGTH},
    random,
    wipe::Secret,
};

/// The version of a sealed value, its first byte.
pub(super) const VERSION: u8 = 1;
/// Bytes that a sealed value is longer than the value.
pub(super) const OVERHEAD: usize = 1 + NONCE_LENGTH + TAG_LENGTH;

/// Tells one writing of a record from another: its nonce.
#[cfg(feature = "mls")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp([u8; NONCE_LENGTH]);

#[cfg(feature = "mls")]
impl Stamp {
    /// That of a sealed value.
    pub(crate) fn of(sealed: &[u8]) -> Option<Self> {
        let nonce = sealed.get(1..)?.first_chunk()?;
        Some(Self(*nonce))
    }
}

/// `version (1) ‖ nonce (24) ‖ XChaCha20-Poly1305(value) ‖ tag (16)`, with the
/// version and the record's key as associated data. Draws 24 bytes.
pub(super) fn seal<R>(
    rng: &mut R,
    key: &Secret<32>,
    record: &[u8],
    value: &[u8],
) -> Result<Vec<u8>, StoreError>
where
    R: TryCryptoRng + ?Sized,
{
    let nonce = random::draw::<NONCE_LENGTH, _>(rng)?;
    // The whole length, as growing would leave a copy of the value behind.
    let mut sealed = Vec::with_capacity(value.len().saturating_add(OVERHEAD));
    sealed.push(VERSION);
    sealed.extend_from_slice(nonce.as_slice());
    sealed.extend_from_slice(value);
    let tag = sealed
        .get_mut(1 + NONCE_LENGTH..)
        .and_then(|value| aead::seal(key, &nonce, &associated_data(record), value).ok())
        .ok_or(StoreError::TooLarge)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

pub(super) fn open(
    key: &Secret<32>,
    record: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (nonce, rest) = sealed
        .strip_prefix(&[VERSION])
        .and_then(|rest| rest.split_first_chunk::<NONCE_LENGTH>())
        .ok_or(StoreError::Damaged)?;
    let (ciphertext, tag) = rest
        .split_last_chunk::<TAG_LENGTH>()
        .ok_or(StoreError::Damaged)?;
    let mut value = Zeroizing::new(ciphertext.to_vec());
    aead::open(key, nonce, &associated_data(record), &mut value, tag)
        .map_err(|_| StoreError::Damaged)?;
    Ok(value)
}

fn associated_data(record: &[u8]) -> Vec<u8> {
    [&[VERSION], record].concat()
}
