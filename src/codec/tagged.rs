//! The tagged format of Olm and Megolm payloads: fields of a tag byte and a
//! varint, or a tag byte, a varint length and bytes.
//!
//! The reader takes the canonical encoding alone: the fields in their order,
//! each once, every varint as short as can be. Peers never write anything
//! else, and so a message has one form of bytes.

use alloc::vec::Vec;

use super::error::{DecodeError, Field};

const WIRE_VARINT: u8 = 0;
const WIRE_BYTES: u8 = 2;

/// A cursor over the fields of a payload.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    /// The varint field `tag`, below 2^32.
    pub(crate) fn index(&mut self, tag: u8, field: Field) -> Result<u32, DecodeError> {
        self.expect(tag, field)?;
        let value = self.varint()?;
        u32::try_from(value).map_err(|_| DecodeError::IndexTooLarge)
    }

    /// The bytes of field `tag`.
    pub(crate) fn bytes(&mut self, tag: u8, field: Field) -> Result<&'a [u8], DecodeError> {
        self.expect(tag, field)?;
        // A length that no varint of ours can hold is past the end, too.
        let length = match self.varint() {
            Err(DecodeError::IndexTooLarge) => Err(DecodeError::Truncated),
            length => length,
        }?;
        let length = usize::try_from(length).map_err(|_| DecodeError::Truncated)?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The 32 bytes of the key in field `tag`.
    pub(crate) fn key(&mut self, tag: u8, field: Field) -> Result<[u8; 32], DecodeError> {
        let bytes = self.bytes(tag, field)?;
        bytes.try_into().map_err(|_| DecodeError::KeyLength {
            field,
            found: bytes.len(),
        })
    }

    /// Refuses anything behind the last field.
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.first() {
            None => Ok(()),
            Some(tag) => Err(wire_type(*tag).err().unwrap_or(DecodeError::NotCanonical)),
        }
    }

    fn expect(&mut self, tag: u8, field: Field) -> Result<(), DecodeError> {
        let (found, rest) = self
            .rest
            .split_first()
            .ok_or(DecodeError::Missing { field })?;
        if *found == tag {
            self.rest = rest;
            return Ok(());
        }
        wire_type(*found)?;
        // Fields stand in rising order, so a higher one means that ours was
        // left out, and a lower one that something was repeated or moved.
        if *found > tag && *found < 0x80 {
            Err(DecodeError::Missing { field })
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let (byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
            self.rest = rest;
            let bits = u64::from(*byte & 0x7f);
            // Everything past 2^63 is out of range for every field there is.
            if shift > 56 {
                return Err(DecodeError::IndexTooLarge);
            }
            value |= bits.wrapping_shl(shift);
            if *byte & 0x80 == 0 {
                return if bits == 0 && shift > 0 {
                    Err(DecodeError::NotCanonical)
                } else {
                    Ok(value)
                };
            }
            shift = shift.saturating_add(7);
        }
    }
}

fn wire_type(tag: u8) -> Result<(), DecodeError> {
    match tag & 7 {
        // Field number 0 does not exist.
        WIRE_VARINT | WIRE_BYTES if tag < 8 => Err(DecodeError::NotCanonical),
        WIRE_VARINT | WIRE_BYTES => Ok(()),
        found => Err(DecodeError::WireType { found }),
    }
}

/// How many bytes [`put_varint`] writes.
pub(crate) const fn varint_length(value: u64) -> usize {
    let mut length = 1usize;
    let mut rest = value >> 7;
    while rest != 0 {
        length = length.saturating_add(1);
        rest >>= 7;
    }
    length
}

/// How many bytes [`put_bytes`] writes for `length` bytes.
pub(crate) const fn bytes_length(length: usize) -> usize {
    1usize
        .saturating_add(varint_length(length as u64))
        .saturating_add(length)
}

/// Appends `value` as the shortest varint.
pub(crate) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let bits = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(bits);
            return;
        }
        out.push(bits | 0x80);
    }
}

/// Appends the field `tag` with a varint.
pub(crate) fn put_index(tag: u8, value: u32, out: &mut Vec<u8>) {
    out.push(tag);
    put_varint(u64::from(value), out);
}

/// Appends the tag and the length of a field whose bytes follow.
pub(crate) fn put_length(tag: u8, length: usize, out: &mut Vec<u8>) {
    out.push(tag);
    put_varint(length as u64, out);
}

/// Appends the field `tag` with bytes.
pub(crate) fn put_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    put_length(tag, bytes.len(), out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip_at_every_border() {
        for bits in 0..56 {
            for value in [(1u64 << bits) - 1, 1 << bits, (1 << bits) + 1] {
                let mut out = Vec::new();
                put_varint(value, &mut out);
                assert_eq!(out.len(), varint_length(value));
                let mut fields = Fields::new(&out);
                assert_eq!(fields.varint(), Ok(value));
                assert_eq!(fields.finish(), Ok(()));
            }
        }
    }

    #[test]
    fn a_longer_varint_than_need_be_is_refused() {
        for bytes in [&[0x80, 0x00][..], &[0x81, 0x80, 0x00]] {
            assert_eq!(Fields::new(bytes).varint(), Err(DecodeError::NotCanonical));
        }
        assert_eq!(Fields::new(&[0x80]).varint(), Err(DecodeError::Truncated));
        assert_eq!(
            Fields::new(&[0xff; 12]).varint(),
            Err(DecodeError::IndexTooLarge)
        );
    }
}
