//! The version of a ratchet session and of its messages.

use core::fmt;

/// Which configuration an Olm or Megolm session speaks.
///
/// It is chosen when the session is made and never changes: a message of the
/// other version is refused, so that nobody on the way can downgrade it. The
/// two differ in the length of the MAC alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionVersion {
    /// What Matrix speaks: version byte 3, MACs cut to 8 bytes
    /// (`m.olm.v1.curve25519-aes-sha2`, `m.megolm.v1.aes-sha2`).
    #[default]
    V1,
    /// The experimental configuration 2 of vodozemac: version byte 4, MACs of
    /// 32 bytes. No libolm session can speak it.
    V2,
}

impl SessionVersion {
    /// The first byte of every message of this version.
    pub(crate) const fn message_byte(self) -> u8 {
        match self {
            Self::V1 => 3,
            Self::V2 => 4,
        }
    }

    /// The version of a message by its first byte.
    pub(crate) const fn from_message_byte(byte: u8) -> Option<Self> {
        match byte {
            3 => Some(Self::V1),
            4 => Some(Self::V2),
            _ => None,
        }
    }

    /// Bytes in a MAC.
    pub(crate) const fn mac_length(self) -> usize {
        match self {
            Self::V1 => 8,
            Self::V2 => 32,
        }
    }
}

impl fmt::Display for SessionVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1",
            Self::V2 => "2",
        })
    }
}
