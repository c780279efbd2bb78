//! Commits of our own.

use alloc::{boxed::Box, vec::Vec};

use openmls::{
    group::{CommitBuilder, CreateCommitError, Initial, MlsGroup},
    messages::proposals::{CustomProposal, PreSharedKeyProposal, Proposal as EngineProposal},
    prelude::LeafNodeIndex,
    schedule::{ExternalPsk, PreSharedKeyId, Psk},
    treesync::errors::TreeSyncAddLeaf,
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
        random::NoRandomness,
        record::GroupRecord,
        rules::Rules,
        staged::Effect,
    },
    Group,
    identity::{can_follow, doubles_a_key},
    message_bytes,
    propose::check_custom,
    selection::{Selection, take_psks},
    state::own_value,
    understood::MemberChanges,
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
    /// Commits these proposals and those that wait ([`Self::pending_proposals`]), and
    /// keeps the commit until it is [merged](Self::merge_pending) or
    /// [discarded](Self::discard_pending), and its [messages](Self::pending_messages)
    /// with it. Without any it changes our own keys, which locks out who stole them: do
    /// so now and then. `authenticated_data` goes along, not encrypted. Draws 32 bytes.
    ///
    /// What we proposed ourselves is committed by value, whether it was sent or not. Of
    /// what waits and excludes each other one is committed, and what cannot be committed
    /// by us is left out (RFC 9420 §12.2): what the rules reject, a key package that has
    /// expired or whose client does not understand what the group has, a pre-shared key
    /// that we do not have, our own removal. [`Self::pending_commit`] tells what is in
    /// it. What was left out is dropped with the merge, as everything that waits.
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
        if !proposals
            .iter()
            .all(|proposal| proposal.is_accepted(&self.rules))
        {
            return Err(GroupError::CredentialRejected);
        }
        let rules = self.rules.clone();
        let key = self.key(GroupRecord::PendingMessages);
        let mut changes = Changes::new();
        // Of the same key there is one credential, until the merge the present one.
        if let Some(next) = next
            && next.signature_key() != self.identity.signature_key()
        {
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
                let messages = commit(engine, provider, identity, &rules, next, proposals)?;
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
    /// Merging that other one does so, too. If ours was accepted, the group goes on
    /// without us, and we have to [join again](Self::join_external): so discard nothing
    /// whose fate is not known. Draws 32 bytes.
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
    rules: &Rules,
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
    for proposal in proposals {
        if let Proposal::Custom { kind, .. } = proposal {
            check_custom(engine, *kind)?;
        }
    }
    let mut selection = Selection::new(engine, rules, next, proposals);
    let psks = take_psks(engine, provider)?;
    selection.leave_out_unfit(|taken| {
        understood(engine, taken, next, proposals)?;
        check(engine, provider, identity, taken, proposals)
    })?;
    understood(engine, &selection, next, proposals)?;
    // Only adding someone needs no new keys of ours, and is a smaller commit; whoever
    // wants both says so.
    let update = proposals.contains(&Proposal::Update);
    let builder = with_proposals(engine, provider, &selection, proposals)?
        .force_self_update(update)
        .load_psks(provider.storage())?
        .create_group_info(false);
    let (rand, crypto, signer) = (provider.rand(), provider.crypto(), identity.signer());
    let takes = selection.filter();
    let built = match next {
        None => builder.build(rand, crypto, signer, takes),
        Some(next) => builder.build_with_new_signer(rand, crypto, signer, next.new_signer(), takes),
    };
    let messages = built?.stage_commit(provider)?;
    for psk in psks {
        engine.store_pending_proposal(provider.storage(), psk)?;
    }
    let (commit, welcome, _) = messages.into_messages();
    Ok(CommitMessages {
        commit: message_bytes(&commit)?,
        welcome: welcome.as_ref().map(message_bytes).transpose()?,
    })
}

fn with_proposals<'e>(
    engine: &'e mut MlsGroup,
    provider: &Provider<'_>,
    selection: &Selection,
    proposals: &[Proposal],
) -> Result<CommitBuilder<'e, Initial>, GroupError> {
    let suite = engine.ciphersuite();
    let present = engine.extensions().clone();
    let mut builder = engine.commit_builder().add_proposals(selection.by_value());
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
    Ok(builder)
}

/// Whether the members understand each other when this is committed.
fn understood(
    engine: &MlsGroup,
    selection: &Selection,
    next: Option<&Identity>,
    proposals: &[Proposal],
) -> Result<(), GroupError> {
    let mut extensions = None;
    let mut changes = MemberChanges::new(engine);
    selection.propose_to(&mut changes);
    for proposal in proposals {
        match proposal {
            Proposal::Add(package) => changes.add(package.engine().leaf_node()),
            Proposal::Remove(leaf) => changes.remove(*leaf),
            Proposal::Extensions {
                extensions: wanted,
                external_senders,
            } => {
                let wanted =
                    group_context_extensions(wanted, external_senders, engine.extensions());
                extensions = Some(wanted.map_err(|_| GroupError::ExtensionKind)?);
            }
            _ => {}
        }
    }
    if let Some(extensions) = &extensions {
        changes.extend(extensions);
    }
    if let Some(next) = next {
        changes.become_one_of(next.credential().kind().into());
    }
    if changes.are_understood() {
        Ok(())
    } else {
        Err(GroupError::Unsupported)
    }
}

/// Whether the engine would commit these proposals and what is taken of those that wait.
/// It looks at all of them before it draws anything, and new keys of ours are the first
/// that it draws: without randomness it goes no further.
fn check(
    engine: &mut MlsGroup,
    provider: &Provider<'_>,
    identity: &Identity,
    selection: &Selection,
    proposals: &[Proposal],
) -> Result<(), GroupError> {
    let (crypto, signer) = (provider.crypto(), identity.signer());
    let built = with_proposals(engine, provider, selection, proposals)?
        .force_self_update(true)
        .load_psks(provider.storage())?
        .build(&NoRandomness, crypto, signer, selection.filter());
    match built {
        Ok(_) | Err(CreateCommitError::TreeSyncAddLeaf(TreeSyncAddLeaf::LibraryError(_))) => Ok(()),
        Err(error) => Err(error.into()),
    }
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
