//! Single-shot HPKE (RFC 9180 §6) over byte strings, for the suites of MLS.
//!
//! Base mode alone. Keys and encapsulated keys are in the encodings of RFC 9180
//! §7.1.1 and §7.1.2: 32 bytes for X25519, an uncompressed point of 65 bytes and a
//! scalar of 32 for P-256; X-Wing has 1216 bytes, a seed of 32 and 1120
//! (draft-connolly-cfrg-xwing-kem). Nothing else is read.

use alloc::vec::Vec;

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::{Aead, AeadTag, AesGcm128, ChaCha20Poly1305},
    inout::InOutBuf,
    kdf::HkdfSha256,
    kem::{DhP256HkdfSha256, X25519HkdfSha256},
    setup_receiver, setup_sender_with_rng,
};

use super::{Drawn, TAG_LENGTH};
#[cfg(feature = "experimental-x-wing")]
use crate::primitives::wipe::in_deep_wiped_frame;
use crate::primitives::wipe::{Secret, in_wiped_frame};

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

impl From<hpke::HpkeError> for HpkeError {
    fn from(_: hpke::HpkeError) -> Self {
        Self
    }
}

/// What an encapsulation draws: X-Wing takes all, a DHKEM the first 32 bytes.
pub(crate) type EncapsulationRandomness = Secret<64>;

/// The longest secret that is exported: RFC 5869 ends at 255 blocks.
pub(crate) const MAX_EXPORT_LENGTH: usize = 255 * 32;

/// Calls a function that is generic over AEAD and KEM with those of a suite, in
/// a frame of its own: `openmls` calls from threads whose stack nobody else wipes.
macro_rules! with_suite {
    ($suite:expr, $function:ident($($argument:expr),*)) => {
        match $suite {
            Suite::X25519Aes128Gcm => in_wiped_frame(|| {
                $function::<AesGcm128, X25519HkdfSha256>($($argument),*)
            }),
            Suite::X25519ChaCha20Poly1305 => in_wiped_frame(|| {
                $function::<ChaCha20Poly1305, X25519HkdfSha256>($($argument),*)
            }),
            Suite::P256Aes128Gcm => in_wiped_frame(|| {
                $function::<AesGcm128, DhP256HkdfSha256>($($argument),*)
            }),
            #[cfg(feature = "experimental-x-wing")]
            Suite::XWingChaCha20Poly1305 => in_deep_wiped_frame(|| {
                $function::<ChaCha20Poly1305, hpke::kem::XWing>($($argument),*)
            }),
        }
    };
}

