//! Key export files.

use serde_json::{Value, json};

use crate::{
    crypto::{Pair, array, hmac},
    draw::draw,
    format::{Case, File, Group},
    megolm::Session,
    text::{base64, hex},
    vault::{Export, FOOTER, HEADER, Width, armor, clear, entry, iv},
};

const PASSPHRASE: &str = "p\u{e4}ssw\u{f6}rd \u{1f511}";
const ROUNDS: u32 = 1000;

pub(crate) fn file() -> File {
    let passphrase = json!({"passphrase": PASSPHRASE});
    File::new(
        "Key export files: writing, and reading in the order header, footer, base64, length, \
         version, rounds, MAC, counter, UTF-8, JSON.",
        vec![
            Group::new("writing", "key-export-write", passphrase.clone(), written()),
            Group::new("good files", "key-export", passphrase.clone(), good()),
            Group::new(
                "the text around the bytes",
                "key-export",
                passphrase.clone(),
                armors(),
            ),
            Group::new("the bytes", "key-export", passphrase.clone(), bytes()),
            Group::new("the plaintext", "key-export", passphrase, plaintexts()),
        ],
    )
}

fn session(number: u8) -> Session {
    Session::drawn(&format!("export session {number}"))
}

fn key(number: u8) -> Value {
    let sender = Pair::drawn("export sender");
    let room = "!room:example.org";
    entry(&session(number), &sender, room, number.is_multiple_of(2))
}

fn export(rounds: u32, plaintext: &[u8]) -> Export<'_> {
    Export {
        version: 1,
        salt: array(&draw("export salt", 16)),
        iv: iv("export iv"),
        rounds,
        width: Width::All,
        plaintext,
    }
}

fn file_of(plaintext: &str) -> String {
    armor(&export(ROUNDS, plaintext.as_bytes()).bytes(PASSPHRASE))
}

fn array_of(keys: &[Value]) -> String {
    let keys: Vec<String> = keys.iter().map(Value::to_string).collect();
    format!("[{}]", keys.join(","))
}

/// What is to be seen of a file.
fn seen(rounds: u32, keys: &[Value], skipped: u64) -> Value {
    let keys: Vec<String> = keys.iter().map(Value::to_string).collect();
    json!({"rounds": rounds, "weak": rounds < 100_000, "keys": keys, "skipped": skipped})
}

fn written() -> Vec<Case> {
    [("none", vec![]), ("two", vec![key(1), key(2)])]
        .into_iter()
        .map(|(id, keys)| {
            let random = [draw("written salt", 16), vec![0xff; 16]].concat();
            let mut iv = array(&random[16..]);
            clear(&mut iv);
            let text = array_of(&keys);
            let export = Export {
                salt: array(&random[..16]),
                iv,
                ..export(100_000, text.as_bytes())
            };
            let texts: Vec<String> = keys.iter().map(Value::to_string).collect();
            Case::good(
                &format!("key-export/write-{id}"),
                "salt and IV from the random bytes, bit 63 of the IV cleared",
                json!({"random": hex(&random), "rounds": 100_000, "keys": texts}),
                json!({"file": armor(&export.bytes(PASSPHRASE))}),
                &[],
            )
        })
        .collect()
}

fn accepted(id: &str, comment: &str, file: String, seen: Value) -> Case {
    let id = format!("key-export/{id}");
    Case::good(&id, comment, json!({"file": file}), seen, &[])
}

fn refused(id: &str, comment: &str, file: String, error: &str, flag: &str) -> Case {
    let id = format!("key-export/{id}");
    Case::bad(&id, comment, json!({"file": file}), error, &[flag])
}

