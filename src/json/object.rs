//! A JSON object: members sorted by key, each key once.

use alloc::{collections::BTreeMap, string::String};
use core::fmt;

use zeroize::Zeroizing;

use super::{
    canonical::{length, write_object},
    error::{JsonError, NotCanonical},
    value::Value,
};

/// A JSON object: members sorted by code point, each key once.
///
/// `Display` writes it as JSON without white space: the canonical form, but for
/// numbers that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(pub(super) BTreeMap<String, Value>);

impl Object {
    /// The empty object.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads one object and nothing after it.
    ///
    /// # Errors
    ///
    /// As [`Value::parse`], and when the value is not an object.
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        match Value::parse(json)? {
            Value::Object(object) => Ok(object),
            _ => Err(JsonError::NotAnObject),
        }
    }

    /// The canonical form (Matrix specification, appendices, "Canonical JSON").
    ///
    /// # Errors
    ///
    /// When a number in it is not an integer of at most 53 bits.
    pub fn to_canonical(&self) -> Result<String, NotCanonical> {
        self.0.values().try_for_each(Value::check_numbers)?;
        let mut out = String::new();
        write_object(self, &mut out);
        Ok(out)
    }

    /// This object with one more member; one of the same key is replaced.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Sets a member, and gives the value that was there.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(key.into(), value.into())
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// The member of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The member of this key, when it is a string.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The member of this key, when it is an object.
    #[must_use]
    pub fn get_object(&self, key: &str) -> Option<&Self> {
        self.get(key)?.as_object()
    }

    /// The members, sorted by key.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object of this key, made when there is none; `None` when the member
    /// is something else.
    pub(super) fn object_mut(&mut self, key: &str) -> Option<&mut Self> {
        let member = self
            .0
            .entry(key.into())
            .or_insert_with(|| Value::Object(Self::new()));
        match member {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// This object as JSON, in one buffer that does not grow, so that no copy of
    /// a secret in it stays behind.
    pub(crate) fn to_secret_string(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(length(self)));
        write_object(self, &mut out);
        out
    }

    /// Wipes every string of its values, for objects that held a secret.
    pub(crate) fn wipe(&mut self) {
        self.0.values_mut().for_each(Value::wipe);
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write_object(self, &mut out);
        f.write_str(&out)
    }
}
