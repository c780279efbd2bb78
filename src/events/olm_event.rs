//! An encrypted to-device event: `m.room.encrypted` with the algorithm of Olm.

use core::fmt;

use zeroize::Zeroizing;

use super::{
    OLM_ALGORITHM, fields, olm_payload::DecryptedOlmEvent, peer_sessions::OlmDecryptError,
};
use crate::{
    codec::error::DecodeError,
    json::{Object, Value},
    olm::{Message, MessageType, OlmMessage, PreKeyMessage, SessionId},
    primitives::{base64, curve25519::Curve25519PublicKey, kdf::sha256},
    vault::RehydratedDevice,
};

/// The part of an encrypted to-device event that is for this device. Parsed, and
/// nothing more: nobody knows yet who wrote it.
#[derive(Clone, Debug)]
pub struct OlmEvent {
    sender_key: Curve25519PublicKey,
    message: OlmMessage,
}

impl OlmEvent {
    /// Reads the content of an `m.room.encrypted` event. `our_key` is the
    /// Curve25519 identity key of this device: only what stands under it is
    /// looked at.
    ///
    /// # Errors
    /// [`OlmEventError`] says what is wrong.
    pub fn parse(content: &Object, our_key: &Curve25519PublicKey) -> Result<Self, OlmEventError> {
        if content.get_str("algorithm") != Some(OLM_ALGORITHM) {
            return Err(OlmEventError::UnknownAlgorithm);
        }
        let malformed = |member| OlmEventError::Malformed { member };
        let sender_key =
            fields::curve25519(content, "sender_key").ok_or_else(|| malformed("sender_key"))?;
        let entry = content
            .get_object("ciphertext")
            .ok_or_else(|| malformed("ciphertext"))?
            .get(&our_key.to_base64())
            .ok_or(OlmEventError::NotForUs)?
            .as_object()
            .ok_or_else(|| malformed("ciphertext"))?;
        let message_type = entry
            .get("type")
            .and_then(Value::as_integer)
            .ok_or_else(|| malformed("type"))?;
        let body = entry.get_str("body").ok_or_else(|| malformed("body"))?;
        let bytes = base64::decode_padded(body).map_err(|_| DecodeError::Base64)?;
        let message = match message_type {
            0 => OlmMessage::PreKey(PreKeyMessage::from_bytes(bytes)?),
            1 => OlmMessage::Normal(Message::from_bytes(bytes)?),
            _ => return Err(malformed("type")),
        };
        Ok(Self {
            sender_key,
            message,
        })
    }

    /// Makes the content of an `m.room.encrypted` event for one recipient.
    #[must_use]
    pub fn content(
        sender_key: &Curve25519PublicKey,
        recipient_key: &Curve25519PublicKey,
        message: &OlmMessage,
    ) -> Object {
        let message_type: i64 = match message.message_type() {
            MessageType::PreKey => 0,
            MessageType::Normal => 1,
        };
        let entry = Object::new()
            .with("type", message_type)
            .with("body", message.to_base64());
        Object::new()
            .with("algorithm", OLM_ALGORITHM)
            .with("sender_key", sender_key.to_base64())
            .with(
                "ciphertext",
                Object::new().with(&recipient_key.to_base64(), entry),
            )
    }

    /// The key that the event claims to come from. Public; true when a session
    /// with that key has decrypted the message.
    #[must_use]
    pub const fn sender_key(&self) -> Curve25519PublicKey {
        self.sender_key
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> &OlmMessage {
        &self.message
    }

    /// Which of the sessions that are held with the
    /// [sender key](Self::sender_key) may decrypt the message. `holds` tells
    /// whether one with this id is among them.
    #[must_use]
    pub fn session_choice(&self, holds: impl FnOnce(&SessionId) -> bool) -> SessionChoice {
        match &self.message {
            OlmMessage::Normal(_) => SessionChoice::Each,
            OlmMessage::PreKey(message) => {
                let id = message.session_keys().session_id();
                if holds(&id) {
                    SessionChoice::Only(id)
                } else {
                    SessionChoice::Create
                }
            }
        }
    }

    /// Decrypts the event with a dehydrated device that was taken up (MSC3814), for
    /// whose Curve25519 key it was [parsed](Self::parse).
    /// [Check](DecryptedOlmEvent::check) it as any other, for a
    /// [`Recipient`](super::Recipient) with that device's Ed25519 key.
    ///
    /// # Errors
    /// [`OlmDecryptError::Wedged`] when the device cannot decrypt it, or did before;
    /// nothing is changed, and no session is to be made for it.
    pub fn decrypt_by_rehydrated(
        &self,
        device: &mut RehydratedDevice,
    ) -> Result<DecryptedOlmEvent, OlmDecryptError> {
        let OlmMessage::PreKey(message) = &self.message else {
            // It never answered.
            return Err(OlmDecryptError::Wedged);
        };
        let plaintext = device
            .open(&self.sender_key, message)
            .map_err(|_| OlmDecryptError::Wedged)?;
        Ok(DecryptedOlmEvent::new(
            self.sender_key,
            Zeroizing::new(plaintext),
        ))
    }

    /// What tells this message from all others:
    /// `SHA-256(sender key ‖ type byte ‖ message bytes)`.
    #[must_use]
    pub fn hash(&self) -> OlmMessageHash {
        let message_type = match self.message.message_type() {
            MessageType::PreKey => 0,
            MessageType::Normal => 1,
        };
        OlmMessageHash(sha256(&[
            self.sender_key.as_bytes(),
            &[message_type],
            self.message.as_bytes(),
        ]))
    }
}

/// Which sessions may decrypt an Olm message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a message is tried so or not at all"
)]
pub enum SessionChoice {
    /// Every session held with the sender key, one after the other.
    Each,
    /// The session with this id, and no other: if it fails, none is made.
    Only(SessionId),
    /// A new inbound session, made of the message.
    Create,
}

/// The hash of an Olm message and its sender key, 32 bytes. Public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OlmMessageHash([u8; 32]);

impl OlmMessageHash {
    /// The hash with these bytes, as it was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a to-device event is none that this device can try to decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OlmEventError {
    /// The algorithm is not Olm's. Room keys and secrets count from Olm alone,
    /// so what else is encrypted to a device is dropped.
    UnknownAlgorithm,
    /// A member is missing or is not what it has to be.
    Malformed {
        /// Which one.
        member: &'static str,
    },
    /// The body is no Olm message.
    Message(DecodeError),
    /// Nothing in the event is for this device.
    NotForUs,
}

impl fmt::Display for OlmEventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAlgorithm => f.write_str("the algorithm of the event is not Olm"),
            Self::Malformed { member } => write!(f, "the member \"{member}\" is malformed"),
            Self::Message(_) => f.write_str("the body of the event is no Olm message"),
            Self::NotForUs => f.write_str("nothing in the event is for this device"),
        }
    }
}

impl core::error::Error for OlmEventError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Message(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for OlmEventError {
    fn from(error: DecodeError) -> Self {
        Self::Message(error)
    }
}
