//! The cryptography that `openmls` asks for, on [`primitives`](crate::primitives).
//!
//! # Suites
//!
//! | suite | KEM | AEAD | signature |
//! | --- | --- | --- | --- |
//! | 0x0001 | DHKEM(X25519) | AES-128-GCM | Ed25519 |
//! | 0x0002 | DHKEM(P-256) | AES-128-GCM | ECDSA P-256, SHA-256 |
//! | 0x0003 | DHKEM(X25519) | ChaCha20Poly1305 | Ed25519 |
//! | 0x004D, `experimental-x-wing` | X-Wing | ChaCha20Poly1305 | Ed25519 |
//!
//! The hash is SHA-256 in each. Everything else is an error.
//!
//! # Randomness
//!
//! Each operation of ours draws 32 bytes from its caller's generator and makes one
//! [`Crypto`] of them, which lives no longer: see `seed`. Signing draws nothing in
//! either scheme.
//!
//! # Wiping
//!
//! What is returned as `SecretVLBytes` or as a private key is wiped by its type;
//! plaintexts that come back in a plain vector are `openmls`'s to wipe. Buffers of our
//! own are [`Secret`], and operations with private keys clear the stack that they
//! used, also in the threads of `openmls`.

mod keys;
mod seed;
mod signatures;

use alloc::{sync::Arc, vec::Vec};

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext,
        HpkeConfig, HpkeKdfType, HpkeKemType, HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use tls_codec::SecretVLBytes;

pub(crate) use self::keys::DecodedKeys;
use self::{
    seed::{Encapsulation, Seed, length},
    signatures::Signatures,
};
use super::signer::SigningKey;
use crate::primitives::{
    chacha,
    gcm::{self, Aes128Gcm},
    hpke::suites::Suite,
    kdf::{HmacSha256, MAX_EXPAND_LENGTH, sha256},
    wipe::Secret,
};

/// How much of a context counts for what is drawn. In a Welcome it is the encrypted
/// GroupInfo, once for each who is added: to hash all of it each time is half of the
/// work of adding a thousand members.
const INFO_HEAD: usize = 128;

/// The suites in order of preference.
const SUITES: &[Ciphersuite] = &[
    Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
    Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
    Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    #[cfg(feature = "experimental-x-wing")]
    Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519,
];

/// What one operation encrypts, signs and hashes with.
pub(crate) struct Crypto {
    seed: Seed,
    signatures: Signatures,
}

impl Crypto {
    /// From 32 random bytes, drawn for one operation.
    pub(crate) fn new(seed: Secret<32>) -> Self {
        Self {
            seed: Seed::new(seed),
            signatures: Signatures::default(),
        }
    }

    /// With what other operations decoded.
    pub(crate) fn with_keys(mut self, keys: Arc<DecodedKeys>) -> Self {
        self.signatures.keys = keys;
        self
    }
}

/// The suite of a configuration of `openmls`.
fn suite(config: &HpkeConfig) -> Result<Suite, CryptoError> {
    match (config.0, config.1, config.2) {
        (HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) => {
            Ok(Suite::X25519Aes128Gcm)
        }
        (HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::ChaCha20Poly1305) => {
            Ok(Suite::X25519ChaCha20Poly1305)
        }
        (HpkeKemType::DhKemP256, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) => {
            Ok(Suite::P256Aes128Gcm)
        }
        #[cfg(feature = "experimental-x-wing")]
        (HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha256, HpkeAeadType::ChaCha20Poly1305) => {
            Ok(Suite::XWingChaCha20Poly1305)
        }
        _ => Err(CryptoError::UnsupportedCiphersuite),
    }
}

/// Refuses every hash but SHA-256.
fn only_sha256(hash: HashType) -> Result<(), CryptoError> {
    match hash {
        HashType::Sha2_256 => Ok(()),
        _ => Err(CryptoError::UnsupportedHashAlgorithm),
    }
}

/// Bytes in a nonce and in a tag of either AEAD.
const NONCE_LENGTH: usize = gcm::NONCE_LENGTH;
const TAG_LENGTH: usize = gcm::TAG_LENGTH;
const _: () = assert!(NONCE_LENGTH == chacha::NONCE_LENGTH && TAG_LENGTH == chacha::TAG_LENGTH);

fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], CryptoError> {
    bytes.try_into().map_err(|_| CryptoError::InvalidLength)
}

impl OpenMlsCrypto for Crypto {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        if SUITES.contains(&suite) {
            Ok(())
        } else {
            Err(CryptoError::UnsupportedCiphersuite)
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        SUITES.to_vec()
    }

    fn hkdf_extract(
        &self,
        hash: HashType,
        salt: &[u8],
        input: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        // Extract is HMAC with the salt as key (RFC 5869 §2.2).
        self.hmac(hash, salt, input)
    }

