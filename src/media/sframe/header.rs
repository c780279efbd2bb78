//! The header of a frame (RFC 9605, section 4.3): key id and counter in as few
//! bytes as they need.

use core::fmt;

use super::key_id::KeyId;

/// A frame's key id and counter.
///
/// One byte `X KKK Y CCC`. A key id below 8 stands in `KKK` with `X` clear; a
/// larger one follows in `KKK` + 1 bytes, big-endian, with `X` set. `Y`, `CCC` say
/// the same of the counter, whose bytes come after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    key_id: KeyId,
    counter: u64,
}

/// Bytes of a header: never none, and never more than [`Header::MAX_LENGTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedHeader {
    bytes: [u8; Header::MAX_LENGTH],
    length: usize,
}

impl Header {
    /// Bytes of the longest header.
    pub const MAX_LENGTH: usize = 17;

    /// The header of a key id and a counter.
    #[must_use]
    pub const fn new(key_id: KeyId, counter: u64) -> Self {
        Self { key_id, counter }
    }

    /// Which key the frame is encrypted under.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Which frame under this key it is.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// The header's bytes, 1 to 17.
    #[must_use]
    pub fn encode(&self) -> EncodedHeader {
        let mut encoded = EncodedHeader {
            bytes: [0; Self::MAX_LENGTH],
            length: 1,
        };
        let key_id = encoded.append(self.key_id.value());
        let counter = encoded.append(self.counter);
        encoded.bytes[0] = key_id << 4 | counter;
        encoded
    }

    /// Reads the header at the front of a frame, and gives how many bytes it has.
    ///
    /// # Errors
    /// [`HeaderError::Truncated`] when the frame ends within it;
    /// [`HeaderError::NotShortest`] when fewer bytes would have done, which the
    /// RFC forbids to write.
    pub fn decode(frame: &[u8]) -> Result<(Self, usize), HeaderError> {
        let (config, rest) = frame.split_first().ok_or(HeaderError::Truncated)?;
        let (key_id, rest) = field(config >> 4, rest)?;
        let (counter, rest) = field(config & 0x0f, rest)?;
        let length = frame.len().saturating_sub(rest.len());
        Ok((Self::new(KeyId::new(key_id), counter), length))
    }
}

impl EncodedHeader {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Appends a field's bytes, if it has any, and gives its nibble of the first
    /// byte.
    fn append(&mut self, value: u64) -> u8 {
        let bytes = value.to_be_bytes();
        if value < INLINE {
            return bytes[7];
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let significant = bytes.get(zeros..).unwrap_or_default();
        let end = self.length.saturating_add(significant.len());
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(significant);
        }
        self.length = end;
        let count = u8::try_from(significant.len()).unwrap_or_default();
        EXTENDED | count.wrapping_sub(1)
    }
}

/// Values below this stand in the first byte.
const INLINE: u64 = 8;
/// The bit of a nibble that says that the value follows.
const EXTENDED: u8 = 8;

/// Reads the field that a nibble announces.
fn field(nibble: u8, rest: &[u8]) -> Result<(u64, &[u8]), HeaderError> {
    if nibble & EXTENDED == 0 {
        return Ok((u64::from(nibble), rest));
    }
    let length = usize::from(nibble & 7).saturating_add(1);
    let (bytes, rest) = rest
        .split_at_checked(length)
        .ok_or(HeaderError::Truncated)?;
    let value = bytes
        .iter()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    if value < INLINE || bytes.first() == Some(&0) {
        return Err(HeaderError::NotShortest);
    }
    Ok((value, rest))
}

/// Why bytes are not read as a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// The frame ends within the header.
    Truncated,
    /// Key id or counter take more bytes than they need.
    NotShortest,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the frame ends within its header",
            Self::NotShortest => "the header is longer than it needs to be",
        })
    }
}

impl core::error::Error for HeaderError {}
