//! The test vectors of Olm, Megolm and their pickles, and what it takes to run
//! them.
//!
//! [`files`] computes all of them, from a fixed seed, with code of its own: none
//! of it is necturus's. [`check`] compares what an implementation does with
//! what a case says. The format is described in `test-vectors/README.md`.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a generator that goes wrong has to stop, and nothing from outside reaches it"
)]

extern crate alloc;

mod cases;
mod channel;
pub mod check;
mod crypto;
mod draw;
mod format;
mod inputs;
mod json;
mod media;
mod megolm;
mod olm;
mod peers;
mod records;
mod text;
mod vault;
mod wire;

pub use format::{Case, File, Group, Peer, Step};
pub use inputs::Inputs;
pub use records::{STATE_KEY, seal};
pub use text::{base64, from_hex, hex};

/// All files, by name.
///
/// # Panics
/// If a note on a peer names a case that is not there.
#[must_use]
pub fn files() -> Vec<(&'static str, File)> {
    let mut files = cases::all();
    peers::note(&mut files);
    files
}
