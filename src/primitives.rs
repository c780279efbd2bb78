//! Floor 0: the cryptographic primitives, and the only place that names a
//! cryptography crate.
//!
//! Everything above speaks in the types of this module, so a primitive can be
//! replaced, and audited, in one place. Every secret is wiped on drop.

pub(crate) mod aead;
pub(crate) mod base58;
pub(crate) mod base64;
pub(crate) mod chacha;
pub(crate) mod cipher;
pub(crate) mod ctr;
pub(crate) mod curve25519;
#[cfg(feature = "mls")]
pub(crate) mod ecdsa;
pub(crate) mod ed25519;
pub(crate) mod gcm;
#[cfg(test)]
pub(crate) mod hex;
pub(crate) mod hpke;
pub(crate) mod inline_list;
pub(crate) mod kdf;
pub(crate) mod pbkdf2;
pub(crate) mod public_key;
pub(crate) mod random;
pub(crate) mod wipe;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]
mod wycheproof;
