//! The keys of records in the keystore.
//!
//! ```text
//! 16 ‖ length of group (2) ‖ group ‖ kind (1) ‖ part    a group's
//! 17 ‖ kind (1) ‖ key                                   any other
//! ```
//!
//! with all integers big-endian; the group and the parts are as openmls gives
//! them, in MessagePack. The bytes are for good.

use alloc::{vec, vec::Vec};

use crate::store::MLS;

/// The first byte of a group's records.
const GROUP: u8 = MLS;
/// The first byte of the others.
const LONE: u8 = MLS.wrapping_add(1);

/// What a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupRecord {
    JoinConfig = 1,
    Tree = 2,
    InterimTranscriptHash = 3,
    Context = 4,
    ConfirmationTag = 5,
    State = 6,
    MessageSecrets = 7,
    ResumptionPsks = 8,
    OwnLeafIndex = 9,
    EpochSecrets = 10,
    EpochKeyPairs = 11,
    OwnLeafNodes = 12,
    ProposalRefs = 13,
    QueuedProposal = 14,
    /// Ours: who we are in it, and how we take part.
    Kept = 15,
    /// Ours: what a merge replaced.
    Undo = 16,
}

/// What stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoneRecord {
    SignatureKey = 1,
    EncryptionKey = 2,
    KeyPackage = 3,
    Psk = 4,
    /// Ours: [`Identity`](super::Identity), by its signature key.
    Identity = 5,
}

pub(super) fn group_prefix() -> Vec<u8> {
    vec![GROUP]
}

pub(super) fn group_key(group: &[u8], record: GroupRecord, part: &[u8]) -> Vec<u8> {
    // No group id comes near the limit: see `GroupId`.
    let length = u16::try_from(group.len()).unwrap_or(u16::MAX);
    [
        &[GROUP][..],
        &length.to_be_bytes(),
        group,
        &[record as u8],
        part,
    ]
    .concat()
}

pub(super) fn lone_key(record: LoneRecord, key: &[u8]) -> Vec<u8> {
    [&[LONE, record as u8][..], key].concat()
}

pub(super) fn is_key_package(key: &[u8]) -> bool {
    key.starts_with(&[LONE, LoneRecord::KeyPackage as u8])
}

/// The group of a key that [`group_key`] made for this record.
pub(super) fn group_of(key: &[u8], record: GroupRecord) -> Option<&[u8]> {
    let (length, rest) = key.strip_prefix(&[GROUP])?.split_first_chunk()?;
    let (group, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    (rest == [record as u8]).then_some(group)
}
