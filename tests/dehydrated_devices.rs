//! Dehydrated devices: what is left behind is taken up again, here and by
//! vodozemac; what is hostile is refused, each for its own reason.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use common::rng::{BytesRng, FailingRng, SeededRng};
use necturus::{
    Curve25519PublicKey, SessionVersion,
    json::Object,
    olm::{Account, InboundError, OlmMessage, PreKeyMessage, Session},
    vault::{DehydrateError, DehydratedDevice, DehydrationKey, RehydrateError, RehydratedDevice},
};
use proptest::{prelude::*, sample::Index};

const KEY: [u8; 32] = [0x17; 32];

fn key() -> DehydrationKey {
    DehydrationKey::from_bytes(&KEY)
}

/// A device with that many one-time keys, with a fallback key or without.
fn device(one_time_keys: usize, fallback: bool) -> DehydratedDevice {
    let mut rng = SeededRng::new(7);
    let mut account = Account::new_with(&mut rng).unwrap();
    account
        .generate_one_time_keys_with(&mut rng, one_time_keys)
        .unwrap();
    if fallback {
        account.generate_fallback_key_with(&mut rng).unwrap();
    }
    DehydratedDevice::new(account).unwrap()
}

fn seal(device: &DehydratedDevice) -> Object {
    device.seal_with(&mut SeededRng::new(8), &key()).unwrap()
}

/// All keys that a session can start from.
fn public_keys(device: &DehydratedDevice) -> Vec<Curve25519PublicKey> {
    let account = device.account();
    let keys = account.one_time_keys().into_iter();
    keys.chain(account.fallback_key())
        .map(|key| key.key)
        .collect()
}

fn pre_key(session: &mut Session, text: &[u8]) -> PreKeyMessage {
    match session.encrypt_with(&mut FailingRng, text).unwrap() {
        OlmMessage::PreKey(message) => message,
        OlmMessage::Normal(_) => panic!("nobody has answered"),
    }
}

fn session_with(
    alice: &Account,
    theirs: Curve25519PublicKey,
    key: Curve25519PublicKey,
    seed: u64,
) -> Session {
    alice
        .outbound_session_with(&mut SeededRng::new(seed), SessionVersion::V1, &theirs, &key)
        .unwrap()
}

#[test]
fn a_device_is_taken_up_and_reads_what_waited() {
    let alice = Account::new_with(&mut SeededRng::new(1)).unwrap();
    let sender = alice.identity_keys().curve25519;
    for (count, fallback) in [(0, true), (3, false), (100, true)] {
        let left = device(count, fallback);
        let theirs = left.account().identity_keys();
        let mut sessions: Vec<Session> = public_keys(&left)
            .into_iter()
            .zip(10..)
            .map(|(key, seed)| session_with(&alice, theirs.curve25519, key, seed))
            .collect();

        let mut device = RehydratedDevice::read(&left.device_id(), &seal(&left), &key()).unwrap();
        assert_eq!(device.identity_keys(), theirs);
        assert_eq!(device.one_time_key_count(), sessions.len());
        for round in 0..3u8 {
            for session in &mut sessions {
                let message = pre_key(session, &[round]);
                assert_eq!(device.open(&sender, &message).unwrap(), [round]);
                // Once.
                assert!(device.open(&sender, &message).is_err());
            }
        }
    }
}

#[test]
fn more_sessions_than_are_kept_are_all_read() {
    let left = device(0, true);
    let theirs = left.account().identity_keys().curve25519;
    let fallback = public_keys(&left)[0];
    let alice = Account::new_with(&mut SeededRng::new(1)).unwrap();
    let sender = alice.identity_keys().curve25519;
    let mut device = RehydratedDevice::read(&left.device_id(), &seal(&left), &key()).unwrap();
    let mut sessions: Vec<Session> = (0..RehydratedDevice::MAX_SESSIONS as u64 + 5)
        .map(|seed| session_with(&alice, theirs, fallback, seed))
        .collect();
    for round in 0..2u8 {
        for session in &mut sessions {
            let message = pre_key(session, &[round]);
            assert_eq!(device.open(&sender, &message).unwrap(), [round]);
        }
    }
}

