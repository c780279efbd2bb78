//! Reading, through serde_json.
//!
//! serde_json turns every number that is no 64-bit integer into a float, which
//! forgets what was written, and `arbitrary_precision`, which would not, changes
//! serde_json for the whole program that links this library. So its raw values
//! are used: each value is found as text first and then taken apart one level
//! at a time. A byte is looked at once for each level that it stands in, at most
//! [`MAX_DEPTH`] times.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{error::JsonError, number::Number, object::Object, value::Value};

/// How many arrays and objects may stand inside each other.
pub const MAX_DEPTH: usize = 127;

pub(super) fn value(json: &[u8]) -> Result<Value, JsonError> {
    let text = core::str::from_utf8(json).map_err(|_| JsonError::NotUtf8)?;
    read(from_str(text)?, MAX_DEPTH)
}

fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|_| JsonError::Syntax)
}

/// Reads a value that has `depth` levels to spend.
fn read(raw: &RawValue, depth: usize) -> Result<Value, JsonError> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
            let mut object = Object::new();
            for (key, raw) in from_str::<Members<'_>>(text)?.0 {
                let value = read(raw, depth)?;
                if object.0.insert(key, value).is_some() {
                    return Err(JsonError::DuplicateKey);
                }
            }
            Value::Object(object)
        }
        Some(b'[') => {
            let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
            from_str::<Vec<&RawValue>>(text)?
                .into_iter()
                .map(|raw| read(raw, depth))
                .collect::<Result<_, _>>()
                .map(Value::Array)?
        }
        Some(b'"') => Value::String(from_str(text)?),
        Some(b't' | b'f') => Value::Bool(from_str(text)?),
        Some(b'n') => Value::Null,
        _ => Value::Number(Number::parse(text)?),
    })
}

/// The members of an object in the order of the text, keys unescaped.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn depth_is_counted_in_arrays_and_objects() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            value(nested(MAX_DEPTH + 1).as_bytes()),
            Err(JsonError::TooDeep)
        );
        let bomb = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
        assert_eq!(value(bomb.as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(
            value("[".repeat(1_000_000).as_bytes()),
            Err(JsonError::Syntax)
        );
    }

    #[test]
    fn a_key_stands_once_however_it_is_written() {
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"b":{"x":0,"x":0}}]"#,
        ] {
            assert_eq!(
                value(json.as_bytes()),
                Err(JsonError::DuplicateKey),
                "{json}"
            );
        }
    }

    #[test]
    fn every_value_of_the_text_is_read() {
        let json = r#" {"b": [true, false, null, "\u00e9\n", -1.5e3], "a": {}} "#;
        assert_eq!(
            value(json.as_bytes()).unwrap().to_string(),
            "{\"a\":{},\"b\":[true,false,null,\"é\\n\",-1500]}"
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for json in [
            "",
            " ",
            "{",
            "{}x",
            "{} {}",
            "{'a':1}",
            "{\"a\":1,}",
            "[1,]",
            "nul",
            "tru",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "{\"\\ud800\":1}",
            "\"\u{1}\"",
            "\"a\nb\"",
            "01",
            "+1",
            ".5",
            "1.",
            "-",
            "\u{feff}{}",
            "{1:2}",
            "\"\\x41\"",
            "[01]",
            "[1 2]",
        ] {
            assert_eq!(value(json.as_bytes()), Err(JsonError::Syntax), "{json:?}");
        }
        assert_eq!(value(b"\"\xff\""), Err(JsonError::NotUtf8));
        assert_eq!(value(b"\"\xed\xa0\x80\""), Err(JsonError::NotUtf8));
    }
}
