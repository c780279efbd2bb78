//! The second rule for Ed25519 signatures, for MLS alone.
//!
//! A signature `R ‖ S` verifies if and only if `S` is canonical, `A` decodes to a
//! point, neither `A` nor `R` is of small order, and `R` is the encoding of
//! `S·B − k·A`: the equation of RFC 8032 without the cofactor, on bytes. It is
//! `VerifyingKey::from_bytes` and `verify_strict` of `ed25519-dalek`, verdict for
//! verdict, without decompressing `R`.
//!
//! Why two rules: what MLS signs is checked by every member, and one that comes to
//! another verdict forks off the group. `openmls` and its users check by this rule.
//! It differs from the [one of the rest](super) on crafted signatures alone: this
//! one refuses points with a part of small order where the parts do not cancel out,
//! and takes keys whose `y` is p or above.

use alloc::vec::Vec;
use core::ops::Neg;

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use sha2::{Digest, Sha512};

use super::{SignatureError, is_small_order_encoding};

/// A public key, a message, and a signature over it.
pub(crate) type Claim<'a> = (&'a [u8; 32], &'a [u8], &'a [u8; 64]);

/// A public key that the rule takes. To decode it is a tenth of a verification.
#[derive(Clone)]
pub(crate) struct Key {
    encoding: [u8; 32],
    negated: EdwardsPoint,
}

impl Key {
    /// From its encoding.
    pub(crate) fn decode(encoding: &[u8; 32]) -> Result<Self, SignatureError> {
        let point = CompressedEdwardsY(*encoding).decompress();
        let point = point.filter(|point| !point.is_small_order());
        Ok(Self {
            encoding: *encoding,
            negated: point.ok_or(SignatureError)?.neg(),
        })
    }

    /// What it was decoded from.
    pub(crate) const fn encoding(&self) -> &[u8; 32] {
        &self.encoding
    }

    /// Checks a signature.
    pub(crate) fn verify(
        &self,
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), SignatureError> {
        let point = self.recompute(message, signature).ok_or(SignatureError)?;
        if is_r(point.compress(), signature) {
            Ok(())
        } else {
            Err(SignatureError)
        }
    }

    /// `S·B − k·A`, unless the rule refuses `S`.
    fn recompute(&self, message: &[u8], signature: &[u8; 64]) -> Option<EdwardsPoint> {
        let s = Scalar::from_canonical_bytes(*signature.last_chunk::<32>()?);
        let s = Option::<Scalar>::from(s)?;
        let k = Scalar::from_hash(
            Sha512::new()
                .chain_update(signature.first_chunk::<32>()?)
                .chain_update(self.encoding)
                .chain_update(message),
        );
        Some(EdwardsPoint::vartime_double_scalar_mul_basepoint(
            &k,
            &self.negated,
            &s,
        ))
    }
}

