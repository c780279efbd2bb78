//! Secret storage.

use serde_json::{Value, json};

use crate::{
    draw::{draw, draw32},
    format::{Case, File, Group},
    text::{base64, hex},
    vault::{Width, iv, pbkdf2, recovery_key, secret},
};

const ALGORITHM: &str = "m.secret_storage.v1.aes-hmac-sha2";
const NAME: &str = "m.cross_signing.master";
const PASSPHRASE: &str = "correct horse \u{e9} \u{1f40e}";
const SALT: &str = "IuLnH7S85YtZmkkBJKwNUKxWF42g9O1H";
const ROUNDS: u32 = 1000;
/// The low half is all ones: after one block it overflows.
const LAST_COUNT: [u8; 16] = [
    0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
];

pub(crate) fn file() -> File {
    let key = hex(&draw32("storage key"));
    File::new(
        "Secret storage, m.secret_storage.v1.aes-hmac-sha2: descriptions of keys and secrets.",
        vec![
            Group::new("descriptions", "secret-storage-unlock", json!({}), unlock()),
            Group::new(
                "how a key is made of a passphrase",
                "secret-storage-unlock",
                json!({"input": PASSPHRASE}),
                passphrases(),
            ),
            Group::new(
                "secrets",
                "secret-storage-decrypt",
                json!({"key": key, "name": NAME}),
                decrypt(),
            ),
            Group::new(
                "encrypting",
                "secret-storage-encrypt",
                json!({"key": key}),
                encrypt(),
            ),
        ],
    )
}

fn description(key: &[u8; 32], iv: [u8; 16], width: Width) -> Value {
    let (_, mac) = secret(key, "", iv, width, &[0; 32]);
    json!({"algorithm": ALGORITHM, "iv": base64(&iv), "mac": base64(&mac)})
}

fn with(mut value: Value, member: &str, new: impl Into<Value>) -> Value {
    value[member] = new.into();
    value
}

fn unlock_case(id: &str, comment: &str, description: &str, input: &str, expected: Value) -> Case {
    Case::good(
        &format!("secret-storage-key/{id}"),
        comment,
        json!({"description": description, "input": input}),
        expected,
        &[],
    )
}

