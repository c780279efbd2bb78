//! States that no honest writer makes, in libolm's envelope under the right key:
//! what they could do if they were believed.

#![expect(clippy::unreachable, reason = "a test stops when something is wrong")]

mod common;

use common::{envelope, rng::SeededRng, talk::Pair};
use necturus::{
    SessionVersion,
    olm::{AcceptError, Account, OlmMessage, Session},
    pickle::ImportError,
};

const KEY: &[u8] = b"key";

#[test]
fn a_counter_behind_its_keys_gives_no_name_twice() {
    let mut rng = SeededRng::new(1);
    let mut account = Account::new_with(&mut rng).unwrap();
    account.generate_one_time_keys_with(&mut rng, 3).unwrap();
    let mut state = envelope::open(&account.to_libolm_pickle(KEY).unwrap(), KEY);
    // The last id given stands last.
    *state.last_chunk_mut::<4>().unwrap() = [0; 4];
    let mut moved = Account::from_libolm_pickle(&envelope::seal(&state, KEY), KEY).unwrap();
    let next = moved
        .generate_one_time_keys_with(&mut rng, 1)
        .unwrap()
        .created;
    assert_eq!(next.first().unwrap().id.value(), 4);

    // vodozemac's JSON says it in words.
    let key = [7; 32];
    let state = envelope::open(&account.to_vodozemac_pickle(&key).unwrap(), &key);
    let text = String::from_utf8(state).unwrap();
    let text = text
        .replace(r#""next_key_id":4"#, r#""next_key_id":2"#)
        .replace(
            r#""fallback_keys":{"key_id":4"#,
            r#""fallback_keys":{"key_id":0"#,
        );
    let pickle = envelope::seal(text.as_bytes(), &key);
    let mut moved = Account::from_vodozemac_pickle(&pickle, &key)
        .unwrap()
        .account;
    let next = moved
        .generate_one_time_keys_with(&mut rng, 1)
        .unwrap()
        .created;
    assert_eq!(next.first().unwrap().id.value(), 4);
}

#[test]
fn a_skipped_key_at_or_past_its_chain_is_refused() {
    let mut pair = Pair::new(2);
    pair.alices.encrypt_with(&mut pair.rng, b"lost").unwrap();
    let message = pair.alices.encrypt_with(&mut pair.rng, b"later").unwrap();
    pair.bobs.decrypt(&message).unwrap();
    let good = envelope::open(&pair.bobs.to_libolm_pickle(KEY).unwrap(), KEY);
    assert!(Session::from_libolm_pickle(&envelope::seal(&good, KEY), KEY).is_ok());
    // The one skipped key, of index 1, stands last: the message at the index that
    // the chain expects next would open twice.
    for index in [3u32, 4, u32::MAX] {
        let mut state = good.clone();
        *state.last_chunk_mut().unwrap() = index.to_be_bytes();
        assert_eq!(
            Session::from_libolm_pickle(&envelope::seal(&state, KEY), KEY).unwrap_err(),
            ImportError::KeysDisagree
        );
    }
}

#[test]
fn a_session_is_accepted_only_where_its_key_is() {
    let mut rng = SeededRng::new(3);
    let alice = Account::new_with(&mut rng).unwrap();
    let mut bob = Account::new_with(&mut rng).unwrap();
    let fallback = bob
        .generate_fallback_key_with(&mut rng)
        .unwrap()
        .created
        .key;
    let mut session = alice
        .outbound_session_with(
            &mut rng,
            SessionVersion::V1,
            &bob.identity_keys().curve25519,
            &fallback,
        )
        .unwrap();
    let OlmMessage::PreKey(message) = session.encrypt_with(&mut rng, b"first").unwrap() else {
        unreachable!("nothing was heard")
    };
    let sender = alice.identity_keys().curve25519;
    let open = |bob: &Account| bob.open(SessionVersion::V1, &sender, &message).unwrap();
    let mut stranger = Account::new_with(&mut rng).unwrap();
    assert_eq!(
        open(&bob).accept(&mut stranger).unwrap_err(),
        AcceptError::OneTimeKeyGone
    );
    // A fallback key is there until the second after it, or until it is forgotten.
    let pending = open(&bob);
    bob.generate_fallback_key_with(&mut rng).unwrap();
    open(&bob).accept(&mut bob).unwrap();
    assert!(bob.forget_previous_fallback_key());
    assert_eq!(
        pending.accept(&mut bob).unwrap_err(),
        AcceptError::OneTimeKeyGone
    );
}