/// Checks each signature for itself: the verdicts of [`Key::verify`], an eighth sooner,
/// as the points share one field inversion.
///
/// It is no batch, where a random combination of the equations stands for all:
/// without the cofactor, that accepts some signatures which are refused alone.
pub(crate) fn verify_each(claims: &[Claim<'_>]) -> Vec<bool> {
    let points: Vec<_> = claims.iter().copied().map(recompute).collect();
    let encodings = EdwardsPoint::compress_batch_alloc(
        &points
            .iter()
            .map(|point| point.unwrap_or_default())
            .collect::<Vec<_>>(),
    );
    claims
        .iter()
        .zip(points)
        .zip(encodings)
        .map(|(((_, _, signature), point), encoding)| point.is_some() && is_r(encoding, signature))
        .collect()
}

fn recompute((public, message, signature): Claim<'_>) -> Option<EdwardsPoint> {
    Key::decode(public).ok()?.recompute(message, signature)
}

/// Whether this is `R`, and not of small order. Encodings that dalek writes are
/// canonical: what equals one needs no further check.
fn is_r(encoding: CompressedEdwardsY, signature: &[u8; 64]) -> bool {
    signature.starts_with(encoding.as_bytes()) && !is_small_order_encoding(encoding.as_bytes())
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;
    use crate::primitives::ed25519::{Ed25519PublicKey, Ed25519Signature};

    /// dalek's verdict, which is the rule.
    fn strict((public, message, signature): Claim<'_>) -> bool {
        VerifyingKey::from_bytes(public).is_ok_and(|key| {
            key.verify_strict(message, &Signature::from_bytes(signature))
                .is_ok()
        })
    }

    fn verify((public, message, signature): Claim<'_>) -> Result<(), SignatureError> {
        Key::decode(public)?.verify(message, signature)
    }

    /// The verdict of the rule of everything but MLS.
    fn cofactored((public, message, signature): Claim<'_>) -> bool {
        Ed25519PublicKey::from_bytes(public).is_ok_and(|key| {
            key.verify(message, &Ed25519Signature::from_bytes(*signature))
                .is_ok()
        })
    }

    /// Encodings of a point: its own, with the sign turned, and `y + p` where that
    /// fits.
    fn encodings(point: EdwardsPoint) -> Vec<[u8; 32]> {
        let canonical = point.compress().to_bytes();
        let mut turned = canonical;
        turned[31] ^= 0x80;
        let mut all = alloc::vec![canonical, turned];
        if canonical[1..31].iter().all(|byte| *byte == 0) && canonical[0] < 19 {
            let mut above = [0xff; 32];
            above[0] = canonical[0] + 0xed;
            above[31] = canonical[31] | 0x7f;
            all.push(above);
        }
        all
    }

    /// `s + ℓ`, which the same equation holds for.
    fn add_order(s: [u8; 32]) -> [u8; 32] {
        let mut order = (-Scalar::ONE).to_bytes();
        order[0] += 1;
        let mut carry = 0;
        core::array::from_fn(|i| {
            let sum = u16::from(s[i]) + u16::from(order[i]) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
    }

    /// Keys and commitments with every part of small order, alone and on top of an
    /// honest point, in every encoding; `S` that the honest equation asks for.
    fn crafted() -> Vec<([u8; 32], Vec<u8>, [u8; 64])> {
        let secret = Scalar::from(0x1234_5678_9abc_u64);
        let nonce = Scalar::from(0xfeed_beef_u64);
        let mut cases = Vec::new();
        for a_torsion in EIGHT_TORSION {
            for r_torsion in EIGHT_TORSION {
                for (a, r) in [
                    (secret, nonce),
                    (Scalar::ZERO, nonce),
                    (secret, Scalar::ZERO),
                ] {
                    let public_points = encodings(EdwardsPoint::mul_base(&a) + a_torsion);
                    let r_points = encodings(EdwardsPoint::mul_base(&r) + r_torsion);
                    for public in &public_points {
                        for commitment in &r_points {
                            for message in 0..4u8 {
                                let k = Scalar::from_hash(
                                    Sha512::new()
                                        .chain_update(commitment)
                                        .chain_update(public)
                                        .chain_update([message]),
                                );
                                let s = (r + k * a).to_bytes();
                                for s in [s, add_order(s)] {
                                    let mut signature = [0; 64];
                                    signature[..32].copy_from_slice(commitment);
                                    signature[32..].copy_from_slice(&s);
                                    cases.push((*public, alloc::vec![message], signature));
                                }
                            }
                        }
                    }
                }
            }
        }
        cases
    }

    #[test]
    fn every_verdict_is_that_of_verify_strict() {
        let cases = crafted();
        let claims: Vec<Claim<'_>> = cases
            .iter()
            .map(|(public, message, signature)| (public, message.as_slice(), signature))
            .collect();
        let (mut taken, mut differs) = (0, 0);
        let each: Vec<bool> = claims.chunks(7).flat_map(verify_each).collect();
        assert_eq!(each.len(), claims.len());
        for (claim, verdict) in claims.into_iter().zip(each) {
            let expected = strict(claim);
            assert_eq!(verify(claim).is_ok(), expected, "{claim:02x?}");
            assert_eq!(verdict, expected, "{claim:02x?}");
            taken += usize::from(expected);
            differs += usize::from(expected != cofactored(claim));
        }
        // Both kinds are there, and the rules are two.
        assert!(taken > 0 && differs > taken, "{taken} {differs}");
    }

    #[test]
    fn any_flipped_bit_is_refused() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
        let public = key.verifying_key().to_bytes();
        let signature = ed25519_dalek::Signer::sign(&key, b"message").to_bytes();
        assert!(verify((&public, b"message", &signature)).is_ok());
        assert!(verify((&public, b"massage", &signature)).is_err());
        for bit in 0..512 {
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(verify((&public, b"message", &flipped)).is_err());
        }
    }
}
