//! JSON as Matrix signs it.

mod forms;

use serde_json::{Value, json};

use super::bad_base64;
use crate::{
    crypto::{Signer, add_order, array, small_order_points},
    format::{Case, File, Group},
    json::{canonical, sign, signed_bytes},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    File::new(
        "JSON that is signed (Matrix specification, appendices, \"Canonical JSON\" and \"Signing \
         JSON\"): read exactly, written in one form, signed over all members but the outermost \
         \"signatures\" and \"unsigned\". Keys are sorted by code point, numbers are integers of \
         53 bits, by value. Stricter than the specification: no key twice, no more than 127 \
         arrays and objects inside each other.",
        vec![
            Group::new(
                "canonical form",
                "json-canonical",
                json!({}),
                forms::forms(),
            ),
            Group::new(
                "no canonical form",
                "json-canonical",
                json!({}),
                forms::no_forms(),
            ),
            Group::new("signing", "json-sign", json!({}), signing()),
            Group::new(
                "checking one signature of many",
                "json-check",
                json!({}),
                checking(),
            ),
        ],
    )
}

const SPECIFICATION: &str = "an example of the Matrix specification, appendices";

/// The key of the specification's examples; the last bits of its base64, which
/// are not zero there, left out.
const SEED: &str = "6090c103d5e7af6b15a970fd563ed75549e6159719ae5c3c31dee4316fb75c0d";

fn signing() -> Vec<Case> {
    let seed = crate::text::from_hex(SEED).expect("hex");
    let (theirs, ours) = (Signer::of(array(&seed)), Signer::drawn("json signer"));
    let case =
        |id: &str, comment: &str, signer: &Signer, [user, key_id]: [&str; 2], object: Value| {
            Case::good(
                &format!("json-signing/{id}"),
                comment,
                json!({
                    "object": object.to_string(),
                    "seed": hex(&signer.seed),
                    "user": user,
                    "key_id": key_id,
                }),
                json!({
                    "signed_bytes": signed_bytes(&object),
                    "object": canonical(&sign(object, user, key_id, signer)),
                }),
                &[],
            )
        };
    let domain = ["domain", "ed25519:1"];
    let alice = ["@alice:example.org", "ed25519:DEVICE"];
    let mut cases = vec![
        case("spec-empty", SPECIFICATION, &theirs, domain, json!({})),
        case(
            "spec-data",
            SPECIFICATION,
            &theirs,
            domain,
            json!({"one": 1, "two": "Two"}),
        ),
        case(
            "not-signed",
            "\"signatures\" and \"unsigned\" are signed further inside and kept at the top",
            &ours,
            alice,
            json!({
                "unsigned": {"age": 5},
                "signatures": {"@bob:example.org": {"ed25519:X": "not base64", "other:Y": 7}},
                "nested": {"unsigned": 1, "signatures": {"a": "b"}},
                "one": 1,
            }),
        ),
        case(
            "beside",
            "beside another signature of the same user",
            &ours,
            alice,
            json!({"signatures": {"@alice:example.org": {"ed25519:OTHER": "AAAA"}}}),
        ),
        case(
            "again",
            "in place of an older signature of the same key",
            &ours,
            alice,
            json!({"a": 1, "signatures": {"@alice:example.org": {"ed25519:DEVICE": "AAAA"}}}),
        ),
    ];
    for (id, comment, object, class) in [
        (
            "fraction",
            "a fraction in a member that nobody reads",
            r#"{"a":{"b":[0.5]}}"#,
            "json.number",
        ),
        (
            "array",
            "the signatures are an array",
            r#"{"signatures":[]}"#,
            "signature.malformed",
        ),
        (
            "string",
            "somebody's signatures are a string",
            r#"{"signatures":{"@eve:example.org":"x"}}"#,
            "signature.malformed",
        ),
        (
            "not-an-object",
            "only objects are signed",
            "[]",
            "json.not-an-object",
        ),
    ] {
        cases.push(Case::bad(
            &format!("json-signing/{id}"),
            comment,
            json!({"object": object, "seed": hex(&ours.seed), "user": alice[0], "key_id": alice[1]}),
            class,
            &[],
        ));
    }
    cases
}

const ALICE: &str = "@alice:example.org";
const KEY_ID: &str = "ed25519:DEVICE";

