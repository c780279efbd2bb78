//! Sign-in by QR code: a channel between a new and an existing device, and what
//! they say on it.
//!
//! | you want to | use |
//! | --- | --- |
//! | show or scan the QR code | [`qr::QrLoginData`] |
//! | a channel that deployed clients speak (MSC4108) | [`ecies`] |
//! | the channel of MSC4388 | [`hpke`] |
//! | sign a device in on the channel | [`login`]: [`ExistingDevice`](login::ExistingDevice), [`NewDevice`](login::NewDevice) |
//!
//! G is the device that shows (generates) the QR code, S the one that scans it; E
//! is the existing device and N the new one. Either of these may be G.
//!
//! # What makes it safe
//!
//! S has G's key from the screen, so S knows G once it has read OK. G knows
//! nothing yet: anybody may have sent the first message. So G sends OK, then
//! nothing more and reads nothing, until its user has typed the check code that S
//! shows. There is one try, of a hundred possible codes (ninety with HPKE). A
//! wrong one ends the channel. All of this is in the types: each step consumes
//! the one before.
//!
//! On an established channel, messages come in order, once, and only from the
//! other side. What is refused leaves the channel as it was.
//!
//! [`ecies`] and [`login`] have an example each that runs, and
//! `examples/sign_in_by_qr.rs` goes the whole way.

mod check_code;
pub mod ecies;
mod error;
mod established;
pub mod hpke;
pub mod login;
pub mod qr;
mod text;

pub use self::{
    check_code::CheckCode,
    error::{DecodeError, EstablishError, OpenError, ScanError, SealError, WrongCheckCode},
    established::{Established, Role},
    text::{MAX_MESSAGE_LENGTH, PREFIX},
};
