//! Our own frames.

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use super::{
    error::EncryptError,
    escape::{escape, escaped_bound},
    frame::{Dialect, FrameKind, Layout, VideoCodec},
    iv::{IV_LENGTH, Stream, iv},
    key::FrameKey,
};
use crate::{
    media::buffer::grow,
    primitives::{
        gcm::{Aes128Gcm, TAG_LENGTH},
        random,
        wipe::in_wiped_frame,
    },
};

/// Bytes behind the text: tag, IV, the IV's length, slot.
pub(super) const TRAILER: usize = TAG_LENGTH + IV_LENGTH + 2;
/// The byte that tells the IV's length.
pub(super) const IV_LENGTH_BYTE: u8 = 12;
/// SSRCs under one key.
const MAX_STREAMS: usize = 1024;

/// Encrypts our frames and data packets. Secret; wiped on drop.
///
/// It makes the IVs, and refuses a frame whose IV may have been used: so have one
/// sender for a key, and don't set a key that an earlier sender had.
pub struct FrameSender {
    dialect: Dialect,
    slot: u8,
    key: FrameKey,
    cipher: Aes128Gcm,
    streams: BTreeMap<u32, Stream>,
    packets: u32,
}

/// What goes with an encrypted data packet, in fields of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataHeader {
    /// The IV.
    pub iv: [u8; IV_LENGTH],
    /// The slot of the key.
    pub slot: u8,
}

impl FrameSender {
    /// A sender with a key, which its frames say is in `slot`.
    #[must_use]
    pub fn new(key: FrameKey, slot: u8, dialect: Dialect) -> Self {
        Self {
            dialect,
            slot,
            cipher: in_wiped_frame(|| key.cipher()),
            key,
            streams: BTreeMap::new(),
            packets: 0,
        }
    }

    /// Sets another key. When it is the same as before, its IVs stay used.
    pub fn set_key(&mut self, key: FrameKey, slot: u8) {
        if !self.key.is_same(&key) {
            self.streams.clear();
        }
        self.cipher = in_wiped_frame(|| key.cipher());
        self.key = key;
        self.slot = slot;
    }

    /// The slot that the frames name.
    #[must_use]
    pub const fn slot(&self) -> u8 {
        self.slot
    }

    /// Most bytes that a frame of `length` becomes.
    #[must_use]
    pub const fn max_sealed_length(length: usize, kind: FrameKind) -> usize {
        let sealed = length.saturating_add(TRAILER);
        match kind {
            FrameKind::Video {
                codec: VideoCodec::H264 | VideoCodec::H265 | VideoCodec::Unknown,
                ..
            } => escaped_bound(sealed),
            _ => sealed,
        }
    }

