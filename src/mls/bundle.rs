//! Values that stand in one record: by name, and so on.

use alloc::{collections::BTreeMap, vec::Vec};

use zeroize::Zeroizing;

use super::items::{self, ItemsError};

/// A record's values, and what an operation has changed of them.
pub(super) struct Bundle {
    /// [Items](items): name, value, name, value.
    stored: Zeroizing<Vec<u8>>,
    changed: BTreeMap<Vec<u8>, Option<Zeroizing<Vec<u8>>>>,
}

impl Bundle {
    /// Reads a record; an empty one has no values.
    pub(super) fn read(stored: Zeroizing<Vec<u8>>) -> Result<Self, ItemsError> {
        if items::split(&stored)?.len().is_multiple_of(2) {
            Ok(Self {
                stored,
                changed: BTreeMap::new(),
            })
        } else {
            Err(ItemsError)
        }
    }

    fn stored(&self) -> Vec<(&[u8], &[u8])> {
        // It was split before.
        let items = items::split(&self.stored).unwrap_or_default();
        let (pairs, _) = items.as_chunks::<2>();
        pairs.iter().map(|[name, value]| (*name, *value)).collect()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        if let Some(changed) = self.changed.get(name) {
            return changed.as_ref().map(|value| value.as_slice());
        }
        let mut stored = self.stored().into_iter();
        stored
            .find(|(stored, _)| *stored == name)
            .map(|pair| pair.1)
    }

    /// Sets a value, or deletes it.
    pub(super) fn set(&mut self, name: Vec<u8>, value: Option<Zeroizing<Vec<u8>>>) {
        let nothing_to_delete = value.is_none() && self.get(&name).is_none();
        if !nothing_to_delete {
            self.changed.insert(name, value);
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The record as it is now; none without any values.
    pub(super) fn write(&self) -> Result<Option<Zeroizing<Vec<u8>>>, ItemsError> {
        let kept = self.stored().into_iter();
        let kept = kept.filter(|(name, _)| !self.changed.contains_key(*name));
        let new = self.changed.iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some((name.as_slice(), value.as_slice()))
        });
        let record = items::join(kept.chain(new).flat_map(|(name, value)| [name, value]))?;
        Ok((!record.is_empty()).then_some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_changed_and_deleted() {
        let value = |byte| Some(Zeroizing::new(alloc::vec![byte; 3]));
        let mut bundle = Bundle::read(Zeroizing::default()).unwrap();
        bundle.set(b"a".to_vec(), None);
        assert!(!bundle.is_changed());
        assert_eq!(bundle.write().unwrap(), None);
        for (name, byte) in [(b"a", 1), (b"b", 2), (b"c", 3)] {
            bundle.set(name.to_vec(), value(byte));
        }
        assert_eq!(bundle.get(b"b"), Some(&[2; 3][..]));

        let record = bundle.write().unwrap().unwrap();
        let mut bundle = Bundle::read(record.clone()).unwrap();
        assert!(!bundle.is_changed());
        assert_eq!(bundle.write().unwrap().unwrap(), record);
        bundle.set(b"a".to_vec(), None);
        bundle.set(b"b".to_vec(), value(4));
        let bundle = Bundle::read(bundle.write().unwrap().unwrap()).unwrap();
        assert_eq!(bundle.get(b"a"), None);
        assert_eq!(bundle.get(b"b"), Some(&[4; 3][..]));
        assert_eq!(bundle.get(b"c"), Some(&[3; 3][..]));
        assert_eq!(bundle.get(b"d"), None);
    }

    #[test]
    fn a_name_without_a_value_is_refused() {
        let record = items::join([&b"name"[..]].into_iter()).unwrap();
        assert!(Bundle::read(record).is_err());
        assert!(Bundle::read(Zeroizing::new(alloc::vec![0; 3])).is_err());
    }
}
