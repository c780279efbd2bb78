//! Hands out the bytes that a case gives.

use core::fmt;

use necturus::rand_core::{TryCryptoRng, TryRng};

/// Each byte once, in order; drawing more than there are fails.
pub(crate) struct Given(Vec<u8>);

impl Given {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Whether all were drawn.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Given {
    type Error = Spent;

    fn try_next_u32(&mut self) -> Result<u32, Spent> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Spent> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Spent> {
        let from = self.0.get(..to.len()).ok_or(Spent)?;
        to.copy_from_slice(from);
        self.0.drain(..to.len());
        Ok(())
    }
}

impl TryCryptoRng for Given {}

/// There are not that many bytes left.
#[derive(Debug)]
pub(crate) struct Spent;

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no bytes left")
    }
}

impl core::error::Error for Spent {}
