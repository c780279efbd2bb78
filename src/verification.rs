//! Verifying that a key belongs to whom it says: by comparing emoji or numbers
//! (SAS), or by scanning a QR code (Matrix specification, "Key verification
//! framework").
//!
//! | you want to | use |
//! | --- | --- |
//! | the cryptography of comparing emoji alone | [`Sas`] |
//! | run a whole verification, messages in and out | [`flow`] |
//! | the cryptography of QR codes alone | [`qr`] |
//!
//! A verification is about keys that this side holds already: [`Device`] has
//! them, fixed at the beginning by value. What comes of it is [`Verified`], and
//! only a verification that was compared can make one.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{Ed25519SigningKey, verification::{Device, Offer, Participants, Sas}};
//!
//! let alice_key = Ed25519SigningKey::from_seed(&[1; 32]);
//! let bob_key = Ed25519SigningKey::from_seed(&[2; 32]);
//! let alice = Device::new("@alice:example.org", "ALICE", alice_key.public_key())?;
//! let bob = Device::new("@bob:example.org", "BOB", bob_key.public_key())?;
//!
//! // Alice sends `start`; Bob answers with a commitment to his key.
//! let start = Offer::new().to_start().with("from_device", "ALICE");
//! let chosen = Offer::new().choose(&start)?;
//! let (bobs, commitment) = Sas::new()?.accept(&start)?;
//! let alices = Sas::new()?.start(&start, &commitment)?;
//!
//! // The keys cross, Alice's first, and both screens show the same.
//! let (alice_public, bob_public) = (alices.public_key(), bobs.public_key());
//! let bobs = bobs.establish(&alice_public, chosen, &Participants::new(&bob, &alice, "flow")?)?;
//! let alices = alices.establish(&bob_public, chosen, &Participants::new(&alice, &bob, "flow")?)?;
//! assert_eq!(alices.emoji(), bobs.emoji());
//! assert_eq!(alices.decimals(), bobs.decimals());
//!
//! // Both users say so; what each then sends proves the keys of its side.
//! let (alices, bobs) = (alices.they_match(), bobs.they_match());
//! let (from_alice, from_bob) = (alices.macs(false)?, bobs.macs(false)?);
//! let seen_by_bob = bobs.check_macs(&from_alice)?.into_verified();
//! let seen_by_alice = alices.check_macs(&from_bob)?.into_verified();
//! assert_eq!(seen_by_bob.device_key(), Some(&alice_key.public_key()));
//! assert_eq!(seen_by_alice.device_key(), Some(&bob_key.public_key()));
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

mod device;
pub mod flow;
pub mod qr;
mod sas;

pub use self::{
    device::{Device, DeviceIdError, Participants, Verified},
    sas::{
        AcceptedSas, CheckedSas, ComparedSas, ConfirmedSas, Emoji, EstablishedSas, KeyAgreement,
        MacError, MacMethod, MakeMacsError, Negotiated, NoCommonMethod, Offer, Sas, SasError,
        StartedSas,
    },
};
