//! Which of the proposals that wait a commit of ours covers (RFC 9420 §12.2).

use alloc::vec::Vec;
use core::mem;
use std::collections::{HashMap, HashSet};

use openmls::{
    group::{MlsGroup, QueuedProposal},
    messages::proposals::{Proposal as EngineProposal, ProposalOrRefType},
};

use super::super::{
    error::GroupError, identity::Identity, member::Sender, proposal::Proposal, rules::Rules,
    staged::proposal_accepted,
};

/// Of proposals that exclude each other one is committed. openmls chooses among those that
/// change or remove one member, but for what comes after a self-remove, at which its
/// debug assertions panic; and not among those that bring one signature key, of which the
/// first is taken, or that replace the group's extensions, of which it is the last.
///
/// Left out is what could not be committed as long as it waits, or else nothing could:
/// what the rules reject, what brings the key of a member that stays, and what the engine
/// refuses beside our own proposals and those that wait longer.
pub(super) struct Selection {
    /// Those that wait and are not left out, in their order.
    waiting: Vec<Waiting>,
    /// The leaves of the keys of those who stay; none if nothing waits.
    present: HashMap<Vec<u8>, u32>,
    next_key: Option<Vec<u8>>,
    changes_extensions: bool,
}

/// Says of each proposal in turn whether it is taken.
pub(super) type Filter<'f> = &'f mut dyn FnMut(&QueuedProposal) -> bool;

struct Waiting {
    reference: Vec<u8>,
    /// Who leaves by it.
    leaves: Option<u32>,
    changes_extensions: bool,
}

impl Selection {
    pub(super) fn new(
        engine: &MlsGroup,
        rules: &Rules,
        next: Option<&Identity>,
        ours: &[Proposal],
    ) -> Self {
        let waiting: Vec<_> = engine
            .pending_proposals()
            .filter(|waiting| proposal_accepted(waiting.proposal(), rules))
            .map(Waiting::new)
            .collect();
        Self {
            present: if waiting.is_empty() {
                HashMap::new()
            } else {
                keys_that_stay(engine, ours)
            },
            waiting,
            next_key: next.map(Identity::signature_key),
            changes_extensions: ours
                .iter()
                .any(|ours| matches!(ours, Proposal::Extensions { .. })),
        }
    }

    /// Leaves out what does not pass `check`, which is given the filter of what is taken.
    ///
    /// # Errors
    /// What `check` says of our own proposals.
    pub(super) fn leave_out_unfit(
        &mut self,
        mut check: impl FnMut(Filter<'_>) -> Result<(), GroupError>,
    ) -> Result<(), GroupError> {
        if self.waiting.is_empty() || check(&mut self.filter()).is_ok() {
            return Ok(());
        }
        let untried = mem::take(&mut self.waiting);
        check(&mut self.filter())?;
        self.take_fit(untried, &mut check);
        Ok(())
    }

    /// By halves: of many that wait few are unfit.
    fn take_fit(
        &mut self,
        untried: Vec<Waiting>,
        check: &mut impl FnMut(Filter<'_>) -> Result<(), GroupError>,
    ) {
        let taken = self.waiting.len();
        self.waiting.extend(untried);
        if check(&mut self.filter()).is_ok() {
            return;
        }
        let mut first = self.waiting.split_off(taken);
        if first.len() > 1 {
            let second = first.split_off(first.len() / 2);
            self.take_fit(first, check);
            self.take_fit(second, check);
        }
    }

    /// What is taken: to be asked about each proposal in turn, our own last.
    pub(super) fn filter(&self) -> impl FnMut(&QueuedProposal) -> bool {
        let change = self
            .waiting
            .iter()
            .rfind(|waiting| waiting.changes_extensions);
        let change = change.filter(|_| !self.changes_extensions);
        let taken: HashSet<&[u8]> = self
            .waiting
            .iter()
            .filter(|waiting| !waiting.changes_extensions)
            .chain(change)
            .map(|waiting| waiting.reference.as_slice())
            .collect();
        let leaving: HashSet<u32> = self
            .waiting
            .iter()
            .filter_map(|waiting| waiting.leaves)
            .collect();
        // Nor can a client be added whose key becomes ours.
        let mut coming: HashSet<Vec<u8>> = self.next_key.iter().cloned().collect();
        move |proposal| {
            let waited = proposal.proposal_or_ref_type() == ProposalOrRefType::Reference;
            if waited && !taken.contains(proposal.proposal_reference_ref().as_slice()) {
                return false;
            }
            match (proposal.proposal(), Sender::from_engine(proposal.sender())) {
                (EngineProposal::Remove(remove), _) => !leaving.contains(&remove.removed().u32()),
                (EngineProposal::Update(update), Sender::Member(leaf)) => {
                    let key = update.leaf_node().signature_key().as_slice();
                    let fits = match self.present.get(key) {
                        Some(owner) => *owner == leaf,
                        None => coming.insert(key.to_vec()),
                    };
                    fits && !leaving.contains(&leaf)
                }
                (EngineProposal::Add(add), _) => {
                    let key = add.key_package().leaf_node().signature_key().as_slice();
                    // Our own of a member is an error, and not left out.
                    let is_member = waited && self.present.contains_key(key);
                    !is_member && coming.insert(key.to_vec())
                }
                _ => true,
            }
        }
    }
}

impl Waiting {
    fn new(proposal: &QueuedProposal) -> Self {
        let leaves = matches!(proposal.proposal(), EngineProposal::SelfRemove);
        Self {
            reference: proposal.proposal_reference_ref().as_slice().to_vec(),
            leaves: match Sender::from_engine(proposal.sender()) {
                Sender::Member(leaf) if leaves => Some(leaf),
                _ => None,
            },
            changes_extensions: matches!(
                proposal.proposal(),
                EngineProposal::GroupContextExtensions(_)
            ),
        }
    }
}

/// The signature keys of the members whom no Remove takes away, and their leaves.
fn keys_that_stay(engine: &MlsGroup, ours: &[Proposal]) -> HashMap<Vec<u8>, u32> {
    let waiting = engine
        .pending_proposals()
        .filter_map(|waiting| match waiting.proposal() {
            EngineProposal::Remove(remove) => Some(remove.removed().u32()),
            _ => None,
        });
    let ours = ours.iter().filter_map(|ours| match ours {
        Proposal::Remove(leaf) => Some(*leaf),
        _ => None,
    });
    let removed: HashSet<u32> = waiting.chain(ours).collect();
    let leaves = engine.treesync().full_leaves();
    leaves
        .filter(|(index, _)| !removed.contains(&index.u32()))
        .map(|(index, leaf)| (leaf.signature_key().as_slice().to_vec(), index.u32()))
        .collect()
}
