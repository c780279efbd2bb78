//! Every test vector that libolm's interface can express, run against it: it
//! differs from what the case says just where the case says that it does.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_in_result,
    reason = "a test may panic"
)]

#[path = "vectors/megolm.rs"]
mod megolm;
#[path = "vectors/olm.rs"]
mod olm;
#[path = "vectors/pickles.rs"]
mod pickles;
#[path = "vectors/sas.rs"]
mod sas;

use necturus_interop_libolm::Utility;
use necturus_test_vectors::{
    Case, Inputs, base64,
    check::{Outcome, Run, check_peer, is_undefined},
};
use serde_json::{Value, json};

/// Outputs, or libolm's own words.
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
        "ed25519-verify" => outcome(verify(inputs)).into(),
        // It shows no bare keys, compares no sessions, and speaks no config 2.
        "curve25519-dh" | "curve25519-key" | "ed25519-sign" | "ed25519-key"
        | "ed25519-key-text" | "megolm-compare" | "necturus-unpickle" | "vodozemac-unpickle" => {
            return None;
        }
        // Its wrapper has no public-key encryption, and it has none of the rest.
        "recovery-key"
        | "secret-storage-unlock"
        | "secret-storage-decrypt"
        | "secret-storage-encrypt"
        | "backup-key"
        | "backup-trust"
        | "backup-session"
        | "room-key"
        | "pk-encrypt"
        | "pk-decrypt"
        | "key-export"
        | "key-export-write" => {
            return None;
        }
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
        // It does not know of calls, sign-in, attachments and dehydrated devices.
        _ if [
            "sframe-",
            "livekit-",
            "matrixrtc-",
            "ecies-",
            "hpke-",
            "sign-in-",
            "attachment-",
            "dehydrated-",
            "key-bundle",
        ]
        .iter()
        .any(|room| operation.starts_with(room)) =>
        {
            return None;
        }
        _ if inputs.has("config") && inputs.number("config") != 1 => return None,
        "olm-account" => olm::account(case),
        "olm-decrypt" => olm::decrypt(inputs).into(),
        "olm-inbound" => olm::inbound(case),
        "olm-outbound" => olm::outbound(case),
        "olm-session" => olm::session(case),
        "megolm-decrypt" => megolm::decrypt(inputs).into(),
        "megolm-session-key" => outcome(megolm::session_key(inputs)).into(),
        "megolm-exported-key" => outcome(megolm::exported_key(inputs)).into(),
        "megolm-outbound" => megolm::outbound(case),
        "megolm-inbound" => megolm::inbound(case),
        // Comparing anything, and refusing keys, it leaves to its callers.
        "sas-show" if case.error.is_none() => outcome(sas::show(inputs)).into(),
        "sas-macs" if case.error.is_none() => outcome(sas::macs(inputs)).into(),
        "sas-check-macs" if case.error.is_none() => outcome(sas::check_macs(inputs)).into(),
        _ if operation.starts_with("sas-") || operation.starts_with("qr-") => return None,
        "libolm-unpickle" => outcome(pickles::libolm(inputs)).into(),
        other => panic!("nobody runs {other}"),
    })
}

fn verify(inputs: Inputs<'_>) -> Result {
    let (key, signature) = (inputs.hex("public"), inputs.hex("signature"));
    Utility::new()
        .ed25519_verify(base64(&key), inputs.hex("message"), base64(&signature))
        .map_err(words)?;
    Ok(json!({}))
}

#[test]
fn libolm_differs_just_where_it_is_noted() {
    let mut ran = 0;
    let mut wrong = Vec::new();
    for (_, file) in necturus_test_vectors::files() {
        for (operation, case) in file.cases() {
            if is_undefined(&case, "libolm") {
                continue;
            }
            match run(operation, &case) {
                Some(run) => {
                    ran += 1;
                    wrong.extend(check_peer(&case, "libolm", &run).err());
                }
                None => assert!(
                    !case.peers.contains_key("libolm"),
                    "{} has a note that nobody checks",
                    case.id
                ),
            }
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

/// How many cases there are at least that libolm can express.
const FEWEST: usize = 886;
