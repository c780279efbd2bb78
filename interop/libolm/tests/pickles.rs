//! libolm's pickles, both ways: every kind of object under keys of any length,
//! and what each side says of a pickle that it refuses.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    envelope,
    rng::{BytesRng, SeededRng},
};
use necturus::{
    Curve25519SecretKey, SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session},
    pickle::ImportError,
};
use necturus_interop_libolm as libolm;
use proptest::{collection::vec, prelude::*};

/// A kind of object on both sides: from a pickle to a pickle.
struct Kind {
    name: &'static str,
    /// The version that libolm writes; the next one is unknown.
    version: u32,
    ours: fn(&str, &[u8]) -> Result<String, ImportError>,
    theirs: fn(&str, &[u8]) -> Result<String, libolm::Error>,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "account",
        version: 4,
        ours: |text, key| {
            let read = Account::from_libolm_pickle(text, key)?;
            Ok(read.to_libolm_pickle(key).unwrap())
        },
        theirs: |text, key| libolm::Account::unpickle(key, text)?.pickle(key),
    },
    Kind {
        name: "session",
        version: 1,
        ours: |text, key| {
            let read = Session::from_libolm_pickle(text, key)?;
            Ok(read.to_libolm_pickle(key).unwrap())
        },
        theirs: |text, key| libolm::Session::unpickle(key, text)?.pickle(key),
    },
    Kind {
        name: "outbound group session",
        version: 1,
        ours: |text, key| {
            let read = OutboundGroupSession::from_libolm_pickle(text, key)?;
            Ok(read.to_libolm_pickle(key).unwrap())
        },
        theirs: |text, key| libolm::OutboundGroupSession::unpickle(key, text)?.pickle(key),
    },
    Kind {
        name: "inbound group session",
        version: 2,
        ours: |text, key| {
            let read = InboundGroupSession::from_libolm_pickle(text, key)?;
            Ok(read.to_libolm_pickle(key).unwrap())
        },
        theirs: |text, key| libolm::InboundGroupSession::unpickle(key, text)?.pickle(key),
    },
    Kind {
        name: "PkDecryption",
        version: 1,
        ours: |text, key| {
            let read = Curve25519SecretKey::from_libolm_pk_decryption_pickle(text, key)?;
            Ok(read.to_libolm_pk_decryption_pickle(key))
        },
        theirs: |text, key| libolm::PkDecryption::unpickle(key, text)?.pickle(key),
    },
];

/// One object of each kind, from random bytes on both sides: what ours writes
/// and what libolm writes, in the order of [`KINDS`].
fn pickles(seed: u64, key: &[u8]) -> [(String, String); 5] {
    let mut rng = SeededRng::new(seed);

    let (made, one_time, fallback) = (rng.bytes::<64>(), rng.bytes::<96>(), rng.bytes::<32>());
    let mut account = Account::new_with(&mut BytesRng::new(made)).unwrap();
    let mut their_account = libolm::Account::new(&made).unwrap();
    account
        .generate_one_time_keys_with(&mut BytesRng::new(one_time), 3)
        .unwrap();
    their_account.generate_one_time_keys(3, &one_time).unwrap();
    account
        .generate_fallback_key_with(&mut BytesRng::new(fallback))
        .unwrap();
    their_account.generate_fallback_key(&fallback).unwrap();

    let (identity, one_time) = (
        account.identity_keys().curve25519,
        account.one_time_keys()[0].key,
    );
    let random = rng.bytes::<64>();
    let session = account
        .outbound_session_with(
            &mut BytesRng::new(random),
            SessionVersion::V1,
            &identity,
            &one_time,
        )
        .unwrap();
    let their_session = libolm::Session::outbound(
        &their_account,
        &random,
        identity.to_base64(),
        one_time.to_base64(),
    )
    .unwrap();

    let random = rng.bytes::<160>();
    let outbound =
        OutboundGroupSession::new_with(&mut BytesRng::new(random), SessionVersion::V1).unwrap();
    let their_outbound = libolm::OutboundGroupSession::new(&random).unwrap();
    let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    let their_inbound =
        libolm::InboundGroupSession::new(their_outbound.session_key().unwrap()).unwrap();

    let random = rng.bytes::<32>();
    let secret = Curve25519SecretKey::from_bytes(&random);
    let their_secret = libolm::PkDecryption::new(&random).unwrap();
    assert_eq!(secret.public_key().to_base64(), their_secret.public_key());

    [
        (
            account.to_libolm_pickle(key).unwrap(),
            their_account.pickle(key).unwrap(),
        ),
        (
            session.to_libolm_pickle(key).unwrap(),
            their_session.pickle(key).unwrap(),
        ),
        (
            outbound.to_libolm_pickle(key).unwrap(),
            their_outbound.pickle(key).unwrap(),
        ),
        (
            inbound.to_libolm_pickle(key).unwrap(),
            their_inbound.pickle(key).unwrap(),
        ),
        (
            secret.to_libolm_pk_decryption_pickle(key),
            their_secret.pickle(key).unwrap(),
        ),
    ]
}

