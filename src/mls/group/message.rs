//! Messages: sent, received, and commits of others merged.

use alloc::vec::Vec;
use openmls::{
    group::MlsGroup,
    messages::proposals::Proposal,
    prelude::{ContentType, MlsMessageBodyIn, ProcessedMessageContent, ProtocolMessage},
};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;

use super::{
    super::{
        credential::Credential,
        error::GroupError,
        member::Sender,
        message_body,
        proposal::ProposalInfo,
        provider::Seed,
        receive::{ReceiveError, Received, ReceivedMessage, ReceivedProposal, is_too_old},
        sealable,
        staged::{StagedCommit, accepted, proposal_accepted},
    },
    Group, evicted,
    identity::doubles_a_key,
    message_bytes, outcome,
    propose::is_understood,
    understood::MemberChanges,
    undo,
};
use crate::store::{Changes, Keystore};

impl Group {
    /// Encrypts a message to the group. `authenticated_data` goes along: not
    /// encrypted, and not to be changed on the way. Draws 32 bytes.
    ///
    /// Returns an `MLSMessage` of wire format `mls_private_message`.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    pub fn encrypt_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        plaintext: &[u8],
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        self.run(rng, keystore, |engine, provider, identity| {
            engine.set_aad(authenticated_data.to_vec());
            let message = engine.create_message(provider, identity.signer(), plaintext)?;
            message_bytes(&message)
        })
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    #[cfg(feature = "os-rng")]
    pub fn encrypt(
        &mut self,
        keystore: &mut Keystore,
        plaintext: &[u8],
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.encrypt_with(rng, keystore, plaintext, authenticated_data)
    }

