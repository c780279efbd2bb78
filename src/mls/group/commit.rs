//! Commits of our own.

use alloc::{boxed::Box, vec::Vec};
use std::collections::{HashMap, HashSet};

use openmls::{
    group::{MlsGroup, QueuedProposal},
    messages::proposals::{
        CustomProposal, PreSharedKeyProposal, Proposal as EngineProposal, ProposalOrRefType,
    },
    prelude::{LeafNodeIndex, LeafNodeParameters},
    schedule::{ExternalPsk, PreSharedKeyId, Psk},
};
use openmls_traits::{OpenMlsProvider, types::Ciphersuite};
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        error::GroupError,
        extension::group_context_extensions,
        identity::Identity,
        member::Sender,
        overlay::Overlay,
        proposal::Proposal,
        provider::{Provider, Seed},
        record::GroupRecord,
        staged::{Effect, proposal_accepted},
    },
    Group,
    identity::{can_follow, doubles_a_key},
    message_bytes,
    propose::check_custom,
    state::own_value,
    undo,
};
use crate::store::{Changes, Keystore, StoreError};

/// What a commit sends out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommitMessages {
    /// For all members: an `MLSMessage`, private or public as the settings say.
    pub commit: Vec<u8>,
    /// For those who are added, when the commit was accepted: an `MLSMessage` of wire
    /// format `mls_welcome`.
    pub welcome: Option<Vec<u8>>,
}

impl Group {
    /// Commits these proposals, and all that wait ([`Self::pending_proposals`]), one of
    /// those that exclude each other (RFC 9420 §12.2), and keeps the commit until it is
    /// [merged](Self::merge_pending) or [discarded](Self::discard_pending), and its
    /// [messages](Self::pending_messages) with it. Without any it
    /// changes our own keys, which locks out who stole them: do so now and then.
    /// `authenticated_data` goes along, not encrypted. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    pub fn commit_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        proposals: &[Proposal],
        authenticated_data: &[u8],
    ) -> Result<CommitMessages, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        self.commit_as(rng, keystore, None, proposals, authenticated_data)
    }

    /// A commit, which changes our identity if there is a next one.
    pub(super) fn commit_as<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        next: Option<&Identity>,
        proposals: &[Proposal],
        authenticated_data: &[u8],
    ) -> Result<CommitMessages, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let rules = self.rules.clone();
        let key = self.key(GroupRecord::PendingMessages);
        let mut changes = Changes::new();
        if let Some(next) = next {
            next.write(&mut changes);
        }
        let seed = Seed::draw(rng)?;
        let engine = self.take_engine(keystore)?;
        self.apply(
            &seed,
            keystore,
            engine,
            changes,
            |engine, provider, identity| {
                engine.set_aad(authenticated_data.to_vec());
                let messages = commit(engine, provider, identity, next, proposals)?;
                // Also of what was proposed under other rules.
                let accepted = engine.pending_commit().is_none_or(|commit| {
                    let mut proposals = commit.queued_proposals();
                    proposals.all(|proposal| proposal_accepted(proposal.proposal(), &rules))
                });
                if !accepted {
                    return Err(GroupError::CredentialRejected);
                }
                let us = Sender::Member(engine.own_leaf_index().u32());
                let doubled = engine
                    .pending_commit()
                    .is_some_and(|commit| doubles_a_key(engine, &Effect::of(engine, commit, us)));
                if doubled {
                    return Err(GroupError::DuplicateKey);
                }
                provider.storage().put(key, &messages)?;
                Ok(messages)
            },
        )
    }

    /// [`Self::commit_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    #[cfg(feature = "os-rng")]
    pub fn commit(
        &mut self,
        keystore: &mut Keystore,
        proposals: &[Proposal],
        authenticated_data: &[u8],
    ) -> Result<CommitMessages, GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.commit_with(rng, keystore, proposals, authenticated_data)
    }

    /// What the commit of ours that waits sends out, as [`Self::commit`] gave it: to
    /// send it again, after a crash or when it was lost on the way.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be read.
    pub fn pending_messages(
        &self,
        keystore: &Keystore,
    ) -> Result<Option<CommitMessages>, StoreError> {
        own_value(
            &Overlay::new(keystore),
            &self.id,
            GroupRecord::PendingMessages,
        )
    }

    /// Applies the commit of ours that waits, once it was accepted as the next: the
    /// group goes on to the next epoch, and the commit's messages are forgotten, so send
    /// the Welcome first. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::NoPendingCommit`] if none waits, and other [`GroupError`]s; the
    /// group is as it was.
    pub fn merge_pending_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let undo = undo::Recorder::new(self);
        self.run(rng, keystore, |engine, provider, _| {
            if engine.pending_commit().is_none() {
                return Err(GroupError::NoPendingCommit);
            }
            undo.merge(engine, provider, |engine| {
                Ok(engine.merge_pending_commit(provider)?)
            })
        })
    }

    /// [`Self::merge_pending_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn merge_pending(&mut self, keystore: &mut Keystore) -> Result<(), GroupError> {
        self.merge_pending_with(&mut crate::primitives::random::OsRng, keystore)
    }

    /// Drops the commit of ours that waits, when another was accepted in its place.
    /// Merging that other one does so, too. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::NoPendingCommit`] if none waits, and other [`GroupError`]s; the
    /// group is as it was.
    pub fn discard_pending_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let messages = self.key(GroupRecord::PendingMessages);
        self.run(rng, keystore, |engine, provider, _| {
            if engine.pending_commit().is_none() {
                return Err(GroupError::NoPendingCommit);
            }
            engine.clear_pending_commit(provider.storage())?;
            Ok(provider.storage().delete(messages)?)
        })
    }

    /// [`Self::discard_pending_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn discard_pending(&mut self, keystore: &mut Keystore) -> Result<(), GroupError> {
        self.discard_pending_with(&mut crate::primitives::random::OsRng, keystore)
    }
}

