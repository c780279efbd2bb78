//! Users with a device each, who send each other to-device events.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot start fails"
)]

use necturus::{
    SessionVersion,
    events::{
        DecryptedOlmEvent, KnownSender, OlmEvent, OlmPayload, OlmPlaintext, OlmReplays,
        PeerSessions, Recipient, SecretEventContent,
    },
    identity::{CrossSigningKeys, DeviceKeys, OwnIdentity},
    json::Object,
    megolm::OutboundGroupSession,
    olm::Account,
};

use super::rng::SeededRng;

pub(crate) const ROOM: &str = "!room:example.org";

/// A user with one device, which is cross-signed.
pub(crate) struct Person {
    pub(crate) user_id: String,
    pub(crate) account: Account,
    pub(crate) device: DeviceKeys,
    pub(crate) identity: OwnIdentity,
    keys: CrossSigningKeys,
}

impl Person {
    pub(crate) fn new(name: &str, seed: u64) -> Self {
        let mut rng = SeededRng::new(seed);
        let user_id = format!("@{name}:example.org");
        let account = Account::new_with(&mut rng).unwrap();
        let keys = CrossSigningKeys::new_with(&mut rng, &user_id).unwrap();
        let identity = keys.public_identity();
        let mut person = Self {
            device: DeviceKeys::new(&account, &user_id, &name.to_uppercase()),
            user_id,
            account,
            identity,
            keys,
        };
        person
            .keys
            .self_signing
            .sign_device(&mut person.device, &person.identity)
            .unwrap();
        person
    }

    /// Another device of the same user, cross-signed.
    pub(crate) fn second_device(&self, seed: u64) -> Self {
        let account = Account::new_with(&mut SeededRng::new(seed)).unwrap();
        let mut device = DeviceKeys::new(&account, &self.user_id, "SECOND");
        self.keys
            .self_signing
            .sign_device(&mut device, &self.identity)
            .unwrap();
        Self {
            device,
            account,
            user_id: self.user_id.clone(),
            identity: self.identity.clone(),
            keys: CrossSigningKeys::new_with(&mut SeededRng::new(seed), &self.user_id).unwrap(),
        }
    }

    /// The device without the signature of its user.
    pub(crate) fn unsigned_device(&self) -> DeviceKeys {
        DeviceKeys::new(&self.account, &self.user_id, self.device.device_id())
    }

    pub(crate) fn recipient(&self) -> Recipient<'_> {
        Recipient::new(&self.user_id, self.device.ed25519())
    }

    /// What this device encrypts for another, as an object to spoil.
    pub(crate) fn plaintext(&self, to: &Self, event_type: &str, content: Object) -> Object {
        let content = SecretEventContent::new(content);
        let plaintext = OlmPlaintext::new(event_type, content, &self.device, &to.recipient());
        Object::parse(plaintext.expose_secret()).unwrap()
    }

    /// The content of an event with this plaintext, in a session of its own.
    pub(crate) fn encrypt(&self, to: &mut Self, plaintext: &[u8]) -> Object {
        let mut rng = SeededRng::new(77);
        let created = to
            .account
            .generate_one_time_keys_with(&mut rng, 1)
            .unwrap()
            .created;
        let recipient_key = to.device.curve25519();
        let mut session = self
            .account
            .outbound_session_with(
                &mut rng,
                SessionVersion::V1,
                &recipient_key,
                &created[0].key,
            )
            .unwrap();
        let message = session.encrypt_with(&mut rng, plaintext).unwrap();
        OlmEvent::content(&self.device.curve25519(), &recipient_key, &message)
    }

    /// Decrypts the content of an event.
    pub(crate) fn decrypt(&mut self, content: &Object) -> DecryptedOlmEvent {
        let event = OlmEvent::parse(content, &self.device.curve25519()).unwrap();
        PeerSessions::new(event.sender_key())
            .decrypt(&event, &mut self.account, &mut OlmReplays::new(), 0)
            .unwrap()
    }

    /// An event as it comes out of encryption, decryption and checks.
    pub(crate) fn deliver(
        &self,
        to: &mut Self,
        event_type: &str,
        content: Object,
        known: &KnownSender<'_>,
    ) -> OlmPayload {
        let plaintext = self.plaintext(to, event_type, content).to_string();
        let encrypted = self.encrypt(to, plaintext.as_bytes());
        let decrypted = to.decrypt(&encrypted);
        decrypted
            .check(&self.user_id, &to.recipient(), known, false)
            .unwrap()
    }
}

/// A group session of a seed.
pub(crate) fn group_session(seed: u64) -> OutboundGroupSession {
    OutboundGroupSession::new_with(&mut SeededRng::new(seed), SessionVersion::V1).unwrap()
}
