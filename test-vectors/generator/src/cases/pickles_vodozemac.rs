//! vodozemac's pickles.

mod structures;

use serde_json::{Value, json};

use self::structures::{
    account_json, changed, expanded, inbound_json, normal, outbound_json, session_json,
};
use super::{
    bad_base64,
    pickles::{
        account, group, see_account, see_inbound, see_outbound, see_session, session, started, with,
    },
};
use crate::{
    crypto::Pair,
    draw::draw32,
    format::{Case, File, Group},
    olm::{Chain, Skipped},
    records::{OneTimeKey, seal},
    text::{base64, hex},
};

fn key() -> [u8; 32] {
    draw32("vodozemac pickle key")
}

pub(crate) fn file() -> File {
    let given = json!({"key": hex(&key())});
    let file = |name: &str, cases| Group::new(name, "vodozemac-unpickle", given.clone(), cases);
    File::new(
        "vodozemac's pickles: JSON in libolm's envelope. `as_libolm` is the same state as a \
         pickle of libolm under the same key.",
        vec![
            file("good pickles", good()),
            file("envelope", envelope()),
            file("accounts", accounts()),
            file("sessions", sessions()),
            file("group sessions", groups()),
        ],
    )
}

const ACCOUNT: &str = "account";
const SESSION: &str = "session";
const OUTBOUND: &str = "outbound-group-session";
const INBOUND: &str = "inbound-group-session";

fn inputs(kind: &str, state: &Value) -> Value {
    json!({"kind": kind, "pickle": seal(state.to_string().as_bytes(), &key())})
}

fn loads(id: &str, comment: &str, kind: &str, state: &Value, seen: Value, record: &[u8]) -> Case {
    Case::good(
        &format!("vodozemac-pickle/{id}"),
        comment,
        inputs(kind, state),
        with(seen, "as_libolm", json!(seal(record, &key()))),
        &[],
    )
}

fn bad(id: &str, comment: &str, kind: &str, state: &Value, error: &str, flags: &[&str]) -> Case {
    let id = format!("vodozemac-pickle/{id}");
    Case::bad(&id, comment, inputs(kind, state), error, flags)
}

fn good() -> Vec<Case> {
    let (account, group) = (account(), group());
    let mut cases = vec![
        loads(
            "account",
            "a good one",
            ACCOUNT,
            &account_json(&account, normal(&account)),
            see_account(&account),
            &account.record(),
        ),
        loads(
            "account-expanded",
            "a signing key that came from libolm",
            ACCOUNT,
            &account_json(&account, expanded(&account.signer.expanded())),
            see_account(&account),
            &account.record(),
        ),
        loads(
            "account-not-clamped",
            "an expanded key whose scalar is as the hash gave it",
            ACCOUNT,
            &account_json(&account, expanded(&account.signer.hash)),
            see_account(&account),
            &account.record(),
        ),
        loads(
            "outbound",
            "a good one",
            OUTBOUND,
            &outbound_json(&group),
            see_outbound(&group),
            &group.outbound_record(),
        ),
    ];
    for verified in [true, false] {
        cases.push(loads(
            &format!("inbound-verified-{verified}"),
            "a good one",
            INBOUND,
            &inbound_json(&group, verified),
            see_inbound(&group, verified),
            &group.inbound_record(65_535, verified),
        ));
    }
    let mut inactive = started().other_side();
    inactive.received = true;
    for (id, session) in [
        ("session", session()),
        ("session-started", started()),
        ("session-inactive", inactive),
    ] {
        cases.push(loads(
            id,
            "a good one",
            SESSION,
            &session_json(&session),
            see_session(&session),
            &session.record(),
        ));
    }
    cases
}

