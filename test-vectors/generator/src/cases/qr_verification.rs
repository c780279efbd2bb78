//! Verification by QR code: the bytes, and who trusts what.

use serde_json::{Value, json};

use crate::{
    crypto::{Signer, small_order_points},
    draw::draw,
    format::{Case, File, Group},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    File::new(
        "Verification by QR code. Codes and random bytes are hex; keys and the secret of the \
         message that answers are base64.",
        vec![
            Group::new("codes", "qr-parse", json!({}), codes()),
            Group::new("no codes", "qr-parse", json!({}), no_codes()),
            Group::new(
                "shown",
                "qr-show",
                json!({"random": hex(&secret())}),
                shown(),
            ),
            Group::new("scanned", "qr-scan", json!({}), scanned()),
        ],
    )
}

fn secret() -> Vec<u8> {
    draw("qr secret", 16)
}

/// A device with its key and its user's master key.
#[derive(Clone)]
struct Side {
    user: &'static str,
    device: String,
    key: [u8; 32],
    master: [u8; 32],
}

fn side(user: &'static str, device: &str) -> Side {
    Side {
        user,
        device: device.to_owned(),
        key: Signer::drawn(&format!("qr {user} {device}")).public,
        master: Signer::drawn(&format!("qr {user} master")).public,
    }
}

impl Side {
    fn json(&self) -> Value {
        json!({
            "user": self.user,
            "device": self.device,
            "key": base64(&self.key),
            "master": base64(&self.master),
        })
    }
}

/// One mode: who shows, who scans, whether each trusts its own master key.
struct Mode {
    byte: u8,
    name: &'static str,
    shower: Side,
    scanner: Side,
    trusts: (bool, bool),
}

impl Mode {
    /// First and second key of the code.
    fn keys(&self) -> [[u8; 32]; 2] {
        match self.byte {
            0 => [self.shower.master, self.scanner.master],
            1 => [self.shower.master, self.scanner.key],
            _ => [self.shower.key, self.shower.master],
        }
    }

    fn code(&self) -> Vec<u8> {
        bytes(self.byte, "flow", self.keys(), &secret())
    }

    /// Which of the other side's keys each trusts in the end.
    fn trusted(&self, by_shower: bool) -> Value {
        let other = if by_shower {
            &self.scanner
        } else {
            &self.shower
        };
        match (self.byte, by_shower) {
            (1, true) | (2, false) => json!({"device_key": base64(&other.key)}),
            _ => json!({"master_key": base64(&other.master)}),
        }
    }

    fn inputs(&self, by_shower: bool) -> Value {
        let (ours, theirs, trusts) = if by_shower {
            (&self.shower, &self.scanner, self.trusts.0)
        } else {
            (&self.scanner, &self.shower, self.trusts.1)
        };
        json!({
            "ours": ours.json(),
            "theirs": theirs.json(),
            "flow_id": "flow",
            "trusts_master_key": trusts,
        })
    }
}

fn modes() -> [Mode; 3] {
    let alice = || side("@alice:example.org", "AAAA");
    let mode = |byte, name, shower, scanner, trusts| Mode {
        byte,
        name,
        shower,
        scanner,
        trusts,
    };
    let second = || side("@alice:example.org", "CCCC");
    let bob = side("@bob:example.org", "BBBB");
    [
        mode(0, "two-users", alice(), bob, (true, true)),
        mode(1, "trusting", alice(), second(), (true, false)),
        mode(2, "not-yet-trusting", second(), alice(), (false, true)),
    ]
}

fn bytes(mode: u8, flow: &str, keys: [[u8; 32]; 2], secret: &[u8]) -> Vec<u8> {
    let length = u16::try_from(flow.len()).expect("a short one");
    [
        b"MATRIX",
        &[2, mode][..],
        &length.to_be_bytes(),
        flow.as_bytes(),
        &keys[0],
        &keys[1],
        secret,
    ]
    .concat()
}

