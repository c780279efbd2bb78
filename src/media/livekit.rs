//! The frame encryption of LiveKit, as Element Call runs it.
//!
//! A frame on the wire is `header ‖ ciphertext ‖ tag ‖ IV ‖ 0x0C ‖ slot`, AES-128-GCM
//! with the header as associated data. How long the header is depends on the
//! [codec](VideoCodec); frames of H.264 and H.265 are escaped behind it.
//!
//! | you want to | use |
//! | --- | --- |
//! | make a key of what a participant sent, or of a link's password | [`FrameKey`] |
//! | encrypt our frames and data packets | [`FrameSender`] |
//! | decrypt one participant's | [`KeyRing`] |
//! | tell the server's blank frames from those of people | [`ServerInjected`] |
//! | cut off the metadata that a track announces | [`FrameMetadata`] |
//!
//! A received frame goes through them from the end: metadata, if announced; then the
//! server's trailer; then the ring.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::media::livekit::{
//!     Dialect, FrameKey, FrameKind, FrameSender, KeyRing, RingOptions, Salt,
//! };
//!
//! let (salt, secret) = (Salt::default(), [7; 16]); // sent by a to-device message
//! let mut sender = FrameSender::new(FrameKey::from_raw(&secret, &salt)?, 0, Dialect::Web);
//! let mut ring = KeyRing::new(RingOptions::ELEMENT_CALL);
//! ring.set_key(0, FrameKey::from_raw(&secret, &salt)?);
//!
//! let mut frame = b"a sound".to_vec();
//! let (ssrc, timestamp) = (1234, 960);
//! sender.encrypt(&mut frame, FrameKind::Audio, ssrc, timestamp)?;
//! assert_eq!(frame[0], b'a'); // the header of audio: one byte
//!
//! ring.decrypt(&mut frame, FrameKind::Audio)?;
//! assert_eq!(frame, b"a sound");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # What it does not promise
//!
//! - **Who wrote a frame**, among those who have the key.
//! - **That a frame comes once, and in order**: there is no counter that a receiver
//!   could check.
//! - **The header** is visible, and so are length and rhythm.

mod error;
mod escape;
mod frame;
mod injected;
mod iv;
mod key;
mod metadata;
mod ring;
mod sender;

pub use self::{
    error::{DecryptError, EncryptError},
    frame::{Dialect, FrameKind, VideoCodec},
    injected::{Injected, ServerInjected},
    key::{FrameKey, FrameKeyError, Salt},
    metadata::FrameMetadata,
    ring::{KeyRing, Opened, RingOptions},
    sender::{DataHeader, FrameSender},
};