fn envelope() -> Vec<Case> {
    let good = seal(outbound_json(&group()).to_string().as_bytes(), &key());
    let refused = |id: &str, comment: &str, pickle: &str, error: &str, flags: &[&str]| {
        let inputs = json!({"kind": OUTBOUND, "pickle": pickle});
        Case::bad(
            &format!("vodozemac-pickle/{id}"),
            comment,
            inputs,
            error,
            flags,
        )
    };
    let flipped = |at: usize| {
        let replacement = if &good[at..=at] == "A" { "B" } else { "A" };
        format!("{}{replacement}{}", &good[..at], &good[at + 1..])
    };
    let mut cases = vec![
        refused(
            "wrong-key",
            "made with another key",
            &seal(outbound_json(&group()).to_string().as_bytes(), &[0; 32]),
            "pickle.wrong-key",
            &[],
        ),
        refused(
            "first-symbol",
            "one symbol changed",
            &flipped(0),
            "pickle.wrong-key",
            &["mac"],
        ),
        refused(
            "middle-symbol",
            "one symbol changed",
            &flipped(good.len() / 2),
            "pickle.wrong-key",
            &["mac"],
        ),
        refused(
            "mac-symbol",
            "one symbol of the MAC changed",
            &flipped(good.len() - 3),
            "pickle.wrong-key",
            &["mac"],
        ),
        refused("empty", "nothing", "", "pickle.too-short", &["truncated"]),
        refused(
            "cut",
            "cut by 16 symbols",
            &good[..good.len() - 16],
            "pickle.wrong-key",
            &["truncated"],
        ),
    ];
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

fn accounts() -> Vec<Case> {
    let account = account();
    let good = account_json(&account, normal(&account));
    let refused =
        |id: &str, comment: &str, path: &str, to: Option<Value>, error: &str, flags: &[&str]| {
            bad(
                id,
                comment,
                ACCOUNT,
                &changed(good.clone(), path, to),
                error,
                flags,
            )
        };
    let renamed = changed(good.clone(), "/one_time_keys/next_key_id", None);
    let renamed = changed(
        renamed,
        "/one_time_keys/key_id",
        Some(json!(account.last_id + 1)),
    );
    let other = Pair::drawn("pickle other");
    let newest = account.one_time[0].id;
    let mut many = account.clone();
    many.fallback.clear();
    many.one_time = (1..=101)
        .rev()
        .map(|id| OneTimeKey {
            id,
            published: true,
            pair: Pair::drawn(&format!("pickle one of many {id}")),
        })
        .collect();
    many.last_id = 101;
    let many_json = account_json(&many, normal(&many));
    let dropped = many.one_time.pop().expect("101 keys");
    vec![
        loads(
            "account-101-one-time-keys",
            "more keys than fit: the oldest is dropped, and named",
            ACCOUNT,
            &many_json,
            with(
                see_account(&many),
                "dropped_one_time_keys",
                json!([base64(&dropped.pair.public)]),
            ),
            &many.record(),
        ),
        loads(
            "account-key-id",
            "the counter under its older name",
            ACCOUNT,
            &renamed,
            see_account(&account),
            &account.record(),
        ),
        refused(
            "account-public-alone",
            "a public one-time key without its private one",
            "/one_time_keys/public_keys/99",
            Some(json!(other.public)),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-public-other",
            "the public half of a one-time key is another's",
            &format!("/one_time_keys/public_keys/{newest}"),
            Some(json!(other.public)),
            "pickle.keys-disagree",
            &["public-half"],
        ),
        refused(
            "account-expanded-63-bytes",
            "an expanded key of 63 bytes",
            "/signing_key",
            Some(expanded(&[0; 63])),
            "pickle.json",
            &["truncated"],
        ),
        refused(
            "account-seed-33-bytes",
            "a seed of 33 bytes",
            "/signing_key",
            Some(json!({"Normal": vec![0; 33]})),
            "pickle.json",
            &[],
        ),
        refused(
            "account-no-identity-key",
            "no identity key",
            "/diffie_hellman_key",
            None,
            "pickle.json",
            &[],
        ),
        refused(
            "account-byte-256",
            "a byte of 256",
            "/diffie_hellman_key/0",
            Some(json!(256)),
            "pickle.json",
            &[],
        ),
        bad(
            "account-is-session",
            "a session's pickle given as an account's",
            ACCOUNT,
            &session_json(&session()),
            "pickle.json",
            &["wrong-kind"],
        ),
    ]
}

fn sessions() -> Vec<Case> {
    let good = session();
    let state = session_json(&good);
    let refused =
        |id: &str, comment: &str, path: &str, to: Option<Value>, error: &str, flags: &[&str]| {
            bad(
                id,
                comment,
                SESSION,
                &changed(state.clone(), path, to),
                error,
                flags,
            )
        };
    let kept = |id: &str, comment: &str, path: &str, to: Option<Value>| {
        loads(
            id,
            comment,
            SESSION,
            &changed(state.clone(), path, to),
            see_session(&good),
            &good.record(),
        )
    };
    let mut six = good.clone();
    while six.receivers.len() < 6 {
        let label = format!("pickle chain {}", six.receivers.len());
        six.receivers.push((
            Pair::drawn(&label).public,
            Chain {
                key: draw32(&label),
                next: 3,
            },
        ));
    }
    let mut five = six.clone();
    five.receivers.truncate(5);
    let many = |count: u32| {
        let mut session = good.clone();
        session.receivers[0].1.next = 100;
        session.skipped = (0..count)
            .rev()
            .map(|index| Skipped {
                ratchet_key: session.receivers[0].0,
                key: draw32(&format!("pickle skipped {index}")),
                index,
            })
            .collect();
        session
    };
    let mut none = started().other_side();
    none.receivers.clear();
    let none = changed(
        session_json(&none),
        "/sending_ratchet/ratchet_key",
        Some(json!(Pair::drawn("pickle other").public)),
    );
    let trailing = format!("{state} x");
    vec![
        kept("session-no-config", "no config: V1", "/config", None),
        kept(
            "session-no-count",
            "no ratchet count",
            "/sending_ratchet/ratchet_count",
            None,
        ),
        kept(
            "session-no-parent",
            "no parent ratchet key",
            "/sending_ratchet/parent_ratchet_key",
            None,
        ),
        kept(
            "session-unknown-field",
            "an unknown field",
            "/more",
            Some(json!(1)),
        ),
        loads(
            "session-5-chains",
            "as many as vodozemac holds",
            SESSION,
            &session_json(&five),
            see_session(&five),
            &five.record(),
        ),
        loads(
            "session-40-skipped-keys",
            "as many in one chain as vodozemac holds",
            SESSION,
            &session_json(&many(40)),
            see_session(&many(40)),
            &many(40).record(),
        ),
        refused(
            "session-config-2",
            "a session of config 2, which the format of default builds does \
            not have",
            "/config/version",
            Some(json!("V2")),
            "pickle.config",
            &["version"],
        ),
        refused(
            "session-config-3",
            "an unknown config",
            "/config/version",
            Some(json!("V3")),
            "pickle.config",
            &["version"],
        ),
        refused(
            "session-key-31-bytes",
            "a key of 31 bytes",
            "/session_keys/base_key",
            Some(json!(vec![0; 31])),
            "pickle.json",
            &["truncated"],
        ),
        refused(
            "session-index-2-pow-33",
            "an index past the end of a chain",
            "/sending_ratchet/symmetric_key_ratchet/index",
            Some(json!(1u64 << 33)),
            "pickle.index",
            &["wrap"],
        ),
        refused(
            "session-index-negative",
            "a negative index",
            "/sending_ratchet/symmetric_key_ratchet/index",
            Some(json!(-1)),
            "pickle.json",
            &[],
        ),
        bad(
            "session-6-chains",
            "one chain more than vodozemac holds",
            SESSION,
            &session_json(&six),
            "pickle.too-many",
            &["too-many"],
        ),
        bad(
            "session-41-skipped-keys",
            "one skipped key more than vodozemac holds",
            SESSION,
            &session_json(&many(41)),
            "pickle.too-many",
            &["too-many"],
        ),
        bad(
            "session-no-chain",
            "no chain to send or receive on",
            SESSION,
            &none,
            "pickle.no-chain",
            &[],
        ),
        Case::bad(
            "vodozemac-pickle/session-trailing",
            "text behind the JSON",
            json!({"kind": SESSION, "pickle": seal(trailing.as_bytes(), &key())}),
            "pickle.json",
            &["trailing"],
        ),
        Case::bad(
            "vodozemac-pickle/session-cut",
            "the JSON is cut short",
            json!({"kind": SESSION, "pickle": seal(&trailing.as_bytes()[..200], &key())}),
            "pickle.json",
            &["truncated"],
        ),
    ]
}

fn groups() -> Vec<Case> {
    let group = group();
    let (outbound, inbound) = (outbound_json(&group), inbound_json(&group, true));
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let key = |id: &str, comment: &str, public: [u8; 32], error: &str, flags: &[&str]| {
        bad(
            id,
            comment,
            INBOUND,
            &changed(inbound.clone(), "/signing_key", Some(json!(public))),
            error,
            flags,
        )
    };
    vec![
        key(
            "inbound-no-point",
            "the public key is no point",
            no_point,
            "key.not-a-point",
            &[],
        ),
        key(
            "inbound-small-order",
            "the public key is the identity point",
            identity,
            "key.small-order",
            &["small-order"],
        ),
        loads(
            "inbound-no-config",
            "no config: V1",
            INBOUND,
            &changed(inbound.clone(), "/config", None),
            see_inbound(&group, true),
            &group.inbound_record(65_535, true),
        ),
        bad(
            "outbound-config-2",
            "a session of config 2",
            OUTBOUND,
            &changed(outbound.clone(), "/config/version", Some(json!("V2"))),
            "pickle.config",
            &["version"],
        ),
        bad(
            "outbound-counter-2-pow-32",
            "an index of 2^32",
            OUTBOUND,
            &changed(
                outbound.clone(),
                "/ratchet/counter",
                Some(json!(1u64 << 32)),
            ),
            "pickle.json",
            &["wrap"],
        ),
        bad(
            "outbound-ratchet-127-bytes",
            "a ratchet of 127 bytes",
            OUTBOUND,
            &changed(
                outbound.clone(),
                "/ratchet/inner",
                Some(json!(vec![0; 127])),
            ),
            "pickle.json",
            &["truncated"],
        ),
        bad(
            "outbound-is-inbound",
            "an inbound session's pickle given as an outbound one's",
            OUTBOUND,
            &inbound,
            "pickle.json",
            &["wrong-kind"],
        ),
        bad(
            "inbound-is-outbound",
            "an outbound session's pickle given as an inbound one's",
            INBOUND,
            &outbound,
            "pickle.json",
            &["wrong-kind"],
        ),
    ]
}
