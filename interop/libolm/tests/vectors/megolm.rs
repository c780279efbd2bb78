//! Group sessions.

use necturus_interop_libolm::{InboundGroupSession, OutboundGroupSession};
use necturus_test_vectors::{
    Case, Inputs, STATE_KEY,
    check::{Outcome, Run},
    hex, seal,
};
use serde_json::{Value, json};

use crate::{Result, outcome, words};

fn receive(inputs: Inputs<'_>) -> InboundGroupSession {
    if inputs.has("session_key") {
        InboundGroupSession::new(inputs.text("session_key")).expect("a good key")
    } else {
        InboundGroupSession::import(inputs.text("exported_key")).expect("a good key")
    }
}

fn state(session: &InboundGroupSession) -> String {
    session.pickle(STATE_KEY).expect("never fails")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Outcome {
    decrypt_in(&mut receive(inputs), inputs)
}

fn decrypt_in(session: &mut InboundGroupSession, inputs: Inputs<'_>) -> Outcome {
    let before = state(session);
    match session.decrypt(inputs.text("body")) {
        Ok((plaintext, index)) => {
            Outcome::accepts(json!({"plaintext": hex(&plaintext), "index": index}))
        }
        Err(error) if state(session) == before => Outcome::Refuses(words(error)),
        Err(error) => Outcome::RefusesAndChanges(words(error)),
    }
}

fn see(session: &InboundGroupSession) -> Value {
    json!({
        "session_id": session.id().expect("has one"),
        "index": session.first_known_index(),
    })
}

pub(crate) fn session_key(inputs: Inputs<'_>) -> Result {
    let session = InboundGroupSession::new(inputs.text("text")).map_err(words)?;
    Ok(see(&session))
}

pub(crate) fn exported_key(inputs: Inputs<'_>) -> Result {
    let session = InboundGroupSession::import(inputs.text("text")).map_err(words)?;
    Ok(see(&session))
}

pub(crate) fn outbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut session = if inputs.has("random") {
        OutboundGroupSession::new(&inputs.hex("random")).expect("enough bytes")
    } else {
        let pickle = seal(&inputs.hex("session"), STATE_KEY);
        OutboundGroupSession::unpickle(STATE_KEY, pickle).expect("a state is good")
    };
    let outputs = json!({"session_id": session.id().expect("has one")});
    let steps = case.steps.iter().map(|step| {
        outcome(match step.operation.as_str() {
            "encrypt" => session
                .encrypt(Inputs::new(&step.inputs).hex("plaintext"))
                .map_err(words)
                .map(|body| json!({"body": body})),
            "session-key" => Ok(json!({
                "session_key": session.session_key().expect("never fails"),
                "index": session.message_index(),
            })),
            other => panic!("nobody runs {other}"),
        })
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn inbound(case: &Case) -> Run {
    let mut session = receive(Inputs::new(&case.inputs));
    let outputs = json!({
        "session_id": session.id().expect("has one"),
        "first_known_index": session.first_known_index(),
    });
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        match step.operation.as_str() {
            "decrypt" => decrypt_in(&mut session, inputs),
            "export" => outcome(
                session
                    .export(inputs.index("index"))
                    .map_err(words)
                    .map(|key| json!({"exported_key": key})),
            ),
            "is-verified" => outcome(Ok(json!({"verified": session.is_verified()}))),
            other => panic!("nobody runs {other}"),
        }
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}
