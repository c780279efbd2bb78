//! A Megolm session outside of its device: the plaintext of a backed-up session,
//! the entry of a key export file and of a room key bundle (Matrix specification,
//! "Server-side key backups" and "Key exports"; MSC4268).
//!
//! The three are one JSON object with more or fewer members, so they are one
//! type here.

mod error;
mod text;

use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::{ZeroizeOnDrop, Zeroizing};

pub use self::error::RoomKeyError;
use self::text::SecretText;
use crate::{
    json::Object,
    megolm::{ExportedSessionKey, GroupSessionId, SessionKeyError},
    primitives::{
        base64, curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey, wipe::in_wiped_frame,
    },
};

/// The one algorithm of rooms.
pub(super) const ALGORITHM: &str = "m.megolm.v1.aes-sha2";

/// A Megolm session to hand on, and what its holder says about it: who sent it,
/// through whom it came, and whether it may be shared with those who join later.
///
/// Nothing in it is signed. It is worth as much as the place that it was read
/// from: a key of a backup, an export or a bundle never counts as verified.
///
/// Secret; wiped on drop.
pub struct RoomKey {
    sender_key: Curve25519PublicKey,
    claimed_ed25519: Option<Ed25519PublicKey>,
    forwarding_chain: Vec<Curve25519PublicKey>,
    session_key: ExportedSessionKey,
    shared_history: bool,
}

/// The session key wipes itself, and the rest is public.
impl ZeroizeOnDrop for RoomKey {}

impl RoomKey {
    /// How many bytes of JSON one key may have. A key with a full forwarding
    /// chain has about 6 kB.
    pub const MAX_JSON: usize = 64 * 1024;
    /// How many devices a key may have been forwarded by.
    pub const MAX_FORWARDS: usize = 100;

    /// The session of a device with this Curve25519 key, straight from its
    /// owner, and not to be shared with those who join later.
    #[must_use]
    pub const fn new(sender_key: Curve25519PublicKey, session_key: ExportedSessionKey) -> Self {
        Self {
            sender_key,
            claimed_ed25519: None,
            forwarding_chain: Vec::new(),
            session_key,
            shared_history: false,
        }
    }

    /// With the Ed25519 key that the sender's device claims to have.
    #[must_use]
    pub fn with_claimed_ed25519(mut self, key: Ed25519PublicKey) -> Self {
        self.claimed_ed25519 = Some(key);
        self
    }

    /// With the flag `shared_history`: whether the room showed its history to
    /// those who join when the session was made.
    #[must_use]
    pub fn with_shared_history(mut self, shared: bool) -> Self {
        self.shared_history = shared;
        self
    }

    /// With the Curve25519 keys of the devices that forwarded the session, the
    /// last one last; those past [`Self::MAX_FORWARDS`] are left out.
    #[must_use]
    pub fn with_forwarding_chain(mut self, chain: &[Curve25519PublicKey]) -> Self {
        self.forwarding_chain = chain.iter().take(Self::MAX_FORWARDS).copied().collect();
        self
    }

