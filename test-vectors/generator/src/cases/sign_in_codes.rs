//! The QR codes of sign-in.

use serde_json::{Value, json};

use crate::{
    draw::draw32,
    format::{Case, File, Group},
    text::{base64, hex},
};

const UNSTABLE: &[u8] = b"IO_ELEMENT_MSC4388";
const STABLE: &[u8] = b"MATRIX";
const ID: &[u8] = b"e8da6355-550b-4a32-a193-1619d9830668";
const URL: &[u8] = b"https://matrix-client.matrix.org";
const RENDEZVOUS: &[u8] = b"https://rendezvous.example.org/e8da6355";

pub(crate) fn file() -> File {
    let group = |name: &str, operation: &str, cases| Group::new(name, operation, json!({}), cases);
    File::new(
        "The QR codes of sign-in, MSC4108 and the layouts of MSC4388, and what messages are bound to by them.",
        vec![
            group("codes", "sign-in-code", [good(), bad()].concat()),
            group("associated data", "sign-in-associated-data", associated()),
        ],
    )
}

/// A length of one byte or two, and a text.
fn text(width: usize, text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len())
        .expect("short texts")
        .to_be_bytes();
    [&length[2 - width..], text].concat()
}

fn code(head: [&[u8]; 2], rest: &[Vec<u8>]) -> Vec<u8> {
    [&head.concat(), &draw32("sign-in code")[..], &rest.concat()].concat()
}

fn accepted(id: &str, comment: &str, code: &[u8], mut expected: Value) -> Case {
    expected["public_key"] = base64(&draw32("sign-in code")).into();
    expected["text"] = base64(code).into();
    let id = format!("sign-in-code/{id}");
    Case::good(&id, comment, json!({"code": hex(code)}), expected, &[])
}

fn good() -> Vec<Case> {
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut cases = vec![
        accepted(
            "msc4108-login",
            "MSC4108, of a new device",
            &code([STABLE, &[2, 3]], &[text(2, RENDEZVOUS)]),
            json!({"intent": "login", "rendezvous_url": string(RENDEZVOUS)}),
        ),
        accepted(
            "msc4108-reciprocate",
            "MSC4108, of an existing device",
            &code(
                [STABLE, &[2, 4]],
                &[text(2, RENDEZVOUS), text(2, b"matrix.org")],
            ),
            json!({
                "intent": "reciprocate", "rendezvous_url": string(RENDEZVOUS),
                "server": "matrix.org",
            }),
        ),
    ];
    for (magic, magic_name) in [(UNSTABLE, "unstable"), (STABLE, "stable")] {
        for (widths, name) in [
            ([2, 2], "rust-sdk"),
            ([1, 2], "draft-2026-07"),
            ([1, 1], "later-draft"),
            ([2, 1], "mixed"),
        ] {
            for (byte, intent) in [(0, "login"), (1, "reciprocate")] {
                let bytes = code(
                    [magic, &[3, byte]],
                    &[text(widths[0], ID), text(widths[1], URL)],
                );
                cases.push(accepted(
                    &format!("{magic_name}-{name}-{intent}"),
                    "lengths of one byte or two, each on its own",
                    &bytes,
                    json!({
                        "intent": intent, "rendezvous_id": string(ID), "base_url": string(URL),
                    }),
                ));
            }
        }
    }
    let long = [b'x'; 255];
    cases.push(accepted(
        "longest-texts",
        "255 bytes behind one byte of length, and behind two",
        &code([UNSTABLE, &[3, 0]], &[text(1, &long), text(2, &long)]),
        json!({
            "intent": "login", "rendezvous_id": string(&long), "base_url": string(&long),
        }),
    ));
    cases
}

