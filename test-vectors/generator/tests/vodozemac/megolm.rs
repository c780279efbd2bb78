//! Group sessions.

use necturus_test_vectors::{
    Case, Inputs, STATE_KEY,
    check::{Outcome, Run},
    hex, seal,
};
use serde_json::{Value, json};
use vodozemac::megolm::{
    ExportedSessionKey, GroupSession, InboundGroupSession, MegolmMessage, SessionConfig,
    SessionKey, SessionOrdering,
};

use crate::{Result, outcome, words};

fn receive(inputs: Inputs<'_>) -> InboundGroupSession {
    let loaded = if inputs.has("session_key") {
        session_from_key(inputs.text("session_key"))
    } else {
        session_from_export(inputs.text("exported_key"))
    };
    loaded.expect("a good key")
}

fn session_from_key(text: &str) -> Result<InboundGroupSession> {
    let key = SessionKey::from_base64(text).map_err(words)?;
    Ok(InboundGroupSession::new(&key, SessionConfig::version_1()))
}

fn session_from_export(text: &str) -> Result<InboundGroupSession> {
    let key = ExportedSessionKey::from_base64(text).map_err(words)?;
    Ok(InboundGroupSession::import(
        &key,
        SessionConfig::version_1(),
    ))
}

fn state(session: &InboundGroupSession) -> Value {
    serde_json::to_value(session.pickle()).expect("is JSON")
}

/// There is no other way to see it.
pub(crate) fn is_verified(session: &InboundGroupSession) -> Value {
    state(session)
        .get("signing_key_verified")
        .cloned()
        .expect("is there")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Outcome {
    decrypt_in(&mut receive(inputs), inputs)
}

fn decrypt_in(session: &mut InboundGroupSession, inputs: Inputs<'_>) -> Outcome {
    let before = state(session);
    let message = MegolmMessage::from_base64(inputs.text("body")).map_err(words);
    match message.and_then(|message| session.decrypt(&message).map_err(words)) {
        Ok(decrypted) => Outcome::accepts(json!({
            "plaintext": hex(&decrypted.plaintext),
            "index": decrypted.message_index,
        })),
        Err(error) if state(session) == before => Outcome::Refuses(error),
        Err(error) => Outcome::RefusesAndChanges(error),
    }
}

fn see(session: &InboundGroupSession) -> Value {
    json!({"session_id": session.session_id(), "index": session.first_known_index()})
}

pub(crate) fn session_key(inputs: Inputs<'_>) -> Result {
    session_from_key(inputs.text("text")).map(|session| see(&session))
}

pub(crate) fn exported_key(inputs: Inputs<'_>) -> Result {
    session_from_export(inputs.text("text")).map(|session| see(&session))
}

pub(crate) fn outbound(case: &Case) -> Run {
    let pickle = seal(&Inputs::new(&case.inputs).hex("session"), STATE_KEY);
    let mut session =
        GroupSession::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good");
    let outputs = json!({"session_id": session.session_id()});
    let steps = case.steps.iter().map(|step| {
        outcome(Ok(match step.operation.as_str() {
            "encrypt" => {
                let message = session.encrypt(Inputs::new(&step.inputs).hex("plaintext"));
                json!({"body": message.to_base64()})
            }
            "session-key" => json!({
                "session_key": session.session_key().to_base64(),
                "index": session.message_index(),
            }),
            other => panic!("nobody runs {other}"),
        }))
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn inbound(case: &Case) -> Run {
    let mut session = receive(Inputs::new(&case.inputs));
    let outputs = json!({
        "session_id": session.session_id(),
        "first_known_index": session.first_known_index(),
    });
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        match step.operation.as_str() {
            "decrypt" => decrypt_in(&mut session, inputs),
            "export" => outcome(
                session
                    .export_at(inputs.index("index"))
                    .map(|key| json!({"exported_key": key.to_base64()}))
                    .ok_or_else(|| "no such index".to_owned()),
            ),
            "is-verified" => outcome(Ok(json!({"verified": is_verified(&session)}))),
            other => panic!("nobody runs {other}"),
        }
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn compare(inputs: Inputs<'_>) -> Value {
    let mut first = receive(inputs.object("first"));
    let mut second = receive(inputs.object("second"));
    let ordering = match first.compare(&mut second) {
        SessionOrdering::Equal => "equal",
        SessionOrdering::Better => "better",
        SessionOrdering::Worse => "worse",
        SessionOrdering::Unconnected => "unconnected",
    };
    match first.merge(&mut second) {
        None => json!({"ordering": ordering}),
        Some(merged) => json!({
            "ordering": ordering,
            "merged_first_known_index": merged.first_known_index(),
            "merged_verified": is_verified(&merged),
        }),
    }
}
