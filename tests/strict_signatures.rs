//! One rule for signatures, wherever they stand: `S`, `A` and `R` canonical,
//! neither `A` nor `R` of small order, and `8(S·B − k·A − R) = 0`. Each family
//! of crafted signatures stands beside dalek's two rules.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION},
    edwards::CompressedEdwardsY,
    scalar::clamp_integer,
    traits::{Identity, IsIdentity},
};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use necturus::{
    Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey, KeyError, SessionVersion,
    megolm::{
        DecryptError, ExportedSessionKey, InboundGroupSession, MegolmMessage, SessionKey,
        SessionKeyError,
    },
};
use sha2::{Digest, Sha512};

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    any_bytes(hex).try_into().unwrap()
}

fn any_bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

/// The order ℓ of the base point, little-endian.
fn order() -> [u8; 32] {
    let mut bytes = (-Scalar::ONE).to_bytes();
    bytes[0] += 1;
    bytes
}

/// 256-bit little-endian addition; the sums in these tests fit.
fn add(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    core::array::from_fn(|i| {
        let sum = u16::from(a[i]) + u16::from(b[i]) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    })
}

fn join(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_hash(
        Sha512::new()
            .chain_update(r)
            .chain_update(a)
            .chain_update(message),
    )
}

/// A signer who knows discrete logarithms and adds what points it likes.
struct Forger {
    a: Scalar,
    r: Scalar,
}

impl Forger {
    fn new() -> Self {
        let scalar = |seed: u8| Scalar::from_bytes_mod_order([seed; 32]);
        Self {
            a: scalar(0x3a),
            r: scalar(0x6c),
        }
    }

    /// `A + torsion`.
    fn key(&self, torsion: EdwardsPoint) -> [u8; 32] {
        (self.a * B + torsion).compress().to_bytes()
    }

    /// `R + torsion` and the `S` of an honest signer.
    fn sign(&self, key: &[u8; 32], torsion: EdwardsPoint, message: &[u8]) -> [u8; 64] {
        let r = (self.r * B + torsion).compress().to_bytes();
        let s = self.r + challenge(&r, key, message) * self.a;
        join(r, s.to_bytes())
    }
}

/// Verdicts of ours, dalek's `verify` and dalek's `verify_strict`.
fn verdicts(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> [bool; 3] {
    let ours = Ed25519PublicKey::from_bytes(key).is_ok_and(|key| {
        key.verify(message, &Ed25519Signature::from_bytes(*signature))
            .is_ok()
    });
    let signature = Signature::from_bytes(signature);
    let dalek = VerifyingKey::from_bytes(key);
    [
        ours,
        dalek
            .as_ref()
            .is_ok_and(|key| key.verify(message, &signature).is_ok()),
        dalek.is_ok_and(|key| key.verify_strict(message, &signature).is_ok()),
    ]
}

/// The rule, written down from its definition.
fn by_definition(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let (r, s) = (
        signature[..32].try_into().unwrap(),
        signature[32..].try_into().unwrap(),
    );
    let point = |bytes: &[u8; 32]| {
        CompressedEdwardsY(*bytes)
            .decompress()
            .filter(|point| point.compress().as_bytes() == bytes && !point.is_small_order())
    };
    let s: Option<Scalar> = Scalar::from_canonical_bytes(s).into();
    match (point(key), point(&r), s) {
        (Some(a), Some(r_point), Some(s)) => {
            let difference = s * B - challenge(&r, key, message) * a - r_point;
            difference.mul_by_cofactor().is_identity()
        }
        _ => false,
    }
}

/// All encodings of the eight points of small order that decompression takes:
/// the canonical ones, y = p and p + 1, and a sign bit where x = 0.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    let mut ys: Vec<[u8; 32]> = EIGHT_TORSION
        .map(|point| point.compress().to_bytes())
        .to_vec();
    for low in [0xed, 0xee] {
        let mut y = [0xff; 32];
        y[0] = low;
        ys.push(y);
    }
    for mut y in ys {
        for sign in [0, 0x80] {
            y[31] = y[31] & 0x7f | sign;
            let point = CompressedEdwardsY(y).decompress();
            if point.is_some_and(|point| point.is_small_order()) && !found.contains(&y) {
                found.push(y);
            }
        }
    }
    found
}

/// What a small-order encoding is refused as: y of p or more is no point, and a
/// sign bit where x = 0 is told by the order.
fn refusal(encoding: &[u8; 32]) -> KeyError {
    if encoding[1..31] == [0xff; 30] && encoding[0] >= 0xed {
        KeyError::NotAPoint
    } else {
        KeyError::SmallOrder
    }
}

