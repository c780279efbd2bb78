//! Public-key encryption and dehydrated devices.

use necturus_test_vectors::{Inputs, hex};
use serde_json::{Value, json};
use vodozemac::{
    Curve25519PublicKey, Curve25519SecretKey, base64_decode,
    olm::Account,
    pk_encryption::{Message, PkDecryption},
};

use crate::{Result, words};

pub(crate) fn pk_decrypt(inputs: Inputs<'_>) -> Result {
    let key = Curve25519SecretKey::from_slice(&inputs.array("secret"));
    let message = Message {
        ciphertext: base64_decode(inputs.text("ciphertext")).map_err(words)?,
        mac: base64_decode(inputs.text("mac")).map_err(words)?,
        ephemeral_key: Curve25519PublicKey::from_base64(inputs.text("ephemeral")).map_err(words)?,
    };
    let plaintext = PkDecryption::from_key(key)
        .decrypt(&message)
        .map_err(words)?;
    Ok(json!({"plaintext": hex(&plaintext)}))
}

/// None: it is beneath the members of the JSON, and never had version 1.
pub(crate) fn rehydrate(inputs: Inputs<'_>) -> Option<Result> {
    let data: Value = serde_json::from_str(inputs.text("device_data")).ok()?;
    let text = |member: &str| data.get(member).and_then(Value::as_str);
    if text("algorithm")? != "org.matrix.msc3814.v2" {
        return None;
    }
    let (pickle, nonce) = (text("device_pickle")?, text("nonce")?);
    let device = Account::from_dehydrated_device(pickle, nonce, &inputs.array("key"));
    Some(device.map_err(words).map(|device| {
        json!({
            "curve25519": device.curve25519_key().to_base64(),
            "ed25519": device.ed25519_key().to_base64(),
        })
    }))
}
