//! Wiping: secret bytes, and the stack under an operation on secrets.
//!
//! Primitives wipe the values they own, but the compiler spills copies of keys,
//! key schedules and hash states that no destructor knows of. Every public
//! operation on secrets therefore runs in a frame of its own, and the stack
//! below that frame is cleared when it returns.

use core::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// `N` secret bytes, wiped on drop: as a slice, which is several times faster
/// than wiping an array item by item.
#[derive(Clone)]
pub(crate) struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    pub(crate) const ZERO: Self = Self([0; N]);

    /// The `M` bytes from `start` on, which are within the `N`.
    pub(crate) fn part<const M: usize>(&self, start: usize) -> &[u8; M] {
        self.0
            .get(start..)
            .and_then(|rest| rest.first_chunk())
            .unwrap_or(&[0; M])
    }
}

impl<const N: usize> From<[u8; N]> for Secret<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> Deref for Secret<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Secret<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Zeroize for Secret<N> {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<const N: usize> zeroize::ZeroizeOnDrop for Secret<N> {}

/// Bytes of stack cleared below an operation: the deepest primitive uses a
/// little over 9 KiB (AES-CBC with the hardware instructions) on `x86_64`.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const DEPTH: usize = 16 * 1024;
/// Below an operation that builds an Olm session or an account, which are nearly
/// 10 kB and are copied some times while they are built and read.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const DEEP: usize = 96 * 1024;
/// Smaller where the whole stack is: the portable primitives stay below 6 KiB.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const DEPTH: usize = 8 * 1024;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const DEEP: usize = 16 * 1024;

/// Clears the stack below the frame that drops it. By its drop, and not by a
/// call behind the operation, so that the operation's result goes straight to
/// the caller and leaves no copy in between.
struct ClearStack<const N: usize>;

impl<const N: usize> Drop for ClearStack<N> {
    fn drop(&mut self) {
        zeroize::zeroize_stack::<N>();
    }
}

/// Runs `operation` in a frame of its own and clears the stack it used.
///
/// The result is written to the caller's frame, which is not cleared.
#[inline]
pub(crate) fn in_wiped_frame<T>(operation: impl FnOnce() -> T) -> T {
    let _clear = ClearStack::<DEPTH>;
    frame(operation)
}

/// The same for operations that build an Olm session or an account.
#[inline]
pub(crate) fn in_deep_wiped_frame<T>(operation: impl FnOnce() -> T) -> T {
    let _clear = ClearStack::<DEEP>;
    frame(operation)
}

#[inline(never)]
fn frame<T>(operation: impl FnOnce() -> T) -> T {
    operation()
}
