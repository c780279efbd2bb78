//! Any bytes and any text, into every parser: no panic, and what is read is
//! written again as the same bytes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;
#[path = "any_bytes/samples.rs"]
mod samples;

use common::{
    envelope,
    mutation::{Mutation, mutation},
    talk::room,
};
use necturus::{
    Curve25519PublicKey, DecodeError, Ed25519PublicKey, Ed25519Signature, Field, KeyError,
    SessionVersion,
    megolm::{
        self, ExportedSessionKey, InboundGroupSession, MegolmMessage, OutboundGroupSession,
        SessionKey, SessionKeyError,
    },
    olm::{Account, KeyId, Message, OlmMessage, PreKeyMessage, Session},
    pickle::{ImportError, UnpickleError},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use samples::{KEY, SAMPLES, import_libolm, import_vodozemac};

/// Reads bytes as everything that is read from bytes, and writes them again.
fn read_bytes(bytes: &[u8]) {
    if let Ok(message) = Message::from_bytes(bytes.to_vec()) {
        assert_eq!(message.as_bytes(), bytes);
        assert_eq!(
            Message::from_base64(&message.to_base64()),
            Ok(message.clone())
        );
        assert_eq!(message.into_bytes(), bytes);
    }
    if let Ok(message) = PreKeyMessage::from_bytes(bytes.to_vec()) {
        assert_eq!(message.as_bytes(), bytes);
        assert_eq!(
            PreKeyMessage::from_base64(&message.to_base64()),
            Ok(message.clone())
        );
        assert_eq!(message.into_bytes(), bytes);
    }
    if let Ok(message) = MegolmMessage::from_bytes(bytes.to_vec()) {
        assert_eq!(message.as_bytes(), bytes);
        assert_eq!(
            MegolmMessage::from_base64(&message.to_base64()),
            Ok(message.clone())
        );
        assert_eq!(message.into_bytes(), bytes);
    }
    if let Ok(key) = SessionKey::from_bytes(bytes) {
        assert_eq!(*key.to_bytes(), bytes);
        assert!(SessionKey::from_base64(&key.to_base64()).is_ok());
    }
    if let Ok(key) = ExportedSessionKey::from_bytes(bytes) {
        assert_eq!(*key.to_bytes(), bytes);
        assert!(ExportedSessionKey::from_base64(&key.to_base64()).is_ok());
    }
    if let Ok(bytes) = bytes.try_into()
        && let Ok(key) = Ed25519PublicKey::from_bytes(bytes)
    {
        assert_eq!(key.as_bytes(), bytes);
        assert_eq!(Ed25519PublicKey::from_base64(&key.to_base64()), Ok(key));
        let _ = key.verify(b"", &Ed25519Signature::from_bytes([bytes[0]; 64]));
    }
    let key = common::talk::pickle_key();
    assert!(Account::unpickle(bytes, &key, b"").is_err());
    assert!(Session::unpickle(bytes, &key, b"").is_err());
    assert!(OutboundGroupSession::unpickle(bytes, &key, b"").is_err());
    assert!(InboundGroupSession::unpickle(bytes, &key, b"").is_err());
}

/// The same for text.
fn read_text(text: &str) {
    let again = [
        Message::from_base64(text).ok().map(|read| read.to_base64()),
        PreKeyMessage::from_base64(text)
            .ok()
            .map(|read| read.to_base64()),
        MegolmMessage::from_base64(text)
            .ok()
            .map(|read| read.to_base64()),
        OlmMessage::from_parts(0, text)
            .ok()
            .map(|read| read.to_base64()),
        OlmMessage::from_parts(1, text)
            .ok()
            .map(|read| read.to_base64()),
        Curve25519PublicKey::from_base64(text)
            .ok()
            .map(|read| read.to_base64()),
        Ed25519PublicKey::from_base64(text)
            .ok()
            .map(|read| read.to_base64()),
        Ed25519Signature::from_base64(text)
            .ok()
            .map(|read| read.to_base64()),
        KeyId::from_base64(text).map(|read| read.to_base64()),
        SessionKey::from_base64(text)
            .ok()
            .map(|read| read.to_base64().to_string()),
        ExportedSessionKey::from_base64(text)
            .ok()
            .map(|read| read.to_base64().to_string()),
    ];
    assert!(again.into_iter().flatten().all(|again| again == text));
    // Anybody can send these, so the key is the attacker's as well.
    assert!(import_libolm(text).iter().all(Option::is_none));
    assert!(import_vodozemac(text).iter().all(Option::is_none));
}

/// Some changes to one of the samples, in turn.
fn changed(samples: &[Vec<u8>], from: &[Index; 2], changes: &[Mutation]) -> Vec<u8> {
    let other = from[1].get(samples);
    changes
        .iter()
        .fold(from[0].get(samples).clone(), |bytes, change| {
            change.apply(&bytes, other)
        })
}

fn two() -> impl Strategy<Value = [Index; 2]> {
    any::<[Index; 2]>()
}

fn changes() -> impl Strategy<Value = Vec<Mutation>> {
    vec(mutation(), 0..3)
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        read_bytes(&bytes);
    }

    #[test]
    fn changed_bytes(from in two(), changes in changes()) {
        read_bytes(&changed(&SAMPLES.bytes, &from, &changes));
    }

    #[test]
    fn any_text(text in any::<String>(), base64 in "[A-Za-z0-9+/=_-]{0,400}") {
        read_text(&text);
        read_text(&base64);
    }

    #[test]
    fn changed_text(from in two(), changes in changes()) {
        let samples: Vec<_> =
            SAMPLES.texts.iter().map(|text| text.clone().into_bytes()).collect();
        read_text(&String::from_utf8_lossy(&changed(&samples, &from, &changes)));
    }

    /// Whoever has the key can put anything into a pickle of libolm's: what is
    /// read of it is written so that it reads and writes as the same again.
    #[test]
    fn changed_libolm_states(from in two(), changes in changes()) {
        let state = changed(&SAMPLES.libolm_states, &from, &changes);
        let imported = import_libolm(&envelope::seal(&state, &KEY));
        for (kind, written) in imported.iter().enumerate() {
            if let Some(written) = written {
                prop_assert_eq!(&import_libolm(written)[kind], &imported[kind]);
            }
        }
        if changes.is_empty() {
            let pickle = envelope::seal(&state, &KEY);
            prop_assert!(imported.iter().flatten().any(|written| *written == pickle));
        }
    }

    #[test]
    fn changed_vodozemac_states(from in two(), changes in changes()) {
        let state = changed(&SAMPLES.vodozemac_states, &from, &changes);
        let imported = import_vodozemac(&envelope::seal(&state, &KEY));
        for (kind, written) in imported.iter().enumerate() {
            if let Some(written) = written {
                prop_assert_eq!(&import_vodozemac(written)[kind], &imported[kind]);
            }
        }
        prop_assert!(!changes.is_empty() || imported.iter().any(Option::is_some));
    }
}

