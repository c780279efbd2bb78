//! A key export of a hundred thousand sessions takes no more memory than one of
//! ten. A counting allocator, so this is a test binary of its own with one test
//! in it.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::io::{self, Write};

use common::{rng::SeededRng, room_keys::room_key};
use counting::peak;
use necturus::vault::{KeyExport, KeyExportWriter, RoomKeyEntry};

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
