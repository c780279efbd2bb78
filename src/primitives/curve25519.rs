//! X25519 keys and their Diffie-Hellman function (RFC 7748).

use alloc::{string::String, vec::Vec};
use core::fmt;

use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    base64,
    inline_list::Slot,
    public_key::{KeyError, key_bytes, padded_key_bytes},
    random::{self, RngError},
    wipe::{Secret, in_wiped_frame},
};

/// A Curve25519 public key: the `u` coordinate of a point, 32 bytes
/// little-endian (RFC 7748 §5). Public.
///
/// Any 32 bytes are a key; one that lies in the small subgroup is found out
/// when it is used, as [`ZeroSharedSecret`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Curve25519PublicKey([u8; 32]);

impl Curve25519PublicKey {
    /// Bytes in a key.
    pub const LENGTH: usize = 32;

    /// The key with these 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads a key from 43 characters of unpadded base64.
    ///
    /// # Errors
    /// [`KeyError::Base64`] if the text is not canonical unpadded base64,
    /// [`KeyError::Length`] if it is not 32 bytes long.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        key_bytes(text).map(Self)
    }

    /// [`Self::from_base64`] that takes full padding, too, as it may stand in
    /// JSON.
    pub(crate) fn from_padded_base64(text: &str) -> Result<Self, KeyError> {
        padded_key_bytes(text).map(Self)
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The key as 43 characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// Whether the point is of small order, so that every Diffie-Hellman with
    /// it gives zero.
    pub(crate) fn is_small_order(&self) -> bool {
        let mut u = self.0;
        // X25519 ignores the top bit (RFC 7748 §5).
        u[31] &= 0x7f;
        SMALL_ORDER_U.contains(&u)
    }

    /// Whether this is the one encoding of its point that X25519 itself gives: a
    /// number below p = 2^255 − 19, so that the top bit is clear.
    pub(crate) fn is_canonical(&self) -> bool {
        let [low, middle @ .., high] = &self.0;
        *high < 0x7f || *high == 0x7f && (*low < 0xed || middle.iter().any(|byte| *byte != 0xff))
    }
}

/// The `u` coordinates of small order, little-endian: 0, 1, the two of order
/// eight, and p − 1, and the second encodings p and p + 1 of the first two.
const SMALL_ORDER_U: [[u8; 32]; 7] = {
    const fn near_p(low: u8) -> [u8; 32] {
        let mut u = [0xff; 32];
        u[0] = low;
        u[31] = 0x7f;
        u
    }
    let mut one = [0; 32];
    one[0] = 1;
    [
        [0; 32],
        one,
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83,
            0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd,
            0xd0, 0x9f, 0x11, 0x57,
        ],
        near_p(0xec),
        near_p(0xed),
        near_p(0xee),
    ]
};

impl fmt::Display for Curve25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Curve25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Curve25519PublicKey({self})")
    }
}

impl Slot for Curve25519PublicKey {
    const EMPTY: Self = Self([0; 32]);

    fn wipe(&mut self) {
        *self = Self::EMPTY;
    }
}

/// A Curve25519 private key: 32 random bytes, kept as they were drawn and
/// clamped where they are used (RFC 7748 §5). Secret; wiped on drop.
///
/// ```
/// use necturus::{Curve25519PublicKey, Curve25519SecretKey, ZeroSharedSecret};
///
/// let ours = Curve25519SecretKey::from_bytes(&[1; 32]); // 32 random bytes, really
/// let theirs = Curve25519SecretKey::from_bytes(&[2; 32]);
/// let secret = ours.diffie_hellman(&theirs.public_key())?;
/// assert_eq!(secret.expose_secret(), theirs.diffie_hellman(&ours.public_key())?.expose_secret());
///
/// // A key with which anybody would know the secret.
/// let low_order = Curve25519PublicKey::from_bytes([0; 32]);
/// assert!(ours.diffie_hellman(&low_order).is_err());
/// # Ok::<(), ZeroSharedSecret>(())
/// ```
#[derive(Clone)]
pub struct Curve25519SecretKey(Secret<32>);

impl ZeroizeOnDrop for Curve25519SecretKey {}

impl Curve25519SecretKey {
    /// Bytes in a key.
    pub const LENGTH: usize = 32;

