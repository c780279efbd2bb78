//! Which of the proposals that wait a commit of ours covers (RFC 9420 §12.2).

use alloc::vec::Vec;
use core::mem;
use std::collections::{HashMap, HashSet};

use openmls::{
    group::{MlsGroup, QueuedProposal},
    messages::proposals::{Proposal as EngineProposal, ProposalOrRefType},
};
use openmls_traits::OpenMlsProvider;
use tls_codec::Serialize;

use super::{
    super::{
        error::GroupError, identity::Identity, member::Sender, proposal::Proposal,
        provider::Provider, rules::Rules, staged::proposal_accepted,
    },
    understood::MemberChanges,
};

/// Of proposals that exclude each other one is committed. openmls chooses among those that
/// change or remove one member, but for what comes after a self-remove, at which its
/// debug assertions panic; and not among those that bring one signature key, of which the
/// first is taken, or that replace the group's extensions, of which it is the last. What a
/// caller commits goes before what waits.
///
/// Left out is what could not be committed as long as it waits, or else nothing could:
/// what the rules reject, our own removal, what brings the key of a member that stays, and
/// what the engine refuses beside our own proposals and those that wait longer.
///
/// What we proposed ourselves is committed by value. Nobody could follow a commit that
/// names it if it was never sent, as we died in between. So are all pre-shared keys:
/// openmls mixes in those by value before those that wait, whether these are taken or
/// not, and not in the order in which they stand in the commit.
pub(super) struct Selection {
    /// Those that wait and are not left out, in their order.
    waiting: Vec<Waiting>,
    /// The leaves of the keys of those who stay; none if nothing waits.
    present: HashMap<Vec<u8>, u32>,
    /// The signature keys of those whom we add, and our next one.
    coming: HashSet<Vec<u8>>,
    changes_extensions: bool,
}

struct Waiting {
    reference: Vec<u8>,
    proposal: EngineProposal,
    sender: Sender,
    by_value: bool,
}

impl Selection {
    pub(super) fn new(
        engine: &MlsGroup,
        rules: &Rules,
        next: Option<&Identity>,
        ours: &[Proposal],
    ) -> Self {
        let us = engine.own_leaf_index().u32();
        let mut psks = HashSet::new();
        let waiting: Vec<_> = engine
            .pending_proposals()
            .filter(|waiting| proposal_accepted(waiting.proposal(), rules))
            .filter(|waiting| removed_by(waiting.proposal()) != Some(us))
            .filter(|waiting| psk_of(waiting).is_none_or(|psk| psks.insert(psk)))
            .map(|waiting| Waiting::new(waiting, us))
            .collect();
        let added = ours.iter().filter_map(|ours| match ours {
            Proposal::Add(package) => Some(package.signature_key().to_vec()),
            _ => None,
        });
        Self {
            present: if waiting.is_empty() {
                HashMap::new()
            } else {
                keys_that_stay(engine, &waiting, ours)
            },
            waiting,
            coming: added.chain(next.map(Identity::signature_key)).collect(),
            changes_extensions: ours
                .iter()
                .any(|ours| matches!(ours, Proposal::Extensions { .. })),
        }
    }

