//! How much memory a long attachment takes: as much as a short one. A counting
//! allocator, so this is a test binary of its own.

#![cfg(feature = "std")]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::io::{self, Read, Seek, SeekFrom};

use common::rng::SeededRng;
use counting::peak;
use necturus::vault::{AttachmentEncryptor, EncryptedFile};

fn rng() -> SeededRng {
    SeededRng::new(1)
}

/// The ciphertext of a file of zeros, made as it is read: nobody holds it.
struct Ciphertext {
    encryptor: AttachmentEncryptor,
    length: u64,
    at: u64,
}

impl Ciphertext {
    fn new(length: u64) -> Self {
        Self {
            encryptor: AttachmentEncryptor::new_with(&mut rng()).unwrap(),
            length,
            at: 0,
        }
    }
}

impl Read for Ciphertext {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let piece = buffer.get_mut(..count).unwrap_or_default();
        piece.fill(0);
        self.encryptor.update(piece);
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for Ciphertext {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(0) => *self = Self::new(self.length),
            SeekFrom::Current(0) => {}
            _ => return Err(io::ErrorKind::Unsupported.into()),
        }
        Ok(self.at)
    }
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

#[test]
fn a_long_file_takes_no_more_memory_than_a_short_one() {
    let (counted, _) = peak(|| vec![1u8; 5000]);
    assert_eq!(counted, 5000, "the counter counts");

    stream(64 * MIB);
}

#[test]
#[ignore = "a gigabyte takes seconds: `.ci/deep` runs it"]
fn neither_does_a_gigabyte() {
    stream(1024 * MIB);
}

fn stream(length: u64) {
    let bound = usize::try_from(128 * KIB).unwrap();
    let zeros = io::repeat(0).take(length);
    let (memory, file) =
        peak(|| EncryptedFile::encrypt_to_with(&mut rng(), zeros, io::sink()).unwrap());
    assert!(memory < bound, "encrypting takes {memory} bytes");

    let ciphertext = Ciphertext::new(length);
    let (memory, verified) = peak(|| file.decrypt_to(ciphertext, io::sink()).unwrap());
    assert_eq!(verified.length(), length);
    assert!(memory < bound, "decrypting takes {memory} bytes");
}
