//! Why a verification by short authentication string cannot go on.

use core::fmt;

/// Why the keys of the two sides did not come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SasError {
    /// The other side's key is not the one that it committed to: cancel with
    /// `m.mismatched_commitment`. Maybe an attack.
    Commitment,
    /// The other side's key is not 32 bytes of base64, not the canonical encoding
    /// of a point, our own, or agrees on nothing (the shared secret would be zero):
    /// cancel with `m.invalid_message`.
    Key,
    /// The content of `start` has no canonical form: cancel with
    /// `m.invalid_message`.
    Start,
}

impl fmt::Display for SasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commitment => "the other side's key is not the one it committed to",
            Self::Key => "the other side's key cannot be used",
            Self::Start => "the message that started the verification has no canonical form",
        })
    }
}

impl core::error::Error for SasError {}

/// The two sides have nothing in common: cancel with `m.unknown_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoCommonMethod;

impl fmt::Display for NoCommonMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("both sides have no method in common")
    }
}

impl core::error::Error for NoCommonMethod {}

/// Why MACs verify nothing. Cancel with `m.key_mismatch`, or with
/// `m.invalid_message` where the content is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MacError {
    /// `keys` is no string, or `mac` no object of strings.
    Malformed,
    /// The MAC of the list of keys, or of a key, is wrong. Maybe an attack.
    Mismatch,
    /// None of the keys is one that this side holds.
    NothingKnown,
    /// The other device is named like a cross-signing key of its user: MACs of
    /// the one could pass for MACs of the other. Maybe an attack.
    DeviceLooksLikeAKey,
}

impl fmt::Display for MacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the message with the keys' MACs is malformed",
            Self::Mismatch => "the MAC of a key is wrong",
            Self::NothingKnown => "no key is one that is held for the other side",
            Self::DeviceLooksLikeAKey => "the other device is named like a cross-signing key",
        })
    }
}

impl core::error::Error for MacError {}

/// Why our MACs are not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MakeMacsError {
    /// Our master key is to be vouched for, but our device was given without one.
    NoMasterKey,
    /// `hmac-sha256` is checked, never made.
    ReadOnly,
}

impl fmt::Display for MakeMacsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMasterKey => "our device was given without a master key to vouch for",
            Self::ReadOnly => "MACs of the oldest method are checked, never made",
        })
    }
}

impl core::error::Error for MakeMacsError {}
