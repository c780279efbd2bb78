//! The two passes over a file.

use alloc::{boxed::Box, vec, vec::Vec};

use subtle::ConstantTimeEq;

use super::{
    MAC_LENGTH, MAX_FILE,
    armor::{ArmorError, Dearmor},
    error::{OpenExportError, ReadExportError},
    keys::{Head, Keys},
    source::{Source, SourceError},
};
use crate::primitives::{
    ctr::{Aes256Ctr, low_half_suffices},
    kdf::HmacSha256,
};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes of text read at a time.
pub(super) const PIECE: usize = 16 * 1024;

/// A file's text on its way to bytes.
struct Pass {
    dearmor: Dearmor,
    text: Vec<u8>,
    /// How much text there was.
    length: u64,
    /// Bytes that nobody has taken yet.
    bytes: Vec<u8>,
    ended: bool,
}

impl Pass {
    fn new() -> Self {
        Self {
            dearmor: Dearmor::new(),
            text: vec![0; PIECE],
            length: 0,
            bytes: Vec::with_capacity(PIECE),
            ended: false,
        }
    }

    /// Reads the next piece; false after the last.
    fn advance<E>(&mut self, source: &mut dyn Source) -> Result<bool, E>
    where
        E: From<SourceError> + From<ArmorError> + From<TooLarge>,
    {
        if self.ended {
            return Ok(false);
        }
        let length = source.read(&mut self.text)?;
        let first = self.length == 0;
        self.length = self
            .length
            .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        if self.length > MAX_FILE {
            return Err(TooLarge.into());
        }
        if length == 0 {
            self.ended = true;
            self.dearmor.finish(&mut self.bytes)?;
            return Ok(true);
        }
        let text = self.text.get(..length).unwrap_or_default();
        let text = text
            .strip_prefix(BYTE_ORDER_MARK)
            .filter(|_| first)
            .unwrap_or(text);
        self.dearmor.push(text, &mut self.bytes)?;
        Ok(true)
    }

    /// Takes the bytes that are surely no part of the MAC.
    fn take_body(&mut self) -> vec::Drain<'_, u8> {
        let length = self.bytes.len().saturating_sub(MAC_LENGTH);
        self.bytes.drain(..length)
    }
}

/// The file has more than [`MAX_FILE`] bytes.
struct TooLarge;

impl From<TooLarge> for OpenExportError {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl From<TooLarge> for ReadExportError {
    fn from(_: TooLarge) -> Self {
        Self::Changed
    }
}

/// The second pass: the text of a file whose MAC was good.
pub(super) struct Plaintext<'a> {
    source: Box<dyn Source + Send + 'a>,
    head: Head,
    pass: Pass,
    cipher: Aes256Ctr,
    /// Again over all: the file may not be the one that was opened.
    mac: HmacSha256,
    behind_head: bool,
}

impl<'a> Plaintext<'a> {
    /// The first pass: checks everything.
    pub(super) fn open(
        mut source: Box<dyn Source + Send + 'a>,
        passphrase: &str,
        max_rounds: u32,
    ) -> Result<Self, OpenExportError> {
        let mut pass = Pass::new();
        // What is wrong with the head is known early, and comes late in the
        // order of errors.
        let mut opened: Option<Result<(Head, Keys, HmacSha256), OpenExportError>> = None;
        let mut body = 0u64;
        while pass.advance::<OpenExportError>(&mut *source)? {
            if opened.is_none() {
                let Some(bytes) = pass.bytes.first_chunk::<{ Head::LENGTH }>() else {
                    continue;
                };
                opened = Some(Head::read(bytes, max_rounds).map(|head| {
                    let keys = head.derive(passphrase);
                    let mut mac = keys.mac();
                    mac.update(bytes);
                    (head, keys, mac)
                }));
                pass.bytes.drain(..Head::LENGTH);
            }
            let taken = pass.take_body();
            body = body.saturating_add(u64::try_from(taken.as_slice().len()).unwrap_or(u64::MAX));
            if let Some(Ok((_, _, mac))) = &mut opened {
                mac.update(taken.as_slice());
            }
        }
        let (Some(opened), MAC_LENGTH) = (opened, pass.bytes.len()) else {
            return Err(OpenExportError::TooShort);
        };
        let (head, keys, mac) = opened?;
        if !bool::from(mac.finish().ct_eq(&pass.bytes)) {
            return Err(OpenExportError::WrongPassphrase);
        }
        if !low_half_suffices(&head.iv, body) {
            return Err(OpenExportError::CounterOverflow);
        }
        source.rewind()?;
        Ok(Self {
            source,
            head,
            pass: Pass::new(),
            cipher: keys.cipher(&head.iv),
            mac: keys.mac(),
            behind_head: false,
        })
    }

    pub(super) const fn rounds(&self) -> u32 {
        self.head.rounds.get()
    }

    /// Appends the next piece of the text, at most [`PIECE`] bytes; false after
    /// the last, when the MAC was good again.
    pub(super) fn read(&mut self, out: &mut Vec<u8>) -> Result<bool, ReadExportError> {
        let more = self.pass.advance::<ReadExportError>(&mut *self.source)?;
        if !self.behind_head {
            if self.pass.bytes.len() < Head::LENGTH {
                return if more {
                    Ok(true)
                } else {
                    Err(ReadExportError::Changed)
                };
            }
            self.mac
                .update(self.pass.bytes.drain(..Head::LENGTH).as_slice());
            self.behind_head = true;
        }
        let start = out.len();
        {
            let taken = self.pass.take_body();
            self.mac.update(taken.as_slice());
            out.extend_from_slice(taken.as_slice());
        }
        if let Some(text) = out.get_mut(start..) {
            self.cipher.apply(text);
        }
        if !more && !bool::from(self.mac.clone().finish().ct_eq(&self.pass.bytes)) {
            return Err(ReadExportError::Changed);
        }
        Ok(more)
    }
}