    /// Takes a message to the group: an `MLSMessage` of wire format
    /// `mls_private_message` or `mls_public_message`. Draws 32 bytes.
    ///
    /// A message of the application is decrypted, and its key is gone: if we die before
    /// its text is kept, the sender has to send it again. A proposal or
    /// a commit is checked, and nothing is written before it is accepted.
    ///
    /// # Errors
    /// [`ReceiveError`]; the group is as it was.
    pub fn receive_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        message: &[u8],
    ) -> Result<Received, ReceiveError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let bytes = message;
        let message = parse(bytes)?;
        let seed = Seed::draw(rng)?;
        let mut engine = self.take_engine(keystore)?;
        if let Err(error) = self.expects(&engine, &message) {
            self.engine = Some(engine);
            return Err(error);
        }
        let provider = self.provider(&seed, keystore, Changes::new());
        let epoch = message.epoch().as_u64();
        let processed = engine.process_message(&provider, message);
        let processed = processed.map_err(|error| match error {
            error if epoch < self.epoch && is_too_old(&error) => ReceiveError::PastEpoch { epoch },
            error => error.into(),
        });
        let processed = outcome::<_, ReceiveError, _>(&provider, processed);
        let changes = provider.into_changes()?;
        let untouched = changes.is_empty();
        let received = processed.and_then(|processed| {
            let sender = Sender::from_engine(processed.sender());
            let credential = Credential::from_engine(processed.credential());
            let authenticated_data = processed.aad().to_vec();
            match processed.into_content() {
                ProcessedMessageContent::ApplicationMessage(message) => {
                    let Sender::Member(sender) = sender else {
                        return Err(ReceiveError::NotAllowed);
                    };
                    self.write(&seed, keystore, changes)?;
                    Ok(Received::Message(ReceivedMessage {
                        sender,
                        credential,
                        epoch,
                        plaintext: message.into_bytes(),
                        authenticated_data,
                    }))
                }
                ProcessedMessageContent::ProposalMessage(proposal)
                | ProcessedMessageContent::ExternalJoinProposalMessage(proposal) => {
                    if !makes_sense(&engine, proposal.proposal())
                        || !sealable::proposal(engine.ciphersuite(), proposal.proposal())
                    {
                        return Err(ReceiveError::InvalidProposal);
                    }
                    if !proposal_accepted(proposal.proposal(), &self.rules) {
                        return Err(ReceiveError::CredentialRejected);
                    }
                    Ok(Received::Proposal(ReceivedProposal {
                        info: ProposalInfo::from_engine(&proposal),
                        engine: proposal,
                        changes,
                        ticket: self.issue_ticket(),
                        authenticated_data,
                    }))
                }
                ProcessedMessageContent::StagedCommitMessage(commit) => {
                    sealable::commit(engine.ciphersuite(), &commit)?;
                    if !MemberChanges::of_commit(&engine, &commit, sender).are_understood() {
                        return Err(ReceiveError::InvalidCommit);
                    }
                    if !accepted(&commit, &self.rules) {
                        return Err(ReceiveError::CredentialRejected);
                    }
                    let ticket = self.issue_ticket();
                    let commit = StagedCommit::new(
                        &engine,
                        commit,
                        changes,
                        ticket,
                        sender,
                        authenticated_data,
                    );
                    if doubles_a_key(&engine, commit.effect()) {
                        return Err(ReceiveError::InvalidCommit);
                    }
                    Ok(Received::Commit(commit))
                }
                ProcessedMessageContent::OwnPendingCommit => Ok(Received::OwnPendingCommit),
                ProcessedMessageContent::OwnPrivateMessage => {
                    let waiting = self.pending_messages(keystore)?;
                    if waiting.is_some_and(|waiting| waiting.commit == bytes) {
                        Ok(Received::OwnPendingCommit)
                    } else {
                        Ok(Received::OwnMessage)
                    }
                }
            }
        });
        // The engine changes nothing in memory before it wants to write it.
        if received.is_err() && !untouched {
            self.engine = self.load_engine(keystore).ok();
        } else {
            self.adopt(engine);
        }
        received
    }

    /// [`Self::receive_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`ReceiveError`]; the group is as it was.
    #[cfg(feature = "os-rng")]
    pub fn receive(
        &mut self,
        keystore: &mut Keystore,
        message: &[u8],
    ) -> Result<Received, ReceiveError> {
        self.receive_with(&mut crate::primitives::random::OsRng, keystore, message)
    }

    /// Whether a message is for this group, and of an epoch that can be read.
    fn expects(&self, engine: &MlsGroup, message: &ProtocolMessage) -> Result<(), ReceiveError> {
        if !engine.is_active() {
            return Err(ReceiveError::Evicted);
        }
        if message.group_id().as_slice() != self.id {
            return Err(ReceiveError::WrongGroup);
        }
        let epoch = message.epoch().as_u64();
        if epoch > self.epoch {
            return Err(ReceiveError::FutureEpoch { epoch });
        }
        let age = self.epoch.saturating_sub(epoch);
        let kept = u64::try_from(self.settings.past_epochs).unwrap_or(u64::MAX);
        let of_application = message.content_type() == ContentType::Application;
        if age > 0 && (age > kept || !of_application) {
            return Err(ReceiveError::PastEpoch { epoch });
        }
        Ok(())
    }

    /// Puts a received proposal among those that wait for a commit, if it is not there.
    /// Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::Superseded`] if the group received or did anything since, and
    /// other [`GroupError`]s; the group is as it was.
    pub fn accept_proposal_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        proposal: ReceivedProposal,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if !self.honours(&proposal.ticket) {
            return Err(GroupError::Superseded);
        }
        self.finish(rng, keystore, proposal.changes, |engine, provider| {
            let reference = proposal.engine.proposal_reference_ref();
            let mut waiting = engine.pending_proposals();
            // One in public framing can come twice, or be our own.
            if waiting.any(|waiting| waiting.proposal_reference_ref() == reference) {
                return Ok(());
            }
            drop(waiting);
            Ok(engine.store_pending_proposal(provider.storage(), *proposal.engine)?)
        })
    }

    /// [`Self::accept_proposal_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn accept_proposal(
        &mut self,
        keystore: &mut Keystore,
        proposal: ReceivedProposal,
    ) -> Result<(), GroupError> {
        self.accept_proposal_with(&mut crate::primitives::random::OsRng, keystore, proposal)
    }

    /// Applies a commit of another's: the group goes on to the next epoch. A commit
    /// of ours that waits, and all proposals, are dropped. Draws 32 bytes.
    ///
    /// If it removed us, the group is [not active](Self::is_active) any more: our private
    /// keys of the tree and the keys of past epochs are deleted, unless the settings keep
    /// the previous epoch to roll back to. [`Self::delete`] deletes the rest.
    ///
    /// # Errors
    /// [`GroupError::Superseded`] if the group received or did anything since,
    /// [`GroupError::LeftEpoch`] if this commit was rolled back, and other
    /// [`GroupError`]s; the group is as it was. The commit is used up: to try again,
    /// [receive](Self::receive_with) its message once more.
    pub fn merge_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        commit: StagedCommit,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if !self.honours(&commit.ticket) {
            return Err(GroupError::Superseded);
        }
        let undo = undo::Recorder::new(self);
        self.finish(rng, keystore, commit.changes, |engine, provider| {
            if undo.has_left(provider, &commit.engine)? {
                return Err(GroupError::LeftEpoch);
            }
            undo.merge(engine, provider, |engine| {
                evicted::merge(engine, provider, |engine| {
                    Ok(engine.merge_staged_commit(provider, *commit.engine)?)
                })
            })
        })
    }

    /// [`Self::merge_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn merge(
        &mut self,
        keystore: &mut Keystore,
        commit: StagedCommit,
    ) -> Result<(), GroupError> {
        self.merge_with(&mut crate::primitives::random::OsRng, keystore, commit)
    }

    /// Goes on with what was received: the engine has it in memory, and its changes
    /// are still to be written.
    fn finish<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        changes: Changes,
        operation: impl FnOnce(&mut MlsGroup, &super::Provider<'_>) -> Result<(), GroupError>,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        self.check_current(keystore)?;
        let engine = self.engine.take().ok_or(GroupError::Superseded)?;
        self.staged = false;
        self.apply(&seed, keystore, engine, changes, |engine, provider, _| {
            operation(engine, provider)
        })
    }
}

/// Whether a proposal can be committed in this epoch at all. openmls looks when it is:
/// then it would keep us from committing anything else.
fn makes_sense(engine: &MlsGroup, proposal: &Proposal) -> bool {
    match proposal {
        Proposal::Remove(remove) => engine.member_at(remove.removed()).is_some(),
        Proposal::ExternalInit(_) => false,
        Proposal::Custom(custom) => is_understood(engine, custom.proposal_type()),
        _ => true,
    }
}

fn parse(message: &[u8]) -> Result<ProtocolMessage, ReceiveError> {
    match message_body(message) {
        Some(MlsMessageBodyIn::PrivateMessage(message)) => Ok(message.into()),
        Some(MlsMessageBodyIn::PublicMessage(message)) => Ok(message.into()),
        _ => Err(ReceiveError::Malformed),
    }
}
