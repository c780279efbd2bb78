//! `treekem.json`: RFC 9420, sections 7.4 to 7.6.

use alloc::vec::Vec;

use openmls_traits::types::{HpkeCiphertext, HpkeKeyPair};
use serde::Deserialize;

use super::{
    Case, Hex,
    formulas::{Reader, Suite},
    observer::tree_hash_after,
    tree::{Leaf, Node, Tree},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeKem {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    confirmed_transcript_hash: Hex,
    ratchet_tree: Hex,
    leaves_private: Vec<Private>,
    update_paths: Vec<Update>,
}

/// What a member holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Private {
    index: u32,
    encryption_priv: Hex,
    signature_priv: Hex,
    path_secrets: Vec<PathSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathSecret {
    node: u32,
    path_secret: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    sender: u32,
    update_path: Hex,
    path_secrets: Vec<Option<Hex>>,
    commit_secret: Hex,
    tree_hash_after: Hex,
}

/// An `UpdatePath`, read.
struct Path {
    leaf: Leaf,
    /// For each node of the filtered path its key, and the path secret encrypted
    /// to each node that its child off the path resolves to.
    nodes: Vec<(Vec<u8>, Vec<HpkeCiphertext>)>,
}

impl Case for TreeKem {
    const THROUGH: &'static str = "our provider, and the engine as an observer";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let tree = Tree::read(&self.ratchet_tree);
        assert!(!self.leaves_private.is_empty() && !self.update_paths.is_empty());
        for private in &self.leaves_private {
            private.check(&suite, &tree);
        }
        for update in &self.update_paths {
            let path = Path::read(&update.update_path);
            let after = path.merge(&suite, &tree, update.sender);
            assert!(path.leaf.verifies(&suite, &self.group_id, update.sender));
            assert_eq!(
                after.tree_hash(&suite, after.root()),
                *update.tree_hash_after
            );
            let observed = tree_hash_after(
                &suite,
                &self.ratchet_tree,
                (&self.group_id, self.epoch, &self.context(&suite, &tree)),
                (update.sender, self.signature_key(update.sender)),
                &update.update_path,
            );
            assert_eq!(observed, *update.tree_hash_after);
            let leaves = usize::try_from(tree.leaf_count()).unwrap();
            assert_eq!(update.path_secrets.len(), leaves);
            let of_sender = &update.path_secrets[usize::try_from(update.sender).unwrap()];
            assert!(of_sender.is_none());
            self.receive(
                &suite,
                &tree,
                &path,
                update.sender,
                &update.commit_secret,
                |index| update.path_secrets[usize::try_from(index).unwrap()].as_deref(),
            );

            let (path, secrets, commit_secret) =
                self.send(&suite, &tree, update.sender, &path.leaf);
            path.merge(&suite, &tree, update.sender);
            assert!(path.leaf.verifies(&suite, &self.group_id, update.sender));
            self.receive(
                &suite,
                &tree,
                &path,
                update.sender,
                &commit_secret,
                |index| {
                    let filtered = tree.filtered_path(update.sender);
                    let below = filtered
                        .iter()
                        .position(|(_, off_path)| tree.is_below(index * 2, *off_path));
                    below.map(|place| &secrets[place][..])
                },
            );
        }
    }
}

impl TreeKem {
    fn context(&self, suite: &Suite, tree: &Tree) -> Vec<u8> {
        let tree_hash = tree.tree_hash(suite, tree.root());
        suite.group_context(
            &self.group_id,
            self.epoch,
            &tree_hash,
            &self.confirmed_transcript_hash,
        )
    }

    fn signature_key(&self, index: u32) -> &[u8] {
        let mut members = self.leaves_private.iter();
        let member = members.find(|private| private.index == index);
        &member.unwrap().signature_priv
    }

