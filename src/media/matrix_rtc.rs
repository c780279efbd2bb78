//! MatrixRTC: the keys of a call's members, and when they change.
//!
//! Each member has a key for all that they send, which the others get by to-device
//! messages encrypted with Olm.
//!
//! | you want to | use |
//! | --- | --- |
//! | have a key of our own, sent to whom it may concern and changed in time | [`KeyRotation`] |
//! | read the message with somebody's key | [`KeyMessage`] |
//! | keep all others' keys | [`KeyTable`] |
//! | know a member's name in LiveKit | [`Membership::livekit_identity`] |
//! | know whether a call is to be encrypted | [`SlotEncryption`] |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::media::matrix_rtc::{
//!     KeyFormat, KeyMessage, KeyRotation, KeyTable, Membership, OlmSender, RotationAction,
//!     RotationEvent, RotationTimes,
//! };
//!
//! let alice = Membership::legacy("@alice:example.org", "ALICE", 1_000);
//! let bob = Membership::legacy("@bob:example.org", "BOB", 2_000);
//! let room = "!call:example.org";
//!
//! // Alice is in the call with Bob: she has a key at once, and sends it.
//! let mut keys =
//!     KeyRotation::new(KeyFormat::Deployed, RotationTimes::DEPLOYED, room, alice.clone());
//! let actions = keys.step(RotationEvent::Members(&[alice.clone(), bob]), 3_000)?;
//! let [RotationAction::Use { index: 0 }, RotationAction::Send { event_type, content, .. }] =
//!     &actions[..]
//! else {
//!     unreachable!("the first key is used and sent")
//! };
//!
//! // Bob has decrypted the message: Olm says that it is from Alice's device.
//! let sender = OlmSender::new("@alice:example.org", "ALICE", true);
//! let message = KeyMessage::read(event_type, content.expose_secret(), room, sender)?;
//! let mut table = KeyTable::new();
//! assert!(table.receive(message).is_none()); // he does not know of her membership yet
//! let usable = table.set_members(&[alice]);
//! assert_eq!(usable[0].identity, "@alice:example.org:ALICE");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! Whoever has a member's key can make frames in their name, and the server decides
//! who is shown as a member: keys go to devices that the events of membership name.

mod content;
mod media_key;
mod membership;
mod message;
mod rotation;
mod slot;
mod table;

pub use self::{
    content::KeyContent,
    media_key::MediaKey,
    membership::Membership,
    message::{KeyFormat, KeyMessage, KeyMessageError, OlmSender},
    rotation::{
        KeyRotation,
        step::{RotationAction, RotationError, RotationEvent, RotationTimes},
    },
    slot::SlotEncryption,
    table::{KeyTable, MemberKey},
};
