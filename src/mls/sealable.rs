//! Whether anything can be encrypted to a key.
//!
//! To one of small order, or to what is no key at all, nobody can: a member that has
//! it would keep all others from changing their keys.

use openmls::{
    group::StagedCommit, key_packages::KeyPackage, messages::proposals::Proposal, prelude::LeafNode,
};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{Ciphersuite, HpkeKemType},
};

use super::{crypto::Crypto, member::encryption_key, receive::ReceiveError};
use crate::primitives::{curve25519::Curve25519PublicKey, wipe::Secret};

/// Both keys of a key package.
pub(super) fn package(package: &KeyPackage) -> bool {
    let suite = package.ciphersuite();
    key(suite, package.hpke_init_key().key().as_slice()) && leaf(suite, package.leaf_node())
}

/// The keys that a proposal brings.
pub(super) fn proposal(suite: Ciphersuite, proposal: &Proposal) -> bool {
    match proposal {
        Proposal::Add(add) => package(add.key_package()),
        Proposal::Update(update) => leaf(suite, update.leaf_node()),
        _ => true,
    }
}

/// The keys that a commit brings, in its proposals and its leaf. Those further up in its
/// path show in a copy of the whole tree alone; where they are none, removing the
/// committer blanks them.
pub(super) fn commit(suite: Ciphersuite, commit: &StagedCommit) -> Result<(), ReceiveError> {
    let mut proposals = commit.queued_proposals();
    if !proposals.all(|queued| proposal(suite, queued.proposal())) {
        return Err(ReceiveError::InvalidProposal);
    }
    match commit.update_path_leaf_node() {
        Some(path) if !leaf(suite, path) => Err(ReceiveError::InvalidCommit),
        _ => Ok(()),
    }
}

fn leaf(suite: Ciphersuite, leaf: &LeafNode) -> bool {
    key(suite, &encryption_key(leaf))
}

fn key(suite: Ciphersuite, key: &[u8]) -> bool {
    let config = suite.hpke_config();
    if config.0 == HpkeKemType::DhKem25519 {
        let key = <[u8; 32]>::try_from(key).map(Curve25519PublicKey::from_bytes);
        return key.is_ok_and(|key| !key.is_small_order());
    }
    let crypto = Crypto::new(Secret::ZERO);
    crypto
        .hpke_setup_sender_and_export(config, key, b"", b"", 32)
        .is_ok()
}
