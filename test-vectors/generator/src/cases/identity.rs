//! Device keys, one-time keys, cross-signing, and who is believed.

mod cross_signing;
mod devices;
mod identities;
mod one_time_keys;
mod recipients;
mod trust;

use serde_json::{Value, json};

use crate::{
    crypto::{Signer, array},
    draw::draw,
    format::File,
    json::sign,
    records::Account,
    text::base64,
};

/// Devices and their one-time keys.
pub(crate) fn devices_file() -> File {
    File::new(
        "The keys of devices (Matrix client-server API, \"Device keys\", \"One-time and fallback \
         keys\"). Objects are JSON texts. Stricter than the specification: a device never changes \
         its Curve25519 key.",
        devices::groups(),
    )
}

/// Cross-signing, and what is believed.
pub(crate) fn file() -> File {
    let mut groups = cross_signing::groups();
    groups.extend(trust::groups());
    groups.push(recipients::group());
    File::new(
        "The identities of users (Matrix client-server API, \"Cross-signing\"), and what is \
         believed of them. Objects are JSON texts. Stricter than the specification: the keys of \
         an identity differ from each other; a blacklisted device gets nothing.",
        groups,
    )
}

const ALICE: &str = "@alice:example.org";
const BOB: &str = "@bob:example.org";
const ALICE_DEVICE: &str = "ALICEDEVICE";
const BOB_DEVICE: &str = "BOBDEVICE";

/// The keys of a device, signed by itself.
fn device_keys(account: &Account, user: &str, device: &str, dehydrated: bool) -> Value {
    let mut object = json!({
        "user_id": user,
        "device_id": device,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": {
            format!("curve25519:{device}"): base64(&account.identity.public),
            format!("ed25519:{device}"): base64(&account.signer.public),
        },
    });
    if dehydrated {
        object["dehydrated"] = json!(true);
    }
    sign(object, user, &format!("ed25519:{device}"), &account.signer)
}

/// A user's three cross-signing keys.
struct User {
    id: &'static str,
    random: Vec<u8>,
    master: Signer,
    self_signing: Signer,
    user_signing: Signer,
}

impl User {
    fn drawn(id: &'static str, label: &str) -> Self {
        Self::of(id, draw(label, 96))
    }

    fn of(id: &'static str, random: Vec<u8>) -> Self {
        let signer = |at: usize| Signer::of(array(&random[at..at + 32]));
        Self {
            id,
            master: signer(0),
            self_signing: signer(32),
            user_signing: signer(64),
            random,
        }
    }

    fn alice() -> Self {
        Self::drawn(ALICE, "identity alice")
    }

    fn bob() -> Self {
        Self::drawn(BOB, "identity bob")
    }

    fn key_object(&self, usage: &str, key: &Signer) -> Value {
        json!({
            "user_id": self.id,
            "usage": [usage],
            "keys": {key_id(key): base64(&key.public)},
        })
    }

    fn signed(&self, usage: &str, key: &Signer) -> Value {
        sign(
            self.key_object(usage, key),
            self.id,
            &key_id(&self.master),
            &self.master,
        )
    }

    fn master_object(&self) -> Value {
        self.key_object("master", &self.master)
    }

    fn self_signing_object(&self) -> Value {
        self.signed("self_signing", &self.self_signing)
    }

    fn user_signing_object(&self) -> Value {
        self.signed("user_signing", &self.user_signing)
    }

    /// A device of this user's, with the self-signing key's signature.
    fn sign_device(&self, device: Value) -> Value {
        sign(
            device,
            self.id,
            &key_id(&self.self_signing),
            &self.self_signing,
        )
    }

    /// Another user's master key, with the user-signing key's signature.
    fn sign_user(&self, master: Value) -> Value {
        sign(
            master,
            self.id,
            &key_id(&self.user_signing),
            &self.user_signing,
        )
    }
}

fn key_id(key: &Signer) -> String {
    format!("ed25519:{}", base64(&key.public))
}

/// The object with the one signature of this user and key, and without what
/// servers add: what is uploaded of it.
fn only_signature(object: &Value, user: &str, key_id: &str) -> Value {
    let signature = object["signatures"][user][key_id].clone();
    let mut alone = object.clone();
    let members = alone.as_object_mut().expect("an object");
    members.retain(|key, _| key != "unsigned");
    alone["signatures"] = json!({user: {key_id: signature}});
    alone
}
