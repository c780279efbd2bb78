//! What is encrypted in a to-device event (Matrix client-server API,
//! "m.olm.v1.curve25519-aes-sha2"; `sender_device_keys`: MSC4147).

use alloc::string::String;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::secret_content::SecretEventContent;
use crate::{
    identity::DeviceKeys,
    json::Object,
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// The keys of the device that sends, in the plaintext.
pub(super) const SENDER_DEVICE_KEYS: &str = "sender_device_keys";
/// The same before MSC4147 was accepted.
pub(super) const UNSTABLE_SENDER_DEVICE_KEYS: &str = "org.matrix.msc4147.device_keys";

/// Whom an event is for: our user, and our device's Ed25519 key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Recipient<'a> {
    /// The user id.
    pub user_id: &'a str,
    /// The Ed25519 key of the device.
    pub ed25519: Ed25519PublicKey,
}

impl<'a> Recipient<'a> {
    /// The device of `user_id` that has this Ed25519 key.
    #[must_use]
    pub const fn new(user_id: &'a str, ed25519: Ed25519PublicKey) -> Self {
        Self { user_id, ed25519 }
    }
}

/// What is to be encrypted in a to-device event. Secret: wiped on drop.
pub struct OlmPlaintext {
    json: Zeroizing<String>,
    sender_key: Curve25519PublicKey,
}

impl OlmPlaintext {
    /// An event for one device. `own_device` are the keys of the device that sends,
    /// with the signature of its user's self-signing key if there is one: they go
    /// along, so that the receiver need not look for them.
    #[must_use]
    pub fn new(
        event_type: &str,
        content: SecretEventContent,
        own_device: &DeviceKeys,
        recipient: &Recipient<'_>,
    ) -> Self {
        let ed25519 = |key: &Ed25519PublicKey| Object::new().with("ed25519", key.to_base64());
        let mut payload = Object::new()
            .with("type", event_type)
            .with("sender", own_device.user_id())
            .with("recipient", recipient.user_id)
            .with("recipient_keys", ed25519(&recipient.ed25519))
            .with("keys", ed25519(&own_device.ed25519()))
            .with(SENDER_DEVICE_KEYS, own_device.object().clone());
        payload.insert("content", content.into_object());
        Self {
            json: SecretEventContent::new(payload).to_json(),
            sender_key: own_device.curve25519(),
        }
    }

    /// The JSON, to encrypt it.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.json.as_bytes()
    }

    /// The Curve25519 key of the device that sends.
    #[must_use]
    pub const fn sender_key(&self) -> Curve25519PublicKey {
        self.sender_key
    }
}

impl ZeroizeOnDrop for OlmPlaintext {}

impl fmt::Debug for OlmPlaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OlmPlaintext").finish_non_exhaustive()
    }
}
