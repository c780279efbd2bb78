//! What can go wrong in secret storage, one enum per operation.

use core::fmt;

use super::super::{passphrase::PassphraseInfoError, recovery_key::RecoveryKeyError};

/// Why an encrypted secret was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptedSecretError {
    /// A member is not there, or is no string.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// A member is not base64.
    Base64 {
        /// Which one.
        field: &'static str,
    },
    /// The ciphertext has more than
    /// [`EncryptedSecret::MAX_LENGTH`](super::EncryptedSecret::MAX_LENGTH)
    /// bytes.
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// `iv` does not have 16 bytes.
    IvLength {
        /// How many there are.
        found: usize,
    },
    /// `mac` does not have 32 bytes.
    MacLength {
        /// How many there are.
        found: usize,
    },
}

impl fmt::Display for EncryptedSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "the secret has no string \"{field}\""),
            Self::Base64 { field } => write!(f, "\"{field}\" of the secret is not base64"),
            Self::TooLong { found } => write!(f, "the secret has {found} bytes, too many"),
            Self::IvLength { found } => write!(f, "the iv has {found} bytes instead of 16"),
            Self::MacLength { found } => write!(f, "the mac has {found} bytes instead of 32"),
        }
    }
}

impl core::error::Error for EncryptedSecretError {}

/// Why a secret was not decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptSecretError {
    /// The MAC is wrong: the key is another one, the secret is of another name,
    /// or it was changed; nobody can tell which.
    WrongKeyOrName,
    /// The counter would overflow its low half, past which clients disagree on
    /// what the text is.
    CounterOverflow,
    /// The text is not UTF-8: the IV was changed, which the MAC does not cover.
    NotUtf8,
}

impl fmt::Display for DecryptSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongKeyOrName => "the secret is not of this key and name, or was changed",
            Self::CounterOverflow => "the secret's counter overflows",
            Self::NotUtf8 => "the secret is not text: its iv was changed",
        })
    }
}

impl core::error::Error for DecryptSecretError {}

/// Why the description of a key was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyDescriptionError {
    /// The algorithm is not `m.secret_storage.v1.aes-hmac-sha2`.
    UnsupportedAlgorithm,
    /// `iv` or `mac` is no string of base64.
    Base64 {
        /// Which one.
        field: &'static str,
    },
    /// `iv` does not have 16 bytes.
    IvLength {
        /// How many there are.
        found: usize,
    },
    /// `mac` does not have 32 bytes.
    MacLength {
        /// How many there are.
        found: usize,
    },
    /// The counter would overflow its low half, past which clients disagree.
    CounterOverflow,
}

impl fmt::Display for KeyDescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedAlgorithm => {
                f.write_str("the key is of an algorithm that is not supported")
            }
            Self::Base64 { field } => write!(f, "\"{field}\" of the key is not base64"),
            Self::IvLength { found } => write!(f, "the iv has {found} bytes instead of 16"),
            Self::MacLength { found } => write!(f, "the mac has {found} bytes instead of 32"),
            Self::CounterOverflow => f.write_str("the key's counter overflows"),
        }
    }
}

impl core::error::Error for KeyDescriptionError {}

/// Why what the user typed does not unlock the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnlockError {
    /// The key is not the one that was described: a wrong passphrase, or the
    /// recovery key of another one.
    WrongKey,
    /// The key is not made of a passphrase.
    NoPassphrase,
    /// The way to make the key of a passphrase is refused.
    Passphrase(PassphraseInfoError),
    /// What was typed is no recovery key.
    RecoveryKey(RecoveryKeyError),
}

impl fmt::Display for UnlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongKey => "the key is not the secret storage's",
            Self::NoPassphrase => "the secret storage has no passphrase",
            Self::Passphrase(_) => "the secret storage's passphrase cannot be used",
            Self::RecoveryKey(_) => "what was typed is not a recovery key",
        })
    }
}

impl core::error::Error for UnlockError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Passphrase(error) => Some(error),
            Self::RecoveryKey(error) => Some(error),
            _ => None,
        }
    }
}

/// The content of an event in the account data is not what it should be, so
/// nothing was written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedContent;

impl fmt::Display for MalformedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the member \"encrypted\" is not an object")
    }
}

impl core::error::Error for MalformedContent {}
