//! What the two devices say to each other: E, the existing one, and N, the new
//! one, step by step.
//!
//! | step | E | N |
//! | --- | --- | --- |
//! | start | [`ExistingDevice::start`]; sends `protocols` if it scanned | [`NewDevice::start`] |
//! | 1 | | [`AwaitingProtocols::receive`] if E scanned |
//! | 2 | [`AwaitingProtocol::receive`] | [`Authorizing::send_protocol`], when the server has given a grant |
//! | 3 | [`CheckingDevice::absent`], [`AskingUser::consent`]: sends `protocol_accepted` | [`AwaitingAcceptance::receive`] |
//! | 4 | [`AwaitingOutcome::receive`] | [`Polling::token`]: sends `success` |
//! | 5 | [`AwaitingDevice::appeared`], [`ReleasingSecrets::send`] | [`AwaitingSecrets::receive`] |
//!
//! A step takes what was received or what the caller has found out, and gives the
//! next step and, where there is one, the message to send: JSON, to be sealed by
//! the channel. Or it ends the sign-in with [`Ended`], which has the message to
//! send as the last. A message that does not belong to a step ends it with
//! `unexpected_message_received`.
//!
//! A step is consumed by the next one, and only an established channel begins
//! them: so no program compiles that writes the secrets without check code,
//! consent and the new device's appearance. That the device which appeared is
//! the channel's peer is not known: the proposal leaves this open.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use necturus::channel::{PREFIX, ecies};
//! use core::time::Duration;
//! use necturus::channel::login::{DeviceGrant, ExistingDevice, LoginSecrets, NewDevice, Protocols};
//!
//! # let shown = ecies::ShownKey::new(PREFIX)?;
//! # let (scanned, initiate) = ecies::scan(&shown.public_key(), PREFIX)?;
//! # let (waiting, ok) = shown.receive(&initiate)?;
//! # let showing = scanned.receive(&ok)?;
//! # let code = showing.check_code().to_string();
//! # let (channel_of_e, channel_of_n) = (waiting.confirm(&code)?, showing.code_shown());
//! // N scanned. It asks the server for a grant, and tells E.
//! let (e, nothing) = ExistingDevice::start(&channel_of_e, &Protocols::base_url("https://example.org"));
//! assert!(nothing.is_none());
//! let NewDevice::Scanned(n) = NewDevice::start(&channel_of_n) else { unreachable!() };
//! let grant = DeviceGrant::new("https://example.org/device?code=ABC", None);
//! let (n, message) = n.send_protocol(&grant, "DEVICE");
//!
//! // E makes sure that there is no such device, and asks the user.
//! let e = e.receive(message.as_bytes())?.absent();
//! assert_eq!(e.verification_uri(), "https://example.org/device?code=ABC");
//! let (e, message) = e.consent();
//!
//! // N polls the server until it has its token.
//! let (n, message) = n.receive(message.as_bytes())?.token();
//!
//! // E waits for the device to appear, then gives the secrets.
//! let e = e.receive(message.as_bytes(), Duration::ZERO)?.appeared();
//! let secrets = LoginSecrets::new(&[1; 32], &[2; 32], &[3; 32]);
//! let message = e.send(&secrets);
//! let received = n.receive(message.as_bytes())?;
//! assert_eq!(received.expose_master_key(), &[1; 32]);
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

mod ended;
mod error;
mod existing;
mod message;
mod new;
mod secrets;

pub use self::{
    ended::{EndReason, Ended},
    error::LoginMessageError,
    existing::{
        AskingUser, AwaitingDevice, AwaitingOutcome, AwaitingProtocol, CheckingDevice, DEVICE_POLL,
        DEVICE_WAIT, ExistingDevice, ReleasingSecrets,
    },
    message::{
        DEVICE_AUTHORIZATION_GRANT, DeviceGrant, Failure, FailureReason, LoginMessage,
        MAX_PROTOCOLS, Protocol, Protocols,
    },
    new::{
        Authorizing, AwaitingAcceptance, AwaitingProtocols, AwaitingSecrets, NewDevice, Polling,
    },
    secrets::{Backup, LoginSecrets},
};
