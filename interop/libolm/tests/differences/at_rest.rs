//! Keys, signatures and pickles.

use necturus::{
    Curve25519PublicKey, Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey, KeyError,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session},
    pickle::ImportError,
};
use necturus_interop_libolm as libolm;

use crate::{
    TEXT,
    common::{PICKLE_KEY, base64},
    world::{Megolm, Olm, add_l, edited, with_last_bit, with_order},
};

#[test]
fn keys_and_signatures() {
    let olm = Olm::new();
    let utility = libolm::Utility::new();
    let key = olm.account.identity_keys().ed25519;
    let good = olm.account.sign(TEXT);
    let verify = |key: &str, signature: &str| utility.ed25519_verify(key, TEXT, signature);
    let text = key.to_base64();
    assert_eq!(verify(&text, &good.to_base64()), Ok(()));

    let mut more = *good.as_bytes();
    add_l(&mut more);
    let more = Ed25519Signature::from_bytes(more);
    assert_eq!(verify(&text, &more.to_base64()), Ok(()));
    assert!(key.verify(TEXT, &more).is_err());

    let loose = with_last_bit(&good.to_base64());
    assert_eq!(verify(&text, &loose), Ok(()));
    assert!(Ed25519Signature::from_base64(&loose).is_err());

    let identity = base64(&with_order(1));
    let anything = base64(&[with_order(1), [0; 32]].concat());
    assert_eq!(verify(&identity, &anything), Ok(()));
    assert_eq!(
        Ed25519PublicKey::from_base64(&identity),
        Err(KeyError::SmallOrder)
    );

    let loose = with_last_bit(&text);
    assert_eq!(verify(&loose, &good.to_base64()), Ok(()));
    assert_eq!(Ed25519PublicKey::from_base64(&loose), Err(KeyError::Base64));

    let loose = with_last_bit(&olm.alice_key.to_base64());
    let made = libolm::Session::outbound(&olm.their_account, &[3; 64], &loose, &loose);
    assert!(made.is_ok());
    assert_eq!(
        Curve25519PublicKey::from_base64(&loose),
        Err(KeyError::Base64)
    );
}

/// libolm believes what a pickle says, and has no room for more than its lists.
#[test]
fn pickles() {
    type Edit = fn(&mut Vec<u8>);
    let accounts: [(&str, Edit, ImportError); 3] = [
        (
            "an Ed25519 key of another private one",
            |state| swap_key(state, 4),
            ImportError::KeysDisagree,
        ),
        (
            "a Curve25519 key of another private one",
            |state| state[100] ^= 1,
            ImportError::KeysDisagree,
        ),
        (
            "a one-time key of another private one",
            |state| state[173] ^= 1,
            ImportError::KeysDisagree,
        ),
    ];
    let olm = Olm::new();
    for (what, edit, refused) in accounts {
        let pickle = edited(&olm.their_account.pickle(PICKLE_KEY).unwrap(), edit);
        assert!(
            libolm::Account::unpickle(PICKLE_KEY, &pickle).is_ok(),
            "{what}"
        );
        let ours = Account::from_libolm_pickle(&pickle, PICKLE_KEY);
        assert_eq!(ours.unwrap_err(), refused, "{what}");
    }

    // Alice's: her sender chain from 133 on, then no receiver chain, no key.
    let sessions: [(&str, Edit, ImportError); 5] = [
        (
            "no chain at all",
            |state| {
                state[136] = 0;
                state.drain(137..237);
            },
            ImportError::NoChain,
        ),
        (
            "two sender chains",
            |state| {
                state[136] = 2;
                let chain = state[137..237].to_vec();
                state.splice(137..137, chain);
            },
            ImportError::TooMany { found: 2, max: 1 },
        ),
        (
            "six receiver chains",
            |state| {
                state[240] = 6;
                state.splice(241..241, [1; 6 * 68]);
            },
            ImportError::TooMany { found: 6, max: 5 },
        ),
        (
            "41 skipped keys",
            |state| {
                state[244] = 41;
                state.extend([1; 41 * 68]);
            },
            ImportError::TooMany { found: 41, max: 40 },
        ),
        (
            "a ratchet key of another private one",
            |state| state[137] ^= 1,
            ImportError::KeysDisagree,
        ),
    ];
    for (what, edit, refused) in sessions {
        let pickle = edited(&olm.their_alice.pickle(PICKLE_KEY).unwrap(), edit);
        assert!(
            libolm::Session::unpickle(PICKLE_KEY, &pickle).is_ok(),
            "{what}"
        );
        let ours = Session::from_libolm_pickle(&pickle, PICKLE_KEY);
        assert_eq!(ours.unwrap_err(), refused, "{what}");
    }

    let groups: [(&str, Edit, ImportError); 2] = [
        (
            "a public key that is no point",
            |state| {
                state[268..300].fill(0);
                state[268] = 2;
            },
            ImportError::PublicKey(KeyError::NotAPoint),
        ),
        (
            "a latest ratchet that is not of the first",
            |state| state[140] ^= 1,
            ImportError::KeysDisagree,
        ),
    ];
    let group = libolm::InboundGroupSession::new(Megolm::new().key).unwrap();
    for (what, edit, refused) in groups {
        let pickle = edited(&group.pickle(PICKLE_KEY).unwrap(), edit);
        assert!(
            libolm::InboundGroupSession::unpickle(PICKLE_KEY, &pickle).is_ok(),
            "{what}"
        );
        let ours = InboundGroupSession::from_libolm_pickle(&pickle, PICKLE_KEY);
        assert_eq!(ours.unwrap_err(), refused, "{what}");
    }

    let group = libolm::OutboundGroupSession::new(&[6; 160]).unwrap();
    let loose = with_last_bit(&group.pickle(PICKLE_KEY).unwrap());
    assert!(libolm::OutboundGroupSession::unpickle(PICKLE_KEY, &loose).is_ok());
    let ours = OutboundGroupSession::from_libolm_pickle(&loose, PICKLE_KEY);
    assert_eq!(ours.unwrap_err(), ImportError::Base64);
}

/// Puts another public key, a good one, at this place of a state.
fn swap_key(state: &mut [u8], at: usize) {
    let other = Ed25519SigningKey::from_seed(&[1; 32]).public_key();
    state[at..at + 32].copy_from_slice(other.as_bytes());
}
