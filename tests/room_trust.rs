//! What vouches for a copy of a room's session, and for which messages: the
//! ratchet throws its lowest part away at every multiple of 256, so an invented
//! one can agree with the true one from there on.

#![expect(clippy::unwrap_used, reason = "a test stops when something is wrong")]

mod common;

use common::{rng::SeededRng, talk::State};
use necturus::{
    SessionVersion,
    megolm::{
        DecryptError, ExportedSessionKey, InboundGroupSession, MegolmMessage, OutboundGroupSession,
        SessionOrdering,
    },
};

const V1: SessionVersion = SessionVersion::V1;

struct Room {
    /// From a signed key at index 0.
    genuine: InboundGroupSession,
    /// From a signed key at index 300.
    later: InboundGroupSession,
    /// From an export whose lowest part was invented, at index 0.
    forged: InboundGroupSession,
    messages: Vec<MegolmMessage>,
}

fn room() -> Room {
    let mut outbound = OutboundGroupSession::new_with(&mut SeededRng::new(300), V1).unwrap();
    let genuine = InboundGroupSession::new(&outbound.session_key(), V1);
    let mut export = genuine.export_at(0).unwrap().to_bytes();
    // Version, index and three parts stand before it.
    export.get_mut(5 + 96..5 + 128).unwrap().fill(0x55);
    let forged = ExportedSessionKey::from_bytes(&export).unwrap();
    let mut messages = Vec::new();
    for _ in 0..300 {
        messages.push(outbound.encrypt(b"to the room").unwrap());
    }
    let later = InboundGroupSession::new(&outbound.session_key(), V1);
    messages.push(outbound.encrypt(b"to the room").unwrap());
    Room {
        genuine,
        later,
        forged: InboundGroupSession::import(&forged, V1),
        messages,
    }
}

#[test]
fn a_message_vouches_for_no_index_below_its_multiple_of_256() {
    let Room {
        genuine,
        mut forged,
        messages,
        ..
    } = room();
    assert_eq!(genuine.verified_from(), Some(0));
    assert_eq!(forged.verified_from(), None);
    forged.decrypt(&messages[299]).unwrap();
    assert_eq!(forged.verified_from(), Some(256));
    let mut honest = InboundGroupSession::import(&genuine.export_at(7).unwrap(), V1);
    honest.decrypt(&messages[299]).unwrap();
    assert_eq!(honest.verified_from(), Some(256));
    honest.decrypt(&messages[200]).unwrap();
    assert_eq!(honest.verified_from(), Some(7));
    honest.forget_before(270);
    assert_eq!(honest.verified_from(), Some(270));
    assert_eq!(honest.copy().verified_from(), Some(270));
}

#[test]
fn an_invented_past_is_told_and_corrected() {
    let Room {
        genuine,
        mut later,
        forged,
        messages,
    } = room();
    // They agree from 256 on, and nobody can see that the rest is invented.
    assert_eq!(later.compare(&forged), SessionOrdering::Worse);
    later.merge(&forged).unwrap();
    assert_eq!(
        (later.first_known_index(), later.verified_from()),
        (0, Some(256))
    );
    let refusal = later.decrypt(&messages[10]).unwrap_err();
    assert_eq!(refusal, DecryptError::Inauthentic);
    assert!(!refusal.is_final());

    // The true session, signed as a whole, takes the place of what was invented.
    assert_eq!(later.compare(&genuine), SessionOrdering::Unconnected);
    later.merge(&genuine).unwrap();
    assert_eq!(later.verified_from(), Some(0));
    assert_eq!(later.decrypt(&messages[10]).unwrap().index, 10);

    // Not the other way round, and not without a word of the sender's.
    let mut genuine = genuine;
    let before = genuine.state();
    assert!(genuine.merge(&forged).is_err());
    let mut forged = forged;
    assert!(forged.merge(&genuine).is_err());
    assert_eq!(genuine.state(), before);
}
