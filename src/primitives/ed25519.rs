//! Ed25519 (RFC 8032) under one strict rule.
//!
//! A signature `R ‖ S` of message `M` under public key `A` verifies if and only
//! if `S`, `A` and `R` are canonical encodings, neither `A` nor `R` is of small
//! order, and `8(S·B − k·A − R) = 0` with `k = SHA-512(R ‖ A ‖ M) mod ℓ`
//! (Algorithm 2 of "Taming the Many EdDSAs", 2020, and `R` not small either).
//! The cofactor makes the verdict of one signature equal that of any batch.
//!
//! MLS checks by another rule, without the cofactor, since all members of a group
//! have to reach one verdict: `cofactorless`.

#[cfg(feature = "mls")]
pub(crate) mod cofactorless;

use alloc::string::String;
use core::{
    fmt,
    ops::{Neg, Sub},
};

use curve25519_dalek::{
    EdwardsPoint, Scalar, edwards::CompressedEdwardsY, scalar::clamp_integer, traits::IsIdentity,
};
use ed25519_dalek::{
    VerifyingKey,
    hazmat::{ExpandedSecretKey, raw_sign},
};
use rand_core::TryCryptoRng;
use sha2::{Digest, Sha512};
use zeroize::ZeroizeOnDrop;

use super::{
    base64,
    public_key::{KeyError, key_bytes, padded_key_bytes},
    random::{self, RngError},
    wipe::{Secret, in_wiped_frame},
};

/// An Ed25519 public key: a point that is canonically encoded and not of small
/// order, kept decompressed so that a signature check starts at once. Public.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ed25519PublicKey(VerifyingKey);

impl Ed25519PublicKey {
    /// Bytes in an encoded key.
    pub const LENGTH: usize = 32;

    /// Reads a key from its 32 bytes (RFC 8032 §5.1.3).
    ///
    /// # Errors
    /// [`KeyError::NotAPoint`] if the bytes are not the canonical encoding of a
    /// point, [`KeyError::SmallOrder`] if the point is of small order.
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Result<Self, KeyError> {
        if !is_canonical_y(bytes) {
            return Err(KeyError::NotAPoint);
        }
        // Also catches the two points with x = 0, the only ones whose sign bit
        // can be wrong.
        if is_small_order_encoding(bytes) {
            return Err(KeyError::SmallOrder);
        }
        VerifyingKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| KeyError::NotAPoint)
    }

    /// Reads a key from 43 characters of unpadded base64.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], [`KeyError::Base64`] if the text is not
    /// canonical unpadded base64, [`KeyError::Length`] if it is not 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&key_bytes(text)?)
    }

    /// [`Self::from_base64`] that takes full padding, too, as it may stand in
    /// JSON.
    pub(crate) fn from_padded_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&padded_key_bytes(text)?)
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        self.0.as_bytes()
    }

    /// The key as 43 characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(self.as_bytes())
    }

    /// Checks a signature over `message` by the rule in the [crate
    /// documentation](crate#signatures).
    ///
    /// # Errors
    /// [`SignatureError`] if it does not verify.
    pub fn verify(
        &self,
        message: &[u8],
        signature: &Ed25519Signature,
    ) -> Result<(), SignatureError> {
        let (r, s) = signature.halves();
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s)).ok_or(SignatureError)?;
        if is_small_order_encoding(&r) {
            return Err(SignatureError);
        }
        let k = Scalar::from_hash(
            Sha512::new()
                .chain_update(r)
                .chain_update(self.as_bytes())
                .chain_update(message),
        );
        let point =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &self.0.to_edwards().neg(), &s);
        // `compress` gives canonical bytes only, so equal bytes are one point,
        // and the equation holds without the cofactor, hence with it.
        if point.compress().as_bytes() == &r {
            return Ok(());
        }
        // Only forged or crafted signatures get here.
        let r_point = CompressedEdwardsY(r).decompress().ok_or(SignatureError)?;
        if is_canonical_y(&r) && point.sub(r_point).mul_by_cofactor().is_identity() {
            Ok(())
        } else {
            Err(SignatureError)
        }
    }
}

impl fmt::Display for Ed25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Ed25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519PublicKey({self})")
    }
}

/// The `y` coordinates of the eight points of small order, little-endian: 0, 1,
/// −1 and the two of order eight.
const SMALL_ORDER_Y: [[u8; 32]; 5] = {
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    [
        [0; 32],
        one,
        minus_one,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

/// Whether the `y` coordinate is below p = 2^255 − 19.
fn is_canonical_y(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    *low < 0xed || *high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

/// Whether these bytes encode a point of small order, with either sign bit.
fn is_small_order_encoding(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    SMALL_ORDER_Y.contains(&y)
}

/// An Ed25519 signature, 64 bytes `R ‖ S` (RFC 8032 §5.1.6). Public.
///
/// The bytes are checked when the signature is verified, not before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ed25519Signature([u8; 64]);

impl Ed25519Signature {
    /// Bytes in a signature.
    pub const LENGTH: usize = 64;

    /// The signature with these 64 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads a signature from 86 characters of unpadded base64.
    ///
    /// # Errors
    /// [`SignatureError`] if the text is not canonical unpadded base64 of 64
    /// bytes.
    pub fn from_base64(text: &str) -> Result<Self, SignatureError> {
        match base64::decode_array(text) {
            Ok(Some(bytes)) => Ok(Self(bytes)),
            _ => Err(SignatureError),
        }
    }

    /// The 64 bytes of the signature.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The signature as 86 characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    fn halves(&self) -> ([u8; 32], [u8; 32]) {
        let (mut r, mut s) = ([0; 32], [0; 32]);
        for (to, from) in r.iter_mut().chain(&mut s).zip(&self.0) {
            *to = *from;
        }
        (r, s)
    }
}

impl fmt::Display for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Signature({self})")
    }
}

