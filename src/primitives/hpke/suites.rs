//! Single-shot HPKE (RFC 9180 §6) over byte strings, for the suites of MLS.
//!
//! Base mode alone. Keys and encapsulated keys are in the encodings of RFC 9180
//! §7.1.1 and §7.1.2: 32 bytes for X25519, an uncompressed point of 65 bytes and a
//! scalar of 32 for P-256; X-Wing has 1216 bytes, a seed of 32 and 1120
//! (draft-connolly-cfrg-xwing-kem). Nothing else is read.
//!
//! Each operation runs in a frame of its own: `openmls` calls from threads whose
//! stack nobody else wipes.

mod kem;
mod labeled;

use alloc::vec::Vec;

use self::{kem::Kem, labeled::Labeled};
#[cfg(feature = "experimental-x-wing")]
use crate::primitives::wipe::in_deep_wiped_frame;
use crate::primitives::{
    aead::AeadError,
    chacha,
    gcm::{self, Aes128Gcm},
    kdf::MAX_EXPAND_LENGTH,
    wipe::{Secret, in_wiped_frame},
};

/// KEM and AEAD; the KDF is HKDF-SHA256 in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// DHKEM(X25519, HKDF-SHA256) 0x0020, AES-128-GCM 0x0001.
    X25519Aes128Gcm,
    /// DHKEM(X25519, HKDF-SHA256) 0x0020, ChaCha20Poly1305 0x0003.
    X25519ChaCha20Poly1305,
    /// DHKEM(P-256, HKDF-SHA256) 0x0010, AES-128-GCM 0x0001.
    P256Aes128Gcm,
    /// X-Wing 0x647a, ChaCha20Poly1305 0x0003.
    #[cfg(feature = "experimental-x-wing")]
    XWingChaCha20Poly1305,
}

/// A key is no key, a tag is wrong, or a length is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HpkeError;

impl From<AeadError> for HpkeError {
    fn from(_: AeadError) -> Self {
        Self
    }
}

/// What an encapsulation draws: X-Wing takes all, a DHKEM the first 32 bytes.
pub(crate) type EncapsulationRandomness = Secret<64>;

/// Bytes in a nonce and in a tag of either AEAD.
const NONCE_LENGTH: usize = gcm::NONCE_LENGTH;
const TAG_LENGTH: usize = gcm::TAG_LENGTH;
const _: () = assert!(NONCE_LENGTH == chacha::NONCE_LENGTH && TAG_LENGTH == chacha::TAG_LENGTH);

#[derive(Clone, Copy)]
enum Aead {
    Aes128Gcm,
    ChaCha20Poly1305,
}

impl Suite {
    /// The suite's identifiers: KEM ‖ KDF ‖ AEAD, two bytes each.
    pub(crate) const fn id(self) -> [u8; 6] {
        let [high, low] = self.kem().id();
        let aead = match self.aead() {
            Aead::Aes128Gcm => 1,
            Aead::ChaCha20Poly1305 => 3,
        };
        [high, low, 0, 1, 0, aead]
    }

    const fn kem(self) -> Kem {
        match self {
            Self::X25519Aes128Gcm | Self::X25519ChaCha20Poly1305 => Kem::X25519,
            Self::P256Aes128Gcm => Kem::P256,
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => Kem::XWing,
        }
    }

    const fn aead(self) -> Aead {
        match self {
            Self::X25519Aes128Gcm | Self::P256Aes128Gcm => Aead::Aes128Gcm,
            Self::X25519ChaCha20Poly1305 => Aead::ChaCha20Poly1305,
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => Aead::ChaCha20Poly1305,
        }
    }

