//! Which event was which message of a room's session.

use alloc::{collections::BTreeMap, string::String};
use core::fmt;

use super::fields;
use crate::{json::Object, megolm::GroupSessionId};

/// Which event was which message of which session. Public data; kept as long as
/// the sessions are.
///
/// A Megolm message decrypts again and again, so a server could show one twice.
/// The same event may come again, as history is fetched more than once: then id
/// and time are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayTable {
    seen: BTreeMap<GroupSessionId, BTreeMap<u32, Seen>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    event_id: String,
    origin_server_ts: u64,
}

impl ReplayTable {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            seen: BTreeMap::new(),
        }
    }

    /// Whether the message at `index` of `session` can be this event: it was seen
    /// in no other.
    #[must_use]
    pub fn allows(
        &self,
        session: &GroupSessionId,
        index: u32,
        event_id: &str,
        origin_server_ts: u64,
    ) -> bool {
        self.seen
            .get(session)
            .and_then(|of_session| of_session.get(&index))
            .is_none_or(|seen| {
                seen.event_id == event_id && seen.origin_server_ts == origin_server_ts
            })
    }

    /// Takes note of an event that passed all checks; the first one stays.
    pub(super) fn record(
        &mut self,
        session: GroupSessionId,
        index: u32,
        event_id: &str,
        origin_server_ts: u64,
    ) {
        self.seen
            .entry(session)
            .or_default()
            .entry(index)
            .or_insert_with(|| Seen {
                event_id: event_id.into(),
                origin_server_ts,
            });
    }

    /// Forgets a session that is deleted.
    pub fn forget(&mut self, session: &GroupSessionId) {
        self.seen.remove(session);
    }

    /// How many messages the table knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen
            .values()
            .fold(0, |sum, of_session| sum.saturating_add(of_session.len()))
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// The table as JSON:
    /// `{session id: {index: {"event_id": …, "origin_server_ts": …}}}`.
    #[must_use]
    pub fn to_json(&self) -> Object {
        self.seen
            .iter()
            .fold(Object::new(), |out, (session, of_session)| {
                let entries = of_session
                    .iter()
                    .fold(Object::new(), |entries, (index, seen)| {
                        let entry = Object::new()
                            .with("event_id", seen.event_id.as_str())
                            .with("origin_server_ts", seen.origin_server_ts);
                        entries.with(&alloc::format!("{index}"), entry)
                    });
                out.with(&session.to_base64(), entries)
            })
    }

    /// Reads a table from [its JSON](Self::to_json).
    ///
    /// # Errors
    /// [`MalformedReplayTable`] when it is anything else.
    pub fn from_json(json: &Object) -> Result<Self, MalformedReplayTable> {
        let mut table = Self::new();
        for (session, entries) in json.iter() {
            let session = GroupSessionId::from_base64(session).map_err(|_| MalformedReplayTable)?;
            let entries = entries.as_object().ok_or(MalformedReplayTable)?;
            for (index, entry) in entries.iter() {
                let index = parse_index(index).ok_or(MalformedReplayTable)?;
                let entry = entry.as_object().ok_or(MalformedReplayTable)?;
                let event_id = fields::id(entry, "event_id").ok_or(MalformedReplayTable)?;
                let time =
                    fields::unsigned(entry, "origin_server_ts").ok_or(MalformedReplayTable)?;
                table.record(session, index, event_id, time);
            }
        }
        Ok(table)
    }
}

/// A decimal index in its one form.
fn parse_index(text: &str) -> Option<u32> {
    let index = text.parse().ok()?;
    (alloc::format!("{index}") == text).then_some(index)
}

/// JSON is no table of [`ReplayTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedReplayTable;

impl fmt::Display for MalformedReplayTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the JSON is no replay table")
    }
}

impl core::error::Error for MalformedReplayTable {}
