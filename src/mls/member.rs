//! Members and senders.

use alloc::vec::Vec;

use openmls::{framing::Sender as EngineSender, group::Member as EngineMember, prelude::LeafNode};
use tls_codec::{Deserialize, Serialize, VLBytes};

use super::credential::Credential;

/// A member of a group. Public.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Member {
    /// Its leaf in the ratchet tree, from 0: its name within the group. Leaves of
    /// removed members are used again.
    pub leaf: u32,
    /// Who it says to be.
    pub credential: Credential,
    /// The key that it signs with.
    pub signature_key: Vec<u8>,
    /// The key that path secrets are encrypted to; changes with each update.
    pub encryption_key: Vec<u8>,
}

impl Member {
    pub(super) fn from_engine(member: EngineMember) -> Self {
        Self {
            leaf: member.index.u32(),
            credential: Credential::from_engine(&member.credential),
            signature_key: member.signature_key,
            encryption_key: member.encryption_key,
        }
    }
}

/// A client that comes into a group, or a member's new keys. Public.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewMember {
    /// Who it says to be.
    pub credential: Credential,
    /// The key that it signs with.
    pub signature_key: Vec<u8>,
    /// The key that path secrets are encrypted to.
    pub encryption_key: Vec<u8>,
}

impl NewMember {
    pub(super) fn from_leaf(node: &LeafNode) -> Self {
        Self {
            credential: Credential::from_engine(node.credential()),
            signature_key: node.signature_key().as_slice().to_vec(),
            encryption_key: encryption_key(node),
        }
    }
}

/// openmls shows the key on the wire alone.
pub(super) fn encryption_key(node: &LeafNode) -> Vec<u8> {
    let bytes = node.encryption_key().tls_serialize_detached();
    let key = bytes.map(VLBytes::tls_deserialize_exact);
    key.ok()
        .and_then(Result::ok)
        .map(Into::into)
        .unwrap_or_default()
}

/// Who sent a proposal or a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sender {
    /// The member with this leaf.
    Member(u32),
    /// The external sender at this place in the group's list, from 0.
    External(u32),
    /// Somebody who wants to be added, by an external proposal.
    NewMemberProposal,
    /// Somebody who joins by itself, by an external commit.
    NewMemberCommit,
}

impl Sender {
    pub(super) fn from_engine(sender: &EngineSender) -> Self {
        match sender {
            EngineSender::Member(leaf) => Self::Member(leaf.u32()),
            // openmls shows the index on the wire alone.
            EngineSender::External(index) => Self::External(
                index
                    .tls_serialize_detached()
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map_or(u32::MAX, u32::from_be_bytes),
            ),
            EngineSender::NewMemberProposal => Self::NewMemberProposal,
            EngineSender::NewMemberCommit => Self::NewMemberCommit,
        }
    }
}
