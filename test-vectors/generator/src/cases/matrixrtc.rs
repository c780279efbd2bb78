//! MatrixRTC: names of members, messages with keys, and when a key changes.

use serde_json::{Value, json};

use crate::{
    crypto::sha256,
    draw::draw,
    format::{Case, File, Group, Step},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    File::new(
        "MatrixRTC: names of members in LiveKit, to-device messages with keys in both forms, \
         and the rotation of our own key.",
        vec![
            Group::new("names", "matrixrtc-identity", json!({}), names()),
            Group::new(
                "messages written",
                "matrixrtc-content",
                json!({}),
                written(),
            ),
            Group::new(
                "messages read",
                "matrixrtc-key",
                json!({"room": ROOM, "user": USER, "device": "DEVICE", "cross_signed": true}),
                read(),
            ),
            Group::new("our own key", "matrixrtc-rotation", json!({}), rotations()),
        ],
    )
}

const ROOM: &str = "!room:example.org";
const USER: &str = "@alice:example.org";
const DEPLOYED: &str = "io.element.call.encryption_keys";
const MSC: &str = "org.matrix.msc4143.rtc.encryption_key";

fn names() -> Vec<Case> {
    let mut cases = vec![Case::good(
        "matrixrtc-identity/legacy",
        "of a legacy state event",
        json!({"user": USER, "device": "DEVICE"}),
        json!({"identity": "@alice:example.org:DEVICE"}),
        &[],
    )];
    for (id, device, member, text) in [
        (
            "sticky",
            "DEVICE",
            "xyz",
            r#"["@alice:example.org","DEVICE","xyz"]"#,
        ),
        (
            "quotes",
            "DE\"VICE",
            "a\\b",
            r#"["@alice:example.org","DE\"VICE","a\\b"]"#,
        ),
        (
            "controls",
            "DEVICE",
            "a\nb\u{1}\u{7f}",
            "[\"@alice:example.org\",\"DEVICE\",\"a\\nb\\u0001\u{7f}\"]",
        ),
        (
            "not-ascii",
            "DEVICE",
            "\u{e9}/\u{1f600}",
            "[\"@alice:example.org\",\"DEVICE\",\"\u{e9}/\u{1f600}\"]",
        ),
        ("empty", "", "", r#"["@alice:example.org","",""]"#),
    ] {
        cases.push(Case::good(
            &format!("matrixrtc-identity/{id}"),
            &format!("SHA-256 of {text}"),
            json!({"user": USER, "device": device, "member": member}),
            json!({"identity": base64(&sha256(&[text.as_bytes()]))}),
            &[],
        ));
    }
    cases
}

fn key(length: usize) -> Vec<u8> {
    draw("matrixrtc key", length)
}

/// With padding, which 16 bytes need.
fn padded(bytes: &[u8]) -> String {
    let text = base64(bytes);
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}

fn deployed(index: u8) -> String {
    format!(
        r#"{{"keys":{{"index":{index},"key":"{}"}},"member":{{"claimed_device_id":"DEVICE","id":"member-1"}},"room_id":"{ROOM}","sent_ts":1234,"session":{{"application":"m.call","call_id":"","scope":"m.room"}}}}"#,
        padded(&key(16))
    )
}

fn draft(index: u8) -> String {
    format!(
        r#"{{"format":0,"media_key":{{"index":{index},"key":"{}"}},"member_id":"member-1","room_id":"{ROOM}"}}"#,
        base64(&key(32))
    )
}

fn written() -> Vec<Case> {
    [
        ("deployed", DEPLOYED, 16, 0, deployed(0)),
        ("deployed-last-index", DEPLOYED, 16, 255, deployed(255)),
        ("msc4143", MSC, 32, 7, draft(7)),
    ]
    .into_iter()
    .map(|(id, event_type, length, index, content)| {
        Case::good(
            &format!("matrixrtc-content/{id}"),
            "the content as canonical JSON",
            json!({
                "event_type": event_type,
                "room": ROOM,
                "user": USER,
                "device": "DEVICE",
                "member": "member-1",
                "index": index,
                "key": hex(&key(length)),
                "now": 1234,
            }),
            json!({"content": content}),
            &[],
        )
    })
    .collect()
}

fn read() -> Vec<Case> {
    let inputs =
        |event_type: &str, content: &str| json!({"event_type": event_type, "content": content});
    let good =
        |id: &str, comment: &str, event_type, content: &str, index: u8, length, member: &str| {
            Case::good(
                &format!("matrixrtc-key/{id}"),
                comment,
                inputs(event_type, content),
                json!({"index": index, "key": hex(&key(length)), "member": member}),
                &[],
            )
        };
    let (old, new) = (deployed(3), draft(255));
    let (text, long) = (padded(&key(16)), base64(&key(32)));
    let own = "@alice:example.org:DEVICE";
    let mut cases = vec![
        good(
            "deployed",
            "what Element Call sends",
            DEPLOYED,
            &old,
            3,
            16,
            "member-1",
        ),
        good(
            "deployed-unpadded",
            "a key without padding",
            DEPLOYED,
            &old.replace("==", ""),
            3,
            16,
            "member-1",
        ),
        good(
            "deployed-32-bytes",
            "a key of 32 bytes",
            DEPLOYED,
            &old.replace(&text, &padded(&key(32))),
            3,
            32,
            "member-1",
        ),
        good(
            "no-member-id",
            "a missing id stands for user and device",
            DEPLOYED,
            &old.replace(r#","id":"member-1""#, ""),
            3,
            16,
            own,
        ),
        good(
            "no-member",
            "so does a missing member",
            DEPLOYED,
            &old.replace(
                r#""member":{"claimed_device_id":"DEVICE","id":"member-1"},"#,
                "",
            ),
            3,
            16,
            own,
        ),
        good(
            "msc4143",
            "the draft's form",
            MSC,
            &new,
            255,
            32,
            "member-1",
        ),
        good(
            "msc4143-stable",
            "under its stable name",
            "m.rtc.encryption_key",
            &new,
            255,
            32,
            "member-1",
        ),
        good(
            "msc4143-padded",
            "a key with padding",
            MSC,
            &new.replace(&long, &padded(&key(32))),
            255,
            32,
            "member-1",
        ),
    ];
    let mut bad = |id: &str, comment: &str, event_type, content: &str, class, flags: &[&str]| {
        cases.push(Case::bad(
            &format!("matrixrtc-key/{id}"),
            comment,
            inputs(event_type, content),
            class,
            flags,
        ));
    };
    let changed = |from: &str, to: &str| old.replacen(from, to, 1);
    bad(
        "other-type",
        "an event of another type",
        "m.room_key",
        &old,
        "call-key.type",
        &[],
    );
    bad(
        "other-form",
        "one form under the name of the other",
        MSC,
        &old,
        "call-key.field",
        &["wrong-kind"],
    );
    bad(
        "other-room",
        "a key for another room",
        DEPLOYED,
        &changed("!room:", "!other:"),
        "call-key.room",
        &["wrong-context"],
    );
    bad(
        "no-room",
        "a key for no room",
        DEPLOYED,
        &changed("room_id", "room"),
        "call-key.room",
        &["wrong-context"],
    );
    bad(
        "other-device",
        "it claims another device than Olm has shown",
        DEPLOYED,
        &changed("DEVICE", "OTHER"),
        "call-key.device",
        &["unknown-key-share"],
    );
    bad(
        "claimed-number",
        "the claimed device is no text",
        DEPLOYED,
        &changed("\"DEVICE\"", "1"),
        "call-key.field",
        &[],
    );
    bad(
        "member-number",
        "the member's id is no text",
        DEPLOYED,
        &changed("\"member-1\"", "1"),
        "call-key.field",
        &[],
    );
    for (id, index) in [
        ("256", "256"),
        ("negative", "-1"),
        ("fraction", "3.5"),
        ("text", "\"3\""),
        ("null", "null"),
    ] {
        bad(
            &format!("index-{id}"),
            "an index that is none of 0 to 255",
            DEPLOYED,
            &changed(":3,", &format!(":{index},")),
            "call-key.field",
            &[],
        );
    }
    bad(
        "list",
        "the room event of the past: a list of keys",
        DEPLOYED,
        &changed(&format!(r#"{{"index":3,"key":"{text}"}}"#), "[]"),
        "call-key.field",
        &["wrong-kind"],
    );
    for (id, length) in [("15-bytes", 15), ("33-bytes", 33), ("no-bytes", 0)] {
        bad(
            id,
            "a key that is too short or too long",
            DEPLOYED,
            &changed(&text, &padded(&key(length))),
            "call-key.key",
            &[],
        );
    }
    let last = text.trim_end_matches('=');
    for (id, comment, wrong) in [
        ("half-padded", "one `=` of two", format!("{last}=")),
        (
            "url-alphabet",
            "the URL alphabet",
            format!("-_{}", &text[2..]),
        ),
        ("space", "a space inside", format!(" {}", &text[1..])),
        (
            "last-bits",
            "unused last bits that are not zero",
            format!("{}B==", &last[..21]),
        ),
    ] {
        bad(
            id,
            comment,
            DEPLOYED,
            &changed(&text, &wrong),
            "call-key.key",
            &["base64"],
        );
    }
    bad(
        "duplicate-key",
        "the same member twice",
        DEPLOYED,
        &changed(r#""index":3"#, r#""index":3,"index":4"#),
        "format.json",
        &[],
    );
    bad(
        "not-an-object",
        "a list",
        DEPLOYED,
        "[]",
        "format.json",
        &[],
    );
    bad(
        "cut",
        "the end is missing",
        DEPLOYED,
        &old[..old.len() - 1],
        "format.json",
        &["truncated"],
    );
    bad(
        "msc4143-format",
        "another format",
        MSC,
        &new.replacen("\"format\":0", "\"format\":1", 1),
        "call-key.field",
        &["version"],
    );
    bad(
        "msc4143-no-format",
        "no format",
        MSC,
        &new.replacen("\"format\":0,", "", 1),
        "call-key.field",
        &["version"],
    );
    bad(
        "msc4143-16-bytes",
        "a key of 16 bytes",
        MSC,
        &new.replacen(&long, &base64(&key(16)), 1),
        "call-key.key",
        &[],
    );
    bad(
        "msc4143-no-member",
        "no member",
        MSC,
        &new.replacen("member_id", "member", 1),
        "call-key.field",
        &[],
    );
    let mut unsigned = inputs(MSC, &new);
    unsigned["cross_signed"] = json!(false);
    cases.push(Case::bad(
        "matrixrtc-key/msc4143-not-cross-signed",
        "the device is not signed by its owner",
        unsigned,
        "call-key.not-cross-signed",
        &[],
    ));
    cases
}

/// A story of our own key: events with their times, and what is to be done.
struct Story {
    draws: usize,
    steps: Vec<Step>,
    current: Value,
}

impl Story {
    fn new() -> Self {
        Self {
            draws: 0,
            steps: Vec::new(),
            current: Value::Null,
        }
    }

    fn key(number: usize) -> Vec<u8> {
        draw(&format!("rotation key {number}"), 16)
    }

    /// An event at a time. `actions` are `use 0` and `send 0 to a b`; a round draws.
    fn event(
        mut self,
        operation: &str,
        now: u64,
        members: Option<&[(&str, u64)]>,
        draws: bool,
        actions: &[&str],
    ) -> Self {
        let mut inputs = json!({"now": now});
        if let Some(members) = members {
            inputs["members"] = members
                .iter()
                .map(|(name, since)| json!({"user": format!("@{name}:example.org"), "device": "DEVICE", "created": since}))
                .collect();
        }
        let random = if draws {
            self.draws += 1;
            Self::key(self.draws - 1)
        } else {
            Vec::new()
        };
        inputs["random"] = json!(hex(&random));
        for action in actions {
            if let Some(index) = action.strip_prefix("use ") {
                self.current = json!(index.parse::<u8>().expect("an index"));
            }
        }
        let outputs = json!({"actions": actions, "current": self.current});
        self.steps.push(Step::good(operation, inputs, outputs));
        self
    }

    fn members(self, now: u64, members: &[(&str, u64)], draws: bool, actions: &[&str]) -> Self {
        self.event("members", now, Some(members), draws, actions)
    }

    fn case(self, id: &str, comment: &str, period: Option<u64>) -> Case {
        Case::good(
            &format!("matrixrtc-rotation/{id}"),
            comment,
            json!({"user": "@own:example.org", "device": "DEVICE", "period": period}),
            json!({}),
            &[],
        )
        .with_steps(self.steps)
    }
}

fn rotations() -> Vec<Case> {
    let (a, b, c) = (("a", 1), ("b", 1), ("c", 1));
    vec![
        Story::new()
            .members(0, &[a, b, ("own", 1)], true, &["use 0", "send 0 to a b"])
            .event("sent", 100, None, false, &[])
            .case(
                "first",
                "the first key is used at once, and not sent to ourselves",
                None,
            ),
        Story::new()
            .members(0, &[a], true, &["use 0", "send 0 to a"])
            .event("sent", 10, None, false, &[])
            .members(9_999, &[a, b], true, &["send 0 to b"])
            .event("sent", 9_999, None, false, &[])
            .members(10_000, &[a, b, c], true, &["send 1 to a b c"])
            .event("sent", 10_050, None, false, &[])
            .event("tick", 11_049, None, false, &[])
            .event("tick", 11_050, None, false, &["use 1"])
            .case(
                "joined",
                "within the grace period of 10 s, and after it",
                None,
            ),
        Story::new()
            .members(0, &[a, b], true, &["use 0", "send 0 to a b"])
            .event("sent", 10, None, false, &[])
            .members(20, &[b], true, &["send 1 to b"])
            .event("sent", 30, None, false, &[])
            .members(40, &[], true, &[])
            .event("tick", 1_030, None, false, &["use 1"])
            .event("tick", 1_040, None, false, &["use 2"])
            .case("left", "a new key, even when nobody is left", None),
        Story::new()
            .members(0, &[a, b], true, &["use 0", "send 0 to a b"])
            .event("sent", 10, None, false, &[])
            .members(600, &[("a", 500), b], true, &["send 0 to a"])
            .event("sent", 610, None, false, &[])
            .members(620, &[("a", 500), b], true, &[])
            .case("again", "another timestamp: joined, not left", None),
        Story::new()
            .members(0, &[a], true, &["use 0", "send 0 to a"])
            .members(1, &[a, b], false, &[])
            .members(2, &[b], false, &[])
            .event("sent", 3, None, true, &["send 1 to b"])
            .event("sent", 4, None, false, &[])
            .event("tick", 1_004, None, false, &["use 1"])
            .case(
                "meanwhile",
                "what changes while a key is sent makes one more round",
                None,
            ),
        Story::new()
            .members(0, &[a, b], true, &["use 0", "send 0 to a b"])
            .event("sent", 10, None, false, &[])
            .members(20, &[b], true, &["send 1 to b"])
            .event("not-sent", 30, None, false, &[])
            .event("tick", 1_029, None, false, &[])
            .event("tick", 1_030, None, true, &["send 1 to b"])
            .event("not-sent", 20_000, None, false, &[])
            .members(20_001, &[b, c], true, &["send 1 to b c"])
            .event("not-sent", 20_002, None, false, &[])
            .members(20_003, &[b], true, &["send 2 to b"])
            .event("sent", 20_004, None, false, &[])
            .event("tick", 21_004, None, false, &["use 2"])
            .case(
                "not-sent",
                "what was not sent is sent again and not used; who may have it and left makes \
                 another one",
                None,
            ),
        Story::new()
            .members(0, &[a], true, &["use 0", "send 0 to a"])
            .event("sent", 10, None, false, &[])
            .event("tick", 59_999, None, false, &[])
            .event("tick", 60_000, None, true, &["send 1 to a"])
            .event("sent", 60_010, None, false, &[])
            .event("tick", 61_010, None, false, &["use 1"])
            .case("period", "a key is replaced after its period", Some(60_000)),
    ]
}