    /// Draws a new key: 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| random::draw(rng).map(Self))
    }

    /// The key with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        Self(Secret::from(*bytes))
    }

    /// The 32 secret bytes of the key, not clamped.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> Curve25519PublicKey {
        in_wiped_frame(|| self.multiply_base())
    }

    /// The X25519 function of this key and another's public one.
    ///
    /// # Errors
    /// [`ZeroSharedSecret`] if the result is all zero (RFC 7748 §6.1): the
    /// public key is of small order, and anybody would know the secret.
    pub fn diffie_hellman(
        &self,
        theirs: &Curve25519PublicKey,
    ) -> Result<SharedSecret, ZeroSharedSecret> {
        in_wiped_frame(|| PreparedPublicKey::new(theirs).diffie_hellman(self))
    }

    /// [`Self::public_key`], for a caller that clears the stack.
    pub(crate) fn multiply_base(&self) -> Curve25519PublicKey {
        Curve25519PublicKey(MontgomeryPoint::mul_base_clamped(*self.0).to_bytes())
    }

    /// [`Self::diffie_hellman`], for a caller that clears the stack.
    pub(crate) fn multiply(
        &self,
        theirs: &Curve25519PublicKey,
    ) -> Result<SharedSecret, ZeroSharedSecret> {
        PreparedPublicKey::new(theirs).diffie_hellman(self)
    }
}

impl fmt::Debug for Curve25519SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Curve25519SecretKey")
            .finish_non_exhaustive()
    }
}

/// The 32 bytes that X25519 gives both sides. Secret; wiped on drop.
pub struct SharedSecret(Secret<32>);

impl ZeroizeOnDrop for SharedSecret {}

impl SharedSecret {
    /// The 32 secret bytes.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}

/// A public key on the faster of two roads to the same X25519, ready for several
/// multiplications.
pub(crate) struct PreparedPublicKey {
    u: MontgomeryPoint,
    /// The same point on the Edwards curve, where dalek has vector code for the
    /// multiplication; the ladder has none. The clamped scalar is not reduced,
    /// so it still kills the small subgroup, as it does on the ladder.
    point: Option<EdwardsPoint>,
}

impl PreparedPublicKey {
    pub(crate) fn new(key: &Curve25519PublicKey) -> Self {
        let u = MontgomeryPoint(key.0);
        // A point of the twist has no Edwards form: it takes the ladder. The
        // key is public, so branching on it is fine.
        let point = if vector_code_runs() {
            u.to_edwards(0)
        } else {
            None
        };
        Self { u, point }
    }

    pub(crate) fn diffie_hellman(
        &self,
        ours: &Curve25519SecretKey,
    ) -> Result<SharedSecret, ZeroSharedSecret> {
        let product = match self.point {
            Some(point) => point.mul_clamped(*ours.0).to_montgomery(),
            None => self.u.mul_clamped(*ours.0),
        };
        let secret = SharedSecret(product.to_bytes().into());
        if bool::from(secret.0.as_slice().ct_eq(&[0; 32])) {
            Err(ZeroSharedSecret)
        } else {
            Ok(secret)
        }
    }
}

/// Whether dalek multiplies points with vector instructions: the test that it
/// makes itself. Its portable code is faster on the ladder.
#[cfg(all(
    feature = "std",
    target_arch = "x86_64",
    not(any(curve25519_dalek_backend = "serial", curve25519_dalek_backend = "fiat"))
))]
fn vector_code_runs() -> bool {
    std::is_x86_feature_detected!("avx2")
}

#[cfg(not(all(
    feature = "std",
    target_arch = "x86_64",
    not(any(curve25519_dalek_backend = "serial", curve25519_dalek_backend = "fiat"))
)))]
const fn vector_code_runs() -> bool {
    false
}

/// A private key and its public half, so that it is multiplied out once.
#[derive(Clone)]
pub(crate) struct Curve25519KeyPair {
    pub(crate) secret: Curve25519SecretKey,
    pub(crate) public: Curve25519PublicKey,
}

impl Curve25519KeyPair {
    /// What an empty slot of a list holds.
    pub(crate) const EMPTY: Self = Self {
        secret: Curve25519SecretKey(Secret::ZERO),
        public: Curve25519PublicKey([0; 32]),
    };

    /// Overwrites the private half.
    pub(crate) fn wipe(&mut self) {
        self.secret.0.zeroize();
    }

