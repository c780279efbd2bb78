//! A group that we are in.

mod commit;
mod evicted;
mod export;
mod identity;
mod join;
mod kept;
#[cfg(all(test, feature = "os-rng"))]
mod members;
mod message;
mod propose;
mod selection;
mod state;
mod understood;
mod undo;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use openmls::{
    extensions::Extensions,
    group::{GroupId, MlsGroup},
    prelude::{LeafNodeIndex, MlsMessageOut},
};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use tls_codec::Serialize as _;

use super::{
    MAX_MESSAGE, codec,
    error::GroupError,
    extension::{
        Extension, ExternalSender, external_senders, group_context_extensions, own_extensions,
    },
    identity::Identity,
    member::Member,
    overlay::Overlay,
    proposal::ProposalInfo,
    provider::{Provider, Seed},
    record::{GroupRecord, all_groups_prefix, group_of_bundle},
    rules::Rules,
    settings::{GroupParameters, Settings},
    staged::Effect,
    suite::CipherSuite,
};
use crate::store::{Changes, Keystore, StoreError};

use self::{
    kept::Kept,
    state::{Known, engine_in, keys_of, own_value},
};
pub use commit::CommitMessages;
pub use join::{ExternalJoin, Invitation, JoinError};
pub use propose::ExternalProposal;

/// A group that we are in, or were. Its state is in the keystore that each operation
/// is given, always the same; this object is a copy of it in memory, so have one for
/// each group: where there are several and one has gone on, the others refuse to
/// ([`StoreError::Stale`]) and have to be [loaded](Self::load) again. Secret; wiped on
/// drop.
///
/// Operations are all or nothing: what changes is written as one batch, and one that
/// fails leaves the group as it was, here and in the keystore.
///
/// # Order
///
/// The members of a group have to apply the same commits in the same order. Who
/// delivers the messages decides on the order: so send a commit, wait until it was
/// accepted as the next, and then [merge](Self::merge_pending) it, or
/// [discard](Self::discard_pending) it and merge the one that was accepted instead.
///
/// # When a group has forked
///
/// If members have merged different commits, they are in different groups of the
/// same epoch. To notice it, compare [`Self::epoch_authenticator`] of the same epoch
/// with others, by messages of the application or through the server: it is public. To
/// heal it, agree on one side, say by the order in which the server got the commits.
/// The members of the other side either [roll back](Self::roll_back), if they
/// [keep the previous epoch](Settings::keep_previous_epoch), and merge the commit of
/// the right side; or [join again from outside](Self::join_external) with that side's
/// GroupInfo, which removes their old leaf; or [delete](Self::delete) the group and
/// are removed and added again.
///
/// # What it does not do
///
/// Subgroup branching and re-initialization (RFC 9420 §11.2 and §11.3): the engine
/// has neither. Make a new group, and add its members by their key packages.
pub struct Group {
    id: Vec<u8>,
    suite: CipherSuite,
    epoch: u64,
    own_leaf: u32,
    identity: Identity,
    /// The signature key that the commit of ours that waits brings, if it is another.
    next_key: Option<Vec<u8>>,
    rules: Rules,
    settings: Settings,
    /// None if the keystore could not be read when it had to be loaded again.
    engine: Option<Box<MlsGroup>>,
    /// The engine has received what may be merged: its ticket's number, and
    /// whether there is one still to come back.
    tickets: u64,
    staged: bool,
    known: Known,
}

impl Group {
    /// The most bytes that a group id may have.
    pub const MAX_ID_LENGTH: usize = 1024;

