//! A commit that was received, and not merged yet.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use openmls::{
    group::{MlsGroup, StagedCommit as Engine},
    messages::proposals::Proposal as EngineProposal,
    prelude::LeafNodeIndex,
};

use super::{
    extension::{Extension, external_senders, own_extensions},
    member::{Member, NewMember, Sender},
    proposal::ProposalInfo,
    rules::Rules,
};
use crate::store::Changes;

/// A commit that was received and found valid, to be looked at before
/// [`Group::merge`](super::Group::merge) applies it. Dropping it is as if it had not
/// come: it can be received again, until the group has moved on. Secret; wiped on
/// drop.
pub struct StagedCommit {
    pub(super) engine: Box<Engine>,
    /// What receiving it changed, to be written with the merge.
    pub(super) changes: Changes,
    /// Which receiving of which group this is.
    pub(super) ticket: Ticket,
    sender: Sender,
    authenticated_data: Vec<u8>,
    effect: Effect,
}

/// Ties what was received to the group, in the state that received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) group: Vec<u8>,
    pub(super) epoch: u64,
    pub(super) leaf: u32,
    pub(super) number: u64,
}

/// What a commit does to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// The epoch that it leads to.
    pub epoch: u64,
    /// Who comes.
    pub added: Vec<NewMember>,
    /// Who goes, as it is now.
    pub removed: Vec<Member>,
    /// Whose keys change, or whose credential: as it is now, and as it will be.
    pub updated: Vec<(Member, NewMember)>,
    /// Whether we are among those who go.
    pub removes_us: bool,
    /// The application's extensions as they will be, if they change.
    pub extensions: Option<Vec<Extension>>,
    /// All proposals that it covers.
    pub proposals: Vec<ProposalInfo>,
}

impl Effect {
    pub(super) fn of(group: &MlsGroup, commit: &Engine, sender: Sender) -> Self {
        let member = |leaf: u32| group.member_at(LeafNodeIndex::new(leaf));
        let member = |leaf| member(leaf).map(Member::from_engine);
        let mut this = Self {
            epoch: commit.epoch().as_u64(),
            added: Vec::new(),
            removed: Vec::new(),
            updated: Vec::new(),
            removes_us: commit.self_removed(),
            extensions: None,
            proposals: Vec::new(),
        };
        for proposal in commit.queued_proposals() {
            let from = Sender::from_engine(proposal.sender());
            match (proposal.proposal(), from) {
                (EngineProposal::Add(add), _) => {
                    let leaf = add.key_package().leaf_node();
                    this.added.push(NewMember::from_leaf(leaf));
                }
                (EngineProposal::Remove(remove), _) => {
                    this.removed.extend(member(remove.removed().u32()));
                }
                (EngineProposal::SelfRemove, Sender::Member(leaf)) => {
                    this.removed.extend(member(leaf));
                }
                (EngineProposal::Update(update), Sender::Member(leaf)) => {
                    let new = NewMember::from_leaf(update.leaf_node());
                    this.updated.extend(member(leaf).map(|old| (old, new)));
                }
                (EngineProposal::GroupContextExtensions(change), _) => {
                    this.extensions = Some(own_extensions(change.extensions()));
                }
                _ => {}
            }
            this.proposals.push(ProposalInfo::from_engine(proposal));
        }
        if let Some(leaf) = commit.update_path_leaf_node() {
            let new = NewMember::from_leaf(leaf);
            match sender {
                Sender::Member(leaf) => this.updated.extend(member(leaf).map(|old| (old, new))),
                _ => this.added.push(new),
            }
        }
        this
    }
}

impl StagedCommit {
    pub(super) fn new(
        group: &MlsGroup,
        engine: Box<Engine>,
        changes: Changes,
        ticket: Ticket,
        sender: Sender,
        authenticated_data: Vec<u8>,
    ) -> Self {
        Self {
            effect: Effect::of(group, &engine, sender),
            engine,
            changes,
            ticket,
            sender,
            authenticated_data,
        }
    }

    /// Who committed: a member, or somebody who joins from outside. An outsider
    /// that removes a member and takes its place by an external commit ("resync")
    /// has that member's signature key: ask whether it may.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        self.sender
    }

    /// The authenticated data that came with it. Not encrypted.
    #[must_use]
    pub fn authenticated_data(&self) -> &[u8] {
        &self.authenticated_data
    }

    /// What it does.
    #[must_use]
    pub const fn effect(&self) -> &Effect {
        &self.effect
    }

    /// The epoch authenticator of the epoch that it leads to (RFC 9420 §8.7), 32
    /// bytes; none if it removes us.
    #[must_use]
    pub fn epoch_authenticator(&self) -> Option<&[u8]> {
        self.engine.epoch_authenticator().map(|tag| tag.as_slice())
    }
}

/// Whether the rules accept all credentials and lifetimes that a commit brings.
pub(super) fn accepted(commit: &Engine, rules: &Rules) -> bool {
    let path = commit.update_path_leaf_node();
    path.is_none_or(|leaf| rules.accepts_leaf(leaf))
        && commit
            .queued_proposals()
            .all(|proposal| proposal_accepted(proposal.proposal(), rules))
}

/// Whether the rules accept all credentials and lifetimes that a proposal brings.
pub(super) fn proposal_accepted(proposal: &EngineProposal, rules: &Rules) -> bool {
    match proposal {
        EngineProposal::Add(add) => rules.accepts_package(add.key_package()),
        EngineProposal::Update(update) => rules.accepts_leaf(update.leaf_node()),
        EngineProposal::GroupContextExtensions(change) => external_senders(change.extensions())
            .iter()
            .all(|sender| rules.accepts_sender(sender)),
        _ => true,
    }
}

impl fmt::Debug for StagedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagedCommit")
            .field("sender", &self.sender)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
