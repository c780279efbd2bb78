//! End-to-end encryption for messaging: the ratchets that Matrix speaks and what a
//! client builds around them, in one core that needs no operating system.
//!
//! # Which of these do I want?
//!
//! | you want to | use |
//! | --- | --- |
//! | give a device its keys, and publish them | [`olm::Account`] |
//! | talk between two devices | [`olm::Session`] |
//! | send to a room | [`megolm::OutboundGroupSession`] |
//! | read what others send to a room | [`megolm::InboundGroupSession`] |
//! | verify that a key is who it says | [`verification`] |
//! | say who is who: device keys, cross-signing, trust | [`identity`] |
//! | check events, and say why one is not readable | [`events`] |
//! | sign a device in by QR code | [`channel`] |
//! | read, sign and check JSON | [`json`] |
//! | encrypt the frames of a call | [`media`] |
//! | be in MLS groups (RFC 9420) | `mls`, behind the feature of that name |
//! | keep all of it in one encrypted place, a file of SQLite's if you like | [`store`] |
//! | keep any of these at rest by yourself | [`pickle`] |
//! | move in from libolm or vodozemac, or out | [`pickle`](pickle#moving-in-and-out) |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{
//!     SessionVersion,
//!     megolm::{InboundGroupSession, OutboundGroupSession, SessionKey},
//!     olm::{Account, OlmMessage},
//! };
//!
//! // Two devices; Bob has published a one-time key.
//! let alice = Account::new()?;
//! let mut bob = Account::new()?;
//! let one_time_key = bob.generate_one_time_keys(1)?.created[0].key;
//!
//! // Alice shares the key of a room over Olm.
//! let mut room = OutboundGroupSession::new(SessionVersion::V1)?;
//! let mut session = alice.outbound_session(
//!     SessionVersion::V1,
//!     &bob.identity_keys().curve25519,
//!     &one_time_key,
//! )?;
//! let OlmMessage::PreKey(shared) = session.encrypt(room.session_key().to_base64().as_bytes())?
//! else {
//!     unreachable!("a session starts with pre-key messages")
//! };
//!
//! // Bob opens the message, accepts the session, and reads the room.
//! let pending = bob.open(SessionVersion::V1, &alice.identity_keys().curve25519, &shared)?;
//! let (_session, room_key) = pending.accept(&mut bob)?;
//! let room_key = SessionKey::from_base64(std::str::from_utf8(&room_key)?)?;
//! let mut reader = InboundGroupSession::new(&room_key, SessionVersion::V1);
//! let message = room.encrypt(b"hello, room")?;
//! assert_eq!(reader.decrypt(&message)?.plaintext, b"hello, room");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # What holds everywhere
//!
//! - **All or nothing.** An operation that fails leaves its object as it was.
//! - **Randomness is a parameter.** What draws is named `…_with` and takes a
//!   [`TryCryptoRng`](rand_core::TryCryptoRng); its documentation says how many
//!   bytes and in which order. With the feature `os-rng` there is a short form.
//! - **Secrets live inside their object**, without a heap, and are wiped on
//!   drop. A move leaves a copy behind that nobody wipes, so keep many objects
//!   boxed, not in a vector that grows.
//! - **Errors say what to do**: one enum per operation, no secret in any, and
//!   `is_final` where trying again is a question.
//!
//! # Signatures
//!
//! One rule for every Ed25519 signature: `S`, `A` and `R` are canonical, neither
//! `A` nor `R` is of small order, and `8(S·B − k·A − R) = 0`. Keys are checked
//! when they are read: see [`Ed25519PublicKey`]. MLS groups alone check without the
//! cofactor, by the rule of all other members.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `std` | yes | faster base64 and X25519, chosen at run time |
//! | `os-rng` | yes | the short forms that draw from the operating system |
//! | `precomputed-tables` | yes | tables that make keys and signatures twice as fast |
//! | `experimental-authenticated-backup` | no | MACs over backed-up sessions (MSC4048, a draft) |
//! | `mls` | no | groups of RFC 9420, on openmls; needs `std` |
//! | `experimental-x-wing` | no | the post-quantum suite of MLS (a draft) |
//! | `qr-image` | no | QR codes as pictures |
//! | `sqlite` | no | the keystore in an SQLite file |
//!
//! None changes a result or a byte on the wire.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod channel;
mod codec;
pub mod events;
pub mod identity;
pub mod json;
pub mod media;
pub mod megolm;
#[cfg(feature = "mls")]
pub mod mls;
pub mod olm;
pub mod pickle;
mod primitives;
#[cfg(feature = "qr-image")]
pub mod qr_image;
pub mod store;
pub mod vault;
pub mod verification;

pub use codec::{
    error::{DecodeError, Field},
    version::SessionVersion,
};
pub use primitives::{
    curve25519::{Curve25519PublicKey, Curve25519SecretKey, SharedSecret, ZeroSharedSecret},
    ed25519::{Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey, SignatureError},
    public_key::KeyError,
    random::RngError,
};
pub use rand_core;

#[cfg(all(doctest, feature = "os-rng"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
