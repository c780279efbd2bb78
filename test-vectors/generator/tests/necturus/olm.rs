//! Accounts and sessions.

use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::{Account, OlmMessage, PreKeyMessage, Session},
    pickle::PickleKey,
};
use necturus_test_vectors::{Case, Inputs, STATE_KEY, check::Run, hex, seal};
use serde_json::{Value, json};

use crate::{Result, classes, outcome, rng::Given};

pub(crate) fn version(inputs: Inputs<'_>) -> SessionVersion {
    match inputs.number("config") {
        1 => SessionVersion::V1,
        2 => SessionVersion::V2,
        other => panic!("no config {other}"),
    }
}

fn load_session(inputs: Inputs<'_>) -> Session {
    assert_eq!(version(inputs), SessionVersion::V1, "the state of one");
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

/// All of an object's state.
fn state(session: &Session) -> Vec<u8> {
    session
        .pickle_with(
            &mut Given::new(vec![0; 24]),
            &PickleKey::from_bytes(&[0; 32]),
            b"",
        )
        .expect("the bytes are given")
}

fn account_state(account: &Account) -> Vec<u8> {
    account
        .pickle_with(
            &mut Given::new(vec![0; 24]),
            &PickleKey::from_bytes(&[0; 32]),
            b"",
        )
        .expect("the bytes are given")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Result {
    let mut session = load_session(inputs);
    decrypt_in(&mut session, inputs)
}

fn decrypt_in(session: &mut Session, inputs: Inputs<'_>) -> Result {
    let kind = usize::try_from(inputs.number("type")).expect("small");
    let message = OlmMessage::from_parts(kind, inputs.text("body")).map_err(classes::decode)?;
    let before = state(session);
    match session.decrypt(&message) {
        Ok(decrypted) => {
            assert_ne!(state(session), before, "a message decrypts once");
            Ok(json!({"plaintext": hex(&decrypted.plaintext)}))
        }
        Err(error) => {
            assert_eq!(state(session), before, "{error:?} changes nothing");
            Err(classes::decrypt(error))
        }
    }
}

/// Opens and accepts, as one.
fn start(
    account: &mut Account,
    version: SessionVersion,
    inputs: Inputs<'_>,
) -> Result<(Session, Value)> {
    let message = PreKeyMessage::from_base64(inputs.text("body")).map_err(classes::decode)?;
    let before = account_state(account);
    let opened = account.open(version, &curve25519(inputs, "sender"), &message);
    assert_eq!(account_state(account), before, "nothing is spent yet");
    let pending = opened.map_err(classes::inbound)?;
    let used_fallback_key = pending.used_fallback_key();
    let (session, plaintext) = pending.accept(account).expect("the key is there");
    assert_eq!(
        account_state(account) == before,
        used_fallback_key,
        "a one-time key is spent"
    );
    let outputs = json!({
        "plaintext": hex(&plaintext),
        "session_id": session.id().to_base64(),
        "used_fallback_key": used_fallback_key,
    });
    Ok((session, outputs))
}

pub(crate) fn inbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut account = load_account(inputs);
    match start(&mut account, version(inputs), inputs) {
        Ok((session, outputs)) => steps(case, session, outputs, Some(account)),
        Err(class) => outcome(Err(class)).into(),
    }
}

pub(crate) fn outbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut rng = Given::new(inputs.hex("random"));
    let session = load_account(inputs).outbound_session_with(
        &mut rng,
        version(inputs),
        &curve25519(inputs, "identity_key"),
        &curve25519(inputs, "one_time_key"),
    );
    assert!(rng.is_spent(), "draws all");
    match session {
        Ok(session) => {
            let outputs = json!({"session_id": session.id().to_base64()});
            steps(case, session, outputs, None)
        }
        Err(error) => outcome(Err(classes::outbound(error))).into(),
    }
}

pub(crate) fn session(case: &Case) -> Run {
    let session = load_session(Inputs::new(&case.inputs));
    let outputs = json!({"session_id": session.id().to_base64()});
    steps(case, session, outputs, None)
}

fn steps(case: &Case, mut session: Session, outputs: Value, mut account: Option<Account>) -> Run {
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        outcome(match step.operation.as_str() {
            "encrypt" => encrypt(&mut session, inputs),
            "decrypt" => decrypt_in(&mut session, inputs),
            "matches" => PreKeyMessage::from_base64(inputs.text("body"))
                .map_err(classes::decode)
                .map(|message| json!({"matches": session.matches(&message)})),
            "inbound-again" => {
                let account = account.as_mut().expect("has an account");
                start(account, session.version(), inputs).map(|(_, outputs)| {
                    json!({
                        "plaintext": outputs.get("plaintext"),
                        "session_id": outputs.get("session_id"),
                    })
                })
            }
            other => panic!("nobody runs {other}"),
        })
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

fn encrypt(session: &mut Session, inputs: Inputs<'_>) -> Result {
    let mut rng = Given::new(inputs.hex("random"));
    let before = state(session);
    match session.encrypt_with(&mut rng, &inputs.hex("plaintext")) {
        Ok(message) => {
            assert!(rng.is_spent(), "draws all");
            Ok(json!({"type": message.message_type() as usize, "body": message.to_base64()}))
        }
        Err(error) => {
            assert_eq!(state(session), before, "{error:?} changes nothing");
            Err(classes::encrypt(error))
        }
    }
}

pub(crate) fn account(case: &Case) -> Run {
    let mut rng = Given::new(Inputs::new(&case.inputs).hex("random"));
    let mut account = Account::new_with(&mut rng).expect("the bytes are given");
    assert!(rng.is_spent(), "draws all");
    let outputs = json!({"identity_keys": account.identity_keys().to_json()});
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        let mut rng = Given::new(if inputs.has("random") {
            inputs.hex("random")
        } else {
            Vec::new()
        });
        let outputs = match step.operation.as_str() {
            "generate-one-time-keys" => {
                let count = usize::try_from(inputs.number("count")).expect("small");
                account
                    .generate_one_time_keys_with(&mut rng, count)
                    .expect("the bytes are given");
                json!({})
            }
            "generate-fallback-key" => {
                account
                    .generate_fallback_key_with(&mut rng)
                    .expect("the bytes are given");
                json!({})
            }
            "mark-published" => {
                account.mark_all_published();
                json!({})
            }
            "published-keys" => json!({
                "one_time_keys": account.one_time_keys_json(),
                "fallback_key": account.fallback_key_json(),
                "unpublished_fallback_key": account.unpublished_fallback_key_json(),
            }),
            "sign" => json!({"signature": account.sign(&inputs.hex("message")).to_base64()}),
            "libolm-pickle" => {
                json!({"pickle": account.to_libolm_pickle(&inputs.hex("key")).expect("small ids")})
            }
            other => panic!("nobody runs {other}"),
        };
        assert!(rng.is_spent(), "draws all");
        outcome(Ok(outputs))
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}
