//! What the two sides agree on.

use serde_json::{Value, json};

use super::{HKDF, OLD, V2};
use crate::format::{Case, Group};

const MSC: &str = "org.matrix.msc3783.hkdf-hmac-sha256";
const FIRST: &str = "hkdf-hmac-sha256";
const OLDEST: &str = "hmac-sha256";

pub(super) fn groups() -> Vec<Group> {
    let given = json!({"start": start(&[]).to_string()});
    vec![
        Group::new(
            "the accepter chooses",
            "sas-choose",
            json!({"legacy": false}),
            chosen(),
        ),
        Group::new("the starter checks", "sas-check-accept", given, checked()),
    ]
}

/// A `start`, with some members changed.
fn start(changes: &[(&str, Value)]) -> Value {
    let mut start = json!({
        "method": "m.sas.v1",
        "key_agreement_protocols": [HKDF],
        "hashes": ["sha256"],
        "message_authentication_codes": [V2, FIRST],
        "short_authentication_string": ["decimal", "emoji"],
    });
    for (name, value) in changes {
        start[*name] = value.clone();
    }
    start
}

fn outputs(agreement: &str, mac: &str, strings: &[&str]) -> Value {
    json!({"key_agreement": agreement, "mac": mac, "strings": strings})
}

const BOTH: &[&str] = &["decimal", "emoji"];

fn chosen() -> Vec<Case> {
    let macs = "message_authentication_codes";
    let agreements = "key_agreement_protocols";
    let strings = "short_authentication_string";
    let good = [
        (
            "now",
            "what clients offer now",
            start(&[]),
            outputs(HKDF, V2, BOTH),
        ),
        (
            "v2-wins",
            "v2 wins wherever it stands",
            start(&[(macs, json!([OLDEST, FIRST, MSC, V2]))]),
            outputs(HKDF, V2, BOTH),
        ),
        (
            "old-name",
            "v2 under its older name",
            start(&[(macs, json!([FIRST, MSC]))]),
            outputs(HKDF, MSC, BOTH),
        ),
        (
            "first-mac",
            "the first MAC on HKDF",
            start(&[(macs, json!([FIRST, "x"]))]),
            outputs(HKDF, FIRST, BOTH),
        ),
        (
            "agreement",
            "the agreement on HKDF wins",
            start(&[(agreements, json!([OLD, HKDF]))]),
            outputs(HKDF, V2, BOTH),
        ),
        (
            "emoji",
            "a side with emoji alone",
            start(&[(strings, json!(["emoji"]))]),
            outputs(HKDF, V2, &["emoji"]),
        ),
        (
            "decimal",
            "a side with numbers alone",
            start(&[(strings, json!(["x", "decimal"]))]),
            outputs(HKDF, V2, &["decimal"]),
        ),
    ];
    let old = start(&[(macs, json!([OLDEST])), (agreements, json!([OLD]))]);
    let bad = [
        (
            "old-agreement",
            "the oldest agreement alone",
            start(&[(agreements, json!([OLD]))]),
        ),
        (
            "oldest-mac",
            "the oldest MAC alone",
            start(&[(macs, json!([OLDEST]))]),
        ),
        ("no-mac", "no MAC", start(&[(macs, json!([]))])),
        (
            "no-hash",
            "another hash",
            start(&[("hashes", json!(["md5"]))]),
        ),
        (
            "no-strings",
            "no string that we know",
            start(&[(strings, json!(["x"]))]),
        ),
        (
            "text",
            "a text in place of a list",
            start(&[(macs, json!(V2))]),
        ),
        ("empty", "no member", json!({})),
    ];
    let mut cases: Vec<Case> = good
        .into_iter()
        .map(|(id, comment, start, expected)| {
            let inputs = json!({"start": start.to_string()});
            Case::good(&format!("sas-choose/{id}"), comment, inputs, expected, &[])
        })
        .collect();
    cases.push(Case::good(
        "sas-choose/legacy",
        "the two oldest, asked for",
        json!({"start": old.to_string(), "legacy": true}),
        outputs(OLD, OLDEST, BOTH),
        &["downgrade"],
    ));
    cases.extend(bad.into_iter().map(|(id, comment, start)| {
        let inputs = json!({"start": start.to_string()});
        let id = format!("sas-choose/{id}");
        Case::bad(&id, comment, inputs, "no-common-method", &["downgrade"])
    }));
    cases
}

fn checked() -> Vec<Case> {
    let accept = |changes: &[(&str, Value)]| {
        let mut accept = json!({
            "method": "m.sas.v1",
            "key_agreement_protocol": HKDF,
            "hash": "sha256",
            "message_authentication_code": V2,
            "short_authentication_string": ["decimal", "emoji"],
            "commitment": "",
        });
        for (name, value) in changes {
            accept[*name] = value.clone();
        }
        accept
    };
    let strings = "short_authentication_string";
    let good = [
        (
            "best",
            "the best of all",
            accept(&[]),
            outputs(HKDF, V2, BOTH),
        ),
        (
            "first-mac",
            "the other MAC that was offered",
            accept(&[("message_authentication_code", json!(FIRST))]),
            outputs(HKDF, FIRST, BOTH),
        ),
        (
            "emoji",
            "emoji alone",
            accept(&[(strings, json!(["emoji"]))]),
            outputs(HKDF, V2, &["emoji"]),
        ),
    ];
    let bad = [
        (
            "agreement",
            "an agreement that was not offered",
            accept(&[("key_agreement_protocol", json!(OLD))]),
        ),
        (
            "hash",
            "a hash that was not offered",
            accept(&[("hash", json!("md5"))]),
        ),
        (
            "mac",
            "a MAC that was not offered",
            accept(&[("message_authentication_code", json!(OLDEST))]),
        ),
        (
            "strings",
            "a string that was not offered beside one that was",
            accept(&[(strings, json!(["emoji", "x"]))]),
        ),
        ("no-strings", "no string", accept(&[(strings, json!([]))])),
        ("null", "nothing chosen", accept(&[("hash", Value::Null)])),
    ];
    let good = good.into_iter().map(|(id, comment, accept, expected)| {
        let inputs = json!({"accept": accept.to_string()});
        Case::good(&format!("sas-accept/{id}"), comment, inputs, expected, &[])
    });
    let bad = bad.into_iter().map(|(id, comment, accept)| {
        let inputs = json!({"accept": accept.to_string()});
        let id = format!("sas-accept/{id}");
        Case::bad(&id, comment, inputs, "no-common-method", &["downgrade"])
    });
    good.chain(bad).collect()
}
