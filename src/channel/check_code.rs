//! The check code: two digits that tie a channel to the devices in hand.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use super::error::WrongCheckCode;
use crate::primitives::wipe::Secret;

/// The two digits that the device which scanned shows, and that the user types
/// into the one that showed the QR code. `Display` writes them; a leading zero
/// is kept.
///
/// Whoever sees them can stand between the devices: show them on the screen and
/// nowhere else.
pub struct CheckCode {
    digits: Secret<2>,
}

impl CheckCode {
    /// Both digits of 0 to 9, as on an ECIES channel.
    pub(super) fn of_ecies(bytes: &Secret<2>) -> Self {
        let [first, second] = **bytes;
        Self::of_digits(first % 10, second % 10)
    }

    /// No leading zero, 10 to 99, as on an HPKE channel.
    pub(super) fn of_hpke(bytes: &Secret<2>) -> Self {
        let [first, second] = **bytes;
        Self::of_digits((first % 9).saturating_add(1), second % 10)
    }

    fn of_digits(first: u8, second: u8) -> Self {
        Self {
            digits: Secret::from([first | b'0', second | b'0']),
        }
    }

    /// Compares in constant time with what the user typed.
    pub(super) fn check(self, typed: &str) -> Result<(), WrongCheckCode> {
        let same = self.digits.as_slice().ct_eq(typed.as_bytes());
        if bool::from(same) {
            Ok(())
        } else {
            Err(WrongCheckCode)
        }
    }
}

/// The digits wipe themselves.
impl ZeroizeOnDrop for CheckCode {}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = *self.digits;
        write!(f, "{}{}", char::from(first), char::from(second))
    }
}

impl fmt::Debug for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckCode").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn bytes_become_digits() {
        // Computed with vodozemac 0.11.1.
        for (bytes, ecies, hpke) in [
            ([0, 0], "00", "10"),
            ([9, 9], "99", "19"),
            ([8, 9], "89", "99"),
            ([255, 255], "55", "45"),
        ] {
            assert_eq!(CheckCode::of_ecies(&bytes.into()).to_string(), ecies);
            assert_eq!(CheckCode::of_hpke(&bytes.into()).to_string(), hpke);
        }
    }

    #[test]
    fn only_the_two_digits_are_right() {
        let code = || CheckCode::of_ecies(&[0, 8].into());
        assert!(code().check("08").is_ok());
        for typed in ["", "8", "80", "00", "088", "8 ", " 08", "08\0"] {
            assert_eq!(code().check(typed), Err(WrongCheckCode), "{typed}");
        }
    }
}
