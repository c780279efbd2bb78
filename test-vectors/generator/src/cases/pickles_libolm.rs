//! libolm's pickles.

mod records;

use serde_json::{Value, json};

use super::{
    bad_base64,
    pickles::{
        account, group, see_account, see_inbound, see_outbound, see_pk, see_session, session,
        started, with,
    },
};
use crate::{
    crypto::{Keys, Pair},
    format::{Case, File, Group},
    records::{Record, seal, with_mac},
    text::{base64, hex},
};

const KEY: &[u8] = b"a pickle key";

pub(crate) fn file() -> File {
    let given = json!({"key": hex(KEY)});
    let file = |name: &str, cases| Group::new(name, "libolm-unpickle", given.clone(), cases);
    File::new(
        "libolm's pickles, of all kinds and versions; a good one written again is the pickle under \
         `written`.",
        vec![
            file("good pickles", good()),
            file("envelope", envelope()),
            file("record: version and length", lengths()),
            file("record: accounts", records::accounts()),
            file("record: sessions", records::sessions()),
            file("record: group sessions and PkDecryption", records::groups()),
        ],
    )
}

const ACCOUNT: &str = "account";
const SESSION: &str = "session";
const OUTBOUND: &str = "outbound-group-session";
const INBOUND: &str = "inbound-group-session";
const PK: &str = "pk-decryption";

/// One kind of object: a good record, and what is to be seen of it.
fn kinds() -> Vec<(&'static str, Vec<u8>, Value)> {
    let group = group();
    let pair = Pair::drawn("pickle pk");
    vec![
        (ACCOUNT, account().record(), see_account(&account())),
        (SESSION, session().record(), see_session(&session())),
        (OUTBOUND, group.outbound_record(), see_outbound(&group)),
        (
            INBOUND,
            group.inbound_record(65_600, true),
            see_inbound(&group, true),
        ),
        (PK, pk(&pair, &pair.public), see_pk(&pair)),
    ]
}

fn pk(pair: &Pair, public: &[u8; 32]) -> Vec<u8> {
    let mut record = Record::of_version(1);
    record.all(&[*public, pair.secret]);
    record.finish()
}

/// A good pickle, which is written again as another record, or the same.
fn loads(id: &str, comment: &str, kind: &str, record: &[u8], seen: Value, again: &[u8]) -> Case {
    Case::good(
        &format!("libolm-pickle/{id}"),
        comment,
        json!({"kind": kind, "pickle": seal(record, KEY)}),
        with(seen, "written", json!(seal(again, KEY))),
        &[],
    )
}

fn bad(id: &str, comment: &str, kind: &str, record: &[u8], error: &str, flags: &[&str]) -> Case {
    let inputs = json!({"kind": kind, "pickle": seal(record, KEY)});
    Case::bad(
        &format!("libolm-pickle/{id}"),
        comment,
        inputs,
        error,
        flags,
    )
}

fn good() -> Vec<Case> {
    let mut cases: Vec<Case> = kinds()
        .into_iter()
        .map(|(kind, record, seen)| loads(kind, "a good one", kind, &record, seen, &record))
        .collect();
    for (id, key) in [
        ("empty-key", &[][..]),
        ("key-of-zeros", &[0; 32]),
        ("long-key", &[7; 200]),
    ] {
        let record = session().record();
        let mut case = loads(
            id,
            "under such a key",
            SESSION,
            &record,
            see_session(&session()),
            &record,
        );
        case.inputs.insert("key".to_owned(), json!(hex(key)));
        case.inputs
            .insert("pickle".to_owned(), json!(seal(&record, key)));
        case.expected = Some(with(
            see_session(&session()),
            "written",
            json!(seal(&record, key)),
        ));
        cases.push(case);
    }
    let new = crate::records::Account::drawn("pickle new account");
    let record = new.record();
    cases.push(loads(
        "account-new",
        "no key but the identity keys",
        ACCOUNT,
        &record,
        see_account(&new),
        &record,
    ));
    for (id, session) in [
        ("session-started", started()),
        ("session-called", started().other_side()),
    ] {
        let record = session.record();
        cases.push(loads(
            id,
            "nothing received yet",
            SESSION,
            &record,
            see_session(&session),
            &record,
        ));
    }
    let group = group();
    let record = group.inbound_record(65_535, false);
    cases.push(loads(
        "inbound-not-verified",
        "made of an export",
        INBOUND,
        &record,
        see_inbound(&group, false),
        &record,
    ));

    // Older versions.
    let mut second = account();
    second.fallback.clear();
    let mut record = second.head(2);
    record.u32(second.last_id);
    cases.push(loads(
        "account-2",
        "version 2: no fallback keys",
        ACCOUNT,
        &record.finish(),
        see_account(&second),
        &second.record(),
    ));
    let mut newest = session().record();
    newest[..4].copy_from_slice(&0x8000_0001u32.to_be_bytes());
    newest.extend_from_slice(&7u32.to_be_bytes());
    cases.push(loads(
        "session-80000001",
        "one more index at the end, which nobody reads",
        SESSION,
        &newest,
        see_session(&session()),
        &session().record(),
    ));
    let mut old = group.inbound_record(65_600, true);
    old[..4].copy_from_slice(&1u32.to_be_bytes());
    old.pop();
    cases.push(loads(
        "inbound-1",
        "version 1 has no flag: it counts as verified",
        INBOUND,
        &old,
        see_inbound(&group, true),
        &group.inbound_record(65_600, true),
    ));
    for (id, current, previous, count) in [
        ("account-3-both", true, true, 2),
        ("account-3-current", true, false, 1),
        ("account-3-none", false, false, 0),
        ("account-3-previous-alone", false, true, 0),
    ] {
        let mut third = account();
        third.fallback[0].published = current;
        third.fallback[1].published = previous;
        let mut record = third.head(3);
        for key in &third.fallback {
            key.put(&mut record);
        }
        record.u32(third.last_id);
        third.fallback.truncate(count);
        cases.push(loads(
            id,
            "version 3 has both slots always; the published flags say which are in use",
            ACCOUNT,
            &record.finish(),
            see_account(&third),
            &third.record(),
        ));
    }
    cases
}

