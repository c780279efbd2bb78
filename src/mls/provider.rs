//! What openmls is given for one operation.

use alloc::sync::Arc;
use core::convert::Infallible;

use openmls_traits::OpenMlsProvider;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use super::{
    crypto::{Crypto, DecodedKeys},
    overlay::Overlay,
    random::Random,
};
use crate::{
    primitives::{
        kdf::HmacSha256,
        random::{RngError, draw},
        wipe::Secret,
    },
    store::{Batch, Changes, Keystore, StoreError},
};

/// All that an operation draws comes from 32 bytes of the caller's generator, so
/// that it cannot fail half-way for want of randomness, and a run with the same
/// bytes gives the same result. What derives from it does so under labels of its own.
pub(super) struct Seed(Secret<32>);

impl Seed {
    pub(super) fn draw<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
        Ok(Self(draw(rng)?))
    }

    pub(super) fn provider<'k>(&self, overlay: Overlay<'k>) -> Provider<'k> {
        Provider {
            crypto: Crypto::new(self.0.clone()),
            random: Random::new(self.0.clone()),
            overlay,
        }
    }

    /// For the nonces of stored values.
    pub(super) fn nonces(&self) -> Nonces {
        Nonces {
            key: HmacSha256::new(&self.0),
            counter: 0,
        }
    }

    /// Writes an operation's changes, and returns them as they were written.
    pub(super) fn commit(
        &self,
        keystore: &mut Keystore,
        changes: &Changes,
    ) -> Result<Batch, StoreError> {
        keystore.commit(&mut self.nonces(), changes)
    }
}

pub(super) struct Provider<'k> {
    crypto: Crypto,
    random: Random,
    overlay: Overlay<'k>,
}

impl Provider<'_> {
    /// With the keys that other operations decoded.
    pub(super) fn with_keys(mut self, keys: Arc<DecodedKeys>) -> Self {
        self.crypto = self.crypto.with_keys(keys);
        self
    }

    /// Why the keystore failed, if it did: in place of what openmls makes of it.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.overlay.failure().take()
    }

    /// What is to be written.
    pub(super) fn into_changes(self) -> Result<Changes, StoreError> {
        self.overlay.into_changes()
    }
}

impl<'k> OpenMlsProvider for Provider<'k> {
    type CryptoProvider = Crypto;
    type RandProvider = Random;
    type StorageProvider = Overlay<'k>;

    fn storage(&self) -> &Overlay<'k> {
        &self.overlay
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &Random {
        &self.random
    }
}

/// Separates nonces from what else derives from a seed.
const NONCES: &[u8] = b"necturus mls nonces";

/// A stream of nonces.
pub(super) struct Nonces {
    key: HmacSha256,
    counter: u64,
}

impl TryRng for Nonces {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            let mut block = self.key.clone();
            block.update(NONCES);
            block.update(&self.counter.to_be_bytes());
            self.counter = self.counter.wrapping_add(1);
            let block = Zeroizing::new(block.finish());
            for (byte, random) in chunk.iter_mut().zip(block.iter()) {
                *byte = *random;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Nonces {}
