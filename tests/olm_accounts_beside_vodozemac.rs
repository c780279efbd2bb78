//! An account that moves between here and vodozemac stays the same account: it
//! signs the same bytes, opens what was started with its keys, publishes the
//! same keys under the same names, and never gives a name twice.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "olm_accounts_beside_vodozemac/holder.rs"]
mod holder;

use common::rng::SeededRng;
use holder::{Birth, KEY, Key, Life, open_here, open_there, our_key, to_ours, to_theirs};
use necturus::{
    olm::{Account, MAX_ONE_TIME_KEYS},
    pickle::ImportError,
};
use proptest::{prelude::*, sample::Index};
use vodozemac::olm as theirs;

#[derive(Clone, Debug)]
enum Act {
    OneTimeKeys(usize),
    FallbackKey,
    Publish,
    Forget,
    Use(Index),
    /// To the other library, in vodozemac's format.
    Move,
    /// To vodozemac, or out and in again here, in libolm's format.
    MoveThroughLibolm {
        out: bool,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1..20usize).prop_map(Act::OneTimeKeys),
        1 => (40..=100usize).prop_map(Act::OneTimeKeys),
        3 => Just(Act::FallbackKey),
        2 => Just(Act::Publish),
        1 => Just(Act::Forget),
        3 => any::<Index>().prop_map(Act::Use),
        5 => Just(Act::Move),
        1 => any::<bool>().prop_map(|out| Act::MoveThroughLibolm { out }),
    ]
}

fn birth() -> impl Strategy<Value = Birth> {
    prop_oneof![
        Just(Birth::Ours),
        Just(Birth::Theirs),
        Just(Birth::OursFromLibolm),
        Just(Birth::TheirsFromLibolm),
    ]
}

proptest! {
    #[test]
    fn an_account_lives_on_in_either_library(
        birth in birth(),
        seed in any::<u64>(),
        acts in prop::collection::vec(act(), 1..20),
    ) {
        let mut life = Life::new(birth, seed);
        for act in acts {
            match act {
                Act::OneTimeKeys(count) => life.generate(count),
                Act::FallbackKey => life.generate_fallback(),
                Act::Publish => life.publish(),
                Act::Forget => life.forget(),
                Act::Use(index) => {
                    let keys = life.usable();
                    if !keys.is_empty() {
                        life.start_session(keys[index.index(keys.len())]);
                    }
                }
                Act::Move => life.relocate(),
                Act::MoveThroughLibolm { out } => life.relocate_through_libolm(out),
            }
            life.check();
        }
        // The oldest, the newest and those between now and then.
        let keys = life.usable();
        for key in keys.iter().step_by(1 + keys.len() / 5) {
            life.start_session(*key);
            life.check();
        }
    }
}

/// An account of vodozemac with one-time keys that are published and not, and
/// two fallback keys; and all of its keys.
fn account_with_keys(published: usize, unpublished: usize) -> (theirs::Account, Vec<Key>) {
    let mut account = theirs::Account::new();
    let mut keys = account.generate_one_time_keys(published).created;
    account.generate_fallback_key();
    keys.extend(account.fallback_key().into_values());
    account.mark_keys_as_published();
    keys.extend(account.generate_one_time_keys(unpublished).created);
    account.generate_fallback_key();
    keys.extend(account.fallback_key().into_values());
    (account, keys.iter().map(our_key).collect())
}

#[test]
fn every_key_of_a_moved_account_opens_a_session() {
    let (mut account, keys) = account_with_keys(6, 6);
    let mut rng = SeededRng::new(1);
    let mut here = to_ours(&account).account;
    let mut there = to_theirs(&here);
    for key in &keys {
        open_here(&mut here, key, &mut rng).unwrap();
        open_there(&mut there, key, &mut rng).unwrap();
        open_there(&mut account, key, &mut rng).unwrap();
    }
    // One-time keys are spent, fallback keys are not, wherever they are.
    for moved in [&here, &to_ours(&there).account, &to_ours(&account).account] {
        assert_eq!(moved.one_time_key_count(), 0);
        assert_eq!(moved.previous_fallback_key().unwrap().key, keys[6]);
        assert_eq!(moved.fallback_key().unwrap().key, keys[13]);
    }
    for key in &keys {
        let is_fallback = *key == keys[6] || *key == keys[13];
        assert_eq!(open_here(&mut here, key, &mut rng).is_ok(), is_fallback);
        assert_eq!(open_there(&mut there, key, &mut rng).is_ok(), is_fallback);
    }
}

