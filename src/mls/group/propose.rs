//! Proposals of our own, for somebody to commit.

use alloc::vec::Vec;

use openmls::{
    extensions::SenderExtensionIndex,
    group::{GroupId, MlsGroup, Propose, QueuedProposal},
    messages::{
        external_proposals::{ExternalProposal as EngineExternal, JoinProposal},
        proposals::{CustomProposal, ProposalOrRefType},
    },
    prelude::{LeafNodeIndex, LeafNodeParameters, MlsMessageOut},
};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;

use super::{
    super::{
        error::GroupError, extension::group_context_extensions, identity::Identity,
        key_package::KeyPackage, overlay::Overlay, proposal::Proposal, provider::Provider,
        settings::Framing,
    },
    Group,
    commit::psk_id,
    message_bytes,
};
use crate::store::Keystore;

/// The first type of proposals that is for private use (RFC 9420 §17.4).
const FIRST_PRIVATE: u16 = 0xF000;

impl Group {
    /// Proposes a change for anybody to commit: it waits here, too, also if we die before
    /// it is sent. Our own commits can be followed by those who never got it. Draws 32
    /// bytes.
    ///
    /// Returns an `MLSMessage`, private or public as the settings say;
    /// [`Proposal::SelfRemove`] is always public.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    pub fn propose_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        proposal: &Proposal,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if !proposal.is_accepted(&self.rules) {
            return Err(GroupError::CredentialRejected);
        }
        // A self-remove has to be public, whatever else is, so that somebody who joins
        // from outside can commit it. The engine makes one only where everything is.
        let usual = self.settings.join_config();
        let public = self.settings.clone().framing(Framing::Public).join_config();
        self.run(rng, keystore, |engine, provider, identity| {
            engine.set_aad(authenticated_data.to_vec());
            let message = if *proposal == Proposal::SelfRemove {
                engine.set_configuration(provider.storage(), &public)?;
                let message = engine.leave_group_via_self_remove(provider, identity.signer())?;
                engine.set_configuration(provider.storage(), &usual)?;
                message
            } else {
                propose(engine, provider, identity, proposal)?
            };
            keep_once(engine, provider)?;
            message_bytes(&message)
        })
    }

    /// [`Self::propose_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    #[cfg(feature = "os-rng")]
    pub fn propose(
        &mut self,
        keystore: &mut Keystore,
        proposal: &Proposal,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.propose_with(rng, keystore, proposal, authenticated_data)
    }

    /// Drops a proposal that waits, by its reference. If somebody's commit names it after
    /// all, we cannot follow, and have to [join again](Self::join_external): mostly it is
    /// better to leave it, as [`Self::commit_with`] leaves out what cannot be committed.
    /// Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::UnknownProposal`] if it does not wait, and other
    /// [`GroupError`]s; the group is as it was.
    pub fn drop_proposal_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        reference: &[u8],
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        self.run(rng, keystore, |engine, provider, _| {
            let found = engine
                .pending_proposals()
                .map(|proposal| proposal.proposal_reference_ref().clone())
                .find(|known| known.as_slice() == reference)
                .ok_or(GroupError::UnknownProposal)?;
            Ok(engine.remove_pending_proposal(provider.storage(), &found)?)
        })
    }

    /// [`Self::drop_proposal_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn drop_proposal(
        &mut self,
        keystore: &mut Keystore,
        reference: &[u8],
    ) -> Result<(), GroupError> {
        self.drop_proposal_with(&mut crate::primitives::random::OsRng, keystore, reference)
    }
}

/// What is proposed again in the same words is the same proposal. The engine stores it
/// once, and has it twice in memory.
fn keep_once(engine: &mut MlsGroup, provider: &Provider<'_>) -> Result<(), GroupError> {
    let Some(newest) = engine.pending_proposals().last().cloned() else {
        return Ok(());
    };
    let reference = newest.proposal_reference_ref().clone();
    let is_it = |waiting: &&QueuedProposal| *waiting.proposal_reference_ref() == reference;
    if engine.pending_proposals().filter(is_it).count() > 1 {
        engine.remove_pending_proposal(provider.storage(), &reference)?;
        engine.remove_pending_proposal(provider.storage(), &reference)?;
        engine.store_pending_proposal(provider.storage(), newest)?;
    }
    Ok(())
}

