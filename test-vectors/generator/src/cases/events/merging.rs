//! A second copy of a session.

use serde_json::{Value, json};

use super::{Device, session};
use crate::{
    draw::draw32,
    format::{Case, Group},
    megolm::Session,
    text::base64,
};

pub(super) fn groups() -> Vec<Group> {
    vec![Group::new(
        "copies of a session",
        "room-key-merge",
        json!({}),
        cases(),
    )]
}

const ROWS: [&str; 5] = [
    "unknown-device",
    "device-info",
    "verification-violation",
    "sender-unverified",
    "sender-verified",
];

/// A copy at an index, of this row; the lowest is an import.
fn copy(session: &Session, index: u32, row: usize, shared_history: bool) -> Value {
    let session = session.at(index);
    let (name, key) = if row == 0 {
        ("exported_key", session.export())
    } else {
        ("session_key", session.session_key())
    };
    json!({
        name: base64(&key),
        "owner": {
            "curve25519": Device::bob().curve25519(),
            "ed25519": Device::bob().ed25519(),
            "trust": ROWS[row],
            "imported": row == 0,
            "shared_history": shared_history,
        },
    })
}

fn cases() -> Vec<Case> {
    let session = session();
    let mut cases = Vec::new();
    for (id, held, new, merged) in [
        ("same", (5, 3), (5, 3), "kept"),
        ("later", (5, 3), (9, 3), "kept"),
        ("later-less-trusted", (5, 3), (9, 0), "kept"),
        ("same-index-less-trusted", (5, 3), (5, 1), "kept"),
        ("earlier", (5, 3), (2, 3), "replaced"),
        ("earlier-more-trusted", (5, 0), (0, 4), "replaced"),
        ("earlier-less-trusted", (5, 4), (0, 0), "new-ratchet"),
        ("earlier-one-row-less", (300, 4), (299, 3), "new-ratchet"),
        ("same-index-more-trusted", (5, 0), (5, 3), "new-owner"),
        ("later-more-trusted", (0, 0), (7, 4), "new-owner"),
        ("later-one-row-more", (0, 1), (7, 2), "new-owner"),
        ("over-2-8", (260, 3), (250, 3), "replaced"),
        ("over-2-16", (65_540, 3), (65_530, 3), "replaced"),
        ("over-2-24", (16_777_220, 3), (255, 3), "replaced"),
    ] {
        let (ratchet, owner) = match merged {
            "replaced" => (new.0, new.1),
            "new-ratchet" => (new.0, held.1),
            "new-owner" => (held.0, new.1),
            _ => held,
        };
        // Only the new one may be handed on.
        let shared = matches!(merged, "replaced" | "new-owner");
        cases.push(Case::good(
            &format!("room-key-merge/{id}"),
            "index and trust decide what is taken over",
            json!({
                "held": copy(&session, held.0, held.1, false),
                "new": copy(&session, new.0, new.1, true),
            }),
            json!({
                "merged": merged,
                "first_known_index": ratchet,
                "trust": ROWS[owner],
                "imported": owner == 0,
                "shared_history": shared,
            }),
            &[],
        ));
    }
    let mut other = session.clone();
    other.ratchet.parts = [0, 1, 2, 3].map(|part| draw32(&format!("events other ratchet {part}")));
    for (id, held, new) in [
        ("other-ratchet", (5, 3), (5, 4)),
        ("other-ratchet-earlier", (5, 0), (0, 4)),
        ("other-ratchet-later", (5, 3), (9, 4)),
    ] {
        cases.push(Case::bad(
            &format!("room-key-merge/{id}"),
            "the ratchets do not meet",
            json!({
                "held": copy(&session, held.0, held.1, false),
                "new": copy(&other, new.0, new.1, false),
            }),
            "merge.unconnected",
            &["unknown-key-share"],
        ));
    }
    for (id, member, value) in [
        (
            "other-curve25519",
            "curve25519",
            Device::alice().curve25519(),
        ),
        ("other-ed25519", "ed25519", Device::alice().ed25519()),
    ] {
        let mut new = copy(&session, 0, 4, true);
        new["owner"][member] = json!(value);
        cases.push(Case::bad(
            &format!("room-key-merge/{id}"),
            "a member claims a session of another, however early, however trusted",
            json!({"held": copy(&session, 5, 0, false), "new": new}),
            "merge.other-owner",
            &["unknown-key-share"],
        ));
    }
    cases
}
