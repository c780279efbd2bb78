//! An account beside libolm's: from the same random bytes, both publish, sign
//! and store the same bytes after any series of operations.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    PICKLE_KEY,
    rng::{BytesRng, SeededRng},
};
use necturus::{
    Curve25519PublicKey,
    olm::{Account, GenerateError, MAX_ONE_TIME_KEYS},
};
use necturus_interop_libolm as libolm;
use proptest::{collection::vec, prelude::*, sample::Index};

#[derive(Clone, Debug)]
enum Step {
    OneTimeKeys(usize),
    FallbackKey,
    MarkPublished,
    ForgetFallbackKey,
    /// Removes any key there ever was, of either sort.
    Remove(Index),
    /// Ours goes on as libolm's, and libolm's as ours.
    Swap,
    OursThereAndBack,
    TheirsThereAndBack,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..6).prop_map(Step::OneTimeKeys),
        1 => (40usize..130).prop_map(Step::OneTimeKeys),
        2 => Just(Step::FallbackKey),
        2 => Just(Step::MarkPublished),
        1 => Just(Step::ForgetFallbackKey),
        4 => any::<Index>().prop_map(Step::Remove),
        1 => Just(Step::Swap),
        1 => Just(Step::OursThereAndBack),
        1 => Just(Step::TheirsThereAndBack),
    ]
}

struct Both {
    rng: SeededRng,
    ours: Account,
    theirs: libolm::Account,
    /// Somebody who calls: libolm removes the key that a session was made with.
    caller: libolm::Account,
    /// Every key there ever was.
    keys: Vec<Curve25519PublicKey>,
}

impl Both {
    fn new(seed: u64) -> Self {
        let mut rng = SeededRng::new(seed);
        let random: [u8; 64] = rng.bytes();
        let mut source = BytesRng::new(random);
        let ours = Account::new_with(&mut source).unwrap();
        assert_eq!(source.left(), 0);
        Self {
            ours,
            theirs: libolm::Account::new(&random).unwrap(),
            caller: libolm::Account::new(&rng.bytes::<64>()).unwrap(),
            rng,
            keys: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::OneTimeKeys(count) => self.one_time_keys(*count),
            Step::FallbackKey => {
                let random: [u8; 32] = self.rng.bytes();
                let made = self
                    .ours
                    .generate_fallback_key_with(&mut BytesRng::new(random))
                    .unwrap();
                self.theirs.generate_fallback_key(&random).unwrap();
                self.keys.push(made.created.key);
            }
            Step::MarkPublished => {
                let unpublished = self.ours.unpublished_one_time_keys().count();
                self.ours.mark_all_published();
                assert_eq!(self.theirs.mark_keys_as_published(), Ok(unpublished));
            }
            Step::ForgetFallbackKey => {
                self.ours.forget_previous_fallback_key();
                self.theirs.forget_old_fallback_key();
            }
            Step::Remove(_) if self.keys.is_empty() => {}
            Step::Remove(which) => self.remove(*which.get(&self.keys)),
            Step::Swap => {
                let ours = self.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
                let theirs = self.theirs.pickle(PICKLE_KEY).unwrap();
                self.ours = Account::from_libolm_pickle(&theirs, PICKLE_KEY).unwrap();
                self.theirs = libolm::Account::unpickle(PICKLE_KEY, ours).unwrap();
            }
            Step::OursThereAndBack => {
                let ours = self.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
                let there = libolm::Account::unpickle(PICKLE_KEY, ours).unwrap();
                let back = there.pickle(PICKLE_KEY).unwrap();
                self.ours = Account::from_libolm_pickle(&back, PICKLE_KEY).unwrap();
            }
            Step::TheirsThereAndBack => {
                let theirs = self.theirs.pickle(PICKLE_KEY).unwrap();
                let there = Account::from_libolm_pickle(&theirs, PICKLE_KEY).unwrap();
                let back = there.to_libolm_pickle(PICKLE_KEY).unwrap();
                self.theirs = libolm::Account::unpickle(PICKLE_KEY, back).unwrap();
            }
        }
    }