    /// Reads the plaintext of a backed-up session: a JSON object of `algorithm`,
    /// `sender_key`, `sender_claimed_keys`, `forwarding_curve25519_key_chain`,
    /// `session_key` and `shared_history` (under any of its three names).
    /// Members that nobody here knows are ignored.
    ///
    /// # Errors
    /// [`RoomKeyError`] says which member is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, RoomKeyError> {
        in_wiped_frame(|| Self::read(&Raw::parse(json)?))
    }

    /// The JSON of [`Self::from_json`], with `shared_history` under the names of
    /// the specification and of matrix-rust-sdk. Secret.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        in_wiped_frame(|| {
            let mut out = Zeroizing::new(Vec::with_capacity(self.json_length("")));
            self.write(None, true, &mut out);
            out
        })
    }

    fn read(raw: &Raw<'_>) -> Result<Self, RoomKeyError> {
        if member(raw.algorithm.as_deref(), "algorithm")? != ALGORITHM {
            return Err(RoomKeyError::Algorithm);
        }
        let sender_key = member(raw.sender_key.as_deref(), "sender_key")?;
        let sender_key =
            Curve25519PublicKey::from_padded_base64(sender_key).map_err(RoomKeyError::SenderKey)?;
        let session_key = member(raw.session_key.as_ref(), "session_key")?;
        let session_key = base64::decode_secret_padded(session_key)
            .map_err(|_| SessionKeyError::Base64)
            .and_then(|bytes| ExportedSessionKey::from_bytes(&bytes))
            .map_err(RoomKeyError::SessionKey)?;
        let chain = raw
            .forwarding_curve25519_key_chain
            .as_deref()
            .unwrap_or_default();
        if chain.len() > Self::MAX_FORWARDS {
            return Err(RoomKeyError::TooManyForwards { found: chain.len() });
        }
        Ok(Self {
            sender_key,
            claimed_ed25519: claimed_ed25519(raw.sender_claimed_keys)?,
            forwarding_chain: chain
                .iter()
                .map(|key| Curve25519PublicKey::from_padded_base64(&key.0))
                .collect::<Result<_, _>>()
                .map_err(RoomKeyError::ForwardingChain)?,
            session_key,
            shared_history: raw.shared_history(),
        })
    }

    /// How many bytes [`Self::write`] writes at most.
    fn json_length(&self, room_id: &str) -> usize {
        // A character of a room id is written as six at most; a forwarder is 43,
        // quotes and a comma.
        room_id
            .len()
            .saturating_mul(6)
            .saturating_add(self.forwarding_chain.len().saturating_mul(46))
            .saturating_add(700)
    }

    /// Appends the JSON object to `out`, which has room for it; with `history`,
    /// what bundles leave out.
    fn write(&self, room_id: Option<&str>, history: bool, out: &mut Vec<u8>) {
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        put("{\"algorithm\":\"");
        put(ALGORITHM);
        if history {
            put("\",\"forwarding_curve25519_key_chain\":[");
            for (index, key) in self.forwarding_chain.iter().enumerate() {
                put(if index == 0 { "\"" } else { ",\"" });
                put(&key.to_base64());
                put("\"");
            }
            put("],\"m.shared_history\":");
            put(if self.shared_history { "true" } else { "false" });
        } else {
            put("\"");
        }
        if let Some(room_id) = room_id {
            put(",\"room_id\":");
            put(&crate::json::Value::from(room_id).to_string());
        }
        put(",\"sender_claimed_keys\":{");
        if let Some(key) = &self.claimed_ed25519 {
            put("\"ed25519\":\"");
            put(&key.to_base64());
            put("\"");
        }
        put("},\"sender_key\":\"");
        put(&self.sender_key.to_base64());
        if room_id.is_some() {
            put("\",\"session_id\":\"");
            put(&self.session_id().to_base64());
        }
        put("\",\"session_key\":\"");
        put(&self.session_key.to_base64());
        put("\"");
        if history {
            put(",\"shared_history\":");
            put(if self.shared_history { "true" } else { "false" });
        }
        put("}");
    }

    /// The Curve25519 key of the device that made the session, by hearsay.
    #[must_use]
    pub const fn sender_key(&self) -> Curve25519PublicKey {
        self.sender_key
    }

    /// The Ed25519 key of the device that made the session, by hearsay.
    #[must_use]
    pub const fn claimed_ed25519(&self) -> Option<Ed25519PublicKey> {
        self.claimed_ed25519
    }

    /// The devices that forwarded the session, the last one last.
    #[must_use]
    pub fn forwarding_chain(&self) -> &[Curve25519PublicKey] {
        &self.forwarding_chain
    }

    /// Whether the session may be shared with those who join later.
    #[must_use]
    pub const fn shared_history(&self) -> bool {
        self.shared_history
    }

    /// The id of the session: the key that signs its messages.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        self.session_key.session_id()
    }

    /// The index of the first message that the key opens.
    #[must_use]
    pub const fn first_known_index(&self) -> u32 {
        self.session_key.index()
    }

    /// The secret key, to import.
    #[must_use]
    pub const fn session_key(&self) -> &ExportedSessionKey {
        &self.session_key
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomKey")
            .field("session_id", &self.session_id())
            .field("first_known_index", &self.first_known_index())
            .finish_non_exhaustive()
    }
}

/// A [`RoomKey`] and the room that it is of: an entry of a key export file or of
/// a room key bundle. Secret; wiped on drop.
pub struct RoomKeyEntry {
    room_id: String,
    key: RoomKey,
}

/// The key wipes itself, and the room's id is public.
impl ZeroizeOnDrop for RoomKeyEntry {}

impl RoomKeyEntry {
    /// How many bytes a room's id may have (Matrix specification, appendices).
    pub const MAX_ROOM_ID: usize = 255;

    /// The key of a session of this room.
    ///
    /// # Errors
    /// [`RoomKeyError::RoomId`] if the id has more than
    /// [`Self::MAX_ROOM_ID`] bytes.
    pub fn new(room_id: &str, key: RoomKey) -> Result<Self, RoomKeyError> {
        if room_id.len() > Self::MAX_ROOM_ID {
            return Err(RoomKeyError::RoomId);
        }
        Ok(Self {
            room_id: room_id.into(),
            key,
        })
    }

