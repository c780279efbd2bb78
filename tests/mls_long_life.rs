//! Groups live long: their members commit, propose, write, race, fork, lose their state
//! and join again, while storages fail and processes die at any write. Whoever is in an
//! epoch agrees on it and reads its messages once, nobody else does, and there is always
//! a way on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;
#[path = "mls_long_life/party.rs"]
mod party;
#[path = "mls_long_life/world.rs"]
mod world;

use proptest::{prelude::*, test_runner::RngSeed};

use self::world::World;

/// A schedule is a number.
const STEPS: u32 = 300;

/// The same schedules on every run, unless `PROPTEST_RNG_SEED` says otherwise.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::with_cases(12);
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(9420);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn there_is_always_a_way_on(schedule in any::<u64>()) {
        let mut world = World::new(schedule);
        for _ in 0..STEPS {
            world.step();
            world.check();
        }
        world.catch_up();
        world.check();
    }
}
