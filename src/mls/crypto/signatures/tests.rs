//! Trees whose leaves are made and signed here, byte by byte (RFC 9420 §7.2, §7.8).

use alloc::vec;
use core::ops::Range;

use openmls::{group::GroupId, treesync::RatchetTreeIn};
use openmls_traits::{crypto::OpenMlsCrypto, types::Ciphersuite};
use tls_codec::Deserialize;

use super::*;
use crate::{mls::signer::SigningKey, primitives::wipe::Secret};

const GROUP: &[u8] = b"group";
const ED25519_SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
const P256_SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

/// A vector behind its length.
fn vector(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(short @ 0..64) => vec![short],
        _ if length < 1 << 14 => (length | 0x4000).to_be_bytes().to_vec(),
        _ => (u32::from(length) | 0x8000_0000).to_be_bytes().to_vec(),
    };
    [head, content.to_vec()].concat()
}

/// A leaf node that commits or, if odd, comes from a key package. `spoilt` has a
/// signature over something else.
fn leaf(suite: Ciphersuite, index: u8, spoilt: bool) -> Vec<u8> {
    let key = SigningKey::from_random(suite.signature_algorithm(), &[index; 32]).unwrap();
    let suite_id = u16::from(suite).to_be_bytes();
    let capabilities = [
        vector(&[0, 1]),
        vector(&suite_id),
        vector(&[]),
        vector(&[]),
        vector(&[0, 1]),
    ]
    .concat();
    let (source, position) = if index % 2 == 1 {
        ([&[1][..], &[0; 8], &[0xff; 8]].concat(), vec![])
    } else {
        let position = [vector(GROUP), u32::from(index).to_be_bytes().to_vec()].concat();
        ([vec![3], vector(&[9; 32])].concat(), position)
    };
    let payload = [
        vector(&[index; 32]),
        vector(&key.public_key()),
        vec![0, 1],
        vector(&[index]),
        capabilities,
        source,
        vector(&[]),
    ]
    .concat();
    let signed = [
        vector(b"MLS 1.0 LeafNodeTBS"),
        vector(&[payload.clone(), position, vec![0; usize::from(spoilt)]].concat()),
    ]
    .concat();
    [payload, vector(&key.sign(&signed))].concat()
}

/// A tree of leaves, with all parents blank.
fn tree(suite: Ciphersuite, leaves: Range<u8>, spoilt: &[u8]) -> RatchetTreeIn {
    let mut nodes = Vec::new();
    for index in leaves {
        if index > 0 {
            nodes.push(0);
        }
        nodes.extend([1, 1]);
        nodes.extend(leaf(suite, index, spoilt.contains(&index)));
    }
    RatchetTreeIn::tls_deserialize(&mut vector(&nodes).as_slice()).unwrap()
}

fn crypto() -> Crypto {
    Crypto::new(Secret::ZERO)
}

#[test]
fn a_tree_is_taken_or_refused_alike_whether_verified_beside_or_at_once() {
    let group = GroupId::from_slice(GROUP);
    for (suite, leaves) in [
        (ED25519_SUITE, 1),
        (ED25519_SUITE, 2),
        (ED25519_SUITE, 100),
        (P256_SUITE, 35),
    ] {
        for spoilt in [&[][..], &[0], &[leaves - 1], &[leaves / 2, 0]] {
            let tree = tree(suite, 0..leaves, spoilt);
            let expected = tree.clone().into_verified(suite, &crypto(), &group);
            assert_eq!(expected.is_ok(), spoilt.is_empty());
            let crypto = crypto();
            let beside = crypto.verify_beside(|| tree.into_verified(suite, &crypto, &group));
            assert_eq!(beside, spoilt.is_empty().then_some(expected));
        }
    }
}

#[test]
fn a_tree_of_another_group_or_suite_is_refused() {
    let tree = tree(ED25519_SUITE, 0..3, &[]);
    for (suite, group) in [(ED25519_SUITE, &b"another"[..]), (P256_SUITE, GROUP)] {
        let (tree, group, crypto) = (tree.clone(), GroupId::from_slice(group), crypto());
        let beside = crypto.verify_beside(|| tree.into_verified(suite, &crypto, &group));
        assert!(beside.is_none_or(|verified| verified.is_err()));
    }
}

#[test]
fn what_fails_by_itself_fails_so() {
    let beside = crypto().verify_beside(|| Err::<(), _>("no tree"));
    assert_eq!(beside, Some(Err("no tree")));
}

#[test]
fn signatures_are_taken_for_good_within_the_operation_alone() {
    let key = SigningKey::from_random(SignatureScheme::ED25519, &[1; 32]).unwrap();
    let crypto = crypto();
    let forged = || {
        let public = key.public_key();
        crypto.verify_signature(SignatureScheme::ED25519, b"message", &public, &[0; 64])
    };
    for _ in 0..2 {
        assert_eq!(forged(), Err(CryptoError::InvalidSignature));
        assert_eq!(crypto.verify_beside(forged), None);
        assert_eq!(crypto.verify_beside(|| 7), Some(7));
    }
}

#[test]
fn an_operation_that_panics_leaves_no_thread_waiting() {
    let crypto = crypto();
    let panics = || crypto.verify_beside(|| panic!("on purpose"));
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(panics)).unwrap_err();
    assert_eq!(crypto.verify_beside(|| 7), Some(7));
}
