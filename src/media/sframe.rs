//! SFrame: end-to-end encryption of media frames (RFC 9605).
//!
//! A frame on the wire is `header ‖ ciphertext ‖ tag`. The [`Header`] names the key
//! and the frame; both are authenticated, with *metadata* that both sides know and
//! nobody sends.
//!
//! | you have | use |
//! | --- | --- |
//! | a key for each sender, which ratchets when somebody joins | [`RatchetSender`], [`RatchetReceiver`] |
//! | an MLS group | [`MlsKeys`] |
//! | a rule of your own for key ids | [`SendingKey`], [`Keyring`] of [`ReceivingKey`] |
//!
//! ```
//! use necturus::media::sframe::{
//!     BaseKey, CipherSuite, DecryptError, KeyId, Keyring, ReceivingKey, Replay, SendingKey,
//! };
//!
//! let suite = CipherSuite::Aes128GcmSha256_128;
//! let (id, secret) = (KeyId::new(7), [1; 32]); // agreed on elsewhere
//! let mut sender = SendingKey::new(BaseKey::from_bytes(&secret)?, suite, id);
//! let mut receiver = Keyring::new();
//!
//! let mut frame = b"a frame".to_vec();
//! sender.encrypt(&mut frame, b"track 1")?;
//!
//! // The key was not there yet: the frame can wait for it.
//! let early = receiver.decrypt(&mut frame, b"track 1");
//! assert_eq!(early, Err(DecryptError::UnknownKey { key_id: id }));
//!
//! receiver.insert(ReceivingKey::new(BaseKey::from_bytes(&secret)?, suite, id, Replay::Refuse))?;
//! let received = receiver.decrypt(&mut frame, b"track 1")?;
//! assert_eq!((frame.as_slice(), received.counter()), (&b"a frame"[..], 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not promise
//!
//! - **Who wrote a frame.** Keys are symmetric: whoever can read under a key can
//!   write under it. In a group that shares one base key (as MLS does) any member
//!   can speak as any other; the RFC leaves signatures to the application.
//! - **Order and completeness.** Frames may be lost and reordered. That one comes
//!   twice is noticed where [`Replay::Refuse`] is asked for.
//! - **Length and rhythm** of frames are visible.

mod base_key;
mod cipher;
mod error;
mod header;
mod key_id;
mod mls;
mod ratchet;
mod receiving;
mod replay;
mod sending;
mod suite;

pub use self::{
    base_key::{BaseKey, BaseKeyError, MLS_EXPORTER_LABEL},
    error::{DecryptError, EncryptError, EpochError, KeyringError, RatchetError, ReserveError},
    header::{EncodedHeader, Header, HeaderError},
    key_id::{KeyId, KeyIdError, MlsLayout},
    mls::MlsKeys,
    ratchet::{RatchetReceiver, RatchetSender},
    receiving::{Keyring, Received, ReceivingKey},
    replay::{REPLAY_WINDOW, Replay},
    sending::SendingKey,
    suite::{CipherSuite, SuiteError},
};
