//! A JSON value.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroize;

use super::{
    canonical::write,
    error::{JsonError, NotCanonical},
    number::Number,
    object::Object,
    parse,
};

/// A JSON value.
///
/// `Display` writes it as JSON without white space and with sorted keys: the
/// canonical form, but for numbers that have none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 8259 knows these kinds and no others"
)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object),
}

impl Value {
    /// Reads one value and nothing after it.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8, not JSON, nested too deeply, or hold a key
    /// twice.
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        parse::value(json)
    }

    /// The canonical form (Matrix specification, appendices, "Canonical JSON").
    ///
    /// # Errors
    ///
    /// When a number in it is not an integer of at most 53 bits.
    pub fn to_canonical(&self) -> Result<String, NotCanonical> {
        self.check_numbers()?;
        let mut out = String::new();
        write(self, &mut out);
        Ok(out)
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value, when this is an integer of at most 53 bits.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_integer(),
            _ => None,
        }
    }

    /// The truth, when this is a boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The items, when this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, when this is one.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn check_numbers(&self) -> Result<(), NotCanonical> {
        match self {
            Self::Number(number) => number.as_integer().map(|_| ()).ok_or(NotCanonical),
            Self::Array(items) => items.iter().try_for_each(Self::check_numbers),
            Self::Object(object) => object
                .iter()
                .try_for_each(|(_, value)| value.check_numbers()),
            Self::Null | Self::Bool(_) | Self::String(_) => Ok(()),
        }
    }

    /// Wipes every string in it.
    pub(super) fn wipe(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Self::wipe),
            Self::Object(object) => object.wipe(),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write(self, &mut out);
        f.write_str(&out)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}
