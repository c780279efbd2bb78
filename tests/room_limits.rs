//! Where Megolm ends: the last index, the first known one, and the lengths of
//! keys.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    envelope,
    talk::{State, room},
};
use necturus::{
    SessionVersion,
    megolm::{
        self, ExportedSessionKey, InboundGroupSession, IndexError, OutboundGroupSession, SessionKey,
    },
    pickle::ExportError,
};

#[test]
fn a_room_session_ends_after_index_2_to_the_32_minus_1() {
    let (outbound, _) = room(10, SessionVersion::V1);
    let mut state = envelope::open(&outbound.to_libolm_pickle(b"k").unwrap(), b"k");
    state[132..136].copy_from_slice(&u32::MAX.to_be_bytes());
    let pickle = envelope::seal(&state, b"k");
    let mut outbound = OutboundGroupSession::from_libolm_pickle(&pickle, b"k").unwrap();
    let key = outbound.session_key();
    assert_eq!(
        (key.index(), outbound.message_index()),
        (u32::MAX, u32::MAX)
    );
    let mut inbound = InboundGroupSession::new(&key, SessionVersion::V1);
    let last = outbound.encrypt(b"last").unwrap();
    let after = outbound.state();
    assert_eq!(
        outbound.encrypt(b"more"),
        Err(megolm::EncryptError::Exhausted)
    );
    assert_eq!(
        outbound.encrypt_base64(b"more"),
        Err(megolm::EncryptError::Exhausted)
    );
    assert_eq!(outbound.state(), after);
    assert_eq!(
        outbound.copy().encrypt(b"more"),
        Err(megolm::EncryptError::Exhausted)
    );
    assert_eq!(outbound.to_libolm_pickle(b"k"), Err(ExportError::Exhausted));
    assert_eq!(
        outbound.to_vodozemac_pickle(&[0; 32]),
        Err(ExportError::Exhausted)
    );
    let decrypted = inbound.decrypt(&last).unwrap();
    assert_eq!(
        (decrypted.plaintext.as_slice(), decrypted.index),
        (&b"last"[..], u32::MAX)
    );
    // The far end from the start is one jump.
    let (_, from_zero) = room(10, SessionVersion::V1);
    assert_eq!(from_zero.export_at(u32::MAX).unwrap().index(), u32::MAX);
}

#[test]
fn below_the_first_known_index_there_is_nothing() {
    let (mut outbound, mut inbound) = room(11, SessionVersion::V1);
    let messages: Vec<_> = (0..300u32)
        .map(|index| outbound.encrypt(&index.to_be_bytes()).unwrap())
        .collect();
    inbound.decrypt(&messages[290]).unwrap();
    let exported = inbound.export_at(255).unwrap();
    let mut late = InboundGroupSession::import(&exported, SessionVersion::V1);
    inbound.forget_before(255);
    // Already forgotten, so nothing changes.
    let forgotten = inbound.state();
    inbound.forget_before(255);
    inbound.forget_before(3);
    assert_eq!(inbound.state(), forgotten);
    for session in [&mut inbound, &mut late] {
        assert_eq!(session.first_known_index(), 255);
        let before = session.state();
        for index in [0u32, 254] {
            let below = megolm::DecryptError::BelowFirstKnown {
                index,
                first_known: 255,
            };
            let message = &messages[index as usize];
            assert_eq!(session.decrypt(message), Err(below));
            assert_eq!(session.decrypt_base64(&message.to_base64()), Err(below));
            let IndexError {
                index: asked,
                first_known,
                ..
            } = session.export_at(index).unwrap_err();
            assert_eq!((asked, first_known), (index, 255));
        }
        assert_eq!(session.state(), before);
        for index in [255usize, 256, 299, 257] {
            let plaintext = session.decrypt(&messages[index]).unwrap().plaintext;
            assert_eq!(plaintext, (index as u32).to_be_bytes());
        }
    }
    // Past the latest one that was used, the latest goes along.
    inbound.forget_before(1000);
    assert_eq!(inbound.first_known_index(), 1000);
    assert_eq!(inbound.copy().export_at_first_known_index().index(), 1000);
    assert!(inbound.decrypt(&messages[299]).is_err());
    inbound.forget_before(u32::MAX);
    assert_eq!(inbound.export_at(u32::MAX).unwrap().index(), u32::MAX);
}

#[test]
fn keys_have_one_length() {
    let (outbound, inbound) = room(12, SessionVersion::V1);
    let (key, exported) = (outbound.session_key(), inbound.export_at(7).unwrap());
    assert_eq!((key.to_bytes().len(), key.to_base64().len()), (229, 306));
    assert_eq!(
        (exported.to_bytes().len(), exported.to_base64().len()),
        (165, 220)
    );
    assert_eq!((SessionKey::LENGTH, ExportedSessionKey::LENGTH), (229, 165));
}
