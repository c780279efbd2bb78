//! Verification by QR code (Matrix specification, "QR code verification").
//!
//! | you want to | use |
//! | --- | --- |
//! | show a code | [`ShownQr::new_with`], then draw [`ShownQr::to_bytes`] |
//! | act on a scan of it | [`ShownQr::scanned`], then ask the user: [`ScannedByThem::confirm`] |
//! | scan a code | [`ScannedByUs::scan`] |
//!
//! Who shows learns from the secret that the code was scanned, and from its user
//! that the other screen says so; who scans learns the keys from the code.
//!
//! A code is one segment of bytes; the feature `qr-image` draws it.

mod code;
mod error;
mod scanning;
mod showing;

pub use self::{
    code::{QrCode, QrMode},
    error::{QrCodeError, ScanError, ShowError, WrongSecret},
    scanning::ScannedByUs,
    showing::{ScannedByThem, ShownQr},
};
