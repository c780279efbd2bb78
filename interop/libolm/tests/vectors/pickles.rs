//! State at rest.

use necturus_interop_libolm::{
    Account, InboundGroupSession, OutboundGroupSession, PkDecryption, Session,
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::{Value, json};

use crate::{Result, words};

pub(crate) fn libolm(inputs: Inputs<'_>) -> Result {
    load(inputs).map_err(words)
}

fn load(inputs: Inputs<'_>) -> core::result::Result<Value, necturus_interop_libolm::Error> {
    let (pickle, key) = (inputs.text("pickle"), inputs.hex("key"));
    Ok(match inputs.text("kind") {
        "account" => {
            let account = Account::unpickle(&key, pickle)?;
            let identity = account.identity_keys_json()?;
            let identity: Value = serde_json::from_str(&identity).expect("is JSON");
            json!({
                "curve25519": identity.get("curve25519"),
                "ed25519": identity.get("ed25519"),
                "unpublished_one_time_keys": keys(&account.one_time_keys_json()?),
                "unpublished_fallback_key": keys(&account.unpublished_fallback_key_json()?),
                "signature": account.sign("message to sign")?,
                "written": account.pickle(&key)?,
            })
        }
        "session" => {
            let session = Session::unpickle(&key, pickle)?;
            json!({
                "session_id": session.id()?,
                "has_received_message": session.has_received_message(),
                "written": session.pickle(&key)?,
            })
        }
        "outbound-group-session" => {
            let session = OutboundGroupSession::unpickle(&key, pickle)?;
            json!({
                "session_id": session.id()?,
                "index": session.message_index(),
                "session_key": session.session_key()?,
                "written": session.pickle(&key)?,
            })
        }
        "inbound-group-session" => {
            let session = InboundGroupSession::unpickle(&key, pickle)?;
            json!({
                "session_id": session.id()?,
                "first_known_index": session.first_known_index(),
                "exported_key": session.export(session.first_known_index())?,
                "verified": session.is_verified(),
                // Exporting moves its latest ratchet.
                "written": InboundGroupSession::unpickle(&key, pickle)?.pickle(&key)?,
            })
        }
        "pk-decryption" => {
            let pk = PkDecryption::unpickle(&key, pickle)?;
            json!({
                "private_key": hex(&pk.private_key()?),
                "public_key": pk.public_key(),
                "written": pk.pickle(&key)?,
            })
        }
        other => panic!("no kind {other}"),
    })
}

/// The keys of `{"curve25519":{"AAAAAQ":"…"}}`, sorted.
fn keys(text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).expect("is JSON");
    let keys = value
        .get("curve25519")
        .and_then(Value::as_object)
        .expect("is there");
    let mut keys: Vec<String> = keys
        .values()
        .filter_map(|key| key.as_str().map(str::to_owned))
        .collect();
    keys.sort();
    keys
}
