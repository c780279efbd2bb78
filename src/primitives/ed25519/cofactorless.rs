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
//! and takes keys whose `y` is p or above. It has no batch: a random combination of
//! equations without cofactor accepts some of those that are refused alone.

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use sha2::{Digest, Sha512};

use super::{SignatureError, is_small_order_encoding};

/// Checks a signature over `message`.
pub(crate) fn verify(
    public: &[u8; 32],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let (Some(r), Some(s)) = (signature.first_chunk::<32>(), signature.last_chunk::<32>()) else {
        return Err(SignatureError);
    };
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(*s)).ok_or(SignatureError)?;
    let a = CompressedEdwardsY(*public)
        .decompress()
        .ok_or(SignatureError)?;
    if a.is_small_order() || is_small_order_encoding(r) {
        return Err(SignatureError);
    }
    let k = Scalar::from_hash(
        Sha512::new()
            .chain_update(r)
            .chain_update(public)
            .chain_update(message),
    );
    // `compress` gives canonical bytes only: equal to them, `R` is a point, too.
    if EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &-a, &s)
        .compress()
        .as_bytes()
        == r
    {
        Ok(())
    } else {
        Err(SignatureError)
    }
}
