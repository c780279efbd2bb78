//! The names of one-time and fallback keys.

use alloc::string::String;
use core::fmt;

use crate::primitives::base64;

/// How many bytes of an id are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum KeyIdWidth {
    /// libolm's and ours: 4 bytes, 6 characters.
    Four,
    /// vodozemac's: 8 bytes, 11 characters.
    Eight,
}

/// The name under which a one-time or fallback key is published. Public.
///
/// Shown as base64 of the big-endian number: 6 characters, or 11 for a key that
/// moved in from vodozemac, so that a key keeps its name on the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId {
    value: u64,
    width: KeyIdWidth,
}

impl KeyId {
    pub(crate) const fn new(value: u64, width: KeyIdWidth) -> Self {
        Self { value, width }
    }

    /// Reads an id from 6 or 11 characters of unpadded base64; none if it is
    /// something else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = base64::decode(text).ok()?;
        if let Ok(bytes) = <[u8; 4]>::try_from(bytes.as_slice()) {
            return Some(Self::new(
                u64::from(u32::from_be_bytes(bytes)),
                KeyIdWidth::Four,
            ));
        }
        let bytes = <[u8; 8]>::try_from(bytes.as_slice()).ok()?;
        Some(Self::new(u64::from_be_bytes(bytes), KeyIdWidth::Eight))
    }

    /// The number, which rises from key to key.
    #[must_use]
    pub const fn value(&self) -> u64 {
        self.value
    }

    /// The id as unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        let bytes = self.value.to_be_bytes();
        match self.width {
            KeyIdWidth::Four => base64::encode(&[bytes[4], bytes[5], bytes[6], bytes[7]]),
            KeyIdWidth::Eight => base64::encode(&bytes),
        }
    }

    pub(crate) const fn width(self) -> KeyIdWidth {
        self.width
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Gives each key of an account, one-time or fallback, an id of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyIdCounter {
    /// The id to give next.
    pub(crate) next: u64,
    pub(crate) width: KeyIdWidth,
}

impl KeyIdCounter {
    /// The first id is 1, as libolm's.
    pub(crate) const fn new() -> Self {
        Self {
            next: 1,
            width: KeyIdWidth::Four,
        }
    }

    /// The counter of an account that was read: `next`, or higher, so that it is
    /// past every id in `held`. A writer that counted wrongly then gives no
    /// published key's name to a new one.
    pub(crate) fn past<'a>(
        next: u64,
        width: KeyIdWidth,
        held: impl Iterator<Item = &'a KeyId>,
    ) -> Self {
        let next = held.fold(next, |next, id| next.max(id.value.saturating_add(1)));
        Self { next, width }
    }

    /// Takes the next `count` ids, or none of them.
    pub(crate) fn take(&mut self, count: u64) -> Option<core::ops::Range<u64>> {
        let end = self.next.checked_add(count)?;
        if self.width == KeyIdWidth::Four && end > (1 << 32) {
            return None;
        }
        let ids = self.next..end;
        self.next = end;
        Some(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_and_print_in_their_own_width() {
        for (text, value) in [("AAAAAQ", 1), ("AAAAAAAAAAE", 1), ("/////w", 0xffff_ffff)] {
            let id = KeyId::from_base64(text).unwrap();
            assert_eq!((id.value(), id.to_base64().as_str()), (value, text));
        }
        assert_ne!(
            KeyId::from_base64("AAAAAQ"),
            KeyId::from_base64("AAAAAAAAAAE")
        );
        for text in ["", "AAAA", "AAAAAR", "AAAAAQ=="] {
            assert_eq!(KeyId::from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn the_counter_ends_with_its_width() {
        let mut counter = KeyIdCounter {
            next: (1 << 32) - 2,
            width: KeyIdWidth::Four,
        };
        assert_eq!(counter.take(3), None);
        assert_eq!(counter.take(2), Some((1 << 32) - 2..1 << 32));
        assert_eq!(counter.take(1), None);
    }
}
