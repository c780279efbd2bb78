//! The seam below the keystore.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

/// Where a keystore keeps its bytes. Values are encrypted before they get here;
/// keys are not, and name kinds of objects and public identifiers.
pub trait Backend: Send {
    /// The value under a key.
    ///
    /// # Errors
    /// [`BackendError`] if it could not be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError>;

    /// All keys that start with `prefix`, in ascending order.
    ///
    /// # Errors
    /// [`BackendError`] if they could not be read.
    fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, BackendError>;

    /// Makes all changes of a batch, durably, or none of them: also if the
    /// process or the machine dies in between.
    ///
    /// # Errors
    /// [`BackendError`] if nothing was changed. Only if a disk failed and the process
    /// dies before the next write may the batch be found after all.
    fn write(&mut self, batch: &Batch) -> Result<(), BackendError>;
}

/// Changes that belong together: at most one for each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Batch {
    /// A batch without changes.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Sets the value under a key.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    /// Deletes what is under a key, if anything is.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }

    /// Whether there are no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is changed under a key: a new value, or none to delete.
    #[cfg(feature = "mls")]
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.0.get(key).map(Option::as_deref)
    }

    /// The changes by ascending key: a new value, or none to delete.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
    }
}

/// A backend could not read or write; what it kept is as it was.
#[derive(Debug)]
pub struct BackendError(Box<dyn core::error::Error + Send + Sync>);

impl BackendError {
    /// From the backend's own error, which becomes the source of this one.
    pub fn new(source: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the storage failed")
    }
}

impl core::error::Error for BackendError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.0)
    }
}
