//! Verification by short authentication strings.

use necturus::{
    Ed25519PublicKey,
    json::{JsonError, Object, Value as Json},
    verification::{
        Device, EstablishedSas, MacError, MakeMacsError, Negotiated, Offer, Participants, Sas,
        SasError, Verified,
    },
};
use necturus_test_vectors::Inputs;
use serde_json::{Map, Value, json};

use crate::{Result, rng::Given};

pub(crate) fn key(inputs: Inputs<'_>, name: &str) -> Ed25519PublicKey {
    Ed25519PublicKey::from_base64(inputs.text(name)).expect("a key")
}

/// Who takes part; `ours` and `theirs` are devices with their keys.
pub(crate) fn participants(inputs: Inputs<'_>) -> Participants {
    let device = |name| {
        let inputs = inputs.object(name);
        let (user, device) = (inputs.text("user"), inputs.text("device"));
        let device = Device::new(user, device, key(inputs, "key")).expect("a device");
        if inputs.has("master") {
            device.with_cross_signing_keys(key(inputs, "master"), &[])
        } else {
            device
        }
    };
    Participants::new(&device("ours"), &device("theirs"), inputs.text("flow_id"))
        .expect("two devices")
}

/// The keys that a verification ended with, and other outputs.
pub(crate) fn verified(keys: &Verified, others: &[(&str, Value)]) -> Value {
    let mut outputs = Map::new();
    let keys = [
        ("device_key", keys.device_key()),
        ("master_key", keys.master_key()),
    ];
    for (name, key) in keys {
        if let Some(key) = key {
            outputs.insert(name.to_owned(), key.to_base64().into());
        }
    }
    for (name, value) in others {
        outputs.insert((*name).to_owned(), value.clone());
    }
    outputs.into()
}

fn object(inputs: Inputs<'_>, name: &str) -> Result<Object> {
    Object::parse(inputs.text(name).as_bytes()).map_err(|error| match error {
        JsonError::Syntax => "json.syntax",
        JsonError::DuplicateKey => "json.duplicate-key",
        JsonError::TooDeep => "json.depth",
        JsonError::NotAnObject => "json.not-an-object",
        other => panic!("no class for {other:?}"),
    })
}

fn sas(inputs: Inputs<'_>) -> Sas {
    Sas::new_with(&mut Given::new(inputs.hex("secret"))).expect("the bytes are given")
}

/// These methods and both strings, through a `start` that offers nothing else.
fn methods(inputs: Inputs<'_>) -> Negotiated {
    let mac = if inputs.has("mac") {
        inputs.text("mac")
    } else {
        "hkdf-hmac-sha256.v2"
    };
    let start = Offer::new()
        .to_start()
        .with(
            "key_agreement_protocols",
            vec![inputs.text("key_agreement")],
        )
        .with("message_authentication_codes", vec![mac]);
    Offer::with_legacy().choose(&start).expect("a method")
}

fn established(inputs: Inputs<'_>) -> Result<EstablishedSas> {
    let (sas, methods, participants) = (sas(inputs), methods(inputs), participants(inputs));
    let their_key = inputs.text("their_key");
    let established = if inputs.text("role") == "starter" {
        let start = object(inputs, "start")?;
        sas.start(&start, inputs.text("commitment"))
            .and_then(|sas| sas.establish(their_key, methods, &participants))
    } else {
        sas.accept(&Object::new())
            .and_then(|(sas, _)| sas.establish(their_key, methods, &participants))
    };
    established.map_err(class)
}

pub(crate) fn commitment(inputs: Inputs<'_>) -> Result {
    let start = object(inputs, "start")?;
    let (sas, commitment) = sas(inputs).accept(&start).map_err(class)?;
    Ok(json!({"public_key": sas.public_key(), "commitment": commitment}))
}

pub(crate) fn show(inputs: Inputs<'_>) -> Result {
    let sas = established(inputs)?;
    let emoji = sas.emoji().expect("was negotiated");
    Ok(json!({
        "emoji": emoji.map(|emoji| emoji.number()),
        "decimals": sas.decimals().expect("was negotiated"),
    }))
}

/// JSON of this library as JSON of the runner.
fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).expect("JSON")
}

pub(crate) fn macs(inputs: Inputs<'_>) -> Result {
    let sas = established(inputs)?.they_match();
    let content = sas
        .macs(inputs.flag("vouch_for_master"))
        .map_err(make_macs_class)?;
    Ok(value(&content))
}

/// In both orders of the user's answer and the message.
pub(crate) fn check_macs(inputs: Inputs<'_>) -> Result {
    let content = object(inputs, "content")?;
    let fast_user = established(inputs)?
        .they_match()
        .check_macs(&content)
        .map(|sas| sas.into_verified());
    let fast_message = established(inputs)?
        .check_macs(&content)
        .map(|sas| sas.they_match().into_verified());
    assert_eq!(fast_user, fast_message);
    fast_user
        .map(|keys| verified(&keys, &[]))
        .map_err(mac_class)
}

fn negotiated(negotiated: Negotiated) -> Value {
    let accept = negotiated.to_accept("");
    let strings = accept
        .get("short_authentication_string")
        .and_then(Json::as_array);
    let strings: Vec<_> = strings.expect("a list").iter().map(Json::as_str).collect();
    json!({
        "key_agreement": negotiated.key_agreement().as_str(),
        "mac": negotiated.mac().as_str(),
        "strings": strings,
    })
}

pub(crate) fn choose(inputs: Inputs<'_>) -> Result {
    let offer = if inputs.flag("legacy") {
        Offer::with_legacy()
    } else {
        Offer::new()
    };
    let chosen = offer.choose(&object(inputs, "start")?);
    chosen.map(negotiated).map_err(|_| "no-common-method")
}

pub(crate) fn check_accept(inputs: Inputs<'_>) -> Result {
    let (start, accept) = (object(inputs, "start")?, object(inputs, "accept")?);
    Offer::check_accept(&start, &accept)
        .map(negotiated)
        .map_err(|_| "no-common-method")
}

fn class(error: SasError) -> &'static str {
    match error {
        SasError::Commitment => "authentication.commitment",
        SasError::Key => "key",
        SasError::Start => "json.number",
        other => panic!("no class for {other:?}"),
    }
}

fn mac_class(error: MacError) -> &'static str {
    match error {
        MacError::Malformed => "content",
        MacError::Mismatch => "authentication.mac",
        MacError::NothingKnown => "unknown-keys",
        MacError::DeviceLooksLikeAKey => "device-name",
        other => panic!("no class for {other:?}"),
    }
}

fn make_macs_class(error: MakeMacsError) -> &'static str {
    match error {
        MakeMacsError::ReadOnly => "read-only",
        MakeMacsError::NoMasterKey => "no-master-key",
        other => panic!("no class for {other:?}"),
    }
}
