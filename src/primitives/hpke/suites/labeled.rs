//! `LabeledExtract` and `LabeledExpand` (RFC 9180 §4) of HKDF-SHA256.

use crate::primitives::{kdf::HmacSha256, wipe::Secret};

const VERSION: &[u8] = b"HPKE-v1";

/// HKDF for whom its `suite_id` names.
pub(super) struct Labeled<const ID: usize>(pub(super) [u8; ID]);

impl<const ID: usize> Labeled<ID> {
    /// `LabeledExtract`.
    pub(super) fn extract(&self, salt: &[u8], label: &[u8], input: &[u8]) -> Secret<32> {
        let mut state = HmacSha256::with_key(salt);
        for part in [VERSION, &self.0, label, input] {
            state.update(part);
        }
        Secret::from(state.finish())
    }

    /// `LabeledExpand`, with the concatenation of `info`.
    pub(super) fn expand<const N: usize>(
        &self,
        key: &Secret<32>,
        label: &[u8],
        info: [&[u8]; 2],
    ) -> Secret<N> {
        let mut output = Secret::ZERO;
        self.expand_into(key, label, info, output.as_mut_slice());
        output
    }

    /// [`Self::expand`] for a length that is known when running: at most 255 blocks.
    pub(super) fn expand_into(
        &self,
        key: &Secret<32>,
        label: &[u8],
        [info, more]: [&[u8]; 2],
        output: &mut [u8],
    ) {
        // 255 blocks are 8160 bytes.
        let length = u16::try_from(output.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes();
        HmacSha256::new(key).expand_into(&[&length, VERSION, &self.0, label, info, more], output);
    }
}
