//! Reading a bundle.

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    super::{
        attachment::EncryptedFile,
        room_key::{ALGORITHM, RoomKey, RoomKeyEntry},
    },
    MAX_ENTRIES, MAX_SIZE, NOT_SHARED, UNSTABLE_NOT_SHARED,
    error::{BundleEntryError, OpenBundleError},
};
use crate::{json::Object, primitives::base64};

/// The keys of a room's history, from a user who invited us. Secret; wiped on
/// drop.
///
/// The keys are worth as much as that user is trusted: mark them as forwarded by
/// them.
pub struct KeyBundle {
    keys: Vec<RoomKey>,
    withheld: Vec<Object>,
    skipped: Vec<BundleEntryError>,
}

impl KeyBundle {
    /// Bytes of a bundle at most.
    pub const MAX_SIZE: usize = MAX_SIZE;
    /// Entries of each list at most.
    pub const MAX_ENTRIES: usize = MAX_ENTRIES;

    /// Opens the bundle that was announced for this room. Entries that are bad or
    /// of other rooms are [skipped](Self::skipped), each for itself.
    ///
    /// # Errors
    /// [`OpenBundleError`]: there is no bundle.
    pub fn decrypt(
        file: &EncryptedFile,
        ciphertext: Vec<u8>,
        room_id: &str,
    ) -> Result<Self, OpenBundleError> {
        if ciphertext.len() > MAX_SIZE {
            return Err(OpenBundleError::TooLarge {
                found: ciphertext.len(),
            });
        }
        let mut json = Zeroizing::new(ciphertext);
        file.decrypt_in_place(&mut json)?;
        Self::read(&json, room_id)
    }

    fn read(json: &[u8], room_id: &str) -> Result<Self, OpenBundleError> {
        // serde would take an array, too, as the members in order.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(OpenBundleError::Json);
        }
        let lists: Lists<'_> = serde_json::from_slice(json).map_err(|_| OpenBundleError::Json)?;
        let found = lists.room_keys.found.max(lists.withheld.found);
        if found > MAX_ENTRIES {
            return Err(OpenBundleError::TooManyEntries { found });
        }

        let mut skipped = Vec::new();
        // Room for all, so that no copy is left behind by growing.
        let mut keys = Vec::with_capacity(lists.room_keys.entries.len());
        let mut ids = BTreeSet::new();
        for raw in lists.room_keys.entries {
            match room_key(raw, room_id) {
                Ok(key) => {
                    ids.insert(*key.session_id().as_bytes());
                    keys.push(key);
                }
                Err(error) => skipped.push(error),
            }
        }
        let mut withheld = Vec::new();
        for raw in lists.withheld.entries {
            let entry = Object::parse(raw.get().as_bytes())
                .map_err(|_| BundleEntryError::Withheld)
                .and_then(|content| withheld_session(&content, room_id));
            match entry {
                Ok((id, _)) if ids.contains(&id) => skipped.push(BundleEntryError::AlsoShared),
                Ok((_, content)) => withheld.push(content),
                Err(error) => skipped.push(error),
            }
        }
        Ok(Self {
            keys,
            withheld,
            skipped,
        })
    }

    /// The keys, each of which may be shared with those who join later.
    #[must_use]
    pub fn keys(&self) -> &[RoomKey] {
        &self.keys
    }

    /// The keys alone, to be imported.
    #[must_use]
    pub fn into_keys(self) -> Vec<RoomKey> {
        self.keys
    }

    /// The sessions that the sender withholds, or did not get: contents of
    /// `m.room_key.withheld` with `session_id`, codes as they came.
    #[must_use]
    pub fn withheld(&self) -> &[Object] {
        &self.withheld
    }

    /// Why entries were skipped, keys first.
    #[must_use]
    pub fn skipped(&self) -> &[BundleEntryError] {
        &self.skipped
    }
}

impl fmt::Debug for KeyBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyBundle")
            .field("keys", &self.keys)
            .field("withheld", &self.withheld)
            .field("skipped", &self.skipped)
            .finish()
    }
}

fn room_key(raw: &RawValue, room_id: &str) -> Result<RoomKey, BundleEntryError> {
    let entry = RoomKeyEntry::from_json(raw.get().as_bytes()).map_err(BundleEntryError::RoomKey)?;
    if entry.room_id() != room_id {
        return Err(BundleEntryError::OtherRoom);
    }
    Ok(entry.into_key().with_shared_history(true))
}

/// The session id of a withheld entry, and the entry, with the code of the
/// specification where it had an older name.
pub(super) fn withheld_session(
    content: &Object,
    room_id: &str,
) -> Result<([u8; 32], Object), BundleEntryError> {
    let text = |field| content.get_str(field).ok_or(BundleEntryError::Withheld);
    if text("room_id")? != room_id {
        return Err(BundleEntryError::OtherRoom);
    }
    let _ = text("sender_key")?;
    let code = text("code")?;
    let id = base64::decode_padded(text("session_id")?)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .filter(|_| text("algorithm") == Ok(ALGORITHM))
        .ok_or(BundleEntryError::Withheld)?;
    let mut content = content.clone();
    if code == UNSTABLE_NOT_SHARED {
        content.insert("code", NOT_SHARED);
    }
    Ok((id, content))
}

/// The lists as they stand in the text, none of it copied. A missing one is
/// empty.
#[derive(Deserialize)]
struct Lists<'a> {
    #[serde(borrow, default)]
    room_keys: List<'a>,
    #[serde(borrow, default)]
    withheld: List<'a>,
}

/// The entries of a list, as many as may be, and how many there are.
#[derive(Default)]
struct List<'a> {
    entries: Vec<&'a RawValue>,
    found: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;

        impl<'de> Visitor<'de> for ListVisitor {
            type Value = List<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = List::default();
                while list.found < MAX_ENTRIES {
                    match seq.next_element()? {
                        Some(entry) => list.entries.push(entry),
                        None => return Ok(list),
                    }
                    list.found = list.found.saturating_add(1);
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    list.found = list.found.saturating_add(1);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(ListVisitor)
    }
}
