//! No Curve25519 key of small order gets into a session: a Diffie-Hellman with
//! one gives zero, so that anybody would know the secret (RFC 7748 §6.1).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    envelope::{self, Keys},
    rng::SeededRng,
    talk::{Pair, State},
};
use necturus::{
    Curve25519PublicKey, Curve25519SecretKey, SessionVersion, ZeroSharedSecret,
    olm::{
        Account, DecryptError, EncryptError, InboundError, Message, OlmMessage, OutboundError,
        PreKeyMessage, Session, steps,
    },
};

/// p = 2^255 − 19 plus a small number, little-endian.
const fn p_plus(offset: i8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed_u8.wrapping_add_signed(offset);
    bytes[31] = 0x7f;
    bytes
}

const fn small(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = value;
    bytes
}

/// The two points of order eight (<https://cr.yp.to/ecdh.html#validate>).
const ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

/// All encodings of points of small order on the curve and its twist: 0, 1, the
/// two of order eight, p − 1, p and p + 1, each with and without the top bit,
/// which X25519 ignores. The remaining residues plus p need more than 255 bits.
fn low_order() -> Vec<Curve25519PublicKey> {
    let points = [
        small(0),
        small(1),
        ORDER_EIGHT[0],
        ORDER_EIGHT[1],
        p_plus(-1),
        p_plus(0),
        p_plus(1),
    ];
    let top_bit = points.map(|mut bytes| {
        bytes[31] |= 0x80;
        bytes
    });
    [points, top_bit]
        .concat()
        .into_iter()
        .map(Curve25519PublicKey::from_bytes)
        .collect()
}

/// Bytes of a message with one key replaced by another.
fn replaced(bytes: &[u8], old: &Curve25519PublicKey, new: &Curve25519PublicKey) -> Vec<u8> {
    let at = bytes
        .windows(32)
        .position(|window| window == old.as_bytes())
        .unwrap();
    [&bytes[..at], new.as_bytes(), &bytes[at + 32..]].concat()
}

/// A key that is good for nothing here, but not of small order.
fn ordinary() -> Curve25519PublicKey {
    Curve25519SecretKey::from_bytes(&[9; 32]).public_key()
}

#[test]
fn no_shared_secret_with_a_low_order_key() {
    let secret = Curve25519SecretKey::from_bytes(&[0x77; 32]);
    for low in low_order() {
        let error: ZeroSharedSecret = secret.diffie_hellman(&low).unwrap_err();
        assert!(error.to_string().contains("small order"), "{low}");
    }
}

/// Lists of such keys go on with 2p − 1, 2p and 2p + 1, for implementations that
/// use all 256 bits. With the top bit ignored these are −20, −19 and −18 mod p,
/// ordinary points, and so are the ones of order eight plus p.
#[test]
fn encodings_beyond_255_bits_are_other_points() {
    let secret = Curve25519SecretKey::from_bytes(&[0x77; 32]);
    for first in [0xd9, 0xda, 0xdb] {
        let mut bytes = [0xff; 32];
        bytes[0] = first;
        let unmasked = Curve25519PublicKey::from_bytes(bytes);
        bytes[31] = 0x7f;
        let masked = Curve25519PublicKey::from_bytes(bytes);
        assert_eq!(
            secret.diffie_hellman(&unmasked).unwrap().expose_secret(),
            secret.diffie_hellman(&masked).unwrap().expose_secret()
        );
    }
    for mut bytes in ORDER_EIGHT {
        // + p − 2^255 is − 19.
        bytes[0] -= 19;
        bytes[31] |= 0x80;
        let key = Curve25519PublicKey::from_bytes(bytes);
        assert!(secret.diffie_hellman(&key).is_ok());
    }
}

#[test]
fn outbound_refuses_identity_and_one_time_key() {
    let pair = Pair::new(1);
    let (alice, bob) = (&pair.alice, pair.bob.identity_keys().curve25519);
    let one_time_key = pair.bob.one_time_keys()[0].key;
    let before = alice.state();
    let start = |identity: &Curve25519PublicKey, one_time: &Curve25519PublicKey| {
        let mut rng = SeededRng::new(2);
        alice
            .outbound_session_with(&mut rng, SessionVersion::V1, identity, one_time)
            .map(|session| session.id())
    };
    for low in low_order() {
        assert_eq!(
            start(&low, &one_time_key),
            Err(OutboundError::ZeroSharedSecret)
        );
        assert_eq!(start(&bob, &low), Err(OutboundError::ZeroSharedSecret));
        assert_eq!(start(&low, &low), Err(OutboundError::ZeroSharedSecret));
    }
    assert!(start(&bob, &one_time_key).is_ok());
    assert_eq!(alice.state(), before);
}

