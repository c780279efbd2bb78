//! The key encapsulations (RFC 9180 §4.1), from bytes to bytes.
//!
//! The DHKEMs stand here in their few lines: the crate multiplies the ephemeral
//! key's public half out twice, and knows only the ladder. X-Wing is the crate's.

use alloc::vec::Vec;

use p256::{PublicKey, SecretKey, ecdh, elliptic_curve::sec1::ToSec1Point};

use super::{EncapsulationRandomness, HpkeError, labeled::Labeled};
use crate::primitives::{
    curve25519::{Curve25519PublicKey, Curve25519SecretKey},
    wipe::Secret,
};

/// A key encapsulation. Its shared secret has 32 bytes in each.
#[derive(Clone, Copy)]
pub(super) enum Kem {
    X25519,
    P256,
    #[cfg(feature = "experimental-x-wing")]
    XWing,
}

/// Bytes in an uncompressed point of P-256.
const POINT_LENGTH: usize = 65;

impl Kem {
    pub(super) const fn id(self) -> [u8; 2] {
        match self {
            Self::X25519 => [0x00, 0x20],
            Self::P256 => [0x00, 0x10],
            #[cfg(feature = "experimental-x-wing")]
            Self::XWing => [0x64, 0x7a],
        }
    }

    const fn labeled(self) -> Labeled<5> {
        let [high, low] = self.id();
        Labeled([b'K', b'E', b'M', high, low])
    }

    /// `DeriveKeyPair` (§7.1.3): private and public key.
    pub(super) fn derive_key_pair(self, material: &[u8]) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        match self {
            Self::X25519 => {
                let private = self.derive_x25519(material);
                let public = private.multiply_base();
                Ok((private.expose_secret().to_vec(), public.as_bytes().to_vec()))
            }
            Self::P256 => {
                let private = self.derive_p256(material)?;
                let bytes = Secret::<32>::from(<[u8; 32]>::from(private.to_bytes()));
                Ok((bytes.to_vec(), point(&private.public_key())))
            }
            #[cfg(feature = "experimental-x-wing")]
            Self::XWing => Ok(x_wing::derive_key_pair(material)),
        }
    }

    /// `Encap`: the shared secret, and its encapsulation.
    pub(super) fn encapsulate(
        self,
        receiver: &[u8],
        random: &EncapsulationRandomness,
    ) -> Result<(Secret<32>, Vec<u8>), HpkeError> {
        let material: &[u8; 32] = random.part(0);
        match self {
            Self::X25519 => {
                let ephemeral = self.derive_x25519(material);
                let enc = ephemeral.multiply_base().as_bytes().to_vec();
                let shared = self.x25519(&ephemeral, receiver, &enc, receiver)?;
                Ok((shared, enc))
            }
            Self::P256 => {
                let ephemeral = self.derive_p256(material)?;
                let enc = point(&ephemeral.public_key());
                let shared = self.p256(&ephemeral, receiver, &enc, receiver)?;
                Ok((shared, enc))
            }
            #[cfg(feature = "experimental-x-wing")]
            Self::XWing => x_wing::encapsulate(receiver, random),
        }
    }

    /// `Decap`: the shared secret.
    pub(super) fn decapsulate(self, private: &[u8], enc: &[u8]) -> Result<Secret<32>, HpkeError> {
        match self {
            Self::X25519 => {
                let private = Curve25519SecretKey::from_bytes(array(private)?);
                self.x25519(&private, enc, enc, private.multiply_base().as_bytes())
            }
            Self::P256 => {
                let private =
                    SecretKey::from_bytes(array::<32>(private)?.into()).map_err(|_| HpkeError)?;
                self.p256(&private, enc, enc, &point(&private.public_key()))
            }
            #[cfg(feature = "experimental-x-wing")]
            Self::XWing => x_wing::decapsulate(private, enc),
        }
    }

    fn derive_x25519(self, material: &[u8]) -> Curve25519SecretKey {
        let key = self.labeled().extract(b"", b"dkp_prk", material);
        let private: Secret<32> = self.labeled().expand(&key, b"sk", [b"", b""]);
        Curve25519SecretKey::from_bytes(&private)
    }

    fn derive_p256(self, material: &[u8]) -> Result<SecretKey, HpkeError> {
        let key = self.labeled().extract(b"", b"dkp_prk", material);
        for counter in 0..=u8::MAX {
            let candidate: Secret<32> =
                self.labeled().expand(&key, b"candidate", [&[counter], b""]);
            if let Ok(private) = SecretKey::from_bytes((&*candidate).into()) {
                return Ok(private);
            }
        }
        // One in 2^8192.
        Err(HpkeError)
    }

    fn x25519(
        self,
        ours: &Curve25519SecretKey,
        theirs: &[u8],
        enc: &[u8],
        receiver: &[u8],
    ) -> Result<Secret<32>, HpkeError> {
        let theirs = Curve25519PublicKey::from_bytes(*array(theirs)?);
        let product = ours.multiply(&theirs).map_err(|_| HpkeError)?;
        Ok(self.extract_and_expand(product.expose_secret(), enc, receiver))
    }

    fn p256(
        self,
        ours: &SecretKey,
        theirs: &[u8],
        enc: &[u8],
        receiver: &[u8],
    ) -> Result<Secret<32>, HpkeError> {
        // Compressed points are shorter.
        let theirs: &[u8; POINT_LENGTH] = array(theirs)?;
        let theirs = PublicKey::from_sec1_bytes(theirs).map_err(|_| HpkeError)?;
        let product = ecdh::diffie_hellman(ours.to_nonzero_scalar(), theirs.as_affine());
        Ok(self.extract_and_expand(product.raw_secret_bytes(), enc, receiver))
    }

    /// `ExtractAndExpand`.
    fn extract_and_expand(self, product: &[u8], enc: &[u8], receiver: &[u8]) -> Secret<32> {
        let key = self.labeled().extract(b"", b"eae_prk", product);
        self.labeled()
            .expand(&key, b"shared_secret", [enc, receiver])
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], HpkeError> {
    bytes.try_into().map_err(|_| HpkeError)
}

fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

/// X-Wing by the crate (draft-connolly-cfrg-xwing-kem, draft-ietf-hpke-pq).
#[cfg(feature = "experimental-x-wing")]
mod x_wing {
    use alloc::vec::Vec;

    use hpke::{Deserializable, Kem, Serializable, kem::XWing};

    use super::{EncapsulationRandomness, HpkeError};
    use crate::primitives::{hpke::Drawn, wipe::Secret};

    pub(super) fn derive_key_pair(material: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (private, public) = XWing::derive_keypair(material);
        let mut bytes = Secret::<32>::ZERO;
        private.write_exact(bytes.as_mut_slice());
        (bytes.to_vec(), public.to_bytes().to_vec())
    }

    pub(super) fn encapsulate(
        receiver: &[u8],
        random: &EncapsulationRandomness,
    ) -> Result<(Secret<32>, Vec<u8>), HpkeError> {
        let receiver = <XWing as Kem>::PublicKey::from_bytes(receiver).map_err(|_| HpkeError)?;
        let (shared, enc) = XWing::encap_with_rng(&receiver, None, &mut Drawn(random.as_slice()))
            .map_err(|_| HpkeError)?;
        Ok((
            Secret::from(<[u8; 32]>::from(shared.0)),
            enc.to_bytes().to_vec(),
        ))
    }

    pub(super) fn decapsulate(private: &[u8], enc: &[u8]) -> Result<Secret<32>, HpkeError> {
        let private = <XWing as Kem>::PrivateKey::from_bytes(private).map_err(|_| HpkeError)?;
        let enc = <XWing as Kem>::EncappedKey::from_bytes(enc).map_err(|_| HpkeError)?;
        let shared = XWing::decap(&private, None, &enc).map_err(|_| HpkeError)?;
        Ok(Secret::from(<[u8; 32]>::from(shared.0)))
    }
}
