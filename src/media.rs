//! Media: the frames of a call, and their keys.
//!
//! | you want to | use |
//! | --- | --- |
//! | encrypt frames as LiveKit and Element Call do | [`livekit`] |
//! | make, send, receive and change the keys of a call in Matrix | [`matrix_rtc`] |
//! | encrypt frames as RFC 9605 says, with keys of an MLS group or others | [`sframe`] |
//!
//! Frames are encrypted and decrypted where they stand: in a vector, which is not
//! reallocated when its capacity suffices, or in a fixed buffer. Nothing is allocated
//! for a frame.

mod buffer;
pub mod livekit;
pub mod matrix_rtc;
pub mod sframe;
