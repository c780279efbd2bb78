//! Pre-key messages to an account.

use serde_json::{Value, json};

use super::{TEXT, bad_base64};
use crate::{
    crypto::{Pair, small_order_u},
    draw::draw,
    format::{Case, Group},
    olm::{Chain, Session, fields},
    records::Account,
    text::{base64, hex},
    wire::{self, authenticate},
};

/// Alice starts a session with Bob, whose account has two one-time keys, a
/// current and a previous fallback key.
struct Bench {
    alice: Pair,
    base: Pair,
    ratchet: Pair,
    bob: Account,
    session: Session,
}

impl Bench {
    fn new() -> Self {
        let mut bob = Account::drawn("pre-key bob");
        bob.add_one_time(&draw("pre-key one-time", 64));
        bob.add_fallback(&draw("pre-key fallback previous", 32));
        bob.add_fallback(&draw("pre-key fallback", 32));
        bob.publish();
        let (alice, base) = (Pair::drawn("pre-key alice"), Pair::drawn("pre-key base"));
        let ratchet = Pair::drawn("pre-key ratchet");
        let session = Session::outbound(
            &alice,
            &base,
            ratchet.clone(),
            &bob.identity.public,
            &bob.one_time[0].pair.public,
        );
        Self {
            alice,
            base,
            ratchet,
            bob,
            session,
        }
    }

    /// The session on another of Bob's keys.
    fn on(&self, key: &[u8; 32]) -> Session {
        let (alice, base, bob) = (&self.alice, &self.base, &self.bob.identity.public);
        Session::outbound(alice, base, self.ratchet.clone(), bob, key)
    }

    /// The inner message 0 in some version, and its MAC in some length.
    fn inner(&self, version: u8, mac: usize) -> Vec<u8> {
        let keys = self.session.sender().1.key_at(0);
        let fields = fields(&self.ratchet.public, 0, &keys.encrypt(TEXT)).concat();
        authenticate(version, &fields, &keys, mac)
    }

    fn message(&self) -> Vec<u8> {
        wire::pre_key(&self.session.keys, &self.inner(3, 8))
    }

    fn sender(&self) -> Value {
        json!(base64(&self.alice.public))
    }
}

fn accepted(id: &str, comment: &str, message: &[u8], session: &Session, fallback: bool) -> Case {
    Case::good(
        &format!("olm-pre-key/{id}"),
        comment,
        json!({"body": base64(message)}),
        json!({
            "plaintext": hex(TEXT),
            "session_id": session.id(),
            "used_fallback_key": fallback,
        }),
        &[],
    )
}

fn refused(id: &str, comment: &str, message: &[u8], error: &str, flags: &[&str]) -> Case {
    let id = format!("olm-pre-key/{id}");
    Case::bad(&id, comment, json!({"body": base64(message)}), error, flags)
}

pub(super) fn groups() -> Vec<Group> {
    let bench = Bench::new();
    let given = json!({
        "config": 1,
        "account": hex(&bench.bob.record()),
        "sender": bench.sender(),
    });
    let group = |name: &str, cases| Group::new(name, "olm-inbound", given.clone(), cases);
    vec![
        group("pre-key: good messages", good(&bench)),
        group("pre-key: whose keys", whose(&bench)),
        group(
            "pre-key: the fields around the inner message",
            outer(&bench),
        ),
        group("pre-key: the inner message", inner(&bench)),
        group("pre-key: all pairs of configs", configs(&bench)),
        group("pre-key: keys of small order", small_order(&bench)),
        group("pre-key: base64", texts(&bench)),
    ]
}

fn good(bench: &Bench) -> Vec<Case> {
    let bob = &bench.bob;
    let mut cases = vec![accepted(
        "good",
        "the one that others are changed from",
        &bench.message(),
        &bench.session,
        false,
    )];
    for (id, key, fallback) in [
        ("good-older-one-time-key", &bob.one_time[1], false),
        ("good-fallback-key", &bob.fallback[0], true),
        ("good-previous-fallback-key", &bob.fallback[1], true),
    ] {
        let mut session = bench.on(&key.pair.public);
        let message = session.encrypt(&[0; 32], TEXT).bytes;
        cases.push(accepted(
            id,
            "on another key of the account",
            &message,
            &session,
            fallback,
        ));
    }
    let mut session = bench.session.clone();
    session.encrypt(&[0; 32], b"lost");
    let second = session.encrypt(&[0; 32], TEXT).bytes;
    cases.push(accepted(
        "good-second-message",
        "the first message to arrive is the second one sent",
        &second,
        &session,
        false,
    ));
    cases
}

