//! Megolm messages, single ones and sessions.

mod encoding;
mod sessions;

use curve25519_dalek::{Scalar, constants::ED25519_BASEPOINT_POINT};
use serde_json::json;

use super::{bad_base64, ed25519::is_cofactorless};
use crate::{
    crypto::{Keys, Signer, add_order, array, plus_torsion, small_order_points},
    format::{Case, File, Group},
    megolm::{Session, fields},
    text::{base64, hex},
    wire::{self, authenticate, sign},
};

pub(crate) fn file() -> File {
    let bench = Bench::new();
    let given = json!({"config": 1, "session_key": base64(&bench.session.session_key())});
    let group = |name: &str, cases| Group::new(name, "megolm-decrypt", given.clone(), cases);
    let mut groups = vec![
        group("good messages", good(&bench)),
        group("version and length of the whole", versions(&bench)),
        group(
            "fields missing, cut short or of a wrong length",
            encoding::lengths(&bench),
        ),
        group(
            "not the canonical encoding, signed and authenticated as sent",
            encoding::odd(&bench),
        ),
        group(
            "not the canonical encoding, signature and MAC of the canonical one",
            encoding::recoded(&bench),
        ),
        group("MAC wrong, signature right", macs(&bench)),
        group("signature wrong", signatures(&bench)),
        group(
            "signature right, the points plus points of small order",
            mixed(&bench),
        ),
        group("padding wrong, MAC and signature right", padding(&bench)),
        group("base64", texts(&bench)),
        group("all pairs of configs", configs(&bench)),
    ];
    groups.extend(sessions::groups());
    File::new("Megolm messages, good and hostile, and sessions.", groups)
}

/// A session at index 0; most cases are message 5.
struct Bench {
    session: Session,
    keys: Keys,
}

const INDEX: u32 = 5;
const TEXT: &[u8] = b"hello, room";

impl Bench {
    fn new() -> Self {
        let session = Session::drawn("megolm messages");
        let keys = session.ratchet.at(INDEX).keys();
        Self { session, keys }
    }

    fn fields(&self) -> [Vec<u8>; 2] {
        fields(u64::from(INDEX), &self.keys.encrypt(TEXT))
    }

    /// Version 3, authenticated and signed as it is.
    fn sealed(&self, payload: &[u8]) -> Vec<u8> {
        sign(
            authenticate(3, payload, &self.keys, 8),
            &self.session.signer,
        )
    }

    fn message(&self) -> Vec<u8> {
        self.sealed(&self.fields().concat())
    }

    /// Version, payload and MAC of the good message: what is signed.
    fn signed(&self) -> Vec<u8> {
        authenticate(3, &self.fields().concat(), &self.keys, 8)
    }
}

fn accepted(id: &str, comment: &str, message: &[u8], text: &[u8], index: u32) -> Case {
    Case::good(
        &format!("megolm-message/{id}"),
        comment,
        json!({"body": base64(message)}),
        json!({"plaintext": hex(text), "index": index}),
        &[],
    )
}

fn refused(id: &str, comment: &str, message: &[u8], error: &str, flags: &[&str]) -> Case {
    let id = format!("megolm-message/{id}");
    Case::bad(&id, comment, json!({"body": base64(message)}), error, flags)
}

fn good(bench: &Bench) -> Vec<Case> {
    let at = |id: &str, comment: &str, index: u32, text: &[u8]| {
        accepted(
            id,
            comment,
            &bench.session.message(index, text),
            text,
            index,
        )
    };
    vec![
        accepted(
            "good",
            "the one that others are changed from",
            &bench.message(),
            TEXT,
            INDEX,
        ),
        at(
            "good-empty-text",
            "no text: a whole block of padding",
            0,
            b"",
        ),
        at("good-15-bytes", "one byte of padding", 1, &[7; 15]),
        at("good-16-bytes", "one block and padding", 2, &[7; 16]),
        at("good-300-bytes", "a length of two bytes", 3, &[7; 300]),
        at("good-index-127", "the last index of one byte", 127, TEXT),
        at("good-index-128", "the first index of two bytes", 128, TEXT),
        at(
            "good-index-65536",
            "two parts of the ratchet turned",
            65_536,
            TEXT,
        ),
        at(
            "good-index-2-pow-24",
            "all parts of the ratchet turned",
            1 << 24,
            TEXT,
        ),
        at(
            "good-index-2-pow-31-minus-1",
            "as far as libolm goes",
            (1 << 31) - 1,
            TEXT,
        ),
        at(
            "good-index-2-pow-31",
            "further than libolm goes",
            1 << 31,
            TEXT,
        ),
        at(
            "good-index-2-pow-32-minus-1",
            "the last index there is",
            u32::MAX,
            TEXT,
        ),
    ]
}

