//! What our public API is given from outside: a keystore, and trees to join.

use alloc::vec::Vec;
use core::convert::Infallible;

use openmls_traits::crypto::OpenMlsCrypto as _;
use rand_core::{TryCryptoRng, TryRng, utils::fill_bytes_via_next_word};

use super::{
    super::{CipherSuite, Credential, ExternalJoin, Group, Identity, JoinError, Rules},
    formulas::{Reader, Suite, vector},
    tree::{Leaf, Tree},
};
use crate::{
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

/// Joins a group with this tree from outside. The file has no member's private key,
/// so the tests add a member, which is an unmerged leaf to the tree, and sign the
/// group's state with its key.
pub(super) fn join(suite: &Suite, mut tree: Tree, group_id: &[u8]) -> Result<Group, JoinError> {
    let (private, leaf) = member(suite);
    let signer = tree.add(leaf);
    let tree_hash = tree.tree_hash(suite, tree.root());
    // `external_pub`, which allows to join.
    let external = suite.derive_key_pair(&[1; 32]).public;
    let extension = [&4_u16.to_be_bytes()[..], &vector(&vector(&external))].concat();
    let signed = [
        suite.group_context(group_id, 1, &tree_hash, &tree_hash),
        vector(&extension),
        vector(&tree_hash),
        signer.to_be_bytes().to_vec(),
    ]
    .concat();
    let signature = suite.sign_with_label(&private, "GroupInfoTBS", &signed);
    let group_info = [&[0, 1, 0, 4][..], &signed, &vector(&signature)].concat();

    let rng = &mut Counter(0);
    let mut keystore = keystore(rng);
    let number = CipherSuite::from_number(suite.id.into()).unwrap();
    let identity = Identity::new_with(rng, number, Credential::basic(b"joiner"))?;
    let (group, _) = Group::join_external_with(
        rng,
        &mut keystore,
        identity,
        &group_info,
        Some(&tree.write()),
        &ExternalJoin::default(),
        rules(),
    )?;
    Ok(group)
}

/// A member's private signature key, and its leaf as a key package brings it.
pub(super) fn member(suite: &Suite) -> (Vec<u8>, Leaf) {
    let scheme = suite.id.signature_algorithm();
    let (private, public) = suite.crypto.signature_key_gen(scheme).unwrap();
    let basic = 1_u16.to_be_bytes();
    let unsigned = [
        &vector(&suite.derive_key_pair(&private).public)[..],
        &vector(&public),
        &basic,
        &vector(b"a member of the tests"),
        // Versions, suites, extensions, proposals, credentials.
        &vector(&1_u16.to_be_bytes()),
        &vector(&u16::from(suite.id).to_be_bytes()),
        &vector(&[]),
        &vector(&[]),
        &vector(&basic),
        // Of a key package that never expires.
        &[1],
        &0_u64.to_be_bytes(),
        &u64::MAX.to_be_bytes(),
        &vector(&[]),
    ]
    .concat();
    let signature = suite.sign_with_label(&private, "LeafNodeTBS", &unsigned);
    let leaf = [unsigned, vector(&signature)].concat();
    (private, Leaf::read(&mut Reader(&leaf)))
}

pub(super) fn keystore(rng: &mut Counter) -> Keystore {
    let key = PickleKey::from_bytes(&[7; 32]);
    Keystore::open_with(rng, MemoryBackend::new(), &key).unwrap()
}

/// Key packages of the files have expired.
pub(super) fn rules() -> Rules {
    Rules::accept_any_credential().check_lifetimes(false)
}

/// A generator that counts.
pub(super) struct Counter(pub(super) u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

impl TryCryptoRng for Counter {}