#[test]
fn inbound_refuses_every_key_of_the_sender() {
    let mut pair = Pair::new(3);
    let one_time_key = pair.bob.one_time_keys()[0].key;
    let mut session = pair
        .alice
        .outbound_session_with(
            &mut pair.rng,
            SessionVersion::V1,
            &pair.bob.identity_keys().curve25519,
            &one_time_key,
        )
        .unwrap();
    let message = common::talk::pre_key(session.encrypt_with(&mut pair.rng, b"hi").unwrap());
    let keys = message.session_keys();
    let before = pair.bob.state();
    let open = |account: &Account, old: &Curve25519PublicKey, new: &Curve25519PublicKey| {
        let bytes = replaced(message.as_bytes(), old, new);
        let message = PreKeyMessage::from_bytes(bytes).unwrap();
        let sender = message.session_keys().identity_key;
        let opened = account.open(SessionVersion::V1, &sender, &message);
        // The bare step, which layers beneath `open` take, is as strict.
        let made = steps::inbound_session(account, SessionVersion::V1, None, &message);
        (opened.map(|_| ()), made.map(|_| ()))
    };
    let refused = Err(InboundError::Decrypt(DecryptError::ZeroSharedSecret));
    for low in low_order() {
        for old in [keys.identity_key, keys.base_key, message.ratchet_key()] {
            assert_eq!(open(&pair.bob, &old, &low), (refused, refused), "{low}");
        }
        // Nobody has a one-time key of small order.
        assert_eq!(
            open(&pair.bob, &keys.one_time_key, &low).0,
            Err(InboundError::UnknownOneTimeKey { key: low })
        );
    }
    // It was the order of the keys that was refused, not that they were changed.
    for old in [keys.identity_key, keys.base_key, message.ratchet_key()] {
        let (opened, made) = open(&pair.bob, &old, &ordinary());
        let other = Err(InboundError::Decrypt(DecryptError::NotThisSession));
        assert_eq!((opened, made), (other, Ok(())));
    }
    assert_eq!(pair.bob.state(), before);
    let sender = pair.alice.identity_keys().curve25519;
    assert!(pair.bob.open(SessionVersion::V1, &sender, &message).is_ok());
}

/// A message under a low-order ratchet key whose MAC is right for a Diffie-Hellman
/// that gives zero: whoever knows the root key alone could make it.
fn forged_turn(root_key: &[u8; 32], ratchet_key: &Curve25519PublicKey) -> Message {
    let chain_key = envelope::hkdf::<64>(root_key, &[0; 32], b"OLM_RATCHET");
    let message_key = envelope::hmac(&chain_key[32..], &[1]);
    let keys = Keys::derive(&message_key, b"OLM_KEYS");
    let head = [
        &[3, 0x0a, 32],
        &ratchet_key.as_bytes()[..],
        &[0x10, 0, 0x22, 16],
    ]
    .concat();
    let mut bytes = [head, keys.encrypt(b"forged")].concat();
    let mac = keys.mac(&bytes);
    bytes.extend_from_slice(&mac);
    Message::from_bytes(bytes).unwrap()
}

#[test]
fn a_turn_refuses_the_ratchet_key() {
    let mut pair = Pair::new(4);
    let turn = pair.bob_says(b"turn");
    let before = pair.alices.state();
    let state = envelope::open(&pair.alices.to_libolm_pickle(b"k").unwrap(), b"k");
    // version 4 ‖ received 1 ‖ keys 96 ‖ root key
    let root_key: [u8; 32] = state[101..133].try_into().unwrap();
    for low in low_order() {
        let message = OlmMessage::Normal(forged_turn(&root_key, &low));
        assert_eq!(
            pair.alices.decrypt(&message),
            Err(DecryptError::ZeroSharedSecret),
            "{low}"
        );
    }
    let OlmMessage::Normal(message) = &turn else {
        panic!("Bob has heard Alice");
    };
    let bytes = replaced(message.as_bytes(), &message.ratchet_key(), &ordinary());
    let other = OlmMessage::Normal(Message::from_bytes(bytes).unwrap());
    assert_eq!(
        pair.alices.decrypt(&other),
        Err(DecryptError::NotThisSession)
    );
    assert_eq!(pair.alices.state(), before);
    assert_eq!(pair.alices.decrypt(&turn).unwrap().plaintext, b"turn");
}

/// libolm makes sessions on such keys, so one can move in; it must not send
/// under a secret that everybody knows.
#[test]
fn a_session_that_moved_in_refuses_to_answer() {
    let pair = Pair::new(5);
    let pickle = pair.bobs.to_libolm_pickle(b"k").unwrap();
    let state = envelope::open(&pickle, b"k");
    let ratchet_key = pair.first.ratchet_key();
    for low in low_order() {
        let state = replaced(&state, &ratchet_key, &low);
        let mut session = Session::from_libolm_pickle(&envelope::seal(&state, b"k"), b"k").unwrap();
        let before = session.state();
        assert_eq!(
            session.encrypt_with(&mut SeededRng::new(6), b"answer"),
            Err(EncryptError::ZeroSharedSecret)
        );
        assert_eq!(session.state(), before);
    }
}
