//! Olm messages (Olm specification, "The Olm message format").
//!
//! - Normal, type 1: `version ‖ 0x0A ratchet key ‖ 0x10 index ‖ 0x22 ciphertext
//!   ‖ MAC`.
//! - Pre-key, type 0: `0x03 ‖ 0x0A one-time key ‖ 0x12 base key ‖ 0x1A identity
//!   key ‖ 0x22 normal message`. The outer part has no MAC: once a session
//!   exists, only the message inside counts.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Range};

use super::session_keys::SessionKeys;
use crate::{
    codec::{
        error::{DecodeError, Field},
        tagged::{self, Fields},
        version::SessionVersion,
    },
    primitives::{
        base64,
        cipher::{Cipher, is_ciphertext_length},
        curve25519::Curve25519PublicKey,
    },
};

const RATCHET_KEY_TAG: u8 = 0x0a;
const INDEX_TAG: u8 = 0x10;
const CIPHERTEXT_TAG: u8 = 0x22;

const ONE_TIME_KEY_TAG: u8 = 0x0a;
const BASE_KEY_TAG: u8 = 0x12;
const IDENTITY_KEY_TAG: u8 = 0x1a;
const MESSAGE_TAG: u8 = 0x22;

/// The outer version of a pre-key message, whatever the one inside speaks.
const PRE_KEY_VERSION: u8 = 3;

/// What a normal message is made of, and where, in the bytes it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout {
    version: SessionVersion,
    ratchet_key: Curve25519PublicKey,
    index: u32,
    ciphertext: Range<usize>,
    mac: Range<usize>,
}

impl Layout {
    /// Parses `bytes[start..]`.
    fn parse(bytes: &[u8], start: usize) -> Result<Self, DecodeError> {
        let message = bytes.get(start..).unwrap_or_default();
        let (first, _) = message.split_first().ok_or(DecodeError::Truncated)?;
        let version = SessionVersion::from_message_byte(*first)
            .ok_or(DecodeError::Version { found: *first })?;
        let payload_end = message
            .len()
            .checked_sub(version.mac_length())
            .ok_or(DecodeError::Truncated)?;
        let payload = message.get(1..payload_end).ok_or(DecodeError::Truncated)?;
        let mut fields = Fields::new(payload);
        let ratchet_key = fields.key(RATCHET_KEY_TAG, Field::RatchetKey)?;
        let index = fields.index(INDEX_TAG, Field::Index)?;
        let ciphertext = fields.bytes(CIPHERTEXT_TAG, Field::Ciphertext)?.len();
        fields.finish()?;
        if !is_ciphertext_length(ciphertext) {
            return Err(DecodeError::CiphertextLength { found: ciphertext });
        }
        // The ciphertext is the last field, so it ends where the MAC starts.
        let mac_start = start.saturating_add(payload_end);
        Ok(Self {
            version,
            ratchet_key: Curve25519PublicKey::from_bytes(ratchet_key),
            index,
            ciphertext: mac_start.saturating_sub(ciphertext)..mac_start,
            mac: mac_start..bytes.len(),
        })
    }

    fn view<'a>(&self, bytes: &'a [u8], start: usize) -> View<'a> {
        let part = |range: Range<usize>| bytes.get(range).unwrap_or_default();
        View {
            version: self.version,
            ratchet_key: self.ratchet_key,
            index: self.index,
            ciphertext: part(self.ciphertext.clone()),
            authenticated: part(start..self.mac.start),
            mac: part(self.mac.clone()),
        }
    }
}

/// A normal message as a session sees it.
pub(super) struct View<'a> {
    pub(super) version: SessionVersion,
    pub(super) ratchet_key: Curve25519PublicKey,
    pub(super) index: u32,
    pub(super) ciphertext: &'a [u8],
    pub(super) authenticated: &'a [u8],
    pub(super) mac: &'a [u8],
}

/// A normal Olm message (type 1), well formed but not yet authenticated.
/// Public.
///
/// It owns the bytes it was read from, and they are never re-encoded: the MAC
/// is checked over what was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    layout: Layout,
}