fn whose(bench: &Bench) -> Vec<Case> {
    let stranger = Pair::drawn("pre-key stranger");
    let mut lost = bench.on(&Pair::drawn("pre-key other one-time").public);
    let mut cases = vec![
        refused(
            "unknown-one-time-key",
            "a one-time key that the account does not have",
            &lost.encrypt(&[0; 32], TEXT).bytes,
            "unknown-one-time-key",
            &[],
        ),
        refused(
            "one-time-key-is-identity-key",
            "the account's identity key in place of a one-time key",
            &bench
                .on(&bench.bob.identity.public)
                .encrypt(&[0; 32], TEXT)
                .bytes,
            "unknown-one-time-key",
            &[],
        ),
        Case::bad(
            "olm-pre-key/other-sender",
            "said to come from somebody else than the identity key inside",
            json!({"sender": base64(&stranger.public), "body": base64(&bench.message())}),
            "sender",
            &["unknown-key-share"],
        ),
    ];
    for (id, part) in [("identity-key-swapped", 0), ("base-key-swapped", 1)] {
        let mut keys = bench.session.keys;
        keys[part] = stranger.public;
        let sender = if part == 0 {
            stranger.public
        } else {
            bench.alice.public
        };
        cases.push(Case::bad(
            &format!("olm-pre-key/{id}"),
            "one of the keys swapped for a stranger's: the inner MAC fails",
            json!({
                "sender": base64(&sender),
                "body": base64(&wire::pre_key(&keys, &bench.inner(3, 8))),
            }),
            "authentication.mac",
            &["mac"],
        ));
    }
    cases
}

fn outer(bench: &Bench) -> Vec<Case> {
    let inner = bench.inner(3, 8);
    let fields = wire::pre_key_fields(&bench.session.keys, &inner);
    let joined = |parts: &[&[u8]]| [&[3], parts.concat().as_slice()].concat();
    let all: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    let names = ["one-time-key", "base-key", "identity-key", "inner-message"];
    let mut cases = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        let tag = all[at][0];
        let mut parts = all.clone();
        parts.remove(at);
        cases.push(refused(
            &format!("{name}-missing"),
            "a field is not there",
            &joined(&parts),
            "format.missing",
            &[],
        ));
        let mut parts = all.clone();
        parts.insert(at, all[at]);
        cases.push(refused(
            &format!("{name}-twice"),
            "a field stands twice",
            &joined(&parts),
            "format",
            &["non-canonical"],
        ));
        let mut parts = all.clone();
        parts[at] = &all[at][..all[at].len() - 3];
        parts.truncate(at + 1);
        cases.push(refused(
            &format!("{name}-cut"),
            "the message ends inside a field",
            &joined(&parts),
            "format.truncated",
            &["truncated"],
        ));
        if at < 3 {
            for length in [0, 31, 33] {
                let key: Vec<u8> = all[at][2..].iter().cycle().take(length).copied().collect();
                let field = wire::bytes(tag, &key);
                let mut parts = all.clone();
                parts[at] = &field;
                cases.push(refused(
                    &format!("{name}-{length}-bytes"),
                    "a key of another length than 32 bytes",
                    &joined(&parts),
                    "format.key-length",
                    &[],
                ));
            }
        }
        let long = [&[tag, all[at][1] | 0x80, 0], &all[at][2..]].concat();
        if all[at][1] < 0x80 {
            let mut parts = all.clone();
            parts[at] = &long;
            cases.push(refused(
                &format!("{name}-length-long-varint"),
                "the length of a field in one byte more than it needs",
                &joined(&parts),
                "format.not-canonical",
                &["non-canonical", "malleable"],
            ));
        }
    }
    let reversed: Vec<&[u8]> = all.iter().rev().copied().collect();
    let unknown = wire::number(0x28, 5);
    let first = wire::number(0x08, 5);
    for (id, comment, parts) in [
        ("reversed", "the fields in the opposite order", reversed),
        (
            "unknown-last",
            "an unknown field at the end",
            [all.as_slice(), &[&unknown]].concat(),
        ),
        (
            "unknown-first",
            "an unknown field first",
            [&[first.as_slice()], all.as_slice()].concat(),
        ),
        (
            "wire-type-5",
            "a field of wire type 5 at the end",
            [all.as_slice(), &[&[0x2d, 1, 2, 3, 4]]].concat(),
        ),
        (
            "wire-type-3",
            "a field of wire type 3 at the end",
            [all.as_slice(), &[&[0x2b]]].concat(),
        ),
    ] {
        cases.push(refused(
            id,
            &format!("{comment}; nothing authenticates the outer part"),
            &joined(&parts),
            "format",
            &["non-canonical", "malleable"],
        ));
    }
    for version in [0, 2, 4, 5, 0xff] {
        let mut message = bench.message();
        message[0] = version;
        cases.push(refused(
            &format!("outer-version-{version}"),
            "the outer version is 3, whatever is inside",
            &message,
            "format.version",
            &["version"],
        ));
    }
    cases.push(refused(
        "empty",
        "nothing",
        &[],
        "format.truncated",
        &["truncated"],
    ));
    cases.push(refused(
        "version-alone",
        "the version byte alone",
        &[3],
        "format.missing",
        &[],
    ));
    cases.push(refused(
        "byte-appended",
        "one byte more at the end",
        &[bench.message().as_slice(), &[0]].concat(),
        "format",
        &["non-canonical", "malleable"],
    ));
    cases
}

