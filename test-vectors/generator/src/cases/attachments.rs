//! Encrypted attachments.

use serde_json::{Value, json};

use crate::{
    crypto::sha256,
    draw::{draw, draw32},
    format::{Case, File, Group},
    text::{base64, hex},
    vault::{Width, ctr},
};

/// The low half is all ones: after one block it overflows.
const LAST_COUNT: [u8; 16] = [
    1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 255,
];

pub(crate) fn file() -> File {
    File::new(
        "Encrypted attachments: the JSON that opens them, versions, counters, the hash.",
        vec![
            Group::new("decrypting", "attachment-decrypt", json!({}), decrypt()),
            Group::new(
                "the JSON object",
                "attachment-decrypt",
                json!({"ciphertext": hex(&Made::new(32).ciphertext)}),
                objects(),
            ),
            Group::new("encrypting", "attachment-encrypt", json!({}), encrypt()),
        ],
    )
}

fn url_safe(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_")
}

/// An attachment and what opens it.
struct Made {
    plaintext: Vec<u8>,
    ciphertext: Vec<u8>,
    file: Value,
}

impl Made {
    /// As writers make it.
    fn new(length: usize) -> Self {
        let mut iv = [0; 16];
        iv[..8].copy_from_slice(&draw("attachment iv", 8));
        Self::with(length, iv, Width::All)
    }

    fn with(length: usize, iv: [u8; 16], width: Width) -> Self {
        let key = draw32("attachment key");
        let plaintext = draw("attachment", length);
        let ciphertext = ctr(&key, iv, width, &plaintext);
        let file = json!({
            "v": "v2",
            "url": "mxc://example.org/a",
            "key": {
                "kty": "oct",
                "alg": "A256CTR",
                "key_ops": ["encrypt", "decrypt"],
                "ext": true,
                "k": url_safe(&key),
            },
            "iv": base64(&iv),
            "hashes": {"sha256": base64(&sha256(&[&ciphertext]))},
        });
        Self {
            plaintext,
            ciphertext,
            file,
        }
    }

    fn inputs(&self) -> Value {
        json!({"file": self.file.to_string(), "ciphertext": hex(&self.ciphertext)})
    }

    fn good(&self, id: &str, comment: &str, flags: &[&str]) -> Case {
        Case::good(
            &format!("attachment/{id}"),
            comment,
            self.inputs(),
            json!({"plaintext": hex(&self.plaintext)}),
            flags,
        )
    }

    fn bad(&self, id: &str, comment: &str, error: &str, flags: &[&str]) -> Case {
        let id = format!("attachment/{id}");
        Case::bad(&id, comment, self.inputs(), error, flags)
    }

    /// With another ciphertext, and the hash as it was.
    fn carrying(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.ciphertext);
        self
    }

    /// As an old version writes it.
    fn of_version(mut self, version: Option<&str>) -> Self {
        let object = self.file.as_object_mut().expect("an object");
        match version {
            Some(version) => object["v"] = version.into(),
            None => drop(object.shift_remove("v")),
        }
        let key = object["key"].as_object_mut().expect("an object");
        key.shift_remove("ext");
        self
    }
}

