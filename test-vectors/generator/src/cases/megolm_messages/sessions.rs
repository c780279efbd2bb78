//! Megolm sessions over several messages.

use serde_json::{Value, json};

use crate::{
    format::{Case, Group, Step},
    megolm::Session,
    text::{base64, hex},
};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new(
            "who sends",
            "megolm-outbound",
            json!({"config": 1}),
            outbound(),
        ),
        Group::new(
            "who receives",
            "megolm-inbound",
            json!({"config": 1}),
            inbound(),
        ),
        Group::new(
            "two copies of a session",
            "megolm-compare",
            json!({"config": 1}),
            compare(),
        ),
    ]
}

fn outbound() -> Vec<Case> {
    let encrypt = |session: &Session, index: u32| {
        Step::good(
            "encrypt",
            json!({"plaintext": hex(b"text")}),
            json!({"body": base64(&session.message(index, b"text"))}),
        )
    };
    let key = |session: &Session, index: u32| {
        let at = session.at(index);
        Step::good(
            "session-key",
            json!({}),
            json!({"session_key": base64(&at.session_key()), "index": index}),
        )
    };
    let mut cases = Vec::new();
    for config in [1, 2] {
        let mut session = Session::drawn(&format!("megolm outbound {config}"));
        session.version = config + 2;
        cases.push(
            Case::good(
                &format!("megolm-outbound/new-config-{config}"),
                "160 random bytes: the ratchet, then the Ed25519 seed",
                json!({"config": config, "random": hex(&session.random)}),
                json!({"session_id": base64(&session.signer.public)}),
                &[],
            )
            .with_steps(vec![
                key(&session, 0),
                encrypt(&session, 0),
                encrypt(&session, 1),
                key(&session, 2),
            ]),
        );
    }
    let state = |id: &str, comment: &str, at: &Session, flags: &[&str], steps| {
        Case::good(
            &format!("megolm-outbound/{id}"),
            comment,
            json!({"session": hex(&at.outbound_record())}),
            json!({"session_id": base64(&at.signer.public)}),
            flags,
        )
        .with_steps(steps)
    };
    let session = Session::drawn("megolm boundaries");
    for (name, index) in [("256", 255), ("65536", 65_535), ("2-pow-24", (1 << 24) - 1)] {
        let at = session.at(index);
        cases.push(state(
            &format!("across-{name}"),
            "more than one part of the ratchet turns",
            &at,
            &[],
            vec![
                encrypt(&at, index),
                encrypt(&at, index + 1),
                encrypt(&at, index + 2),
                key(&at, index + 3),
            ],
        ));
    }
    let at = session.at(u32::MAX - 1);
    let inputs = json!({"plaintext": hex(b"text")});
    cases.push(state(
        "the-end",
        "index 2^32 − 1 is the last: no wrap to 0, which members have keys of",
        &at,
        &["wrap"],
        vec![
            encrypt(&at, u32::MAX - 1),
            encrypt(&at, u32::MAX),
            Step::bad("encrypt", inputs.clone(), "exhausted"),
            Step::bad("encrypt", inputs, "exhausted"),
        ],
    ));
    cases
}

