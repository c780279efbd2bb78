//! Public-key encryption.

use necturus_test_vectors::{Inputs, hex};
use serde_json::json;
use vodozemac::{
    Curve25519PublicKey, Curve25519SecretKey, base64_decode,
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
