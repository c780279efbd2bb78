//! The messages that carry a call's keys: both forms are made and read, what does not
//! fit its sender is refused, and a key waits for its membership.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test that panics has failed"
)]

use necturus::{
    json::{Object, Value},
    media::matrix_rtc::{
        KeyFormat, KeyMessage, KeyMessageError, KeyTable, MediaKey, Membership, OlmSender,
        SlotEncryption,
    },
};

const ROOM: &str = "!room:example.org";
const USER: &str = "@alice:example.org";
const DEPLOYED: &str = "io.element.call.encryption_keys";
const MSC: &str = "org.matrix.msc4143.rtc.encryption_key";

fn key(byte: u8, length: usize) -> MediaKey {
    MediaKey::from_bytes(&vec![byte; length]).unwrap()
}

fn legacy() -> Membership {
    Membership::legacy(USER, "DEVICE", 1)
}

fn sender() -> OlmSender<'static> {
    OlmSender::new(USER, "DEVICE", true)
}

fn read(event_type: &str, content: &str) -> Result<KeyMessage, KeyMessageError> {
    let content = Object::parse(content.as_bytes()).unwrap();
    KeyMessage::read(event_type, &content, ROOM, sender())
}

#[test]
fn the_deployed_form() {
    let content = KeyFormat::Deployed.content(ROOM, &legacy(), 7, &key(0, 16), 1234);
    assert_eq!(
        content.expose_secret().to_string(),
        r#"{"keys":{"index":7,"key":"AAAAAAAAAAAAAAAAAAAAAA=="},"member":{"claimed_device_id":"DEVICE","id":"@alice:example.org:DEVICE"},"room_id":"!room:example.org","sent_ts":1234,"session":{"application":"m.call","call_id":"","scope":"m.room"}}"#
    );
    assert!(!format!("{content:?}").contains("AAAA"));
    let message = KeyMessage::read(DEPLOYED, content.expose_secret(), ROOM, sender()).unwrap();
    assert_eq!(message.index(), 7);
    assert_eq!(message.member_id(), "@alice:example.org:DEVICE");
    assert!(message.key().is_same(&key(0, 16)));
    assert_eq!(content.into_object().len(), 5);
}

#[test]
fn the_form_of_msc4143() {
    let own = Membership::sticky(USER, "DEVICE", "member-1", 1);
    let content = KeyFormat::Msc4143.content(ROOM, &own, 255, &key(0, 32), 1234);
    assert_eq!(
        content.expose_secret().to_string(),
        r#"{"format":0,"media_key":{"index":255,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"member_id":"member-1","room_id":"!room:example.org"}"#
    );
    for event_type in [MSC, "m.rtc.encryption_key"] {
        let message =
            KeyMessage::read(event_type, content.expose_secret(), ROOM, sender()).unwrap();
        assert_eq!((message.index(), message.member_id()), (255, "member-1"));
        assert!(message.key().is_same(&key(0, 32)));
        let unsigned = OlmSender::new(USER, "DEVICE", false);
        assert_eq!(
            KeyMessage::read(event_type, content.expose_secret(), ROOM, unsigned).unwrap_err(),
            KeyMessageError::NotCrossSigned
        );
    }
}

