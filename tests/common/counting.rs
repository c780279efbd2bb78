//! An allocator that counts, for each thread. A test takes it in by its path, not
//! with the rest of `common`: it counts for the whole binary.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test asks one of the two questions"
)]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
};
use std::alloc::System;

/// The system's allocator, which keeps how often each thread allocated, and how
/// many bytes it has and had at most.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static NOW: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

fn took(size: usize) {
    // Gone while a thread ends, when nobody counts any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get().saturating_add(1)));
    let _ = NOW.try_with(|now| {
        now.set(now.get().saturating_add(size));
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

fn gave(size: usize) {
    let _ = NOW.try_with(|now| now.set(now.get().saturating_sub(size)));
}

// SAFETY: every call goes to the system's allocator with what it was called
// with, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        took(new_size);
        gave(layout.size());
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often `operation` allocates, and its result.
pub(crate) fn counted<T>(operation: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let result = operation();
    (ALLOCATIONS.get().wrapping_sub(before), result)
}

/// How many bytes `operation` has at once beyond what was there, and its result.
pub(crate) fn peak<T>(operation: impl FnOnce() -> T) -> (usize, T) {
    let before = NOW.get();
    MOST.set(before);
    let result = operation();
    (MOST.get().saturating_sub(before), result)
}
