//! Rotation of a session, and why an event cannot be decrypted.

use serde_json::{Value, json};

use crate::format::{Case, Group};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("rotation", "rotation", json!({}), rotation()),
        Group::new(
            "rotation: memberships",
            "rotation",
            json!({"age_ms": 0, "messages": 0}),
            memberships(),
        ),
        Group::new(
            "rotation: history visibility",
            "rotation",
            json!({"age_ms": 0, "messages": 0}),
            visibilities(),
        ),
        Group::new("why not", "undecryptable", json!({}), reasons()),
    ]
}

fn due(id: &str, comment: &str, inputs: Value, reason: Option<&str>) -> Case {
    let expected = json!({"due": reason});
    Case::good(&format!("rotation/{id}"), comment, inputs, expected, &[])
}

fn rotation() -> Vec<Case> {
    let week = 604_800_000_u64;
    let hour = 3_600_000_u64;
    let case = |id: &str, age: u64, messages: u64, room: Value, reason| {
        let inputs = json!({"age_ms": age, "messages": messages, "room": room.to_string()});
        due(id, "by age and messages", inputs, reason)
    };
    let (age, many) = (Some("age"), Some("messages"));
    vec![
        case("new", 0, 0, json!({}), None),
        case("almost", week - 1, 99, json!({}), None),
        case("a-week", week, 0, json!({}), age),
        case("100-messages", 0, 100, json!({}), many),
        case(
            "room-age",
            2 * hour,
            0,
            json!({"rotation_period_ms": 2 * hour}),
            age,
        ),
        case(
            "room-age-almost",
            2 * hour - 1,
            0,
            json!({"rotation_period_ms": 2 * hour}),
            None,
        ),
        case(
            "room-messages",
            0,
            3,
            json!({"rotation_period_msgs": 3}),
            many,
        ),
        case(
            "room-messages-almost",
            0,
            2,
            json!({"rotation_period_msgs": 3}),
            None,
        ),
        case(
            "room-age-0",
            hour - 1,
            0,
            json!({"rotation_period_ms": 0}),
            None,
        ),
        case(
            "room-age-0-hour",
            hour,
            0,
            json!({"rotation_period_ms": 0}),
            age,
        ),
        case(
            "room-messages-0",
            0,
            0,
            json!({"rotation_period_msgs": 0}),
            None,
        ),
        case(
            "room-messages-0-one",
            0,
            1,
            json!({"rotation_period_msgs": 0}),
            many,
        ),
        case(
            "room-messages-many",
            0,
            10_000,
            json!({"rotation_period_msgs": 9_007_199_254_740_991_u64}),
            many,
        ),
        case(
            "room-age-text",
            week - 1,
            0,
            json!({"rotation_period_ms": "1"}),
            None,
        ),
        case(
            "room-age-negative",
            week - 1,
            0,
            json!({"rotation_period_ms": -1}),
            None,
        ),
    ]
}

fn memberships() -> Vec<Case> {
    let mut cases = Vec::new();
    for (before, now, left) in [
        ("join", "leave", true),
        ("join", "ban", true),
        ("invite", "leave", true),
        ("invite", "ban", true),
        ("leave", "ban", false),
        ("knock", "leave", false),
        ("leave", "invite", false),
        ("invite", "join", false),
        ("leave", "join", false),
        ("unknown", "leave", true),
        ("unknown", "ban", true),
        ("unknown", "invite", true),
        ("unknown", "knock", true),
        ("unknown", "join", false),
    ] {
        cases.push(due(
            &format!("{before}-to-{now}"),
            "somebody who may have the key is out; `unknown` is after a limited sync",
            json!({"before": before, "now": now}),
            left.then_some("member-left"),
        ));
    }
    cases
}

fn visibilities() -> Vec<Case> {
    let all = ["invited", "joined", "shared", "world_readable"];
    let shares = |visibility: &str| matches!(visibility, "shared" | "world_readable");
    let mut cases = Vec::new();
    for from in all {
        for to in all {
            cases.push(due(
                &format!("{}-to-{}", from.replace('_', "-"), to.replace('_', "-")),
                "history is shared now and was not, or the other way round",
                json!({"from": from, "to": to}),
                (shares(from) != shares(to)).then_some("history-visibility"),
            ));
        }
    }
    cases
}

