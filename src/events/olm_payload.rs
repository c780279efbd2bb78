//! What was encrypted in a to-device event, checked (Matrix client-server API,
//! "m.olm.v1.curve25519-aes-sha2").

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    fields,
    known_sender::KnownSender,
    olm_payload_error::OlmPayloadError,
    olm_plaintext::{Recipient, SENDER_DEVICE_KEYS, UNSTABLE_SENDER_DEVICE_KEYS},
    owner::SessionOwner,
    secret_content::SecretEventContent,
};
use crate::{
    identity::{DeviceKeys, SenderTrust},
    json::{Object, Value},
    olm::IdentityKeys,
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// A to-device event that has decrypted, and is not checked yet: its content
/// cannot be read. Secret.
///
/// ```compile_fail,E0599
/// # use necturus::events::DecryptedOlmEvent;
/// fn show(event: &DecryptedOlmEvent) {
///     println!("{}", event.content().expose_secret());
/// }
/// ```
#[must_use = "an event that is not checked cannot be read"]
pub struct DecryptedOlmEvent {
    sender_key: Curve25519PublicKey,
    plaintext: Zeroizing<Vec<u8>>,
}

impl DecryptedOlmEvent {
    pub(super) const fn new(
        sender_key: Curve25519PublicKey,
        plaintext: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self {
            sender_key,
            plaintext,
        }
    }

    /// Checks who wrote the event, and for whom. `event_sender` is the `sender` that
    /// the server gave it, and `known` what is known of that user.
    ///
    /// With `only_cross_signed` nothing is taken from devices that are not signed by
    /// their user or were not verified by ours, nor from users whose verification is
    /// broken (MSC4153); but for room keys, requests and verification, which make up
    /// their own minds.
    ///
    /// # Errors
    /// [`OlmPayloadError`]: the first check that fails. The event is discarded.
    pub fn check(
        self,
        event_sender: &str,
        recipient: &Recipient<'_>,
        known: &KnownSender<'_>,
        only_cross_signed: bool,
    ) -> Result<OlmPayload, OlmPayloadError> {
        let text = Text::read(&self.plaintext)?;
        if text.recipient != recipient.user_id {
            return Err(OlmPayloadError::WrongRecipient);
        }
        if text.sender != event_sender {
            return Err(OlmPayloadError::MismatchedSender);
        }
        if text.recipient_key != recipient.ed25519 {
            return Err(OlmPayloadError::WrongRecipientKey);
        }
        let keys = IdentityKeys {
            curve25519: self.sender_key,
            ed25519: text.sender_key,
        };
        let brought = text.sender_device(&keys)?;
        let owner = find_owner(&text, &keys, brought.as_ref(), known)?;
        if [owner.as_ref(), brought.as_ref()]
            .into_iter()
            .flatten()
            .any(DeviceKeys::is_dehydrated)
        {
            return Err(OlmPayloadError::DehydratedSender);
        }
        let mut session_owner = SessionOwner::direct(keys);
        if let Some(device) = &owner {
            session_owner.found(device, known);
        }
        let locally_verified = owner
            .as_ref()
            .is_some_and(|device| known.is_locally_verified(device));
        let trust = session_owner.trust();
        if only_cross_signed
            && owner.is_some()
            && !trust.is_cross_signed()
            && !locally_verified
            && !is_exempt(&text.event_type)
        {
            return Err(OlmPayloadError::UntrustedSender { trust });
        }
        Ok(OlmPayload {
            event_type: text.event_type,
            content: text.content,
            sender: text.sender,
            recipient: text.recipient,
            device: owner,
            owner: session_owner,
            locally_verified,
        })
    }
}

impl ZeroizeOnDrop for DecryptedOlmEvent {}

impl fmt::Debug for DecryptedOlmEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptedOlmEvent")
            .field("sender_key", &self.sender_key)
            .finish_non_exhaustive()
    }
}

/// The plaintext, of the right form and nothing more.
struct Text {
    event_type: String,
    content: SecretEventContent,
    sender: String,
    sender_key: Ed25519PublicKey,
    recipient: String,
    recipient_key: Ed25519PublicKey,
    sender_device_keys: Option<Object>,
}

impl Text {
    fn read(plaintext: &[u8]) -> Result<Self, OlmPayloadError> {
        let malformed = |member| OlmPayloadError::Malformed { member };
        let json = Object::parse(plaintext).map_err(|_| malformed("plaintext"))?;
        // Wiped, whatever is missing in it.
        let mut json = SecretEventContent::new(json);
        let content = SecretEventContent::new(match json.remove("content") {
            Some(Value::Object(content)) => content,
            _ => return Err(malformed("content")),
        });
        let sender_device_keys = match (
            json.remove(SENDER_DEVICE_KEYS),
            json.remove(UNSTABLE_SENDER_DEVICE_KEYS),
        ) {
            (None, None) => None,
            (Some(Value::Object(keys)), None) | (None, Some(Value::Object(keys))) => Some(keys),
            _ => return Err(malformed(SENDER_DEVICE_KEYS)),
        };
        let json = json.expose_secret();
        let text = |member| {
            json.get_str(member)
                .map(String::from)
                .ok_or_else(|| malformed(member))
        };
        let key = |member| {
            json.get_object(member)
                .and_then(|keys| fields::ed25519(keys, "ed25519"))
                .ok_or_else(|| malformed(member))
        };
        let event_type = text("type")?;
        check_content(&event_type, content.expose_secret())?;
        Ok(Self {
            event_type,
            content,
            sender: text("sender")?,
            sender_key: key("keys")?,
            recipient: text("recipient")?,
            recipient_key: key("recipient_keys")?,
            sender_device_keys,
        })
    }