    /// Encrypts the frame where it stands. An empty one stays empty.
    ///
    /// Draws 4 bytes at the first frame of an SSRC under a key, and nothing
    /// otherwise. A vector with a capacity of
    /// [`max_sealed_length`](Self::max_sealed_length) is not reallocated.
    ///
    /// # Errors
    /// [`EncryptError`], but for `BufferTooSmall`; frame and sender are unchanged.
    pub fn encrypt_with<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        frame: &mut Vec<u8>,
        kind: FrameKind,
        ssrc: u32,
        timestamp: u32,
    ) -> Result<(), EncryptError> {
        let length = frame.len();
        if length == 0 {
            return Ok(());
        }
        let layout = self.layout(frame, kind)?;
        grow(frame, needed(length, layout));
        match self.seal(rng, frame, length, layout, ssrc, timestamp) {
            Ok(sealed) => {
                frame.truncate(sealed);
                Ok(())
            }
            Err(error) => {
                frame.truncate(length);
                Err(error)
            }
        }
    }

    /// [`encrypt_with`](Self::encrypt_with) in a fixed buffer, of which the first
    /// `length` bytes are the frame: gives how many are the encrypted one.
    ///
    /// # Errors
    /// [`EncryptError`]; buffer and sender are unchanged.
    pub fn encrypt_slice_with<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        buffer: &mut [u8],
        length: usize,
        kind: FrameKind,
        ssrc: u32,
        timestamp: u32,
    ) -> Result<usize, EncryptError> {
        if length == 0 {
            return Ok(0);
        }
        let frame = buffer
            .get(..length)
            .ok_or(EncryptError::BufferTooSmall { needed: length })?;
        let layout = self.layout(frame, kind)?;
        self.seal(rng, buffer, length, layout, ssrc, timestamp)
    }

    /// [`encrypt_with`](Self::encrypt_with) the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn encrypt(
        &mut self,
        frame: &mut Vec<u8>,
        kind: FrameKind,
        ssrc: u32,
        timestamp: u32,
    ) -> Result<(), EncryptError> {
        self.encrypt_with(&mut random::OsRng, frame, kind, ssrc, timestamp)
    }

    /// Encrypts a data packet where it stands, the tag behind it. `now` is any clock
    /// of milliseconds. Draws 4 bytes.
    ///
    /// # Errors
    /// [`EncryptError::Rng`], [`EncryptError::TooLong`]; packet and sender are
    /// unchanged.
    pub fn encrypt_data_with<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        packet: &mut Vec<u8>,
        now: u32,
    ) -> Result<DataHeader, EncryptError> {
        let random = u32::from_be_bytes(*random::draw::<4, _>(rng)?);
        let iv = iv(random, now, self.packets);
        let tag = in_wiped_frame(|| self.cipher.seal(&iv, b"", packet))
            .map_err(|_| EncryptError::TooLong)?;
        self.packets = self.packets.wrapping_add(1);
        packet.extend_from_slice(&tag);
        Ok(DataHeader {
            iv,
            slot: self.slot,
        })
    }

    /// [`encrypt_data_with`](Self::encrypt_data_with) the operating system's
    /// generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn encrypt_data(
        &mut self,
        packet: &mut Vec<u8>,
        now: u32,
    ) -> Result<DataHeader, EncryptError> {
        self.encrypt_data_with(&mut random::OsRng, packet, now)
    }

    fn layout(&self, frame: &[u8], kind: FrameKind) -> Result<Layout, EncryptError> {
        let layout =
            Layout::of(frame, kind, self.dialect).map_err(|_| EncryptError::UnsupportedCodec)?;
        if layout.header > frame.len() {
            return Err(EncryptError::TooShort);
        }
        Ok(layout)
    }

    fn seal<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        buffer: &mut [u8],
        length: usize,
        layout: Layout,
        ssrc: u32,
        timestamp: u32,
    ) -> Result<usize, EncryptError> {
        let needed = needed(length, layout);
        if buffer.len() < needed {
            return Err(EncryptError::BufferTooSmall { needed });
        }
        let stream = match self.streams.get(&ssrc) {
            Some(stream) => *stream,
            None if self.streams.len() >= MAX_STREAMS => {
                return Err(EncryptError::TooManyStreams);
            }
            None => Stream::new(u32::from_be_bytes(*random::draw::<4, _>(rng)?)),
        };
        let (iv, stream) = stream
            .next(ssrc, timestamp)
            .map_err(|_| EncryptError::IvsUsedUp { ssrc })?;
        let (header, body) = buffer.split_at_mut(layout.header);
        let length = length.saturating_sub(layout.header);
        let text = body.get_mut(..length).unwrap_or_default();
        let tag = in_wiped_frame(|| self.cipher.seal(&iv, header, text))
            .map_err(|_| EncryptError::TooLong)?;
        self.streams.insert(ssrc, stream);

        let sealed = length.saturating_add(TRAILER);
        let trailer = body.get_mut(length..sealed).unwrap_or_default();
        let ends = [IV_LENGTH_BYTE, self.slot];
        let bytes = tag.iter().chain(&iv).chain(&ends);
        for (room, byte) in trailer.iter_mut().zip(bytes) {
            *room = *byte;
        }
        let sealed = if layout.escaped {
            escape(body, sealed)
        } else {
            sealed
        };
        Ok(layout.header.saturating_add(sealed))
    }
}

/// Room that a frame needs while it is encrypted.
fn needed(length: usize, layout: Layout) -> usize {
    let body = length.saturating_sub(layout.header).saturating_add(TRAILER);
    let body = if layout.escaped {
        escaped_bound(body)
    } else {
        body
    };
    layout.header.saturating_add(body)
}

/// Key and cipher wipe themselves.
impl ZeroizeOnDrop for FrameSender {}

impl fmt::Debug for FrameSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameSender")
            .field("dialect", &self.dialect)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