fn commit(
    engine: &mut MlsGroup,
    provider: &Provider<'_>,
    identity: &Identity,
    next: Option<&Identity>,
    proposals: &[Proposal],
) -> Result<CommitMessages, GroupError> {
    if !engine.is_active() {
        return Err(GroupError::Evicted);
    }
    if engine.pending_commit().is_some() {
        return Err(GroupError::PendingCommit);
    }
    if let Some(next) = next {
        can_follow(engine, next)?;
    }
    let suite = engine.ciphersuite();
    let present = engine.extensions().clone();
    for proposal in proposals {
        if let Proposal::Custom { kind, .. } = proposal {
            check_custom(engine, *kind)?;
        }
    }
    let mut selection = Selection::new(engine, next, proposals);
    // Only adding someone needs no new keys of ours, and is a smaller commit; whoever
    // wants both says so.
    let update = proposals
        .iter()
        .any(|proposal| matches!(proposal, Proposal::Update));
    let mut builder = engine
        .commit_builder()
        .force_self_update(update)
        .leaf_node_parameters(LeafNodeParameters::default());
    for proposal in proposals {
        builder = match proposal {
            Proposal::Add(package) => builder.propose_adds([package.engine().clone()]),
            Proposal::Remove(leaf) => builder.propose_removals([LeafNodeIndex::new(*leaf)]),
            Proposal::Update => builder,
            Proposal::SelfRemove => return Err(GroupError::OwnRemoval),
            Proposal::Psk(id) => builder.add_proposal(EngineProposal::PreSharedKey(Box::new(
                PreSharedKeyProposal::new(psk_id(suite, provider, id)?),
            ))),
            Proposal::Extensions {
                extensions,
                external_senders,
            } => builder.propose_group_context_extensions(
                group_context_extensions(extensions, external_senders, &present)
                    .map_err(|_| GroupError::ExtensionKind)?,
            )?,
            Proposal::Custom { kind, payload } => builder.add_proposal(EngineProposal::Custom(
                Box::new(CustomProposal::new(*kind, payload.clone())),
            )),
        };
    }
    let builder = builder
        .load_psks(provider.storage())?
        .create_group_info(false);
    let (rand, crypto, signer) = (provider.rand(), provider.crypto(), identity.signer());
    let takes = |proposal: &QueuedProposal| selection.takes(proposal);
    let built = match next {
        None => builder.build(rand, crypto, signer, takes),
        Some(next) => builder.build_with_new_signer(rand, crypto, signer, next.new_signer(), takes),
    };
    let messages = built?.stage_commit(provider)?;
    let (commit, welcome, _) = messages.into_messages();
    Ok(CommitMessages {
        commit: message_bytes(&commit)?,
        welcome: welcome.as_ref().map(message_bytes).transpose()?,
    })
}

