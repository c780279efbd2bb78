//! Texts that have a canonical form, and texts that have none.

use serde_json::json;

use super::SPECIFICATION;
use crate::{format::Case, text::hex};

pub(super) fn forms() -> Vec<Case> {
    let nested = "[".repeat(127) + &"]".repeat(127);
    let cases: Vec<(&str, &str, &str, &str)> = vec![
        ("empty", SPECIFICATION, "{}", "{}"),
        (
            "white-space",
            SPECIFICATION,
            "{\n    \"one\": 1,\n    \"two\": \"Two\"\n}",
            r#"{"one":1,"two":"Two"}"#,
        ),
        (
            "sorted",
            SPECIFICATION,
            r#"{"b":"2","a":"1"}"#,
            r#"{"a":"1","b":"2"}"#,
        ),
        (
            "nested",
            SPECIFICATION,
            r#"{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}"#,
            r#"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}"#,
        ),
        (
            "not-ascii",
            SPECIFICATION,
            r#"{"a": "日本語"}"#,
            r#"{"a":"日本語"}"#,
        ),
        (
            "not-ascii-keys",
            SPECIFICATION,
            r#"{"本": 2, "日": 1}"#,
            r#"{"日":1,"本":2}"#,
        ),
        (
            "escaped",
            SPECIFICATION,
            r#"{"a": "\u65E5"}"#,
            r#"{"a":"日"}"#,
        ),
        ("null", SPECIFICATION, r#"{"a": null}"#, r#"{"a":null}"#),
        (
            "minus-zero-and-exponent",
            SPECIFICATION,
            r#"{"a": -0, "b": 1e10}"#,
            r#"{"a":0,"b":10000000000}"#,
        ),
        (
            "numbers-by-value",
            "integers that are written as fractions or with exponents",
            r#"[1.0,100e-2,1E2,12300e-2,-0.0,0e999999999,-1.50e1,9007199254740991.0]"#,
            "[1,1,100,123,0,0,-15,9007199254740991]",
        ),
        (
            "largest-and-smallest",
            "53 bits",
            "[9007199254740991,-9007199254740991]",
            "[9007199254740991,-9007199254740991]",
        ),
        (
            "code-points",
            "U+10000 comes behind U+FFFF: not the order of UTF-16",
            r#"{"\uffff":3,"\ud800\udc00":2,"\ue000":1}"#,
            "{\"\u{e000}\":1,\"\u{ffff}\":3,\"\u{10000}\":2}",
        ),
        (
            "bytes-order-keys",
            "digits, capitals, a key that another starts with, the empty one",
            r#"{"aa":3,"a":1,"A":2,"":0,"a ":4,"_":5,"10":7,"1":6,"2":8}"#,
            r#"{"":0,"1":6,"10":7,"2":8,"A":2,"_":5,"a":1,"a ":4,"aa":3}"#,
        ),
        (
            "control-characters",
            "short escapes where there are any, lower-case hex elsewhere; / and U+007F are themselves",
            "\"\\u0000\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u001F\\u007f\\/\\\"\\\\\"",
            "\"\\u0000\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u001f\u{7f}/\\\"\\\\\"",
        ),
        (
            "no-normalisation",
            "U+2028 and U+2029 are themselves, and an accent stays apart",
            r#""\u2028\u2029\ud83d\ude00e\u0301""#,
            "\"\u{2028}\u{2029}\u{1f600}e\u{301}\"",
        ),
        (
            "arrays",
            "arrays keep their order",
            " [ 3 , 1 , 2 , { \"b\" : 0 , \"a\" : [ ] } , { } ] ",
            r#"[3,1,2,{"a":[],"b":0},{}]"#,
        ),
        (
            "signatures-stay",
            "the canonical form itself leaves nothing out",
            r#"{"unsigned":{},"signatures":1}"#,
            r#"{"signatures":1,"unsigned":{}}"#,
        ),
        ("127-levels", "the deepest that is read", &nested, &nested),
    ];
    cases
        .into_iter()
        .map(|(id, comment, text, form)| {
            Case::good(
                &format!("json-canonical/{id}"),
                comment,
                json!({"text": text}),
                json!({"canonical": form}),
                &[],
            )
        })
        .collect()
}

pub(super) fn no_forms() -> Vec<Case> {
    let nested = "[".repeat(128) + &"]".repeat(128);
    let bomb = "{\"a\":".repeat(200) + "1" + &"}".repeat(200);
    let texts: Vec<(&str, &str, &str, &str)> = vec![
        ("fraction", "a fraction", r#"{"a":1.5}"#, "json.number"),
        (
            "small-fraction",
            "a fraction with an exponent",
            "1e-3",
            "json.number",
        ),
        ("2-to-53", "2^53", "9007199254740992", "json.number"),
        ("minus-2-to-53", "−2^53", "-9007199254740992", "json.number"),
        (
            "2-to-53-plus-1",
            "2^53 + 1, which a float would round into the range",
            "9007199254740993",
            "json.number",
        ),
        (
            "largest-and-a-half",
            "a float would round it to 2^53 − 1",
            "9007199254740991.5",
            "json.number",
        ),
        (
            "20-digits",
            "more than 64 bits",
            "99999999999999999999",
            "json.number",
        ),
        (
            "1e400",
            "a float would make it infinity",
            "1e400",
            "json.number",
        ),
        (
            "huge-exponent",
            "must cost neither time nor memory",
            "1e999999999",
            "json.number",
        ),
        (
            "tiny-exponent",
            "must cost neither time nor memory",
            "1e-999999999",
            "json.number",
        ),
        (
            "exponent-past-64-bits",
            "an exponent that is a large number itself",
            "1e99999999999999999999",
            "json.number",
        ),
        (
            "duplicate-key",
            "the same key twice: one reader takes the first, another the last",
            r#"{"a":1,"a":2}"#,
            "json.duplicate-key",
        ),
        (
            "duplicate-key-escaped",
            "the same key twice after unescaping",
            r#"{"a":1,"\u0061":2}"#,
            "json.duplicate-key",
        ),
        (
            "duplicate-key-inside",
            "the same key with the same value, further inside",
            r#"[{"b":{"x":0,"x":0}}]"#,
            "json.duplicate-key",
        ),
        ("128-levels", "one level too many", &nested, "json.depth"),
        (
            "depth-bomb",
            "200 objects inside each other",
            &bomb,
            "json.depth",
        ),
        (
            "open-arrays",
            "arrays that do not end",
            "[[[[[[[[",
            "json.syntax",
        ),
        ("nan", "no number of JSON", "NaN", "json.syntax"),
        ("leading-zero", "a leading zero", "01", "json.syntax"),
        ("plus", "a plus sign", "+1", "json.syntax"),
        (
            "no-whole-part",
            "no digit before the point",
            ".5",
            "json.syntax",
        ),
        (
            "no-fraction",
            "no digit after the point",
            "1.",
            "json.syntax",
        ),
        (
            "lone-surrogate",
            "half of a pair",
            r#""\ud800""#,
            "json.syntax",
        ),
        (
            "lone-surrogate-key",
            "half of a pair in a key",
            r#"{"\udc00":1}"#,
            "json.syntax",
        ),
        (
            "surrogates-swapped",
            "a pair in the wrong order",
            r#""\udc00\ud800""#,
            "json.syntax",
        ),
        (
            "raw-control",
            "a control character that is not escaped",
            "\"\t\"",
            "json.syntax",
        ),
        ("short-escape", "too few digits", r#""\u00""#, "json.syntax"),
        (
            "unknown-escape",
            "no escape of JSON",
            r#""\x41""#,
            "json.syntax",
        ),
        (
            "trailing-comma",
            "a comma before the end",
            r#"{"a":1,}"#,
            "json.syntax",
        ),
        (
            "single-quotes",
            "quotes of another language",
            "{'a':1}",
            "json.syntax",
        ),
        (
            "cut-literal",
            "a word that is cut off",
            "tru",
            "json.syntax",
        ),
        (
            "trailing",
            "something behind the value",
            r#"{"a":1}x"#,
            "json.syntax",
        ),
        ("two-values", "two values", "{}{}", "json.syntax"),
        ("nothing", "no value", "", "json.syntax"),
        (
            "byte-order-mark",
            "a byte order mark",
            "\u{feff}{}",
            "json.syntax",
        ),
    ];
    let bytes: [(&str, &str, &[u8]); 3] = [
        ("not-utf-8", "a byte that is no UTF-8", b"\"\xff\""),
        (
            "utf-8-surrogate",
            "a surrogate as UTF-8",
            b"\"\xed\xa0\x80\"",
        ),
        ("utf-8-overlong", "a quote in two bytes", b"\"\xc0\xa2\""),
    ];
    let bad = |id: &str, comment: &str, inputs, class: &str| {
        let flags: &[&str] = match class {
            "json.number" => &["number"],
            "json.duplicate-key" => &["duplicate"],
            "json.depth" => &["too-many"],
            _ if id.starts_with("trailing") || id == "two-values" => &["trailing"],
            _ => &[],
        };
        Case::bad(
            &format!("json-canonical/{id}"),
            comment,
            inputs,
            class,
            flags,
        )
    };
    let mut cases: Vec<Case> = texts
        .into_iter()
        .map(|(id, comment, text, class)| bad(id, comment, json!({"text": text}), class))
        .collect();
    cases.extend(
        bytes.map(|(id, comment, bytes)| {
            bad(id, comment, json!({"bytes": hex(bytes)}), "json.utf-8")
        }),
    );
    cases
}