fn versions(bench: &Bench) -> Vec<Case> {
    let (keys, payload) = (&bench.keys, bench.fields().concat());
    let signed = |message| sign(message, &bench.session.signer);
    let mut cases = Vec::new();
    for version in [0, 1, 2, 5, 0x83, 0xff] {
        cases.push(refused(
            &format!("version-{version}"),
            "an unknown version, authenticated and signed",
            &signed(authenticate(version, &payload, keys, 8)),
            "format.version",
            &["version"],
        ));
    }
    cases.push(refused(
        "version-4-short-mac",
        "version 4 with a MAC of 8 bytes, as version 3 has",
        &signed(authenticate(4, &payload, keys, 8)),
        "format.truncated",
        &["version", "downgrade"],
    ));
    let message = bench.message();
    for (id, length) in [("empty", 0), ("version-alone", 1), ("72-bytes", 72)] {
        cases.push(refused(
            id,
            "cut off before there is a field",
            &message[..length],
            "format.truncated",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "no-field",
        "version, MAC and signature with nothing between",
        &bench.sealed(&[]),
        "format.missing",
        &[],
    ));
    for cut in [1, 8, 63, 64, 72] {
        cases.push(refused(
            &format!("{cut}-bytes-cut"),
            "the end is cut off: what the MAC was is read as ciphertext",
            &message[..message.len() - cut],
            "format.truncated",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "byte-appended",
        "one byte more, so MAC and signature begin one byte later",
        &[message.as_slice(), &[0]].concat(),
        "format",
        &[],
    ));
    cases
}

/// Only the sender can make these.
fn macs(bench: &Bench) -> Vec<Case> {
    let (signed, mac) = (bench.signed(), "authentication.mac");
    let start = signed.len() - 8;
    let with = |bytes: &[u8]| sign([&signed[..start], bytes].concat(), &bench.session.signer);
    let mut cases = Vec::new();
    for byte in 0..8 {
        let mut changed = signed.clone();
        changed[start + byte] ^= 1 << byte;
        cases.push(refused(
            &format!("mac-byte-{byte}"),
            &format!("bit {byte} of byte {byte} of the MAC flipped"),
            &sign(changed, &bench.session.signer),
            mac,
            &["mac"],
        ));
    }
    let whole = bench.keys.mac(&signed[..start]);
    for (id, comment, bytes) in [
        ("mac-zero", "a MAC of zeros", [0; 8]),
        ("mac-ones", "a MAC of ones", [0xff; 8]),
        (
            "mac-end-of-the-whole",
            "the last 8 bytes of the whole MAC",
            array(&whole[24..]),
        ),
        (
            "mac-other-key",
            "a MAC by the keys of another index",
            array(&bench.session.ratchet.at(6).keys().mac(&signed[..start])[..8]),
        ),
    ] {
        cases.push(refused(id, comment, &with(&bytes), mac, &["mac"]));
    }
    for (length, error) in [
        (0, "format.truncated"),
        (1, "format.truncated"),
        (7, "format.truncated"),
        (9, "format"),
        (32, "format"),
    ] {
        cases.push(refused(
            &format!("mac-{length}-bytes"),
            "a MAC of another length, signed",
            &with(&whole[..length]),
            error,
            &["mac"],
        ));
    }
    cases
}

fn signatures(bench: &Bench) -> Vec<Case> {
    let (signed, message) = (bench.signed(), bench.message());
    let good: [u8; 64] = array(&message[signed.len()..]);
    let with = |bytes: &[u8; 64]| [signed.as_slice(), bytes].concat();
    let error = "authentication.signature";
    let mut cases = Vec::new();
    for at in [0, 31, 32, 63] {
        let mut bytes = good;
        bytes[at] ^= 1;
        cases.push(refused(
            &format!("signature-byte-{at}"),
            "one bit of the signature flipped",
            &with(&bytes),
            error,
            &[],
        ));
    }
    for (id, at) in [
        ("index-changed", 2),
        ("ciphertext-changed", 10),
        ("mac-changed", signed.len() - 1),
    ] {
        let mut bytes = message.clone();
        bytes[at] ^= 1;
        cases.push(refused(
            id,
            "one bit flipped, not signed again",
            &bytes,
            error,
            &[],
        ));
    }
    let stranger = Signer::drawn("megolm stranger");
    cases.push(refused(
        "signature-other-key",
        "signed by another member of the room",
        &with(&stranger.sign(&signed)),
        error,
        &[],
    ));
    cases.push(refused(
        "signature-without-mac",
        "the signature does not cover the MAC",
        &with(&bench.session.signer.sign(&signed[..signed.len() - 8])),
        error,
        &[],
    ));
    cases.push(refused(
        "signature-zero",
        "64 zero bytes",
        &with(&[0; 64]),
        error,
        &[],
    ));
    cases.push(refused(
        "signature-s-plus-order",
        "S not reduced modulo the group order",
        &with(&add_order(&good, 1)),
        error,
        &["non-canonical", "malleable"],
    ));
    for (name, r) in small_order_points() {
        cases.push(refused(
            &format!("signature-r-{name}"),
            "R of small order, with S = k·a",
            &with(&bench.session.signer.sign_with(Scalar::ZERO, &r, &signed)),
            error,
            &["small-order"],
        ));
    }
    cases
}

/// A sender can make these, with a session key to match.
fn mixed(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    for (a, r) in [
        (0usize, 1usize),
        (0, 4),
        (1, 0),
        (4, 0),
        (1, 1),
        (3, 6),
        (4, 4),
        (7, 2),
    ] {
        let mut session = bench.session.clone();
        session.signer.public = plus_torsion(ED25519_BASEPOINT_POINT * session.signer.scalar, a);
        let key = session.export();
        let signed = bench.signed();
        let nonce = session.signer.nonce(&r.to_be_bytes());
        let point = plus_torsion(ED25519_BASEPOINT_POINT * nonce, r);
        let bytes = session.signer.sign_with(nonce, &point, &signed);
        let kind = if is_cofactorless(&session.signer.public, &signed, &bytes) {
            "cofactorless"
        } else {
            "cofactored"
        };
        let mut case = accepted(
            &format!("{kind}-a{a}-r{r}"),
            "A or R have a part of small order; the cofactored equation holds",
            &[signed.as_slice(), &bytes].concat(),
            TEXT,
            INDEX,
        );
        case.flags.push("torsion".to_owned());
        case.inputs.insert("session_key".to_owned(), json!(null));
        case.inputs
            .insert("exported_key".to_owned(), json!(base64(&key)));
        cases.push(case);
    }
    cases
}

fn padding(bench: &Bench) -> Vec<Case> {
    [
        ("padding-0", "the last byte is 0", &[0][..]),
        ("padding-17", "the last byte is 17", &[17]),
        (
            "padding-unequal",
            "the last three bytes are 3, 2, 3",
            &[3, 2, 3],
        ),
    ]
    .into_iter()
    .map(|(id, comment, padding)| {
        let mut block = vec![b'x'; 16 - padding.len()];
        block.extend_from_slice(padding);
        let payload = fields(u64::from(INDEX), &bench.keys.encrypt_blocks(block)).concat();
        refused(
            id,
            comment,
            &bench.sealed(&payload),
            "authentication.mac",
            &["padding"],
        )
    })
    .collect()
}

fn texts(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    for (remainder, index) in [(0, 5), (2, 200), (3, 70_000)] {
        let message = bench.session.message(index, TEXT);
        let good = base64(&message);
        let id = format!("base64-{remainder}");
        assert_eq!(good.len() % 4, remainder, "as the name says");
        cases.push(accepted(&id, "as it should be", &message, TEXT, index));
        for (name, comment, text) in bad_base64(&good) {
            cases.push(Case::bad(
                &format!("megolm-message/{id}-{name}"),
                comment,
                json!({"body": text}),
                "format.base64",
                &["base64"],
            ));
        }
    }
    cases
}

fn configs(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    for config in [1, 2] {
        for version in [3, 4] {
            for mac in [8, 32] {
                let payload = bench.fields().concat();
                let message = sign(
                    authenticate(version, &payload, &bench.keys, mac),
                    &bench.session.signer,
                );
                let id = format!("config-{config}-version-{version}-mac-{mac}");
                let right = wire::mac_length(version) == mac;
                let comment = "the session has a config; the message says another version, or has \
                               the MAC of another";
                let mut case = if right && usize::from(version) == config + 2 {
                    accepted(&id, "config and version agree", &message, TEXT, INDEX)
                } else if right {
                    refused(&id, comment, &message, "config", &["version", "downgrade"])
                } else {
                    refused(
                        &id,
                        comment,
                        &message,
                        "format",
                        &["version", "downgrade", "mac"],
                    )
                };
                case.inputs.insert("config".to_owned(), json!(config));
                cases.push(case);
            }
        }
    }
    cases
}