#[test]
fn a_message_of_another_sender_or_for_another_key_is_refused() {
    let left = device(1, false);
    let theirs = left.account().identity_keys().curve25519;
    let alice = Account::new_with(&mut SeededRng::new(1)).unwrap();
    let (sender, other) = (
        alice.identity_keys().curve25519,
        Curve25519PublicKey::from_bytes([9; 32]),
    );
    let mut device = RehydratedDevice::read(&left.device_id(), &seal(&left), &key()).unwrap();

    let mut session = session_with(&alice, theirs, public_keys(&left)[0], 2);
    let (first, second) = (pre_key(&mut session, b"1"), pre_key(&mut session, b"2"));
    let mismatch = InboundError::SenderMismatch {
        expected: other,
        found: sender,
    };
    assert_eq!(device.open(&other, &first), Err(mismatch));
    assert_eq!(device.open(&sender, &first).unwrap(), b"1");
    // In a session that there is, too.
    assert_eq!(device.open(&other, &second), Err(mismatch));

    let mut bytes = second.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(
        device
            .open(&sender, &PreKeyMessage::from_bytes(bytes).unwrap())
            .is_err()
    );
    assert_eq!(device.open(&sender, &second).unwrap(), b"2");

    let mut foreign = session_with(&alice, theirs, other, 3);
    assert_eq!(
        device.open(&sender, &pre_key(&mut foreign, b"x")),
        Err(InboundError::UnknownOneTimeKey { key: other })
    );
}

#[test]
fn vodozemac_takes_up_what_was_left_here() {
    let left = device(5, true);
    let data = seal(&left);
    let (pickle, nonce) = (data.get_str("device_pickle"), data.get_str("nonce"));
    let mut theirs =
        vodozemac::olm::Account::from_dehydrated_device(pickle.unwrap(), nonce.unwrap(), &KEY)
            .unwrap();
    assert_eq!(theirs.curve25519_key().to_base64(), left.device_id());
    assert_eq!(
        theirs.ed25519_key().to_base64(),
        left.account().identity_keys().ed25519.to_base64()
    );
    let alice = Account::new_with(&mut SeededRng::new(1)).unwrap();
    let sender =
        vodozemac::Curve25519PublicKey::from_bytes(*alice.identity_keys().curve25519.as_bytes());
    for (key, seed) in public_keys(&left).into_iter().zip(10..) {
        let mut session =
            session_with(&alice, left.account().identity_keys().curve25519, key, seed);
        let message = pre_key(&mut session, b"to vodozemac");
        let message = vodozemac::olm::PreKeyMessage::from_bytes(message.as_bytes()).unwrap();
        let created = theirs
            .create_inbound_session(vodozemac::olm::SessionConfig::version_1(), sender, &message)
            .unwrap();
        assert_eq!(created.plaintext, b"to vodozemac");
    }
}

#[test]
fn what_vodozemac_left_is_taken_up_here() {
    let mut left = vodozemac::olm::Account::new();
    left.generate_one_time_keys(7);
    left.generate_fallback_key();
    let keys: Vec<_> = left
        .one_time_keys()
        .into_values()
        .chain(left.fallback_key().into_values())
        .collect();
    let sealed = left.to_dehydrated_device(&KEY).unwrap();
    let data = Object::new()
        .with("algorithm", "org.matrix.msc3814.v2")
        .with("device_pickle", sealed.ciphertext)
        .with("nonce", sealed.nonce);
    let mut device =
        RehydratedDevice::read(&left.curve25519_key().to_base64(), &data, &key()).unwrap();
    assert_eq!(device.one_time_key_count(), 8);

    let alice = vodozemac::olm::Account::new();
    let sender = Curve25519PublicKey::from_bytes(alice.curve25519_key().to_bytes());
    for key in keys {
        let mut session = alice
            .create_outbound_session(
                vodozemac::olm::SessionConfig::version_1(),
                left.curve25519_key(),
                key,
            )
            .unwrap();
        for text in ["one", "two"] {
            let vodozemac::olm::OlmMessage::PreKey(message) = session.encrypt(text).unwrap() else {
                panic!("nobody has answered");
            };
            let message = PreKeyMessage::from_bytes(message.to_bytes()).unwrap();
            assert_eq!(device.open(&sender, &message).unwrap(), text.as_bytes());
        }
    }
}

