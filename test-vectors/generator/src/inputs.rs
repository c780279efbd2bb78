//! Reads the inputs of a case.

use serde_json::{Map, Value};

use crate::text::from_hex;

/// The inputs of a case or a step, by name. For runners: what is not there, or
/// is something else, stops them.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a>(&'a Map<String, Value>);

impl<'a> Inputs<'a> {
    /// The inputs of a case or a step.
    #[must_use]
    pub const fn new(inputs: &'a Map<String, Value>) -> Self {
        Self(inputs)
    }

    /// Whether there is one of this name.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whatever it is, if it is there.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    /// A text.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn text(self, name: &str) -> &'a str {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .expect("an input that is a text")
    }

    /// Texts.
    ///
    /// # Panics
    /// If it is no list, or of something else.
    pub fn texts(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .get(name)
            .and_then(Value::as_array)
            .expect("an input that is a list")
            .iter()
            .map(|text| text.as_str().expect("a list of texts"))
    }

    /// A number.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn number(self, name: &str) -> u64 {
        self.0
            .get(name)
            .and_then(Value::as_u64)
            .expect("an input that is a number")
    }

    /// A truth.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn flag(self, name: &str) -> bool {
        self.0
            .get(name)
            .and_then(Value::as_bool)
            .expect("an input that is true or false")
    }

    /// A number below 2^32.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn index(self, name: &str) -> u32 {
        u32::try_from(self.number(name)).expect("a number below 2^32")
    }

    /// The bytes of a hex text.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn hex(self, name: &str) -> Vec<u8> {
        from_hex(self.text(name)).expect("an input that is hex")
    }

    /// As many bytes, of a hex text.
    ///
    /// # Panics
    /// If it is none, or of another length.
    #[must_use]
    pub fn array<const N: usize>(self, name: &str) -> [u8; N] {
        self.hex(name).try_into().expect("an input of this length")
    }

    /// Inputs inside an input.
    ///
    /// # Panics
    /// If it is no object.
    #[must_use]
    pub fn object(self, name: &str) -> Self {
        Self(
            self.0
                .get(name)
                .and_then(Value::as_object)
                .expect("an input with inputs"),
        )
    }
}
