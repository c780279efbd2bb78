//! Both devices go through the sign-in step by step. A message that does not
//! belong to a step ends it, with an answer; so do refusals, a clock that runs
//! out, and what the other side gives up.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use core::time::Duration;

use necturus::channel::{
    MAX_MESSAGE_LENGTH, PREFIX, ecies,
    login::{
        AskingUser, Authorizing, AwaitingAcceptance, AwaitingDevice, AwaitingOutcome,
        AwaitingProtocol, AwaitingProtocols, AwaitingSecrets, Backup, DEVICE_POLL, DEVICE_WAIT,
        DeviceGrant, EndReason, Ended, ExistingDevice, FailureReason, LoginMessage,
        LoginMessageError, LoginSecrets, NewDevice, Polling, Protocols,
    },
};
use proptest::prelude::*;

use crate::common::rng::SeededRng;

/// S and G of a channel.
fn channel() -> (ecies::Channel, ecies::Channel) {
    let mut rng = SeededRng::new(1);
    let shown = ecies::ShownKey::new_with(&mut rng, PREFIX).unwrap();
    let (s, initiate) = ecies::scan_with(&mut rng, &shown.public_key(), PREFIX).unwrap();
    let (g, ok) = shown.receive(&initiate).unwrap();
    let s = s.receive(&ok).unwrap();
    let code = s.check_code().to_string();
    (s.code_shown(), g.confirm(&code).unwrap())
}

const ACCEPTED: &[u8] = br#"{"type":"m.login.protocol_accepted"}"#;
const SUCCESS: &[u8] = br#"{"type":"m.login.success"}"#;
const DECLINED: &[u8] = br#"{"type":"m.login.declined"}"#;
const CANCELLED: &[u8] = br#"{"type":"m.login.failure","reason":"user_cancelled"}"#;
const PROTOCOLS: &[u8] =
    br#"{"type":"m.login.protocols","protocols":["device_authorization_grant"],"base_url":"https://example.org"}"#;
const PROTOCOL: &[u8] = br#"{"type":"m.login.protocol","protocol":"device_authorization_grant","device_authorization_grant":{"verification_uri":"https://example.org/device"},"device_id":"NEW"}"#;

fn awaiting_protocol() -> AwaitingProtocol {
    ExistingDevice::start(&channel().1, &Protocols::base_url("https://example.org")).0
}

fn asking_user() -> AskingUser {
    awaiting_protocol().receive(PROTOCOL).unwrap().absent()
}

fn awaiting_outcome() -> AwaitingOutcome {
    asking_user().consent().0
}

fn awaiting_device(now: Duration) -> AwaitingDevice {
    awaiting_outcome().receive(SUCCESS, now).unwrap()
}

fn awaiting_protocols() -> AwaitingProtocols {
    match NewDevice::start(&channel().1) {
        NewDevice::Shown(waiting) => waiting,
        NewDevice::Scanned(_) => panic!("G did not scan"),
    }
}

fn authorizing() -> Authorizing {
    match NewDevice::start(&channel().0) {
        NewDevice::Scanned(authorizing) => authorizing,
        NewDevice::Shown(_) => panic!("S scanned"),
    }
}

fn awaiting_acceptance() -> AwaitingAcceptance {
    let grant = DeviceGrant::new("https://example.org/device", None);
    authorizing().send_protocol(&grant, "NEW").0
}

fn polling() -> Polling {
    awaiting_acceptance().receive(ACCEPTED).unwrap()
}

fn awaiting_secrets() -> AwaitingSecrets {
    polling().token().0
}

fn secrets() -> LoginSecrets {
    LoginSecrets::new(&[1; 32], &[2; 32], &[3; 32]).with_backup(Backup::new(
        "m.megolm_backup.v1.curve25519-aes-sha2",
        &[4; 32],
        "2 \"\u{1}",
    ))
}

