//! Canonical JSON and signed objects.

use core::fmt::Write as _;

use serde_json::{Value, json};

use crate::{crypto::Signer, text::base64};

/// The canonical form of a value whose numbers are integers of 53 bits.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => {
            let number = number.as_i64().expect("an integer");
            assert!(number.unsigned_abs() < 1 << 53, "an integer of 53 bits");
            number.to_string()
        }
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_bytes());
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, value)| format!("{}:{}", string(key), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn string(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\u{8}' => out.push_str(r"\b"),
            '\u{9}' => out.push_str(r"\t"),
            '\u{a}' => out.push_str(r"\n"),
            '\u{c}' => out.push_str(r"\f"),
            '\u{d}' => out.push_str(r"\r"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// What is signed of an object.
pub(crate) fn signed_bytes(object: &Value) -> String {
    let mut members = object.as_object().expect("an object").clone();
    members.retain(|key, _| key != "signatures" && key != "unsigned");
    canonical(&Value::Object(members))
}

/// The object with one more signature.
pub(crate) fn sign(mut object: Value, user: &str, key_id: &str, signer: &Signer) -> Value {
    let signature = base64(&signer.sign(signed_bytes(&object).as_bytes()));
    object["signatures"][user][key_id] = json!(signature);
    object
}