fn bad() -> Vec<Case> {
    let bad = |id: &str, comment: &str, code: &[u8], class: &str| {
        let id = format!("sign-in-code/{id}");
        Case::bad(&id, comment, json!({"code": hex(code)}), class, &[])
    };
    let old = |kind: &[u8], rest: &[Vec<u8>]| code([STABLE, kind], rest);
    let new = |rest: &[Vec<u8>]| code([UNSTABLE, &[3, 0]], rest);
    let (id, url) = (text(1, ID), text(1, URL));
    let whole = new(&[id.clone(), url.clone()]);
    let trailing = [&whole[..], &[0]].concat();
    vec![
        bad(
            "magic",
            "another magic",
            &code([b"MATRIY", &[2, 3]], &[text(2, RENDEZVOUS)]),
            "code.magic",
        ),
        bad("empty", "nothing", &[], "code.magic"),
        bad(
            "magic-alone",
            "ends behind the magic",
            STABLE,
            "format.truncated",
        ),
        bad(
            "type",
            "an unknown type",
            &old(&[5, 3], &[text(2, RENDEZVOUS)]),
            "code.type",
        ),
        bad(
            "old-type-new-magic",
            "type 2 behind the magic of MSC4388",
            &code([UNSTABLE, &[2, 3]], &[text(2, RENDEZVOUS)]),
            "code.type",
        ),
        bad(
            "verification-0",
            "verifies a device",
            &old(&[2, 0], &[]),
            "code.device-verification",
        ),
        bad(
            "verification-2",
            "verifies a device",
            &old(&[2, 2], &[]),
            "code.device-verification",
        ),
        bad(
            "old-intent",
            "an unknown intent",
            &old(&[2, 5], &[text(2, RENDEZVOUS)]),
            "code.intent",
        ),
        bad(
            "new-intent",
            "an unknown intent",
            &code([UNSTABLE, &[3, 2]], &[id.clone(), url.clone()]),
            "code.intent",
        ),
        bad(
            "old-intent-new-type",
            "the intent of MSC4108",
            &code([STABLE, &[3, 3]], &[id.clone(), url.clone()]),
            "code.intent",
        ),
        bad(
            "key-cut",
            "ends inside the key",
            &whole[..UNSTABLE.len() + 20],
            "format.truncated",
        ),
        bad(
            "text-cut",
            "ends inside a text",
            &whole[..whole.len() - 1],
            "format.truncated",
        ),
        bad(
            "no-server",
            "an existing device's code without a server",
            &old(&[2, 4], &[text(2, RENDEZVOUS)]),
            "format.truncated",
        ),
        bad(
            "server-of-new-device",
            "a new device's code with a server",
            &old(&[2, 3], &[text(2, RENDEZVOUS), text(2, b"s")]),
            "code.trailing",
        ),
        bad("trailing", "one byte more", &trailing, "code.trailing"),
        bad(
            "empty-id",
            "no id",
            &new(&[text(2, b""), url.clone()]),
            "code.empty",
        ),
        bad(
            "empty-base-url",
            "no base URL",
            &new(&[id, text(2, b"")]),
            "code.empty",
        ),
        bad(
            "one-zero",
            "half a length",
            &new(&[vec![0]]),
            "format.truncated",
        ),
        bad(
            "empty-rendezvous",
            "no URL",
            &old(&[2, 3], &[text(2, b"")]),
            "code.empty",
        ),
        bad(
            "empty-server",
            "no server",
            &old(&[2, 4], &[text(2, RENDEZVOUS), text(2, b"")]),
            "code.empty",
        ),
        bad(
            "not-utf8",
            "an id that is not UTF-8",
            &new(&[text(1, b"\xff"), url]),
            "not-utf8",
        ),
        bad(
            "server-not-utf8",
            "a server that is not UTF-8",
            &old(&[2, 4], &[text(2, RENDEZVOUS), text(2, b"\xc3")]),
            "not-utf8",
        ),
        bad(
            "too-long",
            "more than a QR code holds",
            &[STABLE, &[2, 3], &vec![b'x'; 2946]].concat(),
            "format.too-long",
        ),
    ]
}

fn associated() -> Vec<Case> {
    let mut cases = Vec::new();
    for (widths, name) in [
        ([2, 2], "rust-sdk"),
        ([1, 2], "draft-2026-07"),
        ([1, 1], "later-draft"),
    ] {
        for (id, token) in [("short", "1".to_owned()), ("longest", "t".repeat(255))] {
            let bytes = code(
                [UNSTABLE, &[3, 0]],
                &[text(widths[0], ID), text(widths[1], URL)],
            );
            let data = [text(widths[1], URL), text(1, ID), text(1, token.as_bytes())].concat();
            cases.push(Case::good(
                &format!("sign-in-associated-data/{name}-{id}"),
                "the base URL's length has as many bytes as in the code",
                json!({"code": hex(&bytes), "token": token}),
                json!({"associated": hex(&data)}),
                &[],
            ));
        }
    }
    let bytes = code([UNSTABLE, &[3, 0]], &[text(1, ID), text(1, URL)]);
    cases.push(Case::bad(
        "sign-in-associated-data/long-token",
        "a token of 256 bytes",
        json!({"code": hex(&bytes), "token": "t".repeat(256)}),
        "format.too-long",
        &[],
    ));
    cases
}
