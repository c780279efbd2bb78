//! The channels of sign-in by QR code, one side at a time.

mod ecies;
mod hpke;

use crate::format::File;

pub(crate) fn file() -> File {
    File::new(
        "The channels of sign-in by QR code, ECIES (MSC4108) and HPKE (MSC4388): how each side starts, and what it sends and reads.",
        [ecies::groups(), hpke::groups()].concat(),
    )
}

/// One bit of bytes changed.
fn flipped(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    bytes[at] ^= 1;
    bytes
}
