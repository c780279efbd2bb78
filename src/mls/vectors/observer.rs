//! The engine as an observer of a group: it has no member's private keys, and
//! follows public commits.

use alloc::vec::Vec;

use openmls::{
    group::{ProposalStore, PublicGroup},
    prelude::{
        MlsMessageIn, ProcessedMessageContent, RatchetTreeIn, group_info::VerifiableGroupInfo,
    },
};
use tls_codec::Deserialize as _;

use super::{
    super::overlay::Overlay,
    formulas::{Suite, vector},
    outside::{Counter, keystore},
};

/// The tree's hash after a commit of this path and no proposals, in a group with
/// this tree and context.
pub(super) fn tree_hash_after(
    suite: &Suite,
    tree: &[u8],
    (group_id, epoch, context): (&[u8], u64, &[u8]),
    (signer, signature_key): (u32, &[u8]),
    update_path: &[u8],
) -> Vec<u8> {
    let sign = |label, signed: &[u8]| suite.sign_with_label(signature_key, label, signed);
    // An observer can check no confirmation tag.
    let tag = vector(&suite.hash(b"tag"));

    let info = [context, &vector(&[]), &tag, &signer.to_be_bytes()].concat();
    let info = [&info[..], &vector(&sign("GroupInfoTBS", &info))].concat();
    let info = VerifiableGroupInfo::tls_deserialize_exact(info).unwrap();
    let tree = RatchetTreeIn::tls_deserialize_exact(tree).unwrap();
    let keystore = keystore(&mut Counter(0));
    let storage = Overlay::new(&keystore);
    let proposals = ProposalStore::new();
    let group = PublicGroup::from_external(&suite.crypto, &storage, tree, info, proposals);
    let (mut group, _) = group.unwrap();

    // Version, public message, group, epoch, member, no data, a commit: no
    // proposals, and a path.
    let framed = [
        &[0, 1, 0, 1][..],
        &vector(group_id),
        &epoch.to_be_bytes(),
        &[1],
        &signer.to_be_bytes(),
        &vector(&[]),
        &[3],
        &vector(&[]),
        &[1],
        update_path,
    ]
    .concat();
    let signature = sign("FramedContentTBS", &[&framed, context].concat());
    let commit = [&framed[..], &vector(&signature), &tag, &tag].concat();
    let commit = MlsMessageIn::tls_deserialize_exact(commit).unwrap();
    let commit = commit.try_into_protocol_message().unwrap();
    let processed = group.process_message(&suite.crypto, commit).unwrap();
    let ProcessedMessageContent::StagedCommitMessage(commit) = processed.into_content() else {
        panic!("not a commit");
    };
    group.merge_commit(&storage, *commit).unwrap();
    group.group_context().tree_hash().to_vec()
}
