//! A ratchet tree by RFC 9420's formulas (section 7): what the engine does inside
//! itself, written out over our provider so that vectors can look at each node.

use alloc::{vec, vec::Vec};

use super::{
    formulas::{Reader, Suite, vector},
    tree_math::{direct_path, leaves_below, left, parent, right, root},
};

/// The nodes of a tree whose number of leaves is a power of two.
#[derive(Clone)]
pub(super) struct Tree(Vec<Option<Node>>);

#[derive(Clone)]
pub(super) enum Node {
    Leaf(Leaf),
    Parent {
        key: Vec<u8>,
        parent_hash: Vec<u8>,
        unmerged: Vec<u32>,
    },
}

/// A leaf node's bytes, and what of them is looked at.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) bytes: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) signature_key: Vec<u8>,
    /// Only of a leaf that came with a commit.
    pub(super) parent_hash: Option<Vec<u8>>,
    /// Only of a leaf that came with a key package: until when it could be used.
    pub(super) not_after: Option<u64>,
    /// Whether its signature covers its place: all but those of key packages.
    placed: bool,
    signature: Vec<u8>,
}

impl Leaf {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut bytes = *reader;
        let (key, signature_key) = (reader.vector().to_vec(), reader.vector().to_vec());
        // Credential, basic or X.509: a type and a vector.
        reader.u16();
        reader.skip_vectors(1);
        // Capabilities: versions, suites, extensions, proposals, credentials.
        reader.skip_vectors(5);
        let (source, mut parent_hash, mut not_after) = (reader.u8(), None, None);
        match source {
            1 => not_after = Some((reader.u64(), reader.u64()).1),
            2 => (),
            3 => parent_hash = Some(reader.vector().to_vec()),
            other => panic!("leaf node source {other}"),
        }
        reader.vector();
        let signature = reader.vector().to_vec();
        let bytes = bytes.bytes(bytes.0.len() - reader.0.len()).to_vec();
        Self {
            bytes,
            key,
            signature_key,
            parent_hash,
            not_after,
            placed: source != 1,
            signature,
        }
    }

    /// Reads a key package, from its version to its signature.
    pub(super) fn of_key_package(reader: &mut Reader<'_>) -> Self {
        // Version, suite, and the key that it is joined by.
        reader.bytes(4);
        reader.skip_vectors(1);
        let leaf = Self::read(reader);
        reader.skip_vectors(2);
        leaf
    }

    /// The same member's leaf with a new key, as a commit brings it.
    pub(super) fn committed(
        &self,
        suite: &Suite,
        key: &[u8],
        parent_hash: &[u8],
        signature_priv: &[u8],
        group_id: &[u8],
        index: u32,
    ) -> Self {
        let mut reader = Reader(&self.bytes);
        reader.vector();
        let kept = reader.taken(|reader| {
            reader.skip_vectors(1);
            reader.u16();
            reader.skip_vectors(6);
        });
        let unsigned = [&vector(key), kept, &[3], &vector(parent_hash), &vector(&[])].concat();
        let signed = [&unsigned, &vector(group_id), &index.to_be_bytes()[..]].concat();
        let signature = suite.sign_with_label(signature_priv, "LeafNodeTBS", &signed);
        Self::read(&mut Reader(&[unsigned, vector(&signature)].concat()))
    }

    /// Whether the signature is its own, at this place of this group.
    pub(super) fn verifies(&self, suite: &Suite, group_id: &[u8], index: u32) -> bool {
        let unsigned = self
            .bytes
            .strip_suffix(&vector(&self.signature)[..])
            .unwrap();
        let place = [vector(group_id), index.to_be_bytes().to_vec()].concat();
        let signed = [unsigned, if self.placed { &place } else { &[] }].concat();
        suite.verifies_with_label(&self.signature_key, "LeafNodeTBS", &signed, &self.signature)
    }
}

impl Node {
    pub(super) fn key(&self) -> &[u8] {
        match self {
            Self::Leaf(leaf) => &leaf.key,
            Self::Parent { key, .. } => key,
        }
    }

    fn parent_hash(&self) -> Option<&[u8]> {
        match self {
            Self::Leaf(leaf) => leaf.parent_hash.as_deref(),
            Self::Parent { parent_hash, .. } => Some(parent_hash),
        }
    }

    /// Without its type.
    fn body(&self) -> Vec<u8> {
        match self {
            Self::Leaf(leaf) => leaf.bytes.clone(),
            Self::Parent {
                key,
                parent_hash,
                unmerged,
            } => {
                let unmerged: Vec<u8> = unmerged
                    .iter()
                    .flat_map(|leaf| leaf.to_be_bytes())
                    .collect();
                [vector(key), vector(parent_hash), vector(&unmerged)].concat()
            }
        }
    }
}

