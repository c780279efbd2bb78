//! A backend that forgets.

use alloc::{collections::BTreeMap, vec::Vec};

use super::backend::{Backend, BackendError, Batch};

/// Keeps everything in memory, and loses it with the process: for tests, for
/// clients that keep no state, and as the mirror of a storage that is not
/// synchronous.
#[derive(Clone, Debug, Default)]
pub struct MemoryBackend(BTreeMap<Vec<u8>, Vec<u8>>);

impl MemoryBackend {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }
}

impl Backend for MemoryBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(self.0.get(key).cloned())
    }

    fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, BackendError> {
        let keys = self.0.range(prefix.to_vec()..).map(|(key, _)| key);
        Ok(keys
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect())
    }

    fn write(&mut self, batch: &Batch) -> Result<(), BackendError> {
        for (key, value) in batch.iter() {
            match value {
                Some(value) => self.0.insert(key.to_vec(), value.to_vec()),
                None => self.0.remove(key),
            };
        }
        Ok(())
    }
}
