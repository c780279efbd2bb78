//! The primitives, put together here anew, so that the vectors are not
//! necturus's own output.

use aes::Aes256Enc;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, array::Array, consts::U16};
use curve25519_dalek::{
    EdwardsPoint, MontgomeryPoint, Scalar, constants::ED25519_BASEPOINT_POINT,
    scalar::clamp_integer,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// SHA-256 over the parts behind one another.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-SHA-256.
pub(crate) fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA-256 (RFC 5869).
pub(crate) fn hkdf(salt: &[u8], input: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let key = hmac(salt, input);
    let mut output = Vec::new();
    let mut block = Vec::new();
    for counter in 1u8.. {
        block.extend_from_slice(info);
        block.push(counter);
        block = hmac(&key, &block).to_vec();
        output.extend_from_slice(&block);
        if output.len() >= length {
            break;
        }
    }
    output.truncate(length);
    output
}

/// AES-256 key, HMAC key and IV of one message or pickle.
#[derive(Clone)]
pub(crate) struct Keys {
    aes: [u8; 32],
    mac: [u8; 32],
    iv: [u8; 16],
}

impl Keys {
    pub(crate) fn derive(input: &[u8], info: &[u8]) -> Self {
        let bytes = hkdf(&[0; 32], input, info, 80);
        Self {
            aes: array(&bytes[..32]),
            mac: array(&bytes[32..64]),
            iv: array(&bytes[64..]),
        }
    }

    /// AES-256-CBC with PKCS#7 padding.
    pub(crate) fn encrypt(&self, text: &[u8]) -> Vec<u8> {
        let padding = 16 - text.len() % 16;
        let mut padded = text.to_vec();
        padded.resize(
            text.len() + padding,
            u8::try_from(padding).expect("at most 16"),
        );
        self.encrypt_blocks(padded)
    }

    /// AES-256-CBC of whole blocks: whoever calls this has padded.
    pub(crate) fn encrypt_blocks(&self, mut padded: Vec<u8>) -> Vec<u8> {
        let (blocks, rest) = Array::<u8, U16>::slice_as_chunks_mut(&mut padded);
        assert!(rest.is_empty(), "whole blocks");
        cbc::Encryptor::<Aes256Enc>::new(&self.aes.into(), &self.iv.into()).encrypt_blocks(blocks);
        padded
    }

    /// AES-256-CBC of whole blocks, backwards: the padding stays.
    pub(crate) fn decrypt_blocks(&self, ciphertext: &[u8]) -> Vec<u8> {
        let mut text = ciphertext.to_vec();
        let (blocks, rest) = Array::<u8, U16>::slice_as_chunks_mut(&mut text);
        assert!(rest.is_empty(), "whole blocks");
        cbc::Decryptor::<aes::Aes256Dec>::new(&self.aes.into(), &self.iv.into())
            .decrypt_blocks(blocks);
        text
    }

    /// The whole MAC.
    pub(crate) fn mac(&self, data: &[u8]) -> [u8; 32] {
        hmac(&self.mac, data)
    }
}

/// A Curve25519 key pair.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) secret: [u8; 32],
    pub(crate) public: [u8; 32],
}

impl Pair {
    pub(crate) fn of(secret: [u8; 32]) -> Self {
        let public = MontgomeryPoint::mul_base_clamped(secret).to_bytes();
        Self { secret, public }
    }

    pub(crate) fn drawn(label: &str) -> Self {
        Self::of(crate::draw::draw32(label))
    }

    /// X25519; of small order keys it makes zeros.
    pub(crate) fn shared(&self, theirs: &[u8; 32]) -> [u8; 32] {
        MontgomeryPoint(*theirs).mul_clamped(self.secret).to_bytes()
    }
}

/// An Ed25519 key pair: scalar, hash prefix, and any public key that it is to
/// sign for.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) seed: [u8; 32],
    /// `SHA-512(seed)`, not clamped.
    pub(crate) hash: [u8; 64],
    pub(crate) scalar: Scalar,
    pub(crate) public: [u8; 32],
}

impl Signer {
    pub(crate) fn of(seed: [u8; 32]) -> Self {
        let hash = sha512(&[&seed]);
        let scalar = Scalar::from_bytes_mod_order(clamp_integer(array(&hash[..32])));
        let public = (ED25519_BASEPOINT_POINT * scalar).compress().to_bytes();
        Self {
            seed,
            hash,
            scalar,
            public,
        }
    }

    pub(crate) fn drawn(label: &str) -> Self {
        Self::of(crate::draw::draw32(label))
    }