fn codes() -> Vec<Case> {
    let [two_users, ..] = modes();
    let keys = two_users.keys();
    let long = "x".repeat(1000);
    let drawn = draw("qr secrets", 40);
    let room = "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg";
    [
        (
            "mode-0",
            "between two users, in a room",
            0,
            room,
            &drawn[..16],
        ),
        (
            "mode-1",
            "shown by a device that trusts",
            1,
            "flow",
            &drawn[..16],
        ),
        (
            "mode-2",
            "shown by a device that does not yet trust",
            2,
            "flow",
            &drawn[..16],
        ),
        ("secret-8", "the shortest secret", 0, "flow", &drawn[..8]),
        (
            "secret-40",
            "a longer secret: it is the rest",
            0,
            "flow",
            &drawn,
        ),
        ("secret-zero", "a secret of zeros", 0, "flow", &[0; 8]),
        (
            "utf-8",
            "the length counts bytes, not characters",
            1,
            "tr\u{e4}nsaktion-\u{2713}",
            &drawn[..16],
        ),
        ("no-flow", "an identifier of no bytes", 1, "", &drawn[..16]),
        (
            "long-flow",
            "an identifier of 1000 bytes",
            1,
            &long,
            &drawn[..16],
        ),
    ]
    .into_iter()
    .map(|(id, comment, mode, flow, secret)| {
        let bytes = bytes(mode, flow, keys, secret);
        Case::good(
            &format!("qr-code/{id}"),
            comment,
            json!({"bytes": hex(&bytes)}),
            json!({
                "mode": mode,
                "flow_id": flow,
                "first_key": base64(&keys[0]),
                "second_key": base64(&keys[1]),
                "written": hex(&bytes),
            }),
            &[],
        )
    })
    .collect()
}

fn no_codes() -> Vec<Case> {
    let [two_users, ..] = modes();
    let good = two_users.code();
    let changed = |at: usize, with: &[u8]| {
        let mut code = good.clone();
        code[at..at + with.len()].copy_from_slice(with);
        code
    };
    let too_long = [good.as_slice(), &[0; 2953]].concat();
    // Header 6, version, mode, length 2, identifier 4, keys 32 each, secret 16.
    let mut cases: Vec<(String, &str, Vec<u8>, &str, &str)> = [
        ("empty", "nothing", Vec::new(), "format.header", "truncated"),
        (
            "url",
            "something else",
            b"https://example.org".to_vec(),
            "format.header",
            "wrong-kind",
        ),
        (
            "header",
            "another header",
            changed(5, b"Y"),
            "format.header",
            "wrong-kind",
        ),
        (
            "header-only",
            "the header alone",
            good[..6].to_vec(),
            "format.truncated",
            "truncated",
        ),
        (
            "version-1",
            "version 1",
            changed(6, &[1]),
            "format.version",
            "version",
        ),
        (
            "version-3",
            "version 3",
            changed(6, &[3]),
            "format.version",
            "version",
        ),
        (
            "mode-3",
            "mode 3",
            changed(7, &[3]),
            "format.mode",
            "version",
        ),
        (
            "mode-255",
            "mode 255",
            changed(7, &[255]),
            "format.mode",
            "version",
        ),
        (
            "flow-length",
            "the identifier ends past the end",
            changed(8, &[0xff, 0xff]),
            "format.truncated",
            "truncated",
        ),
        (
            "flow-not-utf-8",
            "the identifier is not UTF-8",
            changed(10, &[0xff]),
            "format.utf-8",
            "non-canonical",
        ),
        (
            "no-secret",
            "no secret",
            good[..78].to_vec(),
            "format.length",
            "truncated",
        ),
        (
            "secret-7",
            "a secret of seven bytes",
            good[..85].to_vec(),
            "format.length",
            "truncated",
        ),
        (
            "second-key-cut",
            "the second key is cut",
            good[..77].to_vec(),
            "format.truncated",
            "truncated",
        ),
        (
            "too-long",
            "more than any QR code holds",
            too_long,
            "format.length",
            "too-many",
        ),
    ]
    .map(|(id, comment, bytes, error, flag)| (id.to_owned(), comment, bytes, error, flag))
    .into();
    for (name, point) in small_order_points().into_iter().take(8) {
        let id = format!("first-key-{name}");
        let comment = "a key of small order";
        cases.push((id, comment, changed(14, &point), "key", "small-order"));
    }
    let mut not_a_point = [0; 32];
    not_a_point[0] = 2;
    let comment = "not the encoding of a point";
    for (id, at) in [("first-key-no-point", 14), ("second-key-no-point", 46)] {
        let code = changed(at, &not_a_point);
        cases.push((id.to_owned(), comment, code, "key", "non-canonical"));
    }
    cases
        .into_iter()
        .map(|(id, comment, bytes, error, flag)| {
            let inputs = json!({"bytes": hex(&bytes)});
            Case::bad(&format!("qr-code/{id}"), comment, inputs, error, &[flag])
        })
        .collect()
}