    /// Leaves out what does not pass `check`.
    ///
    /// # Errors
    /// What `check` says of our own proposals.
    pub(super) fn leave_out_unfit(
        &mut self,
        mut check: impl FnMut(&Self) -> Result<(), GroupError>,
    ) -> Result<(), GroupError> {
        if self.waiting.is_empty() || check(self).is_ok() {
            return Ok(());
        }
        // Others may need the room that removals make: they are tried first.
        let waiting = mem::take(&mut self.waiting);
        let (removals, others): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|waiting| removed_by(&waiting.proposal).is_some());
        self.waiting = removals;
        check(self)?;
        self.take_fit(others, &mut check);
        Ok(())
    }

    /// By halves: of many that wait few are unfit.
    fn take_fit(
        &mut self,
        untried: Vec<Waiting>,
        check: &mut impl FnMut(&Self) -> Result<(), GroupError>,
    ) {
        let taken = self.waiting.len();
        self.waiting.extend(untried);
        if check(self).is_ok() {
            return;
        }
        let mut first = self.waiting.split_off(taken);
        if first.len() > 1 {
            let second = first.split_off(first.len() / 2);
            self.take_fit(first, check);
            self.take_fit(second, check);
        }
    }

    /// What is taken, one of those that exclude each other.
    fn taken(&self) -> Vec<&Waiting> {
        let leaving = self.leaving();
        let mut coming: HashSet<&[u8]> = self.coming.iter().map(Vec::as_slice).collect();
        let last_change = self
            .waiting
            .iter()
            .rfind(|waiting| waiting.changes_extensions());
        let mut taken = Vec::new();
        for waiting in &self.waiting {
            let takes = match (&waiting.proposal, waiting.sender) {
                (EngineProposal::Remove(remove), _) => !leaving.contains(&remove.removed().u32()),
                (EngineProposal::Update(update), Sender::Member(leaf)) => {
                    let key = update.leaf_node().signature_key().as_slice();
                    let fits = match self.present.get(key) {
                        Some(owner) => *owner == leaf,
                        None => coming.insert(key),
                    };
                    fits && !leaving.contains(&leaf)
                }
                (EngineProposal::Add(add), _) => {
                    let key = add.key_package().leaf_node().signature_key().as_slice();
                    !self.present.contains_key(key) && coming.insert(key)
                }
                (EngineProposal::GroupContextExtensions(_), _) => {
                    let last = last_change.map(|last| &last.reference);
                    last == Some(&waiting.reference) && !self.changes_extensions
                }
                _ => true,
            };
            if takes {
                taken.push(waiting);
            }
        }
        taken
    }

    /// Who leaves by itself.
    fn leaving(&self) -> HashSet<u32> {
        let leaves =
            self.waiting
                .iter()
                .filter_map(|waiting| match (&waiting.proposal, waiting.sender) {
                    (EngineProposal::SelfRemove, Sender::Member(leaf)) => Some(leaf),
                    _ => None,
                });
        leaves.collect()
    }

    /// What is taken by value of what waits.
    pub(super) fn by_value(&self) -> Vec<EngineProposal> {
        let taken = self.taken().into_iter();
        let by_value = taken.filter(|waiting| waiting.by_value);
        by_value.map(|waiting| waiting.proposal.clone()).collect()
    }

    /// What is taken of the rest, and of what is there by value: to be asked about each.
    pub(super) fn filter(&self) -> impl FnMut(&QueuedProposal) -> bool {
        let taken: HashSet<&[u8]> = self
            .taken()
            .into_iter()
            .filter(|waiting| !waiting.by_value)
            .map(|waiting| waiting.reference.as_slice())
            .collect();
        let leaving = self.leaving();
        move |proposal| match proposal.proposal_or_ref_type() {
            ProposalOrRefType::Reference => taken.contains(reference(proposal)),
            ProposalOrRefType::Proposal => {
                removed_by(proposal.proposal()).is_none_or(|leaf| !leaving.contains(&leaf))
            }
        }
    }

    /// What is taken, for whether the members understand each other.
    pub(super) fn propose_to<'c>(&'c self, changes: &mut MemberChanges<'c>) {
        for waiting in self.taken() {
            changes.propose(&waiting.proposal, waiting.sender);
        }
    }
}

impl Waiting {
    fn new(proposal: &QueuedProposal, us: u32) -> Self {
        let sender = Sender::from_engine(proposal.sender());
        Self {
            reference: reference(proposal).to_vec(),
            proposal: proposal.proposal().clone(),
            sender,
            by_value: match proposal.proposal() {
                // Of ourselves nobody but others can commit these.
                EngineProposal::Update(_) | EngineProposal::SelfRemove => false,
                EngineProposal::PreSharedKey(_) => true,
                _ => sender == Sender::Member(us),
            },
        }
    }

    const fn changes_extensions(&self) -> bool {
        matches!(self.proposal, EngineProposal::GroupContextExtensions(_))
    }
}

fn reference(proposal: &QueuedProposal) -> &[u8] {
    proposal.proposal_reference_ref().as_slice()
}

fn removed_by(proposal: &EngineProposal) -> Option<u32> {
    match proposal {
        EngineProposal::Remove(remove) => Some(remove.removed().u32()),
        _ => None,
    }
}

/// The pre-shared key and nonce of a proposal. Anybody can propose it again, and openmls
/// would mix it in twice and commit it once.
fn psk_of(proposal: &QueuedProposal) -> Option<Vec<u8>> {
    match proposal.proposal() {
        EngineProposal::PreSharedKey(psk) => psk.tls_serialize_detached().ok(),
        _ => None,
    }
}

/// Takes out what waits of pre-shared keys, or openmls would mix it in.
pub(super) fn take_psks(
    engine: &mut MlsGroup,
    provider: &Provider<'_>,
) -> Result<Vec<QueuedProposal>, GroupError> {
    let is_psk = |waiting: &&QueuedProposal| psk_of(waiting).is_some();
    let psks: Vec<_> = engine.pending_proposals().filter(is_psk).cloned().collect();
    for psk in &psks {
        engine.remove_pending_proposal(provider.storage(), psk.proposal_reference_ref())?;
    }
    Ok(psks)
}

/// The signature keys of the members whom no Remove takes away, and their leaves.
fn keys_that_stay(
    engine: &MlsGroup,
    waiting: &[Waiting],
    ours: &[Proposal],
) -> HashMap<Vec<u8>, u32> {
    let waiting = waiting.iter().map(|waiting| removed_by(&waiting.proposal));
    let ours = ours.iter().map(|ours| match ours {
        Proposal::Remove(leaf) => Some(*leaf),
        _ => None,
    });
    let removed: HashSet<u32> = waiting.chain(ours).flatten().collect();
    let leaves = engine.treesync().full_leaves();
    leaves
        .filter(|(index, _)| !removed.contains(&index.u32()))
        .map(|(index, leaf)| (leaf.signature_key().as_slice().to_vec(), index.u32()))
        .collect()
}
