//! Curve25519 and Ed25519.

use necturus::{
    Curve25519PublicKey, Curve25519SecretKey, Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey,
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::json;

use crate::{Result, classes};

pub(crate) fn dh(inputs: Inputs<'_>) -> Result {
    let secret = Curve25519SecretKey::from_bytes(&inputs.array("secret"));
    let public = Curve25519PublicKey::from_bytes(inputs.array("public"));
    let shared = secret.diffie_hellman(&public).map_err(classes::zero)?;
    Ok(json!({"shared": hex(shared.expose_secret())}))
}

pub(crate) fn curve25519(inputs: Inputs<'_>) -> Result {
    let key = Curve25519PublicKey::from_base64(inputs.text("text")).map_err(classes::key)?;
    Ok(json!({"public": hex(key.as_bytes())}))
}

pub(crate) fn ed25519(inputs: Inputs<'_>) -> Result {
    Ed25519PublicKey::from_bytes(&inputs.array("public")).map_err(classes::key)?;
    Ok(json!({}))
}

pub(crate) fn ed25519_text(inputs: Inputs<'_>) -> Result {
    let key = Ed25519PublicKey::from_base64(inputs.text("text")).map_err(classes::key)?;
    Ok(json!({"public": hex(key.as_bytes())}))
}

pub(crate) fn sign(inputs: Inputs<'_>) -> Result {
    let key = if inputs.has("seed") {
        Ed25519SigningKey::from_seed(&inputs.array("seed"))
    } else {
        Ed25519SigningKey::from_expanded(&inputs.array("expanded"))
    };
    let signature = key.sign(&inputs.hex("message"));
    Ok(json!({
        "public": hex(key.public_key().as_bytes()),
        "signature": hex(signature.as_bytes()),
    }))
}

pub(crate) fn verify(inputs: Inputs<'_>) -> Result {
    let key = Ed25519PublicKey::from_bytes(&inputs.array("public")).map_err(classes::key)?;
    let signature = Ed25519Signature::from_bytes(inputs.array("signature"));
    key.verify(&inputs.hex("message"), &signature)
        .map_err(|_| "authentication.signature")?;
    Ok(json!({}))
}
