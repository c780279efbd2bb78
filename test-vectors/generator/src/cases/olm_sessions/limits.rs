//! How much a session holds, and what it says when it is too much.

use serde_json::json;

use super::talk::{Talk, decrypted, refused};
use crate::{
    crypto::{Pair, small_order_u},
    draw::draw32,
    format::{Case, Group, Step},
    olm::{Chain, Sent, Session},
    text::hex,
};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("limits", "olm-inbound", json!({}), limits()),
        Group::new(
            "the end of a chain, and states that others wrote",
            "olm-session",
            json!({"config": 1}),
            states(),
        ),
    ]
}

fn many(talk: &mut Talk, count: usize) -> Vec<Sent> {
    (0..count)
        .map(|n| {
            talk.alice
                .encrypt(&[0; 32], format!("message {n}").as_bytes())
        })
        .collect()
}

fn limits() -> Vec<Case> {
    let mut cases = Vec::new();

    let mut talk = Talk::new("skipped 40", 1);
    let sent = many(&mut talk, 41);
    talk.bob_gets(&sent[40]);
    talk.bob_reads(&sent[0]);
    talk.bob_reads(&sent[39]);
    talk.bob_refuses(&sent[0], "key-gone.used");
    talk.bob_refuses(&sent[40], "key-gone.used");
    cases.push(talk.bobs(
        "skipped-40",
        "the keys of 40 skipped messages are kept",
        &["skipped"],
    ));

    let mut talk = Talk::new("skipped 41", 1);
    let sent = many(&mut talk, 42);
    talk.bob_gets(&sent[41]);
    talk.bob_refuses(&sent[0], "key-gone.dropped");
    talk.bob_reads(&sent[1]);
    talk.bob_reads(&sent[40]);
    cases.push(talk.bobs(
        "skipped-41",
        "of 41 skipped messages the oldest key goes",
        &["skipped"],
    ));

    let mut talk = Talk::new("skipped 100", 1);
    let sent = many(&mut talk, 101);
    talk.bob_gets(&sent[100]);
    talk.bob_refuses(&sent[59], "key-gone.dropped");
    talk.bob_reads(&sent[60]);
    cases.push(talk.bobs(
        "skipped-100",
        "of 100 skipped messages 40 keys are kept",
        &["skipped"],
    ));

    let mut talk = Talk::new("skipped one by one", 1);
    let sent = many(&mut talk, 43);
    talk.bob_gets(&sent[40]);
    talk.bob_reads(&sent[42]);
    talk.bob_refuses(&sent[0], "key-gone.dropped");
    for index in [1, 39, 41] {
        talk.bob_reads(&sent[index]);
    }
    cases.push(talk.bobs(
        "skipped-40-and-one-more",
        "40 keys are held and one more is skipped: the oldest goes",
        &["skipped"],
    ));

    let mut talk = Talk::new("skipped over chains", 1);
    let first = many(&mut talk, 31);
    talk.bob_gets(&first[30]);
    let answer = talk.bob_sends(b"answer");
    talk.alice_gets(&answer);
    talk.alice.encrypt(&draw32("skipped over chains"), b"lost");
    let second = many(&mut talk, 20);
    talk.bob_gets(&second[19]);
    for index in [0, 9, 10, 29] {
        talk.bob_reads(&first[index]);
    }
    for index in [0, 18] {
        talk.bob_reads(&second[index]);
    }
    cases.push(talk.bobs(
        "skipped-over-chains",
        "30 messages skipped in one chain, 20 in the next: 40 keys are kept of each chain",
        &["skipped"],
    ));

    for count in [5, 6] {
        let mut talk = Talk::new(&format!("chains {count}"), 1);
        let mut lost = Vec::new();
        for chain in 0..count {
            lost.push(talk.alice_sends(format!("lost in chain {chain}").as_bytes()));
            let sent = talk.alice_sends(format!("chain {chain}").as_bytes());
            talk.bob_gets(&sent);
            let answer = talk.bob_sends(b"answer");
            talk.alice_gets(&answer);
        }
        for (chain, sent) in lost.iter().enumerate() {
            if chain + 5 < count {
                talk.bob_refuses(sent, "key-gone.chain");
            } else {
                talk.bob_reads(sent);
            }
        }
        cases.push(talk.bobs(
            &format!("chains-{count}"),
            "a session holds five chains: a sixth pushes the oldest out, with its keys",
            &["skipped"],
        ));
    }

    let mut talk = Talk::new("gap", 1);
    let sent = many(&mut talk, 2003);
    talk.bob_gets(&sent[0]);
    talk.bob_refuses(&sent[2002], "gap");
    talk.bob_reads(&sent[2001]);
    talk.bob_reads(&sent[2002]);
    talk.bob_reads(&sent[1962]);
    talk.bob_refuses(&sent[1960], "key-gone.dropped");
    cases.push(talk.bobs(
        "gap",
        "2001 messages skipped are too many, 2000 not",
        &["gap"],
    ));
    cases
}

