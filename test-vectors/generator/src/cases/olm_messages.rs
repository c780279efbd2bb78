//! Normal messages to a session that exists: one state, one message each.

mod encoding;
mod pre_key;

use serde_json::json;

use super::bad_base64;
use crate::{
    crypto::{Keys, Pair, small_order_u},
    draw::draw32,
    format::{Case, File, Group},
    olm::{Chain, Session, fields, turn},
    text::{base64, hex},
    wire::authenticate,
};

pub(crate) fn file() -> File {
    let bench = Bench::new();
    let given = json!({"config": 1, "session": hex(&bench.bob.record()), "type": 1});
    let group = |name: &str, cases| Group::new(name, "olm-decrypt", given.clone(), cases);
    let mut groups = vec![
        group("good messages", good(&bench)),
        group("version and length of the whole", versions(&bench)),
        group(
            "fields missing, cut short or of a wrong length",
            encoding::lengths(&bench),
        ),
        group(
            "not the canonical encoding, the MAC over the bytes as sent",
            encoding::odd(&bench),
        ),
        group(
            "not the canonical encoding, the MAC over the canonical one",
            encoding::recoded(&bench),
        ),
        group("index out of reach", encoding::indexes(&bench)),
        group("MAC", macs(&bench)),
        group("padding, the MAC right", padding(&bench)),
        group("ratchet key of small order", small_order(&bench)),
        group("base64", texts(&bench)),
    ];
    groups.extend(pre_key::groups());
    File::new(
        "Single Olm messages, normal and pre-key, good and hostile.",
        groups,
    )
}

/// Bob has read message 0 of Alice's first chain and has answered, so he takes
/// messages of that chain from index 1 on, and of new chains.
struct Bench {
    bob: Session,
    /// Alice's first ratchet key, and her chain at index 1.
    ratchet_key: [u8; 32],
    chain: Chain,
}

impl Bench {
    fn new() -> Self {
        let (identity, base) = (Pair::drawn("messages alice"), Pair::drawn("messages base"));
        let (theirs, one_time) = (
            Pair::drawn("messages bob"),
            Pair::drawn("messages one-time"),
        );
        let ratchet = Pair::drawn("messages ratchet 0");
        let mut alice =
            Session::outbound(&identity, &base, ratchet, &theirs.public, &one_time.public);
        let mut bob = alice.other_side();
        bob.receive(&alice.encrypt(&[0; 32], b"first"));
        bob.encrypt(&draw32("messages ratchet 1"), b"answer");
        let (ratchet, chain) = alice.sender();
        Self {
            bob,
            ratchet_key: ratchet.public,
            chain: chain.clone(),
        }
    }

    /// The keys of message 1, which most cases are made with.
    fn keys(&self) -> Keys {
        self.chain.key_at(1)
    }

    /// The fields of message 1, with 16 bytes of ciphertext.
    fn fields(&self) -> [Vec<u8>; 3] {
        fields(&self.ratchet_key, 1, &self.keys().encrypt(TEXT))
    }

    /// Version 3, with a right MAC.
    fn sealed(&self, payload: &[u8]) -> Vec<u8> {
        authenticate(3, payload, &self.keys(), 8)
    }

    /// Message 1, as it should be.
    fn message(&self) -> Vec<u8> {
        self.sealed(&self.fields().concat())
    }

    /// A message at some index, with a right MAC.
    fn at(&self, index: u32, text: &[u8]) -> Vec<u8> {
        let keys = self.chain.key_at(index);
        let fields = fields(&self.ratchet_key, u64::from(index), &keys.encrypt(text));
        authenticate(3, &fields.concat(), &keys, 8)
    }

    /// A message of a new chain.
    fn turned(&self, ratchet: &Pair, index: u32) -> Vec<u8> {
        // The other side's half of the same Diffie-Hellman; of a key of small
        // order nobody needs the private half.
        let (ours, _) = self.bob.sender();
        let (_, key) = turn(&self.bob.root, ours, &ratchet.public);
        let keys = Chain { key, next: 0 }.key_at(index);
        let fields = fields(&ratchet.public, u64::from(index), &keys.encrypt(TEXT));
        authenticate(3, &fields.concat(), &keys, 8)
    }
}

const TEXT: &[u8] = b"hello";

