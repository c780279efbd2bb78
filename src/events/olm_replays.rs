//! What tells an Olm message that came twice from one that nobody can decrypt.

use alloc::{
    collections::{BTreeSet, VecDeque},
    vec::Vec,
};

use super::olm_event::OlmMessageHash;

/// Hashes that are remembered; a new one drops the oldest.
pub const MAX_OLM_REPLAYS: usize = 10_000;

/// The hashes of the Olm messages that were decrypted, newest
/// [`MAX_OLM_REPLAYS`] of them. Public; 32 bytes each.
///
/// A message decrypts once. When it comes again, it looks like the sign of a
/// broken session, and must not be answered by a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OlmReplays {
    known: BTreeSet<OlmMessageHash>,
    order: VecDeque<OlmMessageHash>,
}

impl OlmReplays {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            known: BTreeSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Whether the message with this hash was decrypted.
    #[must_use]
    pub fn contains(&self, hash: &OlmMessageHash) -> bool {
        self.known.contains(hash)
    }

    /// Takes note that a message was decrypted.
    pub fn insert(&mut self, hash: OlmMessageHash) {
        if self.known.insert(hash) {
            self.order.push_back(hash);
        }
        while self.order.len() > MAX_OLM_REPLAYS {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// The hashes, oldest first: the table is made again of them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &OlmMessageHash> {
        self.order.iter()
    }

    /// The hashes, oldest first, 32 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.iter()
            .flat_map(OlmMessageHash::as_bytes)
            .copied()
            .collect()
    }

    /// Reads a table from [its bytes](Self::to_bytes); `None` when there is no
    /// whole number of hashes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks();
        rest.is_empty().then(|| {
            hashes
                .iter()
                .copied()
                .map(OlmMessageHash::from_bytes)
                .collect()
        })
    }
}

impl FromIterator<OlmMessageHash> for OlmReplays {
    fn from_iter<I: IntoIterator<Item = OlmMessageHash>>(hashes: I) -> Self {
        let mut table = Self::new();
        for hash in hashes {
            table.insert(hash);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> OlmMessageHash {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        OlmMessageHash::from_bytes(bytes)
    }

    #[test]
    fn the_oldest_hash_goes_first() {
        let table: OlmReplays = (0..=MAX_OLM_REPLAYS).map(hash).collect();
        assert_eq!(table.iter().len(), MAX_OLM_REPLAYS);
        assert!(!table.contains(&hash(0)));
        assert!(table.contains(&hash(1)));
        assert_eq!(OlmReplays::from_bytes(&table.to_bytes()), Some(table));
        assert_eq!(OlmReplays::from_bytes(&[0; 33]), None);
    }

    #[test]
    fn a_hash_is_kept_once() {
        let table: OlmReplays = [hash(1), hash(2), hash(1)].into_iter().collect();
        assert_eq!(
            table.iter().copied().collect::<Vec<_>>(),
            [hash(1), hash(2)]
        );
    }
}
