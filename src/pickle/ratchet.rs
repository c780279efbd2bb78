//! A Megolm ratchet at rest, as our own records and libolm's both have it:
//! `ratchet (128) ‖ index u32`.

use crate::{
    codec::record::{Reader, Truncated, Writer},
    megolm::Ratchet,
};

pub(super) const LENGTH: usize = Ratchet::LENGTH + 4;

pub(super) fn put(ratchet: &Ratchet, out: &mut Writer) {
    out.bytes(ratchet.as_bytes());
    out.u32(ratchet.index());
}

pub(super) fn read(record: &mut Reader<'_>) -> Result<Ratchet, Truncated> {
    let bytes = record.array()?;
    Ok(Ratchet::from_bytes(bytes, record.u32()?))
}
