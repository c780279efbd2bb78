//! Floor 4: the keystore, one place for all that a client must not lose.
//!
//! A [`Backend`] is the seam: it keeps bytes under keys, and writes a [`Batch`] as
//! a whole or not at all. The [`Keystore`] above it encrypts every value under
//! the caller's [`PickleKey`](crate::pickle::PickleKey), with the value's key as
//! context, so that one value cannot be put in another's place.

mod backend;
mod error;
mod keystore;
mod memory;

pub use backend::{Backend, BackendError, Batch};
pub use error::StoreError;
pub use keystore::Keystore;
pub use memory::MemoryBackend;

#[cfg(feature = "mls")]
pub(crate) use keystore::Changes;
