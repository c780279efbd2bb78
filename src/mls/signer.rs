//! Signature keys of MLS.

use alloc::{boxed::Box, vec::Vec};
use std::sync::OnceLock;

use openmls_traits::{
    signatures::{Signer, SignerError},
    types::{CryptoError, SignatureScheme},
};

use crate::primitives::{
    ecdsa::EcdsaSigningKey,
    ed25519::Ed25519SigningKey,
    wipe::{Secret, in_wiped_frame},
};

/// A signature key of one scheme. Secret; wiped on drop.
pub(crate) struct SigningKey {
    secret: Secret<{ Self::LENGTH }>,
    key: Key,
}

/// The key as it signs. That of Ed25519 is expanded from its seed when it is first
/// needed: it takes as long as loading a small group, and who only reads needs none.
enum Key {
    Ed25519 {
        public: [u8; 32],
        expanded: OnceLock<Box<Ed25519SigningKey>>,
    },
    P256(EcdsaSigningKey),
}

impl SigningKey {
    /// Bytes in a private key of either scheme: Ed25519's seed, P-256's scalar,
    /// big-endian.
    pub(crate) const LENGTH: usize = 32;

    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedSignatureScheme`] for a scheme that is not had.
    pub(crate) fn from_random(
        scheme: SignatureScheme,
        random: &[u8; 32],
    ) -> Result<Self, CryptoError> {
        match scheme {
            SignatureScheme::ECDSA_SECP256R1_SHA256 => in_wiped_frame(|| {
                let key =
                    EcdsaSigningKey::derive(random).map_err(|_| CryptoError::CryptoLibraryError)?;
                Ok(Self {
                    secret: key.to_bytes(),
                    key: Key::P256(key),
                })
            }),
            // Any 32 bytes are a seed.
            _ => Self::from_bytes(scheme, random),
        }
    }

    /// Reads a private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidLength`] for another length than [`Self::LENGTH`],
    /// [`CryptoError::SigningError`] if a scalar is zero or not below the group's
    /// order, [`CryptoError::UnsupportedSignatureScheme`] for a scheme that is not
    /// had.
    pub(crate) fn from_bytes(scheme: SignatureScheme, bytes: &[u8]) -> Result<Self, CryptoError> {
        let bytes: &[u8; Self::LENGTH] =
            bytes.try_into().map_err(|_| CryptoError::InvalidLength)?;
        in_wiped_frame(|| {
            let key = match scheme {
                SignatureScheme::ED25519 => {
                    let expanded = Ed25519SigningKey::expand_seed(bytes);
                    Key::Ed25519 {
                        public: *expanded.public_key().as_bytes(),
                        expanded: OnceLock::from(Box::new(expanded)),
                    }
                }
                SignatureScheme::ECDSA_SECP256R1_SHA256 => Key::P256(
                    EcdsaSigningKey::from_bytes(bytes).map_err(|_| CryptoError::SigningError)?,
                ),
                _ => return Err(CryptoError::UnsupportedSignatureScheme),
            };
            Ok(Self {
                secret: Secret::from(*bytes),
                key,
            })
        })
    }

    /// [`Self::from_bytes`] for one whose public key is known, and trusted.
    ///
    /// # Errors
    /// Those of [`Self::from_bytes`].
    pub(crate) fn from_key_pair(
        scheme: SignatureScheme,
        bytes: &[u8],
        public: &[u8],
    ) -> Result<Self, CryptoError> {
        match scheme {
            SignatureScheme::ED25519 => Ok(Self {
                secret: Secret::from(
                    *<&[u8; 32]>::try_from(bytes).map_err(|_| CryptoError::InvalidLength)?,
                ),
                key: Key::Ed25519 {
                    public: public.try_into().map_err(|_| CryptoError::InvalidLength)?,
                    expanded: OnceLock::new(),
                },
            }),
            _ => Self::from_bytes(scheme, bytes),
        }
    }

    /// The private key, for [`Self::from_bytes`]. Secret.
    pub(crate) fn expose_secret(&self) -> &[u8; Self::LENGTH] {
        &self.secret
    }

    /// The public key as MLS writes it: 32 bytes, or an uncompressed point of 65.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        match &self.key {
            Key::Ed25519 { public, .. } => public.to_vec(),
            Key::P256(key) => key.public_key().to_vec(),
        }
    }

    /// Signs `message`; draws nothing.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        in_wiped_frame(|| match &self.key {
            Key::Ed25519 { expanded, .. } => expanded
                .get_or_init(|| Box::new(Ed25519SigningKey::expand_seed(&self.secret)))
                .sign_in_frame(message)
                .as_bytes()
                .to_vec(),
            Key::P256(key) => key.sign(message),
        })
    }
}

impl Signer for SigningKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.sign(payload))
    }

    fn signature_scheme(&self) -> SignatureScheme {
        match self.key {
            Key::Ed25519 { .. } => SignatureScheme::ED25519,
            Key::P256(_) => SignatureScheme::ECDSA_SECP256R1_SHA256,
        }
    }
}
