//! The first event that a message was stays the only one, whatever comes later, and
//! the table survives storage.

mod common;

use std::collections::HashMap;

use common::to_device::{Person, ROOM, group_session};
use necturus::{
    SessionVersion,
    events::{
        EncryptedRoomEvent, KnownSender, ReplayTable, RoomDecryptError, RoomSession, SessionOwner,
        TrustRequirement,
    },
    json::Object,
    megolm::{GroupSessionId, InboundGroupSession},
};
use proptest::{collection::vec, prelude::*};

proptest! {
    /// Events of two sessions, in any order, with a few ids and times.
    #[test]
    fn a_message_is_one_event(
        events in vec((0_usize..2, 0_usize..4, 0_usize..3, 0_u64..2), 1..40),
    ) {
        let bob = Person::new("bob", 1).account.identity_keys();
        let mut rooms: Vec<_> = [1, 2].map(|seed| {
            let mut outbound = group_session(seed);
            let inbound = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
            let owner = SessionOwner::imported(bob.curve25519, bob.ed25519);
            let text = format!(r#"{{"type":"a","content":{{}},"room_id":"{ROOM}"}}"#);
            let texts: Vec<_> =
                (0..4).map(|_| outbound.encrypt_base64(text.as_bytes()).unwrap()).collect();
            (RoomSession::new(ROOM, inbound, owner), texts)
        }).into();
        let mut table = ReplayTable::new();
        let mut first = HashMap::new();
        for (session, index, id, time) in events {
            let (held, texts) = rooms.get_mut(session).unwrap();
            let content = Object::new()
                .with("algorithm", "m.megolm.v1.aes-sha2")
                .with("session_id", held.session_id().to_base64())
                .with("ciphertext", texts.get(index).unwrap().as_str());
            let event = Object::new()
                .with("type", "m.room.encrypted")
                .with("sender", "@bob:example.org")
                .with("event_id", format!("${id}"))
                .with("origin_server_ts", time)
                .with("content", content);
            let event = EncryptedRoomEvent::parse(&event, ROOM).unwrap();
            let read = event
                .decrypt(Some(held), None)
                .unwrap()
                .check(&mut table, &KnownSender::default(), TrustRequirement::Any);
            let before = table.clone();
            if *first.entry((session, index)).or_insert((id, time)) == (id, time) {
                prop_assert!(read.is_ok());
            } else {
                prop_assert_eq!(read, Err(RoomDecryptError::Replay));
                prop_assert_eq!(&table, &before);
            }
            table = ReplayTable::from_json(&table.to_json()).unwrap();
            prop_assert_eq!(&table, &before);
            prop_assert_eq!(table.len(), first.len());
        }
        // A deleted session is forgotten, and no other.
        let (held, _) = rooms.first().unwrap();
        table.forget(&held.session_id());
        prop_assert_eq!(table.len(), first.keys().filter(|(session, _)| *session == 1).count());
    }
}

#[test]
fn what_is_no_table_is_refused() {
    let id = GroupSessionId::from_base64(&"A".repeat(43)).unwrap();
    let entry = |index: &str, event_id: &str, time: &str| {
        let json = format!(
            r#"{{"{id}":{{"{index}":{{"event_id":{event_id},"origin_server_ts":{time}}}}}}}"#
        );
        ReplayTable::from_json(&Object::parse(json.as_bytes()).unwrap())
    };
    assert_eq!(entry("4294967295", r#""$1""#, "5").unwrap().len(), 1);
    for (index, event_id, time) in [
        ("4294967296", r#""$1""#, "5"),
        ("-1", r#""$1""#, "5"),
        ("01", r#""$1""#, "5"),
        ("+1", r#""$1""#, "5"),
        ("1", "null", "5"),
        ("1", r#""""#, "5"),
        ("1", r#""$1""#, "-5"),
        ("1", r#""$1""#, "0.5"),
    ] {
        assert!(
            entry(index, event_id, time).is_err(),
            "{index} {event_id} {time}"
        );
    }
}
