//! What a hostile carrier can do to bytes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "positions are taken modulo the length"
)]

use proptest::{collection::vec, prelude::*, sample::Index};

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    /// Flips bits.
    Flip(Vec<(Index, u8)>),
    /// Cuts the end off.
    Truncate(Index),
    /// Puts bytes in.
    Insert(Index, Vec<u8>),
    /// Takes a stretch out.
    Remove(Index, Index),
    /// The front of this and the end of another.
    Splice(Index, Index),
    /// Something else altogether.
    Replace(Vec<u8>),
}

impl Mutation {
    pub(crate) fn apply(&self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let at = |index: &Index, len: usize| index.index(len + 1);
        let mut out = bytes.to_vec();
        match self {
            Self::Flip(bits) => {
                for (index, bit) in bits {
                    if !out.is_empty() {
                        let position = index.index(out.len());
                        out[position] ^= 1 << (bit % 8);
                    }
                }
            }
            Self::Truncate(index) => out.truncate(at(index, bytes.len())),
            Self::Insert(index, inserted) => {
                let position = at(index, bytes.len());
                out.splice(position..position, inserted.iter().copied());
            }
            Self::Remove(a, b) => {
                let (a, b) = (at(a, bytes.len()), at(b, bytes.len()));
                out.drain(a.min(b)..a.max(b));
            }
            Self::Splice(a, b) => {
                out.truncate(at(a, bytes.len()));
                out.extend_from_slice(&other[at(b, other.len())..]);
            }
            Self::Replace(random) => out.clone_from(random),
        }
        out
    }
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        4 => vec((index(), 0u8..8), 1..4).prop_map(Mutation::Flip),
        2 => index().prop_map(Mutation::Truncate),
        2 => (index(), vec(any::<u8>(), 1..20)).prop_map(|(at, new)| Mutation::Insert(at, new)),
        1 => (index(), index()).prop_map(|(a, b)| Mutation::Remove(a, b)),
        2 => (index(), index()).prop_map(|(a, b)| Mutation::Splice(a, b)),
        1 => vec(any::<u8>(), 0..300).prop_map(Mutation::Replace),
    ]
}
