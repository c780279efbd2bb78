//! Accounts and sessions.

use necturus_test_vectors::{
    Case, Inputs, STATE_KEY,
    check::{Outcome, Run},
    hex, seal,
};
use serde_json::{Value, json};
use vodozemac::{
    Curve25519PublicKey,
    olm::{Account, Message, OlmMessage, PreKeyMessage, Session, SessionConfig},
};

use crate::{Result, outcome, words};

fn load_session(inputs: Inputs<'_>) -> Session {
    let pickle = seal(&inputs.hex("session"), STATE_KEY);
    Session::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good")
}

fn load_account(inputs: Inputs<'_>) -> Account {
    let pickle = seal(&inputs.hex("account"), STATE_KEY);
    Account::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good")
}

fn curve25519(inputs: Inputs<'_>, name: &str) -> Curve25519PublicKey {
    Curve25519PublicKey::from_base64(inputs.text(name)).expect("a key")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Outcome {
    decrypt_in(&mut load_session(inputs), inputs)
}

fn state(session: &Session) -> Value {
    serde_json::to_value(session.pickle()).expect("is JSON")
}

fn decrypt_in(session: &mut Session, inputs: Inputs<'_>) -> Outcome {
    let text = inputs.text("body");
    let message = match inputs.number("type") {
        0 => PreKeyMessage::from_base64(text).map(OlmMessage::from),
        1 => Message::from_base64(text).map(OlmMessage::from),
        other => return Outcome::Refuses(format!("no type {other}")),
    };
    let before = state(session);
    match message
        .map_err(words)
        .and_then(|message| session.decrypt(&message).map_err(words))
    {
        Ok(plaintext) => Outcome::accepts(json!({"plaintext": hex(&plaintext)})),
        Err(error) if state(session) == before => Outcome::Refuses(error),
        Err(error) => Outcome::RefusesAndChanges(error),
    }
}

fn start(account: &mut Account, inputs: Inputs<'_>) -> Result<(Session, Value)> {
    let message = PreKeyMessage::from_base64(inputs.text("body")).map_err(words)?;
    let made = account
        .create_inbound_session(
            SessionConfig::version_1(),
            curve25519(inputs, "sender"),
            &message,
        )
        .map_err(words)?;
    let outputs = json!({
        "plaintext": hex(&made.plaintext),
        "session_id": made.session.session_id(),
    });
    Ok((made.session, outputs))
}

pub(crate) fn inbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut account = load_account(inputs);
    match start(&mut account, inputs) {
        Ok((session, outputs)) => steps(case, session, outputs, Some(account)),
        Err(error) => Outcome::Refuses(error).into(),
    }
}

pub(crate) fn outbound(inputs: Inputs<'_>) -> Result {
    load_account(inputs)
        .create_outbound_session(
            SessionConfig::version_1(),
            curve25519(inputs, "identity_key"),
            curve25519(inputs, "one_time_key"),
        )
        .map_err(words)?;
    Ok(json!({}))
}

pub(crate) fn session(case: &Case) -> Run {
    let session = load_session(Inputs::new(&case.inputs));
    let outputs = json!({"session_id": session.session_id()});
    steps(case, session, outputs, None)
}

/// Up to the first message that depends on random bytes, which nobody can give
/// to vodozemac.
fn steps(case: &Case, mut session: Session, outputs: Value, mut account: Option<Account>) -> Run {
    let mut steps = Vec::new();
    for step in &case.steps {
        let inputs = Inputs::new(&step.inputs);
        steps.push(match step.operation.as_str() {
            "encrypt" if inputs.text("random").is_empty() || step.error.is_some() => {
                encrypt(&mut session, inputs)
            }
            "encrypt" => break,
            "decrypt" => decrypt_in(&mut session, inputs),
            "matches" => outcome(
                PreKeyMessage::from_base64(inputs.text("body"))
                    .map_err(words)
                    .map(|message| {
                        json!({"matches": message.session_keys() == session.session_keys()})
                    }),
            ),
            "inbound-again" => {
                let account = account.as_mut().expect("has an account");
                outcome(start(account, inputs).map(|(_, outputs)| outputs))
            }
            other => panic!("nobody runs {other}"),
        });
    }
    Run::new(outcome(Ok(outputs)), steps)
}

fn encrypt(session: &mut Session, inputs: Inputs<'_>) -> Outcome {
    match session.encrypt(inputs.hex("plaintext")) {
        Ok(OlmMessage::PreKey(message)) => {
            Outcome::accepts(json!({"type": 0, "body": message.to_base64()}))
        }
        Ok(OlmMessage::Normal(message)) => {
            Outcome::accepts(json!({"type": 1, "body": message.to_base64()}))
        }
        Err(error) => Outcome::Refuses(words(error)),
    }
}
