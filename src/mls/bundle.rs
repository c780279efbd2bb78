//! Values that stand in one record: name, value, name, value. An empty value says
//! that the true one stands in a record of its own.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::iter;

use zeroize::Zeroizing;

use super::items::{self, ItemsError};

/// A longer value stands in a record of its own.
pub(super) const MAX_SHORT: usize = 2048;

/// A record's values, and what an operation has changed of them.
pub(super) struct Bundle {
    /// [Items](items): name, value, name, value.
    stored: Arc<Zeroizing<Vec<u8>>>,
    changed: BTreeMap<Vec<u8>, Option<Zeroizing<Vec<u8>>>>,
    touched: bool,
}

impl Bundle {
    /// Reads a record; an empty one has no values.
    pub(super) fn read(stored: Arc<Zeroizing<Vec<u8>>>) -> Result<Self, ItemsError> {
        let mut rest = stored.as_slice();
        while !rest.is_empty() {
            let (_, more) = pair(rest).ok_or(ItemsError)?;
            rest = more;
        }
        Ok(Self {
            stored,
            changed: BTreeMap::new(),
            touched: false,
        })
    }

    /// The record as it was read.
    pub(super) fn into_stored(self) -> Arc<Zeroizing<Vec<u8>>> {
        self.stored
    }

    fn stored(&self) -> impl Iterator<Item = Pair<'_>> {
        let pairs = iter::successors(pair(&self.stored), |(_, rest)| pair(rest));
        pairs.map(|(pair, _)| pair)
    }

    /// The value; empty if it stands alone.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        if let Some(changed) = self.changed.get(name) {
            return changed.as_ref().map(|value| value.as_slice());
        }
        let mut stored = self.stored();
        stored
            .find(|(stored, _)| *stored == name)
            .map(|pair| pair.1)
    }

    /// Whether a value stands alone.
    pub(super) fn is_alone(&self, name: &[u8]) -> bool {
        self.get(name).is_some_and(<[u8]>::is_empty)
    }

    /// Sets a value, or deletes it; an empty one is set that stands alone.
    pub(super) fn set(&mut self, name: Vec<u8>, value: Option<Zeroizing<Vec<u8>>>) {
        let unchanged = match &value {
            None => self.get(&name).is_none(),
            Some(value) => value.is_empty() && self.is_alone(&name),
        };
        if !unchanged {
            self.changed.insert(name, value);
        }
    }

    /// Has it written anew, though none of its values changes.
    pub(super) const fn touch(&mut self) {
        self.touched = true;
    }

    pub(super) fn is_changed(&self) -> bool {
        self.touched || !self.changed.is_empty()
    }

    /// The names of the values that were changed.
    pub(super) fn changed(&self) -> impl Iterator<Item = &[u8]> {
        self.changed.keys().map(Vec::as_slice)
    }

    /// The record as it is now; none without any values.
    pub(super) fn write(&self) -> Result<Option<Zeroizing<Vec<u8>>>, ItemsError> {
        let kept = self.stored();
        let kept = kept.filter(|(name, _)| !self.changed.contains_key(*name));
        let new = self.changed.iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some((name.as_slice(), value.as_slice()))
        });
        let pairs = kept.chain(new).flat_map(|(name, value)| [name, value]);
        let items: Vec<&[u8]> = pairs.collect();
        let record = items::join(&items)?;
        Ok((!record.is_empty()).then_some(record))
    }
}

/// A name and its value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// The first pair of these items, and what comes behind it.
fn pair(items: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let (name, rest) = items::split_first(items)?;
    let (value, rest) = items::split_first(rest)?;
    Some(((name, value), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_changed_and_deleted() {
        let value = |byte| Some(Zeroizing::new(alloc::vec![byte; 3]));
        let mut bundle = Bundle::read(Arc::default()).unwrap();
        bundle.set(b"a".to_vec(), None);
        assert!(!bundle.is_changed());
        assert_eq!(bundle.write().unwrap(), None);
        for (name, byte) in [(b"a", 1), (b"b", 2), (b"c", 3)] {
            bundle.set(name.to_vec(), value(byte));
        }
        assert_eq!(bundle.get(b"b"), Some(&[2; 3][..]));

        let record = bundle.write().unwrap().unwrap();
        let mut bundle = Bundle::read(Arc::new(record.clone())).unwrap();
        assert!(!bundle.is_changed());
        assert_eq!(bundle.write().unwrap().unwrap(), record);
        bundle.set(b"a".to_vec(), None);
        bundle.set(b"b".to_vec(), value(4));
        let bundle = Bundle::read(Arc::new(bundle.write().unwrap().unwrap())).unwrap();
        assert_eq!(bundle.get(b"a"), None);
        assert_eq!(bundle.get(b"b"), Some(&[4; 3][..]));
        assert_eq!(bundle.get(b"c"), Some(&[3; 3][..]));
        assert_eq!(bundle.get(b"d"), None);
    }

    #[test]
    fn what_stands_alone_changes_without_its_bundle() {
        let alone = || Some(Zeroizing::default());
        let mut bundle = Bundle::read(Arc::default()).unwrap();
        bundle.set(b"a".to_vec(), alone());
        assert!(bundle.is_alone(b"a"));
        let mut bundle = Bundle::read(Arc::new(bundle.write().unwrap().unwrap())).unwrap();
        bundle.set(b"a".to_vec(), alone());
        assert!(!bundle.is_changed());
        bundle.set(b"a".to_vec(), Some(Zeroizing::new(alloc::vec![1])));
        assert!(bundle.is_changed() && !bundle.is_alone(b"a"));
    }

    #[test]
    fn a_name_without_a_value_is_refused() {
        let record = items::join(&[b"name"]).unwrap();
        assert!(Bundle::read(Arc::new(record)).is_err());
        assert!(Bundle::read(Arc::new(Zeroizing::new(alloc::vec![0; 3]))).is_err());
    }
}
