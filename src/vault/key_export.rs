//! Key export files: room keys in a text file under a passphrase (Matrix
//! specification, "Key exports").
//!
//! ```text
//! -----BEGIN MEGOLM SESSION DATA-----
//! base64(0x01 ‖ salt (16) ‖ IV (16) ‖ rounds (4, big-endian) ‖ ciphertext ‖ MAC (32))
//! -----END MEGOLM SESSION DATA-----
//!
//! AES key (32) ‖ MAC key (32) = PBKDF2-HMAC-SHA-512(passphrase, salt, rounds)
//! ciphertext = AES-256-CTR(JSON array), MAC = HMAC-SHA-256(all before it)
//! ```
//!
//! Both directions stream. Writing keeps one entry in memory. Reading makes two
//! passes over the file: the first checks the MAC over the whole of it, and the
//! second decrypts, so no byte of text comes out before all of them are
//! authenticated.

mod armor;
mod entries;
mod error;
mod keys;
mod plaintext;
mod reader;
mod source;
mod writer;

#[cfg(feature = "std")]
pub use self::writer::KeyExportWriter;
pub use self::{
    error::{OpenExportError, ReadExportError, WriteExportError},
    reader::KeyExport,
    writer::KeyExportEncoder,
};

/// What writers use, as all clients do.
const DEFAULT_ROUNDS: u32 = 500_000;
/// Fewer rounds are never written, and count as weak where they are read.
const WEAK_BELOW: u32 = 100_000;
/// More rounds are refused unless the caller sets another bound.
const MAX_ROUNDS: u32 = 10_000_000;
/// How many bytes of text a file may have.
const MAX_FILE: u64 = 256 * 1024 * 1024;

const MAC_LENGTH: usize = 32;
