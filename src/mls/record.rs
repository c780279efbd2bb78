//! The keys of records in the keystore.
//!
//! ```text
//! 16 ‖ length of group (2) ‖ group ‖ kind (1) ‖ part    a group's
//! 17 ‖ kind (1) ‖ key                                   any other
//! ```
//!
//! with all integers big-endian; the group and the parts are as openmls gives
//! them, in MessagePack. What is short of a group stands in one record, its
//! [bundle](super::bundle), since encrypting a record costs as much as a kilobyte of
//! it. The bytes are for good.

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
    /// Ours: the record in which the others stand as long as they are short.
    Bundle = 17,
    /// Ours: what the commit that waits sends out.
    PendingMessages = 18,
    /// Ours: the epochs that were rolled back.
    LeftEpochs = 19,
}

impl GroupRecord {
    /// Whether it has a record to itself at any length: there may be many of it, or it
    /// is written once and hardly ever read.
    const fn stands_alone(self) -> bool {
        matches!(
            self,
            Self::QueuedProposal | Self::Undo | Self::Bundle | Self::PendingMessages
        )
    }
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

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordKey {
    /// The key of its record in the keystore, where it has one to itself.
    pub(super) record: Vec<u8>,
    /// The bundle where it stands as long as it is short.
    pub(super) bundle: Option<BundleKey>,
}

/// A place in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BundleKey {
    /// The key of the bundle's record in the keystore.
    pub(super) record: Vec<u8>,
    /// The name in it.
    pub(super) name: Vec<u8>,
}

pub(super) fn group_prefix() -> Vec<u8> {
    vec![GROUP]
}

/// What all keys of a group's records start with.
pub(super) fn prefix_of(group: &[u8]) -> Vec<u8> {
    // No group id comes near the limit: see `GroupId`.
    let length = u16::try_from(group.len()).unwrap_or(u16::MAX);
    [&[GROUP][..], &length.to_be_bytes(), group].concat()
}

pub(super) fn group_key(group: &[u8], record: GroupRecord, part: &[u8]) -> RecordKey {
    let prefix = prefix_of(group);
    let name = [&[record as u8], part].concat();
    RecordKey {
        record: [&*prefix, &*name].concat(),
        bundle: (!record.stands_alone()).then(|| BundleKey {
            record: [&*prefix, &[GroupRecord::Bundle as u8]].concat(),
            name,
        }),
    }
}

/// The key of the record to itself of what has this name in a bundle.
pub(super) fn beside(bundle: &[u8], name: &[u8]) -> Vec<u8> {
    let (_, prefix) = bundle.split_last().unwrap_or((&0, &[]));
    [prefix, name].concat()
}

pub(super) fn lone_key(record: LoneRecord, key: &[u8]) -> RecordKey {
    RecordKey {
        record: [&[LONE, record as u8][..], key].concat(),
        bundle: None,
    }
}

pub(super) fn is_key_package(record: &[u8]) -> bool {
    record.starts_with(&[LONE, LoneRecord::KeyPackage as u8])
}

/// The group of the key of a bundle.
pub(super) fn group_of_bundle(record: &[u8]) -> Option<&[u8]> {
    let (length, rest) = record.strip_prefix(&[GROUP])?.split_first_chunk()?;
    let (group, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    (rest == [GroupRecord::Bundle as u8]).then_some(group)
}