fn unlock() -> Vec<Case> {
    let key = draw32("storage key");
    let text = recovery_key(&key);
    let check = iv("storage check");
    let good = description(&key, check, Width::All);
    let shown = |checked: bool| json!({"key": hex(&key), "checked": checked, "weak": false});
    let mut high = check;
    high[8] |= 0x80;
    let padded = with(
        with(good.clone(), "iv", base64(&check) + "=="),
        "mac",
        good["mac"].as_str().expect("a text").to_owned() + "=",
    );
    let mut no_mac = good.clone();
    no_mac.as_object_mut().expect("an object").remove("mac");
    let mut cases = vec![
        unlock_case(
            "good",
            "a recovery key",
            &good.to_string(),
            &text,
            shown(true),
        ),
        unlock_case(
            "padded",
            "padded base64",
            &padded.to_string(),
            &text,
            shown(true),
        ),
        unlock_case(
            "iv-bit-63",
            "bit 63 of the IV is set: read, never written",
            &description(&key, high, Width::All).to_string(),
            &text,
            shown(true),
        ),
        unlock_case(
            "no-check",
            "neither iv nor mac: any key passes, and has to be marked",
            &json!({"algorithm": ALGORITHM}).to_string(),
            &text,
            shown(false),
        ),
        unlock_case(
            "no-mac",
            "an iv alone is not looked at",
            &with(no_mac, "iv", "!").to_string(),
            &text,
            shown(false),
        ),
    ];
    let mut add = |id: &str, comment: &str, description: String, error: &str, flag: &str| {
        cases.push(Case::bad(
            &format!("secret-storage-key/{id}"),
            comment,
            json!({"description": description, "input": text}),
            error,
            &[flag],
        ));
    };
    let other = description(&draw32("storage other key"), check, Width::All);
    add(
        "other-key",
        "another key's",
        other.to_string(),
        "wrong-key",
        "mac",
    );
    let (_, mac) = secret(&key, "", check, Width::All, &[0; 32]);
    for (id, comment, member, value, error, flag) in [
        (
            "algorithm",
            "an older algorithm",
            "algorithm",
            "m.secret_storage.v1.curve25519-aes-sha2".to_owned(),
            "algorithm",
            "version",
        ),
        (
            "mac-of-8",
            "the first 8 bytes of the MAC",
            "mac",
            base64(&mac[..8]),
            "format.length",
            "mac",
        ),
        (
            "mac-empty",
            "no bytes of MAC",
            "mac",
            String::new(),
            "format.length",
            "mac",
        ),
        (
            "iv-of-15",
            "15 bytes of IV",
            "iv",
            base64(&check[..15]),
            "format.length",
            "truncated",
        ),
        (
            "iv-of-17",
            "17 bytes of IV",
            "iv",
            base64(&[&check[..], &[0]].concat()),
            "format.length",
            "trailing",
        ),
        (
            "iv-truncated-base64",
            "a character is missing",
            "iv",
            base64(&check)[..21].to_owned(),
            "format.base64",
            "base64",
        ),
        (
            "iv-url-alphabet",
            "the URL alphabet",
            "iv",
            format!("-_{}", &base64(&check)[2..]),
            "format.base64",
            "base64",
        ),
    ] {
        add(
            id,
            comment,
            with(good.clone(), member, value).to_string(),
            error,
            flag,
        );
    }
    for (id, width) in [("64", Width::Low64), ("128", Width::All)] {
        add(
            &format!("counter-{id}"),
            "the counter overflows its low half; the MAC is good for readers that count in so \
             many bits",
            description(&key, LAST_COUNT, width).to_string(),
            "counter-overflow",
            "counter",
        );
    }
    let twice = good.to_string().replacen('{', "{\"mac\":\"\",", 1);
    add(
        "mac-twice",
        "a member stands twice",
        twice,
        "format.json",
        "json",
    );
    cases
}

fn passphrases() -> Vec<Case> {
    let info = json!({"algorithm": "m.pbkdf2", "salt": SALT, "iterations": ROUNDS, "bits": 256});
    let key: [u8; 32] = pbkdf2(PASSPHRASE.as_bytes(), SALT.as_bytes(), ROUNDS, 32)
        .try_into()
        .expect("32 bytes");
    let good = description(&key, iv("passphrase check"), Width::All);
    let described = |info: &str| {
        let text = with(good.clone(), "passphrase", json!({})).to_string();
        text.replace("\"passphrase\":{}", &format!("\"passphrase\":{info}"))
    };
    let shown = json!({"key": hex(&key), "checked": true, "weak": true});
    let mut bare = info.clone();
    bare.as_object_mut().expect("an object").remove("bits");
    let mut cases = vec![
        unlock_case(
            "passphrase",
            "few iterations: read, and reported as weak",
            &described(&info.to_string()),
            PASSPHRASE,
            shown.clone(),
        ),
        unlock_case(
            "passphrase-no-bits",
            "256 bits are understood",
            &described(&bare.to_string()),
            PASSPHRASE,
            shown,
        ),
        unlock_case(
            "passphrase-recovery-key",
            "the recovery key of a key that has a passphrase",
            &described(&info.to_string()),
            &recovery_key(&key),
            json!({"key": hex(&key), "checked": true, "weak": false}),
        ),
        unlock_case(
            "passphrase-refused-recovery-key",
            "the passphrase's iterations are absurd, and the recovery key does not need them",
            &described(&with(info.clone(), "iterations", 0).to_string()),
            &recovery_key(&key),
            json!({"key": hex(&key), "checked": true, "weak": false}),
        ),
    ];
    for (id, comment, input) in [
        (
            "decomposed",
            "no Unicode normalisation",
            "correct horse e\u{301} \u{1f40e}",
        ),
        ("space", "no trimming", "correct horse \u{e9} \u{1f40e} "),
    ] {
        cases.push(Case::bad(
            &format!("secret-storage-key/passphrase-{id}"),
            comment,
            json!({"description": described(&info.to_string()), "input": input}),
            "wrong-key",
            &["kdf"],
        ));
    }
    let text = info.to_string();
    let mut add = |id: &str, comment: &str, from: &str, to: &str, error: &str| {
        assert!(text.contains(from), "{from}");
        cases.push(Case::bad(
            &format!("secret-storage-key/passphrase-{id}"),
            comment,
            json!({"description": described(&text.replace(from, to))}),
            error,
            &["kdf"],
        ));
    };
    for (id, number) in [
        ("0", "0"),
        ("negative", "-1"),
        ("fraction", "1000.5"),
        ("float", "1e400"),
        ("10000001", "10000001"),
        ("2-pow-32-minus-1", "4294967295"),
        ("2-pow-32", "4294967296"),
        ("text", "\"1000\""),
    ] {
        add(
            &format!("iterations-{id}"),
            "refused without deriving",
            "1000",
            number,
            "kdf.iterations",
        );
    }
    add(
        "bits-512",
        "a key of another length",
        "256",
        "512",
        "kdf.bits",
    );
    add(
        "algorithm",
        "another function",
        "m.pbkdf2",
        "m.scrypt",
        "kdf.algorithm",
    );
    add("no-salt", "no salt", "\"salt\"", "\"sald\"", "kdf.salt");
    cases
}

