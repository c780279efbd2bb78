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

use super::super::{
    error::GroupError, identity::Identity, member::Sender, proposal::Proposal, provider::Provider,
    rules::Rules, staged::proposal_accepted,
};

/// Of proposals that exclude each other one is committed. openmls chooses among those that
/// change or remove one member, but for what comes after a self-remove, at which its
/// debug assertions panic; and not among those that bring one signature key, of which the
/// first is taken, or that replace the group's extensions, of which it is the last.
///
/// Left out is what could not be committed as long as it waits, or else nothing could:
/// what the rules reject, what brings the key of a member that stays, and what the engine
/// refuses beside our own proposals and those that wait longer.
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
    next_key: Option<Vec<u8>>,
    changes_extensions: bool,
}

struct Waiting {
    reference: Vec<u8>,
    /// Who leaves by it.
    leaves: Option<u32>,
    changes_extensions: bool,
    /// Itself, if it is to be committed by value.
    by_value: Option<EngineProposal>,
}

impl Selection {
    pub(super) fn new(
        engine: &MlsGroup,
        rules: &Rules,
        next: Option<&Identity>,
        ours: &[Proposal],
    ) -> Self {
        let mut psks = HashSet::new();
        let waiting: Vec<_> = engine
            .pending_proposals()
            .filter(|waiting| proposal_accepted(waiting.proposal(), rules))
            .filter(|waiting| psk_of(waiting).is_none_or(|psk| psks.insert(psk)))
            .map(|waiting| Waiting::new(engine, waiting))
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
        let untried = mem::take(&mut self.waiting);
        check(self)?;
        self.take_fit(untried, &mut check);
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

    fn taken(&self) -> impl Iterator<Item = &Waiting> {
        let change = self
            .waiting
            .iter()
            .rfind(|waiting| waiting.changes_extensions);
        self.waiting
            .iter()
            .filter(|waiting| !waiting.changes_extensions)
            .chain(change.filter(|_| !self.changes_extensions))
    }

    /// What is taken by value of what waits.
    pub(super) fn by_value(&self) -> impl Iterator<Item = EngineProposal> {
        self.taken().filter_map(|waiting| waiting.by_value.clone())
    }

    /// What is taken of the rest: to be asked about each proposal in turn, those by value
    /// last.
    pub(super) fn filter(&self) -> impl FnMut(&QueuedProposal) -> bool {
        let taken: HashSet<&[u8]> = self
            .taken()
            .filter(|waiting| waiting.by_value.is_none())
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
                    // By value it is for the engine to refuse.
                    let is_member = waited && self.present.contains_key(key);
                    !is_member && coming.insert(key.to_vec())
                }
                _ => true,
            }
        }
    }
}

impl Waiting {
    fn new(engine: &MlsGroup, proposal: &QueuedProposal) -> Self {
        let sender = Sender::from_engine(proposal.sender());
        let ours = sender == Sender::Member(engine.own_leaf_index().u32());
        Self {
            reference: proposal.proposal_reference_ref().as_slice().to_vec(),
            leaves: match (proposal.proposal(), sender) {
                (EngineProposal::SelfRemove, Sender::Member(leaf)) => Some(leaf),
                _ => None,
            },
            changes_extensions: matches!(
                proposal.proposal(),
                EngineProposal::GroupContextExtensions(_)
            ),
            by_value: match proposal.proposal() {
                // Of ourselves nobody but others can commit these.
                EngineProposal::Update(_) | EngineProposal::SelfRemove => None,
                psk @ EngineProposal::PreSharedKey(_) => Some(psk.clone()),
                proposal => ours.then(|| proposal.clone()),
            },
        }
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
