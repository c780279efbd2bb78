//! Generators whose bytes are known: the only randomness in these tests.

use core::{convert::Infallible, fmt};

use necturus::rand_core::{TryCryptoRng, TryRng, utils};

/// splitmix64 from a seed. Not secret, and the same on every run: a failing
/// test fails again.
#[derive(Clone, Debug)]
pub(crate) struct SeededRng(u64);

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which is not zero. The bias is of no matter here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.step().checked_rem(bound).unwrap_or(0)
    }

    /// `N` bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let Ok(()) = self.try_fill_bytes(&mut bytes);
        bytes
    }

    fn step(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.step().to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.step())
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        utils::fill_bytes_via_next_word(dst, || self.try_next_u64())
    }
}

impl TryCryptoRng for SeededRng {}

/// Hands out the given bytes in order, each once; a draw of more than are left
/// fails and takes none.
#[derive(Clone, Debug)]
pub(crate) struct BytesRng {
    bytes: Vec<u8>,
    taken: usize,
}

impl BytesRng {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            taken: 0,
        }
    }

    /// How many bytes nobody has drawn.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.taken)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], NoBytes> {
        let mut bytes = [0; N];
        self.try_fill_bytes(&mut bytes)?;
        Ok(bytes)
    }
}

impl TryRng for BytesRng {
    type Error = NoBytes;

    fn try_next_u32(&mut self) -> Result<u32, NoBytes> {
        self.take().map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoBytes> {
        self.take().map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), NoBytes> {
        let end = self.taken.checked_add(dst.len()).ok_or(NoBytes)?;
        let bytes = self.bytes.get(self.taken..end).ok_or(NoBytes)?;
        dst.copy_from_slice(bytes);
        self.taken = end;
        Ok(())
    }
}

impl TryCryptoRng for BytesRng {}

/// Has no byte to give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailingRng;

impl TryRng for FailingRng {
    type Error = NoBytes;

    fn try_next_u32(&mut self) -> Result<u32, NoBytes> {
        Err(NoBytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoBytes> {
        Err(NoBytes)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), NoBytes> {
        Err(NoBytes)
    }
}

impl TryCryptoRng for FailingRng {}

/// The generator has no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoBytes;

impl fmt::Display for NoBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no bytes left")
    }
}

impl core::error::Error for NoBytes {}