/// Both write the same text, and each reads the other's and writes it again.
fn compare(seed: u64, key: &[u8]) {
    for (kind, (ours, theirs)) in KINDS.iter().zip(pickles(seed, key)) {
        let name = kind.name;
        assert_eq!(ours, theirs, "{name}");
        assert_eq!((kind.ours)(&theirs, key), Ok(ours.clone()), "{name}");
        assert_eq!((kind.theirs)(&ours, key), Ok(theirs), "{name}");
    }
}

proptest! {
    #[test]
    fn every_object_is_one_text_under_any_key(
        seed in any::<u64>(),
        key in vec(any::<u8>(), 0..200),
    ) {
        compare(seed, &key);
    }
}

#[test]
fn keys_may_have_any_length() {
    for length in [0, 1, 32, 64, 65, 100, 1000] {
        compare(7, &vec![0x5a; length]);
    }
}

#[test]
fn a_lone_key_moves_both_ways() {
    let secret = Curve25519SecretKey::from_bytes(&[9; 32]);
    let pickle = secret.to_libolm_pk_decryption_pickle(b"key");
    let theirs = libolm::PkDecryption::unpickle("key", pickle).unwrap();
    assert_eq!(theirs.private_key(), Ok(vec![9; 32]));
    assert_eq!(theirs.public_key(), secret.public_key().to_base64());
    let pickle = theirs.pickle("key").unwrap();
    let back = Curve25519SecretKey::from_libolm_pk_decryption_pickle(&pickle, b"key").unwrap();
    assert_eq!(back.expose_secret(), &[9; 32]);
}

/// What is done to a good pickle.
type Change = fn(&Kind, &str, &[u8]) -> String;

/// What is wrong, how a pickle comes to be so, libolm's error, ours.
const REFUSALS: [(&str, Change, &str, ImportError); 12] = [
    (
        "another key",
        |_, pickle, key| envelope::seal(&envelope::open(pickle, key), b"another"),
        "BAD_ACCOUNT_KEY",
        ImportError::WrongKey,
    ),
    (
        "a changed ciphertext",
        |_, pickle, _| flip(pickle, 0),
        "BAD_ACCOUNT_KEY",
        ImportError::WrongKey,
    ),
    (
        "a changed MAC",
        |_, pickle, _| flip(pickle, pickle.len() - 5),
        "BAD_ACCOUNT_KEY",
        ImportError::WrongKey,
    ),
    (
        "no text",
        |_, _, _| String::new(),
        "BAD_ACCOUNT_KEY",
        ImportError::TooShort,
    ),
    (
        "a MAC's length and no more",
        |_, _, _| "AAAAAAAAAAA".into(),
        "BAD_ACCOUNT_KEY",
        ImportError::TooShort,
    ),
    (
        "a length that no base64 has",
        |_, pickle, _| pickle[..pickle.len() / 4 * 4 - 3].into(),
        "INVALID_BASE64",
        ImportError::Base64,
    ),
    (
        "a state cut short by a byte",
        |_, pickle, key| edit(pickle, key, |state| state.truncate(state.len() - 1)),
        "CORRUPTED_PICKLE",
        ImportError::Truncated,
    ),
    (
        "a version alone",
        |_, pickle, key| edit(pickle, key, |state| state.truncate(4)),
        "CORRUPTED_PICKLE",
        ImportError::Truncated,
    ),
    (
        "half a version",
        |_, pickle, key| edit(pickle, key, |state| state.truncate(3)),
        "CORRUPTED_PICKLE",
        ImportError::Truncated,
    ),
    (
        "a byte too many",
        |_, pickle, key| edit(pickle, key, |state| state.push(0)),
        "OLM_PICKLE_EXTRA_DATA",
        ImportError::Trailing { bytes: 1 },
    ),
    (
        "version 0",
        |_, pickle, key| edit(pickle, key, |state| state[..4].fill(0)),
        "UNKNOWN_PICKLE_VERSION",
        ImportError::UnknownVersion { version: 0 },
    ),
    (
        "version 256, which no kind has",
        |_, pickle, key| edit(pickle, key, |state| state[2] = 1),
        "UNKNOWN_PICKLE_VERSION",
        ImportError::UnknownVersion { version: 256 },
    ),
];