/// A session that has been running, by its state.
fn running() -> Session {
    let alice = Session::outbound(
        &Pair::drawn("state alice"),
        &Pair::drawn("state base"),
        Pair::drawn("state ratchet 0"),
        &Pair::drawn("state bob").public,
        &Pair::drawn("state one-time").public,
    );
    let mut bob = alice.other_side();
    bob.received = true;
    bob
}

fn last_chain(label: &str) -> Chain {
    Chain {
        key: draw32(label),
        next: u32::MAX,
    }
}

fn states() -> Vec<Case> {
    let state = |id: &str, comment: &str, session: &Session, flags: &[&str], steps: Vec<Step>| {
        Case::good(
            &format!("olm-session/{id}"),
            comment,
            json!({"session": hex(&session.record())}),
            json!({"session_id": session.id()}),
            flags,
        )
        .with_steps(steps)
    };
    let mut cases = Vec::new();

    let mut session = running();
    session.sender = Some((
        Pair::drawn("state ratchet 1"),
        last_chain("state last sender"),
    ));
    let last = session.clone().encrypt(&[0; 32], b"the last");
    let inputs = json!({"random": "", "plaintext": hex(b"the last")});
    cases.push(state(
        "sender-chain-ends",
        "index 2^32 − 1 is the last of a chain: no wrap to 0, whose key was used",
        &session,
        &["wrap"],
        vec![
            Step::good(
                "encrypt",
                inputs.clone(),
                json!({"type": 1, "body": last.body()}),
            ),
            Step::bad("encrypt", inputs.clone(), "exhausted"),
            Step::bad("encrypt", inputs, "exhausted"),
        ],
    ));

    let mut session = running();
    let ratchet = Pair::drawn("state ratchet 0");
    let chain = last_chain("state last receiver");
    session.receivers[0].1 = chain.clone();
    let mut theirs = session.clone();
    theirs.sender = Some((ratchet, chain));
    let (last, wrapped) = (
        theirs.encrypt(&[0; 32], b"the last"),
        theirs.encrypt(&[0; 32], b"0"),
    );
    cases.push(state(
        "receiver-chain-ends",
        "index 2^32 − 1 is the last of a chain; one at 0, by the keys of a wrap, is old",
        &session,
        &["wrap"],
        vec![
            refused(&wrapped, "key-gone.used-or-dropped"),
            decrypted(&last),
            refused(&last, "key-gone.used"),
            refused(&wrapped, "key-gone.used-or-dropped"),
        ],
    ));

    for (name, bad) in small_order_u() {
        let mut session = running();
        session.receivers[0].0 = bad;
        let inputs = json!({"random": hex(&draw32("state turn")), "plaintext": ""});
        cases.push(state(
            &format!("answer-to-ratchet-key-{name}"),
            "the stored ratchet key of the other side is of small order",
            &session,
            &["small-order"],
            vec![Step::bad("encrypt", inputs, "key.small-order")],
        ));
    }
    cases
}