    /// Every other member reads the path: the secret that it finds, and what
    /// follows from that.
    fn receive<'a>(
        &self,
        suite: &Suite,
        tree: &Tree,
        path: &Path,
        sender: u32,
        commit_secret: &[u8],
        expected: impl Fn(u32) -> Option<&'a [u8]>,
    ) {
        let context = self.context(suite, &path.merge(suite, tree, sender));
        let filtered = tree.filtered_path(sender);
        for private in self
            .leaves_private
            .iter()
            .filter(|private| private.index != sender)
        {
            let place = filtered
                .iter()
                .position(|(_, off_path)| tree.is_below(private.index * 2, *off_path));
            let place = place.expect("a node above both");
            let resolution = tree.resolution(filtered[place].1);
            let (key, ciphertext) = resolution
                .iter()
                .zip(&path.nodes[place].1)
                .find_map(|(node, ciphertext)| Some((private.key(suite, *node)?, ciphertext)))
                .expect("a node whose key it has");
            assert_eq!(resolution.len(), path.nodes[place].1.len());

            let mut secret = suite.decrypt_with_label(&key, "UpdatePathNode", &context, ciphertext);
            assert_eq!(
                Some(&secret[..]),
                expected(private.index),
                "member {}",
                private.index
            );
            for (key, _) in &path.nodes[place..] {
                assert_eq!(node_key(suite, &secret).public, *key);
                secret = suite.derive_secret(&secret, "path");
            }
            assert_eq!(secret, commit_secret, "member {}", private.index);
        }
    }

    /// A path of our own, the path secrets, and the commit secret.
    fn send(
        &self,
        suite: &Suite,
        tree: &Tree,
        sender: u32,
        leaf: &Leaf,
    ) -> (Path, Vec<Vec<u8>>, Vec<u8>) {
        let filtered = tree.filtered_path(sender);
        let mut secret = suite.hash(b"a path secret");
        let secrets: Vec<_> = filtered
            .iter()
            .map(|_| {
                let next = suite.derive_secret(&secret, "path");
                core::mem::replace(&mut secret, next)
            })
            .collect();
        let keys: Vec<_> = secrets
            .iter()
            .map(|secret| node_key(suite, secret).public)
            .collect();

        let mut after = tree.clone();
        let parent_hash = after.set_path(suite, sender, &keys);
        let key = suite
            .derive_key_pair(b"a leaf secret of thirty-two bytes.")
            .public;
        let leaf = leaf.committed(
            suite,
            &key,
            &parent_hash,
            self.signature_key(sender),
            &self.group_id,
            sender,
        );
        after.set_leaf(sender, leaf.clone());

        let context = self.context(suite, &after);
        let nodes =
            keys.into_iter()
                .zip(&secrets)
                .zip(filtered)
                .map(|((key, secret), (_, off_path))| {
                    let encrypted = tree.resolution(off_path).into_iter().map(|node| {
                        let key = tree.node(node).unwrap().key();
                        suite.encrypt_with_label(key, "UpdatePathNode", &context, secret)
                    });
                    (key, encrypted.collect())
                });
        let nodes = nodes.collect();
        (Path { leaf, nodes }, secrets, secret)
    }
}

impl Private {
    /// The private key of a node, if this member has it.
    fn key(&self, suite: &Suite, node: u32) -> Option<Vec<u8>> {
        if node == self.index * 2 {
            return Some(self.encryption_priv.to_vec());
        }
        let secret = self
            .path_secrets
            .iter()
            .find(|secret| secret.node == node)?;
        Some(node_key(suite, &secret.path_secret).private.to_vec())
    }

    /// Whether private keys and public ones belong together, and none is missing.
    fn check(&self, suite: &Suite, tree: &Tree) {
        let leaf = tree.leaf(self.index).expect("the member's leaf");
        let sealed = suite.encrypt_with_label(&leaf.key, "", &[], b"for the leaf");
        assert_eq!(
            suite.decrypt_with_label(&self.encryption_priv, "", &[], &sealed),
            b"for the leaf"
        );
        let signature = suite.sign_with_label(&self.signature_priv, "", b"by the leaf");
        assert!(suite.verifies_with_label(&leaf.signature_key, "", b"by the leaf", &signature));
        for secret in &self.path_secrets {
            let node = tree.node(secret.node).expect("not blank");
            assert_eq!(
                node_key(suite, &secret.path_secret).public,
                node.key(),
                "node {}",
                secret.node
            );
        }
        // Above the leaf all that is not blank, where the leaf is not unmerged.
        let mut known: Vec<_> = tree
            .direct_path(self.index)
            .filter(|node| {
                matches!(
                    tree.node(*node),
                    Some(Node::Parent { unmerged, .. }) if !unmerged.contains(&self.index)
                )
            })
            .collect();
        known.sort_unstable();
        let nodes = self.path_secrets.iter().map(|secret| secret.node);
        let mut nodes: Vec<_> = nodes.collect();
        nodes.sort_unstable();
        assert_eq!(nodes, known, "the path secrets of {}", self.index);
    }
}

impl Path {
    fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader(bytes);
        let leaf = Leaf::read(&mut reader);
        let mut rest = Reader(reader.vector());
        reader.end();
        let mut nodes = Vec::new();
        while !rest.0.is_empty() {
            let (key, mut encrypted) = (rest.vector().to_vec(), Reader(rest.vector()));
            let mut ciphertexts = Vec::new();
            while !encrypted.0.is_empty() {
                ciphertexts.push(encrypted.hpke_ciphertext());
            }
            nodes.push((key, ciphertexts));
        }
        Self { leaf, nodes }
    }

    /// The tree with this path in it, whose parent hashes must hold.
    fn merge(&self, suite: &Suite, tree: &Tree, sender: u32) -> Tree {
        let keys: Vec<_> = self.nodes.iter().map(|(key, _)| key.clone()).collect();
        let mut after = tree.clone();
        let parent_hash = after.set_path(suite, sender, &keys);
        assert_eq!(
            self.leaf.parent_hash,
            Some(parent_hash),
            "the leaf's parent hash"
        );
        after.set_leaf(sender, self.leaf.clone());
        assert!(
            after
                .nodes()
                .all(|node| after.is_parent_hash_valid(suite, node))
        );
        after
    }
}

fn node_key(suite: &Suite, path_secret: &[u8]) -> HpkeKeyPair {
    suite.derive_key_pair(&suite.derive_secret(path_secret, "node"))
}
