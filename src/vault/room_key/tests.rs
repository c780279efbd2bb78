//! Reading and writing room keys.

use alloc::{format, string::String, vec};

use super::*;
use crate::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    primitives::curve25519::Curve25519SecretKey,
};

/// Bytes that count up.
struct Counter(u8);

impl rand_core::TryRng for Counter {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fn public(byte: u8) -> Curve25519PublicKey {
    Curve25519SecretKey::from_bytes(&[byte; 32]).public_key()
}

fn key() -> RoomKey {
    let outbound = OutboundGroupSession::new_with(&mut Counter(0), SessionVersion::V1).unwrap();
    let session = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    RoomKey::new(public(1), session.export_at_first_known_index())
        .with_claimed_ed25519(session.signing_key())
        .with_forwarding_chain(&[public(2), public(3)])
        .with_shared_history(true)
}

/// The key's JSON.
fn json() -> String {
    String::from_utf8(key().to_json().to_vec()).unwrap()
}

/// The key's JSON with `from` replaced.
fn with(from: &str, to: &str) -> Result<RoomKey, RoomKeyError> {
    let json = json();
    assert!(json.contains(from), "{from} is in {json}");
    RoomKey::from_json(json.replace(from, to).as_bytes())
}

#[test]
fn what_is_written_is_read() {
    let key = key();
    let read = RoomKey::from_json(&key.to_json()).unwrap();
    assert_eq!(read.sender_key(), key.sender_key());
    assert_eq!(read.claimed_ed25519(), key.claimed_ed25519());
    assert_eq!(read.forwarding_chain(), [public(2), public(3)]);
    assert!(read.shared_history());
    assert_eq!(
        *read.session_key().to_bytes(),
        *key.session_key().to_bytes()
    );

    let room_id = "!\"\u{1}é:example.org";
    let entry = RoomKeyEntry::new(room_id, key).unwrap();
    let read = RoomKeyEntry::from_json(&entry.to_json()).unwrap();
    assert_eq!(read.room_id(), room_id);
    assert!(read.key().shared_history());
    let read = RoomKeyEntry::from_json(&entry.to_bundle_json()).unwrap();
    assert_eq!(read.room_id(), room_id);
    assert!(!read.key().shared_history());
    assert!(read.key().forwarding_chain().is_empty());
}

#[test]
fn json_is_written_into_one_buffer() {
    // A buffer that grew would leave a copy of the secret behind.
    let long = "\u{1}".repeat(RoomKeyEntry::MAX_ROOM_ID);
    let forwards = vec![public(2); RoomKey::MAX_FORWARDS];
    let entry = RoomKeyEntry::new(&long, key().with_forwarding_chain(&forwards)).unwrap();
    let length = entry.key.json_length(&long);
    let json = entry.to_json();
    assert!(json.len() <= length, "{} of {length}", json.len());
    assert!(RoomKeyEntry::from_json(&json).is_ok());
    assert!(key().to_json().len() <= key().json_length(""));
}

#[test]
fn shared_history_is_true_under_any_of_three_names() {
    let both = [",\"m.shared_history\":true", ",\"shared_history\":true"];
    let bare = json().replace(both[0], "").replace(both[1], "");
    let shared = |members: &str| {
        let json = bare.replace("{\"algorithm\"", &format!("{{{members}\"algorithm\""));
        RoomKey::from_json(json.as_bytes())
            .unwrap()
            .shared_history()
    };
    assert!(!shared(""));
    for name in [
        "shared_history",
        "m.shared_history",
        "org.matrix.msc3061.shared_history",
    ] {
        assert!(shared(&format!("\"{name}\":true,")));
        for other in ["false", "null", "\"true\"", "1", "[true]", "{}"] {
            assert!(!shared(&format!("\"{name}\":{other},")), "{name} {other}");
        }
    }
    assert!(shared(
        "\"shared_history\":false,\"m.shared_history\":true,"
    ));
    assert!(shared(
        "\"m.shared_history\":true,\"org.matrix.msc3061.shared_history\":true,"
    ));
}

#[test]
fn what_may_be_missing_is_read_as_nothing() {
    let chain = format!("[\"{}\",\"{}\"]", public(2), public(3));
    let claimed = format!("{{\"ed25519\":\"{}\"}}", key().claimed_ed25519().unwrap());
    assert!(with(&chain, "null").unwrap().forwarding_chain().is_empty());
    for nothing in ["{}", "null", "{\"other\":1}"] {
        assert_eq!(with(&claimed, nothing).unwrap().claimed_ed25519(), None);
    }
    let padded = format!("{}=", public(1));
    assert!(with(&public(1).to_base64(), &padded).is_ok());
    // Solidus may be escaped in JSON.
    let escaped = key().session_key().to_base64().replace('/', "\\/");
    assert!(escaped.contains('\\'));
    assert!(with(&key().session_key().to_base64(), &escaped).is_ok());
}

#[test]
fn every_wrong_member_has_its_error() {
    let text = key().session_key().to_base64();
    let of = |result: Result<RoomKey, RoomKeyError>| result.unwrap_err();
    assert_eq!(of(with("aes-sha2", "aes-sha3")), RoomKeyError::Algorithm);
    assert_eq!(
        of(with("\"sender_key\"", "\"other\"")),
        RoomKeyError::Missing {
            field: "sender_key"
        }
    );
    assert_eq!(
        of(with("\"session_key\"", "\"sender_key\"")),
        RoomKeyError::Json,
        "a member twice"
    );
    let mut bytes = key().session_key().to_bytes();
    bytes[0] = 2;
    assert_eq!(
        of(with(&text, &base64::encode(&bytes))),
        RoomKeyError::SessionKey(SessionKeyError::Version { found: 2 })
    );
    bytes[0] = 1;
    bytes.push(0);
    assert_eq!(
        of(with(&text, &base64::encode(&bytes))),
        RoomKeyError::SessionKey(SessionKeyError::Length {
            found: 166,
            expected: 165
        })
    );
    for json in [
        &b"[]"[..],
        b"",
        b"{",
        b"{}x",
        b"null",
        b"{\"algorithm\":\"\xff\"}",
    ] {
        assert_eq!(of(RoomKey::from_json(json)), RoomKeyError::Json);
    }
    let many = format!("[{}\"\"]", "\"\",".repeat(RoomKey::MAX_FORWARDS));
    let chain = format!("[\"{}\",\"{}\"]", public(2), public(3));
    assert_eq!(
        of(with(&chain, &many)),
        RoomKeyError::TooManyForwards { found: 101 }
    );
    let long = vec![b' '; RoomKey::MAX_JSON + 1];
    assert_eq!(
        of(RoomKey::from_json(&long)),
        RoomKeyError::TooLong { found: long.len() }
    );
}

#[test]
fn the_session_id_is_the_keys() {
    let entry = RoomKeyEntry::new("!room:example.org", key()).unwrap();
    let json = String::from_utf8(entry.to_json().to_vec()).unwrap();
    let id = format!("\"session_id\":\"{}\"", entry.key().session_id());
    let other = format!("\"session_id\":\"{}\"", public(9));
    assert_eq!(
        RoomKeyEntry::from_json(json.replace(&id, &other).as_bytes()).unwrap_err(),
        RoomKeyError::WrongSessionId
    );
    assert_eq!(
        RoomKeyEntry::from_json(&entry.key().to_json()).unwrap_err(),
        RoomKeyError::Missing { field: "room_id" }
    );
}