    fn hmac(
        &self,
        hash: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        only_sha256(hash)?;
        let mut state = HmacSha256::with_key(key);
        state.update(message);
        Ok(SecretVLBytes::from(Secret::from(state.finish()).as_slice()))
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        key: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        only_sha256(hash)?;
        if length > MAX_EXPAND_LENGTH {
            return Err(CryptoError::HkdfOutputLengthInvalid);
        }
        // At least as long as the hash (RFC 5869 §2.3).
        if key.len() < 32 {
            return Err(CryptoError::InvalidLength);
        }
        let mut output = alloc::vec![0; length];
        HmacSha256::with_key(key).expand_into(&[info], &mut output);
        Ok(output.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        only_sha256(hash)?;
        Ok(sha256(&[data]).to_vec())
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        associated: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = array(nonce)?;
        // One allocation, so that no copy of the plaintext stays behind.
        let mut sealed = Vec::with_capacity(data.len().saturating_add(TAG_LENGTH));
        sealed.extend_from_slice(data);
        let tag = match algorithm {
            AeadType::Aes128Gcm => Aes128Gcm::new(array(key)?).seal(nonce, associated, &mut sealed),
            AeadType::ChaCha20Poly1305 => chacha::seal(array(key)?, nonce, associated, &mut sealed),
            AeadType::Aes256Gcm => return Err(CryptoError::UnsupportedAeadAlgorithm),
        }
        .map_err(|_| CryptoError::TooMuchData)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        sealed: &[u8],
        nonce: &[u8],
        associated: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = array(nonce)?;
        let (text, tag) = sealed
            .split_last_chunk::<TAG_LENGTH>()
            .ok_or(CryptoError::AeadDecryptionError)?;
        let mut text = text.to_vec();
        match algorithm {
            AeadType::Aes128Gcm => {
                Aes128Gcm::new(array(key)?).open(nonce, associated, &mut text, tag)
            }
            AeadType::ChaCha20Poly1305 => {
                chacha::open(array(key)?, nonce, associated, &mut text, tag)
            }
            AeadType::Aes256Gcm => return Err(CryptoError::UnsupportedAeadAlgorithm),
        }
        .map_err(|_| CryptoError::AeadDecryptionError)?;
        Ok(text)
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        let random = self.seed.signature_key();
        let key = SigningKey::from_random(scheme, &random)?;
        Ok((key.expose_secret().to_vec(), key.public_key()))
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.signatures.verify(scheme, data, public, signature)
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        Ok(SigningKey::from_bytes(scheme, key)?.sign(data))
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        receiver: &[u8],
        info: &[u8],
        associated: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        let suite = suite(&config)?;
        let random = self.seed.encapsulation(
            Encapsulation::Seal,
            &[
                &suite.id(),
                receiver,
                &length(info),
                info.get(..INFO_HEAD).unwrap_or(info),
                associated,
                plaintext,
            ],
        );
        suite
            .seal(receiver, info, associated, plaintext, &random)
            .map(|(encapsulated, sealed)| HpkeCiphertext {
                kem_output: encapsulated.into(),
                ciphertext: sealed.into(),
            })
            .map_err(|_| CryptoError::HpkeEncryptionError)
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        private: &[u8],
        info: &[u8],
        associated: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        suite(&config)?
            .open(
                private,
                input.kem_output.as_slice(),
                info,
                associated,
                input.ciphertext.as_slice(),
            )
            .map_err(|_| CryptoError::HpkeDecryptionError)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        receiver: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        let suite = suite(&config)?;
        if length > MAX_EXPAND_LENGTH {
            return Err(CryptoError::ExporterError);
        }
        let random = self.seed.encapsulation(
            Encapsulation::Export,
            &[&suite.id(), receiver, info, context],
        );
        suite
            .send_export(receiver, info, context, length, &random)
            .map(|(encapsulated, secret)| (encapsulated, secret.into()))
            .map_err(|_| CryptoError::SenderSetupError)
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        encapsulated: &[u8],
        private: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        let suite = suite(&config)?;
        if length > MAX_EXPAND_LENGTH {
            return Err(CryptoError::ExporterError);
        }
        suite
            .receive_export(private, encapsulated, info, context, length)
            .map(ExporterSecret::from)
            .map_err(|_| CryptoError::ReceiverSetupError)
    }

    fn derive_hpke_keypair(
        &self,
        config: HpkeConfig,
        material: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        let (private, public) = suite(&config)?
            .derive_key_pair(material)
            .map_err(|_| CryptoError::CryptoLibraryError)?;
        Ok(HpkeKeyPair {
            private: private.into(),
            public,
        })
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]
mod tests;
