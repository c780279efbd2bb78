//! Who is who: the signed keys of devices, cross-signing, and whom to believe
//! (Matrix client-server API, "End-to-End Encryption").
//!
//! | you want to | use |
//! | --- | --- |
//! | publish the keys of this device | [`DeviceKeys::new`], [`KeysUpload`] |
//! | read the devices that a server hands out | [`DeviceList::read`], [`DeviceKeys::check`] |
//! | start a session by a claimed one-time key | [`ClaimedKey::find`] |
//! | set cross-signing up | [`CrossSigningKeys`], [`OwnIdentity::upload`] |
//! | sign a device of ours, or another user | [`SelfSigningKey::sign_device`], [`UserSigningKey::sign_user`] |
//! | keep, share and take in private keys | [`MasterKey::to_secret`], [`MasterKey::import`] |
//! | read a user's identity | [`UserIdentity::find`], [`OwnIdentity::find`] |
//! | know whether our own identity is verified | [`OwnTrust`] |
//! | know whether another user is verified, or has changed | [`UserTrust`] |
//! | know whether a device is cross-signed by its owner | [`UserIdentity::has_signed`] |
//! | know whether a device, ours or another's, is verified | [`SenderTrust::of_device`] |
//! | know whom a session is from | [`SenderTrust::of_session`] |
//! | decide which devices get a room's key | [`SharingStrategy`] |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{identity::*, olm::Account};
//!
//! // Alice has a device and an identity, and signs the one with the other.
//! let account = Account::new()?;
//! let keys = CrossSigningKeys::new("@alice:example.org")?;
//! let alice = keys.public_identity();
//! let mut device = DeviceKeys::new(&account, "@alice:example.org", "DEVICE");
//! let signature = keys.self_signing.sign_device(&mut device, &alice)?;
//! let _body = NewSignature::upload([signature]); // for /keys/signatures/upload
//!
//! // Bob reads what the server hands out, checks it, and pins the identity.
//! let seen = DeviceKeys::check(
//!     "@alice:example.org", "DEVICE", device.object().clone(), KnownDevice::New)?;
//! let met = UserIdentity::parse("@alice:example.org",
//!     alice.as_user().master_object().clone(), alice.as_user().self_signing_object().clone())?;
//! let trust = UserTrust::first_seen(&met, None);
//! assert!(met.has_signed(&seen));
//! assert_eq!(trust.state(None), IdentityState::Pinned);
//! assert_eq!(SenderTrust::of_device(&seen, Some(trust.shown(&met, None))),
//!     SenderTrust::SenderUnverified);
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # What is believed, and why
//!
//! A signature is looked for under the id of a key that is trusted already, and
//! checked with that key: never "any that verifies", and never by a key out of the
//! object itself, but for a device's signature of its own keys.
//!
//! - *Our own identity is verified* when this device holds the private master
//!   key, or compared the public one with another own device. That somebody
//!   signed this device proves nothing.
//! - *Another user is verified* when our own identity is, and our user-signing
//!   key signed the user's master key.
//! - *A device is cross-signed* when it names the user, and the user's
//!   self-signing key signed it, which the master key signed.
//! - *A device is verified* when it is cross-signed, and its user is verified; or
//!   when our user verified it by hand ([`LocalTrust::Verified`]).
//!
//! Keys are compared as bytes. Device ids and cross-signing keys share a
//! namespace in signatures, so a device named like a key is pointed out
//! ([`UserIdentity::is_named_like_key`]), and nothing is signed beside it
//! (CVE-2022-39250).
//!
//! Nothing here takes more memory than the answer it reads, or more time than its
//! length and one signature check for each object in it.
//!
//! Not promised: that a server hands out all devices of a user, or the newest
//! ones. It can withhold, and it can say old things.

mod device;
mod error;
mod one_time_keys;
mod own_trust;
mod private;
mod public;
mod query;
mod sender_trust;
mod sharing;
mod signing;
mod user_trust;

pub use self::{
    device::{DeviceKeys, KnownDevice},
    error::{
        ClaimError, DeviceKeysError, IdentityError, ImportKeyError, InvalidRecord,
        MasterKeyChanged, Member, MismatchedIdentityKeys, SignError,
    },
    one_time_keys::{ClaimedKey, KeysUpload},
    own_trust::{OwnState, OwnTrust, OwnView},
    private::{CrossSigningKeys, MasterKey, SelfSigningKey, UserSigningKey},
    public::{KeyRole, OwnIdentity, UserIdentity},
    query::DeviceList,
    sender_trust::{SenderTrust, ShownIdentity},
    sharing::{LocalTrust, Sharing, SharingError, SharingStrategy, WithholdReason},
    signing::NewSignature,
    user_trust::{IdentityState, UserTrust},
};