    /// `DeriveKeyPair` (RFC 9180 §7.1.3): private key, which the caller wipes, and
    /// public key. `material` is 32 random bytes or more.
    pub(crate) fn derive_key_pair(self, material: &[u8]) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        self.in_frame(|| self.kem().derive_key_pair(material))
    }

    /// `SealBase`: the encapsulated key, and the ciphertext with its tag.
    pub(crate) fn seal(
        self,
        receiver: &[u8],
        info: &[u8],
        associated: &[u8],
        plaintext: &[u8],
        random: &EncapsulationRandomness,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        self.in_frame(|| {
            let (shared, enc) = self.kem().encapsulate(receiver, random)?;
            // One allocation, so that no copy of the plaintext stays behind.
            let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(TAG_LENGTH));
            sealed.extend_from_slice(plaintext);
            let schedule = Schedule::new(self, &shared, info);
            let nonce = schedule.base_nonce();
            let tag = match self.aead() {
                Aead::Aes128Gcm => {
                    Aes128Gcm::new(&schedule.key()).seal(&nonce, associated, &mut sealed)
                }
                Aead::ChaCha20Poly1305 => {
                    chacha::seal(&schedule.key(), &nonce, associated, &mut sealed)
                }
            }?;
            sealed.extend_from_slice(&tag);
            Ok((enc, sealed))
        })
    }

    /// `OpenBase`.
    pub(crate) fn open(
        self,
        private: &[u8],
        enc: &[u8],
        info: &[u8],
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, HpkeError> {
        self.in_frame(|| {
            let (text, tag) = sealed.split_last_chunk().ok_or(HpkeError)?;
            let shared = self.kem().decapsulate(private, enc)?;
            let schedule = Schedule::new(self, &shared, info);
            let nonce = schedule.base_nonce();
            let mut text = text.to_vec();
            match self.aead() {
                Aead::Aes128Gcm => {
                    Aes128Gcm::new(&schedule.key()).open(&nonce, associated, &mut text, tag)
                }
                Aead::ChaCha20Poly1305 => {
                    chacha::open(&schedule.key(), &nonce, associated, &mut text, tag)
                }
            }?;
            Ok(text)
        })
    }

    /// `SendExportBase`: the encapsulated key, and `length` secret bytes, at most
    /// [`MAX_EXPAND_LENGTH`].
    pub(crate) fn send_export(
        self,
        receiver: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
        random: &EncapsulationRandomness,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        self.in_frame(|| {
            let (shared, enc) = self.kem().encapsulate(receiver, random)?;
            let secret = Schedule::new(self, &shared, info).export(context, length)?;
            Ok((enc, secret))
        })
    }

    /// `ReceiveExportBase`: `length` secret bytes, at most [`MAX_EXPAND_LENGTH`].
    pub(crate) fn receive_export(
        self,
        private: &[u8],
        enc: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, HpkeError> {
        self.in_frame(|| {
            let shared = self.kem().decapsulate(private, enc)?;
            Schedule::new(self, &shared, info).export(context, length)
        })
    }

    /// ML-KEM holds matrices on the stack.
    fn in_frame<T>(self, operation: impl FnOnce() -> T) -> T {
        match self.kem() {
            Kem::X25519 | Kem::P256 => in_wiped_frame(operation),
            #[cfg(feature = "experimental-x-wing")]
            Kem::XWing => in_deep_wiped_frame(operation),
        }
    }
}

/// `KeySchedule` in base mode (§5.1), as far as its secret.
struct Schedule {
    labeled: Labeled<10>,
    secret: Secret<32>,
    /// Mode ‖ hash of the pre-shared key's name, here none ‖ hash of the info.
    context: [u8; 65],
}

impl Schedule {
    fn new(suite: Suite, shared: &Secret<32>, info: &[u8]) -> Self {
        let mut id = *b"HPKE______";
        let mut context = [0; 65];
        if let Some(tail) = id.last_chunk_mut() {
            *tail = suite.id();
        }
        let labeled = Labeled(id);
        let (_, hashes) = context.split_at_mut(1);
        let (psk_id_hash, info_hash) = hashes.split_at_mut(32);
        psk_id_hash.copy_from_slice(labeled.extract(b"", b"psk_id_hash", b"").as_slice());
        info_hash.copy_from_slice(labeled.extract(b"", b"info_hash", info).as_slice());
        let secret = labeled.extract(shared.as_slice(), b"secret", b"");
        Self {
            labeled,
            secret,
            context,
        }
    }

    fn expand<const N: usize>(&self, label: &[u8]) -> Secret<N> {
        self.labeled
            .expand(&self.secret, label, [&self.context, b""])
    }

    fn key<const N: usize>(&self) -> Secret<N> {
        self.expand(b"key")
    }

    /// The nonce of the first message, which is the only one.
    fn base_nonce(&self) -> Secret<NONCE_LENGTH> {
        self.expand(b"base_nonce")
    }

    /// The exporter (§5.3).
    fn export(&self, context: &[u8], length: usize) -> Result<Vec<u8>, HpkeError> {
        if length > MAX_EXPAND_LENGTH {
            return Err(HpkeError);
        }
        let exporter = self.expand(b"exp");
        let mut output = alloc::vec![0; length];
        self.labeled
            .expand_into(&exporter, b"sec", [context, b""], &mut output);
        Ok(output)
    }
}

#[cfg(test)]
mod tests;
