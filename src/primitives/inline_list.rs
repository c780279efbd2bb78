//! A list of bounded length that lives inside its owner: no heap, so secrets
//! in it are wiped, locked and moved together with the object they belong to.

/// An item of a list: wiped when it leaves, and with a value for empty slots
/// that is known when compiling, so that an empty list is one fill of memory.
pub(crate) trait Slot {
    const EMPTY: Self;

    /// Overwrites what is secret in the item.
    fn wipe(&mut self);
}

/// Up to `N` items in order of insertion. Slots past the length hold only
/// wiped values, so wiping the list touches no more than what it holds.
#[derive(Clone)]
pub(crate) struct InlineList<T: Slot, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Slot, const N: usize> InlineList<T, N> {
    /// An empty list.
    pub(crate) const fn new() -> Self {
        Self {
            items: [const { T::EMPTY }; N],
            len: 0,
        }
    }

    /// The items, oldest first.
    pub(crate) fn as_slice(&self) -> &[T] {
        self.items.get(..self.len).unwrap_or_default()
    }

    /// The items, oldest first.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        self.items.get_mut(..self.len).unwrap_or_default()
    }

    /// Iterates oldest first.
    pub(crate) fn iter(&self) -> core::slice::Iter<'_, T> {
        self.as_slice().iter()
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether another item would push out the oldest.
    pub(crate) fn is_full(&self) -> bool {
        self.len >= N
    }

    /// Appends an item, or gives it back when the list is full.
    pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
        match self.items.get_mut(self.len) {
            Some(slot) => {
                *slot = item;
                self.len = self.len.saturating_add(1);
                Ok(())
            }
            None => Err(item),
        }
    }

    /// Removes and wipes the item at `index`; the others keep their order.
    pub(crate) fn remove(&mut self, index: usize) {
        if let Some(tail) = self.as_mut_slice().get_mut(index..)
            && !tail.is_empty()
        {
            tail.rotate_left(1);
            if let Some(last) = tail.last_mut() {
                last.wipe();
            }
            self.len = self.len.saturating_sub(1);
        }
    }

    /// Removes and wipes all items.
    fn clear(&mut self) {
        self.as_mut_slice().iter_mut().for_each(Slot::wipe);
        self.len = 0;
    }

    /// Removes and wipes every item for which `keep` is false.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut kept = 0usize;
        let items = self.as_mut_slice();
        for index in 0..items.len() {
            if items.get(index).is_some_and(&mut keep) {
                items.swap(kept, index);
                kept = kept.saturating_add(1);
            }
        }
        if let Some(removed) = items.get_mut(kept..) {
            removed.iter_mut().for_each(Slot::wipe);
        }
        self.len = kept;
    }
}

impl<T: Slot, const N: usize> Drop for InlineList<T, N> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Slot for u8 {
        const EMPTY: Self = 0;

        fn wipe(&mut self) {
            *self = 0;
        }
    }

    fn of(items: &[u8]) -> InlineList<u8, 4> {
        let mut list = InlineList::new();
        for item in items {
            list.push(*item).unwrap();
        }
        list
    }

    #[test]
    fn keeps_order_and_wipes_what_leaves() {
        let mut list = of(&[1, 2, 3, 4]);
        assert_eq!(list.push(5), Err(5));
        list.remove(0);
        assert_eq!(list.as_slice(), [2, 3, 4]);
        assert_eq!(list.items, [2, 3, 4, 0]);
        list.remove(7);
        list.retain(|item| *item != 3);
        assert_eq!(list.items, [2, 4, 0, 0]);
        list.clear();
        assert_eq!((list.len(), list.items), (0, [0; 4]));
    }
}