fn envelope() -> Vec<Case> {
    let (record, keys) = (session().record(), Keys::derive(KEY, b"Pickle"));
    let good = seal(&record, KEY);
    let refused = |id: &str, comment: &str, pickle: &str, error: &str, flags: &[&str]| {
        let inputs = json!({"kind": SESSION, "pickle": pickle});
        Case::bad(
            &format!("libolm-pickle/{id}"),
            comment,
            inputs,
            error,
            flags,
        )
    };
    let mut cases = vec![refused(
        "wrong-key",
        "made with another key",
        &seal(&record, b"other"),
        "pickle.wrong-key",
        &[],
    )];
    let ciphertext = keys.encrypt(&record);
    let mac = keys.mac(&ciphertext);
    let bytes = [ciphertext.as_slice(), &mac[..8]].concat();
    for (id, at) in [
        ("first-bit", 0),
        ("middle-bit", bytes.len() / 2),
        ("last-ciphertext-bit", ciphertext.len() - 1),
        ("first-mac-bit", ciphertext.len()),
        ("last-mac-bit", bytes.len() - 1),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        cases.push(refused(
            id,
            "one bit flipped",
            &base64(&changed),
            "pickle.wrong-key",
            &["mac"],
        ));
    }
    for length in [0, 1, 7, 8] {
        cases.push(refused(
            &format!("envelope-{length}-bytes"),
            "too short for ciphertext and MAC",
            &base64(&bytes[..length]),
            "pickle.too-short",
            &["truncated"],
        ));
    }
    for cut in [1, 8, 16, 24] {
        cases.push(refused(
            &format!("envelope-{cut}-bytes-cut"),
            "the end is cut off",
            &base64(&bytes[..bytes.len() - cut]),
            "pickle.wrong-key",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "envelope-byte-appended",
        "one byte more",
        &base64(&[bytes.as_slice(), &[0]].concat()),
        "pickle.wrong-key",
        &["trailing"],
    ));
    cases.push(refused(
        "no-ciphertext",
        "the right MAC of nothing",
        &with_mac(Vec::new(), &keys),
        "pickle.too-short",
        &[],
    ));
    cases.push(refused(
        "mac-9-bytes",
        "nine bytes of the MAC",
        &base64(&[ciphertext.as_slice(), &mac[..9]].concat()),
        "pickle.wrong-key",
        &["mac"],
    ));
    let unpadded = record.len() % 16;
    for (id, comment, last) in [
        ("padding-0", "a padding of 0, the MAC right", 0),
        ("padding-17", "a padding of 17, the MAC right", 17),
    ] {
        let mut padded = record.clone();
        padded.resize(record.len() + 16 - unpadded, last);
        cases.push(refused(
            id,
            comment,
            &with_mac(keys.encrypt_blocks(padded), &keys),
            "pickle.wrong-key",
            &["padding"],
        ));
    }
    cases.push(refused(
        "ciphertext-not-whole-blocks",
        "a ciphertext of 15 bytes, the MAC right",
        &with_mac(ciphertext[..15].to_vec(), &keys),
        "pickle",
        &[],
    ));
    for (name, comment, text) in bad_base64(&good) {
        cases.push(refused(
            &format!("base64-{name}"),
            comment,
            &text,
            "format.base64",
            &["base64"],
        ));
    }
    cases
}

fn lengths() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, record, _) in kinds() {
        let id = |what: &str| format!("{kind}-{what}");
        cases.push(bad(
            &id("byte-appended"),
            "one byte behind the record",
            kind,
            &[record.as_slice(), &[0]].concat(),
            "pickle.trailing",
            &["trailing"],
        ));
        for length in [0, 3, 4, 20, record.len() / 2, record.len() - 1] {
            cases.push(bad(
                &id(&format!("{length}-bytes")),
                "the record is cut short",
                kind,
                &record[..length],
                "pickle.truncated",
                &["truncated"],
            ));
        }
        for version in [0, 5, u32::MAX] {
            let mut changed = record.clone();
            changed[..4].copy_from_slice(&version.to_be_bytes());
            cases.push(bad(
                &id(&format!("version-{version}")),
                "an unknown version",
                kind,
                &changed,
                "pickle.version",
                &["version"],
            ));
        }
    }
    cases
}