fn accepted(id: &str, comment: &str, message: &[u8], text: &[u8]) -> Case {
    Case::good(
        &format!("olm-message/{id}"),
        comment,
        json!({"body": base64(message)}),
        json!({"plaintext": hex(text)}),
        &[],
    )
}

fn refused(id: &str, comment: &str, message: &[u8], error: &str, flags: &[&str]) -> Case {
    let id = format!("olm-message/{id}");
    Case::bad(&id, comment, json!({"body": base64(message)}), error, flags)
}

fn good(bench: &Bench) -> Vec<Case> {
    vec![
        accepted(
            "good",
            "the one that others are changed from",
            &bench.message(),
            TEXT,
        ),
        accepted(
            "good-empty-text",
            "no text: a whole block of padding",
            &bench.at(1, b""),
            b"",
        ),
        accepted(
            "good-15-bytes",
            "one byte of padding",
            &bench.at(1, &[7; 15]),
            &[7; 15],
        ),
        accepted(
            "good-16-bytes",
            "one block and padding",
            &bench.at(1, &[7; 16]),
            &[7; 16],
        ),
        accepted(
            "good-300-bytes",
            "a length of two bytes",
            &bench.at(1, &[7; 300]),
            &[7; 300],
        ),
        accepted(
            "good-index-200",
            "an index of two bytes",
            &bench.at(200, TEXT),
            TEXT,
        ),
        accepted(
            "good-new-chain",
            "a ratchet key that is new to the session",
            &bench.turned(&Pair::drawn("messages ratchet 2"), 0),
            TEXT,
        ),
    ]
}

fn versions(bench: &Bench) -> Vec<Case> {
    let (keys, payload) = (bench.keys(), bench.fields().concat());
    let mut cases = Vec::new();
    for version in [0, 1, 2, 5, 0x83, 0xff] {
        cases.push(refused(
            &format!("version-{version}"),
            "an unknown version, the MAC over it",
            &authenticate(version, &payload, &keys, 8),
            "format.version",
            &["version"],
        ));
    }
    cases.push(refused(
        "version-4",
        "a message of config 2 to a session of config 1",
        &authenticate(4, &payload, &keys, 32),
        "config",
        &["version", "downgrade"],
    ));
    cases.push(refused(
        "version-4-short-mac",
        "version 4 with a MAC of 8 bytes, as version 3 has",
        &authenticate(4, &payload, &keys, 8),
        "format.truncated",
        &["version", "downgrade"],
    ));
    let message = bench.message();
    for (id, length) in [
        ("empty", 0),
        ("version-alone", 1),
        ("8-bytes", 8),
        ("9-bytes", 9),
    ] {
        cases.push(refused(
            id,
            "cut off before there is a field",
            &message[..length],
            "format",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "no-field",
        "version and MAC with nothing between",
        &bench.sealed(&[]),
        "format.missing",
        &[],
    ));
    for cut in [1, 4, 7, 8, 9, 15] {
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
        "one byte more, so the MAC begins one byte later",
        &[message.as_slice(), &[0]].concat(),
        "format",
        &[],
    ));
    cases
}