    /// The device keys that came along, which have to be those of the sender.
    fn sender_device(&self, keys: &IdentityKeys) -> Result<Option<DeviceKeys>, OlmPayloadError> {
        let Some(object) = &self.sender_device_keys else {
            return if is_bundle(&self.event_type) {
                Err(OlmPayloadError::BadSenderDeviceKeys)
            } else {
                Ok(None)
            };
        };
        object
            .get_str("device_id")
            .and_then(|id| DeviceKeys::parse(&self.sender, id, object.clone()).ok())
            .filter(|device| device.identity_keys() == *keys)
            .map(Some)
            .ok_or(OlmPayloadError::BadSenderDeviceKeys)
    }
}

/// The device that sent the event: the stored one, else the one that came along.
fn find_owner(
    text: &Text,
    keys: &IdentityKeys,
    brought: Option<&DeviceKeys>,
    known: &KnownSender<'_>,
) -> Result<Option<DeviceKeys>, OlmPayloadError> {
    let mut stored = known.claimants(&text.sender, keys.curve25519).peekable();
    if stored.peek().is_some() {
        return stored
            .find(|device| device.identity_keys() == *keys)
            .cloned()
            .map(Some)
            .ok_or(OlmPayloadError::MismatchedIdentityKeys);
    }
    if brought.is_none() && text.event_type != "m.room_key" {
        return Err(OlmPayloadError::UnknownDevice);
    }
    Ok(brought.cloned())
}

/// Whether the members are there that an event of this type must have.
fn check_content(event_type: &str, content: &Object) -> Result<(), OlmPayloadError> {
    let strings: &[&'static str] = match event_type {
        "m.room_key" => &["algorithm", "room_id", "session_id", "session_key"],
        "m.forwarded_room_key" => &[
            "algorithm",
            "room_id",
            "session_id",
            "session_key",
            "sender_key",
            "sender_claimed_ed25519_key",
        ],
        "m.secret.send" => &["request_id", "secret"],
        bundle if is_bundle(bundle) => &["room_id"],
        _ => &[],
    };
    strings
        .iter()
        .try_for_each(|member| match content.get_str(member) {
            Some(_) => Ok(()),
            None => Err(OlmPayloadError::Malformed { member }),
        })
}

/// `m.room_key_bundle`, or its name before MSC4268 was accepted.
pub(super) fn is_bundle(event_type: &str) -> bool {
    matches!(
        event_type,
        "m.room_key_bundle" | "io.element.msc4268.room_key_bundle"
    )
}

/// Whether an event of this type is taken from devices that are not cross-signed.
fn is_exempt(event_type: &str) -> bool {
    matches!(
        event_type,
        "m.room_key" | "m.room_key.withheld" | "m.room_key_request" | "m.secret.request"
    ) || event_type.starts_with("m.key.verification.")
}

/// A to-device event that came encrypted by Olm and passed all checks. Secret:
/// wiped on drop.
///
/// Room keys are made of it ([`RoomKeyEvent::accept`](super::RoomKeyEvent::accept)) and of
/// nothing else.
pub struct OlmPayload {
    event_type: String,
    content: SecretEventContent,
    sender: String,
    recipient: String,
    device: Option<DeviceKeys>,
    owner: SessionOwner,
    locally_verified: bool,
}

impl OlmPayload {
    /// The type.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The content.
    #[must_use]
    pub const fn content(&self) -> &SecretEventContent {
        &self.content
    }

    /// Who sent it.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The keys of the device that sent it.
    #[must_use]
    pub const fn sender_keys(&self) -> IdentityKeys {
        self.owner.keys()
    }

    /// The device that sent it; `None` for a room key of a device that is not known
    /// yet.
    #[must_use]
    pub const fn device(&self) -> Option<&DeviceKeys> {
        self.device.as_ref()
    }

    /// How far it is believed to be the sender's.
    #[must_use]
    pub const fn trust(&self) -> SenderTrust {
        self.owner.trust()
    }

    /// Whether it is from another device of our own user, which is verified.
    #[must_use]
    pub fn is_from_own_verified_device(&self) -> bool {
        self.sender == self.recipient
            && self.device.is_some()
            && (self.trust() == SenderTrust::SenderVerified || self.locally_verified)
    }

    /// What is recorded with a session that came in it.
    pub(super) const fn owner(&self) -> &SessionOwner {
        &self.owner
    }
}

impl ZeroizeOnDrop for OlmPayload {}

impl fmt::Debug for OlmPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OlmPayload")
            .field("event_type", &self.event_type)
            .field("sender", &self.sender)
            .field("trust", &self.trust())
            .finish_non_exhaustive()
    }
}
