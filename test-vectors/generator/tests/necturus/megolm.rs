//! Group sessions.

use necturus::{
    megolm::{
        ExportedSessionKey, InboundGroupSession, MegolmMessage, OutboundGroupSession, SessionKey,
        SessionOrdering,
    },
    pickle::PickleKey,
};
use necturus_test_vectors::{Case, Inputs, STATE_KEY, check::Run, hex, seal};
use serde_json::json;

use crate::{Result, classes, olm::version, outcome, rng::Given};

/// The session of a session key or of an exported one.
fn receive(inputs: Inputs<'_>, version: necturus::SessionVersion) -> InboundGroupSession {
    if inputs.has("session_key") {
        let key = SessionKey::from_base64(inputs.text("session_key")).expect("a good key");
        InboundGroupSession::new(&key, version)
    } else {
        let key = ExportedSessionKey::from_base64(inputs.text("exported_key")).expect("a good key");
        InboundGroupSession::import(&key, version)
    }
}

fn state(session: &InboundGroupSession) -> Vec<u8> {
    session
        .pickle_with(
            &mut Given::new(vec![0; 24]),
            &PickleKey::from_bytes(&[0; 32]),
            b"",
        )
        .expect("the bytes are given")
}

pub(crate) fn decrypt(inputs: Inputs<'_>) -> Result {
    decrypt_in(&mut receive(inputs, version(inputs)), inputs)
}

/// By both roads, which have one verdict.
fn decrypt_in(session: &mut InboundGroupSession, inputs: Inputs<'_>) -> Result {
    let (before, text) = (state(session), inputs.text("body"));
    let decoded = MegolmMessage::from_base64(text).map_err(Into::into);
    let by_message = decoded.and_then(|message| session.decrypt(&message));
    let by_text = session.decrypt_base64(text);
    assert_eq!(by_message, by_text, "both roads agree");
    match by_text {
        Ok(decrypted) => Ok(json!({
            "plaintext": hex(&decrypted.plaintext),
            "index": decrypted.index,
        })),
        Err(error) => {
            assert_eq!(state(session), before, "{error:?} changes nothing");
            Err(classes::megolm(error))
        }
    }
}

pub(crate) fn session_key(inputs: Inputs<'_>) -> Result {
    let key = SessionKey::from_base64(inputs.text("text")).map_err(classes::session_key)?;
    assert_eq!(
        &*key.to_base64(),
        inputs.text("text"),
        "one text for one key"
    );
    Ok(json!({"session_id": key.session_id().to_base64(), "index": key.index()}))
}

pub(crate) fn exported_key(inputs: Inputs<'_>) -> Result {
    let key = ExportedSessionKey::from_base64(inputs.text("text")).map_err(classes::session_key)?;
    assert_eq!(
        &*key.to_base64(),
        inputs.text("text"),
        "one text for one key"
    );
    Ok(json!({"session_id": key.session_id().to_base64(), "index": key.index()}))
}

pub(crate) fn outbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut session = if inputs.has("random") {
        let mut rng = Given::new(inputs.hex("random"));
        let session = OutboundGroupSession::new_with(&mut rng, version(inputs));
        assert!(rng.is_spent(), "draws all");
        session.expect("the bytes are given")
    } else {
        let pickle = seal(&inputs.hex("session"), STATE_KEY);
        OutboundGroupSession::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good")
    };
    let outputs = json!({"session_id": session.session_id().to_base64()});
    let steps = case.steps.iter().map(|step| {
        outcome(match step.operation.as_str() {
            "encrypt" => match session.encrypt(&Inputs::new(&step.inputs).hex("plaintext")) {
                Ok(message) => Ok(json!({"body": message.to_base64()})),
                Err(necturus::megolm::EncryptError::Exhausted) => Err("exhausted"),
                Err(other) => panic!("no class for {other:?}"),
            },
            "session-key" => Ok(json!({
                "session_key": *session.session_key().to_base64(),
                "index": session.message_index(),
            })),
            other => panic!("nobody runs {other}"),
        })
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn inbound(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut session = receive(inputs, version(inputs));
    let outputs = json!({
        "session_id": session.session_id().to_base64(),
        "first_known_index": session.first_known_index(),
    });
    let steps = case.steps.iter().map(|step| {
        let inputs = Inputs::new(&step.inputs);
        outcome(match step.operation.as_str() {
            "decrypt" => decrypt_in(&mut session, inputs),
            "export" => session
                .export_at(inputs.index("index"))
                .map(|key| json!({"exported_key": *key.to_base64()}))
                .map_err(|_| "index-unknown"),
            "is-verified" => Ok(json!({"verified": session.is_verified()})),
            other => panic!("nobody runs {other}"),
        })
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

pub(crate) fn compare(inputs: Inputs<'_>) -> Result {
    let version = version(inputs);
    let mut first = receive(inputs.object("first"), version);
    let second = receive(inputs.object("second"), version);
    let ordering = match first.compare(&second) {
        SessionOrdering::Equal => "equal",
        SessionOrdering::Better => "better",
        SessionOrdering::Worse => "worse",
        SessionOrdering::Unconnected => "unconnected",
        other => panic!("no name for {other:?}"),
    };
    let before = state(&first);
    if first.merge(&second).is_err() {
        assert_eq!(state(&first), before, "changes nothing");
        return Ok(json!({"ordering": ordering}));
    }
    Ok(json!({
        "ordering": ordering,
        "merged_first_known_index": first.first_known_index(),
        "merged_verified": first.is_verified(),
    }))
}
