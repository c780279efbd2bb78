//! Why a verification ended without success.

use alloc::boxed::Box;
use core::fmt;

/// The code of an `m.key.verification.cancel`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelCode {
    /// `m.user`: the user declined or cancelled.
    User,
    /// `m.timeout`: it took longer than ten minutes.
    Timeout,
    /// `m.unknown_transaction`: the other side does not know the flow.
    UnknownTransaction,
    /// `m.unknown_method`: nothing in common in how to verify.
    UnknownMethod,
    /// `m.unexpected_message`: a message came out of order.
    UnexpectedMessage,
    /// `m.key_mismatch`: a key is not the expected one. Maybe an attack.
    KeyMismatch,
    /// `m.user_mismatch`: another user than expected. Maybe an attack.
    UserMismatch,
    /// `m.invalid_message`: a field is missing or ill-typed.
    InvalidMessage,
    /// `m.accepted`: another device of the user goes on with it.
    Accepted,
    /// `m.mismatched_commitment`: the key is not the one committed to. Maybe an
    /// attack.
    MismatchedCommitment,
    /// `m.mismatched_sas`: the user saw other emoji or numbers. Maybe an attack.
    MismatchedSas,
    /// A code that no specification names.
    Other(Box<str>),
}

impl CancelCode {
    /// The code on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User => "m.user",
            Self::Timeout => "m.timeout",
            Self::UnknownTransaction => "m.unknown_transaction",
            Self::UnknownMethod => "m.unknown_method",
            Self::UnexpectedMessage => "m.unexpected_message",
            Self::KeyMismatch => "m.key_mismatch",
            Self::UserMismatch => "m.user_mismatch",
            Self::InvalidMessage => "m.invalid_message",
            Self::Accepted => "m.accepted",
            Self::MismatchedCommitment => "m.mismatched_commitment",
            Self::MismatchedSas => "m.mismatched_sas",
            Self::Other(code) => code,
        }
    }

    /// Reads the code on the wire.
    #[must_use]
    pub fn parse(code: &str) -> Self {
        [
            Self::User,
            Self::Timeout,
            Self::UnknownTransaction,
            Self::UnknownMethod,
            Self::UnexpectedMessage,
            Self::KeyMismatch,
            Self::UserMismatch,
            Self::InvalidMessage,
            Self::Accepted,
            Self::MismatchedCommitment,
            Self::MismatchedSas,
        ]
        .into_iter()
        .find(|known| known.as_str() == code)
        .unwrap_or_else(|| Self::Other(code.into()))
    }

    /// Whether somebody may be between the two devices: say so to the user.
    #[must_use]
    pub const fn may_be_an_attack(&self) -> bool {
        matches!(
            self,
            Self::KeyMismatch
                | Self::UserMismatch
                | Self::MismatchedCommitment
                | Self::MismatchedSas
        )
    }
}

impl fmt::Display for CancelCode {
    /// A sentence in English: the `reason` of the cancellations that are sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "the user cancelled the verification",
            Self::Timeout => "the verification took too long",
            Self::UnknownTransaction => "the verification is not known here",
            Self::UnknownMethod => "there is no common way to verify",
            Self::UnexpectedMessage => "a message came out of order",
            Self::KeyMismatch => "a key is not the expected one",
            Self::UserMismatch => "this is not the expected user",
            Self::InvalidMessage => "a message is malformed",
            Self::Accepted => "another device goes on with the verification",
            Self::MismatchedCommitment => "the key is not the one that was committed to",
            Self::MismatchedSas => "the short authentication strings differ",
            Self::Other(code) => return write!(f, "the other side cancelled with {code}"),
        })
    }
}
