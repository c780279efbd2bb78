//! `m.room.encryption`: how a room is encrypted.

use core::fmt;

use super::{MEGOLM_ALGORITHM, fields};
use crate::json::{Object, Value};

/// Milliseconds after which a session is replaced, unless the room says
/// otherwise: a week.
pub const DEFAULT_ROTATION_PERIOD_MS: u64 = 604_800_000;
/// Messages after which a session is replaced, unless the room says otherwise.
pub const DEFAULT_ROTATION_PERIOD_MSGS: u64 = 100;
/// The shortest period that a room can ask for: an hour.
pub const MIN_ROTATION_PERIOD_MS: u64 = 3_600_000;
/// The most messages that a room can ask for.
pub const MAX_ROTATION_PERIOD_MSGS: u64 = 10_000;

/// How a room is encrypted: what its `m.room.encryption` event says.
///
/// Once a room has one it is kept: an event that [`parse`](Self::parse) refuses
/// changes nothing, and none turns encryption off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomEncryption {
    rotation_period_ms: u64,
    rotation_period_msgs: u64,
    encrypts_state: bool,
}

impl RoomEncryption {
    /// Megolm with the usual periods, for a room to be encrypted.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rotation_period_ms: DEFAULT_ROTATION_PERIOD_MS,
            rotation_period_msgs: DEFAULT_ROTATION_PERIOD_MSGS,
            encrypts_state: false,
        }
    }

    /// Reads the content of an event. Periods outside of
    /// [`MIN_ROTATION_PERIOD_MS`] and 1 to [`MAX_ROTATION_PERIOD_MSGS`] are moved
    /// into these bounds, and such that are no numbers have their defaults.
    ///
    /// # Errors
    /// [`UnknownRoomAlgorithm`] when the algorithm is not Megolm's: keep what was
    /// known, and send nothing in clear.
    pub fn parse(content: &Object) -> Result<Self, UnknownRoomAlgorithm> {
        if content.get_str("algorithm") != Some(MEGOLM_ALGORITHM) {
            return Err(UnknownRoomAlgorithm);
        }
        let number = |member, default| fields::unsigned(content, member).unwrap_or(default);
        Ok(Self {
            rotation_period_ms: number("rotation_period_ms", DEFAULT_ROTATION_PERIOD_MS)
                .max(MIN_ROTATION_PERIOD_MS),
            rotation_period_msgs: number("rotation_period_msgs", DEFAULT_ROTATION_PERIOD_MSGS)
                .clamp(1, MAX_ROTATION_PERIOD_MSGS),
            encrypts_state: content
                .get("io.element.msc4362.encrypt_state_events")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    /// The content of the event that turns encryption on.
    #[must_use]
    pub fn to_content(&self) -> Object {
        let content = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("rotation_period_ms", self.rotation_period_ms)
            .with("rotation_period_msgs", self.rotation_period_msgs);
        if self.encrypts_state {
            content.with("io.element.msc4362.encrypt_state_events", true)
        } else {
            content
        }
    }

    /// After how many milliseconds a session is replaced.
    #[must_use]
    pub const fn rotation_period_ms(&self) -> u64 {
        self.rotation_period_ms
    }

    /// After how many messages a session is replaced.
    #[must_use]
    pub const fn rotation_period_msgs(&self) -> u64 {
        self.rotation_period_msgs
    }

    /// Whether state events are encrypted, too (MSC4362).
    #[must_use]
    pub const fn encrypts_state(&self) -> bool {
        self.encrypts_state
    }
}

impl Default for RoomEncryption {
    fn default() -> Self {
        Self::new()
    }
}

/// A room asks for an algorithm that is not Megolm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRoomAlgorithm;

impl fmt::Display for UnknownRoomAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the algorithm of the room is not Megolm")
    }
}

impl core::error::Error for UnknownRoomAlgorithm {}