/// A signature does not verify, for whatever reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureError;

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for SignatureError {}

/// An Ed25519 private key with its public half. Secret; wiped on drop.
///
/// libolm keeps only the *expanded* key (clamped scalar and prefix, 64 bytes),
/// from which the seed cannot be had back, so a key that moved in from libolm
/// has no [seed](Self::expose_seed).
///
/// ```
/// use necturus::Ed25519SigningKey;
///
/// let key = Ed25519SigningKey::from_seed(&[7; 32]); // 32 random bytes, really
/// let moved = Ed25519SigningKey::from_expanded(key.expose_expanded());
/// assert!(moved.expose_seed().is_none());
///
/// let signature = moved.sign(b"message");
/// assert!(key.public_key().verify(b"message", &signature).is_ok());
/// assert!(key.public_key().verify(b"another", &signature).is_err());
/// ```
#[derive(Clone)]
pub struct Ed25519SigningKey {
    seed: Option<Secret<32>>,
    /// Clamped scalar ‖ prefix.
    expanded: Secret<64>,
    public: Ed25519PublicKey,
}

impl ZeroizeOnDrop for Ed25519SigningKey {}

impl Ed25519SigningKey {
    /// Draws a new key: a seed of 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| Ok(Self::expand_seed(&*random::draw(rng)?)))
    }

    /// The key of a seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        in_wiped_frame(|| Self::expand_seed(seed))
    }

    /// [`Self::from_seed`], for a caller that clears the stack.
    pub(crate) fn expand_seed(seed: &[u8; 32]) -> Self {
        let hash = Secret::<64>::from(<[u8; 64]>::from(Sha512::digest(seed)));
        let mut key = Self::clamp(&hash);
        key.seed = Some(Secret::from(*seed));
        key
    }

    /// The key of a scalar ‖ prefix of 64 bytes, as libolm keeps it. The scalar
    /// is clamped: some writers leave it as the hash gave it.
    #[must_use]
    pub fn from_expanded(bytes: &[u8; 64]) -> Self {
        in_wiped_frame(|| Self::clamp(bytes))
    }

    /// [`Self::from_expanded`], for a caller that clears the stack.
    pub(crate) fn clamp(bytes: &[u8; 64]) -> Self {
        let mut expanded = Secret::from(*bytes);
        let mut public = EdwardsPoint::default();
        if let Some(scalar) = expanded.first_chunk_mut::<32>() {
            *scalar = clamp_integer(*scalar);
            public = EdwardsPoint::mul_base_clamped(*scalar);
        }
        Self {
            seed: None,
            expanded,
            public: Ed25519PublicKey(VerifyingKey::from(public)),
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> Ed25519PublicKey {
        self.public
    }

    /// The secret seed of 32 bytes, if this key has one.
    #[must_use]
    pub fn expose_seed(&self) -> Option<&[u8; 32]> {
        self.seed.as_deref()
    }

    /// The secret expanded key: clamped scalar ‖ prefix, 64 bytes.
    #[must_use]
    pub fn expose_expanded(&self) -> &[u8; 64] {
        &self.expanded
    }

    /// Signs `message` (RFC 8032 §5.1.6); draws nothing.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        in_wiped_frame(|| self.sign_in_frame(message))
    }

    /// [`Self::sign`], for a caller that clears the stack.
    pub(crate) fn sign_in_frame(&self, message: &[u8]) -> Ed25519Signature {
        let key = ExpandedSecretKey::from_bytes(&self.expanded);
        Ed25519Signature(raw_sign::<Sha512>(&key, message, &self.public.0).to_bytes())
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519SigningKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;

    use super::*;

    #[test]
    fn only_canonical_encodings_are_keys() {
        for low in 0..=0xffu8 {
            for sign in [0x7f, 0xff] {
                let mut bytes = [0xff; 32];
                bytes[0] = low;
                bytes[31] = sign;
                let decompressed = CompressedEdwardsY(bytes).decompress();
                let canonical =
                    decompressed.is_some_and(|point| point.compress().to_bytes() == bytes);
                let small = decompressed.is_some_and(|point| point.is_small_order());
                let read = Ed25519PublicKey::from_bytes(&bytes);
                assert_eq!(read.is_ok(), canonical && !small, "{low:#x} {sign:#x}");
            }
        }
    }

    #[test]
    fn the_table_of_small_orders_is_the_torsion_subgroup() {
        for point in EIGHT_TORSION {
            assert!(is_small_order_encoding(point.compress().as_bytes()));
        }
        let distinct: alloc::collections::BTreeSet<[u8; 32]> = EIGHT_TORSION
            .iter()
            .map(|point| {
                let mut y = point.compress().to_bytes();
                y[31] &= 0x7f;
                y
            })
            .collect();
        assert_eq!(distinct.len(), SMALL_ORDER_Y.len());
    }
}
