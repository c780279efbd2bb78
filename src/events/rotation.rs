//! When the session of a room has to be replaced before the next message.

use core::fmt;

use super::encryption::RoomEncryption;

/// Who can read a room's history (`m.room.history_visibility`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the specification has these four")]
pub enum HistoryVisibility {
    /// Members from when they were invited on.
    Invited,
    /// Members from when they joined on.
    Joined,
    /// All members.
    Shared,
    /// Everybody.
    WorldReadable,
}

impl HistoryVisibility {
    /// The value of the event; any other, and none, is [`Shared`](Self::Shared),
    /// as the specification has it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "invited" => Self::Invited,
            "joined" => Self::Joined,
            "world_readable" => Self::WorldReadable,
            _ => Self::Shared,
        }
    }

    /// Whether those who come later may read what is sent now, so that its key
    /// may be handed on to them (MSC3061).
    #[must_use]
    pub const fn shares_history(self) -> bool {
        matches!(self, Self::Shared | Self::WorldReadable)
    }
}

/// A user's membership in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the specification has these five")]
pub enum Membership {
    /// Invited; may have keys already.
    Invite,
    /// In the room.
    Join,
    /// Asked to be let in.
    Knock,
    /// Not, or no more, in the room.
    Leave,
    /// Banned.
    Ban,
}

/// Why a session has to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationReason {
    /// It is as old as the room allows.
    Age,
    /// It has sent as many messages as the room allows.
    Messages,
    /// Somebody who may have the key is no more in the room.
    MemberLeft,
    /// A device that has the key is gone, blocked, or may not have it any more.
    DeviceExcluded,
    /// The room's history is shared now, or is not any more.
    HistoryVisibility,
    /// The room asked for another algorithm.
    Algorithm,
}

impl fmt::Display for RotationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Age => "the session is too old",
            Self::Messages => "the session has sent too many messages",
            Self::MemberLeft => "somebody who may have the key left",
            Self::DeviceExcluded => "a device that has the key may not have it any more",
            Self::HistoryVisibility => "the history visibility changed",
            Self::Algorithm => "the room asked for another algorithm",
        })
    }
}

/// The life of one outbound session, and when it ends. Public data.
///
/// Tell it what happens in the room; ask [`due`](Self::due) before each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    created_at_ms: u64,
    messages: u64,
    visibility: HistoryVisibility,
    ended: Option<RotationReason>,
}

impl Rotation {
    /// Of a session that is made now.
    #[must_use]
    pub const fn new(now_ms: u64, visibility: HistoryVisibility) -> Self {
        Self::restore(now_ms, 0, visibility, None)
    }

    /// Of a session that was stored.
    #[must_use]
    pub const fn restore(
        created_at_ms: u64,
        messages: u64,
        visibility: HistoryVisibility,
        ended: Option<RotationReason>,
    ) -> Self {
        Self {
            created_at_ms,
            messages,
            visibility,
            ended,
        }
    }

    /// When the session was made, in milliseconds.
    #[must_use]
    pub const fn created_at_ms(&self) -> u64 {
        self.created_at_ms
    }

    /// How many messages it has sent.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// Who could read the room's history when it was made.
    #[must_use]
    pub const fn visibility(&self) -> HistoryVisibility {
        self.visibility
    }

    /// Whether, and why, the session must be replaced before the next message.
    #[must_use]
    pub const fn due(&self, now_ms: u64, encryption: &RoomEncryption) -> Option<RotationReason> {
        if self.ended.is_some() {
            self.ended
        } else if now_ms.saturating_sub(self.created_at_ms) >= encryption.rotation_period_ms() {
            Some(RotationReason::Age)
        } else if self.messages >= encryption.rotation_period_msgs() {
            Some(RotationReason::Messages)
        } else {
            None
        }
    }

    /// A message was sent.
    pub const fn sent(&mut self) {
        self.messages = self.messages.saturating_add(1);
    }

    /// A membership changed. `before` is `None` when it is not known, as after a
    /// limited sync: then all but joining counts.
    pub const fn member(&mut self, before: Option<Membership>, now: Membership) {
        let had_key = matches!(before, None | Some(Membership::Invite | Membership::Join));
        let is_out = match now {
            Membership::Leave | Membership::Ban => true,
            Membership::Invite | Membership::Knock => before.is_none(),
            Membership::Join => false,
        };
        if had_key && is_out {
            self.end(RotationReason::MemberLeft);
        }
    }

    /// A device that has the key was deleted or blocked, or the strategy does not
    /// allow it any more.
    pub const fn device_excluded(&mut self) {
        self.end(RotationReason::DeviceExcluded);
    }

    /// The room's history visibility is now this.
    pub const fn history_visibility(&mut self, now: HistoryVisibility) {
        if now.shares_history() != self.visibility.shares_history() {
            self.end(RotationReason::HistoryVisibility);
        }
    }

    /// The room asked for another algorithm.
    pub const fn algorithm_changed(&mut self) {
        self.end(RotationReason::Algorithm);
    }

    /// Whether, and why, an event has ended the session: what
    /// [`restore`](Self::restore) takes.
    #[must_use]
    pub const fn ended(&self) -> Option<RotationReason> {
        self.ended
    }

    /// The first reason stays.
    const fn end(&mut self, reason: RotationReason) {
        if self.ended.is_none() {
            self.ended = Some(reason);
        }
    }
}