/// Of proposals that exclude each other one is committed (RFC 9420 §12.2). openmls
/// chooses among those that change or remove one member, but for what comes after a
/// self-remove, at which its debug assertions panic; and not among those that bring one
/// signature key, of which the first is taken, or that replace the group's extensions,
/// of which it is the last. What waits and brings the key of a member that stays is
/// left out, too: nobody could commit anything else as long as it waits.
struct Selection {
    leaving: HashSet<u32>,
    /// The leaves of the keys of those who stay; none if nothing waits.
    present: HashMap<Vec<u8>, u32>,
    coming: HashSet<Vec<u8>>,
    superseded: HashSet<Vec<u8>>,
}

impl Selection {
    fn new(engine: &MlsGroup, next: Option<&Identity>, ours: &[Proposal]) -> Self {
        let mut extensions: Vec<Vec<u8>> = engine
            .pending_proposals()
            .filter(|proposal| {
                matches!(
                    proposal.proposal(),
                    EngineProposal::GroupContextExtensions(_)
                )
            })
            .map(|proposal| proposal.proposal_reference_ref().as_slice().to_vec())
            .collect();
        let change_extensions = |ours: &Proposal| matches!(ours, Proposal::Extensions { .. });
        if !ours.iter().any(change_extensions) {
            extensions.pop();
        }
        let leaving = engine.pending_proposals().filter_map(|proposal| {
            let leaves = matches!(proposal.proposal(), EngineProposal::SelfRemove);
            match Sender::from_engine(proposal.sender()) {
                Sender::Member(leaf) if leaves => Some(leaf),
                _ => None,
            }
        });
        Self {
            leaving: leaving.collect(),
            present: match engine.pending_proposals().next() {
                Some(_) => keys_that_stay(engine, ours),
                None => HashMap::new(),
            },
            // Nor can a client be added whose key becomes ours.
            coming: next.iter().map(|next| next.signature_key()).collect(),
            superseded: extensions.into_iter().collect(),
        }
    }

    /// To be asked about each in turn.
    fn takes(&mut self, proposal: &QueuedProposal) -> bool {
        match (proposal.proposal(), Sender::from_engine(proposal.sender())) {
            (EngineProposal::Remove(remove), _) => !self.leaving.contains(&remove.removed().u32()),
            (EngineProposal::Update(update), Sender::Member(leaf)) => {
                let key = update.leaf_node().signature_key().as_slice();
                let fits = match self.present.get(key) {
                    Some(owner) => *owner == leaf,
                    None => self.coming.insert(key.to_vec()),
                };
                fits && !self.leaving.contains(&leaf)
            }
            (EngineProposal::Add(add), _) => {
                let key = add.key_package().leaf_node().signature_key().as_slice();
                // Our own of a member is an error, and not left out.
                let waited = proposal.proposal_or_ref_type() == ProposalOrRefType::Reference;
                let is_member = waited && self.present.contains_key(key);
                !is_member && self.coming.insert(key.to_vec())
            }
            (EngineProposal::GroupContextExtensions(_), _) => {
                let reference = proposal.proposal_reference_ref();
                !self.superseded.contains(reference.as_slice())
            }
            _ => true,
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

/// The id of an external pre-shared key, with a fresh nonce (RFC 9420 §8.4).
pub(super) fn psk_id(
    suite: Ciphersuite,
    provider: &Provider<'_>,
    id: &[u8],
) -> Result<PreSharedKeyId, GroupError> {
    let external = Psk::External(ExternalPsk::new(id.to_vec()));
    PreSharedKeyId::new(suite, provider.rand(), external).map_err(|_| GroupError::Internal)
}