fn macs(bench: &Bench) -> Vec<Case> {
    let message = bench.message();
    let (start, payload) = (message.len() - 8, bench.fields().concat());
    let mac = "authentication.mac";
    let mut cases = Vec::new();
    for byte in 0..8 {
        let mut changed = message.clone();
        changed[start + byte] ^= 1 << byte;
        cases.push(refused(
            &format!("mac-byte-{byte}"),
            &format!("bit {byte} of byte {byte} of the MAC flipped"),
            &changed,
            mac,
            &["mac"],
        ));
    }
    let mut changed = |id: &str, comment: &str, at: usize| {
        let mut bytes = message.clone();
        bytes[at] ^= 1;
        cases.push(refused(id, comment, &bytes, mac, &["mac"]));
    };
    changed(
        "ratchet-key-changed",
        "one bit of the ratchet key flipped: a new chain",
        3,
    );
    changed(
        "ciphertext-changed",
        "one bit of the first byte of ciphertext flipped",
        start - 16,
    );
    changed(
        "ciphertext-end-changed",
        "one bit of the last byte of ciphertext flipped",
        start - 1,
    );
    let with_mac = |bytes: &[u8]| [&message[..start], bytes].concat();
    cases.push(refused(
        "index-changed",
        "index 2, with the MAC of index 1",
        &bench.sealed(&fields(&bench.ratchet_key, 2, &bench.keys().encrypt(TEXT)).concat()),
        mac,
        &["mac"],
    ));
    cases.push(refused(
        "mac-zero",
        "a MAC of zeros",
        &with_mac(&[0; 8]),
        mac,
        &["mac"],
    ));
    cases.push(refused(
        "mac-ones",
        "a MAC of ones",
        &with_mac(&[0xff; 8]),
        mac,
        &["mac"],
    ));
    let whole = bench.keys().mac(&message[..start]);
    cases.push(refused(
        "mac-end-of-the-whole",
        "the last 8 bytes of the whole MAC in place of the first",
        &with_mac(&whole[24..]),
        mac,
        &["mac"],
    ));
    cases.push(refused(
        "mac-without-version",
        "a MAC over all but the version byte",
        &with_mac(&bench.keys().mac(&message[1..start])[..8]),
        mac,
        &["mac"],
    ));
    cases.push(refused(
        "mac-other-key",
        "a MAC by the keys of another message",
        &with_mac(&bench.chain.key_at(2).mac(&message[..start])[..8]),
        mac,
        &["mac"],
    ));
    for length in [0, 1, 4, 7] {
        cases.push(refused(
            &format!("mac-{length}-bytes"),
            "a MAC cut short: part of the ciphertext stands in its place",
            &authenticate(3, &payload, &bench.keys(), length),
            "format.truncated",
            &["mac", "truncated"],
        ));
    }
    for length in [9, 16, 32] {
        cases.push(refused(
            &format!("mac-{length}-bytes"),
            "a longer MAC (32 bytes are version 4's): its first bytes are read as a field",
            &authenticate(3, &payload, &bench.keys(), length),
            "format",
            &["mac"],
        ));
    }
    cases
}

fn padding(bench: &Bench) -> Vec<Case> {
    let with = |padding: &[u8]| {
        let mut block = vec![b'x'; 16 - padding.len()];
        block.extend_from_slice(padding);
        let ciphertext = bench.keys().encrypt_blocks(block);
        bench.sealed(&fields(&bench.ratchet_key, 1, &ciphertext).concat())
    };
    [
        ("padding-0", "the last byte is 0", &[0][..]),
        ("padding-17", "the last byte is 17", &[17]),
        ("padding-255", "the last byte is 255", &[255]),
        (
            "padding-unequal",
            "the last three bytes are 3, 2, 3",
            &[3, 2, 3],
        ),
    ]
    .into_iter()
    .map(|(id, comment, bytes)| {
        refused(
            id,
            comment,
            &with(bytes),
            "authentication.mac",
            &["padding"],
        )
    })
    .collect()
}

fn small_order(bench: &Bench) -> Vec<Case> {
    small_order_u()
        .into_iter()
        .map(|(name, public)| {
            let theirs = Pair {
                secret: [0; 32],
                public,
            };
            refused(
                &format!("ratchet-key-{name}"),
                "a new ratchet key of small order, the MAC by the keys that everybody can derive",
                &bench.turned(&theirs, 0),
                "key.small-order",
                &["small-order"],
            )
        })
        .collect()
}

fn texts(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    // The length of the text modulo 4 is 0, 2 and 3.
    for (remainder, blocks) in [(0, 1), (2, 2), (3, 3)] {
        let text = vec![b't'; 16 * blocks - 5];
        let message = bench.at(1, &text);
        let good = base64(&message);
        assert_eq!(good.len() % 4, remainder, "as the name says");
        let id = format!("base64-{remainder}");
        cases.push(accepted(&id, "as it should be", &message, &text));
        for (name, comment, text) in bad_base64(&good) {
            cases.push(Case::bad(
                &format!("olm-message/{id}-{name}"),
                comment,
                json!({"body": text}),
                "format.base64",
                &["base64"],
            ));
        }
    }
    for found in [2, 3, 255] {
        cases.push(Case::bad(
            &format!("olm-message/type-{found}"),
            "there are types 0 and 1 only",
            json!({"type": found, "body": base64(&bench.message())}),
            "format.message-type",
            &[],
        ));
    }
    cases.push(Case::bad(
        "olm-message/normal-as-pre-key",
        "a normal message said to be a pre-key message",
        json!({"type": 0, "body": base64(&bench.message())}),
        "format",
        &[],
    ));
    cases
}
