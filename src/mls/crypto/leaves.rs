//! The signatures of a tree's leaves, verified ahead on all processors.
//!
//! Most of the time of joining a large group goes into one signature for each leaf.
//! `openmls` checks them one after the other, in
//! [`RatchetTreeIn::into_verified`], and asks [`Crypto::verify_signature`] for each.
//! So we let it walk the tree twice: first with a [`Crypto`] that only collects what
//! is asked, then for good, with one that knows the answers. What is remembered is the
//! SHA-256 of key, message and signature that verified: whatever else `openmls` asks
//! is checked as ever, and the verdicts are the same in every case.
//!
//! [`Crypto::verify_signature`]: openmls_traits::crypto::OpenMlsCrypto::verify_signature

use alloc::vec::Vec;
use core::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};
use std::{
    collections::HashSet,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

use openmls::{group::GroupId, treesync::RatchetTreeIn};
use openmls_traits::types::{Ciphersuite, CryptoError, SignatureScheme};
use tls_codec::Size;

use super::{Crypto, seed::length, verify};
use crate::primitives::{ed25519::cofactorless, kdf::sha256, wipe::Secret};

/// How a [`Crypto`] answers for a signature.
pub(super) enum Signatures {
    /// It checks it, unless it is known to verify.
    Check(OnceLock<HashSet<ClaimId>>),
    /// It says yes, and takes it down.
    Collect(Mutex<Vec<Claim>>),
}

/// SHA-256 of a [`Claim`].
type ClaimId = [u8; 32];

/// That a signature verifies. Public.
pub(super) struct Claim {
    scheme: SignatureScheme,
    data: Vec<u8>,
    public: Vec<u8>,
    signature: Vec<u8>,
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

    fn is_valid(&self) -> bool {
        verify(self.scheme, &self.data, &self.public, &self.signature).is_ok()
    }

    fn id(&self) -> ClaimId {
        id(self.scheme, &self.data, &self.public, &self.signature)
    }
}

/// Signatures that a thread takes at once, and more than which are worth a thread.
const SHARE: usize = 32;

/// Bytes of a tree below which walking it twice takes longer than it saves: some
/// twenty leaves.
#[cfg(not(test))]
const WORTHWHILE: usize = 4096;
#[cfg(test)]
const WORTHWHILE: usize = 64;

impl Crypto {
    /// Verifies the signatures of all leaves of a tree on all processors, so that
    /// they are known when `openmls` asks for them. To be called before the tree is
    /// handed to it; it changes no verdict, only when it is found. A malformed tree is
    /// left to `openmls` to refuse. Once for each [`Crypto`]: later calls do nothing.
    pub(crate) fn verify_leaves(&self, suite: Ciphersuite, tree: &RatchetTreeIn, group: &GroupId) {
        let Signatures::Check(known) = &self.signatures else {
            return;
        };
        if tree.tls_serialized_len() < WORTHWHILE {
            return;
        }
        known.get_or_init(|| {
            let collector = Self {
                signatures: Signatures::Collect(Mutex::default()),
                ..Self::new(Secret::ZERO)
            };
            // Nothing was verified: what this gives is good for nothing else.
            drop(tree.clone().into_verified(suite, &collector, group));
            let Signatures::Collect(claims) = &collector.signatures else {
                return HashSet::new();
            };
            verified(&claims.lock().unwrap_or_else(PoisonError::into_inner))
        });
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
        match self {
            Self::Check(known) => {
                let known = known
                    .get()
                    .is_some_and(|known| known.contains(&id(scheme, data, public, signature)));
                if known {
                    Ok(())
                } else {
                    verify(scheme, data, public, signature)
                }
            }
            Self::Collect(claims) => {
                claims
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Claim {
                        scheme,
                        data: data.to_vec(),
                        public: public.to_vec(),
                        signature: signature.to_vec(),
                    });
                Ok(())
            }
        }
    }
}

/// Which of these verify.
fn verified(claims: &[Claim]) -> HashSet<ClaimId> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut ids = Vec::new();
        loop {
            let start = next.fetch_add(SHARE, Ordering::Relaxed);
            let Some(rest) = claims.get(start..).filter(|rest| !rest.is_empty()) else {
                return ids;
            };
            ids.extend(verified_share(rest.get(..SHARE).unwrap_or(rest)));
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = processors.min(claims.len().div_ceil(SHARE));
    thread::scope(|scope| {
        // Where no thread can be had, as on the web, this one does it all.
        let helpers: Vec<_> = (1..threads)
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut known = HashSet::with_capacity(claims.len());
        known.extend(work());
        for helper in helpers {
            known.extend(helper.join().unwrap_or_default());
        }
        known
    })
}

/// Which of these verify.
fn verified_share(claims: &[Claim]) -> Vec<ClaimId> {
    let verdicts = claims
        .iter()
        .map(Claim::as_ed25519)
        .collect::<Option<Vec<_>>>()
        .map_or_else(
            || claims.iter().map(Claim::is_valid).collect(),
            |claims| cofactorless::verify_each(&claims),
        );
    claims
        .iter()
        .zip(verdicts)
        .filter(|(_, valid)| *valid)
        .map(|(claim, _)| claim.id())
        .collect()
}

/// The id of a claim: every part but the last is behind its length.
fn id(scheme: SignatureScheme, data: &[u8], public: &[u8], signature: &[u8]) -> ClaimId {
    let scheme = match scheme {
        SignatureScheme::ED25519 => b"e",
        _ => b"p",
    };
    sha256(&[
        scheme,
        &length(data),
        data,
        &length(public),
        public,
        signature,
    ])
}

#[cfg(test)]
mod tests;