impl Message {
    /// Reads a message, without copying it.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let layout = Layout::parse(&bytes, 0)?;
        Ok(Self { bytes, layout })
    }

    /// Reads a message from unpadded base64.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the text or its bytes.
    pub fn from_base64(text: &str) -> Result<Self, DecodeError> {
        Self::from_bytes(base64::decode(text).map_err(|_| DecodeError::Base64)?)
    }

    /// The bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the message, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The message as unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.bytes)
    }

    /// The version that the message claims to speak.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.layout.version
    }

    /// The public ratchet key that names the message's chain.
    #[must_use]
    pub const fn ratchet_key(&self) -> Curve25519PublicKey {
        self.layout.ratchet_key
    }

    /// The index in the chain that the message claims to have.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.layout.index
    }

    pub(super) fn view(&self) -> View<'_> {
        self.layout.view(&self.bytes, 0)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("version", &self.layout.version)
            .field("ratchet_key", &self.layout.ratchet_key)
            .field("index", &self.layout.index)
            .field("length", &self.bytes.len())
            .finish()
    }
}

/// A pre-key message (type 0): a normal message together with the public keys
/// that start its session. Well formed but not yet authenticated. Public.
#[derive(Clone, PartialEq, Eq)]
pub struct PreKeyMessage {
    bytes: Vec<u8>,
    keys: SessionKeys,
    inner_start: usize,
    inner: Layout,
}

impl PreKeyMessage {
    /// Reads a message, without copying it.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the bytes, or with those of the
    /// message inside.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let (first, payload) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        if *first != PRE_KEY_VERSION {
            return Err(DecodeError::Version { found: *first });
        }
        let mut fields = Fields::new(payload);
        let mut key = |tag, field| fields.key(tag, field).map(Curve25519PublicKey::from_bytes);
        let one_time_key = key(ONE_TIME_KEY_TAG, Field::OneTimeKey)?;
        let base_key = key(BASE_KEY_TAG, Field::BaseKey)?;
        let identity_key = key(IDENTITY_KEY_TAG, Field::IdentityKey)?;
        let inner = fields.bytes(MESSAGE_TAG, Field::Message)?.len();
        fields.finish()?;
        // The inner message is the last field, so it ends with the bytes.
        let inner_start = bytes.len().saturating_sub(inner);
        let inner = Layout::parse(&bytes, inner_start)?;
        let keys = SessionKeys {
            identity_key,
            base_key,
            one_time_key,
        };
        Ok(Self {
            bytes,
            keys,
            inner_start,
            inner,
        })
    }

    /// Reads a message from unpadded base64.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the text or its bytes.
    pub fn from_base64(text: &str) -> Result<Self, DecodeError> {
        Self::from_bytes(base64::decode(text).map_err(|_| DecodeError::Base64)?)
    }

    /// The bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the message, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The message as unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.bytes)
    }

    /// The public keys that start the session.
    #[must_use]
    pub const fn session_keys(&self) -> SessionKeys {
        self.keys
    }

    /// The version that the message inside claims to speak.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.inner.version
    }

    /// The public ratchet key of the message inside.
    #[must_use]
    pub const fn ratchet_key(&self) -> Curve25519PublicKey {
        self.inner.ratchet_key
    }

    /// The index in the chain that the message inside claims to have.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.inner.index
    }

    pub(super) fn view(&self) -> View<'_> {
        self.inner.view(&self.bytes, self.inner_start)
    }
}

impl fmt::Debug for PreKeyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreKeyMessage")
            .field("keys", &self.keys)
            .field("version", &self.inner.version)
            .field("index", &self.inner.index)
            .field("length", &self.bytes.len())
            .finish()
    }
}

/// The two types of Olm message, as `m.room.encrypted` events number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has these two types and no more"
)]
pub enum MessageType {
    /// Type 0.
    PreKey = 0,
    /// Type 1.
    Normal = 1,
}

