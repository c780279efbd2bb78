//! Floor 3: state at rest.
//!
//! Every object has the same three functions for our own format:
//! `pickle_with` (`pickle` behind `os-rng`) and `unpickle`. A pickle is
//!
//! ```text
//! version (1) ‖ kind (1) ‖ nonce (24) ‖ XChaCha20-Poly1305(state) ‖ tag (16)
//! ```
//!
//! under a key that HKDF makes of the caller's [`PickleKey`], with version, kind
//! and the caller's *context* as associated data. Say in the context what the
//! state belongs to (user, device, session): a pickle then cannot be put in
//! another's place. What it cannot tell is an older pickle of the same place.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{olm::Account, pickle::PickleKey};
//!
//! let key = PickleKey::from_bytes(&[7; 32]); // from the platform's key store
//! let account = Account::new()?;
//! let pickle = account.pickle(&key, b"@alice:example.org DEVICE")?;
//! drop(account);
//!
//! let account = Account::unpickle(&pickle, &key, b"@alice:example.org DEVICE")?;
//! assert!(Account::unpickle(&pickle, &key, b"@bob:example.org DEVICE").is_err());
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! The formats of [libolm](self#moving-in-and-out) and vodozemac are for moving
//! in and out: both encrypt with an IV that comes from the key, so equal states
//! give equal pickles.
//!
//! # Moving in and out
//! `from_libolm_pickle`, `to_libolm_pickle`, `from_vodozemac_pickle` and
//! `to_vodozemac_pickle` on each object. libolm's `PkDecryption` object is a
//! lone key, so it reads and writes through [`Curve25519SecretKey`].
//!
//! ```
//! use necturus::{olm::Account, pickle::ImportError};
//!
//! // What libolm's olm_pickle_account wrote under the key "key".
//! let pickle = "HMTezVyL"; // cut short
//! assert_eq!(Account::from_libolm_pickle(pickle, b"key").unwrap_err(), ImportError::TooShort);
//! # #[cfg(feature = "os-rng")] {
//! # let account = Account::new().unwrap();
//! # let pickle = account.to_libolm_pickle(b"key").unwrap();
//! let account = Account::from_libolm_pickle(&pickle, b"key").unwrap();
//! let moved = Account::from_vodozemac_pickle(&account.to_vodozemac_pickle(&[7; 32]).unwrap(), &[7; 32]).unwrap();
//! assert!(moved.dropped.is_empty());
//! assert_eq!(moved.account.identity_keys(), account.identity_keys());
//! # }
//! ```
//!
//! [`Curve25519SecretKey`]: crate::Curve25519SecretKey

mod error;
mod key;
mod kind;
mod legacy;
mod libolm;
mod ratchet;
mod records;
mod sealed;
mod vodozemac;

pub use error::{ExportError, ImportError, PickleError, UnpickleError};
pub use key::PickleKey;
pub use kind::PickleKind;
pub(crate) use sealed::{Record, from_plain, to_plain};
pub use vodozemac::ImportedAccount;
