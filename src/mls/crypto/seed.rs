//! What an operation draws beside [`Random`](crate::mls::random::Random), from one
//! seed.
//!
//! `openmls` seals from several threads in any order, so a stream of random bytes
//! would give them out by chance. Instead, what an encapsulation draws is HMAC-SHA-256
//! of all its inputs under the seed, expanded by HKDF. HMAC is a pseudo-random
//! function and the seed is fresh and secret, so:
//!
//! - for different inputs (another receiver, context or text) the values are
//!   independent and random to whoever lacks the seed, as if they had been drawn;
//! - for equal inputs they are equal, and so is the ciphertext: that tells that the
//!   inputs were equal, and nothing else, since key and nonce were used for one text.
//!   `openmls` seals no text twice to one key in an operation;
//! - of the context (HPKE's `info`) its length and its first bytes count. Those that
//!   differ behind them share what is drawn, and so the KEM's secret, from which the key
//!   schedule makes unrelated keys, as it hashes the whole context (RFC 9180 §5.1);
//! - the same seed and calls give the same bytes, whatever thread comes first.
//!
//! Signature keys are counted: `openmls` makes them in one thread.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::primitives::{hpke::suites::EncapsulationRandomness, kdf::HmacSha256, wipe::Secret};

/// The length of an input.
pub(super) fn length(input: &[u8]) -> [u8; 8] {
    // No machine has a wider `usize`.
    u64::try_from(input.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// 32 random bytes, drawn for one operation. Secret; wiped on drop.
pub(super) struct Seed {
    seed: Secret<32>,
    signature_keys: AtomicU64,
}

/// What draws for an encapsulation.
#[derive(Clone, Copy)]
pub(super) enum Encapsulation {
    /// To seal a text.
    Seal,
    /// To export a secret.
    Export,
}

impl Seed {
    pub(super) const fn new(seed: Secret<32>) -> Self {
        Self {
            seed,
            signature_keys: AtomicU64::new(0),
        }
    }

    /// For an encapsulation with these inputs.
    pub(super) fn encapsulation(
        &self,
        purpose: Encapsulation,
        inputs: &[&[u8]],
    ) -> EncapsulationRandomness {
        let label: &[u8] = match purpose {
            Encapsulation::Seal => b"necturus mls hpke seal",
            Encapsulation::Export => b"necturus mls hpke export",
        };
        self.derive(label, inputs)
    }

    /// For the next signature key.
    pub(super) fn signature_key(&self) -> Secret<32> {
        let count = self.signature_keys.fetch_add(1, Ordering::Relaxed);
        self.derive(b"necturus mls signature key", &[&count.to_be_bytes()])
    }

    /// HKDF with the seed as salt, over `label` and `inputs`, each behind its length.
    fn derive<const N: usize>(&self, label: &[u8], inputs: &[&[u8]]) -> Secret<N> {
        let mut extract = HmacSha256::new(&self.seed);
        for input in [label].iter().chain(inputs) {
            extract.update(&length(input));
            extract.update(input);
        }
        HmacSha256::new(&Secret::from(extract.finish())).expand(&[])
    }
}
