//! Reading a file.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use serde::de::IgnoredAny;
use zeroize::{Zeroize, Zeroizing};

use super::{
    super::room_key::RoomKeyEntry,
    MAX_FILE, MAX_ROUNDS, WEAK_BELOW,
    entries::{Entries, Found},
    error::{OpenExportError, ReadExportError},
    plaintext::{PIECE, Plaintext},
    source::{Slice, Source},
};
use crate::primitives::wipe::in_wiped_frame;

/// A key export file that was opened: an iterator over its room keys. Its MAC
/// over the whole file was good before there was one.
///
/// An entry that is no room key, is of an algorithm that nobody here knows, or
/// bears another session's id is left out and [counted](Self::skipped). What
/// comes out counts as imported: whoever had the passphrase could write it.
///
/// Memory: about 200 kB, however large the file is.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::vault::{KeyExport, KeyExportEncoder, OpenExportError};
///
/// let mut file = String::new();
/// let encoder = KeyExportEncoder::start("passphrase", 100_000, &mut file)?;
/// // encoder.push(&entry, &mut file)?;
/// encoder.finish(&mut file);
///
/// let mut keys = KeyExport::open(file.as_bytes(), "passphrase")?;
/// assert!(keys.next().is_none());
/// assert_eq!(
///     KeyExport::open(file.as_bytes(), "Passphrase").err(),
///     Some(OpenExportError::WrongPassphrase),
/// );
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct KeyExport<'a> {
    plaintext: Plaintext<'a>,
    entries: Entries,
    /// Text that was decrypted, of which `used` bytes were looked at.
    text: Zeroizing<Vec<u8>>,
    used: usize,
    /// How many bytes of the text are known to be UTF-8.
    checked: usize,
    skipped: u64,
    ended: bool,
}

impl<'a> KeyExport<'a> {
    /// How many bytes of text a file may have.
    pub const MAX_FILE: u64 = MAX_FILE;
    /// More rounds are refused unless the caller sets another bound: whoever
    /// made the file would otherwise decide how long this device works.
    pub const MAX_ROUNDS: u32 = MAX_ROUNDS;

    /// Opens a file in memory: derives the key, which takes a second or more by
    /// design, and checks the MAC over all of the file.
    ///
    /// # Errors
    /// [`OpenExportError`]: the first of its variants that holds.
    pub fn open(file: &'a [u8], passphrase: &str) -> Result<Self, OpenExportError> {
        Self::open_bounded(file, passphrase, MAX_ROUNDS)
    }

    /// [`Self::open`] with another bound than [`Self::MAX_ROUNDS`].
    ///
    /// # Errors
    /// [`OpenExportError`]: the first of its variants that holds.
    pub fn open_bounded(
        file: &'a [u8],
        passphrase: &str,
        max_rounds: u32,
    ) -> Result<Self, OpenExportError> {
        Self::open_source(Box::new(Slice::new(file)), passphrase, max_rounds)
    }

    /// [`Self::open`] of a file that is read twice from where it stands: once
    /// here, and once by the iterator. If it is changed in between, the iterator
    /// ends with [`ReadExportError::Changed`].
    ///
    /// Pieces of 16 KiB are read: a buffer in between is of no use.
    ///
    /// # Errors
    /// [`OpenExportError`]: the first of its variants that holds.
    #[cfg(feature = "std")]
    pub fn open_reader<R>(reader: R, passphrase: &str) -> Result<Self, OpenExportError>
    where
        R: std::io::Read + std::io::Seek + Send + 'a,
    {
        Self::open_reader_bounded(reader, passphrase, MAX_ROUNDS)
    }

    /// [`Self::open_reader`] with another bound than [`Self::MAX_ROUNDS`].
    ///
    /// # Errors
    /// [`OpenExportError`]: the first of its variants that holds.
    #[cfg(feature = "std")]
    pub fn open_reader_bounded<R>(
        reader: R,
        passphrase: &str,
        max_rounds: u32,
    ) -> Result<Self, OpenExportError>
    where
        R: std::io::Read + std::io::Seek + Send + 'a,
    {
        let stream = super::source::Stream::new(reader)?;
        Self::open_source(Box::new(stream), passphrase, max_rounds)
    }

    fn open_source(
        source: Box<dyn Source + Send + 'a>,
        passphrase: &str,
        max_rounds: u32,
    ) -> Result<Self, OpenExportError> {
        in_wiped_frame(|| {
            Ok(Self {
                plaintext: Plaintext::open(source, passphrase, max_rounds)?,
                entries: Entries::new(),
                // A piece, and what was left of the one before: it never grows.
                text: Zeroizing::new(Vec::with_capacity(PIECE.saturating_mul(2))),
                used: 0,
                checked: 0,
                skipped: 0,
                ended: false,
            })
        })
    }

    /// How many rounds made the key.
    #[must_use]
    pub const fn rounds(&self) -> u32 {
        self.plaintext.rounds()
    }

    /// Whether there were so few rounds that the file is weakly protected: tell
    /// the user.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.rounds() < WEAK_BELOW
    }

    /// How many entries were left out so far.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    fn next_entry(&mut self) -> Result<Option<RoomKeyEntry>, ReadExportError> {
        loop {
            let text = self.text.get(self.used..self.checked).unwrap_or_default();
            let (used, found) = self.entries.push(text).map_err(|_| ReadExportError::Json)?;
            self.used = self.used.saturating_add(used);
            match found {
                Found::Entry => {
                    let entry = RoomKeyEntry::from_json(self.entries.entry());
                    if entry.is_err() && !is_json(self.entries.entry()) {
                        return Err(ReadExportError::Json);
                    }
                    self.entries.start();
                    match entry {
                        Ok(entry) => return Ok(Some(entry)),
                        Err(_) => self.skipped = self.skipped.saturating_add(1),
                    }
                }
                Found::TooLong => {
                    self.entries.start();
                    self.skipped = self.skipped.saturating_add(1);
                }
                Found::Nothing => {
                    if !self.read()? {
                        return if self.entries.has_ended() {
                            Ok(None)
                        } else {
                            Err(ReadExportError::Json)
                        };
                    }
                }
            }
        }
    }

    /// Decrypts the next piece, and checks that it is UTF-8; false at the end.
    fn read(&mut self) -> Result<bool, ReadExportError> {
        // The first bytes of a character may be left.
        let length = self.text.len();
        self.text.copy_within(self.checked..length, 0);
        self.text.truncate(length.saturating_sub(self.checked));
        self.used = 0;
        self.checked = 0;
        let more = self.plaintext.read(&mut self.text)?;
        match core::str::from_utf8(&self.text) {
            Ok(text) => self.checked = text.len(),
            Err(error) if more && error.error_len().is_none() => {
                self.checked = error.valid_up_to();
            }
            Err(_) => return Err(ReadExportError::NotUtf8),
        }
        Ok(more)
    }
}

impl Iterator for KeyExport<'_> {
    type Item = Result<RoomKeyEntry, ReadExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = in_wiped_frame(|| self.next_entry().transpose());
        if !matches!(entry, Some(Ok(_))) {
            self.ended = true;
            self.text.zeroize();
        }
        entry
    }
}

impl core::iter::FusedIterator for KeyExport<'_> {}

impl fmt::Debug for KeyExport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyExport")
            .field("rounds", &self.rounds())
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

/// Whether these bytes are one JSON value of any kind.
fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}
