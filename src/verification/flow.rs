//! A whole verification as a state machine: messages and the user's answers in,
//! messages out (Matrix specification, "Key verification framework").
//!
//! [`Verifications`] holds all flows of one device. It sends nothing and reads no
//! clock: hand it each event with the time in milliseconds, send what it gives
//! back, and show the user the [`State`] of the flow. It knows keys only from the
//! [`Device`](super::Device)s that the caller looks up.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{
//!     Ed25519SigningKey,
//!     verification::{
//!         Device,
//!         flow::{Incoming, Outgoing, OwnDevice, State, Verifications},
//!     },
//! };
//!
//! let device = |user: &str, name: &str, seed: u8| {
//!     Device::new(user, name, Ed25519SigningKey::from_seed(&[seed; 32]).public_key()).unwrap()
//! };
//! let alice = device("@alice:example.org", "ALICE", 1);
//! let bob = device("@bob:example.org", "BOB", 2);
//! let lookup = |user: &str, name: &str| {
//!     [&alice, &bob].into_iter().find(|d| d.user_id() == user && d.device_id() == name).cloned()
//! };
//! let mut alices = Verifications::new(OwnDevice::new(alice.clone()));
//! let mut bobs = Verifications::new(OwnDevice::new(bob.clone()));
//!
//! // Alice asks Bob's device; Bob accepts; from there the two sides talk.
//! let now = 1_700_000_000_000;
//! let (flow, request) = alices.request_devices("@bob:example.org", &["BOB"], now)?;
//! for Outgoing { event_type, content, .. } in &request {
//!     let event = Incoming::to_device("@alice:example.org", event_type, content);
//!     bobs.receive(&event, now, lookup)?;
//! }
//! let asked = bobs.get_mut("@alice:example.org", &flow).unwrap();
//! assert!(matches!(asked.state(), State::Requested { by_us: false }));
//! let ready = asked.accept(now)?;
//! assert_eq!(ready[0].event_type, "m.key.verification.ready");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # What is not answered
//!
//! Requests that are too old or too far ahead, our own, those of unknown devices;
//! messages of another device or user than the flow is with; exact repeats; late
//! messages to a flow that ended in the last ten minutes.

mod cancel;
mod events;
mod message;
mod methods;
mod receiving;
mod requests;
mod stage;
mod table;
mod user;
mod verification;

pub use self::{
    cancel::CancelCode,
    events::{Incoming, Outgoing, Recipients},
    requests::RequestError,
    stage::State,
    table::{Received, Verifications},
    user::ActionError,
    verification::{OwnDevice, Verification},
};