/// What is found, and the state of things, to what is said.
fn reasons() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |id: &str, inputs: Value, reason: &str, remedies: &[&str]| {
        cases.push(Case::good(
            &format!("undecryptable/{id}"),
            "a code goes before membership, membership before age",
            inputs,
            json!({"reason": reason, "remedies": remedies}),
            &[],
        ));
    };
    let own = "request-from-own-devices";
    // Code, is the user outside, is the event older, backup, is the device verified.
    let no_key = |code: Value, outside: bool, older: bool, backup: &str, verified: bool| {
        json!({
            "found": "no-key", "code": code, "outside": outside, "older": older,
            "backup": backup, "verified": verified,
        })
    };
    let none = Value::Null;
    for (id, code, reason, remedies) in [
        (
            "unverified",
            "m.unverified",
            "excluded-by-sender",
            &["cross-sign-this-device"][..],
        ),
        (
            "no-olm",
            "m.no_olm",
            "no-olm-channel",
            &["new-olm-session", "upload-one-time-keys"],
        ),
        ("blacklisted", "m.blacklisted", "senders-decision", &[own]),
        ("unauthorised", "m.unauthorised", "senders-decision", &[own]),
        ("unavailable", "m.unavailable", "senders-decision", &[own]),
        (
            "custom-code",
            "org.example.custom",
            "senders-decision",
            &[own],
        ),
    ] {
        case(
            id,
            no_key(json!(code), true, true, "absent", false),
            reason,
            remedies,
        );
        let mut in_part = no_key(json!(code), true, true, "absent", false);
        in_part["found"] = json!("index-unknown");
        case(&format!("{id}-in-part"), in_part, reason, remedies);
    }
    let not_shared = || json!("m.history_not_shared");
    for (id, code) in [("no-key", none.clone()), ("not-shared", not_shared())] {
        case(
            &format!("{id}-outside"),
            no_key(code.clone(), true, true, "usable", true),
            "sent-while-outside",
            &[],
        );
        case(
            &format!("{id}-old-no-backup"),
            no_key(code.clone(), false, true, "absent", true),
            "history-gone",
            &[],
        );
        case(
            &format!("{id}-old-locked"),
            no_key(code, false, true, "unusable", false),
            "history-locked",
            &["verify-this-device"],
        );
    }
    for backup in ["absent", "unusable", "usable"] {
        case(
            &format!("no-key-new-{backup}"),
            no_key(none.clone(), false, false, backup, false),
            "not-here-yet",
            &["wait", "look-in-backup", own],
        );
        case(
            &format!("not-shared-new-{backup}"),
            no_key(not_shared(), false, false, backup, false),
            "history-not-shared",
            &[own],
        );
    }
    for (id, backup, verified) in [
        ("usable", "usable", false),
        ("usable-verified", "usable", true),
        ("unusable-verified", "unusable", true),
    ] {
        case(
            &format!("no-key-old-{id}"),
            no_key(none.clone(), false, true, backup, verified),
            "should-have-worked",
            &["look-in-backup", "report"],
        );
        case(
            &format!("not-shared-old-{id}"),
            no_key(not_shared(), false, true, backup, verified),
            "history-not-shared",
            &[own],
        );
    }
    let index = |outside, older, backup: &str| {
        let mut inputs = no_key(Value::Null, outside, older, backup, false);
        inputs["found"] = json!("index-unknown");
        inputs
    };
    case(
        "index-outside",
        index(true, false, "absent"),
        "sent-while-outside",
        &[],
    );
    case(
        "index-old-no-backup",
        index(false, true, "absent"),
        "history-gone",
        &[],
    );
    case(
        "index-old-locked",
        index(false, true, "unusable"),
        "history-locked",
        &["verify-this-device"],
    );
    for (id, inputs) in [
        ("index-new", index(false, false, "absent")),
        ("index-old-usable", index(false, true, "usable")),
    ] {
        case(id, inputs, "given-later", &["look-in-backup", own]);
    }
    for (found, reason, remedy) in [
        ("signature", "forged", "report"),
        ("mac", "forged", "report"),
        ("malformed", "attack-or-bug", "do-not-show"),
        ("wrong-room", "attack-or-bug", "do-not-show"),
        ("state-key", "attack-or-bug", "do-not-show"),
        ("replay", "attack-or-bug", "do-not-show"),
        (
            "identity-keys",
            "attack-or-bridge",
            "do-not-show-as-senders",
        ),
        ("sender", "attack-or-bridge", "do-not-show-as-senders"),
        (
            "untrusted-unknown-device",
            "unknown-device",
            "query-sender-devices",
        ),
        (
            "untrusted-device-info",
            "unsigned-device",
            "sender-cross-signs",
        ),
        (
            "untrusted-verification-violation",
            "verification-violation",
            "verify-or-withdraw",
        ),
    ] {
        let mut inputs = no_key(Value::Null, true, true, "absent", false);
        inputs["found"] = json!(found);
        case(found, inputs, reason, &[remedy]);
    }
    cases
}