    /// Reads an entry: the object of [`RoomKey::from_json`] with `room_id` and
    /// `session_id`.
    ///
    /// # Errors
    /// [`RoomKeyError`] says which member is wrong. A session id that is not the
    /// key's is [`RoomKeyError::WrongSessionId`].
    pub fn from_json(json: &[u8]) -> Result<Self, RoomKeyError> {
        in_wiped_frame(|| {
            let raw = Raw::parse(json)?;
            let key = RoomKey::read(&raw)?;
            let room_id = member(raw.room_id.as_deref(), "room_id")?;
            let session_id = member(raw.session_id.as_deref(), "session_id")?;
            if !is_session_id(session_id, &key) {
                return Err(RoomKeyError::WrongSessionId);
            }
            Self::new(room_id, key)
        })
    }

    /// The entry of a key export file. Secret.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        self.json(true)
    }

    /// The entry of a room key bundle: without the forwarding chain, and without
    /// `shared_history`, which is true for all of them. Secret.
    #[must_use]
    pub fn to_bundle_json(&self) -> Zeroizing<Vec<u8>> {
        self.json(false)
    }

    fn json(&self, history: bool) -> Zeroizing<Vec<u8>> {
        in_wiped_frame(|| {
            let length = self.key.json_length(&self.room_id);
            let mut out = Zeroizing::new(Vec::with_capacity(length));
            self.key.write(Some(&self.room_id), history, &mut out);
            out
        })
    }

    /// The room, by hearsay: only a message that the key decrypts proves it.
    #[must_use]
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &RoomKey {
        &self.key
    }

    /// The key alone.
    #[must_use]
    pub fn into_key(self) -> RoomKey {
        self.key
    }
}

impl fmt::Debug for RoomKeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomKeyEntry")
            .field("room_id", &self.room_id)
            .field("key", &self.key)
            .finish()
    }
}

/// A member that has to be there.
fn member<T>(value: Option<T>, field: &'static str) -> Result<T, RoomKeyError> {
    value.ok_or(RoomKeyError::Missing { field })
}

/// Whether this text names the session of the key.
pub(super) fn is_session_id(text: &str, key: &RoomKey) -> bool {
    base64::decode_padded(text).is_ok_and(|bytes| bytes == key.session_id().as_bytes())
}

/// The Ed25519 key among the claimed keys; an empty object, `null` and nothing
/// at all claim none.
fn claimed_ed25519(raw: Option<&RawValue>) -> Result<Option<Ed25519PublicKey>, RoomKeyError> {
    let Some(raw) = raw else { return Ok(None) };
    let keys = Object::parse(raw.get().as_bytes()).map_err(|_| RoomKeyError::Json)?;
    let Some(key) = keys.get("ed25519") else {
        return Ok(None);
    };
    let key = key.as_str().ok_or(RoomKeyError::Json)?;
    Ed25519PublicKey::from_padded_base64(key)
        .map(Some)
        .map_err(RoomKeyError::ClaimedKey)
}

/// The members as they stand in the text, none of them copied.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    algorithm: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sender_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sender_claimed_keys: Option<&'a RawValue>,
    #[serde(borrow)]
    forwarding_curve25519_key_chain: Option<Vec<PublicText<'a>>>,
    #[serde(borrow)]
    session_key: Option<SecretText<'a>>,
    #[serde(borrow)]
    room_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    session_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    shared_history: Option<&'a RawValue>,
    #[serde(borrow, rename = "m.shared_history")]
    m_shared_history: Option<&'a RawValue>,
    #[serde(borrow, rename = "org.matrix.msc3061.shared_history")]
    msc3061_shared_history: Option<&'a RawValue>,
}

/// A string of a list, borrowed where it has no escapes.
#[derive(Deserialize)]
struct PublicText<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Raw<'a> {
    fn parse(json: &'a [u8]) -> Result<Self, RoomKeyError> {
        if json.len() > RoomKey::MAX_JSON {
            return Err(RoomKeyError::TooLong { found: json.len() });
        }
        // serde would take an array, too, as the members in order.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(RoomKeyError::Json);
        }
        serde_json::from_slice(json).map_err(|_| RoomKeyError::Json)
    }

    /// Anything but `true` is false, as is nothing at all.
    fn shared_history(&self) -> bool {
        [
            self.shared_history,
            self.m_shared_history,
            self.msc3061_shared_history,
        ]
        .into_iter()
        .flatten()
        .any(|value| value.get() == "true")
    }
}

#[cfg(test)]
mod tests;