/// An Olm message of either type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has these two types and no more"
)]
pub enum OlmMessage {
    /// Type 0: what a session sends until it has heard back.
    PreKey(PreKeyMessage),
    /// Type 1: what it sends from then on.
    Normal(Message),
}

impl OlmMessage {
    /// Reads a message of the given type from unpadded base64, as both stand in
    /// an `m.room.encrypted` event.
    ///
    /// # Errors
    /// [`DecodeError::MessageType`] for another type than 0 and 1, and whatever
    /// is wrong with the text or its bytes.
    pub fn from_parts(message_type: usize, body: &str) -> Result<Self, DecodeError> {
        match message_type {
            0 => PreKeyMessage::from_base64(body).map(Self::PreKey),
            1 => Message::from_base64(body).map(Self::Normal),
            found => Err(DecodeError::MessageType { found }),
        }
    }

    /// The type of the message.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::PreKey(_) => MessageType::PreKey,
            Self::Normal(_) => MessageType::Normal,
        }
    }

    /// The bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::PreKey(message) => message.as_bytes(),
            Self::Normal(message) => message.as_bytes(),
        }
    }

    /// The message as unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(self.as_bytes())
    }

    pub(super) fn view(&self) -> View<'_> {
        match self {
            Self::PreKey(message) => message.view(),
            Self::Normal(message) => message.view(),
        }
    }

    /// Encrypts and authenticates in one buffer: a pre-key message if there are
    /// keys to send along.
    pub(super) fn seal(
        version: SessionVersion,
        keys: Option<SessionKeys>,
        ratchet_key: Curve25519PublicKey,
        index: u32,
        cipher: &Cipher,
        plaintext: &[u8],
    ) -> Self {
        const KEY: usize = tagged::bytes_length(Curve25519PublicKey::LENGTH);
        let ciphertext = Cipher::ciphertext_length(plaintext.len());
        let inner_length = sum(&[
            2,
            KEY,
            tagged::varint_length(u64::from(index)),
            tagged::bytes_length(ciphertext),
            version.mac_length(),
        ]);
        let outer_length = keys.map_or(0, |_| sum(&[1, KEY, KEY, KEY, 11]));
        let mut bytes = Vec::with_capacity(sum(&[outer_length, inner_length]));
        if let Some(keys) = keys {
            bytes.push(PRE_KEY_VERSION);
            tagged::put_bytes(ONE_TIME_KEY_TAG, keys.one_time_key.as_bytes(), &mut bytes);
            tagged::put_bytes(BASE_KEY_TAG, keys.base_key.as_bytes(), &mut bytes);
            tagged::put_bytes(IDENTITY_KEY_TAG, keys.identity_key.as_bytes(), &mut bytes);
            tagged::put_length(MESSAGE_TAG, inner_length, &mut bytes);
        }
        let start = bytes.len();
        bytes.push(version.message_byte());
        tagged::put_bytes(RATCHET_KEY_TAG, ratchet_key.as_bytes(), &mut bytes);
        tagged::put_index(INDEX_TAG, index, &mut bytes);
        tagged::put_length(CIPHERTEXT_TAG, ciphertext, &mut bytes);
        cipher.encrypt_into(plaintext, &mut bytes);
        let mac_start = bytes.len();
        let tag = cipher.tag(bytes.get(start..).unwrap_or_default());
        bytes.extend_from_slice(tag.get(..version.mac_length()).unwrap_or_default());
        let layout = Layout {
            version,
            ratchet_key,
            index,
            ciphertext: mac_start.saturating_sub(ciphertext)..mac_start,
            mac: mac_start..bytes.len(),
        };
        match keys {
            Some(keys) => Self::PreKey(PreKeyMessage {
                bytes,
                keys,
                inner_start: start,
                inner: layout,
            }),
            None => Self::Normal(Message { bytes, layout }),
        }
    }
}

fn sum(lengths: &[usize]) -> usize {
    lengths
        .iter()
        .fold(0, |sum, length| sum.saturating_add(*length))
}
