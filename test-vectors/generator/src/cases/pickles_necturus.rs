//! necturus's own pickles: version 1, pinned for good.

use serde_json::{Value, json};

use super::pickles::{
    account, group, see_account, see_inbound, see_outbound, see_session, session, with,
};
use crate::{
    draw::{draw, draw32},
    format::{Case, File, Group},
    megolm,
    olm::Session,
    records::{Account, Record, seal_ours},
    text::hex,
};

const CONTEXT: &[u8] = b"@alice:example.org DEVICE";

pub(crate) fn file() -> File {
    let given = json!({"key": hex(&key()), "context": hex(CONTEXT)});
    let file = |name: &str, cases| Group::new(name, "necturus-unpickle", given.clone(), cases);
    File::new(
        "necturus's pickles: version ‖ kind ‖ nonce (24) ‖ XChaCha20-Poly1305(record) ‖ tag, with \
         version ‖ kind ‖ context as associated data, under HKDF-SHA-256(no salt, key, \
         \"necturus pickle v1\", 32). Written again with the same nonce, a good one is the same.",
        vec![
            file("good pickles of version 1", good()),
            file("envelope", envelope()),
            file("one kind in another's place", kinds_swapped()),
            file("records, authentic", records()),
        ],
    )
}

fn key() -> [u8; 32] {
    draw32("necturus pickle key")
}

fn nonce() -> [u8; 24] {
    crate::crypto::array(&draw("necturus pickle nonce", 24))
}

struct Kind {
    name: &'static str,
    byte: u8,
    record: Vec<u8>,
    seen: Value,
}

impl Kind {
    fn pickle(&self) -> Vec<u8> {
        seal_ours([1, self.byte], &self.record, &key(), CONTEXT, &nonce())
    }
}

fn kinds() -> [Kind; 4] {
    let group = group();
    [
        Kind {
            name: "account",
            byte: 1,
            record: account_record(&account(), true),
            seen: see_account(&account()),
        },
        Kind {
            name: "session",
            byte: 2,
            record: session_record(&session(), &Turns::default()),
            seen: see_session(&session()),
        },
        Kind {
            name: "outbound-group-session",
            byte: 3,
            record: outbound_record(&group, 1, false),
            seen: see_outbound(&group),
        },
        Kind {
            name: "inbound-group-session",
            byte: 4,
            record: inbound_record(&group, 1, 65_600),
            seen: see_inbound(&group, true),
        },
    ]
}

/// Signing key, identity key, counter, one-time keys oldest first, fallback
/// keys; ids are 8 bytes, shown as 4.
fn account_record(account: &Account, seed: bool) -> Vec<u8> {
    let mut record = Record::default();
    record.flag(seed);
    if seed {
        record.bytes(&account.signer.seed);
    } else {
        record.bytes(&account.signer.expanded());
    }
    record.bytes(&account.identity.secret);
    record.u64(u64::from(account.last_id) + 1);
    record.u8(4);
    record.count(account.one_time.len());
    let put = |record: &mut Record, key: &crate::records::OneTimeKey| {
        record.u64(u64::from(key.id));
        record.u8(4);
        record.flag(key.published);
        record.bytes(&key.pair.secret);
    };
    for key in account.one_time.iter().rev() {
        put(&mut record, key);
    }
    for slot in 0..2 {
        record.flag(account.fallback.get(slot).is_some());
        if let Some(key) = account.fallback.get(slot) {
            put(&mut record, key);
        }
    }
    record.finish()
}

/// What a session of necturus's knows besides what libolm's does.
#[derive(Default)]
struct Turns {
    count: Option<u64>,
    /// Indexes of the newest chain whose keys were dropped.
    dropped: Vec<(u64, u64)>,
    gone: Vec<[u8; 32]>,
}

fn session_record(session: &Session, turns: &Turns) -> Vec<u8> {
    let mut record = Record::default();
    record.u8(session.version - 2);
    record.flag(session.received);
    record.flag(turns.count.is_some());
    if let Some(count) = turns.count {
        record.u64(count);
    }
    record.all(&session.keys);
    record.bytes(&session.root);
    record.flag(session.sender.is_some());
    if let Some((ratchet, chain)) = &session.sender {
        record.all(&[ratchet.secret, chain.key]);
        record.u64(u64::from(chain.next));
    }
    record.count(session.receivers.len());
    for (age, (ratchet_key, chain)) in session.receivers.iter().enumerate().rev() {
        record.all(&[*ratchet_key, chain.key]);
        record.u64(u64::from(chain.next));
        // Below it nothing is known.
        record.u64(0);
        let dropped: &[(u64, u64)] = if age == 0 { &turns.dropped } else { &[] };
        record.count(dropped.len());
        for (start, end) in dropped {
            record.u64(*start);
            record.u64(*end);
        }
    }
    record.count(turns.gone.len());
    record.all(&turns.gone);
    record.count(session.skipped.len());
    for held in session.skipped.iter().rev() {
        let newest_first = session
            .receivers
            .iter()
            .position(|(key, _)| *key == held.ratchet_key)
            .expect("its chain is there");
        let position = session.receivers.len() - 1 - newest_first;
        record.u8(u8::try_from(position).expect("below 5"));
        record.u32(held.index);
        record.bytes(&held.key);
    }
    record.finish()
}

