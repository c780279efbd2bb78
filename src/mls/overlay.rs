//! One operation's view of the keystore: what it changes is kept in memory, and
//! written as a whole when the operation has succeeded.

use alloc::{collections::BTreeMap, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    fmt,
};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    bundle::Bundle,
    codec,
    items::{self, ItemsError},
    record::RecordKey,
};
use crate::store::{Changes, Keystore, StoreError};

pub(super) struct Overlay<'k> {
    keystore: &'k Keystore,
    changes: RefCell<Changes>,
    /// Those that were looked into, by their record's key.
    bundles: RefCell<BTreeMap<Vec<u8>, Bundle>>,
    failure: Cell<Option<StoreError>>,
}

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
            bundles: RefCell::new(BTreeMap::new()),
            failure: Cell::new(None),
        }
    }

    /// Why the keystore failed, if it did.
    pub(super) const fn failure(&self) -> &Cell<Option<StoreError>> {
        &self.failure
    }

    /// What is to be written.
    pub(super) fn into_changes(self) -> Result<Changes, StoreError> {
        let mut changes = self.changes.into_inner();
        for (record, bundle) in self.bundles.into_inner() {
            if bundle.is_changed() {
                let value = bundle.write().map_err(|_| StoreError::TooLarge)?;
                changes.insert(record, value);
            }
        }
        Ok(changes)
    }

    /// The value under a key.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        key: &RecordKey,
    ) -> Result<Option<T>, OverlayError> {
        self.with(key, |bytes| {
            bytes
                .map(|bytes| codec::decode(bytes).map_err(|_| OverlayError::Decode))
                .transpose()
        })?
    }

    pub(super) fn put<T: Serialize + ?Sized>(
        &self,
        key: RecordKey,
        value: &T,
    ) -> Result<(), OverlayError> {
        let bytes = codec::encode(value).map_err(|_| OverlayError::Encode)?;
        self.set(key, Some(bytes))
    }

    pub(super) fn delete(&self, key: RecordKey) -> Result<(), OverlayError> {
        self.set(key, None)
    }

    /// Deletes a record, and all values in it.
    pub(super) fn delete_record(&self, record: Vec<u8>) {
        self.bundles.borrow_mut().remove(&record);
        self.changes.borrow_mut().insert(record, None);
    }

    /// Whether there is anything under a key.
    pub(super) fn has(&self, key: &RecordKey) -> Result<bool, OverlayError> {
        self.with(key, |bytes| bytes.is_some())
    }

    /// What the keystore has in the records that were changed.
    pub(super) fn replaced(&self) -> Result<Changes, OverlayError> {
        let changes = self.changes.borrow();
        let bundles = self.bundles.borrow();
        let bundles = bundles.iter().filter(|(_, bundle)| bundle.is_changed());
        bundles
            .map(|(record, _)| record)
            .chain(changes.keys())
            .map(|record| Ok((record.clone(), self.stored(record)?)))
            .collect()
    }

    fn set(&self, key: RecordKey, value: Option<Zeroizing<Vec<u8>>>) -> Result<(), OverlayError> {
        match key.part {
            Some(part) => self.in_bundle(key.record, |bundle| bundle.set(part, value))?,
            None => {
                self.changes.borrow_mut().insert(key.record, value);
            }
        }
        Ok(())
    }

    /// Looks at the bytes under a key.
    fn with<T>(
        &self,
        key: &RecordKey,
        look: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, OverlayError> {
        match &key.part {
            Some(part) => self.in_bundle(key.record.clone(), |bundle| look(bundle.get(part))),
            None => {
                let bytes = self.record(&key.record)?;
                Ok(look(bytes.as_ref().map(|bytes| bytes.as_slice())))
            }
        }
    }

    fn in_bundle<T>(
        &self,
        record: Vec<u8>,
        work: impl FnOnce(&mut Bundle) -> T,
    ) -> Result<T, OverlayError> {
        let mut bundles = self.bundles.borrow_mut();
        if let Some(bundle) = bundles.get_mut(&record) {
            return Ok(work(bundle));
        }
        let stored = self.record(&record)?.unwrap_or_default();
        let mut bundle = Bundle::read(stored)?;
        let result = work(&mut bundle);
        bundles.insert(record, bundle);
        Ok(result)
    }

    fn record(&self, record: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, OverlayError> {
        if let Some(changed) = self.changes.borrow().get(record) {
            return Ok(changed.clone());
        }
        self.stored(record)
    }

    fn stored(&self, record: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, OverlayError> {
        self.keystore.read(record).map_err(|error| {
            self.failure.set(Some(error));
            OverlayError::Store
        })
    }

    /// The items of a list: each is encoded by itself.
    pub(super) fn list(&self, key: &RecordKey) -> Result<Vec<Zeroizing<Vec<u8>>>, OverlayError> {
        self.with(key, |list| {
            let items = items::split(list.unwrap_or_default())?;
            let items = items.into_iter();
            Ok(items.map(|item| Zeroizing::new(item.to_vec())).collect())
        })?
    }

    pub(super) fn set_list(
        &self,
        key: RecordKey,
        items: &[Zeroizing<Vec<u8>>],
    ) -> Result<(), OverlayError> {
        let list = items::join(items.iter().map(|item| item.as_slice()))
            .map_err(|_| OverlayError::Encode)?;
        self.set(key, Some(list))
    }
}

/// When reading.
impl From<ItemsError> for OverlayError {
    fn from(_: ItemsError) -> Self {
        Self::Decode
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