fn checking() -> Vec<Case> {
    let (alice, bob) = (Signer::drawn("json alice"), Signer::drawn("json bob"));
    let object = sign(
        json!({"one": 1, "two": "Two"}),
        "@bob:example.org",
        "ed25519:B",
        &bob,
    );
    let object = sign(object, ALICE, KEY_ID, &alice);
    let signature = object["signatures"][ALICE][KEY_ID]
        .as_str()
        .expect("signed")
        .to_owned();
    let inputs = |object: &str, [user, key_id]: [&str; 2], public: &[u8; 32]| json!({"object": object, "user": user, "key_id": key_id, "public": base64(public)});
    let of_alice = |object: &str| inputs(object, [ALICE, KEY_ID], &alice.public);
    let good = |id: &str, comment: &str, inputs: Value| {
        Case::good(&format!("json-check/{id}"), comment, inputs, json!({}), &[])
    };
    let text = object.to_string();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut object = object.clone();
        change(&mut object);
        of_alice(&object.to_string())
    };
    let replaced =
        |signature: Value| with(&|object| object["signatures"][ALICE][KEY_ID] = signature.clone());

    let mut cases = vec![
        good("first", "one of two signatures", of_alice(&text)),
        good(
            "second",
            "the other",
            inputs(&text, ["@bob:example.org", "ed25519:B"], &bob.public),
        ),
        good(
            "unsigned-added",
            "\"unsigned\" is added by servers",
            with(&|object| object["unsigned"] = json!({"age": 1})),
        ),
        good(
            "other-white-space",
            "the text is another, the object the same",
            of_alice(
                &text
                    .replace(':', " : ")
                    .replace("@alice : ", "@alice:")
                    .replace("@bob : ", "@bob:")
                    .replace("ed25519 : ", "ed25519:"),
            ),
        ),
        good(
            "unknown-algorithm",
            "a signature of an unknown algorithm beside it",
            with(&|object| object["signatures"][ALICE]["future:X"] = json!("???")),
        ),
        good(
            "others-bad",
            "somebody else's signature is no base64",
            with(&|object| object["signatures"]["@bob:example.org"]["ed25519:B"] = json!("!")),
        ),
        good(
            "others-number",
            "somebody else's signature is a number",
            with(&|object| object["signatures"]["@eve:example.org"] = json!({"ed25519:X": 5})),
        ),
        good(
            "padded",
            "full padding is read, too",
            replaced(json!(format!("{signature}=="))),
        ),
    ];
    let bad = |id: &str, comment: &str, inputs: Value, class: &str, flags: &[&str]| {
        Case::bad(&format!("json-check/{id}"), comment, inputs, class, flags)
    };
    let wrong = "authentication.signature";
    let missing = "signature.missing";
    cases.extend([
        bad(
            "member-added",
            "a member that nobody reads",
            with(&|object| object["three"] = json!(3)),
            wrong,
            &[],
        ),
        bad(
            "member-changed",
            "another value",
            with(&|object| object["one"] = json!(2)),
            wrong,
            &[],
        ),
        bad(
            "member-removed",
            "a member less",
            with(&|object| {
                let _ = object.as_object_mut().expect("object").remove("two");
            }),
            wrong,
            &[],
        ),
        bad(
            "other-key-id",
            "there is none under this id",
            inputs(&text, [ALICE, "ed25519:OTHER"], &alice.public),
            missing,
            &[],
        ),
        bad(
            "other-user",
            "there is none of this user",
            inputs(&text, ["@eve:example.org", KEY_ID], &alice.public),
            missing,
            &[],
        ),
        bad(
            "id-of-another-user",
            "there is one of this id, of another user",
            inputs(&text, ["@bob:example.org", KEY_ID], &alice.public),
            missing,
            &["wrong-owner"],
        ),
        bad(
            "other-key",
            "another key under the same id: the id proves nothing",
            inputs(&text, [ALICE, KEY_ID], &bob.public),
            wrong,
            &["wrong-owner"],
        ),
        bad(
            "no-signatures",
            "nobody signed",
            of_alice(r#"{"one":1,"two":"Two"}"#),
            missing,
            &[],
        ),
        bad(
            "number",
            "the signature is a number",
            replaced(json!(7)),
            wrong,
            &[],
        ),
        bad(
            "null",
            "the signature is null",
            replaced(Value::Null),
            wrong,
            &[],
        ),
        bad(
            "array",
            "the signatures are an array",
            with(&|object| object["signatures"] = json!([])),
            "signature.malformed",
            &[],
        ),
        bad(
            "string",
            "the user's signatures are a string",
            with(&|object| object["signatures"][ALICE] = json!(signature)),
            "signature.malformed",
            &[],
        ),
        bad(
            "others-string",
            "somebody else's signatures are a string",
            with(&|object| object["signatures"]["@eve:example.org"] = json!("x")),
            "signature.malformed",
            &[],
        ),
        bad(
            "fraction",
            "a fraction in a member that nobody reads",
            of_alice(&text.replacen('{', r#"{"x":0.5,"#, 1)),
            "json.number",
            &["number"],
        ),
        bad(
            "duplicate-key",
            "a member twice: whichever is signed, the other may be used",
            of_alice(&text.replacen('{', r#"{"one":2,"#, 1)),
            "json.duplicate-key",
            &["duplicate"],
        ),
    ]);
    let bytes = alice.sign(signed_bytes(&object).as_bytes());
    cases.push(bad(
        "s-plus-order",
        "S is not reduced",
        replaced(json!(base64(&add_order(&bytes, 1)))),
        wrong,
        &["malleable", "non-canonical"],
    ));
    for (id, comment, text) in bad_base64(&signature) {
        if id != "padded" {
            cases.push(bad(
                &format!("base64-{id}"),
                comment,
                replaced(json!(text)),
                wrong,
                &["base64"],
            ));
        }
    }
    for length in [0, 63, 65] {
        let bytes: Vec<u8> = bytes.iter().copied().cycle().take(length).collect();
        cases.push(bad(
            &format!("{length}-bytes"),
            "another length than 64 bytes",
            replaced(json!(base64(&bytes))),
            wrong,
            &[],
        ));
    }
    let (_, identity) = small_order_points().remove(0);
    let zero = signed_by_anybody(&object);
    cases.push(bad(
        "small-order",
        "a key under which everybody signs",
        inputs(&zero.to_string(), [ALICE, KEY_ID], &identity),
        "key.small-order",
        &["small-order"],
    ));
    cases
}

/// With the signature `R` = identity, `S` = 0.
fn signed_by_anybody(object: &Value) -> Value {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    let mut object = object.clone();
    object["signatures"][ALICE][KEY_ID] = json!(base64(&bytes));
    object
}
