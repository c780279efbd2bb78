//! Dehydrated devices (MSC3814): a device whose private keys wait at the server,
//! encrypted, and take in room keys while its user has no other device.
//!
//! | when | use |
//! | --- | --- |
//! | a device leaves one behind | [`DehydratedDevice`] under a [`DehydrationKey`], which goes into secret storage |
//! | a new device takes it up | [`RehydratedDevice`], which decrypts and never sends |
//! | its events are fetched | [`DehydratedEvents`], which says when that is all |
//!
//! The upload is `device_data` of [`DehydratedDevice::seal_with`], the device's
//! signed keys and its one-time keys and fallback key. Then the device is
//! replaced by a new one, and about weekly: nothing else ends the use of its
//! keys.
//!
//! ```text
//! device_pickle = ChaCha20-Poly1305(pickle key, nonce, state) ‖ tag
//! state = version u32 ‖ Curve25519 key ‖ Ed25519 seed ‖ count u32 ‖ one-time keys
//!         ‖ whether there is a fallback key u8 ‖ fallback key
//! ```

mod device;
mod error;
mod events;
mod key;
mod record;
mod rehydrated;

pub use self::{
    device::DehydratedDevice,
    error::{DehydrateError, RehydrateError},
    events::{DehydratedEvents, EventsRequest},
    key::DehydrationKey,
    rehydrated::RehydratedDevice,
};

/// What is written: the name of the MSC while it is open.
const ALGORITHM: &str = "org.matrix.msc3814.v2";
/// What the MSC will be called.
const STABLE_ALGORITHM: &str = "m.dehydration.v2";
/// The format before, which is read.
const LIBOLM_ALGORITHM: &str = "org.matrix.msc3814.v1.olm";
