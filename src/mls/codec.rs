//! MessagePack for what openmls stores: self-describing, as its types demand.
//!
//! Fields stand without their names, in the order of openmls's types, which makes values
//! half as large and twice as fast. So an engine with other fields reads them wrongly or
//! not at all: `Cargo.toml` names the one version whose order this is, a stored group of
//! it is among the tests, and an update of the engine brings its own reader.

use alloc::vec::Vec;
use std::io::{self, Write};

use rmp_serde::{
    Serializer,
    config::BytesMode,
    decode::{self, from_slice},
    encode,
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, Zeroizing};

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
) -> Result<Zeroizing<Vec<u8>>, encode::Error> {
    let mut out = WipedWriter(Zeroizing::new(Vec::with_capacity(256)));
    // Byte strings as such, and not as arrays of numbers: smaller and faster.
    let mut serializer = Serializer::new(&mut out).with_bytes(BytesMode::ForceAll);
    value.serialize(&mut serializer)?;
    Ok(out.0)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, decode::Error> {
    from_slice(bytes)
}

/// Grows without leaving a copy behind.
struct WipedWriter(Zeroizing<Vec<u8>>);

impl WipedWriter {
    #[cold]
    fn grow(&mut self, needed: usize) {
        let mut grown = Vec::with_capacity(needed.max(self.0.capacity().saturating_mul(2)));
        grown.extend_from_slice(&self.0);
        core::mem::swap(&mut *self.0, &mut grown);
        grown.zeroize();
    }
}

impl Write for WipedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    // Most writes are of a byte or two: a call for each takes longer than the rest.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let needed = self.0.len().saturating_add(bytes.len());
        if needed > self.0.capacity() {
            self.grow(needed);
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
