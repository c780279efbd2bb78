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
            if let Ok(key) = Self::from_bytes(&candidate) {
                return Ok(key);
            }
        }
        Err(EcdsaError::Key)
    }

    /// Reads a scalar, big-endian: neither zero nor the group's order or above.
    pub(crate) fn from_bytes(bytes: &[u8; PRIVATE_KEY_LENGTH]) -> Result<Self, EcdsaError> {
        SigningKey::from_bytes(bytes.into())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hex::hex;

    fn array(text: &str) -> [u8; 32] {
        hex(text).try_into().unwrap()
    }

    const PRIVATE: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    const R: &str = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
    const S: &str = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    /// The group's order less [`S`].
    const OTHER_S: &str = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9";

    #[test]
    fn signing_gives_rfc_6979_appendix_a_2_5() {
        let key = EcdsaSigningKey::from_bytes(&array(PRIVATE)).unwrap();
        let public = hex(
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        );
        assert_eq!(key.public_key().as_slice(), public);
        assert_eq!(key.to_bytes().as_slice(), hex(PRIVATE));
        // Both numbers have their top bit set, so DER puts a zero before each.
        let signature = hex(&alloc::format!("3046022100{R}022100{S}"));
        assert_eq!(key.sign(b"sample"), signature);
        assert_eq!(verify(&public, b"sample", &signature), Ok(()));
        let other = verify(&public, b"simple", &signature);
        assert_eq!(other, Err(EcdsaError::Signature));
        // Either `s` verifies, as with the peers.
        let low = hex(&alloc::format!("3045022100{R}0220{OTHER_S}"));
        assert_eq!(verify(&public, b"sample", &low), Ok(()));
    }

    #[test]
    fn one_encoding_of_each_is_read() {
        let key = EcdsaSigningKey::from_bytes(&array(PRIVATE)).unwrap();
        let public = key.public_key();
        let signature = key.sign(b"sample");
        for (first, length) in [(2 | public[64] & 1, 33), (0, 1), (4, 64), (4, 0)] {
            let mut wrong = public[..length].to_vec();
            if let Some(byte) = wrong.first_mut() {
                *byte = first;
            }
            let verdict = verify(&wrong, b"sample", &signature);
            assert_eq!(verdict, Err(EcdsaError::Key), "{first} {length}");
        }
        // SEC 1's hybrid form, and a point off the curve.
        for (at, bit) in [(0, 2), (64, 1)] {
            let mut wrong = public;
            wrong[at] ^= bit;
            assert_eq!(verify(&wrong, b"sample", &signature), Err(EcdsaError::Key));
        }
        for length in 0..signature.len() {
            let cut = verify(&public, b"sample", &signature[..length]);
            assert_eq!(cut, Err(EcdsaError::Signature));
        }
        let longer = [&signature[..], &[0]].concat();
        let verdict = verify(&public, b"sample", &longer);
        assert_eq!(verdict, Err(EcdsaError::Signature));
        // A length in two bytes is BER.
        let ber = [&[0x30, 0x81], &signature[1..]].concat();
        let verdict = verify(&public, b"sample", &ber);
        assert_eq!(verdict, Err(EcdsaError::Signature));
    }

    #[test]
    fn a_private_key_is_a_scalar() {
        let order = array("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        for wrong in [[0; 32], order, [0xff; 32]] {
            assert!(EcdsaSigningKey::from_bytes(&wrong).is_err());
        }
        // All bytes that may be drawn give a key.
        for byte in [0, 0xff] {
            let key = EcdsaSigningKey::derive(&[byte; 32]).unwrap();
            let signature = key.sign(b"message");
            assert_eq!(verify(&key.public_key(), b"message", &signature), Ok(()));
        }
    }
}
