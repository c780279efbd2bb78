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

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use sha2::{Digest, Sha512};

use super::{SignatureError, is_small_order_encoding};

/// A public key, a message, and a signature over it.
pub(crate) type Claim<'a> = (&'a [u8; 32], &'a [u8], &'a [u8; 64]);

/// Checks a signature.
pub(crate) fn verify(claim: Claim<'_>) -> Result<(), SignatureError> {
    let point = recompute(claim).ok_or(SignatureError)?;
    if is_r(point.compress(), claim) {
        Ok(())
    } else {
        Err(SignatureError)
    }
}

/// Checks each signature for itself: the verdicts of [`verify`], an eighth sooner,
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
        .map(|((claim, point), encoding)| point.is_some() && is_r(encoding, *claim))
        .collect()
}

/// `S·B − k·A`, unless the rule refuses `S` or `A`.
fn recompute((public, message, signature): Claim<'_>) -> Option<EdwardsPoint> {
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(*signature.last_chunk::<32>()?))?;
    let a = CompressedEdwardsY(*public).decompress()?;
    if a.is_small_order() {
        return None;
    }
    let k = Scalar::from_hash(
        Sha512::new()
            .chain_update(signature.first_chunk::<32>()?)
            .chain_update(public)
            .chain_update(message),
    );
    Some(EdwardsPoint::vartime_double_scalar_mul_basepoint(
        &k, &-a, &s,
    ))
}

/// Whether this is `R`, and not of small order. Encodings that dalek writes are
/// canonical: what equals one needs no further check.
fn is_r(encoding: CompressedEdwardsY, (_, _, signature): Claim<'_>) -> bool {
    signature.starts_with(encoding.as_bytes()) && !is_small_order_encoding(encoding.as_bytes())
}