fn inbound() -> Vec<Case> {
    let session = Session::drawn("megolm inbound");
    let read = |index: u32| {
        Step::good(
            "decrypt",
            json!({"body": base64(&session.message(index, b"text"))}),
            json!({"plaintext": hex(b"text"), "index": index}),
        )
    };
    let refuse = |from: &Session, index: u32, error: &str| {
        Step::bad(
            "decrypt",
            json!({"body": base64(&from.message(index, b"text"))}),
            error,
        )
    };
    let export = |index: u32| {
        Step::good(
            "export",
            json!({"index": index}),
            json!({"exported_key": base64(&session.at(index).export())}),
        )
    };
    let verified =
        |verified: bool| Step::good("is-verified", json!({}), json!({"verified": verified}));
    let start = |id: &str, comment: &str, inputs: Value, first: u32, flags: &[&str], steps| {
        Case::good(
            &format!("megolm-inbound/{id}"),
            comment,
            inputs,
            json!({"session_id": base64(&session.signer.public), "first_known_index": first}),
            flags,
        )
        .with_steps(steps)
    };
    let key = json!({"session_key": base64(&session.session_key())});
    let export_at = |index: u32| json!({"exported_key": base64(&session.at(index).export())});
    let mut forged = session.clone();
    forged.ratchet.parts[3][0] ^= 1;
    let unknown = |index: u32| Step::bad("export", json!({"index": index}), "index-unknown");
    vec![
        start(
            "order",
            "forward, back, and forward again",
            key.clone(),
            0,
            &[],
            vec![
                read(3),
                read(0),
                read(300),
                read(299),
                read(70_000),
                read(1),
            ],
        ),
        start(
            "replay",
            "a message decrypts again: whoever shows it compares indexes",
            key.clone(),
            0,
            &["replay"],
            vec![read(7), read(7), read(9), read(7)],
        ),
        start(
            "below-first-known",
            "an export opens no message before it",
            export_at(10),
            10,
            &["index-too-low"],
            vec![
                refuse(&session, 9, "index-unknown"),
                read(10),
                refuse(&session, 0, "index-unknown"),
                read(11),
                unknown(9),
                export(10),
                export(600),
            ],
        ),
        start(
            "export",
            "an export at any index from the first known one on",
            key.clone(),
            0,
            &[],
            vec![read(5), export(0), export(5), export(4), export(65_536)],
        ),
        start(
            "verified-by-signature",
            "a session key is signed",
            key.clone(),
            0,
            &[],
            vec![verified(true)],
        ),
        start(
            "verified-by-message",
            "an export is not signed; a message that decrypts is",
            export_at(2),
            2,
            &[],
            vec![
                verified(false),
                refuse(&forged, 3, "authentication.mac"),
                verified(false),
                read(3),
                verified(true),
            ],
        ),
        start(
            "signed-but-not-authentic",
            "a message with a good signature and a bad MAC leaves the session as it was",
            key,
            0,
            &["mac"],
            vec![
                refuse(&forged, 50, "authentication.mac"),
                read(49),
                read(50),
            ],
        ),
        start(
            "the-end",
            "the last index; one past it, by the keys of a wrap, is below the first",
            export_at(u32::MAX - 1),
            u32::MAX - 1,
            &["wrap"],
            vec![
                read(u32::MAX),
                read(u32::MAX - 1),
                wrapped(&session),
                unknown(0),
            ],
        ),
    ]
}

/// Message 0, by the ratchet that follows index 2^32 − 1.
fn wrapped(session: &Session) -> Step {
    let mut wrapped = session.at(u32::MAX);
    wrapped.ratchet.step();
    assert_eq!(wrapped.ratchet.index, 0);
    Step::bad(
        "decrypt",
        json!({"body": base64(&wrapped.message(0, b"text"))}),
        "index-unknown",
    )
}

fn compare() -> Vec<Case> {
    let session = Session::drawn("megolm compare");
    let export = |index: u32| json!({"exported_key": base64(&session.at(index).export())});
    let key = |index: u32| json!({"session_key": base64(&session.at(index).session_key())});
    let case = |id: &str, comment: &str, first: Value, second: Value, expected: Value| {
        Case::good(
            &format!("megolm-compare/{id}"),
            comment,
            json!({"first": first, "second": second}),
            expected,
            &[],
        )
    };
    let merged = |ordering: &str, index: u32, verified: bool| {
        json!({
            "ordering": ordering,
            "merged_first_known_index": index,
            "merged_verified": verified,
        })
    };
    let mut bit = session.at(5);
    bit.ratchet.parts[0][0] ^= 1;
    let mut other = session.at(5);
    other.signer = crate::crypto::Signer::drawn("megolm compare other");
    let unconnected = json!({"ordering": "unconnected"});
    let exported = |session: &Session| json!({"exported_key": base64(&session.export())});
    vec![
        case(
            "equal",
            "at one index",
            export(5),
            export(5),
            merged("equal", 5, false),
        ),
        case(
            "better",
            "the first starts earlier",
            export(0),
            export(300),
            merged("better", 0, false),
        ),
        case(
            "worse",
            "the first starts later",
            export(300),
            export(0),
            merged("worse", 0, false),
        ),
        case(
            "worse-verified",
            "the second starts earlier and is signed",
            export(300),
            key(0),
            merged("worse", 0, true),
        ),
        case(
            "better-verified",
            "the second starts later and is signed",
            export(0),
            key(300),
            merged("better", 0, true),
        ),
        case(
            "one-bit",
            "one bit of the ratchet differs",
            export(0),
            exported(&bit),
            unconnected.clone(),
        ),
        case(
            "other-key",
            "another public key",
            export(0),
            exported(&other),
            unconnected,
        ),
    ]
}