fn failure(ended: &Ended) -> FailureReason {
    let EndReason::Failed(reason) = ended.reason() else {
        panic!("{ended}");
    };
    // The other side is told.
    let message = LoginMessage::from_json(ended.message().unwrap().as_bytes()).unwrap();
    let LoginMessage::Failure(told) = message else {
        panic!("{message:?}");
    };
    assert_eq!(told.reason(), reason);
    reason.clone()
}

#[test]
fn the_whole_way_when_e_scanned() {
    let (s, g) = channel();
    let (e, message) = ExistingDevice::start(&s, &Protocols::homeserver("example.org"));
    let NewDevice::Shown(n) = NewDevice::start(&g) else {
        panic!("N did not scan");
    };
    let (n, offer) = n.receive(message.unwrap().as_bytes()).unwrap();
    assert_eq!(offer.server(), "example.org");
    let grant = DeviceGrant::new("https://a.example", Some("https://a.example/?code=1"));
    let (n, message) = n.send_protocol(&grant, "NEW");
    let e = e.receive(message.as_bytes()).unwrap();
    assert_eq!(e.device_id(), "NEW");
    let e = e.absent();
    assert_eq!(e.verification_uri(), "https://a.example/?code=1");
    let (e, message) = e.consent();
    let (n, message) = n.receive(message.as_bytes()).unwrap().token();
    let e = e.receive(message.as_bytes(), Duration::ZERO).unwrap();
    let message = e.appeared().send(&secrets());
    let got = n.receive(message.as_bytes()).unwrap();
    assert_eq!(got.expose_master_key(), &[1; 32]);
    assert_eq!(got.expose_self_signing_key(), &[2; 32]);
    assert_eq!(got.expose_user_signing_key(), &[3; 32]);
    let backup = got.backup().unwrap();
    assert_eq!(backup.expose_key(), &[4; 32]);
    assert_eq!(backup.version(), "2 \"\u{1}");
    assert_eq!(backup.algorithm(), "m.megolm_backup.v1.curve25519-aes-sha2");
}

#[test]
fn a_message_out_of_place_ends_the_sign_in() {
    let now = Duration::ZERO;
    let secrets_json = awaiting_device(now).appeared().send(&secrets());
    let messages: [&[u8]; 10] = [
        PROTOCOLS,
        PROTOCOL,
        ACCEPTED,
        SUCCESS,
        DECLINED,
        secrets_json.as_bytes(),
        b"",
        b"{}",
        br#"{"type":"m.login.other"}"#,
        br#"{"type":"m.login.success","type":"m.login.success"}"#,
    ];
    for (place, message) in messages.into_iter().enumerate() {
        // Each step, and the messages that it takes.
        let ends: [(Option<Ended>, &[usize]); 8] = [
            (awaiting_protocol().receive(message).err(), &[1]),
            (awaiting_outcome().receive(message, now).err(), &[3, 4]),
            (Some(awaiting_device(now).receive(message)), &[]),
            (awaiting_protocols().receive(message).err(), &[0]),
            (Some(authorizing().receive(message)), &[]),
            (awaiting_acceptance().receive(message).err(), &[2]),
            (Some(polling().receive(message)), &[]),
            (awaiting_secrets().receive(message).err(), &[5]),
        ];
        for (step, (ended, takes)) in ends.into_iter().enumerate() {
            if takes.contains(&place) {
                continue;
            }
            let ended = ended.unwrap_or_else(|| panic!("step {step} took message {place}"));
            assert_eq!(
                failure(&ended),
                FailureReason::UnexpectedMessageReceived,
                "step {step}, message {place}"
            );
        }
    }
}

