//! What goes into a step of a rotation, and what comes out.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    media::matrix_rtc::{content::KeyContent, membership::Membership},
    primitives::random::RngError,
};

/// The times of a [`KeyRotation`](super::KeyRotation), in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationTimes {
    pub(super) grace: u64,
    pub(super) delay: u64,
    pub(super) period: Option<u64>,
}

impl RotationTimes {
    /// matrix-js-sdk's: who joins within 10 s of a key gets that key; a new key is
    /// used 1 s after it was sent.
    pub const DEPLOYED: Self = Self {
        grace: 10_000,
        delay: 1_000,
        period: None,
    };
    /// The draft of MSC4143: a new key is used 5 s after it was sent.
    pub const MSC4143: Self = Self {
        grace: 10_000,
        delay: 5_000,
        period: None,
    };

    /// With a key that is replaced after this time, whoever comes or goes.
    #[must_use]
    pub const fn with_period(mut self, period: u64) -> Self {
        self.period = Some(period);
        self
    }
}

/// What a [`KeyRotation`](super::KeyRotation) is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RotationEvent<'a> {
    /// Who is in the call now; ourselves may be among them or not.
    Members(&'a [Membership]),
    /// What was to be sent has been sent to all.
    Sent,
    /// It was not sent, or not to all.
    NotSent,
    /// Time has passed.
    Tick,
}

/// What to do then.
#[derive(Debug)]
#[non_exhaustive]
pub enum RotationAction {
    /// Encrypt frames with [`KeyRotation::current`](super::KeyRotation::current) from now on, in the slot of this
    /// index.
    Use {
        /// The index.
        index: u8,
    },
    /// Send the key to these devices by Olm, then tell [`RotationEvent::Sent`] or
    /// [`RotationEvent::NotSent`].
    Send {
        /// To whom.
        to: Vec<Membership>,
        /// The type of the event.
        event_type: &'static str,
        /// Its content.
        content: KeyContent,
    },
}

/// Why a [`KeyRotation`](super::KeyRotation) did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationError {
    /// The generator failed.
    Rng(RngError),
    /// There are more members than 10 000.
    TooManyMembers,
}

impl fmt::Display for RotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng(_) => f.write_str("no random bytes for a key"),
            Self::TooManyMembers => f.write_str("the call has too many members"),
        }
    }
}

impl core::error::Error for RotationError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Rng(error) => Some(error),
            Self::TooManyMembers => None,
        }
    }
}
