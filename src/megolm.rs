//! Megolm: one sender, many receivers (the Megolm specification,
//! spec.matrix.org "Olm & Megolm").
//!
//! The sender keeps an [`OutboundGroupSession`] and gives each receiver its
//! [`SessionKey`] over Olm; the receiver makes an [`InboundGroupSession`] of
//! it. Messages are signed, so receivers cannot speak for the sender, and the
//! ratchet goes forward alone: whoever has it at an index reads that message
//! and all later ones, and none before.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{SessionVersion, megolm::{InboundGroupSession, OutboundGroupSession, SessionKey}};
//!
//! let mut outbound = OutboundGroupSession::new(SessionVersion::V1)?;
//! let shared = outbound.session_key().to_base64(); // a secret: send it over Olm
//!
//! let key = SessionKey::from_base64(&shared)?;
//! let mut inbound = InboundGroupSession::new(&key, SessionVersion::V1);
//!
//! let message = outbound.encrypt(b"hello, room")?;
//! let decrypted = inbound.decrypt(&message)?;
//! assert_eq!(decrypted.plaintext, b"hello, room");
//! assert_eq!(decrypted.index, 0);
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! Not promised: a receiver who keeps the first ratchet reads all that was sent
//! under it, so senders rotate sessions; and the same message decrypts again
//! and again, so whoever shows messages remembers which (session, index) was
//! which event.

mod error;
mod inbound;
mod message;
mod outbound;
mod ratchet;
mod session_id;
mod session_key;

pub use error::{DecryptError, EncryptError, IndexError, MergeError, SessionKeyError};
pub use inbound::{Decrypted, InboundGroupSession, SessionOrdering};
pub use message::MegolmMessage;
pub use outbound::OutboundGroupSession;
pub(crate) use ratchet::Ratchet;
pub use session_id::GroupSessionId;
pub use session_key::{ExportedSessionKey, SessionKey};
