//! A safe wrapper around the C library libolm, 3.2.13 or later.
//!
//! It is there to compare with: the same random bytes in must give the same
//! bytes out, and the speeds are measured in one process. So every function
//! that draws randomness takes the bytes as an argument, every error is
//! libolm's own, and keys, messages and pickles are libolm's base64 texts.
//!
//! Not for production: libolm is deprecated, and its known flaws stay. The
//! wrapper is safe with whatever message it is given, and with each pickle
//! that libolm wrote; not with one forged by a holder of the pickle's key,
//! since libolm trusts what it finds inside.
//!
//! Needs the feature `libolm`; without it this crate is empty.

#[cfg(feature = "libolm")]
extern crate alloc;

#[cfg(feature = "libolm")]
mod account;
#[cfg(feature = "libolm")]
mod error;
#[cfg(feature = "libolm")]
mod group;
#[cfg(feature = "libolm")]
mod object;
#[cfg(feature = "libolm")]
mod pk;
#[cfg(feature = "libolm")]
mod sas;
#[cfg(feature = "libolm")]
mod session;
#[cfg(feature = "libolm")]
mod sys;
#[cfg(feature = "libolm")]
mod utility;

#[cfg(feature = "libolm")]
pub use self::{
    account::Account,
    error::Error,
    group::{InboundGroupSession, OutboundGroupSession},
    pk::{PkDecryption, PkEncryption, PkMessage, PkSigning},
    sas::Sas,
    session::Session,
    utility::{Utility, library_version},
};
