//! A storage that fails when it is told to, and outlives who uses it.

extern crate alloc;

use alloc::{collections::BTreeMap, sync::Arc};
use std::sync::{Mutex, MutexGuard};

use necturus::store::{Backend, BackendError, Batch, MemoryBackend};

/// What goes wrong. Reads and writes are counted from 0, from [`FaultyBackend::fail`]
/// on; what is past the fault works again, unless the process has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This read fails: of a value or of a list of keys.
    Read(u64),
    /// This write fails and changes nothing.
    Write(u64),
    /// The process dies before this write.
    DeathBefore(u64),
    /// The process dies after this write, before it hears of it.
    DeathAfter(u64),
}

/// A storage in memory, shared by its clones: give one to a keystore, and keep one
/// to break it. When the process has died, every operation fails until
/// [`restart`](Self::restart); what was written stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyBackend(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    memory: MemoryBackend,
    reads: u64,
    writes: u64,
    fault: Option<Fault>,
    dead: bool,
}

/// What is stored, as it is stored.
pub(crate) type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

impl FaultyBackend {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One with these contents.
    pub(crate) fn with(contents: &Contents) -> Self {
        let backend = Self::new();
        backend.state().memory = memory(contents);
        backend
    }

    /// Sets what goes wrong next, and counts from 0.
    pub(crate) fn fail(&self, fault: Fault) {
        let mut state = self.state();
        (state.reads, state.writes) = (0, 0);
        state.fault = Some(fault);
    }

    /// Nothing goes wrong any more, and a new process finds what was written.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        state.fault = None;
        state.dead = false;
        (state.reads, state.writes) = (0, 0);
    }

    /// Reads since [`Self::fail`] or [`Self::restart`].
    pub(crate) fn reads(&self) -> u64 {
        self.state().reads
    }

    /// Writes since [`Self::fail`] or [`Self::restart`].
    pub(crate) fn writes(&self) -> u64 {
        self.state().writes
    }

    pub(crate) fn contents(&self) -> Contents {
        let state = self.state();
        let keys = state.memory.keys(&[]).unwrap();
        keys.into_iter()
            .map(|key| (key.clone(), state.memory.get(&key).unwrap().unwrap()))
            .collect()
    }

    /// Puts other contents in the place of these.
    pub(crate) fn set(&self, contents: &Contents) {
        self.state().memory = memory(contents);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Counts a read, and fails if it is to.
    fn read(&self) -> Result<MutexGuard<'_, State>, BackendError> {
        let mut state = self.state();
        let fails = state.dead || state.fault == Some(Fault::Read(state.reads));
        state.reads += 1;
        if fails { Err(broken()) } else { Ok(state) }
    }
}

impl Backend for FaultyBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.read()?.memory.get(key)
    }

    fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, BackendError> {
        self.read()?.memory.keys(prefix)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), BackendError> {
        let mut state = self.state();
        let write = state.writes;
        state.writes += 1;
        let fault = state.fault;
        if state.dead || fault == Some(Fault::Write(write)) {
            return Err(broken());
        }
        state.dead = [Fault::DeathBefore(write), Fault::DeathAfter(write)]
            .map(Some)
            .contains(&fault);
        if fault != Some(Fault::DeathBefore(write)) {
            state.memory.write(batch)?;
        }
        if state.dead { Err(broken()) } else { Ok(()) }
    }
}

fn memory(contents: &Contents) -> MemoryBackend {
    let mut batch = Batch::new();
    for (key, value) in contents {
        batch.put(key.clone(), value.clone());
    }
    let mut memory = MemoryBackend::new();
    memory.write(&batch).unwrap();
    memory
}

fn broken() -> BackendError {
    BackendError::new("broken by the test")
}
