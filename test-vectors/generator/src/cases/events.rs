//! Events: what comes to a device and to a room, and what is made of it.

mod merging;
mod olm;
mod policy;
mod room;
mod room_keys;

use serde_json::{Value, json};

use crate::{
    crypto::{Pair, Signer},
    format::File,
    json::sign,
    megolm, olm as plain_olm,
    records::Account,
    text::{base64, hex},
};

/// To-device events, and what follows from events without looking into them.
pub(crate) fn file() -> File {
    let mut groups = olm::groups();
    groups.extend(policy::groups());
    File::new(
        "To-device events (Matrix client-server API, \"m.olm.v1.curve25519-aes-sha2\"): who wrote \
         them, and for whom; when the session of a room is replaced; why an event cannot be \
         decrypted. Events and objects are JSON texts. Stricter than the specification: no \
         duplicate keys.",
        groups,
    )
}

/// Events of rooms.
pub(crate) fn room_file() -> File {
    File::new(
        "Room events (Matrix client-server API, \"m.megolm.v1.aes-sha2\") with one replay table a \
         case. Events and objects are JSON texts. Stricter than the specification: no duplicate \
         keys, the replay table, the form of what was encrypted.",
        room::groups(),
    )
}

/// Keys of rooms.
pub(crate) fn room_keys_file() -> File {
    let mut groups = room_keys::groups();
    groups.extend(merging::groups());
    File::new(
        "Room keys (Matrix client-server API, \"m.room_key\", \"m.forwarded_room_key\"), and what \
         is made of a second copy of a session. Events and objects are JSON texts. Stricter than \
         the specification: the id of a session is the key inside.",
        groups,
    )
}

const ALICE: &str = "@alice:example.org";
const BOB: &str = "@bob:example.org";
const EVE: &str = "@eve:example.org";
const ROOM: &str = "!room:example.org";
const OTHER_ROOM: &str = "!other:example.org";
const MEGOLM: &str = "m.megolm.v1.aes-sha2";

/// A device, and the cross-signing keys of its user.
struct Device {
    user: &'static str,
    id: &'static str,
    account: Account,
    master: Signer,
    self_signing: Signer,
}

impl Device {
    fn alice() -> Self {
        Self::drawn(ALICE, "ALICE", "events alice")
    }

    fn second() -> Self {
        Self {
            id: "SECOND",
            account: Account::drawn("events second"),
            ..Self::alice()
        }
    }

    fn bob() -> Self {
        Self::drawn(BOB, "BOB", "events bob")
    }

    fn drawn(user: &'static str, id: &'static str, label: &str) -> Self {
        Self {
            user,
            id,
            account: Account::drawn(label),
            master: Signer::drawn(&format!("{label} master")),
            self_signing: Signer::drawn(&format!("{label} self-signing")),
        }
    }

    fn curve25519(&self) -> String {
        base64(&self.account.identity.public)
    }

    fn ed25519(&self) -> String {
        base64(&self.account.signer.public)
    }

    /// The keys of the device, signed by itself.
    fn keys(&self) -> Value {
        let object = json!({
            "user_id": self.user,
            "device_id": self.id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", MEGOLM],
            "keys": {
                format!("curve25519:{}", self.id): self.curve25519(),
                format!("ed25519:{}", self.id): self.ed25519(),
            },
        });
        self.sign(object)
    }

    fn sign(&self, mut object: Value) -> Value {
        object
            .as_object_mut()
            .expect("an object")
            .remove("signatures");
        let key_id = format!("ed25519:{}", self.id);
        sign(object, self.user, &key_id, &self.account.signer)
    }

    /// The same, signed by its user.
    fn cross_signed(&self) -> Value {
        let key_id = format!("ed25519:{}", base64(&self.self_signing.public));
        sign(self.keys(), self.user, &key_id, &self.self_signing)
    }

    /// The same of a dehydrated device.
    fn dehydrated(&self) -> Value {
        let mut object = self.keys();
        object["dehydrated"] = json!(true);
        self.sign(object)
    }

    /// Another device that claims this one's Curve25519 key, with an Ed25519 key
    /// of its own.
    fn claimant(&self, user: &'static str, id: &'static str) -> Value {
        let mut other = Self::drawn(user, id, "events claimant");
        other.account.identity = self.account.identity.clone();
        other.keys()
    }

    /// The cross-signing keys of the user.
    fn identity(&self) -> Value {
        let name = |key: &Signer| format!("ed25519:{}", base64(&key.public));
        let object = |usage: &str, key: &Signer| {
            json!({
                "user_id": self.user,
                "usage": [usage],
                "keys": {name(key): base64(&key.public)},
            })
        };
        let self_signing = object("self_signing", &self.self_signing);
        let self_signing = sign(self_signing, self.user, &name(&self.master), &self.master);
        json!({
            "user": self.user,
            "master": object("master", &self.master).to_string(),
            "self_signing": self_signing.to_string(),
        })
    }

    /// The plaintext of a to-device event for Alice, without device keys.
    fn bare(&self, event_type: &str, content: &Value) -> Value {
        let alice = Self::alice();
        json!({
            "type": event_type,
            "content": content,
            "sender": self.user,
            "recipient": alice.user,
            "recipient_keys": {"ed25519": alice.ed25519()},
            "keys": {"ed25519": self.ed25519()},
        })
    }

    /// The same with device keys.
    fn plaintext(&self, event_type: &str, content: &Value) -> Value {
        let mut plaintext = self.bare(event_type, content);
        plaintext["sender_device_keys"] = self.cross_signed();
        plaintext
    }

    /// The content of an event that encrypts a text for Alice, in a session of its
    /// own.
    fn encrypt(&self, text: &str) -> Value {
        let account = receiver();
        let mut session = plain_olm::Session::outbound(
            &self.account.identity,
            &Pair::drawn("events base key"),
            Pair::drawn("events ratchet key"),
            &account.identity.public,
            &account.one_time[0].pair.public,
        );
        let sent = session.encrypt(&[0; 32], text.as_bytes());
        content(&self.curve25519(), sent.kind, &sent.body())
    }
}

/// Alice's account, with a one-time key.
fn receiver() -> Account {
    let mut account = Device::alice().account;
    account.add_one_time(&crate::draw::draw("events one-time key", 32));
    account
}

/// The content of an `m.room.encrypted` event for Alice.
fn content(sender_key: &str, kind: usize, body: &str) -> Value {
    let ours = Device::alice().curve25519();
    json!({
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": sender_key,
        "ciphertext": {ours: {"type": kind, "body": body}},
    })
}

/// What all to-device events have in common: the account that receives them, and
/// what may be known of Bob.
fn given() -> Value {
    json!({
        "user": ALICE,
        "account": hex(&receiver().record()),
        "devices": {
            "bob": Device::bob().cross_signed().to_string(),
            "bob-unsigned": Device::bob().keys().to_string(),
            "bob-dehydrated": Device::bob().dehydrated().to_string(),
            "bob-other-ed25519": Device::bob().claimant(BOB, "BOB").to_string(),
            "bob-second": Device::bob().claimant(BOB, "TWIN").to_string(),
            "eve": Device::bob().claimant(EVE, "EVE").to_string(),
            "alice-second": Device::second().cross_signed().to_string(),
        },
        "identities": {
            BOB: Device::bob().identity(),
            ALICE: Device::alice().identity(),
        },
    })
}

/// A session of Bob's.
fn session() -> megolm::Session {
    megolm::Session::drawn("events room")
}

fn session_id(session: &megolm::Session) -> String {
    base64(&session.signer.public)
}