fn shown() -> Vec<Case> {
    let mut cases = Vec::new();
    for mode in modes() {
        let mut expected = mode.trusted(true);
        expected["bytes"] = json!(hex(&mode.code()));
        let mut inputs = mode.inputs(true);
        inputs["answer"] = json!(base64(&secret()));
        cases.push(Case::good(
            &format!("qr-show/{}", mode.name),
            "the code, and what is trusted when the right secret came and the user confirmed",
            inputs.clone(),
            expected,
            &[],
        ));
        let mut wrong = secret();
        wrong[15] ^= 1;
        for (id, comment, answer) in [
            (
                "last-bit",
                "the secret's last bit is another",
                base64(&wrong),
            ),
            (
                "short",
                "the secret without its last byte",
                base64(&secret()[..15]),
            ),
            (
                "longer",
                "the secret and a byte more",
                base64(&[&secret()[..], &[0]].concat()),
            ),
            ("empty", "no secret", String::new()),
            ("not-base64", "no base64", "?".to_owned()),
        ] {
            inputs["answer"] = json!(answer);
            cases.push(Case::bad(
                &format!("qr-show/{}-secret-{id}", mode.name),
                comment,
                inputs.clone(),
                "authentication.secret",
                &["mac"],
            ));
        }
    }
    let [two_users, ..] = modes();
    let mut inputs = two_users.inputs(true);
    inputs["answer"] = json!(base64(&secret()));
    let mut case = |id: &str, comment: &str, name: &str, value: Value, error: &str| {
        let mut inputs = inputs.clone();
        inputs[name] = value;
        let id = format!("qr-show/{id}");
        cases.push(Case::bad(
            &id,
            comment,
            inputs,
            error,
            &["unknown-key-share"],
        ));
    };
    let without = |side: &Side| {
        let mut side = side.json();
        side["master"] = Value::Null;
        side
    };
    case(
        "not-trusting",
        "our own identity is not trusted",
        "trusts_master_key",
        json!(false),
        "not-trusting",
    );
    case(
        "no-master",
        "we have no master key",
        "ours",
        without(&two_users.shower),
        "no-master-key",
    );
    case(
        "no-other-master",
        "they have none",
        "theirs",
        without(&two_users.scanner),
        "no-master-key",
    );
    let mut named = two_users.scanner.json();
    named["device"] = named["master"].clone();
    case(
        "device-named-like-a-key",
        "their device is named like their master key",
        "theirs",
        named,
        "device-name",
    );
    cases
}

fn scanned() -> Vec<Case> {
    let mut cases = Vec::new();
    let other = Signer::drawn("qr other").public;
    for mode in modes() {
        let name = mode.name;
        let mut inputs = mode.inputs(false);
        inputs["bytes"] = json!(hex(&mode.code()));
        let mut expected = mode.trusted(false);
        expected["answer"] = json!(base64(&secret()));
        cases.push(Case::good(
            &format!("qr-scan/{name}"),
            "the secret to answer with, and what is trusted when the other side is done",
            inputs.clone(),
            expected,
            &[],
        ));
        let [first, second] = mode.keys();
        let of = |mode: u8, flow: &str, keys| bytes(mode, flow, keys, &secret());
        let mut codes = vec![
            (
                "first-key",
                "another first key",
                of(mode.byte, "flow", [other, second]),
                "key-mismatch",
            ),
            (
                "second-key",
                "another second key",
                of(mode.byte, "flow", [first, other]),
                "key-mismatch",
            ),
            (
                "swapped",
                "the keys have changed places",
                of(mode.byte, "flow", [second, first]),
                "key-mismatch",
            ),
            (
                "flow",
                "the code of another verification",
                of(mode.byte, "another", mode.keys()),
                "another-flow",
            ),
            (
                "version",
                "no code",
                mode.code()[..40].to_vec(),
                "format.truncated",
            ),
        ];
        for byte in (0..3).filter(|byte| *byte != mode.byte) {
            let id = ["as-mode-0", "as-mode-1", "as-mode-2"][usize::from(byte)];
            let code = of(byte, "flow", mode.keys());
            codes.push((id, "the same keys under another mode", code, "key-mismatch"));
        }
        for (id, comment, code, error) in codes {
            let mut inputs = inputs.clone();
            inputs["bytes"] = json!(hex(&code));
            let id = format!("qr-scan/{name}-{id}");
            cases.push(Case::bad(
                &id,
                comment,
                inputs,
                error,
                &["unknown-key-share"],
            ));
        }
        if mode.byte != 1 {
            let mut inputs = inputs.clone();
            inputs["trusts_master_key"] = json!(false);
            cases.push(Case::bad(
                &format!("qr-scan/{name}-not-trusting"),
                "our own identity is not trusted",
                inputs,
                "key-mismatch",
                &["unknown-key-share"],
            ));
        }
        let mut named = mode.shower.json();
        named["device"] = named["master"].clone();
        inputs["theirs"] = named;
        cases.push(Case::bad(
            &format!("qr-scan/{name}-device-named-like-a-key"),
            "their device is named like their master key",
            inputs,
            "device-name",
            &["unknown-key-share"],
        ));
    }
    cases
}
