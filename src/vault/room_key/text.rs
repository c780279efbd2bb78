//! A secret string of a JSON text, read without a copy that nobody wipes.

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use zeroize::Zeroizing;

/// A secret string: in the text itself as a rule.
///
/// Where the text has escapes, serde_json unescapes into a buffer of its own
/// that is not wiped. No client writes base64 with escapes.
pub(super) enum SecretText<'a> {
    Borrowed(&'a str),
    Owned(Zeroizing<String>),
}

impl Deref for SecretText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for SecretText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = SecretText<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(SecretText::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(SecretText::Owned(Zeroizing::new(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