fn decrypt() -> Vec<Case> {
    let mut cases: Vec<Case> = [0, 1, 15, 16, 17, 1000]
        .into_iter()
        .map(|length| {
            Made::new(length).good(&format!("{length}-bytes"), "as clients write it", &[])
        })
        .collect();
    let mut set = [7; 16];
    set[8] = 0xff;
    cases.extend([
        Made::with(40, set, Width::All).good(
            "iv-bit-63",
            "no client sets bit 63, and both widths agree until the low half overflows",
            &["counter"],
        ),
        Made::with(16, LAST_COUNT, Width::All).good(
            "last-count",
            "the last count is used, and nothing overflows",
            &["counter"],
        ),
        Made::with(17, LAST_COUNT, Width::All).bad(
            "overflow-128",
            "a 128-bit counter carries into the upper half",
            "counter-overflow",
            &["counter"],
        ),
        Made::with(17, LAST_COUNT, Width::Low64).bad(
            "overflow-64",
            "a 64-bit counter wraps in the low half",
            "counter-overflow",
            &["counter"],
        ),
        Made::new(40).carrying(|bytes| bytes[39] ^= 1).bad(
            "flipped",
            "one bit of the ciphertext is flipped",
            "authentication.hash",
            &["mac"],
        ),
        Made::new(40).carrying(|bytes| bytes.truncate(39)).bad(
            "truncated",
            "the last byte is missing",
            "authentication.hash",
            &["truncated"],
        ),
        Made::new(40).carrying(Vec::clear).bad(
            "cut-to-nothing",
            "nothing is left",
            "authentication.hash",
            &["truncated"],
        ),
        Made::new(40).carrying(|bytes| bytes.push(0)).bad(
            "appended",
            "a byte follows",
            "authentication.hash",
            &["trailing"],
        ),
    ]);
    let mut of_plaintext = Made::new(40);
    of_plaintext.file["hashes"]["sha256"] = base64(&sha256(&[&of_plaintext.plaintext])).into();
    cases.push(of_plaintext.bad(
        "hash-of-plaintext",
        "the hash is over the plaintext",
        "authentication.hash",
        &["mac"],
    ));
    for (id, width, version) in [("v0", Width::All, None), ("v1", Width::Low64, Some("v1"))] {
        let old = || Made::with(40, LAST_COUNT, width).of_version(version);
        let mut legacy = old().good(
            id,
            "an old version, for who asks for it: it says how wide its counter is",
            &["version", "counter"],
        );
        legacy.inputs.insert("legacy".to_owned(), true.into());
        cases.push(legacy);
        cases.push(old().bad(
            &format!("{id}-not-asked-for"),
            "an old version, for who does not ask for it",
            "format.version",
            &["version", "downgrade"],
        ));
        let mut flipped = old().carrying(|bytes| bytes[0] ^= 1).bad(
            &format!("{id}-flipped"),
            "the hash is required in old versions, too",
            "authentication.hash",
            &["version", "mac"],
        );
        flipped.inputs.insert("legacy".to_owned(), true.into());
        cases.push(flipped);
    }
    cases
}

