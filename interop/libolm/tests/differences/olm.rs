//! Olm messages and sessions.

use necturus::{
    Curve25519PublicKey, DecodeError, Field,
    olm::{
        DecryptError, EncryptError, InboundError, MessageType, OlmMessage, OutboundError,
        PreKeyMessage, Session, steps,
    },
};
use necturus_interop_libolm as libolm;

use crate::{
    TEXT, V1,
    common::{PICKLE_KEY, base64, envelope, rng::SeededRng},
    world::{Frame, Olm, field, number, with_last_bit, with_order},
};

/// Messages with a right MAC over their bytes, so made by who has the key.
#[test]
fn olm_messages() {
    type Make = fn(&Olm) -> String;
    let refuse = |error: DecodeError| Err::<DecryptError, _>(error);
    let cases: [(&str, Make, Result<DecryptError, DecodeError>); 14] = [
        // One text has one form: what no writer writes, no reader reads.
        (
            "an unknown number behind",
            |olm| olm.sealed(|frame| frame.put(&number(0x28, &[1]))),
            refuse(DecodeError::NotCanonical),
        ),
        (
            "unknown bytes behind",
            |olm| olm.sealed(|frame| frame.put(&field(0x2a, b"y"))),
            refuse(DecodeError::NotCanonical),
        ),
        (
            "the fields in another order",
            |olm| olm.sealed(|frame| frame.fields.swap(0, 1)),
            refuse(DecodeError::Missing {
                field: Field::RatchetKey,
            }),
        ),
        (
            "a varint longer than it must be",
            |olm| olm.sealed(|frame| frame.fields[1] = number(0x10, &[0x81, 0])),
            refuse(DecodeError::NotCanonical),
        ),
        (
            "the index twice, the last one right",
            |olm| olm.sealed(|frame| frame.fields.insert(1, number(0x10, &[9]))),
            refuse(DecodeError::NotCanonical),
        ),
        // libolm cuts an index to 32 bits, so that many name one message.
        (
            "an index with 2^32 added",
            |olm| {
                olm.sealed(|frame| frame.fields[1] = number(0x10, &[0x81, 0x80, 0x80, 0x80, 0x10]))
            },
            refuse(DecodeError::IndexTooLarge),
        ),
        // libolm stops at what it does not understand, and takes what came
        // before as the whole.
        (
            "a group, wire type 3, behind",
            |olm| olm.sealed(|frame| frame.put(&[0x2b])),
            refuse(DecodeError::WireType { found: 3 }),
        ),
        (
            "four bytes, wire type 5, behind",
            |olm| olm.sealed(|frame| frame.put(&[0x2d, 1, 2, 3, 4])),
            refuse(DecodeError::WireType { found: 5 }),
        ),
        (
            "field number 0 behind",
            |olm| olm.sealed(|frame| frame.put(&[0x00, 1])),
            refuse(DecodeError::NotCanonical),
        ),
        (
            "a varint that does not end behind",
            |olm| olm.sealed(|frame| frame.put(&[0x28, 0x80])),
            refuse(DecodeError::NotCanonical),
        ),
        (
            "a length past the end behind",
            |olm| olm.sealed(|frame| frame.put(&[0x2a, 50, 1])),
            refuse(DecodeError::NotCanonical),
        ),
        // libolm looks at the last byte of the padding alone.
        (
            "unequal padding bytes",
            |olm| olm.padded(&[TEXT, &[7; 14], &[15]].concat()),
            Ok(DecryptError::NotThisSession),
        ),
        (
            "no padding: a last byte of 0",
            |olm| olm.padded(&[0; 16]),
            Ok(DecryptError::NotThisSession),
        ),
        // Several texts would be one message, and pass for several.
        (
            "base64 with last bits that are not zero",
            |olm| with_last_bit(&olm.sealed(|_| ())),
            refuse(DecodeError::Base64),
        ),
    ];
    for (what, make, refused) in cases {
        let mut olm = Olm::new();
        let body = make(&olm);
        let read = olm.theirs.decrypt(1, &body).unwrap();
        match what {
            "no padding: a last byte of 0" => assert_eq!(read, [0; 16]),
            // What the padding leaves.
            _ => assert_eq!(read, TEXT, "{what}"),
        }
        let parsed = OlmMessage::from_parts(MessageType::Normal as usize, &body);
        let found = parsed.map(|message| olm.ours.decrypt(&message).unwrap_err());
        assert_eq!(found, refused, "{what}");
    }
}

