//! A verification runs from request to trust by messages alone, gives trust to
//! the right keys or to none, and can't be led astray by what comes out of order.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

#[path = "verification_flow/ends.rs"]
mod ends;
#[path = "verification_flow/mutations.rs"]
mod mutations;
#[path = "verification_flow/order.rs"]
mod order;
#[path = "verification_flow/strangers.rs"]
mod strangers;
#[path = "verification_flow/succeeds.rs"]
mod succeeds;
#[path = "verification_flow/world.rs"]
mod world;