    /// The pair of a private key.
    pub(crate) fn from_secret(secret: Curve25519SecretKey) -> Self {
        let public = secret.multiply_base();
        Self { secret, public }
    }
}

/// The public halves of many private keys, with one shared field inversion.
pub(crate) fn public_keys(secrets: &[Curve25519SecretKey]) -> Vec<Curve25519PublicKey> {
    let points: Zeroizing<Vec<EdwardsPoint>> = Zeroizing::new(
        secrets
            .iter()
            .map(|key| EdwardsPoint::mul_base_clamped(*key.0))
            .collect(),
    );
    EdwardsPoint::to_montgomery_batch(&points)
        .iter()
        .map(|point| Curve25519PublicKey(point.to_bytes()))
        .collect()
}

/// A Diffie-Hellman gave zero: the other side's key is of small order, and the
/// secret would be known to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ZeroSharedSecret;

impl fmt::Display for ZeroSharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Diffie-Hellman secret is zero: the public key is of small order")
    }
}

impl core::error::Error for ZeroSharedSecret {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::kdf::sha256;

    /// Every encoding of a point of small order, with and without the top bit.
    fn small_order_encodings() -> impl Iterator<Item = [u8; 32]> {
        SMALL_ORDER_U.into_iter().flat_map(|u| {
            let mut with_top_bit = u;
            with_top_bit[31] |= 0x80;
            [u, with_top_bit]
        })
    }

    #[test]
    fn both_roads_give_the_same_secret() {
        let hashes = (0u32..2000).map(|n| sha256(&[&n.to_be_bytes()]));
        // Near p and 2^255: not canonical, and both halves of the twist.
        let edges = (0xe0..=0xff).map(|low| {
            let mut u = [0xff; 32];
            u[0] = low;
            u
        });
        for u in hashes.chain(edges).chain(small_order_encodings()) {
            let secret = sha256(&[&u, b"secret"]);
            let ladder = MontgomeryPoint(u).mul_clamped(secret);
            if let Some(point) = MontgomeryPoint(u).to_edwards(0) {
                assert_eq!(
                    point.mul_clamped(secret).to_montgomery(),
                    ladder,
                    "{u:02x?}"
                );
            }
        }
    }

    #[test]
    fn the_table_of_small_orders_is_complete() {
        let secret = Curve25519SecretKey::from_bytes(&[0x5a; 32]);
        for u in small_order_encodings() {
            let key = Curve25519PublicKey(u);
            assert!(key.is_small_order());
            assert_eq!(secret.diffie_hellman(&key).err(), Some(ZeroSharedSecret));
        }
        // Every other string within reach of p is a point of large order.
        for low in 0..=0xff {
            let mut u = [0xff; 32];
            u[0] = low;
            let key = Curve25519PublicKey(u);
            assert_eq!(
                key.is_small_order(),
                secret.diffie_hellman(&key).is_err(),
                "{low:#x}"
            );
        }
    }

    #[test]
    fn x25519_gives_rfc_7748_section_6_1() {
        let alice = Curve25519SecretKey::from_bytes(&[
            0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2,
            0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5,
            0x1d, 0xb9, 0x2c, 0x2a,
        ]);
        let bob = Curve25519SecretKey::from_bytes(&[
            0x5d, 0xab, 0x08, 0x7e, 0x62, 0x4a, 0x8a, 0x4b, 0x79, 0xe1, 0x7f, 0x8b, 0x83, 0x80,
            0x0e, 0xe6, 0x6f, 0x3b, 0xb1, 0x29, 0x26, 0x18, 0xb6, 0xfd, 0x1c, 0x2f, 0x8b, 0x27,
            0xff, 0x88, 0xe0, 0xeb,
        ]);
        let expected = [
            0x4a, 0x5d, 0x9d, 0x5b, 0xa4, 0xce, 0x2d, 0xe1, 0x72, 0x8e, 0x3b, 0xf4, 0x80, 0x35,
            0x0f, 0x25, 0xe0, 0x7e, 0x21, 0xc9, 0x47, 0xd1, 0x9e, 0x33, 0x76, 0xf0, 0x9b, 0x3c,
            0x1e, 0x16, 0x17, 0x42,
        ];
        let both = [
            alice.diffie_hellman(&bob.public_key()),
            bob.diffie_hellman(&alice.public_key()),
        ];
        for secret in both {
            assert_eq!(secret.unwrap().expose_secret(), &expected);
        }
    }
}