fn good() -> Vec<Case> {
    let keys = [key(1), key(2)];
    let text = array_of(&keys);
    let high = Export {
        iv: [0x80; 16],
        ..export(ROUNDS, text.as_bytes())
    };
    let last = Export {
        iv: [0xff; 16],
        ..export(ROUNDS, b"[              ]")
    };
    vec![
        accepted(
            "good",
            "two room keys",
            file_of(&text),
            seen(ROUNDS, &keys, 0),
        ),
        accepted(
            "no-keys",
            "the empty array",
            file_of("[]"),
            seen(ROUNDS, &[], 0),
        ),
        accepted(
            "one-round",
            "weak, and read",
            armor(&export(1, b"[]").bytes(PASSPHRASE)),
            seen(1, &[], 0),
        ),
        accepted(
            "100000-rounds",
            "the fewest that are not weak",
            armor(&export(100_000, b"[]").bytes(PASSPHRASE)),
            seen(100_000, &[], 0),
        ),
        accepted(
            "iv-bit-63",
            "bit 63 of the IV is set: read, never written",
            armor(&high.bytes(PASSPHRASE)),
            seen(ROUNDS, &keys, 0),
        ),
        accepted(
            "last-count",
            "one block, and no overflow",
            armor(&last.bytes(PASSPHRASE)),
            seen(ROUNDS, &[], 0),
        ),
    ]
}

fn armors() -> Vec<Case> {
    let body = export(ROUNDS, b"[]").bytes(PASSPHRASE);
    let text = base64(&body);
    let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let framed = |body: &str| format!("{HEADER}\n{body}\n{FOOTER}\n");
    let (one, two) = text.split_at(7);
    let see = seen(ROUNDS, &[], 0);
    let mut cases: Vec<Case> = [
        ("unpadded", "no padding", framed(&text)),
        (
            "short-lines",
            "lines of any length",
            framed(&format!("{one}\n{two}")),
        ),
        (
            "no-last-line-feed",
            "no line feed at the end",
            framed(&padded).trim_end().to_owned(),
        ),
        (
            "white-space",
            "a byte order mark, CRLF, blank lines, white space around lines",
            format!("\u{feff}\r\n \t{HEADER} \r\n\r\n\t{one}\t\r\n  {two}\r\n\n{FOOTER} \r\n\n"),
        ),
    ]
    .into_iter()
    .map(|(id, comment, file)| accepted(id, comment, file, see.clone()))
    .collect();
    let good = framed(&padded);
    let (header, footer, base64) = ("export.header", "export.footer", "format.base64");
    for (id, comment, file, error, flag) in [
        ("empty", "nothing", String::new(), header, "truncated"),
        (
            "no-header",
            "no first line",
            good.replace(&format!("{HEADER}\n"), ""),
            header,
            "header",
        ),
        (
            "no-footer",
            "no last line",
            good.replace(FOOTER, ""),
            footer,
            "truncated",
        ),
        (
            "text-before",
            "text before the header",
            format!("hello\n{good}"),
            header,
            "header",
        ),
        (
            "text-behind",
            "text behind the footer",
            format!("{good}hello\n"),
            footer,
            "trailing",
        ),
        (
            "text-beside-header",
            "the header does not fill its line",
            good.replace(HEADER, &format!("{HEADER} x")),
            header,
            "header",
        ),
        (
            "header-case",
            "another case",
            good.replace("BEGIN", "Begin"),
            header,
            "header",
        ),
        (
            "two-headers",
            "the header twice",
            format!("{HEADER}\n{good}"),
            base64,
            "header",
        ),
        (
            "bad-character",
            "a character that is no base64",
            framed(&format!("!{}", &padded[1..])),
            base64,
            "base64",
        ),
        (
            "url-alphabet",
            "the URL alphabet",
            framed(&format!("{}-_{}", &text[..20], &text[22..])),
            base64,
            "base64",
        ),
        (
            "padding-inside",
            "padding, and more behind it",
            framed(&format!("AQ==\n{text}")),
            base64,
            "base64",
        ),
        (
            "over-padded",
            "one `=` too many",
            framed(&format!("{padded}=")),
            base64,
            "base64",
        ),
        (
            "truncated-base64",
            "a character is missing",
            framed(&text[..text.len() / 4 * 4 - 3]),
            base64,
            "truncated",
        ),
        (
            "space-inside",
            "a space within a line",
            framed(&format!("{one} {two}")),
            base64,
            "base64",
        ),
        (
            "footer-before-base64",
            "no footer and bad base64: the footer comes first",
            format!("{HEADER}\n!{text}\n"),
            footer,
            "truncated",
        ),
        (
            "no-body",
            "nothing between the lines",
            format!("{HEADER}\n{FOOTER}\n"),
            "export.too-short",
            "truncated",
        ),
    ] {
        cases.push(refused(id, comment, file, error, flag));
    }
    cases
}

