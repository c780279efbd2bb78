//! A Megolm message: `version ‖ 0x08 index ‖ 0x12 ciphertext ‖ MAC ‖ signature`
//! (Megolm specification, "Message format").

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Range};

use crate::{
    codec::{
        error::{DecodeError, Field},
        tagged::{self, Fields},
        version::SessionVersion,
    },
    primitives::{
        base64,
        cipher::{Cipher, is_ciphertext_length},
        ed25519::{Ed25519Signature, Ed25519SigningKey},
    },
};

const INDEX_TAG: u8 = 0x08;
const CIPHERTEXT_TAG: u8 = 0x12;

/// The places of what a message is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) version: SessionVersion,
    pub(super) index: u32,
    pub(super) ciphertext: Range<usize>,
    mac_start: usize,
    signature_start: usize,
}

impl Layout {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (first, _) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        let version = SessionVersion::from_message_byte(*first)
            .ok_or(DecodeError::Version { found: *first })?;
        let signature_start = bytes
            .len()
            .checked_sub(Ed25519Signature::LENGTH)
            .ok_or(DecodeError::Truncated)?;
        let mac_start = signature_start
            .checked_sub(version.mac_length())
            .ok_or(DecodeError::Truncated)?;
        let payload = bytes.get(1..mac_start).ok_or(DecodeError::Truncated)?;
        let mut fields = Fields::new(payload);
        let index = fields.index(INDEX_TAG, Field::Index)?;
        let ciphertext = fields.bytes(CIPHERTEXT_TAG, Field::Ciphertext)?.len();
        fields.finish()?;
        if !is_ciphertext_length(ciphertext) {
            return Err(DecodeError::CiphertextLength { found: ciphertext });
        }
        // The ciphertext is the last field, so it ends where the MAC starts.
        let ciphertext = mac_start.saturating_sub(ciphertext)..mac_start;
        Ok(Self {
            version,
            index,
            ciphertext,
            mac_start,
            signature_start,
        })
    }

    /// What the MAC covers, and the MAC.
    pub(super) fn authenticated<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        (
            part(bytes, 0..self.mac_start),
            part(bytes, self.mac_start..self.signature_start),
        )
    }

    /// What the signature covers, and the signature.
    pub(super) fn signed<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], Ed25519Signature) {
        let signature = bytes
            .last_chunk()
            .copied()
            .unwrap_or([0; Ed25519Signature::LENGTH]);
        (
            part(bytes, 0..self.signature_start),
            Ed25519Signature::from_bytes(signature),
        )
    }
}

/// A part of the bytes that a layout was parsed from; never out of range.
pub(super) fn part(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// An encrypted Megolm message, well formed but not yet authenticated. Public.
///
/// It owns the bytes it was read from, and they are never re-encoded: MAC and
/// signature are checked over what was received.
#[derive(Clone, PartialEq, Eq)]
pub struct MegolmMessage {
    bytes: Vec<u8>,
    layout: Layout,
}

impl MegolmMessage {
    /// Reads a message, without copying it.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let layout = Layout::parse(&bytes)?;
        Ok(Self { bytes, layout })
    }

    /// Reads a message from unpadded base64, as it stands in a room event.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the text or its bytes.
    pub fn from_base64(text: &str) -> Result<Self, DecodeError> {
        Self::from_bytes(base64::decode(text).map_err(|_| DecodeError::Base64)?)
    }

    /// The bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the message, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The message as unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.bytes)
    }

    /// The index that the message claims to have.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.layout.index
    }

    /// The version that the message claims to speak.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.layout.version
    }

    pub(super) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Encrypts, authenticates and signs, in one buffer.
    pub(super) fn seal(
        version: SessionVersion,
        index: u32,
        cipher: &Cipher,
        signing_key: &Ed25519SigningKey,
        plaintext: &[u8],
    ) -> Self {
        let ciphertext = Cipher::ciphertext_length(plaintext.len());
        let mac_start = [
            2,
            tagged::varint_length(u64::from(index)),
            tagged::bytes_length(ciphertext),
        ]
        .iter()
        .fold(0, |sum: usize, part| sum.saturating_add(*part));
        let signature_start = mac_start.saturating_add(version.mac_length());
        let mut bytes =
            Vec::with_capacity(signature_start.saturating_add(Ed25519Signature::LENGTH));
        bytes.push(version.message_byte());
        tagged::put_index(INDEX_TAG, index, &mut bytes);
        tagged::put_length(CIPHERTEXT_TAG, ciphertext, &mut bytes);
        cipher.encrypt_into(plaintext, &mut bytes);
        let tag = cipher.tag(&bytes);
        bytes.extend_from_slice(part(&tag, 0..version.mac_length()));
        let signature = signing_key.sign_in_frame(&bytes);
        bytes.extend_from_slice(signature.as_bytes());
        let ciphertext = mac_start.saturating_sub(ciphertext)..mac_start;
        Self {
            bytes,
            layout: Layout {
                version,
                index,
                ciphertext,
                mac_start,
                signature_start,
            },
        }
    }
}

impl fmt::Debug for MegolmMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MegolmMessage")
            .field("version", &self.layout.version)
            .field("index", &self.layout.index)
            .field("length", &self.bytes.len())
            .finish()
    }
}
