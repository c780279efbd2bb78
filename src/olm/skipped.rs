//! Keys of messages that have not arrived yet, and the record of those that
//! were dropped.

use zeroize::Zeroize;

use super::{MAX_RECEIVER_CHAINS, MAX_SKIPPED_KEYS_PER_CHAIN, error::DecryptError};
use crate::primitives::{
    inline_list::{InlineList, Slot},
    wipe::Secret,
};

/// The key of one message that was skipped. Secret.
#[derive(Clone)]
pub(crate) struct SkippedKey {
    /// The slot of the chain it belongs to.
    pub(crate) slot: u8,
    pub(crate) index: u32,
    pub(crate) key: Secret<32>,
}

impl Slot for SkippedKey {
    const EMPTY: Self = Self {
        slot: 0,
        index: 0,
        key: Secret::ZERO,
    };

    fn wipe(&mut self) {
        self.key.zeroize();
    }
}

/// The skipped keys of a session, over all chains, in order of insertion.
///
/// One list, because the order over all chains is what libolm keeps; at most
/// [`MAX_SKIPPED_KEYS_PER_CHAIN`] of each chain, so that it never fills up.
#[derive(Clone)]
pub(crate) struct SkippedKeys {
    keys: InlineList<SkippedKey, { MAX_RECEIVER_CHAINS * MAX_SKIPPED_KEYS_PER_CHAIN }>,
}

impl SkippedKeys {
    pub(crate) fn new() -> Self {
        Self {
            keys: InlineList::new(),
        }
    }

    /// All keys, oldest first.
    pub(crate) fn as_slice(&self) -> &[SkippedKey] {
        self.keys.as_slice()
    }

    /// The keys of one chain, oldest first.
    pub(crate) fn of(&self, slot: u8) -> impl Iterator<Item = &SkippedKey> {
        self.keys.iter().filter(move |key| key.slot == slot)
    }

    pub(crate) fn find(&self, slot: u8, index: u32) -> Option<&SkippedKey> {
        self.keys
            .iter()
            .find(|key| key.slot == slot && key.index == index)
    }

    pub(crate) fn remove(&mut self, slot: u8, index: u32) {
        if let Some(at) = self
            .keys
            .iter()
            .position(|key| key.slot == slot && key.index == index)
        {
            self.keys.remove(at);
        }
    }

    /// Adds a key; a chain that holds its fill drops its oldest, and the index
    /// of that one is given back.
    pub(crate) fn insert(&mut self, key: SkippedKey) -> Option<u32> {
        let mut dropped = None;
        if self.of(key.slot).count() >= MAX_SKIPPED_KEYS_PER_CHAIN
            && let Some(at) = self.keys.iter().position(|held| held.slot == key.slot)
        {
            dropped = self.keys.as_slice().get(at).map(|held| held.index);
            self.keys.remove(at);
        }
        // Five chains of forty fit.
        let _ = self.keys.push(key);
        dropped
    }

    /// Drops all keys of a chain and gives how many there were.
    pub(crate) fn drop_chain(&mut self, slot: u8) -> usize {
        let before = self.keys.len();
        self.keys.retain(|key| key.slot != slot);
        before.saturating_sub(self.keys.len())
    }
}

/// Which indexes of a chain lost their key without being used, as far as there
/// is room to remember.
///
/// Keys are dropped in rising order of index, so a few ranges hold them all in
/// practice; when even those overflow, the oldest range is given up and
/// everything below its end is unknown.
#[derive(Clone)]
pub(crate) struct DroppedKeys {
    /// Below this index nobody knows whether a key was used or dropped.
    pub(crate) unknown_below: u64,
    pub(crate) ranges: InlineList<DroppedRange, 8>,
}

/// Indexes from `start` up to `end`, which is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DroppedRange {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Slot for DroppedRange {
    const EMPTY: Self = Self { start: 0, end: 0 };

    fn wipe(&mut self) {
        *self = Self::EMPTY;
    }
}

impl DroppedKeys {
    /// For a chain that has been watched from index `unknown_below` on.
    pub(crate) fn watched_from(unknown_below: u64) -> Self {
        Self {
            unknown_below,
            ranges: InlineList::new(),
        }
    }

    /// Takes note that the keys of `start..end` were dropped.
    pub(crate) fn note(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        if let Some(last) = self.ranges.as_mut_slice().last_mut()
            && last.end == start
        {
            last.end = end;
            return;
        }
        if self.ranges.is_full() {
            if let Some(oldest) = self.ranges.as_slice().first() {
                self.unknown_below = self.unknown_below.max(oldest.end);
            }
            self.ranges.remove(0);
        }
        let _ = self.ranges.push(DroppedRange { start, end });
    }

    /// Why there is no key for a message at an `index` that the chain has
    /// passed.
    pub(crate) fn verdict(&self, index: u32) -> DecryptError {
        let at = u64::from(index);
        if self
            .ranges
            .iter()
            .any(|range| range.start <= at && at < range.end)
        {
            DecryptError::KeyGone { index }
        } else if at < self.unknown_below {
            DecryptError::UsedOrGone { index }
        } else {
            DecryptError::AlreadyUsed { index }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_chain_drops_its_own_oldest() {
        let mut keys = SkippedKeys::new();
        for slot in 0..5 {
            for index in 0..40 {
                assert_eq!(
                    keys.insert(SkippedKey {
                        slot,
                        index,
                        key: [1; 32].into()
                    }),
                    None
                );
            }
        }
        assert_eq!(
            keys.insert(SkippedKey {
                slot: 3,
                index: 40,
                key: [2; 32].into()
            }),
            Some(0)
        );
        assert!(keys.find(3, 0).is_none() && keys.find(2, 0).is_some());
        assert_eq!(keys.drop_chain(3), 40);
        assert_eq!(keys.as_slice().len(), 160);
    }

    #[test]
    fn the_record_tells_used_from_dropped_while_it_can() {
        let mut dropped = DroppedKeys::watched_from(0);
        dropped.note(0, 60);
        dropped.note(60, 61);
        assert_eq!(dropped.verdict(60), DecryptError::KeyGone { index: 60 });
        assert_eq!(dropped.verdict(61), DecryptError::AlreadyUsed { index: 61 });
        for start in (100..108).map(|n| n * 2) {
            dropped.note(start, start + 1);
        }
        assert_eq!(dropped.verdict(7), DecryptError::UsedOrGone { index: 7 });
        assert_eq!(dropped.verdict(61), DecryptError::AlreadyUsed { index: 61 });
        assert_eq!(dropped.verdict(214), DecryptError::KeyGone { index: 214 });
    }
}
