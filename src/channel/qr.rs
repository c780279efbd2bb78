//! What the QR code says: who shows it, its key, and where to meet.
//!
//! | | MSC4108, 2024 | MSC4388, rust-sdk | draft of July 2026 | later draft |
//! | --- | --- | --- | --- | --- |
//! | magic | `MATRIX` | `IO_ELEMENT_MSC4388` | the same, stable `MATRIX` | the same |
//! | type | 0x02 | 0x03 | 0x03 | 0x03 |
//! | intent | 0x03 login, 0x04 reciprocate | 0x00, 0x01 | 0x00, 0x01 | 0x00, 0x01 |
//! | key of G | 32 bytes | 32 | 32 | 32 |
//! | length, text | u16, rendezvous URL | u16, id | u8, id | u8, id |
//! | length, text | u16, server name (reciprocate only) | u16, base URL | u16, base URL | u8, base URL |
//!
//! Lengths are big-endian. The layouts of MSC4388 look alike at the start, but
//! no text is empty or longer than [`MAX_TEXT_LENGTH`]: so a length that begins
//! with a zero byte has two. Nothing may follow.
//!
//! ```
//! use necturus::{
//!     Curve25519PublicKey,
//!     channel::qr::{Intent, Msc4388, QrLoginData},
//! };
//!
//! let key = Curve25519PublicKey::from_bytes([7; 32]);
//! let shown = Msc4388::new(Intent::Reciprocate, key, "e8da6355", "https://example.org")?;
//! let bytes = QrLoginData::from(shown).to_bytes();
//!
//! // The new device, whose own intent is to log in, scans it.
//! let scanned = QrLoginData::scan(&bytes, Intent::Login)?;
//! assert_eq!(scanned.public_key(), key);
//! # Ok::<(), necturus::channel::qr::QrLoginError>(())
//! ```

mod data;
mod error;
mod read;

pub use self::{
    data::{Intent, Layout, LengthWidth, Magic, Msc4108, Msc4388, QrLoginData},
    error::{QrLoginError, TextField},
};

/// Most bytes in a text of MSC4388.
pub const MAX_TEXT_LENGTH: usize = 255;

/// Most bytes that a QR code can hold.
pub const MAX_LENGTH: usize = 2953;