impl Tree {
    /// Reads a `ratchet_tree` extension and fills it up with blank nodes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut outer = Reader(bytes);
        let mut reader = Reader(outer.vector());
        outer.end();
        let mut nodes = Vec::new();
        while !reader.0.is_empty() {
            let node = match (reader.u8(), nodes.len() % 2) {
                (0, _) => None,
                (1, even) => {
                    assert_eq!(usize::from(reader.u8()), even + 1, "the node's type");
                    Some(if even == 0 {
                        Node::Leaf(Leaf::read(&mut reader))
                    } else {
                        let (key, parent_hash) =
                            (reader.vector().to_vec(), reader.vector().to_vec());
                        let leaves = reader.vector().as_chunks().0;
                        let unmerged = leaves
                            .iter()
                            .map(|leaf| u32::from_be_bytes(*leaf))
                            .collect();
                        Node::Parent {
                            key,
                            parent_hash,
                            unmerged,
                        }
                    })
                }
                _ => panic!("neither blank nor a node"),
            };
            nodes.push(node);
        }
        let leaves = nodes.len().div_ceil(2).next_power_of_two();
        nodes.resize(leaves * 2 - 1, None);
        Self(nodes)
    }

    /// Without blank nodes at the end.
    pub(super) fn write(&self) -> Vec<u8> {
        let used = self.0.iter().rposition(Option::is_some).unwrap() + 1;
        let nodes: Vec<u8> = self.0[..used]
            .iter()
            .flat_map(|node| match node {
                None => vec![0],
                Some(node) => {
                    let node_type = if matches!(node, Node::Leaf(_)) { 1 } else { 2 };
                    [&[1, node_type][..], &node.body()].concat()
                }
            })
            .collect();
        vector(&nodes)
    }

    pub(super) fn leaf_count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap().div_ceil(2)
    }

    pub(super) fn root(&self) -> u32 {
        root(self.leaf_count())
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = u32> {
        0..self.leaf_count() * 2 - 1
    }

    pub(super) fn node(&self, node: u32) -> Option<&Node> {
        self.0[usize::try_from(node).unwrap()].as_ref()
    }

    fn set(&mut self, node: u32, value: Option<Node>) {
        self.0[usize::try_from(node).unwrap()] = value;
    }

    pub(super) fn leaf(&self, leaf: u32) -> Option<&Leaf> {
        match self.node(leaf * 2) {
            Some(Node::Leaf(leaf)) => Some(leaf),
            _ => None,
        }
    }

    pub(super) fn direct_path(&self, leaf: u32) -> impl Iterator<Item = u32> + use<> {
        direct_path(leaf * 2, self.leaf_count())
    }

    /// Section 4.1.1: the nodes that together reach every member below.
    pub(super) fn resolution(&self, node: u32) -> Vec<u32> {
        match (self.node(node), left(node), right(node)) {
            (Some(Node::Parent { unmerged, .. }), ..) => [node]
                .into_iter()
                .chain(unmerged.iter().map(|leaf| leaf * 2))
                .collect(),
            (Some(Node::Leaf(_)), ..) => vec![node],
            (None, Some(left), Some(right)) => {
                [self.resolution(left), self.resolution(right)].concat()
            }
            (None, ..) => Vec::new(),
        }
    }

    /// Section 7.8, as if these leaves were not there.
    fn tree_hash_without(&self, suite: &Suite, node: u32, without: &[u32]) -> Vec<u8> {
        let optional =
            |body: Option<Vec<u8>>| body.map_or_else(|| vec![0], |body| [vec![1], body].concat());
        let (Some(left), Some(right)) = (left(node), right(node)) else {
            let leaf = self.node(node).filter(|_| !without.contains(&(node / 2)));
            let body = optional(leaf.map(Node::body));
            return suite.hash(&[&[1][..], &(node / 2).to_be_bytes(), &body].concat());
        };
        let mut parent = self.node(node).cloned();
        if let Some(Node::Parent { unmerged, .. }) = &mut parent {
            unmerged.retain(|leaf| !without.contains(leaf));
        }
        let [left, right] =
            [left, right].map(|child| vector(&self.tree_hash_without(suite, child, without)));
        suite.hash(
            &[
                vec![2],
                optional(parent.as_ref().map(Node::body)),
                left,
                right,
            ]
            .concat(),
        )
    }

    pub(super) fn tree_hash(&self, suite: &Suite, node: u32) -> Vec<u8> {
        self.tree_hash_without(suite, node, &[])
    }

    /// Section 7.9: the parent hash of a parent node, beside this child of it.
    fn parent_hash(&self, suite: &Suite, node: u32, sibling: u32) -> Vec<u8> {
        let Some(Node::Parent {
            key,
            parent_hash,
            unmerged,
        }) = self.node(node)
        else {
            panic!("node {node} is blank");
        };
        let sibling = self.tree_hash_without(suite, sibling, unmerged);
        suite.hash(&[vector(key), vector(parent_hash), vector(&sibling)].concat())
    }

    /// Section 7.9.2: whether a parent node was set together with one below it.
    pub(super) fn is_parent_hash_valid(&self, suite: &Suite, node: u32) -> bool {
        let Some(Node::Parent { unmerged, .. }) = self.node(node) else {
            return true;
        };
        let (left, right) = (left(node).unwrap(), right(node).unwrap());
        [(left, right), (right, left)]
            .into_iter()
            .any(|(child, sibling)| {
                let hash = self.parent_hash(suite, node, sibling);
                let resolution = self.resolution(child);
                let unmerged: Vec<u32> = unmerged
                    .iter()
                    .copied()
                    .filter(|leaf| leaves_below(child).contains(leaf))
                    .map(|leaf| leaf * 2)
                    .collect();
                resolution.iter().any(|below| {
                    let rest = resolution.iter().filter(|other| *other != below);
                    self.node(*below).unwrap().parent_hash() == Some(&hash) && rest.eq(&unmerged)
                })
            })
    }

    /// Section 7.7, an Add; gives the new leaf's index.
    pub(super) fn add(&mut self, leaf: Leaf) -> u32 {
        let free = (0..self.leaf_count()).find(|index| self.leaf(*index).is_none());
        let index = free.unwrap_or_else(|| {
            let leaves = self.leaf_count();
            self.0.resize(self.0.len() * 2 + 1, None);
            leaves
        });
        for node in self.direct_path(index) {
            if let Some(Node::Parent { unmerged, .. }) = &mut self.0[usize::try_from(node).unwrap()]
            {
                unmerged.push(index);
                unmerged.sort_unstable();
            }
        }
        self.set(index * 2, Some(Node::Leaf(leaf)));
        index
    }

    pub(super) fn update(&mut self, index: u32, leaf: Leaf) {
        self.blank_path(index);
        self.set(index * 2, Some(Node::Leaf(leaf)));
    }

    pub(super) fn remove(&mut self, index: u32) {
        self.blank_path(index);
        self.set(index * 2, None);
        // The right half goes as long as nobody is in it.
        while self.leaf_count() > 1
            && (self.leaf_count() / 2..self.leaf_count()).all(|leaf| self.leaf(leaf).is_none())
        {
            self.0.truncate(self.0.len() / 2);
        }
    }

    fn blank_path(&mut self, index: u32) {
        for node in self.direct_path(index) {
            self.set(node, None);
        }
    }

    /// Section 4.1.2: the nodes above a leaf that get keys, each with its child
    /// off the path.
    pub(super) fn filtered_path(&self, index: u32) -> Vec<(u32, u32)> {
        let mut below = index * 2;
        let pairs = self.direct_path(index).map(|node| {
            let off_path = if below < node {
                right(node)
            } else {
                left(node)
            }
            .unwrap();
            below = node;
            (node, off_path)
        });
        pairs
            .filter(|(_, off_path)| !self.resolution(*off_path).is_empty())
            .collect()
    }

    /// Section 7.5, without the leaf: puts these keys on the filtered path. Gives
    /// the parent hash that the leaf must have.
    pub(super) fn set_path(&mut self, suite: &Suite, index: u32, keys: &[Vec<u8>]) -> Vec<u8> {
        let path = self.filtered_path(index);
        assert_eq!(path.len(), keys.len(), "a key for each node");
        self.blank_path(index);
        let mut above = Vec::new();
        for ((node, off_path), key) in path.into_iter().zip(keys).rev() {
            let parent = Node::Parent {
                key: key.clone(),
                parent_hash: above,
                unmerged: Vec::new(),
            };
            self.set(node, Some(parent));
            above = self.parent_hash(suite, node, off_path);
        }
        above
    }

    pub(super) fn set_leaf(&mut self, index: u32, leaf: Leaf) {
        self.set(index * 2, Some(Node::Leaf(leaf)));
    }

    pub(super) fn is_below(&self, node: u32, above: u32) -> bool {
        node == above
            || parent(node, self.leaf_count()).is_some_and(|parent| self.is_below(parent, above))
    }
}