fn objects() -> Vec<Case> {
    let made = Made::new(32);
    let good = |id: &str, comment: &str, file: String, flags: &[&str]| {
        Case::good(
            &format!("attachment/object-{id}"),
            comment,
            json!({"file": file}),
            json!({"plaintext": hex(&made.plaintext)}),
            flags,
        )
    };
    let bad = |id: &str, comment: &str, file: String, error: &str, flags: &[&str]| {
        let id = format!("attachment/object-{id}");
        Case::bad(&id, comment, json!({"file": file}), error, flags)
    };
    let with = |path: &str, value: Value| {
        let mut file = made.file.clone();
        *file.pointer_mut(path).expect("is there") = value;
        file.to_string()
    };
    let without = |parent: &str, member: &str| {
        let mut file = made.file.clone();
        let parent = file.pointer_mut(parent).and_then(Value::as_object_mut);
        parent.expect("an object").shift_remove(member);
        file.to_string()
    };
    let text = |path: &str| {
        made.file
            .pointer(path)
            .and_then(Value::as_str)
            .expect("a text")
    };
    let (k, iv, hash) = (text("/key/k"), text("/iv"), text("/hashes/sha256"));
    let json = made.file.to_string();
    let mut cases = vec![
        good(
            "more-operations",
            "key_ops in another order, and more of them",
            with("/key/key_ops", json!(["wrapKey", "decrypt", "encrypt"])),
            &[],
        ),
        good(
            "unknown-members",
            "members that nobody knows",
            json.replacen('{', r#"{"org.example":1.5,"#, 1),
            &[],
        ),
        good(
            "other-hash",
            "another hash beside SHA-256",
            json.replacen(r#"{"sha256""#, r#"{"md5":"AAAA","sha256""#, 1),
            &[],
        ),
        good(
            "padded",
            "all base64 with padding",
            json.replacen(k, &format!("{k}="), 1)
                .replacen(iv, &format!("{iv}=="), 1)
                .replacen(hash, &format!("{hash}="), 1),
            &["base64"],
        ),
        bad(
            "member-twice",
            "a member twice",
            json.replacen('{', r#"{"v":"v2","#, 1),
            "format.json",
            &["json"],
        ),
        bad(
            "array",
            "not an object",
            format!("[{json}]"),
            "format.json",
            &["json"],
        ),
        bad(
            "cut",
            "JSON that ends too early",
            json[..json.len() - 1].to_owned(),
            "format.json",
            &["json", "truncated"],
        ),
        bad(
            "depth-bomb",
            "arrays in arrays",
            format!(r#"{{"v":{}{}}}"#, "[".repeat(200), "]".repeat(200)),
            "format.json",
            &["json"],
        ),
        bad(
            "k-standard-alphabet",
            "the key in the alphabet of everything else",
            with("/key/k", base64(&[0xfb; 32]).into()),
            "format.base64",
            &["base64"],
        ),
        bad(
            "iv-url-alphabet",
            "the IV in the key's alphabet",
            with("/iv", url_safe(&[0xfb; 16]).into()),
            "format.base64",
            &["base64"],
        ),
        bad(
            "k-31-bytes",
            "a key of 31 bytes",
            with("/key/k", url_safe(&[7; 31]).into()),
            "format.length",
            &[],
        ),
        bad(
            "k-33-bytes",
            "a key of 33 bytes",
            with("/key/k", url_safe(&[7; 33]).into()),
            "format.length",
            &[],
        ),
        bad(
            "iv-8-bytes",
            "an IV of 8 bytes",
            with("/iv", base64(&[7; 8]).into()),
            "format.length",
            &[],
        ),
        bad(
            "hash-16-bytes",
            "half of the hash",
            with("/hashes/sha256", base64(&[7; 16]).into()),
            "format.length",
            &["truncated"],
        ),
        bad(
            "no-hash",
            "no hash",
            with("/hashes", json!({})),
            "format.missing",
            &["mac"],
        ),
        bad(
            "only-md5",
            "another hash alone",
            with("/hashes", json!({"md5": "AAAA"})),
            "format.missing",
            &["mac", "downgrade"],
        ),
        bad(
            "ext-false",
            "a key that is not extractable",
            with("/key/ext", json!(false)),
            "jwk",
            &[],
        ),
        bad(
            "encrypt-alone",
            "a key that is not for decrypting",
            with("/key/key_ops", json!(["encrypt"])),
            "jwk",
            &[],
        ),
    ];
    for (id, version) in [
        ("v3", json!("v3")),
        ("upper-case", json!("V2")),
        ("number", json!(2)),
    ] {
        cases.push(bad(
            &format!("version-{id}"),
            "an unknown version",
            with("/v", version),
            "format.version",
            &["version"],
        ));
    }
    for (member, value) in [("kty", "RSA"), ("alg", "A256GCM")] {
        let file = with(&format!("/key/{member}"), value.into());
        cases.push(bad(
            &format!("other-{member}"),
            "a key for something else",
            file,
            "jwk",
            &[],
        ));
    }
    for member in ["kty", "alg", "key_ops", "ext"] {
        let file = without("/key", member);
        cases.push(bad(
            &format!("no-{}", member.replace('_', "-")),
            "a member is missing",
            file,
            "jwk",
            &[],
        ));
    }
    for (parent, member) in [("/key", "k"), ("", "iv"), ("", "key"), ("", "hashes")] {
        let file = without(parent, member);
        cases.push(bad(
            &format!("no-{member}"),
            "a member is missing",
            file,
            "format.missing",
            &[],
        ));
    }
    cases
}

fn encrypt() -> Vec<Case> {
    [0, 1, 100]
        .into_iter()
        .map(|length| {
            let made = Made::new(length);
            Case::good(
                &format!("attachment/write-{length}-bytes"),
                "key and IV are drawn together, and half of the IV is zero",
                json!({
                    "random": hex(&[&draw32("attachment key")[..], &draw("attachment iv", 8)].concat()),
                    "plaintext": hex(&made.plaintext),
                }),
                json!({"ciphertext": hex(&made.ciphertext), "file": made.file}),
                &[],
            )
        })
        .collect()
}
