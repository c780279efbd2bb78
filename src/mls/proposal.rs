//! Proposals: what members want to change.

use alloc::vec::Vec;

use openmls::{
    group::QueuedProposal,
    messages::proposals::{PreSharedKeyProposal, Proposal as EngineProposal},
    schedule::{PreSharedKeyId, Psk},
};

use tls_codec::{Deserialize, Serialize};

use super::{
    extension::{Extension, ExternalSender, own_extensions},
    key_package::KeyPackage,
    member::{NewMember, Sender},
    rules::Rules,
};

/// A change that we propose, or commit at once.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Proposal {
    /// Adds the client of a key package.
    Add(KeyPackage),
    /// Removes the member with this leaf.
    Remove(u32),
    /// Changes our own encryption key, so that who stole the old one is locked out.
    /// In a commit of ours it asks for a path, which does the same.
    Update,
    /// Mixes in the pre-shared key with this id, which
    /// [`Group::store_psk`](super::Group::store_psk) has put into the keystore of
    /// every member.
    Psk(Vec<u8>),
    /// Replaces the application's extensions of the group, and who may send from
    /// outside. All members have to understand the new extensions. What else the group
    /// requires of its members (RFC 9420 §11.1) stays.
    Extensions {
        /// The extensions.
        extensions: Vec<Extension>,
        /// Who may send proposals from outside.
        external_senders: Vec<ExternalSender>,
    },
    /// Leaves the group: another member has to commit it. It cannot be committed by
    /// the one who leaves, and always travels in public framing.
    SelfRemove,
    /// A proposal of the application's own, of a type that all members
    /// [say to understand](super::Capabilities::proposal); otherwise it is
    /// [`Unsupported`](super::GroupError::Unsupported).
    Custom {
        /// The number of the type, of those for private use: 0xF000 and more.
        kind: u16,
        /// The content.
        payload: Vec<u8>,
    },
}

impl Proposal {
    /// Whether the rules accept all credentials and lifetimes that it brings.
    pub(super) fn is_accepted(&self, rules: &Rules) -> bool {
        match self {
            Self::Add(package) => rules.accepts_package(package.engine()),
            Self::Extensions {
                external_senders, ..
            } => external_senders
                .iter()
                .all(|sender| rules.accepts_sender(sender)),
            _ => true,
        }
    }
}

/// A proposal as it stands in a group or a commit. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProposalInfo {
    /// Who proposes it.
    pub sender: Sender,
    /// What is to change.
    pub change: Change,
    /// The reference (RFC 9420 §5.2), 32 bytes, by which a commit names it.
    pub reference: Vec<u8>,
}

/// What a proposal is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Adds a client.
    Add(NewMember),
    /// Changes the keys of the sender, and maybe its credential.
    Update(NewMember),
    /// Removes the member with this leaf.
    Remove(u32),
    /// Removes the sender.
    SelfRemove,
    /// Mixes in a pre-shared key of the application, with this id.
    Psk(Vec<u8>),
    /// Mixes in a secret of an earlier epoch, of this or another group.
    ResumptionPsk {
        /// The id of the group.
        group_id: Vec<u8>,
        /// The epoch.
        epoch: u64,
    },
    /// Replaces the group's extensions. The application's among them are listed.
    Extensions(Vec<Extension>),
    /// Joins from outside: part of every external commit.
    ExternalInit,
    /// Wants the group to be started again with other parameters. Not supported: a
    /// commit that has it is refused.
    ReInit,
    /// One of the application's own.
    Custom {
        /// The number of the type.
        kind: u16,
        /// The content.
        payload: Vec<u8>,
    },
}

impl ProposalInfo {
    pub(super) fn from_engine(proposal: &QueuedProposal) -> Self {
        Self {
            sender: Sender::from_engine(proposal.sender()),
            change: Change::from_engine(proposal.proposal()),
            reference: proposal.proposal_reference_ref().as_slice().to_vec(),
        }
    }
}

/// openmls shows the id on the wire alone.
fn psk_of(proposal: &PreSharedKeyProposal) -> Option<Psk> {
    let bytes = proposal.tls_serialize_detached().ok()?;
    let id = PreSharedKeyId::tls_deserialize_exact(bytes).ok()?;
    Some(id.psk().clone())
}

impl Change {
    fn from_engine(proposal: &EngineProposal) -> Self {
        match proposal {
            EngineProposal::Add(add) => {
                Self::Add(NewMember::from_leaf(add.key_package().leaf_node()))
            }
            EngineProposal::Update(update) => {
                Self::Update(NewMember::from_leaf(update.leaf_node()))
            }
            EngineProposal::Remove(remove) => Self::Remove(remove.removed().u32()),
            EngineProposal::SelfRemove => Self::SelfRemove,
            EngineProposal::PreSharedKey(psk) => match psk_of(psk) {
                None => Self::Psk(Vec::new()),
                Some(Psk::External(psk)) => Self::Psk(psk.psk_id().to_vec()),
                Some(Psk::Resumption(psk)) => Self::ResumptionPsk {
                    group_id: psk.psk_group_id().to_vec(),
                    epoch: psk.psk_epoch().as_u64(),
                },
            },
            EngineProposal::GroupContextExtensions(change) => {
                Self::Extensions(own_extensions(change.extensions()))
            }
            EngineProposal::ExternalInit(_) => Self::ExternalInit,
            EngineProposal::ReInit(_) => Self::ReInit,
            EngineProposal::Custom(custom) => Self::Custom {
                kind: custom.proposal_type(),
                payload: custom.payload().to_vec(),
            },
        }
    }
}
