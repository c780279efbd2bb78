//! What these tests share. `mod common;` takes it in.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    clippy::unwrap_used,
    reason = "each test takes what it needs of this, and fails by panicking"
)]

// The same as in the main package's tests: known random bytes, and libolm's
// cipher written from its description.
#[path = "../../../../tests/common/envelope.rs"]
pub mod envelope;
#[path = "../../../../tests/common/rng.rs"]
pub mod rng;

/// The key of the pickles that are compared.
pub const PICKLE_KEY: &[u8] = b"pickle key";

/// Unpadded base64, as everything here is written.
pub fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}
