//! A key export of a hundred thousand sessions takes no more memory than one of
//! ten. A counting allocator, so this is a test binary of its own with one test
//! in it.

mod common;

use core::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering},
};
use std::{
    alloc::System,
    io::{self, Write},
};

use common::{rng::SeededRng, room_keys::room_key};
use necturus::vault::{KeyExport, KeyExportWriter, RoomKeyEntry};

/// The system's allocator, with the bytes that are allocated now, and at most.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let now = NOW.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
    PEAK.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator with what it was called
// with, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many bytes `operation` has allocated at a time, at most.
fn peak<T>(operation: impl FnOnce() -> T) -> (usize, T) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = operation();
    (PEAK.load(Ordering::Relaxed).wrapping_sub(before), result)
}

/// A file in memory that is allocated beforehand.
struct Text {
    bytes: Vec<u8>,
}

impl Write for &mut Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.bytes.capacity() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const SESSIONS: usize = 100_000;
/// More than enough for the text of one session.
const EACH: usize = 900;
const BOUND: usize = 512 * 1024;

#[test]
fn a_hundred_thousand_sessions_stream() {
    let entry = RoomKeyEntry::new("!room:example.org", room_key(1)).unwrap();
    let mut text = Text {
        bytes: Vec::with_capacity(SESSIONS * EACH),
    };
    let (most, ()) = peak(|| {
        let rng = &mut SeededRng::new(1);
        let mut writer = KeyExportWriter::start_with(rng, "1234", 100_000, &mut text).unwrap();
        for _ in 0..SESSIONS {
            writer.push(&entry).unwrap();
        }
        writer.finish().unwrap();
    });
    assert!(most < BOUND, "{most} bytes to write");
    assert!(text.bytes.len() > 50_000_000, "{} bytes", text.bytes.len());

    let (most, read) = peak(|| {
        let file = io::Cursor::new(&text.bytes);
        let mut keys = KeyExport::open_reader(file, "1234").unwrap();
        let read = keys.by_ref().map(Result::unwrap).count();
        assert_eq!(keys.skipped(), 0);
        read
    });
    assert_eq!(read, SESSIONS);
    assert!(most < BOUND, "{most} bytes to read");
}
