//! Short authentication strings (Matrix specification, "Short Authentication
//! String (SAS) verification").
//!
//! The types follow the messages: a [`Sas`] is a fresh key; [`StartedSas`] and
//! [`AcceptedSas`] are the two sides before the keys have crossed;
//! [`EstablishedSas`] shows what the users compare; a [`ComparedSas`] sends MACs; a
//! [`ConfirmedSas`], whose user has compared and whose MACs are good, gives the
//! [`Verified`](super::Verified) keys, and nothing else does.

mod agreement;
mod emoji;
mod error;
mod mac;
mod method;

pub use self::{
    agreement::{AcceptedSas, CheckedSas, EstablishedSas, Sas, StartedSas},
    emoji::Emoji,
    error::{MacError, MakeMacsError, NoCommonMethod, SasError},
    mac::{ComparedSas, ConfirmedSas},
    method::{KeyAgreement, MacMethod, Negotiated, Offer},
};
