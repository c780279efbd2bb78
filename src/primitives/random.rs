//! Randomness is a parameter: whoever calls an operation decides where its
//! random bytes come from, and a generator that fails is an error.

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::wipe::Secret;

/// The random number generator failed; nothing was changed.
///
/// The generator's own error is not kept, so that it cannot carry anything
/// that should not be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RngError;

impl fmt::Display for RngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the random number generator failed")
    }
}

impl core::error::Error for RngError {}

/// Draws `N` bytes in one call.
pub(crate) fn draw<const N: usize, R>(rng: &mut R) -> Result<Secret<N>, RngError>
where
    R: TryCryptoRng + ?Sized,
{
    let mut bytes = Secret::ZERO;
    fill(rng, bytes.as_mut_slice())?;
    Ok(bytes)
}

/// Draws two keys of 32 bytes in one call.
pub(crate) fn draw_two<R>(rng: &mut R) -> Result<Zeroizing<[[u8; 32]; 2]>, RngError>
where
    R: TryCryptoRng + ?Sized,
{
    let mut keys = Zeroizing::new([[0; 32]; 2]);
    fill(rng, keys.as_flattened_mut())?;
    Ok(keys)
}

/// Fills `bytes` in one call.
pub(crate) fn fill<R>(rng: &mut R, bytes: &mut [u8]) -> Result<(), RngError>
where
    R: TryCryptoRng + ?Sized,
{
    rng.try_fill_bytes(bytes).map_err(|_| RngError)
}

/// The operating system's generator, behind the feature `os-rng`.
#[cfg(feature = "os-rng")]
pub(crate) use getrandom::SysRng as OsRng;
