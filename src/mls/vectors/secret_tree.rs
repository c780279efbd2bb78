//! `secret-tree.json`: RFC 9420, sections 6.3.2 and 9.

use alloc::vec::Vec;

use serde::Deserialize;

use super::{Case, Hex, formulas::Suite, tree_math};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretTree {
    cipher_suite: u16,
    encryption_secret: Hex,
    sender_data: SenderData,
    leaves: Vec<Vec<Generation>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderData {
    sender_data_secret: Hex,
    ciphertext: Hex,
    key: Hex,
    nonce: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generation {
    generation: u32,
    application_key: Hex,
    application_nonce: Hex,
    handshake_key: Hex,
    handshake_nonce: Hex,
}

impl Case for SecretTree {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let case = &self.sender_data;
        let (key, nonce) = sender_data_key(&suite, &case.sender_data_secret, &case.ciphertext);
        assert_eq!(key, *case.key);
        assert_eq!(nonce, *case.nonce);

        assert!(self.leaves.len().is_power_of_two());
        let count = u32::try_from(self.leaves.len()).unwrap();
        for (leaf, generations) in (0..).zip(&self.leaves) {
            assert!(!generations.is_empty());
            let secret = leaf_secret(&suite, &self.encryption_secret, leaf, count);
            for case in generations {
                let of = |ratchet| message_key(&suite, &secret, ratchet, case.generation);
                let (key, nonce) = of("application");
                assert_eq!(key, *case.application_key);
                assert_eq!(nonce, *case.application_nonce);
                let (key, nonce) = of("handshake");
                assert_eq!(key, *case.handshake_key);
                assert_eq!(nonce, *case.handshake_nonce);
            }
        }
    }
}

/// What sender data are encrypted with, by the message's ciphertext.
pub(super) fn sender_data_key(
    suite: &Suite,
    secret: &[u8],
    ciphertext: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let sample = &ciphertext[..suite.hash_length().min(ciphertext.len())];
    suite.key_and_nonce(|label, length| suite.expand_with_label(secret, label, sample, length))
}

/// The secret of a leaf in a tree of so many, a power of two.
pub(super) fn leaf_secret(
    suite: &Suite,
    encryption_secret: &[u8],
    leaf: u32,
    count: u32,
) -> Vec<u8> {
    let length = suite.hash_length().try_into().unwrap();
    let (mut node, mut secret) = (tree_math::root(count), encryption_secret.to_vec());
    while let (Some(left), Some(right)) = (tree_math::left(node), tree_math::right(node)) {
        let (child, side) = if leaf * 2 < node {
            (left, "left")
        } else {
            (right, "right")
        };
        secret = suite.expand_with_label(&secret, "tree", side.as_bytes(), length);
        node = child;
    }
    secret
}

/// A key and nonce of a leaf's ratchet, `handshake` or `application`.
pub(super) fn message_key(
    suite: &Suite,
    leaf_secret: &[u8],
    ratchet: &str,
    generation: u32,
) -> (Vec<u8>, Vec<u8>) {
    let length = suite.hash_length().try_into().unwrap();
    let mut secret = suite.derive_secret(leaf_secret, ratchet);
    for step in 0..generation {
        secret = suite.derive_tree_secret(&secret, "secret", step, length);
    }
    suite
        .key_and_nonce(|label, length| suite.derive_tree_secret(&secret, label, generation, length))
}