fn decrypt() -> Vec<Case> {
    let key = draw32("storage key");
    let value = base64(&draw32("storage secret"));
    let start = iv("storage secret iv");
    let seal = |name: &str, iv: [u8; 16], width: Width, text: &[u8]| {
        let (ciphertext, mac) = secret(&key, name, iv, width, text);
        json!({"ciphertext": base64(&ciphertext), "iv": base64(&iv), "mac": base64(&mac)})
    };
    let good = seal(NAME, start, Width::All, value.as_bytes());
    let text = |member: &str| good[member].as_str().expect("a text").to_owned();
    let mut high = start;
    high[8] |= 0x80;
    let mut cases = Vec::new();
    for (id, comment, name, secret, value) in [
        ("good", "a key in base64", NAME, good.clone(), &*value),
        (
            "empty",
            "the empty secret",
            "org.example.empty",
            seal("org.example.empty", start, Width::All, b""),
            "",
        ),
        (
            "name-not-ascii",
            "a name and a secret that are not ASCII",
            "org.example.\u{fc}",
            seal("org.example.\u{fc}", start, Width::All, "\u{fc}".as_bytes()),
            "\u{fc}",
        ),
        (
            "padded",
            "padded base64",
            NAME,
            with(good.clone(), "iv", text("iv") + "=="),
            &value,
        ),
        (
            "iv-bit-63",
            "bit 63 of the IV is set: read, never written",
            NAME,
            seal(NAME, high, Width::All, value.as_bytes()),
            &value,
        ),
        (
            "last-count",
            "one block, and no overflow",
            NAME,
            seal(NAME, LAST_COUNT, Width::All, b"sixteen bytes.. "),
            "sixteen bytes.. ",
        ),
    ] {
        cases.push(Case::good(
            &format!("secret-storage/{id}"),
            comment,
            json!({"name": name, "secret": secret.to_string()}),
            json!({"value": value}),
            &[],
        ));
    }
    let mut add = |id: &str, comment: &str, secret: String, error: &str, flag: &str| {
        cases.push(Case::bad(
            &format!("secret-storage/{id}"),
            comment,
            json!({"secret": secret}),
            error,
            &[flag],
        ));
    };
    let mac = "authentication.mac";
    add(
        "other-name",
        "a secret in another's place",
        seal(
            "m.cross_signing.self_signing",
            start,
            Width::All,
            value.as_bytes(),
        )
        .to_string(),
        mac,
        "wrong-context",
    );
    let (ciphertext, _) = secret(&key, NAME, start, Width::All, value.as_bytes());
    let (_, right) = secret(&key, NAME, start, Width::All, value.as_bytes());
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        base64(&bytes)
    };
    let short = &ciphertext[..ciphertext.len() - 1];
    for (id, comment, member, value, error, flag) in [
        (
            "ciphertext-bit",
            "a flipped bit",
            "ciphertext",
            flip(&ciphertext),
            mac,
            "mac",
        ),
        (
            "ciphertext-cut",
            "a byte less",
            "ciphertext",
            base64(short),
            mac,
            "truncated",
        ),
        ("mac-bit", "a flipped bit", "mac", flip(&right), mac, "mac"),
        (
            "mac-of-8",
            "a true prefix",
            "mac",
            base64(&right[..8]),
            "format.length",
            "mac",
        ),
        (
            "mac-empty",
            "an empty prefix",
            "mac",
            String::new(),
            "format.length",
            "mac",
        ),
        (
            "mac-of-33",
            "a byte more",
            "mac",
            base64(&[&right[..], &[0]].concat()),
            "format.length",
            "mac",
        ),
        (
            "iv-of-15",
            "15 bytes of IV",
            "iv",
            base64(&start[..15]),
            "format.length",
            "truncated",
        ),
        (
            "truncated-base64",
            "a character of the ciphertext is missing",
            "ciphertext",
            base64(&ciphertext)[..base64(&ciphertext).len() / 4 * 4 + 1].to_owned(),
            "format.base64",
            "base64",
        ),
        (
            "iv-changed",
            "the IV is not under the MAC: noise comes out, and it is not UTF-8",
            "iv",
            base64(&[0; 16]),
            "not-utf8",
            "utf8",
        ),
    ] {
        add(
            id,
            comment,
            with(good.clone(), member, value).to_string(),
            error,
            flag,
        );
    }
    let mut missing = good.clone();
    missing.as_object_mut().expect("an object").remove("iv");
    add(
        "no-iv",
        "a member is missing",
        missing.to_string(),
        "format.missing",
        "json",
    );
    let twice = good.to_string().replacen('{', "{\"iv\":\"\",", 1);
    add(
        "iv-twice",
        "a member stands twice",
        twice,
        "format.json",
        "json",
    );
    add(
        "not-utf8",
        "a good MAC over what is not UTF-8",
        seal(NAME, start, Width::All, b"\xff\xfe").to_string(),
        "not-utf8",
        "utf8",
    );
    for (id, width) in [("64", Width::Low64), ("128", Width::All)] {
        add(
            &format!("counter-{id}"),
            "the counter overflows its low half; made for readers that count in so many bits",
            seal(NAME, LAST_COUNT, width, value.as_bytes()).to_string(),
            "counter-overflow",
            "counter",
        );
    }
    cases
}

fn encrypt() -> Vec<Case> {
    let key = draw32("storage key");
    [
        (
            "good",
            NAME,
            base64(&draw32("storage secret")),
            draw("storage iv", 16),
        ),
        (
            "clears-bit-63",
            "org.example",
            "text".to_owned(),
            vec![0xff; 16],
        ),
    ]
    .into_iter()
    .map(|(id, name, value, random)| {
        let mut iv = random.clone().try_into().expect("16 bytes");
        crate::vault::clear(&mut iv);
        let (ciphertext, mac) = secret(&key, name, iv, Width::All, value.as_bytes());
        Case::good(
            &format!("secret-storage/encrypt-{id}"),
            "the random bytes become the IV, with bit 63 cleared",
            json!({"name": name, "value": value, "random": hex(&random)}),
            json!({"iv": base64(&iv), "ciphertext": base64(&ciphertext), "mac": base64(&mac)}),
            &[],
        )
    })
    .collect()
}
