//! Every case that vodozemac's default build can express, run against it: it
//! differs from what the case says just where the case says that it does.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;
#[path = "vodozemac/megolm.rs"]
mod megolm;
#[path = "vodozemac/olm.rs"]
mod olm;
#[path = "vodozemac/pickles.rs"]
mod pickles;
#[path = "vodozemac/vault.rs"]
mod vault;

use necturus_test_vectors::{
    Case, Inputs,
    check::{Outcome, Run, check_peer, is_undefined},
    hex,
};
use serde_json::{Value, json};
use vodozemac::{
    Curve25519PublicKey, Curve25519SecretKey, Ed25519PublicKey, Ed25519SecretKey, Ed25519Signature,
};

/// Outputs, or vodozemac's own words.
type Result<T = Value> = core::result::Result<T, String>;

fn outcome(result: Result) -> Outcome {
    match result {
        Ok(outputs) => Outcome::accepts(outputs),
        Err(words) => Outcome::Refuses(words),
    }
}

/// Keeps an error's words.
fn words<E: core::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// None: its interface has no such thing.
fn run(operation: &str, case: &Case) -> Option<Run> {
    let inputs = Inputs::new(&case.inputs);
    Some(match operation {
        "curve25519-dh" => outcome(dh(inputs)).into(),
        "curve25519-key" => outcome(curve25519(inputs)).into(),
        "ed25519-sign" if inputs.has("seed") => outcome(Ok(sign(inputs))).into(),
        "ed25519-verify" => outcome(verify(inputs)).into(),
        "ed25519-key" => outcome(ed25519(inputs)).into(),
        "ed25519-key-text" => outcome(ed25519_text(inputs)).into(),
        // It has no JSON and no identities.
        "json-canonical"
        | "json-sign"
        | "json-check"
        | "device-keys-make"
        | "device-keys"
        | "keys-upload"
        | "one-time-key"
        | "cross-signing-make"
        | "cross-signing-sign-device"
        | "cross-signing-sign-user"
        | "cross-signing-import"
        | "identity"
        | "identity-signed-device"
        | "identity-signed-user"
        | "user-trust"
        | "session-trust"
        | "room-key-recipient" => return None,
        // It has no events.
        "olm-event" | "room-key-event" | "room-events" | "room-key-merge" | "rotation"
        | "undecryptable" => return None,
        // Neither random bytes nor an expanded key can be given; config 2 is
        // not in a default build; necturus's pickles are necturus's.
        "ed25519-sign" | "olm-account" | "necturus-unpickle" => return None,
        // Nor does it know of calls.
        _ if ["sframe-", "livekit-", "matrixrtc-"]
            .iter()
            .any(|room| operation.starts_with(room)) =>
        {
            return None;
        }
        // Nor can a verification's key be given.
        _ if operation.starts_with("sas-") || operation.starts_with("qr-") => return None,
        _ if inputs.has("config") && inputs.number("config") != 1 => return None,
        "olm-outbound" if case.error.is_none() => return None,
        "megolm-outbound" if inputs.has("random") => return None,
        "olm-decrypt" => olm::decrypt(inputs).into(),
        "olm-inbound" => olm::inbound(case),
        "olm-outbound" => outcome(olm::outbound(inputs)).into(),
        "olm-session" => olm::session(case),
        "megolm-decrypt" => megolm::decrypt(inputs).into(),
        "megolm-session-key" => outcome(megolm::session_key(inputs)).into(),
        "megolm-exported-key" => outcome(megolm::exported_key(inputs)).into(),
        "megolm-outbound" => megolm::outbound(case),
        "megolm-inbound" => megolm::inbound(case),
        "megolm-compare" => outcome(Ok(megolm::compare(inputs))).into(),
        "libolm-unpickle" if inputs.text("kind") == "pk-decryption" => return None,
        "libolm-unpickle" => outcome(pickles::libolm(inputs)).into(),
        "vodozemac-unpickle" => outcome(pickles::vodozemac(inputs)).into(),
        "dehydrated-read" => match vault::rehydrate(inputs) {
            Some(result) => outcome(result).into(),
            None => return None,
        },
        "pk-decrypt" => outcome(vault::pk_decrypt(inputs)).into(),
        // It has no more of these than what is beneath them.
        "recovery-key"
        | "secret-storage-unlock"
        | "secret-storage-decrypt"
        | "secret-storage-encrypt"
        | "backup-key"
        | "backup-trust"
        | "backup-session"
        | "room-key"
        | "pk-encrypt"
        | "attachment-decrypt"
        | "attachment-encrypt"
        | "dehydrated-write"
        | "key-bundle"
        | "key-export"
        | "key-export-write" => return None,
        // It draws the keys of a channel itself, and has no QR codes.
        "ecies-scan" | "ecies-receive" | "hpke-scan" | "hpke-receive" => return None,
        "sign-in-code" | "sign-in-associated-data" => return None,
        other => panic!("nobody runs {other}"),
    })
}

fn dh(inputs: Inputs<'_>) -> Result {
    let secret = Curve25519SecretKey::from_slice(&inputs.array("secret"));
    let public = Curve25519PublicKey::from_bytes(inputs.array("public"));
    let shared = secret.diffie_hellman(&public).ok_or("not contributory")?;
    Ok(json!({"shared": hex(shared.as_bytes())}))
}

fn curve25519(inputs: Inputs<'_>) -> Result {
    let key = Curve25519PublicKey::from_base64(inputs.text("text")).map_err(words)?;
    Ok(json!({"public": hex(key.as_bytes())}))
}

fn ed25519(inputs: Inputs<'_>) -> Result {
    Ed25519PublicKey::from_slice(&inputs.array("public")).map_err(words)?;
    Ok(json!({}))
}

fn ed25519_text(inputs: Inputs<'_>) -> Result {
    let key = Ed25519PublicKey::from_base64(inputs.text("text")).map_err(words)?;
    Ok(json!({"public": hex(key.as_bytes())}))
}

fn sign(inputs: Inputs<'_>) -> Value {
    let key = Ed25519SecretKey::from_slice(&inputs.array("seed"));
    json!({
        "public": hex(key.public_key().as_bytes()),
        "signature": hex(&key.sign(&inputs.hex("message")).to_bytes()),
    })
}

fn verify(inputs: Inputs<'_>) -> Result {
    let key = Ed25519PublicKey::from_slice(&inputs.array("public")).map_err(words)?;
    let signature = Ed25519Signature::from_slice(&inputs.hex("signature")).map_err(words)?;
    key.verify(&inputs.hex("message"), &signature)
        .map_err(words)?;
    Ok(json!({}))
}

#[test]
fn vodozemac_differs_just_where_it_is_noted() {
    let mut ran = 0;
    let mut wrong = Vec::new();
    for (operation, case) in common::committed() {
        if is_undefined(&case, "vodozemac") {
            continue;
        }
        match run(&operation, &case) {
            Some(run) => {
                ran += 1;
                wrong.extend(check_peer(&case, "vodozemac", &run).err());
            }
            None => assert!(
                !case.peers.contains_key("vodozemac"),
                "{} has a note that nobody checks",
                case.id
            ),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(ran >= FEWEST, "{ran} cases");
}

/// How many cases there are at least that vodozemac can express.
const FEWEST: usize = 1027;
