//! Attachments from readers to writers: nothing is written before all of it was
//! checked, in memory that does not depend on the file.

#![cfg(feature = "std")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};

use common::rng::{FailingRng, SeededRng};
use necturus::vault::{
    AttachmentError, DecryptStreamError, EncryptStreamError, EncryptedFile, FileVersions,
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// Gives at most `step` bytes at once, is interrupted now and then, and fails at
/// `fails_at`.
struct Slow<T> {
    inner: T,
    step: usize,
    calls: usize,
    left: usize,
}

impl<T> Slow<T> {
    fn new(inner: T, step: usize, fails_at: usize) -> Self {
        Self {
            inner,
            step,
            calls: 0,
            left: fails_at,
        }
    }

    fn next(&mut self, wanted: usize) -> io::Result<usize> {
        self.calls = self.calls.wrapping_add(1);
        if self.calls.is_multiple_of(3) {
            return Err(ErrorKind::Interrupted.into());
        }
        if self.left == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        let length = wanted.min(self.step).min(self.left);
        self.left = self.left.saturating_sub(length);
        Ok(length)
    }
}

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.next(buffer.len())?;
        self.inner.read(&mut buffer[..length])
    }
}

impl<R: Seek> Seek for Slow<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl<W: Write> Write for Slow<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.next(bytes.len())?;
        self.inner.write(&bytes[..length])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn encrypted(text: &[u8]) -> (EncryptedFile, Vec<u8>) {
    let mut ciphertext = Vec::new();
    let file =
        EncryptedFile::encrypt_to_with(&mut SeededRng::new(1), text, &mut ciphertext).unwrap();
    (file, ciphertext)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn streams_give_what_buffers_give(
        text in vec(any::<u8>(), 0..200_000),
        step in 1000usize..100_000,
        start in 0u64..5,
    ) {
        let mut buffer = text.clone();
        let rng = || SeededRng::new(1);
        let file = EncryptedFile::encrypt_in_place_with(&mut rng(), &mut buffer).unwrap();
        let mut ciphertext = Vec::new();
        let streamed = EncryptedFile::encrypt_to_with(
            &mut rng(),
            Slow::new(&text[..], step, usize::MAX),
            Slow::new(&mut ciphertext, step, usize::MAX),
        ).unwrap();
        prop_assert_eq!(&ciphertext, &buffer);
        prop_assert_eq!(&*streamed.to_json(""), &*file.to_json(""));

        // From where the reader stands.
        let before = vec![0; usize::try_from(start).unwrap()];
        let mut reader = Cursor::new([&before[..], &ciphertext].concat());
        reader.set_position(start);
        let mut out = Vec::new();
        let verified = file.decrypt_to(
            Slow::new(reader, step, usize::MAX),
            Slow::new(&mut out, step, usize::MAX),
        ).unwrap();
        prop_assert_eq!(verified.length(), text.len() as u64);
        prop_assert_eq!(out, text);
    }

    #[test]
    fn of_a_changed_file_nothing_is_written(
        text in vec(any::<u8>(), 1..150_000),
        at in any::<Index>(),
        bit in 0u32..8,
    ) {
        let (file, mut ciphertext) = encrypted(&text);
        let truncated = ciphertext[..at.index(text.len())].to_vec();
        ciphertext[at.index(text.len())] ^= 1 << bit;
        for changed in [ciphertext, truncated] {
            let mut out = Vec::new();
            prop_assert_eq!(
                file.decrypt_to(Cursor::new(changed), &mut out),
                Err(DecryptStreamError::Attachment(AttachmentError::WrongHash))
            );
            prop_assert!(out.is_empty());
        }
    }
}

/// Gives one content until it is rewound, and another then.
struct Exchanged(Cursor<Vec<u8>>, Vec<u8>);

impl Read for Exchanged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Exchanged {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if matches!(to, SeekFrom::Start(_)) {
            self.0 = Cursor::new(core::mem::take(&mut self.1));
        }
        self.0.seek(to)
    }
}

#[test]
fn a_file_that_changes_between_the_passes_is_told() {
    let (file, ciphertext) = encrypted(&[7; 100_000]);
    let mut flipped = ciphertext.clone();
    flipped[99_999] ^= 1;
    for second in [flipped, ciphertext[..99_999].to_vec(), Vec::new()] {
        let reader = Exchanged(Cursor::new(ciphertext.clone()), second);
        assert_eq!(
            file.decrypt_to(reader, io::sink()),
            Err(DecryptStreamError::Changed)
        );
    }
}

#[test]
fn what_fails_is_told_apart() {
    let text = [7; 100_000];
    let slow = |fails_at| Slow::new(Cursor::new(text), 30_000, fails_at);
    let rng = &mut SeededRng::new(1);
    let timed_out = ErrorKind::TimedOut;
    for fails_at in [0, 70_000] {
        assert_eq!(
            EncryptedFile::encrypt_to_with(rng, slow(fails_at), io::sink()).err(),
            Some(EncryptStreamError::Read(timed_out))
        );
        assert_eq!(
            EncryptedFile::encrypt_to_with(rng, &text[..], Slow::new(io::sink(), 900, fails_at))
                .err(),
            Some(EncryptStreamError::Write(timed_out))
        );
    }
    assert_eq!(
        EncryptedFile::encrypt_to_with(&mut FailingRng, &text[..], io::sink()).err(),
        Some(EncryptStreamError::Rng)
    );

    let (file, ciphertext) = encrypted(&text);
    // The first pass, then the second.
    for fails_at in [0, 70_000, 150_000] {
        let reader = Slow::new(Cursor::new(&ciphertext), 30_000, fails_at);
        assert_eq!(
            file.decrypt_to(reader, io::sink()),
            Err(DecryptStreamError::Read(timed_out))
        );
    }
    let writer = Slow::new(io::sink(), 900, 70_000);
    assert_eq!(
        file.decrypt_to(Cursor::new(&ciphertext), writer),
        Err(DecryptStreamError::Write(timed_out))
    );
}

#[test]
fn a_counter_that_overflows_is_refused() {
    let (file, _) = encrypted(b"");
    let mut object = file.to_object("mxc://example.org/a");
    object.insert("iv", "AAAAAAAAAAD//////////w"); // the low half is 2^64 − 1
    let file = EncryptedFile::from_object(&object, FileVersions::Current).unwrap();
    assert_eq!(
        file.decrypt_to(Cursor::new([0; 17]), io::sink()),
        Err(DecryptStreamError::Attachment(
            AttachmentError::CounterOverflow
        ))
    );
}
