//! State at rest.

use necturus_test_vectors::Inputs;
use serde_json::{Value, json};
use vodozemac::{
    megolm::{GroupSession, GroupSessionPickle, InboundGroupSession, InboundGroupSessionPickle},
    olm::{Account, AccountPickle, Session, SessionPickle},
};

use crate::{Result, megolm::is_verified, words};

fn account(account: &Account) -> Value {
    let sorted = |keys: Vec<String>| {
        let mut keys = keys;
        keys.sort();
        keys
    };
    let one_time = account.one_time_keys();
    let fallback = account.fallback_key();
    json!({
        "curve25519": account.curve25519_key().to_base64(),
        "ed25519": account.ed25519_key().to_base64(),
        "unpublished_one_time_keys": sorted(one_time.values().map(|key| key.to_base64()).collect()),
        "unpublished_fallback_key": sorted(fallback.values().map(|key| key.to_base64()).collect()),
        "signature": account.sign(b"message to sign").to_base64(),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "session_id": session.session_id(),
        "has_received_message": session.has_received_message(),
    })
}

fn outbound(session: &GroupSession) -> Value {
    json!({
        "session_id": session.session_id(),
        "index": session.message_index(),
        "session_key": session.session_key().to_base64(),
    })
}

fn inbound(session: &InboundGroupSession) -> Value {
    json!({
        "session_id": session.session_id(),
        "first_known_index": session.first_known_index(),
        "exported_key": session.export_at_first_known_index().to_base64(),
        "verified": is_verified(session),
    })
}

pub(crate) fn libolm(inputs: Inputs<'_>) -> Result {
    let (text, key) = (inputs.text("pickle"), inputs.hex("key"));
    Ok(match inputs.text("kind") {
        "account" => account(&Account::from_libolm_pickle(text, &key).map_err(words)?),
        "session" => session(&Session::from_libolm_pickle(text, &key).map_err(words)?),
        "outbound-group-session" => {
            outbound(&GroupSession::from_libolm_pickle(text, &key).map_err(words)?)
        }
        "inbound-group-session" => {
            inbound(&InboundGroupSession::from_libolm_pickle(text, &key).map_err(words)?)
        }
        other => panic!("no kind {other}"),
    })
}

pub(crate) fn vodozemac(inputs: Inputs<'_>) -> Result {
    let (text, key) = (inputs.text("pickle"), inputs.array("key"));
    Ok(match inputs.text("kind") {
        "account" => account(
            &AccountPickle::from_encrypted(text, &key)
                .map_err(words)?
                .into(),
        ),
        "session" => session(
            &SessionPickle::from_encrypted(text, &key)
                .map_err(words)?
                .into(),
        ),
        "outbound-group-session" => outbound(
            &GroupSessionPickle::from_encrypted(text, &key)
                .map_err(words)?
                .into(),
        ),
        "inbound-group-session" => inbound(
            &InboundGroupSessionPickle::from_encrypted(text, &key)
                .map_err(words)?
                .into(),
        ),
        other => panic!("no kind {other}"),
    })
}