fn inner(bench: &Bench) -> Vec<Case> {
    let inner = bench.inner(3, 8);
    let with = |inner: &[u8]| wire::pre_key(&bench.session.keys, inner);
    let keys = bench.session.sender().1.key_at(0);
    let parts = fields(&bench.ratchet.public, 0, &keys.encrypt(TEXT));
    let sealed = |parts: &[&[u8]]| with(&authenticate(3, &parts.concat(), &keys, 8));
    let mut changed = inner.clone();
    *changed.last_mut().expect("not empty") ^= 1;
    let at = |index: u32| {
        let keys = bench.session.sender().1.key_at(index);
        let fields = fields(&bench.ratchet.public, u64::from(index), &keys.encrypt(TEXT));
        with(&authenticate(3, &fields.concat(), &keys, 8))
    };
    let mut cases = vec![
        refused(
            "inner-mac",
            "the last bit of the MAC flipped",
            &with(&changed),
            "authentication.mac",
            &["mac"],
        ),
        refused(
            "inner-empty",
            "an empty inner message",
            &with(&[]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "inner-cut",
            "the inner message cut by one byte",
            &with(&inner[..inner.len() - 1]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "inner-ratchet-key-missing",
            "no ratchet key",
            &sealed(&[&parts[1], &parts[2]]),
            "format.missing",
            &[],
        ),
        refused(
            "inner-index-missing",
            "no index",
            &sealed(&[&parts[0], &parts[2]]),
            "format.missing",
            &[],
        ),
        refused(
            "inner-ciphertext-missing",
            "no ciphertext",
            &sealed(&[&parts[0], &parts[1]]),
            "format.missing",
            &[],
        ),
        refused(
            "inner-gap-2001",
            "2001 messages skipped",
            &at(2001),
            "gap",
            &["gap"],
        ),
        refused(
            "inner-is-pre-key",
            "a pre-key message in place of the inner one",
            &with(&bench.message()),
            "format",
            &[],
        ),
        accepted(
            "inner-gap-2000",
            "2000 messages skipped",
            &at(2000),
            &bench.session,
            false,
        ),
    ];
    for version in [0, 2, 5] {
        cases.push(refused(
            &format!("inner-version-{version}"),
            "an unknown version, the MAC over it",
            &with(&bench.inner(version, 8)),
            "format.version",
            &["version"],
        ));
    }
    cases
}

fn configs(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    for config in [1, 2] {
        for version in [3, 4] {
            for mac in [8, 32] {
                let right = wire::mac_length(version) == mac;
                let message = wire::pre_key(&bench.session.keys, &bench.inner(version, mac));
                let id = format!("config-{config}-version-{version}-mac-{mac}");
                let comment = "the account asks for a config; the inner message says another \
                               version, or has the MAC of another";
                let mut case = if right && usize::from(version) == config + 2 {
                    accepted(
                        &id,
                        "config and version agree",
                        &message,
                        &bench.session,
                        false,
                    )
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

/// All of these have a right MAC, by keys that whoever sent it can derive.
fn small_order(bench: &Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    let (bob, one_time) = (&bench.bob.identity, &bench.bob.one_time[0].pair);
    for (name, bad) in small_order_u() {
        for part in ["identity", "base", "ratchet"] {
            let mut keys = bench.session.keys;
            match part {
                "identity" => keys[0] = bad,
                "base" => keys[1] = bad,
                _ => {}
            }
            // What Bob derives.
            let secret = [
                one_time.shared(&keys[0]),
                bob.shared(&keys[1]),
                one_time.shared(&keys[1]),
            ]
            .concat();
            let ratchet = if part == "ratchet" {
                bad
            } else {
                bench.ratchet.public
            };
            let pair = Pair {
                secret: [0; 32],
                public: ratchet,
            };
            let session = Session::started(keys, &secret, pair);
            let chain: &Chain = &session.sender().1;
            let message_keys = chain.key_at(0);
            let fields = fields(&ratchet, 0, &message_keys.encrypt(TEXT)).concat();
            let message = wire::pre_key(&keys, &authenticate(3, &fields, &message_keys, 8));
            let mut case = refused(
                &format!("{part}-key-{name}"),
                &format!("the {part} key is of small order"),
                &message,
                "key.small-order",
                &["small-order"],
            );
            case.inputs
                .insert("sender".to_owned(), json!(base64(&keys[0])));
            cases.push(case);
        }
        let mut keys = bench.session.keys;
        keys[2] = bad;
        cases.push(refused(
            &format!("one-time-key-{name}"),
            "the one-time key is of small order, and so none of the account's",
            &wire::pre_key(&keys, &bench.inner(3, 8)),
            "unknown-one-time-key",
            &["small-order"],
        ));
    }
    cases
}

fn texts(bench: &Bench) -> Vec<Case> {
    let good = base64(&bench.message());
    bad_base64(&good)
        .into_iter()
        .map(|(name, comment, text)| {
            Case::bad(
                &format!("olm-pre-key/base64-{name}"),
                comment,
                json!({"body": text}),
                "format.base64",
                &["base64"],
            )
        })
        .collect()
}