#[test]
fn an_import_names_exactly_the_keys_that_found_no_room() {
    let (mut account, _) = account_with_keys(0, 0);
    let mut rng = SeededRng::new(2);
    let created = account.generate_one_time_keys(160).created;
    let mut created: Vec<Key> = created.iter().map(our_key).collect();
    account.mark_keys_as_published();
    // Some have been used, so that the ids have holes.
    for at in [150, 40, 0] {
        open_there(&mut account, &created.remove(at), &mut rng).unwrap();
    }
    let newer = account.generate_one_time_keys(10).created;
    created.extend(newer.iter().map(our_key));

    let imported = to_ours(&account);
    let (dropped, kept) = created.split_at(created.len() - MAX_ONE_TIME_KEYS);
    let keys = |keys: &[necturus::olm::PublicOneTimeKey]| -> Vec<Key> {
        keys.iter().map(|key| key.key).collect()
    };
    assert_eq!(keys(&imported.dropped), dropped);
    assert_eq!(keys(&imported.account.one_time_keys()), kept);
    assert_eq!(imported.dropped[0].id.value(), 1);
    let mut account = imported.account;
    for key in [&dropped[0], &dropped[dropped.len() - 1]] {
        assert!(open_here(&mut account, key, &mut rng).is_err());
    }
    for key in [&kept[0], &kept[MAX_ONE_TIME_KEYS - 1]] {
        open_here(&mut account, key, &mut rng).unwrap();
    }

    let mut full = theirs::Account::new();
    full.generate_one_time_keys(MAX_ONE_TIME_KEYS);
    assert!(to_ours(&full).dropped.is_empty());
}

#[test]
fn names_are_the_same_text_on_both_sides() {
    let (account, _) = account_with_keys(3, 2);
    let mut here = to_ours(&account).account;
    let names = |keys: Vec<necturus::olm::PublicOneTimeKey>| -> Vec<String> {
        keys.iter().map(|key| key.id.to_base64()).collect()
    };
    // The two counters of vodozemac may give one name to two keys.
    assert_eq!(
        names(here.one_time_keys()),
        [
            "AAAAAAAAAAA",
            "AAAAAAAAAAE",
            "AAAAAAAAAAI",
            "AAAAAAAAAAM",
            "AAAAAAAAAAQ"
        ]
    );
    assert_eq!(here.fallback_key().unwrap().id.to_base64(), "AAAAAAAAAAE");
    // Made here, they go on after both.
    let mut rng = SeededRng::new(3);
    let made = here.generate_one_time_keys_with(&mut rng, 1).unwrap();
    assert_eq!(names(made.created), ["AAAAAAAAAAU"]);
    let made = here.generate_fallback_key_with(&mut rng).unwrap();
    assert_eq!(made.created.id.to_base64(), "AAAAAAAAAAY");
    let there = to_theirs(&here);
    let published: Vec<String> = there
        .fallback_key()
        .keys()
        .map(|id| id.to_base64())
        .collect();
    assert_eq!(published, ["AAAAAAAAAAY"]);

    // And where vodozemac has rotated its fallback key more often.
    let mut account = theirs::Account::new();
    for _ in 0..4 {
        account.generate_fallback_key();
    }
    let mut here = to_ours(&account).account;
    let made = here.generate_one_time_keys_with(&mut rng, 1).unwrap();
    assert_eq!(names(made.created), ["AAAAAAAAAAQ"]);
}

#[test]
fn an_account_without_a_seed_lives_on_in_vodozemac() {
    let mut rng = SeededRng::new(4);
    let mut born = Account::new_with(&mut rng).unwrap();
    born.generate_one_time_keys_with(&mut rng, 3).unwrap();
    let pickle = born.to_libolm_pickle(b"libolm's").unwrap();
    // libolm keeps the expanded secret alone.
    let seedless = Account::from_libolm_pickle(&pickle, b"libolm's").unwrap();
    let mut there = to_theirs(&seedless);
    let back = to_ours(&there).account;
    let read_there = theirs::Account::from_libolm_pickle(&pickle, b"libolm's").unwrap();
    let back_from_there = to_ours(&read_there).account;
    for text in [&b""[..], b"text", &[0xff; 300]] {
        let signature = *born.sign(text).as_bytes();
        for account in [&seedless, &back, &back_from_there] {
            assert_eq!(*account.sign(text).as_bytes(), signature);
            assert_eq!(account.identity_keys(), born.identity_keys());
        }
        for account in [&there, &read_there] {
            assert_eq!(account.sign(text).to_bytes(), signature);
            let signature = account.sign(text);
            account.ed25519_key().verify(text, &signature).unwrap();
        }
    }
    assert_eq!(back.to_libolm_pickle(b"libolm's").unwrap(), pickle);
    for key in born.one_time_keys() {
        open_there(&mut there, &key.key, &mut rng).unwrap();
    }
}

