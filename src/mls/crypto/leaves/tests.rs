//! Trees whose leaves are made and signed here, byte by byte (RFC 9420 §7.2, §7.8).

use alloc::vec;
use core::ops::Range;

use openmls_traits::crypto::OpenMlsCrypto;
use tls_codec::Deserialize;

use super::*;
use crate::mls::signer::SigningKey;

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

fn known(crypto: &Crypto) -> usize {
    let Signatures::Check(known) = &crypto.signatures else {
        return 0;
    };
    known.get().map_or(0, HashSet::len)
}

fn crypto() -> Crypto {
    Crypto::new(Secret::ZERO)
}

#[test]
fn a_tree_is_taken_or_refused_alike_whether_verified_ahead_or_not() {
    let group = GroupId::from_slice(GROUP);
    for (suite, leaves) in [
        (ED25519_SUITE, 1),
        (ED25519_SUITE, 2),
        (ED25519_SUITE, 70),
        (P256_SUITE, 35),
    ] {
        for spoilt in [&[][..], &[0], &[leaves - 1], &[leaves / 2, 0]] {
            let tree = tree(suite, 0..leaves, spoilt);
            let (ahead, at_once) = (crypto(), crypto());
            ahead.verify_leaves(suite, &tree, &group);
            let spoilt = spoilt.iter().collect::<HashSet<_>>().len();
            assert_eq!(known(&ahead), usize::from(leaves) - spoilt);
            let expected = tree.clone().into_verified(suite, &at_once, &group);
            assert_eq!(expected.is_ok(), spoilt == 0);
            assert_eq!(tree.into_verified(suite, &ahead, &group), expected);
        }
    }
}

#[test]
fn a_tree_of_another_group_or_suite_is_refused() {
    let tree = tree(ED25519_SUITE, 0..3, &[]);
    let group = GroupId::from_slice(b"another");
    let ahead = crypto();
    ahead.verify_leaves(ED25519_SUITE, &tree, &group);
    // The leaf of a key package names no group.
    assert_eq!(known(&ahead), 1);
    assert!(
        tree.clone()
            .into_verified(ED25519_SUITE, &ahead, &group)
            .is_err()
    );

    let group = GroupId::from_slice(GROUP);
    let ahead = crypto();
    ahead.verify_leaves(P256_SUITE, &tree, &group);
    assert_eq!(known(&ahead), 0);
    assert!(tree.into_verified(P256_SUITE, &ahead, &group).is_err());
}

#[test]
fn what_is_known_vouches_for_itself_alone() {
    let crypto = crypto();
    let group = GroupId::from_slice(GROUP);
    crypto.verify_leaves(ED25519_SUITE, &tree(ED25519_SUITE, 0..2, &[]), &group);
    assert_eq!(known(&crypto), 2);
    // A later tree adds nothing, and is checked as ever.
    let other = tree(ED25519_SUITE, 0..4, &[3]);
    crypto.verify_leaves(ED25519_SUITE, &other, &group);
    assert_eq!(known(&crypto), 2);
    assert!(other.into_verified(ED25519_SUITE, &crypto, &group).is_err());

    let key = SigningKey::from_random(SignatureScheme::ED25519, &[1; 32]).unwrap();
    let forged = crypto.verify_signature(
        SignatureScheme::ED25519,
        b"message",
        &key.public_key(),
        &[0; 64],
    );
    assert_eq!(forged, Err(CryptoError::InvalidSignature));
}