fn outbound_record(session: &megolm::Session, config: u8, exhausted: bool) -> Vec<u8> {
    let mut record = Record::default();
    record.u8(config);
    session.ratchet.put(&mut record);
    record.flag(exhausted);
    record.flag(true);
    record.bytes(&session.signer.seed);
    record.finish()
}

fn inbound_record(session: &megolm::Session, config: u8, latest: u32) -> Vec<u8> {
    let mut record = Record::default();
    record.u8(config);
    session.ratchet.put(&mut record);
    session.ratchet.at(latest).put(&mut record);
    record.bytes(&session.signer.public);
    // Verified, from the first index on.
    record.flag(true);
    record.u32(session.ratchet.index);
    record.finish()
}

fn inputs(kind: &str, pickle: &[u8]) -> Value {
    json!({"kind": kind, "pickle": hex(pickle)})
}

fn good() -> Vec<Case> {
    let loads = |id: &str, comment: &str, kind: &Kind| {
        Case::good(
            &format!("necturus-pickle/{id}"),
            comment,
            inputs(kind.name, &kind.pickle()),
            with(kind.seen.clone(), "written", json!(hex(&kind.pickle()))),
            &[],
        )
    };
    let mut cases: Vec<Case> = kinds()
        .iter()
        .map(|kind| loads(kind.name, "a good one", kind))
        .collect();
    let [account_kind, session_kind, outbound_kind, inbound_kind] = kinds();
    let mut bare = account();
    bare.fallback.clear();
    bare.one_time.clear();
    cases.push(loads(
        "account-expanded",
        "a signing key that came from libolm, no other keys",
        &Kind {
            record: account_record(&bare, false),
            seen: see_account(&bare),
            ..account_kind
        },
    ));
    let mut full = session();
    full.version = 4;
    let turns = Turns {
        count: Some(3),
        dropped: vec![(0, 1)],
        gone: vec![
            draw32("a gone ratchet key"),
            draw32("another gone ratchet key"),
        ],
    };
    cases.push(loads(
        "session-config-2",
        "config 2, with a record of what was dropped",
        &Kind {
            record: session_record(&full, &turns),
            ..session_kind
        },
    ));
    let mut spent = megolm::Session::drawn("pickle group").at(u32::MAX);
    spent.version = 4;
    cases.push(loads(
        "outbound-spent",
        "config 2, after its last message",
        &Kind {
            record: outbound_record(&spent, 2, true),
            seen: see_outbound(&spent),
            ..outbound_kind
        },
    ));
    cases.push(loads(
        "inbound-config-2",
        "config 2, nothing decrypted",
        &Kind {
            record: inbound_record(&group(), 2, 65_535),
            ..inbound_kind
        },
    ));
    cases
}

fn envelope() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in kinds() {
        let pickle = kind.pickle();
        let refused = |what: &str, comment: &str, pickle: &[u8], error: &str, flags: &[&str]| {
            Case::bad(
                &format!("necturus-pickle/{}-{what}", kind.name),
                comment,
                inputs(kind.name, pickle),
                error,
                flags,
            )
        };
        let sealed = |header: [u8; 2], key: &[u8; 32], context: &[u8]| {
            seal_ours(header, &kind.record, key, context, &nonce())
        };
        let wrong = "pickle.wrong-key";
        cases.push(refused(
            "wrong-key",
            "made with another key",
            &sealed([1, kind.byte], &[0; 32], CONTEXT),
            wrong,
            &[],
        ));
        for (id, context) in [
            ("empty-context", &b""[..]),
            ("other-context", b"@bob:example.org DEVICE"),
            ("longer-context", b"@alice:example.org DEVICE2"),
        ] {
            cases.push(refused(
                id,
                "made in another context",
                &sealed([1, kind.byte], &key(), context),
                wrong,
                &["wrong-context"],
            ));
        }
        for version in [0, 2, 0x80, 0xff] {
            cases.push(refused(
                &format!("version-{version}"),
                "an unknown version, authentic",
                &sealed([version, kind.byte], &key(), CONTEXT),
                "pickle.version",
                &["version"],
            ));
        }
        for byte in [0, 5, 0xff] {
            cases.push(refused(
                &format!("kind-{byte}"),
                "an unknown kind, authentic",
                &sealed([1, byte], &key(), CONTEXT),
                "pickle.unknown-kind",
                &["wrong-kind"],
            ));
        }
        for (id, at) in [
            ("nonce-bit", 2),
            ("last-nonce-bit", 25),
            ("first-bit", 26),
            ("last-bit", pickle.len() - 17),
            ("tag-bit", pickle.len() - 16),
            ("last-tag-bit", pickle.len() - 1),
        ] {
            let mut changed = pickle.clone();
            changed[at] ^= 0x80;
            cases.push(refused(id, "one bit flipped", &changed, wrong, &["mac"]));
        }
        for length in [0, 1, 2, 25, 41] {
            cases.push(refused(
                &format!("{length}-bytes"),
                "too short for a nonce and a tag",
                &pickle[..length],
                "pickle.too-short",
                &["truncated"],
            ));
        }
        for cut in [1, 16, 17] {
            cases.push(refused(
                &format!("{cut}-bytes-cut"),
                "the end is cut off",
                &pickle[..pickle.len() - cut],
                wrong,
                &["truncated"],
            ));
        }
        cases.push(refused(
            "byte-appended",
            "one byte more",
            &[pickle.as_slice(), &[0]].concat(),
            wrong,
            &["trailing"],
        ));
    }
    cases
}

