//! Floor 4: the keystore, one place for all that a client must not lose.
//!
//! | you want to | use |
//! | --- | --- |
//! | keep accounts, sessions, room keys and values of your own | [`Keystore`] |
//! | change several of them at once, or none | [`Transaction`] |
//! | have them in one file | `SqliteBackend`, behind `sqlite` |
//! | have them in memory: tests, a mirror of another storage | [`MemoryBackend`] |
//! | have them anywhere else | [`Backend`] |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{
//!     SessionVersion,
//!     olm::{Account, OlmMessage},
//!     pickle::PickleKey,
//!     store::{Keystore, MemoryBackend},
//! };
//! # let alice = Account::new()?;
//! # let sender = alice.identity_keys().curve25519;
//!
//! let key = PickleKey::from_bytes(&[7; 32]); // from the platform's key store
//! let mut keystore = Keystore::open(MemoryBackend::new(), &key)?;
//!
//! // A new device.
//! let mut account = Account::new()?;
//! account.generate_one_time_keys(50)?;
//! let mut transaction = keystore.transaction();
//! transaction.put_account(&account);
//! transaction.commit()?;
//! # let mut alices = alice.outbound_session(
//! #     SessionVersion::V1,
//! #     &account.identity_keys().curve25519,
//! #     &account.one_time_keys()[0].key,
//! # )?;
//! # let OlmMessage::PreKey(message) = alices.encrypt(b"hello")? else { unreachable!() };
//!
//! // A message comes in: it takes a one-time key and starts a session. Both land
//! // together, and with them how far we have read.
//! let pending = account.open(SessionVersion::V1, &sender, &message)?;
//! let (session, plaintext) = pending.accept(&mut account)?;
//! let mut transaction = keystore.transaction();
//! transaction.put_account(&account);
//! transaction.put_session(&sender, &session);
//! transaction.put_value("sync token", b"s72594_4483_1934");
//! transaction.commit()?;
//!
//! for id in keystore.session_ids(&sender)? {
//!     assert!(keystore.session(&sender, &id)?.is_some());
//! }
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # At rest
//! A [`Backend`] keeps bytes under keys. Keys are in the clear: a kind of object, and
//! public names. Under each is
//!
//! ```text
//! version (1) ‖ nonce (24) ‖ XChaCha20-Poly1305(value) ‖ tag (16)
//! ```
//!
//! with the version and the record's key as associated data. The cipher's key is
//! drawn when the keystore is set up, and is kept under one that HKDF makes of the
//! caller's [`PickleKey`](crate::pickle::PickleKey). So a value opens in its own
//! place alone, and in its own keystore. The value of an object is that of its
//! [pickle](crate::pickle), with its kind and version.
//!
//! # Not promised
//! - **Rollback.** An older copy of the whole storage opens, and a record can be put
//!   back to what it was or be taken away: nobody without a place that cannot be
//!   copied can tell. Sessions that go back reuse keys, so don't restore backups.
//! - **What keys tell:** which rooms and devices there are, and how many sessions.
//!   So do lengths.
//! - **Deletion at once.** What was deleted or replaced is overwritten in an SQLite
//!   file, but stays in the log beside it until a hundred more pages are written, or
//!   the file is closed. Flash may keep old blocks for longer. All of it is encrypted.

mod backend;
mod error;
mod key;
mod keystore;
mod memory;
mod objects;
mod sealed;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transaction;

pub use backend::{Backend, BackendError, Batch};
pub use error::{OpenError, StoreError};
pub use keystore::{Keystore, MAX_NAME_LENGTH, MAX_VALUE_LENGTH};
pub use memory::MemoryBackend;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteBackend, SqliteError};
pub use transaction::Transaction;

#[cfg(feature = "mls")]
pub(crate) use {key::MLS, keystore::Changes, sealed::Stamp};
