//! HPKE (RFC 9180), base mode, and the way back of RFC 9458 §4.4.
//!
//! The contexts below are of one suite: DHKEM(X25519, HKDF-SHA256) 0x0020,
//! HKDF-SHA256 0x0001, ChaCha20Poly1305 0x0003. The aliases are all that names it.
//! `suites` has the single-shot operations of the suites of MLS.
//!
//! The crate wipes what it holds: private keys, shared secrets, exporter
//! secrets, nonces, and the cipher's key by the feature `zeroize`. What it
//! leaves on the stack is cleared by the frame of the caller's operation.

#[cfg(feature = "mls")]
pub(crate) mod suites;

use core::{convert::Infallible, fmt};

use hpke::{
    Deserializable, HpkeError, Kem as KemTrait, OpModeR, OpModeS, Serializable,
    aead::{AeadCtxR, AeadCtxS, AeadTag},
    setup_receiver, setup_sender_with_rng,
};
use rand_core::{TryCryptoRng, TryRng, utils};

use super::{
    chacha,
    curve25519::{Curve25519PublicKey, ZeroSharedSecret},
    kdf::HmacSha256,
    wipe::Secret,
};

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// Bytes in the tag behind a ciphertext.
pub(crate) const TAG_LENGTH: usize = chacha::TAG_LENGTH;

/// Why a context did not open a message; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// The tag is wrong for this key, sequence number and associated data.
    Inauthentic,
    /// All sequence numbers are used.
    Exhausted,
}

/// A context has used all its sequence numbers, or the text is too long for the
/// cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// The receiver's private key.
pub(crate) struct PrivateKey(<Kem as KemTrait>::PrivateKey);

impl PrivateKey {
    /// `DeriveKeyPair` of RFC 9180 §7.1.3, from 32 random bytes.
    pub(crate) fn derive(random: &[u8; 32]) -> (Self, Curve25519PublicKey) {
        let (private, public) = Kem::derive_keypair(random);
        let public = Curve25519PublicKey::from_bytes(public.to_bytes().into());
        (Self(private), public)
    }
}

/// The context that seals what goes from sender to receiver.
pub(crate) struct Sender(AeadCtxS<Aead, Kdf, Kem>);

impl Sender {
    /// `SetupBaseS`: the context, and the encapsulated key `enc`. The ephemeral
    /// key pair is derived from 32 random bytes, by `DeriveKeyPair`.
    pub(crate) fn new(
        receiver: &Curve25519PublicKey,
        info: &[u8],
        random: &[u8; 32],
    ) -> Result<(Self, Curve25519PublicKey), ZeroSharedSecret> {
        let receiver = <Kem as KemTrait>::PublicKey::from_bytes(receiver.as_bytes())
            .map_err(|_| ZeroSharedSecret)?;
        let (enc, context) = setup_sender_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &receiver,
            info,
            &mut Drawn(random),
        )
        .map_err(|_| ZeroSharedSecret)?;
        let enc = Curve25519PublicKey::from_bytes(enc.to_bytes().into());
        Ok((Self(context), enc))
    }

    /// Encrypts `buffer` in place and gives its tag.
    pub(crate) fn seal(
        &mut self,
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Exhausted> {
        let tag = self
            .0
            .seal_inout_detached(buffer.into(), associated)
            .map_err(|_| Exhausted)?;
        Ok(tag.to_bytes().into())
    }

    /// The exporter (RFC 9180 §5.3).
    pub(crate) fn export<const N: usize>(&self, context: &[u8]) -> Secret<N> {
        export(|output| self.0.export(context, output))
    }
}

/// The context that opens what goes from sender to receiver.
pub(crate) struct Receiver(AeadCtxR<Aead, Kdf, Kem>);

impl Receiver {
    /// `SetupBaseR`, from the encapsulated key `enc`.
    pub(crate) fn new(
        private: &PrivateKey,
        enc: &Curve25519PublicKey,
        info: &[u8],
    ) -> Result<Self, ZeroSharedSecret> {
        let enc = <Kem as KemTrait>::EncappedKey::from_bytes(enc.as_bytes())
            .map_err(|_| ZeroSharedSecret)?;
        setup_receiver(&OpModeR::Base, &private.0, &enc, info)
            .map(Self)
            .map_err(|_| ZeroSharedSecret)
    }

    /// Checks the tag and decrypts `buffer` in place; on failure nothing is
    /// changed.
    pub(crate) fn open(
        &mut self,
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), OpenError> {
        let tag = AeadTag::from_bytes(tag).map_err(|_| OpenError::Inauthentic)?;
        self.0
            .open_inout_detached(buffer.into(), associated, &tag)
            .map_err(|error| match error {
                HpkeError::MessageLimitReached => OpenError::Exhausted,
                _ => OpenError::Inauthentic,
            })
    }

    /// The exporter (RFC 9180 §5.3).
    pub(crate) fn export<const N: usize>(&self, context: &[u8]) -> Secret<N> {
        export(|output| self.0.export(context, output))
    }
}

fn export<const N: usize>(export: impl FnOnce(&mut [u8]) -> Result<(), HpkeError>) -> Secret<N> {
    const { assert!(N <= 255 * 32, "RFC 5869 ends at 255 blocks") };
    let mut output = Secret::ZERO;
    // Fails for longer outputs only.
    let _ = export(output.as_mut_slice());
    output
}