fn bytes() -> Vec<Case> {
    let text = array_of(&[key(1)]);
    let plain = export(ROUNDS, text.as_bytes());
    let good = plain.bytes(PASSPHRASE);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        armor(&bytes)
    };
    let of = |export: Export<'_>| armor(&export.bytes(PASSPHRASE));
    let mac = "authentication.mac";
    let (bare, mac_key) = plain.unsigned(PASSPHRASE);
    let over_ciphertext = [&bare[..], &hmac(&mac_key, &bare[37..])].concat();
    let version = |version: u8| {
        of(Export {
            version,
            ..export(ROUNDS, b"[]")
        })
    };
    let counter = |width: Width| {
        of(Export {
            iv: [0xff; 16],
            width,
            ..export(ROUNDS, text.as_bytes())
        })
    };
    let mut both = Export {
        iv: [0xff; 16],
        ..export(ROUNDS, text.as_bytes())
    }
    .bytes(PASSPHRASE);
    both[40] ^= 1;
    let mut cases = Vec::new();
    for (id, comment, file, error, flag) in [
        (
            "68-bytes",
            "one byte less than may be",
            armor(&good[..68]),
            "export.too-short",
            "truncated",
        ),
        (
            "69-bytes",
            "cut to the least that is looked at",
            armor(&good[..69]),
            mac,
            "truncated",
        ),
        (
            "cut",
            "a byte less",
            armor(&good[..good.len() - 1]),
            mac,
            "truncated",
        ),
        (
            "appended",
            "a byte more",
            armor(&[&good[..], &[0]].concat()),
            mac,
            "trailing",
        ),
        (
            "version-0",
            "with a good MAC",
            version(0),
            "format.version",
            "version",
        ),
        (
            "version-2",
            "with a good MAC",
            version(2),
            "format.version",
            "version",
        ),
        (
            "rounds-0",
            "made with one round: a library that takes 0 for 1 finds a good MAC",
            armor(&zero_rounds()),
            "kdf.iterations",
            "kdf",
        ),
        (
            "rounds-10000001",
            "refused without deriving",
            of(export(10_000_001, b"[]")),
            "kdf.iterations",
            "kdf",
        ),
        (
            "rounds-2-pow-32-minus-1",
            "refused without deriving",
            of(export(u32::MAX, b"[]")),
            "kdf.iterations",
            "kdf",
        ),
        (
            "salt-bit",
            "a flipped bit of the salt",
            flipped(1),
            mac,
            "mac",
        ),
        (
            "iv-bit",
            "a flipped bit of the IV, which is under the MAC",
            flipped(17),
            mac,
            "mac",
        ),
        (
            "rounds-bit",
            "a flipped bit of the rounds",
            flipped(36),
            mac,
            "mac",
        ),
        (
            "ciphertext-bit",
            "a flipped bit of the ciphertext",
            flipped(37),
            mac,
            "mac",
        ),
        (
            "mac-bit",
            "a flipped bit of the MAC",
            flipped(good.len() - 1),
            mac,
            "mac",
        ),
        (
            "mac-over-ciphertext",
            "a MAC over the ciphertext alone",
            armor(&over_ciphertext),
            mac,
            "mac",
        ),
        (
            "counter-64",
            "the counter overflows its low half; made with a counter of 64 bits",
            counter(Width::Low64),
            "counter-overflow",
            "counter",
        ),
        (
            "counter-128",
            "the same, made with a counter of 128 bits",
            counter(Width::All),
            "counter-overflow",
            "counter",
        ),
        (
            "mac-before-counter",
            "a bad MAC and a counter that overflows: the MAC comes first",
            armor(&both),
            mac,
            "counter",
        ),
    ] {
        cases.push(refused(id, comment, file, error, flag));
    }
    for (id, passphrase) in [
        ("empty", ""),
        ("other", "password"),
        ("space", "p\u{e4}ssw\u{f6}rd \u{1f511} "),
    ] {
        let mut case = refused(
            &format!("passphrase-{id}"),
            "not the file's passphrase, letter by letter",
            armor(&good),
            mac,
            "kdf",
        );
        case.inputs
            .insert("passphrase".to_owned(), json!(passphrase));
        cases.push(case);
    }
    cases
}

