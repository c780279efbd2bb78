//! Signatures that are verified on all processors, beside the operation that needs them.
//!
//! Most of the time of joining a large group goes into one signature for each leaf.
//! `openmls` checks them one after the other and asks
//! [`Crypto::verify_signature`] for each, so that it never has two at once to give out.
//! [`Crypto::verify_beside`] runs an operation of it with all signatures taken for good,
//! verifies each of them meanwhile, and gives the operation's result out if all verify.
//! If one does not, there is no result: the operation is run anew, and says by itself what
//! is wrong.
//!
//! [`Crypto::verify_signature`]: openmls_traits::crypto::OpenMlsCrypto::verify_signature

use alloc::{sync::Arc, vec::Vec};
use core::num::NonZeroUsize;
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use openmls_traits::types::{CryptoError, SignatureScheme};

use super::{Crypto, DecodedKeys, array};
use crate::primitives::{ecdsa, ed25519::cofactorless};

/// How a [`Crypto`] answers for a signature: at once, or by and by.
#[derive(Default)]
pub(super) struct Signatures {
    pub(super) keys: Arc<DecodedKeys>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    is_open: bool,
    claims: Vec<Claim>,
}

/// That a signature verifies. Public.
struct Claim {
    scheme: SignatureScheme,
    data: Vec<u8>,
    public: Vec<u8>,
    signature: Vec<u8>,
}

/// Claims that a thread takes at once.
const SHARE: usize = 32;

impl Crypto {
    /// Runs an operation that changes nothing but what it returns, and verifies the
    /// signatures that it asks for on all processors. None if one of them does not
    /// verify: the operation's result is worth nothing then.
    pub(crate) fn verify_beside<T>(&self, operation: impl FnOnce() -> T) -> Option<T> {
        let signatures = &self.signatures;
        signatures.lock().is_open = true;
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            let work = || signatures.work();
            // Where no thread can be had, as on the web, this one does it all.
            let helpers: Vec<_> = (1..processors)
                .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let result = {
                let _closing = Closing(signatures);
                operation()
            };
            let mut valid = signatures.work();
            for helper in helpers {
                valid &= helper.join().unwrap_or(false);
            }
            valid.then_some(result)
        })
    }
}

impl Signatures {
    pub(super) fn verify(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let mut queue = self.lock();
        if !queue.is_open {
            drop(queue);
            return self.verify_now(scheme, data, public, signature);
        }
        queue.claims.push(Claim {
            scheme,
            data: data.to_vec(),
            public: public.to_vec(),
            signature: signature.to_vec(),
        });
        if queue.claims.len() >= SHARE {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Checks a signature: Ed25519 by the [rule of MLS](cofactorless).
    fn verify_now(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        match scheme {
            SignatureScheme::ED25519 => self
                .keys
                .verify(array(public)?, data, array(signature)?)
                .map_err(|_| CryptoError::InvalidSignature),
            SignatureScheme::ECDSA_SECP256R1_SHA256 => ecdsa::verify(public, data, signature)
                .map_err(|error| match error {
                    ecdsa::EcdsaError::Key => CryptoError::InvalidPublicKey,
                    ecdsa::EcdsaError::Signature => CryptoError::InvalidSignature,
                }),
            _ => Err(CryptoError::UnsupportedSignatureScheme),
        }
    }

    /// Verifies until all is done: whether all that was taken by this thread verify.
    fn work(&self) -> bool {
        loop {
            let share = self.next_share();
            if share.is_empty() {
                return true;
            }
            if !self.all_verify(&share) {
                return false;
            }
        }
    }

    fn all_verify(&self, claims: &[Claim]) -> bool {
        let ed25519: Option<Vec<_>> = claims.iter().map(Claim::as_ed25519).collect();
        match ed25519 {
            Some(claims) => cofactorless::verify_each(&claims)
                .iter()
                .all(|valid| *valid),
            None => claims.iter().all(|claim| self.is_valid(claim)),
        }
    }

    fn is_valid(&self, claim: &Claim) -> bool {
        let (data, public, signature) = (&claim.data, &claim.public, &claim.signature);
        self.verify_now(claim.scheme, data, public, signature)
            .is_ok()
    }

    /// Waits until there is enough to do, or nothing more will come: then it is empty in
    /// the end.
    fn next_share(&self) -> Vec<Claim> {
        let mut queue = self.lock();
        while queue.is_open && queue.claims.len() < SHARE {
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let start = queue.claims.len().saturating_sub(SHARE);
        queue.claims.split_off(start)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the queue, also if the operation panics: its threads would wait for ever.
struct Closing<'s>(&'s Signatures);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lock().is_open = false;
        self.0.changed.notify_all();
    }
}

impl Claim {
    fn as_ed25519(&self) -> Option<cofactorless::Claim<'_>> {
        let is_ed25519 = self.scheme == SignatureScheme::ED25519;
        is_ed25519.then_some((
            self.public.as_slice().try_into().ok()?,
            &*self.data,
            self.signature.as_slice().try_into().ok()?,
        ))
    }
}

#[cfg(test)]
mod tests;