#[test]
fn rfc_8032_section_7_1() {
    // TEST 1, 2, 3 and SHA(abc): secret key, public key, message, signature.
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            String::new(),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72".into(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82".into(),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            Sha512::digest(b"abc")
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (seed, public, message, signature) in cases {
        let seed = bytes(seed);
        let (message, signature) = (any_bytes(&message), bytes(signature));
        let key = Ed25519SigningKey::from_seed(&seed);
        assert_eq!(key.public_key().as_bytes(), &bytes(public));
        assert_eq!(key.sign(&message).as_bytes(), &signature);
        assert_eq!(verdicts(&bytes(public), &message, &signature), [true; 3]);

        // The hash of the seed, unclamped as some writers leave it: the same key.
        let unclamped: [u8; 64] = Sha512::digest(seed).into();
        let expanded = Ed25519SigningKey::from_expanded(&unclamped);
        assert_eq!(expanded.public_key(), key.public_key());
        assert_eq!(expanded.sign(&message).as_bytes(), &signature);
        assert_eq!(expanded.expose_seed(), None);
        let scalar = clamp_integer(*unclamped.first_chunk().unwrap());
        assert_eq!(expanded.expose_expanded()[..32], scalar);
        assert_eq!(expanded.expose_expanded()[32..], unclamped[32..]);
    }
}

#[test]
fn mixed_order_points_verify_by_the_cofactored_rule() {
    let forger = Forger::new();
    let (mut cofactorless, mut differing) = (0, 0);
    for torsion_a in EIGHT_TORSION {
        for torsion_r in EIGHT_TORSION {
            let key = forger.key(torsion_a);
            for message in [&b"one"[..], b"two", b"three", b"four"] {
                let signature = forger.sign(&key, torsion_r, message);
                let r = signature[..32].try_into().unwrap();
                // S·B − k·A − R is this: nothing but torsion.
                let rest = challenge(&r, &key, message) * torsion_a + torsion_r;
                // Where dalek's rules differ from ours: family "mixed order".
                let expected = [true, rest.is_identity(), rest.is_identity()];
                assert_eq!(verdicts(&key, message, &signature), expected);
                assert!(by_definition(&key, message, &signature));
                if rest.is_identity() {
                    cofactorless += 1;
                } else {
                    differing += 1;
                }
                // One more than the right S is wrong under every torsion.
                let s = add(signature[32..].try_into().unwrap(), Scalar::ONE.to_bytes());
                assert_eq!(verdicts(&key, message, &join(r, s)), [false; 3]);
                assert!(!by_definition(&key, message, &join(r, s)));
            }
        }
    }
    assert!(
        cofactorless > 4 && differing > 100,
        "{cofactorless} {differing}"
    );
}

#[test]
fn small_order_keys_are_refused_in_every_encoding() {
    let encodings = small_order_encodings();
    assert_eq!(encodings.len(), 14);
    let mut forged = 0;
    for key in &encodings {
        assert_eq!(
            Ed25519PublicKey::from_bytes(key),
            Err(refusal(key)),
            "{key:02x?}"
        );
        for message in 0u8..16 {
            // R = S·B verifies under any A for which k·A is the identity.
            let s = Scalar::from(7u8);
            let r = (s * B).compress().to_bytes();
            let [ours, verify, strict] = verdicts(key, &[message], &join(r, s.to_bytes()));
            // Family "small A": dalek's `verify` takes such forgeries.
            assert_eq!([ours, strict], [false; 2]);
            forged += usize::from(verify);
        }
    }
    assert!(forged >= 16);
}

#[test]
fn small_order_r_is_refused_in_every_encoding() {
    let forger = Forger::new();
    let key = forger.key(EdwardsPoint::identity());
    let mut taken = Vec::new();
    for r in small_order_encodings() {
        // The right S for this R: 8(S·B − k·A − R) = 0, and for R the identity
        // even without the cofactor.
        let s = challenge(&r, &key, b"m") * forger.a;
        let signature = join(r, s.to_bytes());
        let [ours, verify, strict] = verdicts(&key, b"m", &signature);
        assert_eq!([ours, strict], [false; 2]);
        assert!(!by_definition(&key, b"m", &signature));
        if verify {
            taken.push(r);
        }
    }
    // Family "small R": dalek's `verify` takes the canonical identity.
    assert_eq!(taken, [EdwardsPoint::identity().compress().to_bytes()]);
}

/// The 19 values of y from p to 2^255 − 1, with both sign bits.
#[test]
fn non_canonical_points_are_refused() {
    let forger = Forger::new();
    let key = forger.key(EdwardsPoint::identity());
    let honest = forger.sign(&key, EdwardsPoint::identity(), b"m");
    let mut normal = 0;
    for low in 0xed..=0xff {
        for high in [0x7f, 0xff] {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (low, high);
            let decompressed = CompressedEdwardsY(point).decompress();
            normal += usize::from(decompressed.is_some_and(|point| !point.is_small_order()));
            assert_eq!(
                Ed25519PublicKey::from_bytes(&point),
                Err(KeyError::NotAPoint)
            );
            let signature = join(point, honest[32..].try_into().unwrap());
            assert_eq!(verdicts(&key, b"m", &signature), [false; 3]);
        }
    }
    assert!(normal > 0);
}

