//! Short authentication strings (Matrix specification, "Short Authentication
//! String (SAS) verification").
//!
//! The types follow the messages: a [`Sas`] is a fresh key; [`StartedSas`] and
//! [`AcceptedSas`] are the two sides before the keys have crossed;
//! [`EstablishedSas`] shows what the users compare; only a [`ComparedSas`] can
//! send MACs and confirm those that came.

mod agreement;
mod emoji;
mod error;
mod mac;
mod method;

pub use self::{
    agreement::{AcceptedSas, EstablishedSas, Sas, StartedSas},
    emoji::Emoji,
    error::{MacError, NoCommonMethod, SasError},
    mac::{CheckedMacs, ComparedSas},
    method::{KeyAgreement, MacMethod, Negotiated, Offer},
};
