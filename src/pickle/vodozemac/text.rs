//! Bytes and keys as vodozemac's JSON has them, read and written.

use alloc::{boxed::Box, string::String};
use core::fmt::{self, Write};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::primitives::ed25519::Ed25519SigningKey;

/// Exactly `N` secret bytes, from an array of numbers.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Bytes<const N: usize>(pub(super) [u8; N]);

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array<const N: usize>;

        impl<'de, const N: usize> Visitor<'de> for Array<N> {
            type Value = Bytes<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an array of {N} bytes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Bytes<N>, A::Error> {
                let mut bytes = Bytes([0; N]);
                for (read, byte) in bytes.0.iter_mut().enumerate() {
                    *byte = items
                        .next_element()?
                        .ok_or_else(|| de::Error::invalid_length(read, &self))?;
                }
                match items.next_element::<u8>()? {
                    None => Ok(bytes),
                    Some(_) => Err(de::Error::invalid_length(N.saturating_add(1), &self)),
                }
            }
        }

        deserializer.deserialize_seq(Array::<N>)
    }
}

/// `{"Normal":seed}` or `{"Expanded":key}`. In boxes, so that choosing between
/// them moves no secret.
#[derive(Deserialize)]
pub(super) enum SigningKey {
    Normal(Box<Bytes<32>>),
    Expanded(Box<Bytes<64>>),
}

impl SigningKey {
    pub(super) fn key(&self) -> Ed25519SigningKey {
        match self {
            Self::Normal(seed) => Ed25519SigningKey::expand_seed(&seed.0),
            Self::Expanded(expanded) => Ed25519SigningKey::clamp(&expanded.0),
        }
    }
}

/// Writes JSON into a string that is large enough from the start, so that
/// growing leaves no copy of a secret behind.
pub(super) struct JsonWriter {
    text: Zeroizing<String>,
}

/// Characters that one byte of an array takes at most: three digits and a comma.
pub(super) const BYTE_LENGTH: usize = 4;
/// Characters that one key with everything around it takes at most.
pub(super) const KEY_LENGTH: usize = 32 * BYTE_LENGTH + 96;

impl JsonWriter {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            text: Zeroizing::new(String::with_capacity(capacity)),
        }
    }

    /// Text that is JSON already.
    pub(super) fn raw(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        // Writing to a string does not fail.
        let _ = write!(*self.text, "{number}");
        self
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// An array of numbers.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.list('[', ']', bytes, |json, byte| {
            json.number(u64::from(*byte));
        })
    }

    /// Items between brackets, with commas.
    pub(super) fn list<T>(
        &mut self,
        open: char,
        close: char,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.text.push(open);
        for (position, value) in items.into_iter().enumerate() {
            if position > 0 {
                self.text.push(',');
            }
            item(self, value);
        }
        self.text.push(close);
        self
    }

    /// The form of [`SigningKey`].
    pub(super) fn signing_key(&mut self, key: &Ed25519SigningKey) -> &mut Self {
        match key.expose_seed() {
            Some(seed) => self.raw(r#"{"Normal":"#).bytes(seed),
            None => self.raw(r#"{"Expanded":"#).bytes(key.expose_expanded()),
        }
        .raw("}")
    }

    pub(super) fn finish(self) -> Zeroizing<String> {
        self.text
    }
}
