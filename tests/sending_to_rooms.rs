//! A session is replaced before the next message when the room says so, and is
//! shared again with a device whose channel broke.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::to_device::{Person, ROOM, group_session};
use necturus::{
    Curve25519PublicKey,
    events::{
        EncryptedForRoom, HistoryVisibility, Membership, OutboundRoomSession, RoomEncryption,
        Rotation, RotationReason, SendError, Share, SharedWith,
    },
    json::Object,
};

const HOUR: u64 = 3_600_000;
const WEEK: u64 = 168 * HOUR;

fn encryption(json: &str) -> RoomEncryption {
    let content = Object::parse(json.as_bytes()).unwrap();
    RoomEncryption::parse(&content.with("algorithm", "m.megolm.v1.aes-sha2")).unwrap()
}

fn rotation() -> Rotation {
    Rotation::new(HOUR, HistoryVisibility::Joined)
}

fn outbound() -> OutboundRoomSession {
    OutboundRoomSession::new(ROOM, group_session(1), rotation(), SharedWith::new())
}

fn send(session: &mut OutboundRoomSession, now: u64) -> Result<EncryptedForRoom, SendError> {
    let alice = Person::new("alice", 1);
    let content = Object::new().with("body", "hello");
    let encryption = RoomEncryption::new();
    session.encrypt(
        "m.room.message",
        &content,
        None,
        &alice.device,
        &encryption,
        now,
    )
}

#[test]
fn a_session_ends_by_age_and_by_messages() {
    let usual = RoomEncryption::new();
    let rotation = rotation();
    assert_eq!(rotation.due(HOUR + WEEK - 1, &usual), None);
    assert_eq!(rotation.due(HOUR + WEEK, &usual), Some(RotationReason::Age));
    // A clock that went back.
    assert_eq!(rotation.due(0, &usual), None);

    let restored = |messages| Rotation::restore(HOUR, messages, HistoryVisibility::Joined, None);
    assert_eq!(restored(99).due(HOUR, &usual), None);
    assert_eq!(
        restored(100).due(HOUR, &usual),
        Some(RotationReason::Messages)
    );
    assert_eq!(
        restored(u64::MAX).due(HOUR, &usual),
        Some(RotationReason::Messages)
    );
}

