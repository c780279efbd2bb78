//! Making a bundle.

use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    super::{
        attachment::{AttachmentEncryptor, EncryptedFile},
        room_key::{ALGORITHM, RoomKey, RoomKeyEntry},
    },
    MAX_ENTRIES, MAX_SIZE, NOT_SHARED,
    error::MakeBundleError,
    reader::withheld_session,
};
use crate::{
    json::Object,
    primitives::{base64, curve25519::Curve25519PublicKey},
};

/// Collects the sessions of a room for somebody who was invited to it. Secret;
/// wiped on drop.
///
/// Those with [`RoomKey::shared_history`] go along. Of the others the bundle says
/// that they are withheld, so that the receiver need not ask for them.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{
///     Curve25519PublicKey, SessionVersion,
///     megolm::{InboundGroupSession, OutboundGroupSession},
///     vault::{KeyBundle, KeyBundleBuilder, RoomKey},
/// };
///
/// let room = OutboundGroupSession::new(SessionVersion::V1)?;
/// let session = InboundGroupSession::new(&room.session_key(), SessionVersion::V1);
/// let sender_key = Curve25519PublicKey::from_bytes([9; 32]);
/// let key = RoomKey::new(sender_key, session.export_at_first_known_index());
///
/// let mut builder = KeyBundleBuilder::new("!room:example.org");
/// builder.push(key.with_shared_history(true))?;
/// let (file, ciphertext) = builder.encrypt()?;
///
/// let bundle = KeyBundle::decrypt(&file, ciphertext, "!room:example.org")?;
/// assert_eq!(bundle.keys()[0].session_id(), session.session_id());
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct KeyBundleBuilder {
    room_id: String,
    /// By the ids of the sessions.
    keys: BTreeMap<[u8; 32], RoomKeyEntry>,
    withheld: BTreeMap<[u8; 32], Curve25519PublicKey>,
    withheld_from_us: BTreeMap<[u8; 32], Object>,
}

impl KeyBundleBuilder {
    /// Sessions of each kind at most: those that go along, those that do not, and
    /// those that we did not get.
    pub const MAX_ENTRIES: usize = MAX_ENTRIES;

    /// A bundle for this room, without sessions yet.
    #[must_use]
    pub fn new(room_id: &str) -> Self {
        Self {
            room_id: room_id.to_owned(),
            keys: BTreeMap::new(),
            withheld: BTreeMap::new(),
            withheld_from_us: BTreeMap::new(),
        }
    }

    /// Adds a session of the room. Of two copies the one that reaches further back
    /// counts; a session of which one copy is not to be shared is withheld.
    ///
    /// # Errors
    /// [`MakeBundleError::RoomId`] and [`MakeBundleError::TooManyEntries`]; the
    /// bundle is then as it was.
    pub fn push(&mut self, key: RoomKey) -> Result<(), MakeBundleError> {
        let id = *key.session_id().as_bytes();
        if !key.shared_history() {
            bounded(&self.withheld, &id)?;
            self.keys.remove(&id);
            self.withheld.insert(id, key.sender_key());
            return Ok(());
        }
        let reaches_further = self
            .keys
            .get(&id)
            .is_none_or(|other| key.first_known_index() < other.key().first_known_index());
        if !self.withheld.contains_key(&id) && reaches_further {
            bounded(&self.keys, &id)?;
            let entry =
                RoomKeyEntry::new(&self.room_id, key).map_err(|_| MakeBundleError::RoomId)?;
            self.keys.insert(id, entry);
        }
        Ok(())
    }

    /// Adds a session that was withheld from us for the same reason: the content
    /// of an `m.room_key.withheld` with the code `m.history_not_shared`. Gives
    /// whether it is one, of this room.
    ///
    /// # Errors
    /// [`MakeBundleError::TooManyEntries`]; the bundle is then as it was.
    pub fn push_withheld(&mut self, content: &Object) -> Result<bool, MakeBundleError> {
        let Ok((id, content)) = withheld_session(content, &self.room_id) else {
            return Ok(false);
        };
        if content.get_str("code") != Some(NOT_SHARED) {
            return Ok(false);
        }
        bounded(&self.withheld_from_us, &id)?;
        self.withheld_from_us.insert(id, content);
        Ok(true)
    }

    /// The bundle as an attachment: what opens it, for the announcement, and the
    /// ciphertext, to be uploaded.
    ///
    /// Draws as [`AttachmentEncryptor::new_with`].
    ///
    /// # Errors
    /// [`MakeBundleError::Rng`] and [`MakeBundleError::TooLarge`].
    pub fn encrypt_with<R>(self, rng: &mut R) -> Result<(EncryptedFile, Vec<u8>), MakeBundleError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut encryptor = AttachmentEncryptor::new_with(rng)?;
        let keys: Vec<Zeroizing<Vec<u8>>> = self
            .keys
            .values()
            .map(RoomKeyEntry::to_bundle_json)
            .collect();
        let from_us = self
            .withheld_from_us
            .iter()
            .filter(|(id, _)| !self.keys.contains_key(*id) && !self.withheld.contains_key(*id));
        let withheld: Vec<String> = self
            .withheld
            .iter()
            .map(|(id, sender_key)| self.withheld_content(id, *sender_key).to_string())
            .chain(from_us.map(|(_, content)| content.to_string()))
            .collect();

        let lengths = keys.iter().map(|json| json.len());
        let length = lengths
            .chain(withheld.iter().map(String::len))
            .fold(64usize, |sum, length| {
                sum.saturating_add(length).saturating_add(1)
            });
        if length > MAX_SIZE {
            return Err(MakeBundleError::TooLarge);
        }
        // Room for all, so that no copy is left behind by growing; it is
        // encrypted where it stands.
        let mut bundle = Vec::with_capacity(length);
        bundle.extend_from_slice(b"{\"room_keys\":[");
        put(&mut bundle, keys.iter().map(|json| json.as_slice()));
        bundle.extend_from_slice(b"],\"withheld\":[");
        put(&mut bundle, withheld.iter().map(String::as_bytes));
        bundle.extend_from_slice(b"]}");
        encryptor.update(&mut bundle);
        Ok((encryptor.finish(), bundle))
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`MakeBundleError::Rng`] and [`MakeBundleError::TooLarge`].
    #[cfg(feature = "os-rng")]
    pub fn encrypt(self) -> Result<(EncryptedFile, Vec<u8>), MakeBundleError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng)
    }

    fn withheld_content(&self, id: &[u8; 32], sender_key: Curve25519PublicKey) -> Object {
        Object::new()
            .with("algorithm", ALGORITHM)
            .with("code", NOT_SHARED)
            .with(
                "reason",
                "the room's history was not for newcomers when the session was made",
            )
            .with("room_id", self.room_id.as_str())
            .with("sender_key", sender_key.to_base64())
            .with("session_id", base64::encode(id))
    }
}

impl fmt::Debug for KeyBundleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyBundleBuilder")
            .field("room_id", &self.room_id)
            .field("keys", &self.keys.len())
            .field("withheld", &self.withheld.len())
            .finish_non_exhaustive()
    }
}

/// Whether there is room for an entry of this id.
fn bounded<T>(list: &BTreeMap<[u8; 32], T>, id: &[u8; 32]) -> Result<(), MakeBundleError> {
    if list.len() < MAX_ENTRIES || list.contains_key(id) {
        Ok(())
    } else {
        Err(MakeBundleError::TooManyEntries)
    }
}

/// Appends JSON values with commas between them.
fn put<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = &'a [u8]>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(value);
    }
}