#[test]
fn padding_may_be_missing_and_a_missing_member_stands_for_the_device() {
    for text in ["AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=="] {
        let content =
            format!(r#"{{"keys":{{"index":0,"key":"{text}"}},"room_id":"!room:example.org"}}"#);
        let message = read(DEPLOYED, &content).unwrap();
        assert_eq!(message.member_id(), "@alice:example.org:DEVICE");
        assert!(message.key().is_same(&key(0, 16)));
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let field = |name| KeyMessageError::Field { name };
    let good = r#"{"keys":{"index":0,"key":"AAAAAAAAAAAAAAAAAAAAAA"},"member":{"id":"m","claimed_device_id":"DEVICE"},"room_id":"!room:example.org"}"#;
    assert!(read(DEPLOYED, good).is_ok());
    assert_eq!(
        read("m.room_key", good).unwrap_err(),
        KeyMessageError::WrongType
    );
    for (from, to, error) in [
        ("!room:", "!other:", KeyMessageError::WrongRoom),
        ("\"!room:example.org\"", "5", KeyMessageError::WrongRoom),
        ("DEVICE", "OTHER", KeyMessageError::OtherDevice),
        ("\"DEVICE\"", "1", field("member.claimed_device_id")),
        ("\"m\"", "1", field("member.id")),
        (
            "{\"id\":\"m\",\"claimed_device_id\":\"DEVICE\"}",
            "[]",
            field("member"),
        ),
        (":0,", ":256,", field("index")),
        (":0,", ":-1,", field("index")),
        (":0,", ":0.5,", field("index")),
        (":0,", ":\"0\",", field("index")),
        ("\"index\":0,", "", field("index")),
        ("\"key\":", "\"kee\":", field("key")),
        (
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAB",
            KeyMessageError::Key,
        ),
        (
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAA",
            KeyMessageError::Key,
        ),
        (
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAA=",
            KeyMessageError::Key,
        ),
        ("AAAAAAAAAAAAAAAAAAAAAA", "", KeyMessageError::Key),
        // The room event of the past: a list.
        (
            "{\"index\":0,\"key\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
            "[]",
            field("keys"),
        ),
    ] {
        let content = good.replacen(from, to, 1);
        assert_eq!(read(DEPLOYED, &content).unwrap_err(), error, "{content}");
    }
    for length in [33, 48, 1000] {
        let content = KeyFormat::Deployed.content(ROOM, &legacy(), 0, &key(0, 16), 0);
        let long = "A".repeat(length * 4 / 3);
        let content = content.expose_secret().to_string();
        let content = content.replacen("AAAAAAAAAAAAAAAAAAAAAA==", &long, 1);
        assert_eq!(read(DEPLOYED, &content).unwrap_err(), KeyMessageError::Key);
    }

    let good = r#"{"format":0,"media_key":{"index":0,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"member_id":"m","room_id":"!room:example.org"}"#;
    assert!(read(MSC, good).is_ok());
    for (from, to, error) in [
        ("\"format\":0", "\"format\":1", field("format")),
        ("\"format\":0,", "", field("format")),
        ("\"m\"", "1", field("member_id")),
        ("\"media_key\"", "\"keys\"", field("media_key")),
        // 16 bytes.
        (
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAA",
            KeyMessageError::Key,
        ),
    ] {
        let content = good.replacen(from, to, 1);
        assert_eq!(read(MSC, &content).unwrap_err(), error, "{content}");
    }
}

/// Computed with Python and Node from the format of matrix-js-sdk.
#[test]
fn names_in_livekit() {
    assert_eq!(legacy().livekit_identity(), "@alice:example.org:DEVICE");
    for (user, device, member, identity) in [
        (
            USER,
            "DEVICE1",
            "aabbccdd-0011",
            "DjYtoq3RhtGtbU1/hht/zpLkBat1Mkss92zdLRqTgyk",
        ),
        (
            "@bob:example.org",
            "ABCDEFGH",
            "xyz",
            "Up0kw6syyVd+B5Z2BS6Vp8BBGk/Dj2441E39je9M4SQ",
        ),
    ] {
        let member = Membership::sticky(user, device, member, 5);
        assert_eq!(member.livekit_identity(), identity);
    }
}

fn message(device: &str, member: &str, index: u8, byte: u8) -> KeyMessage {
    let own = Membership::sticky(USER, device, member, 1);
    let content = KeyFormat::Msc4143.content(ROOM, &own, index, &key(byte, 32), 0);
    let sender = OlmSender::new(USER, device, true);
    KeyMessage::read(MSC, content.expose_secret(), ROOM, sender).unwrap()
}

#[test]
fn a_key_waits_for_its_membership() {
    let mut table = KeyTable::new();
    assert!(table.receive(message("DEVICE", "m", 0, 1)).is_none());
    assert!(table.receive(message("DEVICE", "m", 1, 2)).is_none());
    let member = Membership::sticky(USER, "DEVICE", "m", 1);
    let usable = table.set_members(core::slice::from_ref(&member));
    let found: Vec<_> = usable
        .iter()
        .map(|key| (key.index, key.key.expose_secret()[0]))
        .collect();
    assert_eq!(found, [(0, 1), (1, 2)]);
    assert!(
        usable
            .iter()
            .all(|key| key.identity == member.livekit_identity())
    );
    // What came later wins, and is usable at once.
    let usable = table.receive(message("DEVICE", "m", 1, 3)).unwrap();
    assert_eq!(
        (usable.index, usable.key.expose_secret()),
        (1, &[3; 32][..])
    );
    assert_eq!(table.keys().count(), 2);
    // Nothing new for those who stay; gone with those who leave.
    assert!(table.set_members(core::slice::from_ref(&member)).is_empty());
    assert!(table.set_members(&[]).is_empty());
    assert!(table.set_members(&[member]).is_empty());
    assert_eq!((table.keys().count(), table.waiting()), (0, 0));
}

#[test]
fn a_key_is_for_the_membership_of_the_device_that_sent_it() {
    let mut table = KeyTable::new();
    table.set_members(&[Membership::sticky(USER, "OTHER", "m", 1)]);
    assert!(table.receive(message("DEVICE", "m", 0, 1)).is_none());
    assert!(
        table
            .set_members(&[Membership::sticky("@bob:example.org", "DEVICE", "m", 1)])
            .is_empty()
    );
    assert_eq!(table.keys().count(), 0);
    assert_eq!(table.waiting(), 1);
}

#[test]
fn keys_do_not_wait_without_end() {
    let mut table = KeyTable::new();
    assert!(table.receive(message("QUIET", "m", 0, 1)).is_none());
    // A device cannot push another's out.
    for number in 0..100 {
        table.receive(message("LOUD", &format!("{number}"), 0, 1));
        assert!(table.waiting() <= 1 + KeyTable::MAX_WAITING_PER_DEVICE);
    }
    let members = ["0", "99"].map(|member| Membership::sticky(USER, "LOUD", member, 1));
    assert_eq!(table.set_members(&members).len(), 1);
    assert_eq!(
        table
            .set_members(&[Membership::sticky(USER, "QUIET", "m", 1)])
            .len(),
        1
    );
    for number in 0..KeyTable::MAX_WAITING + 5 {
        table.receive(message(&format!("D{number}"), "m", 0, 1));
    }
    assert_eq!(table.waiting(), KeyTable::MAX_WAITING);
}

#[test]
fn encryption_is_where_the_room_has_it() {
    let of = |encryption: Option<Value>| {
        let content = Object::new();
        SlotEncryption::of(&match encryption {
            Some(value) => content.with("encryption", value),
            None => content,
        })
    };
    let typed = |name: &str| Some(Object::new().with("type", name).into());
    for (encryption, kind, encrypted, clear) in [
        (None, SlotEncryption::None, false, true),
        (
            typed("m.per_member"),
            SlotEncryption::PerMember,
            true,
            false,
        ),
        (
            typed("org.matrix.msc4143.per_member"),
            SlotEncryption::PerMember,
            true,
            false,
        ),
        (typed("m.other"), SlotEncryption::Unknown, false, false),
        (Some(Value::Null), SlotEncryption::Unknown, false, false),
    ] {
        let found = of(encryption);
        assert_eq!(found, kind);
        assert_eq!(
            (found.counts(true), found.counts(false)),
            (encrypted, clear)
        );
    }
}
