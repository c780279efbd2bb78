//! Writing a file.

use alloc::{string::String, vec::Vec};
use core::{fmt, num::NonZeroU32};

use rand_core::TryCryptoRng;

use super::{
    super::room_key::RoomKeyEntry,
    DEFAULT_ROUNDS, MAX_FILE, MAX_ROUNDS, WEAK_BELOW,
    armor::{FOOTER, HEADER, write_last_line, write_lines},
    error::WriteExportError,
    keys::Head,
};
use crate::primitives::{
    ctr::{Aes256Ctr, clear_bit_63},
    kdf::HmacSha256,
    random::fill,
    wipe::in_wiped_frame,
};

/// Writes a key export file piece by piece: each call appends text to a string,
/// which the caller may empty between the calls. Secret; wiped on drop.
///
/// `KeyExportWriter` writes to a file, with the feature `std`.
pub struct KeyExportEncoder {
    cipher: Aes256Ctr,
    mac: HmacSha256,
    /// Ciphertext that fills no line yet.
    bytes: Vec<u8>,
    /// How many bytes of text there are, or a few more.
    length: u64,
    first: bool,
}

impl KeyExportEncoder {
    /// How many rounds to use unless there is a reason, as all clients do.
    pub const DEFAULT_ROUNDS: u32 = DEFAULT_ROUNDS;

    /// Starts a file: derives the key, which takes a second or so by design, and
    /// appends the first line.
    ///
    /// Draws from `rng`: 16 bytes for the salt, then 16 for the IV.
    ///
    /// # Errors
    /// [`WriteExportError::Rounds`] if there are fewer than 100 000 or more than
    /// 10 000 000, and [`WriteExportError::Rng`] if the generator fails. Nothing
    /// was appended.
    pub fn start_with<R>(
        rng: &mut R,
        passphrase: &str,
        rounds: u32,
        out: &mut String,
    ) -> Result<Self, WriteExportError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let rounds = NonZeroU32::new(rounds)
            .filter(|rounds| (WEAK_BELOW..=MAX_ROUNDS).contains(&rounds.get()))
            .ok_or(WriteExportError::Rounds)?;
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        fill(rng, &mut salt)?;
        fill(rng, &mut iv)?;
        clear_bit_63(&mut iv);
        let head = Head { salt, iv, rounds };
        let (cipher, mac) = in_wiped_frame(|| {
            let keys = head.derive(passphrase);
            (keys.cipher(&iv), keys.mac())
        });
        let mut encoder = Self {
            cipher,
            mac,
            bytes: Vec::with_capacity(1024),
            length: FRAME,
            first: true,
        };
        encoder.mac.update(&head.to_bytes());
        encoder.bytes.extend_from_slice(&head.to_bytes());
        out.push_str(HEADER);
        out.push('\n');
        Ok(encoder)
    }

    /// [`Self::start_with`] the operating system's generator.
    ///
    /// # Errors
    /// As [`Self::start_with`].
    #[cfg(feature = "os-rng")]
    pub fn start(
        passphrase: &str,
        rounds: u32,
        out: &mut String,
    ) -> Result<Self, WriteExportError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::start_with(rng, passphrase, rounds, out)
    }

    /// Appends a room key.
    ///
    /// # Errors
    /// [`WriteExportError::TooLarge`] if no reader would take the file; nothing
    /// was appended.
    pub fn push(&mut self, entry: &RoomKeyEntry, out: &mut String) -> Result<(), WriteExportError> {
        in_wiped_frame(|| {
            let mut json = entry.to_json();
            let length = self.text_length(json.len());
            if length > MAX_FILE {
                return Err(WriteExportError::TooLarge);
            }
            self.length = length;
            let separator = if self.first { b'[' } else { b',' };
            self.first = false;
            self.encrypt(&mut [separator]);
            self.encrypt(&mut json);
            write_lines(&mut self.bytes, out);
            Ok(())
        })
    }

    /// Appends the MAC and the last line.
    pub fn finish(mut self, out: &mut String) {
        in_wiped_frame(|| {
            if self.first {
                self.encrypt(&mut [b'[']);
            }
            self.encrypt(&mut [b']']);
            self.bytes.extend_from_slice(&self.mac.clone().finish());
            write_last_line(core::mem::take(&mut self.bytes), out);
            out.push_str(FOOTER);
            out.push('\n');
        });
    }

    /// Encrypts in place, and keeps the ciphertext.
    fn encrypt(&mut self, text: &mut [u8]) {
        self.cipher.apply(text);
        self.mac.update(text);
        self.bytes.extend_from_slice(text);
    }

    /// How much text there is at most after this many bytes more: four
    /// characters for three bytes, and the end of a line each 96 of them.
    fn text_length(&self, bytes: usize) -> u64 {
        let text = bytes.saturating_add(1).saturating_mul(97).div_ceil(72);
        self.length
            .saturating_add(u64::try_from(text).unwrap_or(u64::MAX))
    }
}

