//! What can go wrong with key export files.

use core::fmt;

use super::{MAX_FILE, WEAK_BELOW, armor::ArmorError, source::SourceError};
use crate::primitives::random::RngError;

/// Why a file was not opened; the first that is wrong, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenExportError {
    /// The file could not be read.
    #[cfg(feature = "std")]
    Io(std::io::ErrorKind),
    /// The file has more than 256 MiB.
    TooLarge,
    /// The header is not there, or not alone in the first line.
    Header,
    /// The footer is not there, or not alone in the last line.
    Footer,
    /// What stands between them is not base64.
    Base64,
    /// There are fewer than 69 bytes.
    TooShort,
    /// The version is not 1.
    Version {
        /// The version.
        found: u8,
    },
    /// The number of rounds is zero or above the bound; nothing was derived.
    Rounds {
        /// How many there are.
        found: u32,
    },
    /// The passphrase is wrong, or the file was damaged or changed; nobody can
    /// tell which.
    WrongPassphrase,
    /// The counter would overflow its low half, past which clients disagree.
    CounterOverflow,
}

impl fmt::Display for OpenExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Self::Io(kind) => write!(f, "the file could not be read: {kind}"),
            Self::TooLarge => write!(f, "the file has more than {MAX_FILE} bytes"),
            Self::Header => f.write_str("the file has no proper first line"),
            Self::Footer => f.write_str("the file has no proper last line"),
            Self::Base64 => f.write_str("the file is not base64"),
            Self::TooShort => f.write_str("the file is too short"),
            Self::Version { found } => write!(f, "the file has the unknown version {found}"),
            Self::Rounds { found } => write!(f, "{found} rounds are not acceptable"),
            Self::WrongPassphrase => {
                f.write_str("the passphrase is not the file's, or the file was changed")
            }
            Self::CounterOverflow => f.write_str("the file's counter overflows"),
        }
    }
}

impl core::error::Error for OpenExportError {}

impl From<SourceError> for OpenExportError {
    fn from(error: SourceError) -> Self {
        match error {
            #[cfg(feature = "std")]
            SourceError::Io(kind) => Self::Io(kind),
        }
    }
}

impl From<ArmorError> for OpenExportError {
    fn from(error: ArmorError) -> Self {
        match error {
            ArmorError::Header => Self::Header,
            ArmorError::Footer => Self::Footer,
            ArmorError::Base64 => Self::Base64,
        }
    }
}

/// Why the rest of a file was not read. What came before is authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadExportError {
    /// The file could not be read.
    #[cfg(feature = "std")]
    Io(std::io::ErrorKind),
    /// The file is not what it was when it was opened: throw away what came of
    /// it.
    Changed,
    /// The text is not UTF-8, though it is authentic: it was made by a faulty
    /// writer.
    NotUtf8,
    /// The text is not a JSON array, though it is authentic.
    Json,
}

impl fmt::Display for ReadExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Self::Io(kind) => write!(f, "the file could not be read: {kind}"),
            Self::Changed => f.write_str("the file was changed while it was read"),
            Self::NotUtf8 => f.write_str("the text in the file is not UTF-8"),
            Self::Json => f.write_str("the text in the file is not a JSON array"),
        }
    }
}

impl core::error::Error for ReadExportError {}

impl From<SourceError> for ReadExportError {
    fn from(error: SourceError) -> Self {
        match error {
            #[cfg(feature = "std")]
            SourceError::Io(kind) => Self::Io(kind),
        }
    }
}

/// The armour was good when the file was opened.
impl From<ArmorError> for ReadExportError {
    fn from(_: ArmorError) -> Self {
        Self::Changed
    }
}

/// Why a file was not written. Throw away what there is of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteExportError {
    /// The random number generator failed.
    Rng,
    /// The number of rounds is too small or too large.
    Rounds,
    /// The file would have more than 256 MiB; nothing was added to it. End it,
    /// and start another.
    TooLarge,
    /// The file could not be written.
    #[cfg(feature = "std")]
    Io(std::io::ErrorKind),
}

impl fmt::Display for WriteExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng => RngError.fmt(f),
            Self::Rounds => write!(f, "files have {WEAK_BELOW} rounds or more"),
            Self::TooLarge => write!(f, "the file would have more than {MAX_FILE} bytes"),
            #[cfg(feature = "std")]
            Self::Io(kind) => write!(f, "the file could not be written: {kind}"),
        }
    }
}

impl core::error::Error for WriteExportError {}

impl From<RngError> for WriteExportError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for WriteExportError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}