impl Suite {
    /// The suite's identifiers, KEM ‖ AEAD: two bytes each.
    pub(crate) const fn id(self) -> &'static [u8; 4] {
        match self {
            Self::X25519Aes128Gcm => &[0x00, 0x20, 0x00, 0x01],
            Self::X25519ChaCha20Poly1305 => &[0x00, 0x20, 0x00, 0x03],
            Self::P256Aes128Gcm => &[0x00, 0x10, 0x00, 0x01],
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => &[0x64, 0x7a, 0x00, 0x03],
        }
    }

    /// `DeriveKeyPair` (RFC 9180 §7.1.3): private key, which
    /// the caller wipes, and public key. `material` is 32 random bytes or more.
    pub(crate) fn derive_key_pair(self, material: &[u8]) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::X25519Aes128Gcm | Self::X25519ChaCha20Poly1305 => {
                in_wiped_frame(|| derive_key_pair::<X25519HkdfSha256>(material))
            }
            Self::P256Aes128Gcm => in_wiped_frame(|| derive_key_pair::<DhP256HkdfSha256>(material)),
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => {
                in_deep_wiped_frame(|| derive_key_pair::<hpke::kem::XWing>(material))
            }
        }
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
        with_suite!(self, seal(receiver, info, associated, plaintext, random))
    }

    /// `OpenBase`.
    pub(crate) fn open(
        self,
        private: &[u8],
        encapsulated: &[u8],
        info: &[u8],
        associated: &[u8],
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, HpkeError> {
        with_suite!(
            self,
            open(private, encapsulated, info, associated, ciphertext)
        )
    }

    /// `SendExportBase`: the encapsulated key, and `length` secret bytes, at most
    /// [`MAX_EXPORT_LENGTH`].
    pub(crate) fn send_export(
        self,
        receiver: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
        random: &EncapsulationRandomness,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        with_suite!(self, send_export(receiver, info, context, length, random))
    }

    /// `ReceiveExportBase`: `length` secret bytes, at most [`MAX_EXPORT_LENGTH`].
    pub(crate) fn receive_export(
        self,
        private: &[u8],
        encapsulated: &[u8],
        info: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, HpkeError> {
        with_suite!(
            self,
            receive_export(private, encapsulated, info, context, length)
        )
    }
}

fn derive_key_pair<K: Kem>(material: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (private, public) = K::derive_keypair(material);
    let mut bytes = alloc::vec![0; K::PrivateKey::size()];
    private.write_exact(&mut bytes);
    (bytes, public.to_bytes().to_vec())
}

fn seal<A: Aead, K: Kem>(
    receiver: &[u8],
    info: &[u8],
    associated: &[u8],
    plaintext: &[u8],
    random: &EncapsulationRandomness,
) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
    let receiver = K::PublicKey::from_bytes(receiver)?;
    let (encapsulated, mut context) = setup_sender_with_rng::<A, HkdfSha256, K>(
        &OpModeS::Base,
        &receiver,
        info,
        &mut Drawn(random.as_slice()),
    )?;
    // One allocation, so that no copy of the plaintext stays behind.
    let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(TAG_LENGTH));
    sealed.extend_from_slice(plaintext);
    let tag = context.seal_inout_detached(InOutBuf::from(sealed.as_mut_slice()), associated)?;
    sealed.extend_from_slice(&tag.to_bytes());
    Ok((encapsulated.to_bytes().to_vec(), sealed))
}

fn open<A: Aead, K: Kem>(
    private: &[u8],
    encapsulated: &[u8],
    info: &[u8],
    associated: &[u8],
    ciphertext: &[u8],
) -> Result<Vec<u8>, HpkeError> {
    let (text, tag) = ciphertext
        .split_last_chunk::<TAG_LENGTH>()
        .ok_or(HpkeError)?;
    let tag = AeadTag::<A>::from_bytes(tag)?;
    let private = K::PrivateKey::from_bytes(private)?;
    let encapsulated = K::EncappedKey::from_bytes(encapsulated)?;
    let mut context =
        setup_receiver::<A, HkdfSha256, K>(&OpModeR::Base, &private, &encapsulated, info)?;
    let mut plaintext = text.to_vec();
    context.open_inout_detached(InOutBuf::from(plaintext.as_mut_slice()), associated, &tag)?;
    Ok(plaintext)
}

fn send_export<A: Aead, K: Kem>(
    receiver: &[u8],
    info: &[u8],
    context: &[u8],
    length: usize,
    random: &EncapsulationRandomness,
) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
    let receiver = K::PublicKey::from_bytes(receiver)?;
    let (encapsulated, sender) = setup_sender_with_rng::<A, HkdfSha256, K>(
        &OpModeS::Base,
        &receiver,
        info,
        &mut Drawn(random.as_slice()),
    )?;
    let secret = export(length, |output| sender.export(context, output))?;
    Ok((encapsulated.to_bytes().to_vec(), secret))
}

fn receive_export<A: Aead, K: Kem>(
    private: &[u8],
    encapsulated: &[u8],
    info: &[u8],
    context: &[u8],
    length: usize,
) -> Result<Vec<u8>, HpkeError> {
    let private = K::PrivateKey::from_bytes(private)?;
    let encapsulated = K::EncappedKey::from_bytes(encapsulated)?;
    let receiver =
        setup_receiver::<A, HkdfSha256, K>(&OpModeR::Base, &private, &encapsulated, info)?;
    export(length, |output| receiver.export(context, output))
}

fn export(
    length: usize,
    export: impl FnOnce(&mut [u8]) -> Result<(), hpke::HpkeError>,
) -> Result<Vec<u8>, HpkeError> {
    if length > MAX_EXPORT_LENGTH {
        return Err(HpkeError);
    }
    let mut output = alloc::vec![0; length];
    export(&mut output)?;
    Ok(output)
}

#[cfg(test)]
mod tests;
