//! Accounts and sessions.

use necturus_interop_libolm::{Account, Session};
use necturus_test_vectors::{
    Case, Inputs, STATE_KEY,
    check::{Outcome, Run},
    hex, seal,
};
use serde_json::{Value, json};

use crate::{Result, outcome, words};

fn load_session(inputs: Inputs<'_>) -> Session {
    let pickle = seal(&inputs.hex("session"), STATE_KEY);
    Session::unpickle(STATE_KEY, pickle).expect("a state is good")
}

fn load_account(inputs: Inputs<'_>) -> Account {
    let pickle = seal(&inputs.hex("account"), STATE_KEY);
    Account::unpickle(STATE_KEY, pickle).expect("a state is good")
}

fn state(session: &Session) -> String {
    session.pickle(STATE_KEY).expect("never fails")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Outcome {
    decrypt_in(&mut load_session(inputs), inputs)
}

fn decrypt_in(session: &mut Session, inputs: Inputs<'_>) -> Outcome {
    let before = state(session);
    let kind = usize::try_from(inputs.number("type")).expect("small");
    match session.decrypt(kind, inputs.text("body")) {
        Ok(plaintext) => Outcome::accepts(json!({"plaintext": hex(&plaintext)})),
        Err(error) if state(session) == before => Outcome::Refuses(words(error)),
        Err(error) => Outcome::RefusesAndChanges(words(error)),
    }
}

/// Makes the session, reads the message, and spends the one-time key, as who
/// uses libolm is told to.
fn start(account: &mut Account, inputs: Inputs<'_>) -> Result<(Session, Value)> {
    let body = inputs.text("body");
    let mut session = Session::inbound_from(account, inputs.text("sender"), body).map_err(words)?;
    let plaintext = session.decrypt(0, body).map_err(words)?;
    account.remove_one_time_keys(&session).map_err(words)?;
    let outputs = json!({
        "plaintext": hex(&plaintext),
        "session_id": session.id().map_err(words)?,
    });
    Ok((session, outputs))
}

pub(crate) fn inbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut account = load_account(inputs);
    match start(&mut account, inputs) {
        Ok((session, outputs)) => steps(case, session, outputs, Some(account)),
        Err(error) => Outcome::Refuses(error).into(),
    }
}

pub(crate) fn outbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let made = Session::outbound(
        &load_account(inputs),
        &inputs.hex("random"),
        inputs.text("identity_key"),
        inputs.text("one_time_key"),
    );
    match made {
        Ok(session) => {
            let outputs = json!({"session_id": session.id().expect("has one")});
            steps(case, session, outputs, None)
        }
        Err(error) => Outcome::Refuses(words(error)).into(),
    }
}

pub(crate) fn session(case: &Case) -> Run {
    let session = load_session(Inputs::new(&case.inputs));
    let outputs = json!({"session_id": session.id().expect("has one")});
    steps(case, session, outputs, None)
}

fn steps(case: &Case, mut session: Session, outputs: Value, mut account: Option<Account>) -> Run {
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        match step.operation.as_str() {
            "encrypt" => outcome(
                session
                    .encrypt(inputs.hex("plaintext"), &inputs.hex("random"))
                    .map_err(words)
                    .map(|(kind, body)| json!({"type": kind, "body": body})),
            ),
            "decrypt" => decrypt_in(&mut session, inputs),
            "matches" => outcome(
                session
                    .matches_inbound(inputs.text("body"))
                    .map_err(words)
                    .map(|matches| json!({"matches": matches})),
            ),
            "inbound-again" => {
                let account = account.as_mut().expect("has an account");
                outcome(start(account, inputs).map(|(_, outputs)| outputs))
            }
            other => panic!("nobody runs {other}"),
        }
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn account(case: &Case) -> Run {
    let mut account = Account::new(&Inputs::new(&case.inputs).hex("random")).expect("enough bytes");
    let outputs = json!({"identity_keys": account.identity_keys_json().expect("never fails")});
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        outcome(account_step(&mut account, &step.operation, inputs).map_err(words))
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

fn account_step(
    account: &mut Account,
    operation: &str,
    inputs: Inputs<'_>,
) -> core::result::Result<Value, necturus_interop_libolm::Error> {
    Ok(match operation {
        "generate-one-time-keys" => {
            let count = usize::try_from(inputs.number("count")).expect("small");
            account.generate_one_time_keys(count, &inputs.hex("random"))?;
            json!({})
        }
        "generate-fallback-key" => {
            account.generate_fallback_key(&inputs.hex("random"))?;
            json!({})
        }
        "mark-published" => {
            account.mark_keys_as_published()?;
            json!({})
        }
        "published-keys" => json!({
            "one_time_keys": account.one_time_keys_json()?,
            "fallback_key": account.fallback_key_json()?,
            "unpublished_fallback_key": account.unpublished_fallback_key_json()?,
        }),
        "sign" => json!({"signature": account.sign(inputs.hex("message"))?}),
        "libolm-pickle" => json!({"pickle": account.pickle(inputs.hex("key"))?}),
        other => panic!("nobody runs {other}"),
    })
}
