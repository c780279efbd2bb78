//! Every case of every file, run against necturus: outputs and classes of error
//! are the recorded ones, and what is refused changes nothing.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_in_result,
    reason = "a test may panic"
)]

#[path = "necturus/channel.rs"]
mod channel;
#[path = "necturus/classes.rs"]
mod classes;
mod common;
#[path = "necturus/event_classes.rs"]
mod event_classes;
#[path = "necturus/events.rs"]
mod events;
#[path = "necturus/identity.rs"]
mod identity;
#[path = "necturus/identity_classes.rs"]
mod identity_classes;
#[path = "necturus/json.rs"]
mod json;
#[path = "necturus/keys.rs"]
mod keys;
#[path = "necturus/left_behind.rs"]
mod left_behind;
#[path = "necturus/media.rs"]
mod media;
#[path = "necturus/megolm.rs"]
mod megolm;
#[path = "necturus/olm.rs"]
mod olm;
#[path = "necturus/pickles.rs"]
mod pickles;
#[path = "necturus/qr.rs"]
mod qr;
#[path = "necturus/rng.rs"]
mod rng;
#[path = "necturus/sas.rs"]
mod sas;
#[path = "necturus/vault.rs"]
mod vault;
#[path = "necturus/vault_classes.rs"]
mod vault_classes;

use necturus_test_vectors::{
    Case, Inputs,
    check::{Outcome, Run, check},
};
use serde_json::Value;

/// What one operation gave: outputs, or the class of the error.
type Result<T = Value> = core::result::Result<T, &'static str>;

fn outcome(result: Result) -> Outcome {
    match result {
        Ok(outputs) => Outcome::accepts(outputs),
        Err(class) => Outcome::Refuses(class.to_owned()),
    }
}