fn propose(
    engine: &mut MlsGroup,
    provider: &Provider<'_>,
    identity: &Identity,
    proposal: &Proposal,
) -> Result<MlsMessageOut, GroupError> {
    let change = match proposal {
        Proposal::Add(package) if package.engine().ciphersuite() != engine.ciphersuite() => {
            return Err(GroupError::WrongSuite);
        }
        Proposal::Add(package) => Propose::Add(package.engine().clone()),
        Proposal::Remove(leaf) => {
            if engine.member_at(LeafNodeIndex::new(*leaf)).is_none() {
                return Err(GroupError::UnknownMember);
            }
            Propose::Remove(*leaf)
        }
        Proposal::Update => Propose::Update(LeafNodeParameters::default()),
        Proposal::Psk(id) => Propose::PreSharedKey(psk_id(engine.ciphersuite(), provider, id)?),
        Proposal::Extensions {
            extensions,
            external_senders,
        } => Propose::GroupContextExtensions(
            group_context_extensions(extensions, external_senders, engine.extensions())
                .map_err(|_| GroupError::ExtensionKind)?,
        ),
        Proposal::SelfRemove => return Err(GroupError::Internal),
        Proposal::Custom { kind, payload } => {
            check_custom(engine, *kind)?;
            Propose::Custom(CustomProposal::new(*kind, payload.clone()))
        }
    };
    let by = ProposalOrRefType::Reference;
    let (message, _) = engine.propose(provider, identity.signer(), change, by)?;
    Ok(message)
}

/// Whether a proposal of the application's own can be of this type. One that a member
/// does not understand could not be committed (RFC 9420 §12.2), and while it waits
/// nothing else could.
pub(super) fn check_custom(engine: &MlsGroup, kind: u16) -> Result<(), GroupError> {
    // Others' readers would take it for what MLS itself has under that number.
    if kind < FIRST_PRIVATE || !is_understood(engine, kind) {
        return Err(GroupError::Unsupported);
    }
    Ok(())
}

/// Whether all members say to understand this type of proposals.
pub(super) fn is_understood(engine: &MlsGroup, kind: u16) -> bool {
    let kind = kind.into();
    engine.members().all(|member| {
        let leaf = engine.public_group().leaf(member.index);
        leaf.is_some_and(|leaf| leaf.capabilities().proposals().contains(&kind))
    })
}

/// A proposal from outside of a group (RFC 9420 §12.1.8): to a group whose list of
/// external senders names the sender.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExternalProposal {
    /// Adds the client of a key package.
    Add(KeyPackage),
    /// Removes the member with this leaf.
    Remove(u32),
}

impl ExternalProposal {
    /// The message to the group of this id, in this epoch: an `MLSMessage` of wire
    /// format `mls_public_message`. `identity` is the one in the group's list, at
    /// `index`.
    ///
    /// # Errors
    /// [`GroupError::Internal`] if openmls cannot make it.
    pub fn to_message(
        &self,
        identity: &Identity,
        index: u32,
        group_id: &[u8],
        epoch: u64,
    ) -> Result<Vec<u8>, GroupError> {
        let index = SenderExtensionIndex::new(index);
        let group = GroupId::from_slice(group_id);
        let epoch = epoch.into();
        let signer = identity.signer();
        let message = match self {
            Self::Add(package) => EngineExternal::new_add::<Provider<'_>>(
                package.engine().clone(),
                group,
                epoch,
                signer,
                index,
            )?,
            Self::Remove(leaf) => EngineExternal::new_remove::<Provider<'_>>(
                LeafNodeIndex::new(*leaf),
                group,
                epoch,
                signer,
                index,
            )?,
        };
        message_bytes(&message)
    }
}

impl KeyPackage {
    /// Asks a group to add the client of this key package, from outside: an
    /// `MLSMessage` of wire format `mls_public_message`. Any group takes it for a
    /// proposal; its members decide.
    ///
    /// # Errors
    /// [`GroupError::Internal`] if openmls cannot make it.
    pub fn propose_to(
        &self,
        identity: &Identity,
        group_id: &[u8],
        epoch: u64,
    ) -> Result<Vec<u8>, GroupError> {
        let message = JoinProposal::new::<Overlay<'_>>(
            self.engine().clone(),
            GroupId::from_slice(group_id),
            epoch.into(),
            identity.signer(),
        )?;
        message_bytes(&message)
    }
}