#[test]
fn what_vodozemac_writes_for_libolm_loads_and_signs_right() {
    // vodozemac writes the scalar as the hash gave it; libolm would sign wrong
    // with most of them. One in 32 needs no clamping, so take several.
    for round in 0..20u64 {
        let (account, keys) = account_with_keys(2, 2);
        let pickle = account.to_libolm_pickle(b"pickle key").unwrap();
        let mut here = Account::from_libolm_pickle(&pickle, b"pickle key").unwrap();
        let identity = here.identity_keys();
        assert_eq!(
            identity.curve25519.as_bytes(),
            account.curve25519_key().as_bytes()
        );
        assert_eq!(
            identity.ed25519.as_bytes(),
            account.ed25519_key().as_bytes()
        );
        let text = round.to_be_bytes();
        let signature = here.sign(&text);
        assert_eq!(*signature.as_bytes(), account.sign(text).to_bytes());
        assert!(identity.ed25519.verify(&text, &signature).is_ok());
        if round == 0 {
            let mut rng = SeededRng::new(5);
            for key in &keys {
                open_here(&mut here, key, &mut rng).unwrap();
            }
        }
        // Written here, the scalar is clamped: what libolm reads then is right.
        let pickle = here.to_libolm_pickle(b"pickle key").unwrap();
        let there = theirs::Account::from_libolm_pickle(&pickle, b"pickle key").unwrap();
        assert_eq!(there.sign(text).to_bytes(), *signature.as_bytes());
    }
}

#[test]
fn what_vodozemac_writes_for_libolm_loses_its_oldest_keys_first() {
    // vodozemac writes the keys oldest first, where libolm has them newest
    // first.
    let mut account = theirs::Account::new();
    let keys = account.generate_one_time_keys(MAX_ONE_TIME_KEYS).created;
    let pickle = account.to_libolm_pickle(b"pickle key").unwrap();
    let mut here = Account::from_libolm_pickle(&pickle, b"pickle key").unwrap();
    let ids: Vec<u64> = here
        .one_time_keys()
        .iter()
        .map(|key| key.id.value())
        .collect();
    assert_eq!(ids, (0..100).collect::<Vec<u64>>());
    let mut rng = SeededRng::new(6);
    let made = here.generate_one_time_keys_with(&mut rng, 2).unwrap();
    let removed: Vec<Key> = made.removed.iter().map(|key| key.key).collect();
    assert_eq!(removed, [our_key(&keys[0]), our_key(&keys[1])]);

    // libolm holds 100 keys, and what it cannot hold is not its format.
    account.generate_one_time_keys(1);
    let pickle = account.to_libolm_pickle(b"pickle key").unwrap();
    assert_eq!(
        Account::from_libolm_pickle(&pickle, b"pickle key").unwrap_err(),
        ImportError::TooMany {
            found: 101,
            max: 100
        }
    );
}

#[test]
fn what_vodozemac_writes_for_libolm_gives_no_name_twice() {
    // The one counter in libolm's format is vodozemac's of one-time keys, and
    // its fallback keys may be ahead of it.
    let mut account = theirs::Account::new();
    for _ in 0..4 {
        account.generate_fallback_key();
    }
    let pickle = account.to_libolm_pickle(b"pickle key").unwrap();
    let mut here = Account::from_libolm_pickle(&pickle, b"pickle key").unwrap();
    let held = here.fallback_key().unwrap().id.value();
    assert_eq!(held, 3);
    let made = here
        .generate_fallback_key_with(&mut SeededRng::new(7))
        .unwrap();
    assert!(made.created.id.value() > held, "{:?}", made.created.id);
}

#[test]
fn a_wrong_key_or_another_kind_of_pickle_does_not_load() {
    let (account, _) = account_with_keys(1, 1);
    let pickle = account.pickle().encrypt(&KEY);
    let mut wrong = KEY;
    wrong[31] ^= 1;
    assert!(Account::from_vodozemac_pickle(&pickle, &wrong).is_err());
    let here = to_ours(&account).account;
    let pickle = here.to_vodozemac_pickle(&KEY).unwrap();
    assert!(theirs::AccountPickle::from_encrypted(&pickle, &wrong).is_err());
    assert!(theirs::SessionPickle::from_encrypted(&pickle, &KEY).is_err());
    assert!(necturus::olm::Session::from_vodozemac_pickle(&pickle, &KEY).is_err());
}
