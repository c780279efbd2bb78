//! `tree-validation.json` and `tree-operations.json`.

use alloc::vec::Vec;

use openmls::{group::GroupId, prelude::RatchetTreeIn};
use serde::Deserialize;
use tls_codec::{Deserialize as _, Serialize as _};

use super::{
    super::JoinError,
    Case, Hex,
    formulas::{Reader, Suite},
    outside::{join, member},
    tree::{Leaf, Tree},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeValidation {
    cipher_suite: u16,
    tree: Hex,
    group_id: Hex,
    tree_hashes: Vec<Hex>,
    resolutions: Vec<Vec<u32>>,
}

impl Case for TreeValidation {
    const THROUGH: &'static str = "our provider, and our public API by an external join";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let tree = Tree::read(&self.tree);
        assert_eq!(tree.write(), *self.tree);
        for node in tree.nodes() {
            let place = usize::try_from(node).unwrap();
            assert_eq!(
                tree.resolution(node),
                self.resolutions[place],
                "node {node}"
            );
            assert_eq!(
                tree.tree_hash(&suite, node),
                *self.tree_hashes[place],
                "node {node}"
            );
            assert!(tree.is_parent_hash_valid(&suite, node), "node {node}");
        }
        assert_eq!(tree.nodes().count(), self.tree_hashes.len());
        assert_eq!(tree.nodes().count(), self.resolutions.len());
        for index in 0..tree.leaf_count() {
            let verifies = |leaf: &Leaf| leaf.verifies(&suite, &self.group_id, index);
            assert!(tree.leaf(index).is_none_or(verifies), "leaf {index}");
        }

        let theirs = RatchetTreeIn::tls_deserialize_exact(&*self.tree).unwrap();
        let group_id = GroupId::from_slice(&self.group_id);
        let verified = theirs
            .into_verified(suite.id, &suite.crypto, &group_id)
            .unwrap();
        assert_eq!(verified.tls_serialize_detached().unwrap(), *self.tree);

        let group = join(&suite, tree.clone(), &self.group_id).unwrap();
        let joined = Tree::read(&group.ratchet_tree().unwrap());
        assert!(
            joined
                .nodes()
                .all(|node| joined.is_parent_hash_valid(&suite, node))
        );
        // The signatures of this one hold, and a parent hash does not.
        let mut broken = tree;
        let of_commit = |index| {
            broken
                .leaf(index)
                .is_some_and(|leaf| leaf.parent_hash.is_some())
        };
        let replaced = (0..broken.leaf_count()).find(|index| of_commit(*index));
        broken.set_leaf(replaced.unwrap(), member(&suite).1);
        let refused = join(&suite, broken, &self.group_id);
        assert!(matches!(refused, Err(JoinError::InvalidTree)));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeOperations {
    cipher_suite: u16,
    proposal: Hex,
    proposal_sender: u32,
    tree_before: Hex,
    tree_after: Hex,
    tree_hash_before: Hex,
    tree_hash_after: Hex,
}

impl Case for TreeOperations {
    const THROUGH: &'static str =
        "our provider and the tests' own tree: the engine's operations are private";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let mut tree = Tree::read(&self.tree_before);
        assert_eq!(tree.tree_hash(&suite, tree.root()), *self.tree_hash_before);

        let mut proposal = Reader(&self.proposal);
        match proposal.u16() {
            1 => {
                assert!(key_package_verifies(&suite, proposal.0));
                tree.add(Leaf::of_key_package(&mut proposal));
            }
            2 => tree.update(self.proposal_sender, Leaf::read(&mut proposal)),
            3 => tree.remove(proposal.u32()),
            other => panic!("proposal type {other}"),
        }
        proposal.end();

        assert_eq!(tree.write(), *self.tree_after);
        assert_eq!(tree.tree_hash(&suite, tree.root()), *self.tree_hash_after);
    }
}

/// Whether a key package is signed by the key of its leaf (RFC 9420, section 10).
fn key_package_verifies(suite: &Suite, package: &[u8]) -> bool {
    let (mut reader, mut key) = (Reader(package), Vec::new());
    let signed = reader.taken(|reader| {
        // Version, suite, and the key that it is joined by.
        reader.bytes(4);
        reader.skip_vectors(1);
        key = Leaf::read(reader).signature_key;
        reader.skip_vectors(1);
    });
    suite.verifies_with_label(&key, "KeyPackageTBS", signed, reader.vector())
}
