//! The randomness that `openmls` draws beside keys: group identifiers, path and
//! init secrets, reuse guards.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use openmls_traits::random::OpenMlsRand;

use crate::primitives::{
    kdf::{HmacSha256, MAX_EXPAND_LENGTH},
    random::RngError,
    wipe::Secret,
};

/// A stream of bytes from a seed, for one operation: the same seed gives the same
/// bytes. Block `n` is HKDF-Expand of the seed under `n`, and a call takes one.
///
/// `openmls` draws from one thread, so that the count says which call it is.
pub(crate) struct Random {
    seed: Secret<32>,
    calls: AtomicU64,
}

/// Separates this from what else derives from a seed.
const LABEL: &[u8] = b"necturus mls random";

impl Random {
    /// The stream of 32 random bytes.
    pub(crate) fn new(seed: Secret<32>) -> Self {
        Self {
            seed,
            calls: AtomicU64::new(0),
        }
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngError> {
        if bytes.len() > MAX_EXPAND_LENGTH {
            return Err(RngError);
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        HmacSha256::new(&self.seed).expand_into(&[LABEL, &call.to_be_bytes()], bytes);
        Ok(())
    }
}

impl OpenMlsRand for Random {
    type Error = RngError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], RngError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, length: usize) -> Result<Vec<u8>, RngError> {
        if length > MAX_EXPAND_LENGTH {
            return Err(RngError);
        }
        let mut bytes = alloc::vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// No randomness at all: the engine goes as far as it can without.
pub(crate) struct NoRandomness;

impl OpenMlsRand for NoRandomness {
    type Error = RngError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], RngError> {
        Err(RngError)
    }

    fn random_vec(&self, _: usize) -> Result<Vec<u8>, RngError> {
        Err(RngError)
    }
}