/// More than the text of a file without entries has.
const FRAME: u64 = 256;

impl fmt::Debug for KeyExportEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyExportEncoder").finish_non_exhaustive()
    }
}

/// Writes a key export file to a writer. Secret; wiped on drop.
///
/// Each room key is one small write: put a
/// [`BufWriter`](std::io::BufWriter) in between.
#[cfg(feature = "std")]
pub struct KeyExportWriter<W> {
    encoder: KeyExportEncoder,
    text: String,
    writer: W,
    failed: Option<std::io::ErrorKind>,
}

#[cfg(feature = "std")]
impl<W: std::io::Write> KeyExportWriter<W> {
    /// As [`KeyExportEncoder::start_with`].
    ///
    /// # Errors
    /// As there, and [`WriteExportError::Io`].
    pub fn start_with<R>(
        rng: &mut R,
        passphrase: &str,
        rounds: u32,
        writer: W,
    ) -> Result<Self, WriteExportError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let mut text = String::new();
        let encoder = KeyExportEncoder::start_with(rng, passphrase, rounds, &mut text)?;
        let mut this = Self {
            encoder,
            text,
            writer,
            failed: None,
        };
        this.write()?;
        Ok(this)
    }

    /// [`Self::start_with`] the operating system's generator.
    ///
    /// # Errors
    /// As [`Self::start_with`].
    #[cfg(feature = "os-rng")]
    pub fn start(passphrase: &str, rounds: u32, writer: W) -> Result<Self, WriteExportError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::start_with(rng, passphrase, rounds, writer)
    }

    /// As [`KeyExportEncoder::push`].
    ///
    /// # Errors
    /// As there, and [`WriteExportError::Io`]: after that the file is broken,
    /// and every call fails.
    pub fn push(&mut self, entry: &RoomKeyEntry) -> Result<(), WriteExportError> {
        if let Some(kind) = self.failed {
            return Err(WriteExportError::Io(kind));
        }
        self.encoder.push(entry, &mut self.text)?;
        self.write()
    }

    /// As [`KeyExportEncoder::finish`]; flushes the writer and gives it back.
    ///
    /// # Errors
    /// [`WriteExportError::Io`].
    pub fn finish(mut self) -> Result<W, WriteExportError> {
        if let Some(kind) = self.failed {
            return Err(WriteExportError::Io(kind));
        }
        self.encoder.finish(&mut self.text);
        self.writer.write_all(self.text.as_bytes())?;
        self.writer.flush()?;
        Ok(self.writer)
    }

    fn write(&mut self) -> Result<(), WriteExportError> {
        let written = self.writer.write_all(self.text.as_bytes());
        self.text.clear();
        written.map_err(|error| {
            self.failed = Some(error.kind());
            error.into()
        })
    }
}

#[cfg(feature = "std")]
impl<W> fmt::Debug for KeyExportWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyExportWriter").finish_non_exhaustive()
    }
}
