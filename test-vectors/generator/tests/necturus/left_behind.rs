//! Attachments, dehydrated devices, room key bundles.

use necturus::{
    json::{Object, Value as Json},
    olm::Account,
    vault::{
        DehydratedDevice, DehydrationKey, EncryptedFile, FileVersions, KeyBundle, RehydratedDevice,
    },
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::{Value, json};

use crate::{Result, rng::Given, vault_classes};

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect("what was written is JSON")
}

pub(crate) fn decrypt_attachment(inputs: Inputs<'_>) -> Result {
    let versions = if inputs.has("legacy") {
        FileVersions::WithLegacy
    } else {
        FileVersions::Current
    };
    let file = EncryptedFile::from_json(inputs.text("file").as_bytes(), versions)
        .map_err(vault_classes::encrypted_file)?;
    let ciphertext = inputs.hex("ciphertext");

    // All roads give one verdict.
    let mut decryptor = file.decryptor();
    let pieces = ciphertext.chunks(7);
    let pieces: core::result::Result<Vec<Vec<u8>>, _> = pieces
        .map(|piece| Ok(decryptor.update(piece.to_vec())?.take_unverified()))
        .collect();
    let pieces = pieces.and_then(|pieces| decryptor.finish().map(|_| pieces.concat()));
    let mut buffer = ciphertext.clone();
    let whole = file.decrypt_in_place(&mut buffer);
    assert_eq!(
        whole.map(|()| &buffer),
        pieces.as_ref().map_err(|error| *error)
    );
    assert!(whole.is_ok() || buffer == ciphertext, "it is as it was");

    whole.map_err(vault_classes::attachment)?;
    Ok(json!({"plaintext": hex(&buffer)}))
}

pub(crate) fn encrypt_attachment(inputs: Inputs<'_>) -> Result {
    let mut rng = Given::new(inputs.hex("random"));
    let mut buffer = inputs.hex("plaintext");
    let file =
        EncryptedFile::encrypt_in_place_with(&mut rng, &mut buffer).expect("bytes are given");
    assert!(rng.is_spent());
    let file = value(&file.to_json("mxc://example.org/a"));
    Ok(json!({"ciphertext": hex(&buffer), "file": file}))
}

pub(crate) fn rehydrate(inputs: Inputs<'_>) -> Result {
    let data = Object::parse(inputs.text("device_data").as_bytes()).map_err(|_| "format.json")?;
    let key = DehydrationKey::from_bytes(&inputs.array("key"));
    let device = RehydratedDevice::read(inputs.text("device_id"), &data, &key)
        .map_err(vault_classes::rehydrate)?;
    let keys = device.identity_keys();
    Ok(json!({
        "curve25519": keys.curve25519.to_base64(),
        "ed25519": keys.ed25519.to_base64(),
        "one_time_keys": device.one_time_key_count(),
    }))
}

pub(crate) fn dehydrate(inputs: Inputs<'_>) -> Result {
    let mut rng = Given::new(inputs.hex("account"));
    let mut account = Account::new_with(&mut rng).expect("bytes are given");
    let mut rng = Given::new(inputs.hex("random"));
    let count = usize::try_from(inputs.number("count")).expect("few");
    account
        .generate_one_time_keys_with(&mut rng, count)
        .expect("bytes are given");
    account
        .generate_fallback_key_with(&mut rng)
        .expect("bytes are given");
    let device = DehydratedDevice::new(account).expect("the account has its seed");
    let key = DehydrationKey::from_bytes(&inputs.array("key"));
    let data = device.seal_with(&mut rng, &key).expect("bytes are given");
    assert!(rng.is_spent());
    Ok(json!({"device_id": device.device_id(), "device_data": value(&data.to_string())}))
}

pub(crate) fn key_bundle(inputs: Inputs<'_>) -> Result {
    let mut buffer = inputs.text("bundle").as_bytes().to_vec();
    let rng = &mut Given::new(vec![0; 40]);
    let file = EncryptedFile::encrypt_in_place_with(rng, &mut buffer).expect("bytes are given");
    let bundle = KeyBundle::decrypt(&file, buffer, inputs.text("room_id"))
        .map_err(vault_classes::key_bundle)?;
    let keys: Vec<String> = bundle
        .keys()
        .iter()
        .map(|key| key.session_key().to_base64().to_string())
        .collect();
    let withheld: Vec<Value> = bundle
        .withheld()
        .iter()
        .map(|entry| {
            let text = |member| entry.get(member).and_then(Json::as_str);
            json!([text("session_id"), text("code")])
        })
        .collect();
    Ok(json!({"keys": keys, "withheld": withheld, "skipped": bundle.skipped().len()}))
}
