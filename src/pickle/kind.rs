//! What a pickle is of.

use core::fmt;

/// The kind of object in a pickle: the second byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PickleKind {
    /// 1: [`olm::Account`](crate::olm::Account).
    Account,
    /// 2: [`olm::Session`](crate::olm::Session).
    Session,
    /// 3: [`megolm::OutboundGroupSession`](crate::megolm::OutboundGroupSession).
    OutboundGroupSession,
    /// 4: [`megolm::InboundGroupSession`](crate::megolm::InboundGroupSession).
    InboundGroupSession,
}

impl PickleKind {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Session => 2,
            Self::OutboundGroupSession => 3,
            Self::InboundGroupSession => 4,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Account),
            2 => Some(Self::Session),
            3 => Some(Self::OutboundGroupSession),
            4 => Some(Self::InboundGroupSession),
            _ => None,
        }
    }
}

impl fmt::Display for PickleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Session => "session",
            Self::OutboundGroupSession => "outbound group session",
            Self::InboundGroupSession => "inbound group session",
        })
    }
}
