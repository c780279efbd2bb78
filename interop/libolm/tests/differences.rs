//! What libolm accepts and ours refuses, each with the reason. Not here: what
//! makes libolm read outside its buffers.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "differences/at_rest.rs"]
mod at_rest;
mod common;
#[path = "differences/megolm.rs"]
mod megolm;
#[path = "differences/olm.rs"]
mod olm;
#[path = "differences/world.rs"]
mod world;

use necturus::SessionVersion;

const V1: SessionVersion = SessionVersion::V1;
/// Of a length that leaves bits over in the base64 of a message.
const TEXT: &[u8] = b"seventeen letters";
