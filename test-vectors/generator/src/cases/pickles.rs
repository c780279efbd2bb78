//! The objects that all pickles are of, and what is to be seen of them.

use serde_json::{Value, json};

use crate::{
    crypto::Pair,
    draw::{draw, draw32},
    megolm,
    olm::Session,
    records::{Account, OneTimeKey},
    text::{base64, hex},
};

pub(crate) const TEXT: &[u8] = b"message to sign";

/// Three one-time keys, two of them published, and two fallback keys.
pub(crate) fn account() -> Account {
    let mut account = Account::drawn("pickle account");
    account.add_one_time(&draw("pickle one-time", 64));
    account.add_fallback(&draw("pickle fallback previous", 32));
    account.publish();
    account.add_fallback(&draw("pickle fallback", 32));
    account.add_one_time(&draw("pickle one-time newest", 32));
    account
}

/// A session in the middle of a conversation: a sender chain, two receiver
/// chains, and three skipped keys.
pub(crate) fn session() -> Session {
    let mut alice = started();
    let mut bob = alice.other_side();
    let sent: Vec<_> = (0..4).map(|_| alice.encrypt(&[0; 32], b"text")).collect();
    bob.receive(&sent[0]);
    bob.receive(&sent[3]);
    alice.receive(&bob.encrypt(&draw32("pickle turn 1"), b"text"));
    alice.encrypt(&draw32("pickle turn 2"), b"text");
    bob.receive(&alice.encrypt(&[0; 32], b"text"));
    bob.encrypt(&draw32("pickle turn 3"), b"text");
    bob
}

/// A session that has only been started.
pub(crate) fn started() -> Session {
    Session::outbound(
        &Pair::drawn("pickle alice"),
        &Pair::drawn("pickle base"),
        Pair::drawn("pickle ratchet 0"),
        &Pair::drawn("pickle bob").public,
        &Pair::drawn("pickle bob one-time").public,
    )
}

/// A group session at index 65 535.
pub(crate) fn group() -> megolm::Session {
    megolm::Session::drawn("pickle group").at(65_535)
}

pub(crate) fn see_account(account: &Account) -> Value {
    let unpublished = |keys: &[OneTimeKey]| {
        let mut keys: Vec<String> = keys
            .iter()
            .filter(|key| !key.published)
            .map(|key| base64(&key.pair.public))
            .collect();
        keys.sort();
        keys
    };
    let current: Vec<OneTimeKey> = account.fallback.iter().take(1).cloned().collect();
    json!({
        "curve25519": base64(&account.identity.public),
        "ed25519": base64(&account.signer.public),
        "unpublished_one_time_keys": unpublished(&account.one_time),
        "unpublished_fallback_key": unpublished(&current),
        "signature": base64(&account.signer.sign(TEXT)),
    })
}

pub(crate) fn see_session(session: &Session) -> Value {
    json!({
        "session_id": session.id(),
        "has_received_message": session.received,
    })
}

pub(crate) fn see_outbound(session: &megolm::Session) -> Value {
    json!({
        "session_id": base64(&session.signer.public),
        "index": session.ratchet.index,
        "session_key": base64(&session.session_key()),
    })
}

pub(crate) fn see_inbound(session: &megolm::Session, verified: bool) -> Value {
    json!({
        "session_id": base64(&session.signer.public),
        "first_known_index": session.ratchet.index,
        "exported_key": base64(&session.export()),
        "verified": verified,
    })
}

pub(crate) fn see_pk(pair: &Pair) -> Value {
    json!({"private_key": hex(&pair.secret), "public_key": base64(&pair.public)})
}

/// The same with one more output.
pub(crate) fn with(mut value: Value, name: &str, more: Value) -> Value {
    value[name] = more;
    value
}
