//! Verification by short authentication strings (`m.sas.v1`).

mod macs;
mod messages;

use serde_json::{Value, json};

use super::bad_base64;
use crate::{
    crypto::{Pair, Signer, hkdf, near_p, sha256, small_order_u},
    format::{Case, File, Group},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    let mut groups = vec![
        Group::new(
            "the accepter's commitment to its key",
            "sas-commitment",
            json!({"secret": hex(&Talk::new(HKDF).accepter.pair.secret)}),
            commitments(),
        ),
        Group::new("what both screens show", "sas-show", json!({}), shown()),
        Group::new(
            "keys that do not fit the commitment",
            "sas-show",
            Talk::new(HKDF).given(true),
            wrong_commitments(),
        ),
        Group::new(
            "keys that cannot be used",
            "sas-show",
            Talk::new(HKDF).given(false),
            wrong_keys(),
        ),
    ];
    groups.extend(macs::groups());
    groups.extend(messages::groups());
    File::new(
        "Verification by emoji and numbers: commitment, strings, MACs and what is negotiated. \
         Keys are base64; contents are JSON texts.",
        groups,
    )
}

const HKDF: &str = "curve25519-hkdf-sha256";
const OLD: &str = "curve25519";
const V2: &str = "hkdf-hmac-sha256.v2";

/// One side.
struct Side {
    user: &'static str,
    device: &'static str,
    pair: Pair,
    key: String,
    master: String,
}

impl Side {
    fn new(user: &'static str, device: &'static str) -> Self {
        let drawn = |what| base64(&Signer::drawn(&format!("sas {user} {device} {what}")).public);
        Self {
            user,
            device,
            pair: Pair::drawn(&format!("sas {user} {device}")),
            key: drawn("device"),
            master: base64(&Signer::drawn(&format!("sas {user} master")).public),
        }
    }

    fn public(&self) -> String {
        base64(&self.pair.public)
    }

    fn json(&self) -> Value {
        json!({"user": self.user, "device": self.device, "key": self.key, "master": self.master})
    }
}

/// Both sides.
struct Talk {
    starter: Side,
    accepter: Side,
    flow: &'static str,
    agreement: &'static str,
}

/// A `start`, and its canonical form.
const START: (&str, &str) = (
    r#"{"method": "m.sas.v1", "from_device": "AAAA", "transaction_id": "flow"}"#,
    r#"{"from_device":"AAAA","method":"m.sas.v1","transaction_id":"flow"}"#,
);

impl Talk {
    fn new(agreement: &'static str) -> Self {
        Self {
            starter: Side::new("@alice:example.org", "AAAA"),
            accepter: Side::new("@bob:example.org", "BBBB"),
            flow: "flow",
            agreement,
        }
    }

    fn shared(&self) -> [u8; 32] {
        self.starter.pair.shared(&self.accepter.pair.public)
    }

    fn show(&self) -> Value {
        let (s, a) = (&self.starter, &self.accepter);
        let (s_key, a_key) = (s.public(), a.public());
        let info = if self.agreement == HKDF {
            let parts = [
                "MATRIX_KEY_VERIFICATION_SAS",
                s.user,
                s.device,
                &s_key,
                a.user,
                a.device,
                &a_key,
                self.flow,
            ];
            parts.join("|")
        } else {
            let names = [s.user, s.device, a.user, a.device, self.flow].concat();
            format!("MATRIX_KEY_VERIFICATION_SAS{names}")
        };
        strings(&hkdf(&[0; 32], &self.shared(), info.as_bytes(), 6))
    }

    /// The inputs of one side.
    fn given(&self, starts: bool) -> Value {
        let (ours, theirs) = if starts {
            (&self.starter, &self.accepter)
        } else {
            (&self.accepter, &self.starter)
        };
        let mut given = json!({
            "role": if starts { "starter" } else { "accepter" },
            "key_agreement": self.agreement,
            "ours": ours.json(),
            "theirs": theirs.json(),
            "flow_id": self.flow,
            "secret": hex(&ours.pair.secret),
            "their_key": theirs.public(),
        });
        if starts {
            given["start"] = json!(START.0);
            given["commitment"] = json!(commitment(&theirs.public(), START.1));
        }
        given
    }
}