#[test]
fn the_other_side_gives_up() {
    let now = Duration::ZERO;
    for ended in [
        awaiting_protocol().receive(CANCELLED).unwrap_err(),
        awaiting_outcome().receive(CANCELLED, now).unwrap_err(),
        awaiting_device(now).receive(CANCELLED),
        awaiting_protocols().receive(CANCELLED).unwrap_err(),
        authorizing().receive(CANCELLED),
        awaiting_acceptance().receive(CANCELLED).unwrap_err(),
        polling().receive(CANCELLED),
        awaiting_secrets().receive(CANCELLED).unwrap_err(),
    ] {
        let EndReason::PeerFailed(told) = ended.reason() else {
            panic!("{ended}");
        };
        assert_eq!(told.reason(), &FailureReason::UserCancelled);
        assert_eq!(ended.message(), None);
    }
    let declined = awaiting_outcome().receive(DECLINED, now).unwrap_err();
    assert_eq!(declined.reason(), &EndReason::Declined);
    assert_eq!(declined.message(), None);
}

#[test]
fn this_side_gives_up() {
    let now = Duration::ZERO;
    let checking = || awaiting_protocol().receive(PROTOCOL).unwrap();
    for (ended, reason) in [
        (checking().exists(), FailureReason::DeviceAlreadyExists),
        (
            asking_user().unable_to_open(),
            FailureReason::UnableToOpenVerificationUri,
        ),
        (asking_user().cancel(), FailureReason::UserCancelled),
        (
            awaiting_device(now).appeared().cancel(),
            FailureReason::UserCancelled,
        ),
        (
            authorizing().unsupported(),
            FailureReason::UnsupportedProtocol,
        ),
        (polling().expired(), FailureReason::AuthorizationExpired),
        (polling().cancel(), FailureReason::UserCancelled),
    ] {
        assert_eq!(failure(&ended), reason);
    }
    let declined = polling().denied();
    assert_eq!(declined.reason(), &EndReason::Declined);
    assert_eq!(declined.message().unwrap().as_bytes(), DECLINED);
}

#[test]
fn only_the_grant_and_only_https() {
    let other = br#"{"type":"m.login.protocol","protocol":"carrier_pigeon"}"#;
    let ended = awaiting_protocol().receive(other).unwrap_err();
    assert_eq!(failure(&ended), FailureReason::UnsupportedProtocol);

    let offer = br#"{"type":"m.login.protocols","protocols":["carrier_pigeon"],"homeserver":"h"}"#;
    let ended = awaiting_protocols().receive(offer).unwrap_err();
    assert_eq!(failure(&ended), FailureReason::UnsupportedProtocol);

    for (uri, complete, opens) in [
        ("https://a", None, true),
        ("HTTPS://a", None, true),
        ("https://a", Some("https://b"), true),
        ("http://a", Some("https://b"), true),
        ("https://a", Some("http://b"), false),
        ("http://a", None, false),
        ("javascript:alert(1)//https://a", None, false),
        ("https://", None, false),
        ("https://a b", None, false),
        (" https://a", None, false),
        ("https:a", None, false),
    ] {
        let grant = DeviceGrant::new(uri, complete);
        let (_, message) = authorizing().send_protocol(&grant, "NEW");
        match awaiting_protocol().receive(message.as_bytes()) {
            Ok(e) if opens => {
                assert_eq!(e.absent().verification_uri(), complete.unwrap_or(uri));
            }
            Err(ended) if !opens => assert_eq!(
                failure(&ended),
                FailureReason::UnableToOpenVerificationUri,
                "{uri}"
            ),
            other => panic!("{uri}: {other:?}"),
        }
    }
}

#[test]
fn the_device_has_ten_seconds() {
    let start = Duration::from_secs(1000);
    let mut waiting = awaiting_device(start);
    let mut polls = 0;
    let ended = loop {
        let now = waiting.next_poll();
        assert_eq!(now, start + DEVICE_POLL * polls);
        polls += 1;
        match waiting.absent(now) {
            Ok(next) => waiting = next,
            Err(ended) => break ended,
        }
    };
    assert_eq!(polls, 21);
    assert_eq!(failure(&ended), FailureReason::DeviceNotFound);
    // A server that answers slowly gets one more question, at the end.
    let slow = awaiting_device(start)
        .absent(start + DEVICE_WAIT - Duration::from_millis(1))
        .unwrap();
    assert_eq!(slow.next_poll(), start + DEVICE_WAIT);
    assert!(slow.absent(start + DEVICE_WAIT).is_err());
    // The clock may stand at its end.
    assert!(
        awaiting_device(Duration::MAX)
            .absent(Duration::MAX)
            .is_err()
    );
}