    /// Makes a group of which we are the only member. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written.
    pub fn create_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        identity: Identity,
        parameters: &GroupParameters,
        rules: Rules,
    ) -> Result<Self, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let mut senders = parameters.external_senders.iter();
        if !senders.all(|sender| rules.accepts_sender(sender)) {
            return Err(GroupError::CredentialRejected);
        }
        let none = Extensions::empty();
        let extensions =
            group_context_extensions(&parameters.extensions, &parameters.external_senders, &none)
                .map_err(|_| GroupError::ExtensionKind)?;
        let config = parameters
            .settings
            .create_config()
            .ciphersuite(identity.suite().engine())
            .capabilities(parameters.capabilities.engine(identity.credential().kind()))
            .with_group_context_extensions(extensions)
            .build();
        let provider = seed.provider(Overlay::new(keystore));
        let id = match &parameters.id {
            Some(id) => checked_id(id)?,
            None => GroupId::random(provider.rand()),
        };
        let made = MlsGroup::new_with_group_id(
            &provider,
            identity.signer(),
            &config,
            id,
            identity.credential_with_key(),
        );
        let engine = outcome::<_, GroupError, _>(&provider, made)?;
        let changes = provider.into_changes()?;
        Self::keep(
            &seed,
            changes,
            keystore,
            engine,
            identity,
            rules,
            parameters.settings.clone(),
        )
    }

    /// [`Self::create_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written.
    #[cfg(feature = "os-rng")]
    pub fn create(
        keystore: &mut Keystore,
        identity: Identity,
        parameters: &GroupParameters,
        rules: Rules,
    ) -> Result<Self, GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::create_with(rng, keystore, identity, parameters, rules)
    }

    /// Writes a new group.
    fn keep<E: From<StoreError> + From<GroupError>>(
        seed: &Seed,
        mut changes: Changes,
        keystore: &mut Keystore,
        engine: MlsGroup,
        identity: Identity,
        rules: Rules,
        settings: Settings,
    ) -> Result<Self, E> {
        let suite = CipherSuite::from_engine(engine.ciphersuite()).ok_or(GroupError::Internal)?;
        let id = engine.group_id().to_vec();
        identity.write(&mut changes);
        let mut this = Self {
            known: Known::new(&id)?,
            id,
            suite,
            epoch: engine.epoch().as_u64(),
            own_leaf: engine.own_leaf_index().u32(),
            identity: identity::in_leaf(identity, &engine),
            next_key: None,
            rules,
            settings,
            engine: Some(Box::new(engine)),
            tickets: 0,
            staged: false,
        };
        let overlay = Overlay::over(keystore, changes);
        this.keep_in(&overlay)?;
        let changes = overlay.into_changes()?;
        this.write(seed, keystore, changes)?;
        Ok(this)
    }

    /// The group with this id, if the keystore has it.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be read.
    pub fn load(keystore: &Keystore, id: &[u8], rules: Rules) -> Result<Option<Self>, StoreError> {
        let mut known = Known::read(keystore, id)?;
        let overlay = Overlay::new(keystore);
        let Some(kept) = own_value::<Kept>(&overlay, id, GroupRecord::Kept)? else {
            return Ok(None);
        };
        let identity = Identity::load(keystore, &kept.signature_key)?.ok_or(StoreError::Damaged)?;
        let engine = engine_in(&overlay, id)?;
        known.keep_bundle(overlay);
        Ok(Some(Self {
            known,
            id: id.to_vec(),
            suite: CipherSuite::from_engine(engine.ciphersuite()).ok_or(StoreError::Damaged)?,
            epoch: engine.epoch().as_u64(),
            own_leaf: engine.own_leaf_index().u32(),
            identity: identity::in_leaf(identity, &engine),
            settings: kept.settings(),
            next_key: kept.next_key,
            rules,
            engine: Some(engine),
            tickets: 0,
            staged: false,
        }))
    }

    /// The ids of all groups in a keystore.
    ///
    /// # Errors
    /// [`StoreError`] if they could not be read.
    pub fn ids(keystore: &Keystore) -> Result<Vec<Vec<u8>>, StoreError> {
        let keys = keystore.keys(&all_groups_prefix())?;
        keys.iter()
            .filter_map(|key| group_of_bundle(key))
            .map(|encoded| {
                let id: GroupId = codec::decode(encoded).map_err(|_| StoreError::Damaged)?;
                Ok(id.to_vec())
            })
            .collect()
    }

    /// Deletes everything that the keystore has of a group, but the identity. Draws
    /// 32 bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    pub fn delete_with<R>(rng: &mut R, keystore: &mut Keystore, id: &[u8]) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let keys = keys_of(keystore, id)?;
        let changes = keys.into_iter().map(|key| (key, None)).collect();
        seed.commit(keystore, &changes).map(drop)
    }

    /// [`Self::delete_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    #[cfg(feature = "os-rng")]
    pub fn delete(keystore: &mut Keystore, id: &[u8]) -> Result<(), StoreError> {
        Self::delete_with(&mut crate::primitives::random::OsRng, keystore, id)
    }

    /// The id of the group. Public.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// The suite of the group.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The epoch: how many commits led here.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Our leaf.
    #[must_use]
    pub const fn own_leaf(&self) -> u32 {
        self.own_leaf
    }

    /// What we are in this group.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How we take part.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether we are a member still. If not, the group is kept to be looked at, and with
    /// it the secrets of the last epoch that we were in, which openmls does not load it
    /// without: [`Self::delete`] deletes them.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn is_active(&self) -> Result<bool, GroupError> {
        Ok(self.engine()?.is_active())
    }

    /// The members, by leaf.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn members(&self) -> Result<Vec<Member>, GroupError> {
        Ok(self.engine()?.members().map(Member::from_engine).collect())
    }

    /// The member with this leaf.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn member(&self, leaf: u32) -> Result<Option<Member>, GroupError> {
        let member = self.engine()?.member_at(LeafNodeIndex::new(leaf));
        Ok(member.map(Member::from_engine))
    }

    /// How many leaves the ratchet tree has, blank ones among them: a power of two,
    /// and what [`MlsKeys`](crate::media::sframe::MlsKeys) want to know.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn leaf_count(&self) -> Result<u32, GroupError> {
        let last = self
            .engine()?
            .members()
            .map(|member| member.index.u32())
            .max();
        let leaves = last.unwrap_or_default().saturating_add(1);
        Ok(leaves.checked_next_power_of_two().unwrap_or(u32::MAX))
    }

    /// The application's extensions of the group.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn extensions(&self) -> Result<Vec<Extension>, GroupError> {
        Ok(own_extensions(self.engine()?.extensions()))
    }

    /// Who may send proposals from outside.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn external_senders(&self) -> Result<Vec<ExternalSender>, GroupError> {
        Ok(external_senders(self.engine()?.extensions()))
    }

    /// The proposals that wait for a commit.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn pending_proposals(&self) -> Result<Vec<ProposalInfo>, GroupError> {
        let proposals = self.engine()?.pending_proposals();
        Ok(proposals.map(ProposalInfo::from_engine).collect())
    }

    /// What the commit of ours that waits will do, if there is one.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn pending_commit(&self) -> Result<Option<Effect>, GroupError> {
        let engine = self.engine()?;
        let us = super::member::Sender::Member(self.own_leaf);
        Ok(engine
            .pending_commit()
            .map(|commit| Effect::of(engine, commit, us)))
    }

    /// Changes how we take part. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    pub fn set_settings_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        settings: Settings,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let kept = self.kept(&settings);
        let key = self.key(GroupRecord::Kept);
        let undo = self.key(GroupRecord::Undo);
        self.run(rng, keystore, |engine, provider, _| {
            provider.storage().put(key, &kept)?;
            if !settings.keep_previous_epoch {
                provider.storage().delete(undo)?;
            }
            let config = settings.join_config();
            Ok::<_, GroupError>(engine.set_configuration(provider.storage(), &config)?)
        })?;
        self.settings = settings;
        Ok(())
    }

    /// [`Self::set_settings_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GroupError`]; the group is as it was.
    #[cfg(feature = "os-rng")]
    pub fn set_settings(
        &mut self,
        keystore: &mut Keystore,
        settings: Settings,
    ) -> Result<(), GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.set_settings_with(rng, keystore, settings)
    }

    /// What we keep beside the engine.
    fn kept(&self, settings: &Settings) -> Kept {
        Kept::new(
            self.identity.signature_key(),
            self.next_key.clone(),
            settings,
        )
    }

    fn keep_in(&self, overlay: &Overlay<'_>) -> Result<(), GroupError> {
        Ok(overlay.put(self.key(GroupRecord::Kept), &self.kept(&self.settings))?)
    }

    fn engine(&self) -> Result<&MlsGroup, GroupError> {
        self.engine.as_deref().ok_or(GroupError::Unloaded)
    }
}

/// The keystore's failure in place of what openmls made of it.
fn outcome<T, E, F>(provider: &Provider<'_>, result: Result<T, F>) -> Result<T, E>
where
    E: From<StoreError> + From<F>,
{
    if let Some(failure) = provider.failure() {
        return Err(failure.into());
    }
    Ok(result?)
}

fn checked_id(id: &[u8]) -> Result<GroupId, GroupError> {
    if id.is_empty() || id.len() > Group::MAX_ID_LENGTH {
        return Err(GroupError::GroupId);
    }
    Ok(GroupId::from_slice(id))
}

fn message_bytes(message: &MlsMessageOut) -> Result<Vec<u8>, GroupError> {
    let bytes = message
        .tls_serialize_detached()
        .map_err(|_| GroupError::Internal)?;
    // Nobody would read it.
    if bytes.len() > MAX_MESSAGE {
        return Err(GroupError::TooLong);
    }
    Ok(bytes)
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("id", &self.id)
            .field("suite", &self.suite)
            .field("epoch", &self.epoch)
            .field("own_leaf", &self.own_leaf)
            .finish_non_exhaustive()
    }
}
