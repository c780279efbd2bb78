//! What can go wrong with a frame.

use core::fmt;

use crate::primitives::random::RngError;

/// Why a frame or packet was not encrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptError {
    /// The generator failed.
    Rng(RngError),
    /// The web SDK's rules have no place for AV1.
    UnsupportedCodec,
    /// The frame is shorter than what of it would stay in the clear.
    TooShort,
    /// The frame has 2^36 − 32 bytes or more.
    TooLong,
    /// The buffer has no room for the encrypted frame.
    BufferTooSmall {
        /// Bytes that are needed.
        needed: usize,
    },
    /// No IV is left for this SSRC that is surely new under this key: the clock stood
    /// still, went back, or around. Set another key.
    IvsUsedUp {
        /// The SSRC.
        ssrc: u32,
    },
    /// Frames of more than 1024 SSRCs were encrypted under this key.
    TooManyStreams,
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rng(_) => f.write_str("no random bytes for the frame"),
            Self::UnsupportedCodec => f.write_str("frames of this codec are not encrypted"),
            Self::TooShort => f.write_str("the frame is shorter than its header"),
            Self::TooLong => f.write_str("the frame is too long"),
            Self::BufferTooSmall { needed } => {
                write!(f, "the buffer is smaller than the {needed} bytes needed")
            }
            Self::IvsUsedUp { ssrc } => {
                write!(f, "the key has no more IVs for the stream {ssrc}")
            }
            Self::TooManyStreams => f.write_str("there are too many streams under one key"),
        }
    }
}

impl core::error::Error for EncryptError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Rng(error) => Some(error),
            _ => None,
        }
    }
}

impl From<RngError> for EncryptError {
    fn from(error: RngError) -> Self {
        Self::Rng(error)
    }
}

/// Why a frame or packet was not decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecryptError {
    /// There is no key in the slot. It may be on its way: the frame is as it was, and
    /// can be tried again.
    MissingKey {
        /// The slot.
        slot: u8,
    },
    /// The key in the slot was dropped, as more frames in a row failed than it
    /// tolerates: it needs to be set anew.
    KeyDropped {
        /// The slot.
        slot: u8,
    },
    /// Not an encrypted frame: too short, or an IV of another length than 12, or of a
    /// codec that the web SDK does not encrypt.
    Malformed,
    /// The frame is not authentic, under no key that the ratchet's window reaches.
    Inauthentic,
}

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingKey { slot } => write!(f, "there is no key in slot {slot}"),
            Self::KeyDropped { slot } => write!(f, "the key in slot {slot} failed too often"),
            Self::Malformed => f.write_str("this is no encrypted frame"),
            Self::Inauthentic => f.write_str("the frame is not authentic"),
        }
    }
}

impl core::error::Error for DecryptError {}