#[test]
fn malformed_messages_say_where() {
    let of = |json: &str| LoginMessage::from_json(json.as_bytes()).unwrap_err();
    for (json, name) in [
        (
            r#"{"type":"m.login.protocols","base_url":"u"}"#,
            "protocols",
        ),
        (
            r#"{"type":"m.login.protocols","base_url":"u","protocols":[1]}"#,
            "protocols",
        ),
        (r#"{"type":"m.login.protocols","protocols":[]}"#, "base_url"),
        (
            r#"{"type":"m.login.protocols","protocols":[],"base_url":1}"#,
            "base_url",
        ),
        (r#"{"type":"m.login.protocol"}"#, "protocol"),
        (
            r#"{"type":"m.login.protocol","protocol":"device_authorization_grant"}"#,
            "device_authorization_grant",
        ),
        (r#"{"type":"m.login.failure"}"#, "reason"),
        (r#"{"type":"m.login.secrets"}"#, "cross_signing"),
        (
            r#"{"type":"m.login.secrets","cross_signing":{"master_key":"AA"}}"#,
            "master_key",
        ),
    ] {
        assert_eq!(of(json), LoginMessageError::Member { name }, "{json}");
    }
    assert_eq!(of(r#"{"type":1}"#), LoginMessageError::Type);
    assert!(matches!(of("[]"), LoginMessageError::Json(_)));
    let names = vec!["x"; 17].join("\",\"");
    let many = format!(r#"{{"type":"m.login.protocols","protocols":["{names}"],"base_url":"u"}}"#);
    assert_eq!(of(&many), LoginMessageError::Member { name: "protocols" });
    let long = format!("{}{{}}", " ".repeat(MAX_MESSAGE_LENGTH));
    assert!(matches!(of(&long), LoginMessageError::TooLong { .. }));

    // Unknown members and reasons are kept out of the way.
    let json = br#"{"type":"m.login.failure","reason":"new_one","more":[{}]}"#;
    let LoginMessage::Failure(failure) = LoginMessage::from_json(json).unwrap() else {
        panic!("a failure");
    };
    assert_eq!(failure.reason(), &FailureReason::Other("new_one".into()));
    // Secrets are read in one place.
    let secrets_json = awaiting_device(Duration::ZERO).appeared().send(&secrets());
    assert_eq!(of(&secrets_json), LoginMessageError::OtherType);
    assert_eq!(
        LoginSecrets::from_json(SUCCESS).err(),
        Some(LoginMessageError::OtherType)
    );
    assert!(!format!("{:?}", secrets()).contains("AQEB"));
}

proptest! {
    #[test]
    fn messages_come_back(
        uri in ".*", complete in proptest::option::of(".*"), device_id in ".*", server in ".*",
        reason in ".*",
    ) {
        let grant = DeviceGrant::new(&uri, complete.as_deref());
        let (_, protocol) = authorizing().send_protocol(&grant, &device_id);
        let protocols = LoginMessage::Protocols(Protocols::base_url(&server)).to_json();
        let failure = LoginMessage::from_json(br#"{"type":"m.login.failure","reason":"x"}"#);
        let LoginMessage::Failure(failure) = failure.unwrap() else { panic!("a failure") };
        let failure = LoginMessage::Failure(failure.with_homeserver(&reason)).to_json();
        for json in [protocol, protocols, failure] {
            let message = LoginMessage::from_json(json.as_bytes()).unwrap();
            prop_assert_eq!(message.to_json(), json);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        prop_assert!(LoginMessage::from_json(&bytes).is_err());
        prop_assert!(LoginSecrets::from_json(&bytes).is_err());
    }
}
