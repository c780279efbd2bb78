//! State at rest.

use necturus::{
    Curve25519SecretKey,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session},
    pickle::PickleKey,
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::{Value, json};

use crate::{Result, classes, rng::Given};

fn with(mut outputs: Value, name: &str, value: String) -> Value {
    outputs
        .as_object_mut()
        .expect("an object")
        .insert(name.to_owned(), json!(value));
    outputs
}

fn account(account: &Account) -> Value {
    let mut one_time: Vec<String> = account
        .unpublished_one_time_keys()
        .map(|key| key.key.to_base64())
        .collect();
    one_time.sort();
    let fallback: Vec<String> = account
        .unpublished_fallback_key()
        .into_iter()
        .map(|key| key.key.to_base64())
        .collect();
    json!({
        "curve25519": account.identity_keys().curve25519.to_base64(),
        "ed25519": account.identity_keys().ed25519.to_base64(),
        "unpublished_one_time_keys": one_time,
        "unpublished_fallback_key": fallback,
        "signature": account.sign(b"message to sign").to_base64(),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "session_id": session.id().to_base64(),
        "has_received_message": session.has_received_message(),
    })
}

fn outbound(session: &OutboundGroupSession) -> Value {
    json!({
        "session_id": session.session_id().to_base64(),
        "index": session.message_index(),
        "session_key": *session.session_key().to_base64(),
    })
}

fn inbound(session: &InboundGroupSession) -> Value {
    json!({
        "session_id": session.session_id().to_base64(),
        "first_known_index": session.first_known_index(),
        "exported_key": *session.export_at_first_known_index().to_base64(),
        "verified": session.is_verified(),
    })
}

pub(crate) fn libolm(inputs: Inputs<'_>) -> Result {
    let (pickle, key) = (inputs.text("pickle"), inputs.hex("key"));
    macro_rules! load {
        ($object:ty, $see:expr) => {{
            let object = <$object>::from_libolm_pickle(pickle, &key).map_err(classes::import)?;
            let written = object.to_libolm_pickle(&key).expect("libolm holds it");
            with($see(&object), "written", written)
        }};
    }
    Ok(match inputs.text("kind") {
        "account" => load!(Account, account),
        "session" => load!(Session, session),
        "outbound-group-session" => load!(OutboundGroupSession, outbound),
        "inbound-group-session" => load!(InboundGroupSession, inbound),
        "pk-decryption" => {
            let secret = Curve25519SecretKey::from_libolm_pk_decryption_pickle(pickle, &key)
                .map_err(classes::import)?;
            json!({
                "private_key": hex(secret.expose_secret()),
                "public_key": secret.public_key().to_base64(),
                "written": secret.to_libolm_pk_decryption_pickle(&key),
            })
        }
        other => panic!("no kind {other}"),
    })
}

/// Keys for which there was no room.
const DROPPED: &str = "dropped_one_time_keys";

pub(crate) fn vodozemac(inputs: Inputs<'_>) -> Result {
    let (outputs, again) = from_vodozemac(inputs, inputs.text("pickle"))?;
    let (mut outputs_again, _) = from_vodozemac(inputs, &again)?;
    // What was dropped once is not there to be dropped again.
    if let (Some(dropped), Some(again)) = (outputs.get(DROPPED), outputs_again.as_object_mut()) {
        again.insert(DROPPED.to_owned(), dropped.clone());
    }
    assert_eq!(
        outputs_again, outputs,
        "what is written comes back as the same"
    );
    Ok(outputs)
}

fn from_vodozemac(inputs: Inputs<'_>, pickle: &str) -> Result<(Value, String)> {
    let key = inputs.array("key");
    macro_rules! see {
        ($object:expr, $see:expr) => {{
            let object = $object;
            let as_libolm = object.to_libolm_pickle(&key).expect("libolm holds it");
            let again = object
                .to_vodozemac_pickle(&key)
                .expect("vodozemac holds it");
            (with($see(&object), "as_libolm", as_libolm), again)
        }};
    }
    macro_rules! load {
        ($object:ty) => {
            <$object>::from_vodozemac_pickle(pickle, &key).map_err(classes::import)?
        };
    }
    Ok(match inputs.text("kind") {
        "account" => {
            let imported = load!(Account);
            let dropped = imported.dropped.iter();
            let dropped: Vec<String> = dropped.map(|key| key.key.to_base64()).collect();
            let (mut outputs, again) = see!(imported.account, account);
            if !dropped.is_empty() {
                outputs
                    .as_object_mut()
                    .expect("an object")
                    .insert(DROPPED.to_owned(), json!(dropped));
            }
            (outputs, again)
        }
        "session" => see!(load!(Session), session),
        "outbound-group-session" => see!(load!(OutboundGroupSession), outbound),
        "inbound-group-session" => see!(load!(InboundGroupSession), inbound),
        other => panic!("no kind {other}"),
    })
}

pub(crate) fn necturus(inputs: Inputs<'_>) -> Result {
    let (pickle, context) = (inputs.hex("pickle"), inputs.hex("context"));
    let key = PickleKey::from_bytes(&inputs.array("key"));
    macro_rules! load {
        ($object:ty, $see:expr) => {{
            let object = <$object>::unpickle(&pickle, &key, &context).map_err(classes::unpickle)?;
            let mut nonce = Given::new(pickle.get(2..26).expect("has a nonce").to_vec());
            let written = object.pickle_with(&mut nonce, &key, &context);
            with(
                $see(&object),
                "written",
                hex(&written.expect("the bytes are given")),
            )
        }};
    }
    Ok(match inputs.text("kind") {
        "account" => load!(Account, account),
        "session" => load!(Session, session),
        "outbound-group-session" => load!(OutboundGroupSession, outbound),
        "inbound-group-session" => load!(InboundGroupSession, inbound),
        other => panic!("no kind {other}"),
    })
}
