//! Writing: shortest UTF-8 JSON with sorted keys.

use alloc::string::{String, ToString};
use core::fmt::Write;

use super::{object::Object, value::Value};

/// Appends the value.
pub(super) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => append(out, format_args!("{number}")),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index != 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(object, out),
    }
}

/// Appends the object.
pub(super) fn write_object(object: &Object, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in object.iter().enumerate() {
        if index != 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

/// At least as many bytes as the object has when it is written.
pub(super) fn length(object: &Object) -> usize {
    sum(object.iter().map(|(key, value)| {
        // Colon and comma.
        sum([string_length(key), value_length(value), 2].into_iter())
    }))
    .saturating_add(2)
}

fn value_length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => string_length(text),
        Value::Array(items) => sum(items
            .iter()
            .map(|item| value_length(item).saturating_add(1)))
        .saturating_add(2),
        Value::Object(object) => length(object),
    }
}

fn string_length(text: &str) -> usize {
    sum(text.bytes().map(|byte| match byte {
        b'"' | b'\\' => 2,
        0..b' ' => 6,
        _ => 1,
    }))
    .saturating_add(2)
}

fn sum(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.fold(0, usize::saturating_add)
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => append(out, format_args!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn append(out: &mut String, text: core::fmt::Arguments<'_>) {
    // A String takes all text: its writer has no error to give.
    let _infallible = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_enough_for_what_is_written() {
        let json = br#"{"a":["\u0001\n\"\\",-12.5e3,true,null,{}],"\u0002":{"b":false,"":[[]]}}"#;
        let object = Object::parse(json).unwrap();
        let mut out = String::new();
        write_object(&object, &mut out);
        assert!(out.len() <= length(&object));
        assert!(length(&object) <= out.len() + 20);
    }
}
