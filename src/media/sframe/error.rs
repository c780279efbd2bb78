//! What can go wrong with SFrame, one enum per operation.

use core::fmt;

use super::{
    cipher::MAX_METADATA,
    key_id::{KeyId, KeyIdError},
};

/// Why a frame was not encrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptError {
    /// The key has encrypted as many frames as it may: take another.
    Exhausted,
    /// The key is one that is stored, and no counter is reserved: see
    /// [`SendingKey::reserve`](super::SendingKey::reserve).
    NotReserved,
    /// The metadata has more than 1024 bytes.
    MetadataTooLong,
    /// The frame has 2^36 − 32 bytes or more.
    TooLong,
    /// The buffer has no room for header and tag.
    BufferTooSmall {
        /// Bytes that are needed.
        needed: usize,
    },
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted => f.write_str("the key has encrypted its last frame"),
            Self::NotReserved => f.write_str("no counter is reserved for the frame"),
            Self::MetadataTooLong => {
                write!(f, "the metadata has more than {MAX_METADATA} bytes")
            }
            Self::TooLong => f.write_str("the frame is too long"),
            Self::BufferTooSmall { needed } => {
                write!(f, "the buffer is smaller than the {needed} bytes needed")
            }
        }
    }
}

impl core::error::Error for EncryptError {}

/// A key has not so many counters left as were to be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReserveError {
    /// How many there are.
    pub left: u64,
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key has only {} counters left", self.left)
    }
}

impl core::error::Error for ReserveError {}

/// Why a frame was not decrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptError {
    /// There is no key of this id. It may be on its way: keep the frame a little,
    /// and try again when a key arrives.
    UnknownKey {
        /// The id that the frame names, which anybody may have written.
        key_id: KeyId,
    },
    /// The frame is not authentic, or cut, or came before: drop it. RFC 9605 wants
    /// these not to be told apart.
    Invalid,
}

impl DecryptError {
    /// Whether no key that arrives later could open the frame.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Invalid)
    }
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key_id } => write!(f, "there is no key {key_id}"),
            Self::Invalid => f.write_str("the frame is not valid"),
        }
    }
}

impl core::error::Error for DecryptError {}

/// Why a key was not put into a ring. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is a key of this id.
    Taken {
        /// The id.
        key_id: KeyId,
    },
    /// The ring is full: remove keys that are of no use any more.
    Full,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { key_id } => write!(f, "there is a key {key_id} already"),
            Self::Full => f.write_str("there are too many keys"),
        }
    }
}

impl core::error::Error for KeyringError {}

/// Why a sender's ratchet did not move, or a generation was not taken. Nothing was
/// changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RatchetError {
    /// The generation does not fit into a key id, or the ratchet's bits do not.
    KeyId(KeyIdError),
    /// The generation is not newer than the newest that is known.
    NotNewer {
        /// The newest.
        newest: u64,
    },
}

impl fmt::Display for RatchetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyId(_) => f.write_str("generation and step do not make a key id"),
            Self::NotNewer { newest } => {
                write!(f, "the generation is not newer than {newest}")
            }
        }
    }
}

impl core::error::Error for RatchetError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::KeyId(error) => Some(error),
            Self::NotNewer { .. } => None,
        }
    }
}

impl From<KeyIdError> for RatchetError {
    fn from(error: KeyIdError) -> Self {
        Self::KeyId(error)
    }
}

/// Why an epoch was not added, or gave no key to send with. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EpochError {
    /// Leaf, context or bits do not make a key id.
    KeyId(KeyIdError),
    /// The base key is not as long as the suite wants it from MLS.
    BaseKeyLength {
        /// Bytes of the base key.
        found: usize,
        /// Bytes that the suite wants.
        expected: usize,
    },
    /// The epoch is not newer than the newest that is known.
    NotNewer {
        /// The newest.
        newest: u64,
    },
    /// There is no epoch.
    NoEpoch,
    /// A context of this number has sent in this epoch, or there can be none of
    /// this number.
    ContextUsed {
        /// The context.
        context: u8,
    },
}

impl fmt::Display for EpochError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyId(_) => f.write_str("the epoch's numbers do not make a key id"),
            Self::BaseKeyLength { found, expected } => {
                write!(f, "the base key has {found} bytes instead of {expected}")
            }
            Self::NotNewer { newest } => write!(f, "the epoch is not newer than {newest}"),
            Self::NoEpoch => f.write_str("there is no epoch"),
            Self::ContextUsed { context } => {
                write!(f, "context {context} cannot send in this epoch any more")
            }
        }
    }
}

impl core::error::Error for EpochError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::KeyId(error) => Some(error),
            _ => None,
        }
    }
}

impl From<KeyIdError> for EpochError {
    fn from(error: KeyIdError) -> Self {
        Self::KeyId(error)
    }
}