fn run(operation: &str, case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    match operation {
        "curve25519-dh" => outcome(keys::dh(inputs)).into(),
        "curve25519-key" => outcome(keys::curve25519(inputs)).into(),
        "ed25519-sign" => outcome(keys::sign(inputs)).into(),
        "ed25519-verify" => outcome(keys::verify(inputs)).into(),
        "ed25519-key" => outcome(keys::ed25519(inputs)).into(),
        "ed25519-key-text" => outcome(keys::ed25519_text(inputs)).into(),
        "olm-decrypt" => outcome(olm::decrypt(inputs)).into(),
        "olm-inbound" => olm::inbound(case),
        "olm-outbound" => olm::outbound(case),
        "olm-session" => olm::session(case),
        "olm-account" => olm::account(case),
        "megolm-decrypt" => outcome(megolm::decrypt(inputs)).into(),
        "megolm-session-key" => outcome(megolm::session_key(inputs)).into(),
        "megolm-exported-key" => outcome(megolm::exported_key(inputs)).into(),
        "megolm-outbound" => megolm::outbound(case),
        "megolm-inbound" => megolm::inbound(case),
        "megolm-compare" => outcome(megolm::compare(inputs)).into(),
        "libolm-unpickle" => outcome(pickles::libolm(inputs)).into(),
        "vodozemac-unpickle" => outcome(pickles::vodozemac(inputs)).into(),
        "necturus-unpickle" => outcome(pickles::necturus(inputs)).into(),
        "recovery-key" => outcome(vault::recovery_key(inputs)).into(),
        "secret-storage-unlock" => outcome(vault::unlock(inputs)).into(),
        "secret-storage-decrypt" => outcome(vault::decrypt_secret(inputs)).into(),
        "secret-storage-encrypt" => outcome(vault::encrypt_secret(inputs)).into(),
        "backup-key" => outcome(vault::backup_key(inputs)).into(),
        "backup-trust" => outcome(vault::backup_trust(inputs)).into(),
        "backup-session" => outcome(vault::backup_session(inputs)).into(),
        "room-key" => outcome(vault::room_key(inputs)).into(),
        "pk-encrypt" => outcome(vault::pk_encrypt(inputs)).into(),
        "pk-decrypt" => outcome(vault::pk_decrypt(inputs)).into(),
        "key-export" => outcome(vault::key_export(inputs)).into(),
        "key-export-write" => outcome(vault::key_export_write(inputs)).into(),
        "json-canonical" => outcome(json::canonical(inputs)).into(),
        "json-sign" => outcome(json::sign(inputs)).into(),
        "json-check" => outcome(json::check(inputs)).into(),
        "device-keys-make" => outcome(identity::make_device(inputs)).into(),
        "device-keys" => outcome(identity::device(inputs)).into(),
        "keys-upload" => outcome(identity::upload(inputs)).into(),
        "one-time-key" => outcome(identity::one_time_key(inputs)).into(),
        "cross-signing-make" => outcome(identity::make(inputs)).into(),
        "cross-signing-sign-device" => outcome(identity::sign_device(inputs)).into(),
        "cross-signing-sign-user" => outcome(identity::sign_user(case)).into(),
        "cross-signing-import" => outcome(identity::import(inputs)).into(),
        "identity" => outcome(identity::identity(inputs)).into(),
        "identity-signed-device" => outcome(identity::signed_device(inputs)).into(),
        "identity-signed-user" => outcome(identity::signed_user(inputs)).into(),
        "user-trust" => identity::user_trust(case),
        "session-trust" => outcome(identity::session_trust(inputs)).into(),
        "room-key-recipient" => outcome(identity::recipient(case)).into(),
        "olm-event" => outcome(events::olm_event(inputs)).into(),
        "room-key-event" => outcome(events::room_key(inputs)).into(),
        "room-events" => events::room_events(case),
        "room-key-merge" => outcome(events::merge(inputs)).into(),
        "rotation" => outcome(events::rotation(inputs)).into(),
        "undecryptable" => outcome(events::undecryptable(inputs)).into(),
        "ecies-scan" => channel::ecies_scan(case),
        "ecies-receive" => channel::ecies_receive(case),
        "hpke-scan" => channel::hpke_scan(case),
        "hpke-receive" => channel::hpke_receive(case),
        "sign-in-code" => outcome(channel::code(inputs)).into(),
        "sign-in-associated-data" => outcome(channel::associated_data(inputs)).into(),
        "attachment-decrypt" => outcome(left_behind::decrypt_attachment(inputs)).into(),
        "attachment-encrypt" => outcome(left_behind::encrypt_attachment(inputs)).into(),
        "dehydrated-read" => outcome(left_behind::rehydrate(inputs)).into(),
        "dehydrated-write" => outcome(left_behind::dehydrate(inputs)).into(),
        "key-bundle" => outcome(left_behind::key_bundle(inputs)).into(),
        "sas-commitment" => outcome(sas::commitment(inputs)).into(),
        "sas-show" => outcome(sas::show(inputs)).into(),
        "sas-macs" => outcome(sas::macs(inputs)).into(),
        "sas-check-macs" => outcome(sas::check_macs(inputs)).into(),
        "sas-choose" => outcome(sas::choose(inputs)).into(),
        "sas-check-accept" => outcome(sas::check_accept(inputs)).into(),
        "qr-parse" => outcome(qr::parse(inputs)).into(),
        "qr-show" => outcome(qr::show(inputs)).into(),
        "qr-scan" => outcome(qr::scan(inputs)).into(),
        other => media::run(other, case).unwrap_or_else(|| panic!("nobody runs {other}")),
    }
}

#[test]
fn necturus_does_what_every_case_says() {
    let cases = common::committed();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(operation, case)| check(case, &run(operation, case)).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    // A case that is dropped from a file would not be missed otherwise.
    assert!(cases.len() >= FEWEST, "{} cases", cases.len());
}

/// How many cases there are at least; raised with each release.
const FEWEST: usize = 2875;