fn kinds_swapped() -> Vec<Case> {
    let mut cases = Vec::new();
    for asked in kinds() {
        for found in kinds() {
            if asked.byte == found.byte {
                continue;
            }
            cases.push(Case::bad(
                &format!("necturus-pickle/{}-as-{}", found.name, asked.name),
                "a good pickle of another kind",
                inputs(asked.name, &found.pickle()),
                "pickle.wrong-kind",
                &["wrong-kind"],
            ));
            let mut relabelled = found.pickle();
            relabelled[1] = asked.byte;
            cases.push(Case::bad(
                &format!("necturus-pickle/{}-said-to-be-{}", found.name, asked.name),
                "a good pickle of another kind, whose kind byte was changed",
                inputs(asked.name, &relabelled),
                "pickle.wrong-key",
                &["wrong-kind"],
            ));
        }
    }
    cases
}

/// Authentic pickles of a faulty writer.
fn records() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut refused =
        |name: &str, byte: u8, what: &str, comment: &str, record: &[u8], error: &str| {
            let pickle = seal_ours([1, byte], record, &key(), CONTEXT, &nonce());
            cases.push(Case::bad(
                &format!("necturus-pickle/{name}-record-{what}"),
                comment,
                inputs(name, &pickle),
                error,
                &[],
            ));
        };
    for Kind {
        name, byte, record, ..
    } in kinds()
    {
        refused(
            name,
            byte,
            "empty",
            "an empty record",
            &[],
            "pickle.truncated",
        );
        refused(
            name,
            byte,
            "cut",
            "the record is cut by one byte",
            &record[..record.len() - 1],
            "pickle.truncated",
        );
        refused(
            name,
            byte,
            "byte-appended",
            "one byte behind the record",
            &[record.as_slice(), &[0]].concat(),
            "pickle.trailing",
        );
        let mut first = record.clone();
        first[0] = 3;
        refused(
            name,
            byte,
            "first-byte-3",
            "the first byte, a flag or a config, is 3",
            &first,
            "pickle.invalid",
        );
    }
    let group = group();
    refused(
        "inbound-group-session",
        4,
        "latest-below-initial",
        "the latest ratchet is before the initial one",
        &{
            let mut record = Record::default();
            record.u8(1);
            group.ratchet.at(65_600).put(&mut record);
            group.ratchet.put(&mut record);
            record.bytes(&group.signer.public);
            record.flag(true);
            record.u32(65_600);
            record.finish()
        },
        "pickle.invalid",
    );
    refused(
        "inbound-group-session",
        4,
        "verified-below-initial",
        "verified from an index before the initial one",
        &{
            let mut record = Record::default();
            record.u8(1);
            group.ratchet.at(65_600).put(&mut record);
            group.ratchet.at(65_600).put(&mut record);
            record.bytes(&group.signer.public);
            record.flag(true);
            record.u32(65_599);
            record.finish()
        },
        "pickle.invalid",
    );
    let mut small = group;
    small.signer.public = [0; 32];
    refused(
        "inbound-group-session",
        4,
        "small-order",
        "the public key is of small order",
        &inbound_record(&small, 1, 65_535),
        "key.small-order",
    );
    let mut none = session();
    none.sender = None;
    none.receivers.clear();
    none.skipped.clear();
    refused(
        "session",
        2,
        "no-chain",
        "no chain to send or receive on",
        &session_record(&none, &Turns::default()),
        "pickle.invalid",
    );
    cases
}
