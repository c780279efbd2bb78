//! Short authentication strings: libolm makes bytes and MACs, and leaves what
//! they are over to its callers, who stand here.

use necturus_interop_libolm::{Error, Sas};
use necturus_test_vectors::Inputs;
use serde_json::{Map, Value, json};

use crate::{Result, words};

fn sas(inputs: Inputs<'_>) -> core::result::Result<Sas, Error> {
    let mut sas = Sas::new(&inputs.hex("secret"))?;
    sas.set_their_key(inputs.text("their_key").trim_end_matches('='))?;
    Ok(sas)
}

pub(crate) fn show(inputs: Inputs<'_>) -> Result {
    let sas = sas(inputs).map_err(words)?;
    let ours = (inputs.object("ours"), sas.public_key());
    let their_key = inputs.text("their_key").trim_end_matches('=');
    let theirs = (inputs.object("theirs"), their_key);
    let (starter, accepter) = if inputs.text("role") == "starter" {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    let hkdf = inputs.text("key_agreement") == "curve25519-hkdf-sha256";
    let mut parts = vec!["MATRIX_KEY_VERIFICATION_SAS"];
    for (side, key) in [starter, accepter] {
        parts.extend([side.text("user"), side.text("device")]);
        parts.extend(hkdf.then_some(key));
    }
    parts.push(inputs.text("flow_id"));
    let info = parts.join(if hkdf { "|" } else { "" });
    let bytes = sas.generate_bytes(info, 6).map_err(words)?;
    let bits = bytes
        .iter()
        .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let emoji = [42, 36, 30, 24, 18, 12, 6].map(|shift| bits >> shift & 63);
    let decimals = [35, 22, 9].map(|shift| (bits >> shift & 0x1fff).saturating_add(1000));
    Ok(json!({"emoji": emoji, "decimals": decimals}))
}

/// The MAC of `input` under the name `id`, by either side.
fn mac(inputs: Inputs<'_>, by_us: bool, id: &str, input: &str) -> Result<String> {
    let (ours, theirs) = (inputs.object("ours"), inputs.object("theirs"));
    let (sender, receiver) = if by_us {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    let info = [
        "MATRIX_KEY_VERIFICATION_MAC",
        sender.text("user"),
        sender.text("device"),
        receiver.text("user"),
        receiver.text("device"),
        inputs.text("flow_id"),
        id,
    ]
    .concat();
    let sas = sas(inputs).map_err(words)?;
    match inputs.text("mac") {
        "hkdf-hmac-sha256" => sas.calculate_mac(input, info),
        "hmac-sha256" => sas.calculate_mac_long_kdf(input, info),
        _ => sas.calculate_mac_fixed_base64(input, info),
    }
    .map_err(words)
}

/// The keys of one side, by their names.
fn keys(side: Inputs<'_>) -> [(String, &str, &'static str); 2] {
    let (device, master) = (side.text("device"), side.text("master"));
    [
        (format!("ed25519:{device}"), side.text("key"), "device_key"),
        (format!("ed25519:{master}"), master, "master_key"),
    ]
}

pub(crate) fn macs(inputs: Inputs<'_>) -> Result {
    let mut macs = Map::new();
    for (id, key, what) in keys(inputs.object("ours")) {
        if what == "device_key" || inputs.flag("vouch_for_master") {
            macs.insert(id.clone(), mac(inputs, true, &id, key)?.into());
        }
    }
    let mut ids: Vec<&str> = macs.keys().map(String::as_str).collect();
    ids.sort_unstable();
    let list = mac(inputs, true, "KEY_IDS", &ids.join(","))?;
    Ok(json!({"mac": macs, "keys": list}))
}

/// Of a good message: the keys whose MACs are those that libolm makes.
pub(crate) fn check_macs(inputs: Inputs<'_>) -> Result {
    let content: Value = serde_json::from_str(inputs.text("content")).map_err(words)?;
    let macs = content
        .get("mac")
        .and_then(Value::as_object)
        .ok_or("no MACs")?;
    let mut ids: Vec<&str> = macs.keys().map(String::as_str).collect();
    ids.sort_unstable();
    let list = mac(inputs, false, "KEY_IDS", &ids.join(","))?;
    if content.get("keys") != Some(&json!(list)) {
        return Err("another MAC of the list".to_owned());
    }
    let mut verified = Map::new();
    for (id, key, what) in keys(inputs.object("theirs")) {
        if let Some(found) = macs.get(&id) {
            if *found != json!(mac(inputs, false, &id, key)?) {
                return Err("another MAC".to_owned());
            }
            verified.insert(what.to_owned(), key.into());
        }
    }
    Ok(verified.into())
}