/// The integers in states are where hostile ones differ most, so each byte of
/// each state takes each of a few values.
#[test]
fn every_byte_of_a_libolm_state() {
    for state in &SAMPLES.libolm_states {
        for at in 0..state.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                // Key halves that disagree are found at once; the rest counts.
                let mut changed = state.clone();
                changed[at] = value;
                let imported = import_libolm(&envelope::seal(&changed, &KEY));
                for (kind, written) in imported.iter().enumerate() {
                    if let Some(written) = written {
                        assert_eq!(import_libolm(written)[kind], imported[kind]);
                    }
                }
            }
        }
    }
}

#[test]
fn each_parser_has_its_own_words() {
    let missing = |field| Err(DecodeError::Missing { field });
    let no_message = |bytes: &[u8]| Message::from_bytes(bytes.to_vec()).map(|_| ());
    assert_eq!(no_message(b""), Err(DecodeError::Truncated));
    assert_eq!(no_message(b"\x03"), Err(DecodeError::Truncated));
    assert_eq!(no_message(b"\x02"), Err(DecodeError::Version { found: 2 }));
    assert_eq!(
        no_message(&[&[3][..], &[0; 8]].concat()),
        missing(Field::RatchetKey)
    );
    let no_pre_key = |bytes: &[u8]| PreKeyMessage::from_bytes(bytes.to_vec()).map(|_| ());
    assert_eq!(no_pre_key(b""), Err(DecodeError::Truncated));
    assert_eq!(no_pre_key(b"\x03"), missing(Field::OneTimeKey));
    assert_eq!(no_pre_key(b"\x04"), Err(DecodeError::Version { found: 4 }));
    assert_eq!(
        no_pre_key(b"\x03\x0b"),
        Err(DecodeError::WireType { found: 3 })
    );
    let no_room = |bytes: &[u8]| MegolmMessage::from_bytes(bytes.to_vec()).map(|_| ());
    assert_eq!(no_room(&[3; 72]), Err(DecodeError::Truncated));
    assert_eq!(
        no_room(&[&[3][..], &[0; 72]].concat()),
        missing(Field::Index)
    );
    assert_eq!(MegolmMessage::from_base64("Aw=="), Err(DecodeError::Base64));
    for message_type in [2, usize::MAX] {
        assert_eq!(
            OlmMessage::from_parts(message_type, ""),
            Err(DecodeError::MessageType {
                found: message_type
            })
        );
    }
    let (_, mut inbound) = room(1, SessionVersion::V1);
    assert_eq!(
        inbound.decrypt_base64("\u{e9}"),
        Err(megolm::DecryptError::Decode(DecodeError::Base64))
    );
    assert_eq!(
        Curve25519PublicKey::from_base64("AA"),
        Err(KeyError::Length { found: 1 })
    );
    assert_eq!(Ed25519PublicKey::from_base64("AB"), Err(KeyError::Base64));
    assert!(Ed25519Signature::from_base64("AA").is_err());
    assert_eq!(
        SessionKey::from_bytes(b"\x02").err(),
        Some(SessionKeyError::Length {
            found: 1,
            expected: 229
        })
    );
    assert_eq!(
        ExportedSessionKey::from_bytes(&[2; 165]).err(),
        Some(SessionKeyError::Version { found: 2 })
    );
    let key = common::talk::pickle_key();
    let short = Account::unpickle(b"\x01", &key, b"").err();
    assert_eq!(short, Some(UnpickleError::TooShort));
    let import = |text: &str| Session::from_libolm_pickle(text, b"").err();
    assert_eq!(import("A"), Some(ImportError::Base64));
    assert_eq!(import("AAAA"), Some(ImportError::TooShort));
    assert_eq!(import(&"A".repeat(64)), Some(ImportError::WrongKey));
    let json = envelope::seal(b"[]", &KEY);
    assert_eq!(
        Account::from_vodozemac_pickle(&json, &KEY).err(),
        Some(ImportError::Json)
    );
}