#[test]
fn s_has_one_form() {
    let forger = Forger::new();
    let key = forger.key(EdwardsPoint::identity());
    let signature = forger.sign(&key, EdwardsPoint::identity(), b"m");
    assert_eq!(verdicts(&key, b"m", &signature), [true; 3]);
    let (r, honest) = (
        signature[..32].try_into().unwrap(),
        signature[32..].try_into().unwrap(),
    );
    // S + ℓ to S + 14ℓ: the same residue, as long as it fits in 256 bits.
    let mut s = honest;
    for _ in 1..15 {
        s = add(s, order());
        assert_eq!(verdicts(&key, b"m", &join(r, s)), [false; 3]);
    }
    // S = ℓ for 0, and the largest number there is.
    for s in [order(), [0; 32], [0xff; 32]] {
        assert_eq!(verdicts(&key, b"m", &join(r, s)), [false; 3]);
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let forger = Forger::new();
    let key = forger.key(EdwardsPoint::identity());
    let signature = forger.sign(&key, EdwardsPoint::identity(), b"m");
    for bit in 0..512 {
        let mut flipped = signature;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verdicts(&key, b"m", &flipped), [false; 3], "bit {bit}");
    }
    for bit in 0..256 {
        let mut flipped = key;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            verdicts(&flipped, b"m", &signature),
            [false; 3],
            "bit {bit}"
        );
    }
    assert_eq!(verdicts(&key, b"n", &signature), [false; 3]);
}

/// `0x02 ‖ index ‖ ratchet ‖ key`, which a signature follows.
fn unsigned_session_key(key: &[u8; 32]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0][..], &[0x5c; 128], key].concat()
}

/// The same families in Megolm: session keys, and messages, whose signature is
/// checked before the MAC, so that a good one under a wrong MAC is told apart.
#[test]
fn megolm_follows_the_same_rule() {
    let forger = Forger::new();
    let none = EdwardsPoint::identity();
    // version 3 ‖ index 0 ‖ a block ‖ a MAC that is wrong
    let signed = [&[3, 8, 0, 0x12, 16][..], &[0; 24]].concat();
    for torsion in EIGHT_TORSION {
        let key = forger.key(torsion);
        let unsigned = unsigned_session_key(&key);
        for torsion_r in EIGHT_TORSION {
            let signature = forger.sign(&key, torsion_r, &unsigned);
            let shared = SessionKey::from_bytes(&[&unsigned[..], &signature].concat()).unwrap();
            let mut session = InboundGroupSession::new(&shared, SessionVersion::V1);
            let message = [&signed[..], &forger.sign(&key, torsion_r, &signed)].concat();
            let message = MegolmMessage::from_bytes(message).unwrap();
            assert_eq!(session.decrypt(&message), Err(DecryptError::Inauthentic));
        }
    }

    let key = forger.key(none);
    let unsigned = unsigned_session_key(&key);
    let good = forger.sign(&key, none, &unsigned);
    let shared = SessionKey::from_bytes(&[&unsigned[..], &good].concat()).unwrap();
    let mut session = InboundGroupSession::new(&shared, SessionVersion::V1);
    let good_message = forger.sign(&key, none, &signed);
    let bad = |message: &[u8], good: &[u8; 64]| {
        let r = good[..32].try_into().unwrap();
        let s = add(good[32..].try_into().unwrap(), order());
        let small = small_order_encodings().into_iter().map(|r| {
            let s = challenge(&r, &key, message) * forger.a;
            join(r, s.to_bytes())
        });
        small.chain([join(r, s), [0; 64]]).collect::<Vec<_>>()
    };
    for signature in bad(&unsigned, &good) {
        let error = SessionKey::from_bytes(&[&unsigned[..], &signature].concat()).err();
        assert_eq!(error, Some(SessionKeyError::BadSignature));
    }
    for signature in bad(&signed, &good_message) {
        let message = MegolmMessage::from_bytes([&signed[..], &signature].concat()).unwrap();
        assert_eq!(session.decrypt(&message), Err(DecryptError::BadSignature));
    }

    for key in small_order_encodings() {
        let expected = Some(SessionKeyError::PublicKey(refusal(&key)));
        let unsigned = unsigned_session_key(&key);
        // Under the identity this signature holds for every message.
        let signature = join(EdwardsPoint::identity().compress().to_bytes(), [0; 32]);
        let bytes = [&unsigned[..], &signature].concat();
        assert_eq!(SessionKey::from_bytes(&bytes).err(), expected);
        let export = [&[1], &unsigned[1..]].concat();
        assert_eq!(ExportedSessionKey::from_bytes(&export).err(), expected);
    }
}
