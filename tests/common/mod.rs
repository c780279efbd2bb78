//! What several tests share. `mod common;` takes it in.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test takes what it needs of this, and fails by panicking"
)]

pub mod envelope;
pub mod faulty_backend;
#[cfg(all(feature = "mls", feature = "os-rng"))]
pub mod mls;
pub mod mutation;
pub mod people;
pub mod rng;
pub mod room_keys;
pub mod talk;
pub mod temporary;
pub mod to_device;
pub mod verification;
