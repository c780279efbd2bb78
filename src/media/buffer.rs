//! The caller's buffers: frames are changed where they stand.

use alloc::vec::Vec;

use zeroize::Zeroize;

/// Makes `frame` as long as `length`, which it is not longer than. When it has no
/// room for that it moves, and what it leaves is wiped: a frame is a secret until
/// it is encrypted.
pub(super) fn grow(frame: &mut Vec<u8>, length: usize) {
    if frame.capacity() < length {
        let mut larger = Vec::with_capacity(length);
        larger.extend_from_slice(frame);
        core::mem::swap(frame, &mut larger);
        larger.zeroize();
    }
    frame.resize(length, 0);
}