    /// The clamped scalar and the prefix, as libolm stores them.
    pub(crate) fn expanded(&self) -> [u8; 64] {
        let mut expanded = self.hash;
        let scalar = clamp_integer(array(&self.hash[..32]));
        expanded[..32].copy_from_slice(&scalar);
        expanded
    }

    pub(crate) fn nonce(&self, message: &[u8]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&sha512(&[&self.hash[32..], message]))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let r = self.nonce(message);
        let point = (ED25519_BASEPOINT_POINT * r).compress().to_bytes();
        self.sign_with(r, &point, message)
    }

    /// `R ‖ r + k·a`, for any `R` and the public key as it is set.
    pub(crate) fn sign_with(&self, r: Scalar, point: &[u8; 32], message: &[u8]) -> [u8; 64] {
        let k = challenge(point, &self.public, message);
        signature(point, &(r + k * self.scalar).to_bytes())
    }
}

/// `k = SHA-512(R ‖ A ‖ M) mod ℓ`.
pub(crate) fn challenge(r: &[u8; 32], public: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&sha512(&[r, public, message]))
}

pub(crate) fn signature(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    array(&[r.as_slice(), s].concat())
}

/// The same signature with `times·ℓ` added to S, which is not reduced then.
pub(crate) fn add_order(signature: &[u8; 64], times: u32) -> [u8; 64] {
    // ℓ = 2^252 + 27742317777372353535851937790883648493, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut changed = *signature;
    for _ in 0..times {
        let mut carry = 0u16;
        for (byte, add) in changed[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
    }
    changed
}

/// A point plus one of the eight of small order.
pub(crate) fn plus_torsion(point: EdwardsPoint, torsion: usize) -> [u8; 32] {
    (point + curve25519_dalek::constants::EIGHT_TORSION[torsion])
        .compress()
        .to_bytes()
}

/// All strings of bytes that decode to an Edwards point of small order: eight
/// canonical ones, and six that are not.
pub(crate) fn small_order_points() -> Vec<(&'static str, [u8; 32])> {
    let y8 = curve25519_dalek::constants::EIGHT_TORSION[1]
        .compress()
        .to_bytes();
    let minus_y8 = curve25519_dalek::constants::EIGHT_TORSION[3]
        .compress()
        .to_bytes();
    let sign = |mut bytes: [u8; 32], sign: bool| {
        bytes[31] = bytes[31] & 0x7f | if sign { 0x80 } else { 0 };
        bytes
    };
    let low = |value: u8| {
        let mut bytes = [0; 32];
        bytes[0] = value;
        bytes
    };
    vec![
        ("identity", low(1)),
        ("order-2", near_p(0xec)),
        ("order-4-even", low(0)),
        ("order-4-odd", sign(low(0), true)),
        ("order-8-even", sign(y8, false)),
        ("order-8-odd", sign(y8, true)),
        ("order-8-minus-even", sign(minus_y8, false)),
        ("order-8-minus-odd", sign(minus_y8, true)),
        ("identity-wrong-sign", sign(low(1), true)),
        ("identity-plus-p", near_p(0xee)),
        ("identity-plus-p-wrong-sign", sign(near_p(0xee), true)),
        ("order-2-wrong-sign", sign(near_p(0xec), true)),
        ("order-4-plus-p-even", near_p(0xed)),
        ("order-4-plus-p-odd", sign(near_p(0xed), true)),
    ]
}

/// All strings of bytes that X25519 takes for a `u` of small order, on the curve
/// or its twist.
pub(crate) fn small_order_u() -> Vec<(String, [u8; 32])> {
    let u8_of = |torsion: usize| {
        curve25519_dalek::constants::EIGHT_TORSION[torsion]
            .to_montgomery()
            .to_bytes()
    };
    let mut one = [0; 32];
    one[0] = 1;
    let canonical = [
        ("zero", [0; 32]),
        ("one", one),
        ("order-8", u8_of(1)),
        ("order-8-other", u8_of(3)),
        ("minus-one", near_p(0xec)),
        ("p", near_p(0xed)),
        ("p-plus-one", near_p(0xee)),
    ];
    canonical
        .into_iter()
        .flat_map(|(name, u)| {
            let mut top = u;
            top[31] |= 0x80;
            [(name.to_owned(), u), (format!("{name}-top-bit"), top)]
        })
        .collect()
}

/// p − 1, p, p + 1, … by their lowest byte.
pub(crate) fn near_p(low: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = low;
    bytes[31] = 0x7f;
    bytes
}

/// The bytes as an array, whose length they have.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as long as the array")
}
