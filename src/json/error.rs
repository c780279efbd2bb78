//! Why text is not JSON, or has no canonical form.

use core::fmt;

use super::parse::MAX_DEPTH;

/// Why bytes are not read as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not JSON, or something follows the value. Lone surrogates and
    /// raw control characters in strings count as this.
    Syntax,
    /// An object has the same key twice.
    DuplicateKey,
    /// More than [`MAX_DEPTH`] arrays and objects are inside each other.
    TooDeep,
    /// The value is not an object, where one is asked for.
    NotAnObject,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the JSON is not UTF-8"),
            Self::Syntax => f.write_str("the text is not JSON"),
            Self::DuplicateKey => f.write_str("an object has the same key twice"),
            Self::TooDeep => write!(f, "the JSON is nested deeper than {MAX_DEPTH}"),
            Self::NotAnObject => f.write_str("the JSON is not an object"),
        }
    }
}

impl core::error::Error for JsonError {}

/// A value has no canonical form: a number in it is not an integer from
/// −(2^53−1) to 2^53−1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotCanonical;

impl fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number is not an integer of at most 53 bits")
    }
}

impl core::error::Error for NotCanonical {}
