//! Olm: two devices, a double ratchet (the Olm specification, spec.matrix.org
//! "Olm & Megolm").
//!
//! A device has one [`Account`]: its identity keys, and one-time keys that it
//! publishes so that others can start a [`Session`] with it while it is
//! offline. The starter sends pre-key messages until it hears back; from then
//! on, each change of direction mixes a new Diffie-Hellman secret in.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{SessionVersion, olm::{Account, OlmMessage}};
//!
//! let alice = Account::new()?;
//! let mut bob = Account::new()?;
//! bob.generate_one_time_keys(1)?;
//! let one_time_key = bob.unpublished_one_time_keys().next().ok_or("no key")?.key;
//!
//! let mut alices = alice.outbound_session(
//!     SessionVersion::V1, &bob.identity_keys().curve25519, &one_time_key)?;
//! let OlmMessage::PreKey(first) = alices.encrypt(b"hello, Bob")? else { unreachable!() };
//!
//! let pending = bob.open(SessionVersion::V1, &alice.identity_keys().curve25519, &first)?;
//! assert_eq!(pending.plaintext(), b"hello, Bob"); // nothing is spent yet
//! let (mut bobs, _) = pending.accept(&mut bob)?;
//!
//! let reply = bobs.encrypt(b"hello, Alice")?;
//! assert_eq!(alices.decrypt(&reply)?.plaintext, b"hello, Alice");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! Not promised: Olm says nothing of who the other side is. Whoever calls it
//! checks the identity keys, and the sender and recipient named inside the
//! plaintext.

mod account;
mod chain;
mod error;
mod fallback_keys;
mod key_id;
mod message;
mod one_time_keys;
mod pending;
mod session;
mod session_keys;
mod skipped;
pub mod steps;

pub use account::{Account, GeneratedFallbackKey, GeneratedKeys, IdentityKeys};
pub(crate) use chain::{CHAIN_END, ChainKey, ReceiverChain, ReceiverChains, SenderChain};
pub use error::{
    AcceptError, DecryptError, EncryptError, GenerateError, InboundError, OutboundError,
};
pub(crate) use fallback_keys::{FallbackKey, FallbackKeys};
pub use key_id::KeyId;
pub(crate) use key_id::{KeyIdCounter, KeyIdWidth};
pub use message::{Message, MessageType, OlmMessage, PreKeyMessage};
pub use one_time_keys::PublicOneTimeKey;
pub(crate) use one_time_keys::{OneTimeKey, OneTimeKeys};
pub use pending::Pending;
pub use session::{Decrypted, Session};
pub use session_keys::{SessionId, SessionKeys};
pub(crate) use skipped::{DroppedKeys, DroppedRange, SkippedKey, SkippedKeys};

/// One-time keys that an account holds at most; making more drops the oldest.
pub const MAX_ONE_TIME_KEYS: usize = 100;
/// Receiver chains that a session holds at most; a new one drops the oldest.
pub const MAX_RECEIVER_CHAINS: usize = 5;
/// Keys of skipped messages that one chain holds at most; more drop the oldest.
pub const MAX_SKIPPED_KEYS_PER_CHAIN: usize = 40;
/// Messages that may be skipped at once in a chain; a message further ahead is
/// refused.
pub const MAX_MESSAGE_GAP: u32 = 2000;