/// A file that names no round, and was made with one.
fn zero_rounds() -> Vec<u8> {
    let (mut bytes, key) = export(1, b"[]").unsigned(PASSPHRASE);
    bytes[36] = 0;
    let mac = hmac(&key, &bytes);
    bytes.extend_from_slice(&mac);
    bytes
}

fn plaintexts() -> Vec<Case> {
    let (first, second) = (key(1), key(2));
    let of = |plaintext: &[u8]| armor(&export(ROUNDS, plaintext).bytes(PASSPHRASE));
    let with = |member: &str, value: Value| {
        let mut key = first.clone();
        key[member] = value;
        key.to_string()
    };
    let mut foreign = first.clone();
    foreign["session_id"] = second["session_id"].clone();
    let twice = first
        .to_string()
        .replacen('{', "{\"room_id\":\"!other:example.org\",", 1);
    let mut cases = vec![accepted(
        "more-members",
        "what nobody here knows",
        of(format!("[{}]", with("x", json!({"y": ["]"]}))).as_bytes()),
        seen(ROUNDS, core::slice::from_ref(&first), 0),
    )];
    for (id, comment, entry) in [
        ("null", "no object", "null".to_owned()),
        ("number", "no object", "0.5".to_owned()),
        ("array", "no object", "[[],{}]".to_owned()),
        ("empty-object", "nothing in it", "{}".to_owned()),
        (
            "algorithm",
            "an algorithm that nobody here knows",
            first.to_string().replace(".v1.", ".v9."),
        ),
        (
            "another-session",
            "another session's id",
            foreign.to_string(),
        ),
        ("member-twice", "a member stands twice", twice),
        (
            "bad-key",
            "a session key that is no base64",
            with("session_key", json!("!")),
        ),
        (
            "deep",
            "10 000 arrays inside each other",
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        ),
    ] {
        cases.push(accepted(
            &format!("entry-{id}"),
            &format!("{comment}: this entry is left out, the next one read"),
            of(format!("[{entry},{second}]").as_bytes()),
            seen(ROUNDS, core::slice::from_ref(&second), 1),
        ));
    }
    for (id, comment, plaintext) in [
        ("empty", "nothing", ""),
        ("object", "an object", "{}"),
        ("text", "no JSON", "hello"),
        ("open", "an array that does not end", "[{}"),
        ("trailing-comma", "a comma behind the last", "[{},]"),
        ("behind", "something behind the array", "[]x"),
        ("broken-entry", "an entry that is no JSON", "[{\"a\":]"),
    ] {
        cases.push(refused(
            &format!("plaintext-{id}"),
            comment,
            of(plaintext.as_bytes()),
            "format.json",
            "json",
        ));
    }
    for (id, comment, plaintext) in [
        (
            "not-utf8",
            "a byte that is no UTF-8, in a text",
            &b"[\"\xff\"]"[..],
        ),
        ("not-utf8-nor-json", "neither: UTF-8 comes first", b"\xff{"),
        ("cut-utf8", "a character that does not end", b"[]\xc3"),
    ] {
        cases.push(refused(id, comment, of(plaintext), "not-utf8", "utf8"));
    }
    cases
}
