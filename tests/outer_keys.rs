//! The keys around a pre-key message have no MAC of their own, so whoever
//! carries the message can change them: a session takes only its own.

#![expect(
    clippy::unwrap_used,
    clippy::unreachable,
    reason = "a test stops when something is wrong"
)]

mod common;

use common::{rng::SeededRng, talk::State};
use necturus::{
    SessionVersion,
    olm::{Account, DecryptError, InboundError, OlmMessage, PreKeyMessage, Session},
};

/// Where the three keys stand in the bytes: one-time, base and identity key.
const KEYS: [core::ops::Range<usize>; 3] = [3..35, 37..69, 71..103];

fn first_message() -> (Account, Session, PreKeyMessage, PreKeyMessage) {
    let mut rng = SeededRng::new(7);
    let alice = Account::new_with(&mut rng).unwrap();
    let mut bob = Account::new_with(&mut rng).unwrap();
    // A fallback key, so that a message could start a session twice.
    let key = bob
        .generate_fallback_key_with(&mut rng)
        .unwrap()
        .created
        .key;
    let identity_key = bob.identity_keys().curve25519;
    let mut alices = alice
        .outbound_session_with(&mut rng, SessionVersion::V1, &identity_key, &key)
        .unwrap();
    let messages = [b"first", b"other"].map(|text| {
        let OlmMessage::PreKey(message) = alices.encrypt_with(&mut rng, text).unwrap() else {
            unreachable!("nothing was heard")
        };
        message
    });
    let [first, second] = messages;
    let sender = alice.identity_keys().curve25519;
    let pending = bob.open(SessionVersion::V1, &sender, &first).unwrap();
    let (bobs, _) = pending.accept(&mut bob).unwrap();
    (bob, bobs, first, second)
}

#[test]
fn a_session_takes_only_messages_with_its_own_keys_around() {
    let (bob, mut bobs, first, second) = first_message();
    let sender = first.session_keys().identity_key;
    let before = bobs.state();
    for key in KEYS {
        for place in key {
            for bit in 0..8 {
                let mut bytes = second.as_bytes().to_vec();
                *bytes.get_mut(place).unwrap() ^= 1 << bit;
                let changed = PreKeyMessage::from_bytes(bytes).unwrap();
                assert!(!bobs.matches(&changed));
                // No new session either, not even by the bit that X25519 ignores.
                assert!(matches!(
                    bob.open(SessionVersion::V1, &sender, &changed).unwrap_err(),
                    InboundError::Decrypt(_)
                        | InboundError::UnknownOneTimeKey { .. }
                        | InboundError::SenderMismatch { .. }
                ));
                let changed = OlmMessage::PreKey(changed);
                assert_eq!(bobs.decrypt(&changed), Err(DecryptError::NotThisSession));
            }
        }
    }
    assert_eq!(bobs.state(), before);
    assert!(bobs.matches(&second));
    assert_eq!(
        bobs.decrypt(&OlmMessage::PreKey(second)).unwrap().plaintext,
        b"other"
    );
}