/// The frame of a pre-key message has no MAC: libolm, with the session at hand,
/// reads over it; ours reads nothing but what was sent.
#[test]
fn pre_key_frames() {
    type Change = fn(&mut Frame);
    let cases: [(&str, Change, Result<DecryptError, DecodeError>); 3] = [
        (
            "another identity key",
            |frame| frame.fields[2] = field(0x1a, &[5; 32]),
            Ok(DecryptError::NotThisSession),
        ),
        (
            "no identity key",
            |frame| drop(frame.fields.remove(2)),
            Err(DecodeError::Missing {
                field: Field::IdentityKey,
            }),
        ),
        (
            "an unknown field behind",
            |frame| frame.put(&field(0x2a, b"y")),
            Err(DecodeError::NotCanonical),
        ),
    ];
    for (what, change, refused) in cases {
        let mut olm = Olm::new();
        let mut frame = olm.pre_key(TEXT);
        change(&mut frame);
        let body = base64(&frame.bytes());
        if what == "no identity key" {
            // It even matches, when the caller names the sender.
            let sender = olm.alice_key.to_base64();
            let matches = olm.theirs.matches_inbound_from(sender, &body);
            assert_eq!(matches, Ok(true));
        }
        assert_eq!(olm.theirs.decrypt(0, &body).unwrap(), TEXT, "{what}");
        let parsed = OlmMessage::from_parts(MessageType::PreKey as usize, &body);
        let found = parsed.map(|message| olm.ours.decrypt(&message).unwrap_err());
        assert_eq!(found, refused, "{what}");
    }
}

/// With a key of small order a Diffie-Hellman gives zero, which everybody
/// knows. libolm goes on with it.
#[test]
fn zero_shared_secrets() {
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    let low: [[u8; 32]; 4] = [[0; 32], with_order(1), p, with_order(8)];
    for key in low {
        let low = Curve25519PublicKey::from_bytes(key);
        let mut olm = Olm::new();
        let good = olm.alice_key;

        for (identity, one_time) in [(low, good), (good, low)] {
            let random = [3; 64];
            let (i, o) = (identity.to_base64(), one_time.to_base64());
            libolm::Session::outbound(&olm.their_account, &random, i, o).unwrap();
            let mut rng = SeededRng::new(1);
            let ours = olm
                .account
                .outbound_session_with(&mut rng, V1, &identity, &one_time);
            assert_eq!(ours.unwrap_err(), OutboundError::ZeroSharedSecret);
        }

        // Base key, identity key, and the ratchet key inside, which meets a
        // private key only when Bob answers.
        for place in [1, 2, 3] {
            let mut frame = olm.pre_key(TEXT);
            match place {
                1 => frame.fields[1] = field(0x12, &key),
                2 => frame.fields[2] = field(0x1a, &key),
                _ => frame.fields[3][5..37].copy_from_slice(&key),
            }
            let bytes = frame.bytes();
            let theirs = libolm::Session::inbound(&mut olm.their_account, base64(&bytes)).unwrap();
            assert_eq!(theirs.encrypt_random_length(), 32);
            let message = PreKeyMessage::from_bytes(bytes).unwrap();
            let ours = steps::inbound_session(&olm.account, V1, None, &message);
            let zero = InboundError::Decrypt(DecryptError::ZeroSharedSecret);
            assert_eq!(ours.unwrap_err(), zero, "{place}");
        }

        // A turn against it, with the MAC that a zero secret gives.
        let body = olm.turn_on_zero(&key, TEXT);
        assert_eq!(olm.their_alice.decrypt(1, &body).unwrap(), TEXT);
        let message = OlmMessage::from_parts(1, &body).unwrap();
        let ours = olm.our_alice.decrypt(&message);
        assert_eq!(ours, Err(DecryptError::ZeroSharedSecret));
    }
}

/// libolm counts on from 2^32 - 1 to 0, under keys that go on; ours ends the
/// chain, so that no index names two messages.
#[test]
fn the_end_of_an_olm_chain() {
    let olm = Olm::new();
    let mut state = envelope::open(&olm.their_alice.pickle(PICKLE_KEY).unwrap(), PICKLE_KEY);
    // version, flag, three keys, root key, count, ratchet pair, chain key.
    let next = 4 + 1 + 4 * 32 + 4 + 3 * 32;
    state[next..next + 4].fill(0xff);
    let pickle = envelope::seal(&state, PICKLE_KEY);
    let mut theirs = libolm::Session::unpickle(PICKLE_KEY, &pickle).unwrap();
    let mut ours = Session::from_libolm_pickle(&pickle, PICKLE_KEY).unwrap();
    let mut rng = SeededRng::new(1);
    let last = ours.encrypt_with(&mut rng, TEXT).unwrap();
    assert_eq!(theirs.encrypt(TEXT, &[]), Ok((0, last.to_base64())));

    assert!(theirs.describe().starts_with("sender chain index: 0 "));
    assert!(theirs.encrypt(TEXT, &[]).is_ok());
    let ours = ours.encrypt_with(&mut rng, TEXT);
    assert_eq!(ours, Err(EncryptError::ChainExhausted));
}
