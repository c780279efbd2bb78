//! Why a code does not verify.

use core::fmt;

/// Why bytes are not a verification QR code. It may belong to something else:
/// tell the user that it is a wrong code, and send nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrCodeError {
    /// There are more bytes than the largest QR code holds, 2953.
    TooLong {
        /// How many bytes there are.
        found: usize,
    },
    /// The bytes do not begin with `MATRIX`.
    NotAVerificationCode,
    /// A version other than 2.
    Version {
        /// The version byte.
        found: u8,
    },
    /// A mode other than 0, 1 and 2.
    Mode {
        /// The mode byte.
        found: u8,
    },
    /// The bytes end inside a field.
    Truncated,
    /// The identifier of the flow is not UTF-8.
    FlowId,
    /// A key is not an Ed25519 key.
    Key,
    /// The secret has less than 8 bytes.
    Secret {
        /// How many bytes it has.
        found: usize,
    },
}

impl fmt::Display for QrCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => write!(f, "no QR code holds {found} bytes"),
            Self::NotAVerificationCode => f.write_str("the code is not for verification"),
            Self::Version { found } => write!(f, "the code has the unknown version {found}"),
            Self::Mode { found } => write!(f, "the code has the unknown mode {found}"),
            Self::Truncated => f.write_str("the code ends too early"),
            Self::FlowId => f.write_str("the flow's identifier in the code is not UTF-8"),
            Self::Key => f.write_str("a key in the code is not an Ed25519 key"),
            Self::Secret { found } => {
                write!(
                    f,
                    "the code's secret has {found} bytes instead of 8 or more"
                )
            }
        }
    }
}

impl core::error::Error for QrCodeError {}

/// Why a scanned code does not belong to this verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanError {
    /// It is no verification code: a wrong code, nothing is sent.
    Code(QrCodeError),
    /// It belongs to another verification: a wrong code, nothing is sent.
    AnotherFlow,
    /// Its keys are not those that this side holds, or its mode does not fit the
    /// two devices: cancel with `m.key_mismatch`. Maybe an attack.
    Keys,
    /// The other device is named like a cross-signing key of its user: cancel with
    /// `m.key_mismatch`. Maybe an attack.
    DeviceLooksLikeAKey,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(_) => f.write_str("the code is no verification code"),
            Self::AnotherFlow => f.write_str("the code belongs to another verification"),
            Self::Keys => f.write_str("the keys in the code are not the expected ones"),
            Self::DeviceLooksLikeAKey => {
                f.write_str("the other device is named like a cross-signing key")
            }
        }
    }
}

impl core::error::Error for ScanError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Code(error) => Some(error),
            _ => None,
        }
    }
}

/// Why this device cannot show a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShowError {
    /// A master key that the code would hold is not known.
    NoMasterKey,
    /// Between two users, a device shows a code only if it trusts its own user's
    /// master key.
    NotTrusting,
    /// The other device is named like a cross-signing key of its user: cancel with
    /// `m.key_mismatch`. Maybe an attack.
    DeviceLooksLikeAKey,
    /// The random number generator failed.
    Rng,
}

impl fmt::Display for ShowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMasterKey => "there is no master key to put into the code",
            Self::NotTrusting => "this device does not trust its own user's master key",
            Self::DeviceLooksLikeAKey => "the other device is named like a cross-signing key",
            Self::Rng => "the random number generator failed",
        })
    }
}

impl core::error::Error for ShowError {}

/// The secret that came is not the one in our code: cancel with
/// `m.key_mismatch`, and warn of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongSecret;

impl fmt::Display for WrongSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the secret is not the one in the code that was shown")
    }
}

impl core::error::Error for WrongSecret {}