#[test]
fn the_format_before_is_read() {
    // The account under the key that HKDF-SHA-256 makes of the pickle key 0x17…,
    // with the device id "DEVICE" as salt; computed with Python's hmac.
    let derived = [
        0x79, 0xb4, 0x05, 0xaa, 0x6c, 0x87, 0xbc, 0x7f, 0x28, 0xf0, 0x45, 0xc1, 0x1e, 0x70, 0x51,
        0xb6, 0x1b, 0x18, 0x4b, 0xbf, 0x3b, 0x5b, 0xb6, 0xe1, 0x8e, 0x41, 0xda, 0x1e, 0x50, 0x9f,
        0x87, 0x92,
    ];
    let mut rng = SeededRng::new(7);
    let mut account = Account::new_with(&mut rng).unwrap();
    account.generate_one_time_keys_with(&mut rng, 2).unwrap();
    let data = Object::new()
        .with("algorithm", "org.matrix.msc3814.v1.olm")
        .with("device_pickle", account.to_libolm_pickle(&derived).unwrap());
    let device = RehydratedDevice::read("DEVICE", &data, &key()).unwrap();
    assert_eq!(device.identity_keys(), account.identity_keys());
    assert_eq!(device.one_time_key_count(), 2);
    assert_eq!(
        RehydratedDevice::read("OTHER", &data, &key()).err(),
        Some(RehydrateError::Inauthentic)
    );
    // An account that comes from there has no seed to leave behind.
    let moved = Account::from_libolm_pickle(&account.to_libolm_pickle(b"").unwrap(), b"").unwrap();
    assert_eq!(
        DehydratedDevice::new(moved).err(),
        Some(DehydrateError::NoSeed)
    );
}

#[test]
fn what_is_no_device_is_refused() {
    use RehydrateError::{
        Algorithm, Base64, Inauthentic, Missing, NonceLength, OtherDevice, TooLong,
    };

    let left = device(2, true);
    let (id, good) = (left.device_id(), seal(&left));
    let read = |id: &str, data: &Object, key: [u8; 32]| {
        RehydratedDevice::read(id, data, &DehydrationKey::from_bytes(&key)).err()
    };
    assert_eq!(read(&id, &good, KEY), None);
    assert_eq!(read(&id, &good, [0x18; 32]), Some(Inauthentic));
    // Everything is right, but it is not the device that was asked for.
    assert_eq!(read("DEVICE", &good, KEY), Some(OtherDevice));

    let long = "A".repeat(RehydratedDevice::MAX_PICKLE + 1);
    for (member, value, error) in [
        ("algorithm", None, Algorithm),
        ("algorithm", Some("org.matrix.msc3814.v3"), Algorithm),
        (
            "device_pickle",
            None,
            Missing {
                field: "device_pickle",
            },
        ),
        (
            "device_pickle",
            Some("A*"),
            Base64 {
                field: "device_pickle",
            },
        ),
        ("device_pickle", Some(""), Inauthentic),
        ("device_pickle", Some("YWJj"), Inauthentic),
        ("device_pickle", Some(&long), TooLong { found: long.len() }),
        ("nonce", None, Missing { field: "nonce" }),
        ("nonce", Some("A*"), Base64 { field: "nonce" }),
        ("nonce", Some("cYi4mSg42eNSMZ8"), NonceLength { found: 11 }),
        ("nonce", Some("AAAAAAAAAAAAAAAA"), Inauthentic),
    ] {
        let mut data = good.clone();
        match value {
            Some(value) => data.insert(member, value),
            None => data.remove(member),
        };
        assert_eq!(read(&id, &data, KEY), Some(error), "{member} {value:?}");
    }
    let stable = good.with("algorithm", "m.dehydration.v2");
    assert_eq!(read(&id, &stable, KEY), None);
}

#[test]
fn each_seal_draws_a_nonce() {
    let left = device(1, true);
    let mut rng = BytesRng::new([5; 12]);
    let data = left.seal_with(&mut rng, &key()).unwrap();
    assert_eq!(
        (rng.left(), data.get_str("nonce")),
        (0, Some("BQUFBQUFBQUFBQUF"))
    );
    assert_eq!(
        left.seal_with(&mut BytesRng::new([5; 11]), &key()).err(),
        Some(DehydrateError::Rng)
    );
    assert!(DehydrationKey::new_with(&mut FailingRng).is_err());
    assert_eq!(
        *DehydrationKey::new_with(&mut BytesRng::new(KEY))
            .unwrap()
            .to_base64(),
        *key().to_base64()
    );
}

proptest! {
    #[test]
    fn any_flipped_bit_is_refused(at in any::<Index>(), bit in 0u32..8, in_nonce in any::<bool>()) {
        let left = device(1, true);
        let mut data = seal(&left);
        let member = if in_nonce { "nonce" } else { "device_pickle" };
        let mut bytes = vodozemac::base64_decode(data.get_str(member).unwrap()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        data.insert(member, vodozemac::base64_encode(&bytes));
        prop_assert_eq!(
            RehydratedDevice::read(&left.device_id(), &data, &key()).err(),
            Some(RehydrateError::Inauthentic)
        );
    }
}

#[test]
fn nothing_secret_is_printed() {
    let left = device(1, false);
    assert_eq!(format!("{:?}", key()), "DehydrationKey { .. }");
    let device = RehydratedDevice::read(&left.device_id(), &seal(&left), &key()).unwrap();
    assert!(format!("{device:?}").ends_with(", .. }"));
}
