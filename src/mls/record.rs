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
    /// Of the group, or of all that are none's.
    pub(super) prefix: Vec<u8>,
    /// Behind the prefix in the key of its own record, and in its group's bundle.
    pub(super) name: Vec<u8>,
    /// Whether it stands in the bundle of its group while it is short.
    pub(super) may_be_bundled: bool,
}

impl RecordKey {
    /// Whether its own record is looked at to see that a group has changed, beside the
    /// bundle.
    pub(super) fn tells_itself(&self) -> bool {
        self.name == [GroupRecord::MessageSecrets as u8]
    }

    /// The key in the keystore of a record to itself.
    pub(super) fn record(&self) -> Vec<u8> {
        beside(&self.prefix, &self.name)
    }
}

/// The key in the keystore of the record to itself of what has this name.
pub(super) fn beside(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    [prefix, name].concat()
}

/// The key in the keystore of a group's bundle.
pub(super) fn bundle_key(prefix: &[u8]) -> Vec<u8> {
    beside(prefix, &[GroupRecord::Bundle as u8])
}

pub(super) fn all_groups_prefix() -> Vec<u8> {
    vec![GROUP]
}

/// What the keys of all records of a group start with.
pub(super) fn group_prefix(group: &[u8]) -> Vec<u8> {
    // No group id comes near the limit: see `GroupId`.
    let length = u16::try_from(group.len()).unwrap_or(u16::MAX);
    [&[GROUP][..], &length.to_be_bytes(), group].concat()
}

pub(super) fn group_key(group: &[u8], record: GroupRecord, part: &[u8]) -> RecordKey {
    RecordKey {
        prefix: group_prefix(group),
        name: [&[record as u8], part].concat(),
        may_be_bundled: !record.stands_alone(),
    }
}

pub(super) fn lone_key(record: LoneRecord, key: &[u8]) -> RecordKey {
    RecordKey {
        prefix: vec![LONE],
        name: [&[record as u8], key].concat(),
        may_be_bundled: false,
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