#[test]
fn the_room_sets_the_periods_within_bounds() {
    for (json, period_ms, period_msgs) in [
        (r"{}", WEEK, 100),
        (
            r#"{"rotation_period_ms":7200000,"rotation_period_msgs":3}"#,
            2 * HOUR,
            3,
        ),
        (
            r#"{"rotation_period_ms":0,"rotation_period_msgs":0}"#,
            HOUR,
            1,
        ),
        (
            r#"{"rotation_period_ms":-1,"rotation_period_msgs":1.5}"#,
            WEEK,
            100,
        ),
        (r#"{"rotation_period_msgs":9007199254740991}"#, WEEK, 10_000),
        (
            r#"{"rotation_period_ms":"1","rotation_period_msgs":null}"#,
            WEEK,
            100,
        ),
    ] {
        let encryption = encryption(json);
        assert_eq!(encryption.rotation_period_ms(), period_ms, "{json}");
        assert_eq!(encryption.rotation_period_msgs(), period_msgs, "{json}");
        assert_eq!(
            RoomEncryption::parse(&encryption.to_content()),
            Ok(encryption)
        );
    }
    let state = encryption(r#"{"io.element.msc4362.encrypt_state_events":true}"#);
    assert!(state.encrypts_state() && !RoomEncryption::new().encrypts_state());
    assert_eq!(RoomEncryption::parse(&state.to_content()), Ok(state));
    for json in [
        r"{}",
        r#"{"algorithm":"m.megolm.v2"}"#,
        r#"{"algorithm":null}"#,
    ] {
        let content = Object::parse(json.as_bytes()).unwrap();
        assert!(RoomEncryption::parse(&content).is_err());
    }
}

#[test]
fn somebody_who_may_have_the_key_and_is_out_ends_it() {
    use Membership::{Ban, Invite, Join, Knock, Leave};
    for (before, now, ends) in [
        (Some(Join), Leave, true),
        (Some(Join), Ban, true),
        (Some(Invite), Leave, true),
        (Some(Invite), Ban, true),
        (Some(Leave), Ban, false),
        (Some(Knock), Leave, false),
        (Some(Leave), Invite, false),
        (Some(Invite), Join, false),
        (Some(Leave), Join, false),
        (Some(Join), Join, false),
        // After a limited sync nobody knows what was before.
        (None, Leave, true),
        (None, Ban, true),
        (None, Invite, true),
        (None, Knock, true),
        (None, Join, false),
    ] {
        let mut rotation = rotation();
        rotation.member(before, now);
        let reason = ends.then_some(RotationReason::MemberLeft);
        assert_eq!(
            rotation.due(HOUR, &RoomEncryption::new()),
            reason,
            "{before:?} {now:?}"
        );
        assert_eq!(rotation.ended(), reason);
    }
}

#[test]
fn crossing_from_shared_history_or_back_ends_it() {
    let all = [
        "invited",
        "joined",
        "shared",
        "world_readable",
        "anything else",
    ]
    .map(HistoryVisibility::parse);
    for made in all {
        for now in all {
            let mut rotation = Rotation::new(0, made);
            rotation.history_visibility(now);
            let crossed = made.shares_history() != now.shares_history();
            assert_eq!(
                rotation.ended(),
                crossed.then_some(RotationReason::HistoryVisibility)
            );
        }
    }
    assert_eq!(
        all.map(HistoryVisibility::shares_history),
        [false, false, true, true, true]
    );
}

#[test]
fn the_first_reason_stays_and_nothing_is_sent() {
    let mut session = outbound();
    assert!(send(&mut session, HOUR).is_ok());
    assert_eq!(session.rotation().messages(), 1);
    session.rotation_mut().algorithm_changed();
    session.rotation_mut().member(None, Membership::Leave);
    let index = session.session().message_index();
    let refusal = send(&mut session, HOUR).unwrap_err();
    assert_eq!(refusal, SendError::MustRotate(RotationReason::Algorithm));
    assert_eq!(session.session().message_index(), index);
    assert_eq!(session.rotation().messages(), 1);
}

#[test]
fn a_device_that_has_the_key_and_may_not_ends_it() {
    let (bob, eve) = (Person::new("bob", 2), Person::new("eve", 3));
    let mut session = outbound();
    assert!(session.share(&bob.device, 0).is_some());
    session.device_excluded(&eve.user_id, "EVE");
    session.device_excluded(&bob.user_id, "OTHER");
    assert_eq!(session.rotation().ended(), None);
    session.device_excluded(&bob.user_id, "BOB");
    assert_eq!(
        session.rotation().ended(),
        Some(RotationReason::DeviceExcluded)
    );
}

#[test]
fn a_device_needs_the_key_until_it_has_it_and_again_when_its_channel_broke() {
    let (bob, eve) = (Person::new("bob", 2), Person::new("eve", 3));
    let mut session = outbound();
    assert!(send(&mut session, HOUR).is_ok());
    let needs = |session: &OutboundRoomSession, key: &Curve25519PublicKey, wedging| {
        session
            .shared_with()
            .needs(&bob.user_id, "BOB", key, wedging)
    };
    let key = bob.device.curve25519();
    assert!(needs(&session, &key, 0));
    // A newcomer gets the session from the present index on.
    let content = session.share(&bob.device, 4).unwrap();
    assert_eq!(content.expose_secret().get_str("room_id"), Some(ROOM));
    let share = *session.shared_with().get(&bob.user_id, "BOB").unwrap();
    assert_eq!(
        (share.index, share.wedging_index, share.curve25519),
        (1, 4, key)
    );
    assert!(!needs(&session, &key, 4));
    assert!(needs(&session, &key, 5));
    assert!(needs(&session, &eve.device.curve25519(), 4));

    // Shared again, the device still has what it had.
    assert!(send(&mut session, HOUR).is_ok());
    assert!(session.share(&bob.device, 5).is_some());
    let share = *session.shared_with().get(&bob.user_id, "BOB").unwrap();
    assert_eq!((share.index, share.wedging_index), (1, 5));
    let all: Vec<_> = session.shared_with().iter().collect();
    assert_eq!(all, [(bob.user_id.as_str(), "BOB", &share)]);

    // But not under another key.
    let mut shared = SharedWith::new();
    assert!(shared.record(&bob.user_id, "BOB", Share::new(key, 1, 0)));
    assert!(shared.record(
        &bob.user_id,
        "BOB",
        Share::new(eve.device.curve25519(), 9, 0)
    ));
    assert_eq!(
        shared.get(&bob.user_id, "BOB").map(|share| share.index),
        Some(9)
    );
}

#[test]
fn state_events_pack_their_key() {
    let alice = Person::new("alice", 1);
    let mut session = outbound();
    let content = Object::new()
        .with("topic", "a")
        .with("m.relates_to", Object::new());
    let encryption = RoomEncryption::new();
    let sent = session
        .encrypt(
            "m.room.topic",
            &content,
            Some("a:b"),
            &alice.device,
            &encryption,
            HOUR,
        )
        .unwrap();
    assert_eq!(sent.state_key.as_deref(), Some("m.room.topic:a:b"));
    assert!(sent.content.get_object("m.relates_to").is_some());
    assert_eq!(sent.content.get_str("device_id"), Some("ALICE"));
}
