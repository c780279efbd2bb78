//! `tree-math.json`. The engine's tree arithmetic is private; this is the tests'
//! own, which the other files about trees need: RFC 9420, appendix C.

use alloc::vec::Vec;

use serde::Deserialize;

use super::Case;

/// How far above the leaves a node is.
fn level(node: u32) -> u32 {
    node.trailing_ones()
}

/// The root of a tree with so many leaves, a power of two.
pub(super) fn root(leaves: u32) -> u32 {
    leaves - 1
}

pub(super) fn left(node: u32) -> Option<u32> {
    Some(node ^ (1 << level(node).checked_sub(1)?))
}

pub(super) fn right(node: u32) -> Option<u32> {
    Some(node ^ (3 << level(node).checked_sub(1)?))
}

pub(super) fn parent(node: u32, leaves: u32) -> Option<u32> {
    let level = level(node);
    (node != root(leaves)).then_some((node | (1 << level)) & !(2 << level))
}

pub(super) fn sibling(node: u32, leaves: u32) -> Option<u32> {
    let parent = parent(node, leaves)?;
    if node < parent {
        right(parent)
    } else {
        left(parent)
    }
}

/// The nodes above, up to the root.
pub(super) fn direct_path(node: u32, leaves: u32) -> impl Iterator<Item = u32> {
    core::iter::successors(parent(node, leaves), move |node| parent(*node, leaves))
}

/// The leaves below a node, itself if it is one, by their place among leaves.
pub(super) fn leaves_below(node: u32) -> core::ops::RangeInclusive<u32> {
    let reach = (1 << level(node)) - 1;
    (node - reach) / 2..=(node + reach) / 2
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeMath {
    n_leaves: u32,
    n_nodes: u32,
    root: u32,
    left: Vec<Option<u32>>,
    right: Vec<Option<u32>>,
    parent: Vec<Option<u32>>,
    sibling: Vec<Option<u32>>,
}

impl Case for TreeMath {
    const THROUGH: &'static str = "the tests' own arithmetic: the engine's is private";

    fn suite(&self) -> Option<u16> {
        None
    }

    fn check(&self) {
        let leaves = self.n_leaves;
        assert_eq!(self.n_nodes, leaves * 2 - 1);
        assert_eq!(self.root, root(leaves));
        let all = |relation: &dyn Fn(u32) -> Option<u32>| -> Vec<_> {
            (0..self.n_nodes).map(relation).collect()
        };
        assert_eq!(self.left, all(&left));
        assert_eq!(self.right, all(&right));
        assert_eq!(self.parent, all(&|node| parent(node, leaves)));
        assert_eq!(self.sibling, all(&|node| sibling(node, leaves)));
    }
}