/// Six bits an emoji, thirteen a number, cut from a string of bits.
fn strings(bytes: &[u8]) -> Value {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let cut = |count: usize, width: usize| -> Vec<u32> {
        (0..count)
            .map(|at| &bits[at * width..(at + 1) * width])
            .map(|part| u32::from_str_radix(part, 2).expect("bits"))
            .collect()
    };
    let decimals: Vec<u32> = cut(3, 13).iter().map(|number| number + 1000).collect();
    json!({"emoji": cut(7, 6), "decimals": decimals})
}

fn commitment(public_key: &str, canonical: &str) -> String {
    base64(&sha256(&[public_key.as_bytes(), canonical.as_bytes()]))
}

fn commitments() -> Vec<Case> {
    let key = Talk::new(HKDF).accepter.public();
    let good = |(id, comment, start, canonical): (&str, &str, &str, &str)| {
        Case::good(
            &format!("sas-commitment/{id}"),
            comment,
            json!({"start": start}),
            json!({"public_key": key, "commitment": commitment(&key, canonical)}),
            &[],
        )
    };
    let bad = |(id, comment, start, error): (&str, &str, &str, &str)| {
        let id = format!("sas-commitment/{id}");
        Case::bad(&id, comment, json!({"start": start}), error, &["json"])
    };
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let good_starts = [
        ("to-device", "a transaction id is hashed", START.0, START.1),
        ("empty", "no member at all", "{}", "{}"),
        (
            "in-a-room",
            "in a room the relation is hashed, and there is no transaction id",
            r#"{"m.relates_to":{"rel_type":"m.reference","event_id":"$event"},"method":"m.sas.v1"}"#,
            r#"{"m.relates_to":{"event_id":"$event","rel_type":"m.reference"},"method":"m.sas.v1"}"#,
        ),
        (
            "unknown-members",
            "what nobody here knows is hashed, too",
            r#"{"method":"m.sas.v1","org.example.new":[null,true,{"b":1,"a":2}]}"#,
            r#"{"method":"m.sas.v1","org.example.new":[null,true,{"a":2,"b":1}]}"#,
        ),
        (
            "escapes-and-numbers",
            "escapes and integers are hashed in their one form",
            r#"{"\u0062":"\u00e9\/\u0007","a":1e2,"c":-0}"#,
            "{\"a\":100,\"b\":\"\u{e9}/\\u0007\",\"c\":0}",
        ),
        (
            "order-of-code-points",
            "keys are sorted by code point, not by UTF-16",
            "{\"\u{1f98e}\":1,\"\u{ff5e}\":2}",
            "{\"\u{ff5e}\":2,\"\u{1f98e}\":1}",
        ),
    ];
    let bad_starts = [
        (
            "fraction",
            "a number that is no integer",
            r#"{"a":1.5}"#,
            "json.number",
        ),
        ("large", "2^53", r#"{"a":9007199254740992}"#, "json.number"),
        (
            "twice",
            "a key twice",
            r#"{"a":1,"\u0061":1}"#,
            "json.duplicate-key",
        ),
        (
            "surrogate",
            "half of a surrogate pair",
            r#"{"a":"\ud800"}"#,
            "json.syntax",
        ),
        (
            "behind",
            "something behind the object",
            "{} {}",
            "json.syntax",
        ),
        ("array", "no object", "[]", "json.not-an-object"),
        (
            "deep",
            "500 arrays inside each other",
            deep.as_str(),
            "json.depth",
        ),
    ];
    good_starts
        .into_iter()
        .map(good)
        .chain(bad_starts.into_iter().map(bad))
        .collect()
}

fn shown() -> Vec<Case> {
    let mut cases = Vec::new();
    for agreement in [HKDF, OLD] {
        let two_users = Talk::new(agreement);
        let swapped = Talk {
            starter: Side::new("@bob:example.org", "BBBB"),
            accepter: Side::new("@alice:example.org", "AAAA"),
            ..Talk::new(agreement)
        };
        let in_a_room = Talk {
            flow: "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg",
            ..Talk::new(agreement)
        };
        let one_user = Talk {
            accepter: Side::new("@alice:example.org", "CCCC"),
            ..Talk::new(agreement)
        };
        for (name, talk) in [
            ("two-users", two_users),
            ("the-other-starts", swapped),
            ("in-a-room", in_a_room),
            ("one-user", one_user),
        ] {
            for starts in [true, false] {
                let inputs = talk.given(starts);
                let role = if starts { "starter" } else { "accepter" };
                cases.push(Case::good(
                    &format!("sas-show/{name}-{agreement}-{role}"),
                    "both roles show the same",
                    inputs,
                    talk.show(),
                    &[],
                ));
            }
        }
    }
    let talk = Talk::new(HKDF);
    let padded = format!("{}=", talk.accepter.public());
    let mut inputs = talk.given(true);
    inputs["commitment"] = json!(commitment(&padded, START.1));
    inputs["their_key"] = json!(padded);
    cases.push(Case::good(
        "sas-show/padded-key",
        "a key with padding: the commitment is over the text as it came, the strings over the \
         key without",
        inputs,
        talk.show(),
        &["base64"],
    ));
    cases
}

fn wrong_commitments() -> Vec<Case> {
    let talk = Talk::new(HKDF);
    let key = talk.accepter.public();
    let mut flipped = sha256(&[key.as_bytes(), START.1.as_bytes()]);
    flipped[31] ^= 1;
    let good = commitment(&key, START.1);
    [
        ("last-bit", "one bit is another", base64(&flipped)),
        (
            "other-key",
            "to another key",
            commitment(&talk.starter.public(), START.1),
        ),
        ("other-start", "over another start", commitment(&key, "{}")),
        (
            "not-canonical",
            "over the text, not its canonical form",
            commitment(&key, START.0),
        ),
        (
            "key-as-bytes",
            "over the bytes of the key, not its text",
            base64(&sha256(&[&talk.accepter.pair.public, START.1.as_bytes()])),
        ),
        (
            "hex",
            "as hex",
            hex(&sha256(&[key.as_bytes(), START.1.as_bytes()])),
        ),
        ("empty", "nothing", String::new()),
        ("short", "31 bytes", good[..41].to_owned()),
    ]
    .into_iter()
    .map(|(id, comment, commitment)| {
        Case::bad(
            &format!("sas-show/commitment-{id}"),
            comment,
            json!({"commitment": commitment}),
            "authentication.commitment",
            &["mac"],
        )
    })
    .collect()
}

fn wrong_keys() -> Vec<Case> {
    let talk = Talk::new(HKDF);
    let ours = talk.accepter.pair.public;
    let mut ours_otherwise = ours;
    ours_otherwise[31] |= 0x80;
    let mut keys = Vec::new();
    for (name, u) in small_order_u() {
        let comment = "the shared secret would be zero, or the key is no canonical one";
        let id = format!("small-order-{name}");
        keys.push((id, comment, base64(&u), "small-order"));
    }
    for (id, comment, bytes) in [
        ("our-own", "our own key comes back", ours.to_vec()),
        (
            "our-own-top-bit",
            "our own key with the ignored bit set",
            ours_otherwise.to_vec(),
        ),
        ("not-reduced", "u of p and more", near_p(0xff).to_vec()),
        ("31-bytes", "31 bytes", ours[..31].to_vec()),
        ("33-bytes", "33 bytes", [&ours[..], &[0]].concat()),
        ("empty", "nothing", Vec::new()),
    ] {
        keys.push((id.to_owned(), comment, base64(&bytes), "non-canonical"));
    }
    for (id, comment, text) in bad_base64(&talk.starter.public()) {
        if id != "padded" {
            keys.push((format!("text-{id}"), comment, text, "base64"));
        }
    }
    keys.into_iter()
        .map(|(id, comment, key, flag)| {
            Case::bad(
                &format!("sas-show/key-{id}"),
                comment,
                json!({"their_key": key}),
                "key",
                &[flag],
            )
        })
        .collect()
}