fn edit(pickle: &str, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut state = envelope::open(pickle, key);
    change(&mut state);
    envelope::seal(&state, key)
}

/// Changes a character, all of whose bits count.
fn flip(pickle: &str, at: usize) -> String {
    let mut text = pickle.to_owned();
    let other = if &pickle[at..=at] == "A" { "B" } else { "A" };
    text.replace_range(at..=at, other);
    text
}

/// libolm has one error for all that is wrong before the state is read, and one
/// for a state of the wrong form; ours says which it was.
#[test]
fn both_refuse_and_ours_says_why() {
    let key = b"key".as_slice();
    for (kind, (good, _)) in KINDS.iter().zip(pickles(1, key)) {
        for (what, change, libolms, ours) in &REFUSALS {
            let pickle = change(kind, &good, key);
            let refused = (kind.theirs)(&pickle, key).map_err(libolm::Error::as_str);
            assert_eq!(refused, Err(*libolms), "{}: {what}", kind.name);
            let error = match ours {
                // The version byte above 0 is still the kind's own.
                ImportError::UnknownVersion { version: 256 } => ImportError::UnknownVersion {
                    version: 256 + kind.version,
                },
                error => *error,
            };
            assert_eq!(
                (kind.ours)(&pickle, key),
                Err(error),
                "{}: {what}",
                kind.name
            );
        }
    }
}

/// Accounts of version 1 are refused by both, each with an error of its own.
#[test]
fn legacy_accounts_are_refused_by_name() {
    let key = b"key".as_slice();
    let [(good, _), ..] = pickles(1, key);
    let pickle = edit(&good, key, |state| state[3] = 1);
    let theirs = libolm::Account::unpickle(key, &pickle).unwrap_err();
    assert_eq!(theirs.as_str(), "BAD_LEGACY_ACCOUNT_PICKLE");
    let ours = Account::from_libolm_pickle(&pickle, key).unwrap_err();
    assert_eq!(ours, ImportError::LegacyAccount);
}

/// Older versions load in both and are written again as the newest.
#[test]
fn older_versions_load_alike() {
    let key = b"key".as_slice();
    let [(account, _), (session, _), _, (inbound, _), _] = pickles(1, key);
    // `fallback` stands before the last four bytes, the counter.
    let fallback = 1 + 69;
    let older = [
        (
            "account 2: no fallback keys",
            &KINDS[0],
            edit(&account, key, |state| {
                state[3] = 2;
                let end = state.len() - 4;
                state.drain(end - fallback..end);
            }),
        ),
        (
            "account 3: two slots, the first in use by its flag",
            &KINDS[0],
            edit(&account, key, |state| {
                state[3] = 3;
                let end = state.len() - 4;
                state.splice(end..end, [0; 69]);
                state.remove(end - fallback);
                state[end - fallback + 4] = 1;
            }),
        ),
        (
            "account 3: two slots, none in use",
            &KINDS[0],
            edit(&account, key, |state| {
                state[3] = 3;
                let end = state.len() - 4;
                state.splice(end..end, [0; 69]);
                state.remove(end - fallback);
            }),
        ),
        (
            "session 0x80000001: one more index",
            &KINDS[1],
            edit(&session, key, |state| {
                state[0] = 0x80;
                state.extend([0, 0, 0, 9]);
            }),
        ),
        (
            "inbound group session 1: no flag, verified",
            &KINDS[3],
            edit(&inbound, key, |state| {
                state[3] = 1;
                state.pop();
            }),
        ),
    ];
    for (what, kind, pickle) in older {
        let theirs = (kind.theirs)(&pickle, key).unwrap();
        assert_ne!(theirs, pickle, "{what}");
        assert_eq!((kind.ours)(&pickle, key), Ok(theirs), "{what}");
    }
}
