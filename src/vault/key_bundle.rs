//! Room key bundles (MSC4268): the keys of a room's history, for somebody who was
//! invited.
//!
//! ```text
//! {"room_keys": [entry, …], "withheld": [content of m.room_key.withheld, …]}
//! ```
//!
//! A bundle is uploaded as one attachment. The event `m.room_key_bundle`, over
//! Olm to each device of the invited user, says where it is and brings the
//! [`EncryptedFile`](super::EncryptedFile).
//!
//! The sender makes one with a [`KeyBundleBuilder`], while the history of the room
//! is for newcomers now, too, and after it has fetched the room's keys from its
//! backup. It is announced to devices only that are cross-signed by their owner.
//!
//! The receiver fetches one only on the word of a cross-signed device of the user
//! whose invite to the room was accepted in the last 24 hours; an announcement
//! that comes before is stored until it is. [`KeyBundle`] reads it. Its keys are
//! marked as forwarded by that user and rank below those that came straight from
//! their owners. When the file is gone from the server, it is gone for good.

mod builder;
mod error;
mod reader;

pub use self::{
    builder::KeyBundleBuilder,
    error::{BundleEntryError, MakeBundleError, OpenBundleError},
    reader::KeyBundle,
};

/// Entries of each list at most: keys, and sessions that are withheld.
const MAX_ENTRIES: usize = 100_000;
/// Bytes of a bundle at most.
const MAX_SIZE: usize = 128 * 1024 * 1024;

/// Says that a session was made when the history was not for newcomers.
const NOT_SHARED: &str = "m.history_not_shared";
/// The same, before the MSC was merged.
const UNSTABLE_NOT_SHARED: &str = "io.element.msc4268.history_not_shared";
