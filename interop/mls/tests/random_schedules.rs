//! Groups of members of three libraries go through random schedules: whoever is in
//! an epoch agrees on it and reads its messages, and nobody else does.

#[path = "random_schedules/act.rs"]
mod act;
#[path = "random_schedules/world.rs"]
mod world;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngSeed},
};

use self::{
    act::{act, newcomer},
    world::World,
};

/// The same schedules on every run, unless `PROPTEST_RNG_SEED` says otherwise. The
/// libraries draw their keys themselves, so these differ.
fn config() -> Config {
    let mut config = Config::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(9420);
    }
    config.failure_persistence = None;
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn members_agree(
        suite in 1u16..=3,
        without_mls_rs in prop::bool::weighted(0.2),
        creator in newcomer(),
        acts in vec(act(), 1..12),
    ) {
        let mut world = World::new(suite, without_mls_rs, &creator);
        for act in &acts {
            world.act(act);
        }
    }
}
