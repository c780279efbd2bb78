//! Signature keys that were decoded, for the next signature by them.

use alloc::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::primitives::ed25519::{SignatureError, cofactorless::Key};

/// The keys that came last, few of them: who writes to a group often does so again.
/// Public.
#[derive(Default)]
pub(crate) struct DecodedKeys(Mutex<VecDeque<Key>>);

/// How many keys are kept. One has some 200 bytes, and every group that is loaded has
/// its own.
const KEPT: usize = 16;

impl DecodedKeys {
    /// [`Key::verify`] by this key.
    pub(super) fn verify(
        &self,
        public: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), SignatureError> {
        self.decoded(public)?.verify(message, signature)
    }

    fn decoded(&self, public: &[u8; 32]) -> Result<Key, SignatureError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.iter().find(|key| key.encoding() == public) {
            return Ok(key.clone());
        }
        let key = Key::decode(public)?;
        keys.truncate(KEPT.saturating_sub(1));
        keys.push_front(key.clone());
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::primitives::ed25519::Ed25519SigningKey;

    #[test]
    fn the_newest_are_kept() {
        let keys = DecodedKeys::default();
        let signers: Vec<_> = (0..20)
            .map(|byte| Ed25519SigningKey::from_seed(&[byte; 32]))
            .collect();
        for _ in 0..2 {
            for signer in &signers {
                let public = *signer.public_key().as_bytes();
                let signature = *signer.sign(b"message").as_bytes();
                keys.verify(&public, b"message", &signature).unwrap();
                keys.verify(&public, b"another", &signature).unwrap_err();
            }
        }
        keys.verify(&[0; 32], b"message", &[0; 64]).unwrap_err();
        let kept = keys.0.lock().unwrap();
        let kept: Vec<_> = kept.iter().map(|key| *key.encoding()).collect();
        let newest = signers.iter().rev().take(KEPT);
        let newest: Vec<_> = newest
            .map(|signer| *signer.public_key().as_bytes())
            .collect();
        assert_eq!(kept, newest);
    }
}
