//! One operation's view of the keystore: what it changes is kept in memory, and
//! written as a whole when the operation has succeeded.

use alloc::vec::Vec;
use core::{
    cell::{Cell, RefCell},
    fmt,
};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::codec;
use crate::store::{Changes, Keystore, StoreError};

pub(super) struct Overlay<'k> {
    keystore: &'k Keystore,
    changes: RefCell<Changes>,
    failure: Cell<Option<StoreError>>,
}

/// A key, and the value that it had.
pub(super) type Replaced = (Vec<u8>, Option<Zeroizing<Vec<u8>>>);

/// Why a value was not read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OverlayError {
    /// The keystore failed: [`Overlay::failure`] says why, whatever becomes of this
    /// error on its way through openmls.
    Store,
    /// openmls gave a value that cannot be encoded.
    Encode,
    /// The value under its key is of another type.
    Decode,
}

impl<'k> Overlay<'k> {
    pub(super) fn new(keystore: &'k Keystore) -> Self {
        Self::over(keystore, Changes::new())
    }

    /// Goes on from changes that were not written yet.
    pub(super) const fn over(keystore: &'k Keystore, changes: Changes) -> Self {
        Self {
            keystore,
            changes: RefCell::new(changes),
            failure: Cell::new(None),
        }
    }

    /// Why the keystore failed, if it did.
    pub(super) const fn failure(&self) -> &Cell<Option<StoreError>> {
        &self.failure
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes.into_inner()
    }

    /// The bytes under a key.
    pub(super) fn bytes(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, OverlayError> {
        if let Some(changed) = self.changes.borrow().get(key) {
            return Ok(changed.clone());
        }
        self.stored(key)
    }

    pub(super) fn set_bytes(&self, key: Vec<u8>, bytes: Zeroizing<Vec<u8>>) {
        self.changes.borrow_mut().insert(key, Some(bytes));
    }

    /// The value under a key.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, OverlayError> {
        self.bytes(key)?
            .map(|bytes| codec::decode(&bytes).map_err(|_| OverlayError::Decode))
            .transpose()
    }

    pub(super) fn put<T: Serialize + ?Sized>(
        &self,
        key: Vec<u8>,
        value: &T,
    ) -> Result<(), OverlayError> {
        let bytes = codec::encode(value).map_err(|_| OverlayError::Encode)?;
        self.set_bytes(key, bytes);
        Ok(())
    }

    pub(super) fn delete(&self, key: Vec<u8>) {
        self.changes.borrow_mut().insert(key, None);
    }

    /// What the keystore has under the keys that were changed.
    pub(super) fn replaced(&self) -> Result<Vec<Replaced>, OverlayError> {
        let changes = self.changes.borrow();
        changes
            .keys()
            .map(|key| Ok((key.clone(), self.stored(key)?)))
            .collect()
    }

    fn stored(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, OverlayError> {
        self.keystore.read(key).map_err(|error| {
            self.failure.set(Some(error));
            OverlayError::Store
        })
    }

    /// The items of a list: each is encoded by itself.
    pub(super) fn list(&self, key: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>, OverlayError> {
        let mut items = Vec::new();
        let list = self.bytes(key)?.unwrap_or_default();
        let mut rest = list.as_slice();
        while !rest.is_empty() {
            let (length, tail) = rest.split_first_chunk().ok_or(OverlayError::Decode)?;
            let length = usize::try_from(u32::from_be_bytes(*length));
            let (item, tail) = length
                .ok()
                .and_then(|length| tail.split_at_checked(length))
                .ok_or(OverlayError::Decode)?;
            items.push(Zeroizing::new(item.to_vec()));
            rest = tail;
        }
        Ok(items)
    }

    pub(super) fn set_list(
        &self,
        key: Vec<u8>,
        items: &[Zeroizing<Vec<u8>>],
    ) -> Result<(), OverlayError> {
        let total = items.iter().map(|item| item.len().saturating_add(4)).sum();
        let mut list = Zeroizing::new(Vec::with_capacity(total));
        for item in items {
            let length = u32::try_from(item.len()).map_err(|_| OverlayError::Encode)?;
            list.extend_from_slice(&length.to_be_bytes());
            list.extend_from_slice(item);
        }
        self.set_bytes(key, list);
        Ok(())
    }
}

impl fmt::Display for OverlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store => "the keystore failed",
            Self::Encode => "a value cannot be encoded",
            Self::Decode => "a stored value is of another type",
        })
    }
}

impl core::error::Error for OverlayError {}