/// The way back from receiver to sender (RFC 9458 §4.4), the same on both sides.
pub(crate) struct Response {
    key: Secret<32>,
    base_nonce: Secret<{ chacha::NONCE_LENGTH }>,
    sequence: u64,
}

impl Response {
    /// Bytes in the nonce that the receiver draws.
    pub(crate) const NONCE_LENGTH: usize = 32;

    /// From what both sides export, the sender's `enc` and the receiver's nonce.
    pub(crate) fn new(
        exported: &Secret<32>,
        enc: &Curve25519PublicKey,
        nonce: &[u8; Self::NONCE_LENGTH],
    ) -> Self {
        let mut salt = [0; 64];
        let (head, tail) = salt.split_at_mut(32);
        head.copy_from_slice(enc.as_bytes());
        tail.copy_from_slice(nonce);
        let prk = HmacSha256::extract(&salt, exported.as_slice());
        Self {
            key: prk.expand(&[b"key"]),
            base_nonce: prk.expand(&[b"nonce"]),
            sequence: 0,
        }
    }

    /// Encrypts `buffer` in place and gives its tag.
    pub(crate) fn seal(
        &mut self,
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Exhausted> {
        let next = self.sequence.checked_add(1).ok_or(Exhausted)?;
        let tag =
            chacha::seal(&self.key, &self.nonce(), associated, buffer).map_err(|_| Exhausted)?;
        self.sequence = next;
        Ok(tag)
    }

    /// Checks the tag and decrypts `buffer` in place; on failure nothing is
    /// changed.
    pub(crate) fn open(
        &mut self,
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), OpenError> {
        let next = self.sequence.checked_add(1).ok_or(OpenError::Exhausted)?;
        chacha::open(&self.key, &self.nonce(), associated, buffer, tag)
            .map_err(|_| OpenError::Inauthentic)?;
        self.sequence = next;
        Ok(())
    }

    /// `ComputeNonce` of RFC 9180 §5.2.
    fn nonce(&self) -> Secret<{ chacha::NONCE_LENGTH }> {
        let mut nonce = self.base_nonce.clone();
        if let Some(tail) = nonce.last_chunk_mut::<8>() {
            *tail = (u64::from_be_bytes(*tail) ^ self.sequence).to_be_bytes();
        }
        nonce
    }
}

/// The crate asks for a generator that cannot fail: it gets the bytes that were
/// drawn from one that can. It draws once: 32 bytes, or 64 for X-Wing.
struct Drawn<'a>(&'a [u8]);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for (byte, drawn) in bytes.iter_mut().zip(self.0) {
            *byte = *drawn;
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

macro_rules! hide {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
hide!(PrivateKey, Sender, Receiver, Response);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hex::hex as from_hex;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        from_hex(text).try_into().unwrap()
    }

    #[test]
    fn hpke_gives_rfc_9180_appendix_a_2_1() {
        let info = hex::<20>("4f6465206f6e2061204772656369616e2055726e");
        let (private, public) = PrivateKey::derive(&hex(
            "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
        ));
        let (mut sender, enc) = Sender::new(
            &public,
            &info,
            &hex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"),
        )
        .unwrap();
        let mut receiver = Receiver::new(&private, &enc, &info).unwrap();
        assert_eq!(
            public.as_bytes(),
            &hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
        );
        assert_eq!(
            enc.as_bytes(),
            &hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
        );

        let text = b"Beauty is truth, truth beauty";
        for (aad, sealed) in [
            (
                b"Count-0",
                "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
            ),
            (
                b"Count-1",
                "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
            ),
        ] {
            let mut buffer = *text;
            let mut tag = sender.seal(aad, &mut buffer).unwrap();
            assert_eq!([&buffer[..], &tag].concat(), hex::<45>(sealed));

            // What is refused leaves the sequence, and the buffer.
            tag[0] ^= 1;
            let kept = buffer;
            assert_eq!(
                receiver.open(aad, &mut buffer, &tag),
                Err(OpenError::Inauthentic)
            );
            assert_eq!(buffer, kept);
            tag[0] ^= 1;
            receiver.open(aad, &mut buffer, &tag).unwrap();
            assert_eq!(&buffer, text);
        }
        let exported = hex("4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e");
        assert_eq!(*sender.export::<32>(b""), exported);
        assert_eq!(*receiver.export::<32>(b""), exported);
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let zero = Curve25519PublicKey::from_bytes([0; 32]);
        assert_eq!(
            Sender::new(&zero, b"", &[1; 32]).err(),
            Some(ZeroSharedSecret)
        );
        let (private, _) = PrivateKey::derive(&[2; 32]);
        assert_eq!(
            Receiver::new(&private, &zero, b"").err(),
            Some(ZeroSharedSecret)
        );
    }

    #[test]
    fn the_way_back_ends_with_its_last_number() {
        let mut response = Response::new(
            &[1; 32].into(),
            &Curve25519PublicKey::from_bytes([2; 32]),
            &[3; 32],
        );
        response.sequence = u64::MAX;
        assert_eq!(response.seal(b"", &mut []), Err(Exhausted));
        assert_eq!(
            response.open(b"", &mut [], &[0; 16]),
            Err(OpenError::Exhausted)
        );
    }
}
