//! Recovery keys.

use serde_json::json;

use crate::{
    draw::draw32,
    format::{Case, File, Group},
    text::hex,
    vault::{base58, grouped, recovery_key},
};

pub(crate) fn file() -> File {
    File::new(
        "Recovery keys: 32 bytes as text in base58 with two bytes before them and a parity behind.",
        vec![
            Group::new("good ones", "recovery-key", json!({}), good()),
            Group::new(
                "what is wrong with a text",
                "recovery-key",
                json!({}),
                bad(),
            ),
        ],
    )
}

fn accepted(id: &str, comment: &str, text: &str, key: &[u8; 32]) -> Case {
    Case::good(
        &format!("recovery-key/{id}"),
        comment,
        json!({"text": text}),
        json!({"secret": hex(key), "canonical": recovery_key(key)}),
        &[],
    )
}

fn good() -> Vec<Case> {
    let key = draw32("recovery key");
    let text = recovery_key(&key);
    let counting = core::array::from_fn(|n| u8::try_from(n).expect("below 32"));
    let mut cases = vec![
        accepted("good", "twelve groups of four", &text, &key),
        accepted("no-spaces", "one group", &text.replace(' ', ""), &key),
        accepted(
            "odd-spaces",
            "white space of any kind, anywhere",
            &format!(
                "\t\u{a0}{}\r\n",
                text.replace(' ', "\u{2003}\n").replace('E', "E ")
            ),
            &key,
        ),
        accepted(
            "256-characters",
            "as long as may be, white space included",
            &format!("{text}{}", " ".repeat(256 - text.len())),
            &key,
        ),
    ];
    for (id, key) in [
        ("all-zero", [0; 32]),
        ("all-ones", [0xff; 32]),
        ("counting", counting),
    ] {
        let comment = "an extreme key";
        cases.push(accepted(id, comment, &recovery_key(&key), &key));
    }
    cases
}

/// All of it as it is given: base58 in groups.
fn raw(prefix: [u8; 2], key: &[u8], parity: u8) -> String {
    grouped(&base58(&[&prefix, key, &[parity]].concat()))
}

fn bad() -> Vec<Case> {
    let key = draw32("recovery key");
    let text = recovery_key(&key);
    let parity = key.iter().fold(0x8b ^ 0x01, |parity, byte| parity ^ byte);
    let long = [&key[..], &[7]].concat();
    let flipped = [&[key[0] ^ 1][..], &key[1..]].concat();
    let mut cases = Vec::new();
    let mut add = |id: &str, comment: &str, text: &str, error: &str| {
        cases.push(Case::bad(
            &format!("recovery-key/{id}"),
            comment,
            json!({"text": text}),
            error,
            &["recovery-key"],
        ));
    };
    let length = "recovery-key.length";
    add("empty", "nothing", "", length);
    add("only-spaces", "nothing but white space", " \n", length);
    add(
        "257-characters",
        "a good key, and more white space than may be",
        &format!("{text}{}", " ".repeat(257 - text.len())),
        length,
    );
    add(
        "one-byte-short",
        "34 bytes with a good parity",
        &raw([0x8b, 0x01], &key[1..], parity ^ key[0]),
        length,
    );
    add(
        "one-byte-long",
        "36 bytes with a good parity",
        &raw([0x8b, 0x01], &long, parity ^ 7),
        length,
    );
    add(
        "byte-behind",
        "35 good bytes and one more",
        &grouped(&base58(&[&[0x8b, 0x01], &key[..], &[parity, 0]].concat())),
        length,
    );
    add(
        "leading-1",
        "a zero byte in front",
        &format!("1{text}"),
        length,
    );
    let alphabet = "recovery-key.alphabet";
    for (id, symbol) in [
        ("zero", "0"),
        ("capital-o", "O"),
        ("capital-i", "I"),
        ("small-l", "l"),
    ] {
        add(
            &format!("symbol-{id}"),
            "a symbol that base58 leaves out",
            &format!("{symbol}{}", &text[1..]),
            alphabet,
        );
    }
    add(
        "hyphens",
        "hyphens for spaces",
        &text.replace(' ', "-"),
        alphabet,
    );
    add(
        "cyrillic",
        "the first letter is Cyrillic",
        &format!("\u{415}{}", &text[1..]),
        alphabet,
    );
    let prefix = "recovery-key.prefix";
    add(
        "first-prefix-byte",
        "another first byte, good parity",
        &raw([0x8c, 0x01], &key, parity ^ 0x8b ^ 0x8c),
        prefix,
    );
    add(
        "second-prefix-byte",
        "another second byte, good parity",
        &raw([0x8b, 0x02], &key, parity ^ 0x01 ^ 0x02),
        prefix,
    );
    add(
        "prefix-and-parity",
        "another first byte and a bad parity: the prefix comes first",
        &raw([0x8c, 0x01], &key, parity),
        prefix,
    );
    let wrong = "recovery-key.parity";
    add(
        "parity",
        "a flipped bit of the parity",
        &raw([0x8b, 0x01], &key, parity ^ 1),
        wrong,
    );
    add(
        "parity-of-the-key-alone",
        "a parity that leaves the first two bytes out",
        &raw([0x8b, 0x01], &key, parity ^ 0x8b ^ 0x01),
        wrong,
    );
    add(
        "key-bit",
        "a flipped bit of the key",
        &raw([0x8b, 0x01], &flipped, parity),
        wrong,
    );
    cases
}