    fn one_time_keys(&mut self, count: usize) {
        let mut random = vec![[0; 32]; count];
        for key in &mut random {
            *key = self.rng.bytes();
        }
        self.theirs
            .generate_one_time_keys(count, random.as_flattened())
            .unwrap();
        // libolm makes any number and keeps the last hundred; ours says no to
        // more than it can keep, and makes them in parts.
        if count > MAX_ONE_TIME_KEYS {
            let whole = self
                .ours
                .generate_one_time_keys_with(&mut BytesRng::new(random.concat()), count);
            let max = MAX_ONE_TIME_KEYS;
            assert_eq!(whole, Err(GenerateError::TooMany { max }));
        }
        for part in random.chunks(MAX_ONE_TIME_KEYS) {
            let before = self.ours.one_time_key_count();
            let mut source = BytesRng::new(part.concat());
            let made = self
                .ours
                .generate_one_time_keys_with(&mut source, part.len())
                .unwrap();
            assert_eq!(source.left(), 0);
            let removed = (before + part.len()).saturating_sub(MAX_ONE_TIME_KEYS);
            assert_eq!(made.removed.len(), removed);
            self.keys.extend(made.created.iter().map(|made| made.key));
        }
    }

    fn remove(&mut self, key: Curve25519PublicKey) {
        let session = libolm::Session::outbound(
            &self.caller,
            &self.rng.bytes::<64>(),
            self.ours.identity_keys().curve25519.to_base64(),
            key.to_base64(),
        )
        .unwrap();
        let theirs = self.theirs.remove_one_time_keys(&session);
        let removed = self.ours.remove_one_time_key(&key);
        let fallback = [self.ours.fallback_key(), self.ours.previous_fallback_key()];
        let is_fallback = fallback.iter().flatten().any(|held| held.key == key);
        // libolm finds a fallback key, too, and leaves it where it is.
        match theirs {
            Ok(()) => assert!(removed || is_fallback),
            Err(error) => {
                assert_eq!(error.as_str(), "BAD_MESSAGE_KEY_ID");
                assert!(!removed && !is_fallback);
            }
        }
    }

    fn compare(&mut self) {
        let (ours, theirs) = (&self.ours, &self.theirs);
        assert_eq!(
            Ok(ours.identity_keys().to_json()),
            theirs.identity_keys_json()
        );
        assert_eq!(Ok(ours.one_time_keys_json()), theirs.one_time_keys_json());
        assert_eq!(Ok(ours.fallback_key_json()), theirs.fallback_key_json());
        assert_eq!(
            Ok(ours.unpublished_fallback_key_json()),
            theirs.unpublished_fallback_key_json()
        );
        let text = self.rng.bytes::<40>();
        assert_eq!(Ok(ours.sign(&text).to_base64()), theirs.sign(text));
        assert_eq!(
            Ok(ours.to_libolm_pickle(PICKLE_KEY).unwrap()),
            theirs.pickle(PICKLE_KEY)
        );
    }
}

proptest! {
    #[test]
    fn any_series_of_operations_gives_the_same_bytes(
        seed in any::<u64>(),
        steps in vec(step(), 1..16),
    ) {
        let mut both = Both::new(seed);
        both.compare();
        for step in &steps {
            both.take(step);
            both.compare();
        }
    }

    /// libolm signs with what it stored, after a move in either direction.
    #[test]
    fn any_text_is_signed_the_same(seed in any::<u64>(), text in vec(any::<u8>(), 0..300)) {
        let mut both = Both::new(seed);
        let signature = both.ours.sign(&text).to_base64();
        prop_assert_eq!(both.theirs.sign(&text), Ok(signature.clone()));
        both.take(&Step::Swap);
        prop_assert_eq!(&both.ours.sign(&text).to_base64(), &signature);
        prop_assert_eq!(both.theirs.sign(&text), Ok(signature));
    }
}

/// Ids go on from the last one given, also when its key is long gone: an
/// account that gave a name twice would put a new key in a published one's
/// place.
#[test]
fn ids_go_on_after_a_move() {
    let mut both = Both::new(1);
    both.take(&Step::OneTimeKeys(3));
    both.take(&Step::FallbackKey);
    let newest = both.keys.get(2).copied().unwrap();
    both.remove(newest);
    both.take(&Step::Swap);
    both.take(&Step::OneTimeKeys(1));
    both.compare();
    let made = both.ours.unpublished_one_time_keys().next().unwrap();
    assert_eq!(made.id.value(), 5);
}
