//! JSON, as it is signed.

use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    json::{Object, Value as Json},
};
use necturus_test_vectors::Inputs;
use serde_json::json;

use crate::{Result, identity_classes};

/// The object of an input.
pub(crate) fn object(inputs: Inputs<'_>, name: &str) -> Result<Object> {
    Object::parse(inputs.text(name).as_bytes()).map_err(identity_classes::json)
}

pub(crate) fn canonical(inputs: Inputs<'_>) -> Result {
    let bytes = if inputs.has("bytes") {
        inputs.hex("bytes")
    } else {
        inputs.text("text").into()
    };
    let value = Json::parse(&bytes).map_err(identity_classes::json)?;
    let canonical = value.to_canonical().map_err(|_| "json.number")?;
    Ok(json!({"canonical": canonical}))
}

pub(crate) fn sign(inputs: Inputs<'_>) -> Result {
    let mut object = object(inputs, "object")?;
    let before = object.clone();
    let key = Ed25519SigningKey::from_seed(&inputs.array("seed"));
    let (user, key_id) = (inputs.text("user"), inputs.text("key_id"));
    if let Err(error) = object.sign(user, key_id, |bytes| key.sign(bytes)) {
        assert_eq!(object, before, "what is refused changes nothing");
        return Err(identity_classes::signing(error));
    }
    let signed_bytes = object.signing_bytes().expect("it was signed");
    Ok(json!({
        "signed_bytes": String::from_utf8(signed_bytes).expect("JSON is UTF-8"),
        "object": object.to_string(),
    }))
}

pub(crate) fn check(inputs: Inputs<'_>) -> Result {
    let object = object(inputs, "object")?;
    let key =
        Ed25519PublicKey::from_base64(inputs.text("public")).map_err(identity_classes::key)?;
    object
        .check_signature(inputs.text("user"), inputs.text("key_id"), &key)
        .map_err(identity_classes::check)?;
    Ok(json!({}))
}
