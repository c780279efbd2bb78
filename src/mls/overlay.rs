//! One operation's view of the keystore: what it changes is kept in memory, and
//! written as a whole when the operation has succeeded.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use core::{
    cell::{Cell, RefCell},
    fmt,
};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    bundle::{Bundle, MAX_SHORT},
    codec,
    items::{self, ItemsError},
    record::{RecordKey, beside, bundle_key},
};
use crate::store::{Changes, Keystore, StoreError};

pub(super) struct Overlay<'k> {
    keystore: &'k Keystore,
    changes: RefCell<Changes>,
    /// Those that were looked into, by the prefix of their group.
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

    /// With what is known to stand in a group's bundle, unless the changes say otherwise.
    pub(super) fn knowing(self, prefix: &[u8], content: &Arc<Zeroizing<Vec<u8>>>) -> Self {
        if !self.changes.borrow().contains_key(&bundle_key(prefix))
            && let Ok(bundle) = Bundle::read(Arc::clone(content))
        {
            self.bundles.borrow_mut().insert(prefix.to_vec(), bundle);
        }
        self
    }

    /// What stood in a group's bundle when it was loaded, if it was.
    pub(super) fn into_content(self, prefix: &[u8]) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        let bundle = self.bundles.into_inner().remove(prefix)?;
        Some(bundle.into_stored())
    }

    /// Why the keystore failed, if it did.
    pub(super) const fn failure(&self) -> &Cell<Option<StoreError>> {
        &self.failure
    }

    /// What we read or wrote ourselves, or why the keystore failed.
    pub(super) fn told<T>(&self, result: Result<T, OverlayError>) -> Result<T, StoreError> {
        result.map_err(|_| self.failure.take().unwrap_or(StoreError::Damaged))
    }

    /// What is to be written.
    pub(super) fn into_changes(self) -> Result<Changes, StoreError> {
        let mut changes = self.changes.into_inner();
        for (prefix, bundle) in self.bundles.into_inner() {
            if bundle.is_changed() {
                let value = bundle.write().map_err(|_| StoreError::TooLarge)?;
                changes.insert(bundle_key(&prefix), value);
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

    /// Deletes these records, and whatever was changed of a group before.
    pub(super) fn delete_records(&self, records: Vec<Vec<u8>>) {
        self.bundles.borrow_mut().clear();
        let deleted = records.into_iter().map(|record| (record, None));
        self.changes.borrow_mut().extend(deleted);
    }

    /// Whether there is anything under a key.
    pub(super) fn has(&self, key: &RecordKey) -> Result<bool, OverlayError> {
        self.with(key, |bytes| bytes.is_some())
    }

    /// What the keystore has in the records that were changed, and in those where
    /// changed values could come to stand.
    pub(super) fn replaced(&self) -> Result<Changes, OverlayError> {
        let changes = self.changes.borrow();
        let mut records: BTreeSet<Vec<u8>> = changes.keys().cloned().collect();
        for (prefix, bundle) in &*self.bundles.borrow() {
            if bundle.is_changed() {
                let places = bundle.changed().map(|name| beside(prefix, name));
                records.extend(places.chain([bundle_key(prefix)]));
            }
        }
        records
            .into_iter()
            .map(|record| {
                let stored = self.stored(&record)?;
                Ok((record, stored))
            })
            .collect()
    }

    fn set(&self, key: RecordKey, value: Option<Zeroizing<Vec<u8>>>) -> Result<(), OverlayError> {
        let mut alone = value;
        if key.may_be_bundled {
            self.load_bundle(&key.prefix)?;
            let mut bundles = self.bundles.borrow_mut();
            let bundle = bundles.get_mut(&key.prefix).ok_or(OverlayError::Decode)?;
            let was_alone = bundle.is_alone(&key.name);
            let short = alone.take_if(|value| value.len() <= MAX_SHORT);
            let mark = alone.as_ref().map(|_| Zeroizing::default());
            // Its writing tells that the group has changed: see `Known`.
            if alone.is_some() && !key.tells_itself() {
                bundle.touch();
            }
            bundle.set(key.name.clone(), short.or(mark));
            if alone.is_none() && !was_alone {
                return Ok(());
            }
        }
        self.changes.borrow_mut().insert(key.record(), alone);
        Ok(())
    }

    /// Looks at the bytes under a key.
    pub(super) fn with<T>(
        &self,
        key: &RecordKey,
        look: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, OverlayError> {
        if key.may_be_bundled {
            self.load_bundle(&key.prefix)?;
            let bundles = self.bundles.borrow();
            let bundle = bundles.get(&key.prefix).ok_or(OverlayError::Decode)?;
            if !bundle.is_alone(&key.name) {
                return Ok(look(bundle.get(&key.name)));
            }
        }
        let bytes = self.record(&key.record())?;
        Ok(look(bytes.as_ref().map(|bytes| bytes.as_slice())))
    }

    fn load_bundle(&self, prefix: &[u8]) -> Result<(), OverlayError> {
        let mut bundles = self.bundles.borrow_mut();
        if !bundles.contains_key(prefix) {
            let stored = self.record(&bundle_key(prefix))?.unwrap_or_default();
            bundles.insert(prefix.to_vec(), Bundle::read(Arc::new(stored))?);
        }
        Ok(())
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
        let slices: Vec<&[u8]> = items.iter().map(|item| item.as_slice()).collect();
        let list = items::join(&slices).map_err(|_| OverlayError::Encode)?;
        self.set(key, (!items.is_empty()).then_some(list))
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
