//! Random bytes that are the same on every run.

use crate::crypto::sha256;

/// What all bytes come from. Another seed gives other vectors.
pub(crate) const SEED: &str = "necturus test vectors 1";

/// Bytes named by a label: the blocks `SHA-256(seed ‖ 0 ‖ label ‖ 0 ‖ block)`.
/// A label keeps its bytes when cases are added before it.
pub(crate) fn draw(label: &str, length: usize) -> Vec<u8> {
    (0u32..)
        .flat_map(|block| {
            let number = block.to_be_bytes();
            sha256(&[SEED.as_bytes(), &[0], label.as_bytes(), &[0], &number])
        })
        .take(length)
        .collect()
}

/// 32 bytes named by a label.
pub(crate) fn draw32(label: &str) -> [u8; 32] {
    sha256(&[
        SEED.as_bytes(),
        &[0],
        label.as_bytes(),
        &[0],
        &0u32.to_be_bytes(),
    ])
}
