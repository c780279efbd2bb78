//! ECDSA on P-256 with SHA-256, as MLS and TLS 1.3 use it.
//!
//! A signature is the DER of `ECDSA-Sig-Value` (RFC 9420 §5.1.2, RFC 8446
//! §4.2.3), a public key the uncompressed point of SEC 1 in 65 bytes. No other
//! encoding is read: no BER, no leading zeros, no bytes behind, no compressed or
//! infinite point. Either of `s` and `n − s` verifies, as in TLS: `openmls` with
//! its own provider and `mls-rs` take both, and all members must agree.
//!
//! Signing is deterministic (RFC 6979) and draws nothing.

use alloc::vec::Vec;

use p256::ecdsa::{
    DerSignature, Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};

use super::{kdf::HmacSha256, wipe::Secret};

/// Bytes in a private key.
pub(crate) const PRIVATE_KEY_LENGTH: usize = 32;
/// Bytes in a public key.
pub(crate) const PUBLIC_KEY_LENGTH: usize = 65;

/// What is not a key, or a signature that does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EcdsaError {
    /// The bytes are no key in the one encoding that is read.
    Key,
    /// The signature does not verify, or is not in the one encoding that is read.
    Signature,
}

/// A private key. Secret; wiped on drop, by the crate.
pub(crate) struct EcdsaSigningKey(SigningKey);

impl EcdsaSigningKey {
    /// The key of 32 random bytes: the first block of HKDF-Expand that is a
    /// scalar, which all but one in 2^32 are.
    pub(crate) fn derive(random: &[u8; 32]) -> Result<Self, EcdsaError> {
        let expander = HmacSha256::new(random);
        for counter in 0..=u8::MAX {
            let candidate: Secret<PRIVATE_KEY_LENGTH> =
                expander.expand(&[b"ECDSA P-256 key", &[counter]]);
            if let Ok(key) = Self::from_bytes(candidate.as_slice()) {
                return Ok(key);
            }
        }
        Err(EcdsaError::Key)
    }

    /// Reads a scalar of 32 bytes, big-endian: neither zero nor the group's order
    /// or above.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, EcdsaError> {
        SigningKey::from_slice(bytes)
            .map(Self)
            .map_err(|_| EcdsaError::Key)
    }

    /// The scalar, 32 bytes big-endian. Secret.
    pub(crate) fn to_bytes(&self) -> Secret<PRIVATE_KEY_LENGTH> {
        Secret::from(<[u8; PRIVATE_KEY_LENGTH]>::from(self.0.to_bytes()))
    }

    /// The public key.
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LENGTH] {
        let mut bytes = [0; PUBLIC_KEY_LENGTH];
        for (to, from) in bytes
            .iter_mut()
            .zip(self.0.verifying_key().to_sec1_point(false).as_bytes())
        {
            *to = *from;
        }
        bytes
    }

    /// Signs `message`, 70 to 72 bytes of DER, rarely fewer.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }
}

/// Checks a signature.
pub(crate) fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> Result<(), EcdsaError> {
    if public.len() != PUBLIC_KEY_LENGTH {
        return Err(EcdsaError::Key);
    }
    let public = VerifyingKey::from_sec1_bytes(public).map_err(|_| EcdsaError::Key)?;
    let signature = Signature::from_der(signature).map_err(|_| EcdsaError::Signature)?;
    public
        .verify(message, &signature)
        .map_err(|_| EcdsaError::Signature)
}
