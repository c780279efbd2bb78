//! Joining: by a Welcome, or from outside.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use openmls::{
    extensions::Extensions,
    group::{
        ExternalCommitBuilderError, GroupContext, MlsGroup, ProcessedWelcome, StagedWelcome,
        WelcomeError,
    },
    messages::{
        GroupSecretsError,
        group_info::{GroupInfoError, VerifiableGroupInfo},
        proposals::PreSharedKeyProposal,
    },
    prelude::{
        CreationFromExternalError, LeafNodeParameters, MlsMessageBodyIn, RatchetTreeIn, Welcome,
    },
    schedule::errors::PskError,
    treesync::errors::LeafNodeValidationError,
};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use tls_codec::Deserialize;

use super::{
    super::{
        MAX_MESSAGE,
        credential::Credential,
        error::GroupError,
        extension::{Capabilities, Extension, external_senders, own_extensions},
        identity::Identity,
        member::Member,
        message_body,
        overlay::{Overlay, OverlayError},
        provider::Seed,
        record::{GroupRecord, is_key_package},
        rules::Rules,
        settings::Settings,
        suite::CipherSuite,
    },
    Group, checked_id,
    commit::psk_id,
    kept::Kept,
    message_bytes, outcome,
    state::{engine_in, keys_of, own_value},
};
use crate::{
    primitives::random::RngError,
    store::{Changes, Keystore, StoreError},
};

/// A Welcome that was opened and found valid, to be looked at before
/// [`Self::accept`] joins the group. Dropping it is as if it had not come. Secret;
/// wiped on drop.
pub struct Invitation {
    engine: Box<StagedWelcome>,
    changes: Changes,
    identity: Identity,
    settings: Settings,
    rules: Rules,
}

impl Invitation {
    /// Opens a Welcome: an `MLSMessage` of wire format `mls_welcome`, for a key package
    /// whose private keys are in the keystore. `ratchet_tree` is what
    /// [`Group::ratchet_tree`] gives, and needed only if it is not in the Welcome.
    /// Draws 32 bytes, and writes nothing.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn open_with<R>(
        rng: &mut R,
        keystore: &Keystore,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
        settings: Settings,
        rules: Rules,
    ) -> Result<Self, JoinError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let welcome = parse_welcome(welcome)?;
        let ratchet_tree = ratchet_tree.map(parse_tree).transpose()?;
        let seed = Seed::draw(rng)?;
        let provider = seed.provider(Overlay::new(keystore));

        let processed =
            ProcessedWelcome::new_from_welcome(&provider, &settings.join_config(), welcome);
        let processed = outcome::<_, JoinError, _>(&provider, processed)?;
        let info = processed.unverified_group_info();
        let id = info.group_id().clone();
        checked_id(id.as_slice()).map_err(|_| JoinError::Malformed)?;
        if is_member(keystore, id.as_slice())? {
            return Err(JoinError::AlreadyExists);
        }
        let own = processed.own_key_package().ok_or(JoinError::Internal)?;
        let key = own.leaf_node().signature_key().as_slice().to_vec();
        let identity = Identity::load(keystore, &key)?.ok_or(JoinError::UnknownIdentity)?;
        if let Some(tree) = tree_of(info, ratchet_tree.as_ref()) {
            let suite = info.ciphersuite();
            provider.crypto().verify_leaves(suite, tree, &id);
        }

        let mut builder =
            openmls::group::JoinBuilder::new(&provider, processed).replace_old_group();
        if let Some(tree) = ratchet_tree {
            builder = builder.with_ratchet_tree(tree);
        }
        if !rules.checks_lifetimes() {
            builder = builder.skip_lifetime_validation();
        }
        let staged = outcome::<_, JoinError, _>(&provider, builder.build())?;
        check_members(staged.members(), &rules)?;
        check_external_senders(staged.group_context().extensions(), &rules)?;
        Ok(Self {
            engine: Box::new(staged),
            changes: provider.into_changes()?,
            identity,
            settings,
            rules,
        })
    }

    /// [`Self::open_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`JoinError`].
    #[cfg(feature = "os-rng")]
    pub fn open(
        keystore: &Keystore,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
        settings: Settings,
        rules: Rules,
    ) -> Result<Self, JoinError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::open_with(rng, keystore, welcome, ratchet_tree, settings, rules)
    }

    /// The id of the group.
    #[must_use]
    pub fn group_id(&self) -> &[u8] {
        self.engine.group_context().group_id().as_slice()
    }

    /// The epoch that we join in.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.engine.group_context().epoch().as_u64()
    }

    /// The members, us among them.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.engine.members().map(Member::from_engine).collect()
    }

    /// Who added us: the one who signed the group's state.
    #[must_use]
    pub fn sender(&self) -> Option<Member> {
        let leaf = self.engine.welcome_sender_index();
        let member = self.engine.members().find(|member| member.index == leaf);
        member.map(Member::from_engine)
    }

    /// The application's extensions of the group.
    #[must_use]
    pub fn extensions(&self) -> Vec<Extension> {
        own_extensions(self.engine.group_context().extensions())
    }

    /// Joins: writes the group, and deletes the key package's private keys unless it
    /// is of last resort. A group of the same id that we were removed from is
    /// replaced. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::Superseded`] if another Welcome has used the key package up since,
    /// and other [`GroupError`]s; nothing was written, and the Welcome can be opened
    /// again.
    pub fn accept_with<R>(self, rng: &mut R, keystore: &mut Keystore) -> Result<Group, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let id = self.group_id().to_vec();
        if is_member(keystore, &id)? {
            return Err(GroupError::AlreadyExists);
        }
        // The key package that it used up may have been used since.
        for (key, value) in &self.changes {
            let used = value.is_none() && is_key_package(key);
            if used && keystore.read(key)?.is_none() {
                return Err(GroupError::Superseded);
            }
        }
        let seed = Seed::draw(rng)?;
        let overlay = Overlay::over(keystore, self.changes);
        forget(keystore, &overlay, &id)?;
        let provider = seed.provider(overlay);
        let joined = self.engine.into_group(&provider);
        let engine =
            outcome::<_, JoinError, _>(&provider, joined).map_err(|error| match error {
                JoinError::Store(source) => GroupError::Store(source),
                _ => GroupError::Internal,
            })?;
        let changes = provider.into_changes()?;
        Group::keep(
            &seed,
            changes,
            keystore,
            engine,
            self.identity,
            self.rules,
            self.settings,
        )
    }

    /// [`Self::accept_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn accept(self, keystore: &mut Keystore) -> Result<Group, GroupError> {
        self.accept_with(&mut crate::primitives::random::OsRng, keystore)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("group_id", &self.group_id())
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}

/// How to join from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalJoin {
    settings: Settings,
    capabilities: Capabilities,
    psks: Vec<Vec<u8>>,
    authenticated_data: Vec<u8>,
}

impl ExternalJoin {
    /// How we take part.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// What we understand.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Mixes in a pre-shared key: it proves to the members that we have it.
    #[must_use]
    pub fn psk(mut self, id: &[u8]) -> Self {
        self.psks.push(id.to_vec());
        self
    }

    /// Data that goes along with the commit, not encrypted.
    #[must_use]
    pub fn authenticated_data(mut self, data: &[u8]) -> Self {
        self.authenticated_data = data.to_vec();
        self
    }
}

impl Group {
    /// Joins from outside by an external commit (RFC 9420 §12.4.3.2): `group_info` is
    /// what [`Self::group_info`] gives, `ratchet_tree` what [`Self::ratchet_tree`]
    /// gives where it is not in there. A leaf with our signature key is removed, so
    /// that a client that has lost its way or its state can come back; a group of
    /// this id in the keystore is replaced. Draws 32 bytes.
    ///
    /// Returns the group, and the commit for its members: an `MLSMessage` of wire
    /// format `mls_public_message`. If it is not accepted as the next one,
    /// [delete](Self::delete) the group and join again.
    ///
    /// # Errors
    /// [`JoinError`]; nothing was written.
    pub fn join_external_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        identity: Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
        join: &ExternalJoin,
        rules: Rules,
    ) -> Result<(Self, Vec<u8>), JoinError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let info = parse_group_info(group_info)?;
        let ratchet_tree = ratchet_tree.map(parse_tree).transpose()?;
        let suite = info.ciphersuite();
        if CipherSuite::from_engine(suite) != Some(identity.suite()) {
            return Err(JoinError::WrongSuite);
        }
        let id = info.group_id().clone();
        checked_id(id.as_slice()).map_err(|_| JoinError::Malformed)?;
        let seed = Seed::draw(rng)?;
        let overlay = Overlay::new(keystore);
        forget(keystore, &overlay, id.as_slice())?;
        let provider = seed.provider(overlay);
        if let Some(tree) = tree_of(&info, ratchet_tree.as_ref()) {
            provider.crypto().verify_leaves(suite, tree, &id);
        }

        let mut builder = MlsGroup::external_commit_builder()
            .with_config(join.settings.join_config())
            .with_aad(join.authenticated_data.clone());
        if let Some(tree) = ratchet_tree {
            builder = builder.with_ratchet_tree(tree);
        }
        if !rules.checks_lifetimes() {
            builder = builder.skip_lifetime_validation();
        }
        let built = builder.build_group(&provider, info, identity.credential_with_key());
        let mut commit = outcome::<_, JoinError, _>(&provider, built)?.leaf_node_parameters(
            LeafNodeParameters::builder()
                .with_capabilities(join.capabilities.engine())
                .build(),
        );
        for psk in &join.psks {
            let psk = psk_id(suite, &provider, psk)?;
            commit = commit.add_psk_proposal(PreSharedKeyProposal::new(psk));
        }
        let commit = commit
            .load_psks(provider.storage())
            .map_err(GroupError::from)?
            .create_group_info(false)
            .build(
                provider.rand(),
                provider.crypto(),
                identity.signer(),
                |_| true,
            )
            .map_err(GroupError::from)?;
        let (engine, messages) = commit
            .finalize(&provider)
            .map_err(|_| JoinError::Internal)?;
        if let Some(failure) = provider.failure() {
            return Err(failure.into());
        }
        check_members(engine.members(), &rules)?;
        check_external_senders(engine.extensions(), &rules)?;
        let message = message_bytes(messages.commit())?;
        let settings = join.settings.clone();
        let changes = provider.into_changes()?;
        let group =
            Self::keep::<JoinError>(&seed, changes, keystore, engine, identity, rules, settings)?;
        Ok((group, message))
    }

    /// [`Self::join_external_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`JoinError`]; nothing was written.
    #[cfg(feature = "os-rng")]
    pub fn join_external(
        keystore: &mut Keystore,
        identity: Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
        join: &ExternalJoin,
        rules: Rules,
    ) -> Result<(Self, Vec<u8>), JoinError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::join_external_with(
            rng,
            keystore,
            identity,
            group_info,
            ratchet_tree,
            join,
            rules,
        )
    }
}

/// Whether we are in a group of this id: one that we were removed from does not count.
fn is_member(keystore: &Keystore, id: &[u8]) -> Result<bool, StoreError> {
    let overlay = Overlay::new(keystore);
    let kept = own_value::<Kept>(&overlay, id, GroupRecord::Kept)?;
    Ok(kept.is_some() && engine_in(&overlay, id)?.is_active())
}

/// Deletes what there is of a group of this id.
fn forget(keystore: &Keystore, overlay: &Overlay<'_>, id: &[u8]) -> Result<(), StoreError> {
    for key in keys_of(keystore, id)? {
        overlay.delete_record(key);
    }
    Ok(())
}

fn check_members(
    members: impl Iterator<Item = openmls::group::Member>,
    rules: &Rules,
) -> Result<(), JoinError> {
    for member in members {
        let credential = Credential::from_engine(&member.credential);
        if !rules.accepts(&credential, &member.signature_key) {
            return Err(JoinError::CredentialRejected {
                leaf: member.index.u32(),
            });
        }
    }
    Ok(())
}

fn check_external_senders(
    extensions: &Extensions<GroupContext>,
    rules: &Rules,
) -> Result<(), JoinError> {
    for (index, sender) in (0..).zip(external_senders(extensions)) {
        if !rules.accepts_sender(&sender) {
            return Err(JoinError::ExternalSenderRejected { index });
        }
    }
    Ok(())
}

/// The tree that the engine will take.
fn tree_of<'t>(
    info: &'t VerifiableGroupInfo,
    given: Option<&'t RatchetTreeIn>,
) -> Option<&'t RatchetTreeIn> {
    let within = info.extensions().ratchet_tree();
    within.map(|extension| extension.ratchet_tree()).or(given)
}

fn parse_welcome(message: &[u8]) -> Result<Welcome, JoinError> {
    match message_body(message) {
        Some(MlsMessageBodyIn::Welcome(welcome)) => Ok(welcome),
        _ => Err(JoinError::Malformed),
    }
}

fn parse_group_info(message: &[u8]) -> Result<VerifiableGroupInfo, JoinError> {
    match message_body(message) {
        Some(MlsMessageBodyIn::GroupInfo(info)) => Ok(info),
        _ => Err(JoinError::Malformed),
    }
}

fn parse_tree(tree: &[u8]) -> Result<RatchetTreeIn, JoinError> {
    if tree.len() > MAX_MESSAGE {
        return Err(JoinError::Malformed);
    }
    // Not by `DeserializeBytes`, whose debug assertions panic at a length that is not
    // there.
    RatchetTreeIn::tls_deserialize_exact(tree).map_err(|_| JoinError::Malformed)
}

/// Why a group was not joined; nothing was written.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The bytes are no Welcome, GroupInfo or ratchet tree, or more than 32 MiB.
    Malformed,
    /// The Welcome is for none of the key packages in the keystore: it was for
    /// another client, or was used before.
    NotForUs,
    /// This build does not have the suite of the group.
    UnsupportedSuite,
    /// The identity or the key package is of another suite than the group.
    WrongSuite,
    /// The identity of the key package is not in the keystore.
    UnknownIdentity,
    /// The ratchet tree is neither in there nor given.
    MissingTree,
    /// The GroupInfo does not allow to join from outside.
    NotExternal,
    /// We are in a group of this id already.
    AlreadyExists,
    /// A pre-shared key is not in the keystore.
    UnknownPsk,
    /// We do not understand what the group has, or a member does not understand us.
    Unsupported,
    /// The Welcome does not decrypt: forged, or damaged.
    Undecryptable,
    /// The signature or the confirmation tag of the group's state is wrong, or the
    /// ratchet tree has another key for who signed it.
    Inauthentic,
    /// The ratchet tree is not valid, or another than the one that was signed.
    InvalidTree,
    /// A member has a leaf that has expired, or is not valid yet: see
    /// [`Rules::check_lifetimes`].
    Expired,
    /// The rules reject a member.
    CredentialRejected {
        /// Its leaf.
        leaf: u32,
    },
    /// The rules reject somebody who may send proposals from outside.
    ExternalSenderRejected {
        /// Its place in the group's list, from 0.
        index: u32,
    },
    /// The external commit is not valid.
    InvalidCommit,
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
    /// openmls could not do what it should always be able to: a bug, or a damaged
    /// keystore.
    Internal,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the bytes are no welcome, group info or ratchet tree",
            Self::NotForUs => "the welcome is for none of our key packages",
            Self::UnsupportedSuite => "the cipher suite is not supported",
            Self::WrongSuite => "the group is of another cipher suite",
            Self::UnknownIdentity => "the identity of the key package is not stored",
            Self::MissingTree => "the ratchet tree is missing",
            Self::NotExternal => "the group cannot be joined from outside",
            Self::AlreadyExists => "we are in this group already",
            Self::UnknownPsk => "a pre-shared key is not in the keystore",
            Self::Unsupported => "not everything in the group is supported",
            Self::Undecryptable => "the welcome does not decrypt",
            Self::Inauthentic => "the state of the group is not authentic",
            Self::InvalidTree => "the ratchet tree is not valid",
            Self::Expired => "the leaf of a member has expired or is not valid yet",
            Self::CredentialRejected { leaf } => {
                return write!(f, "the member at leaf {leaf} was rejected");
            }
            Self::ExternalSenderRejected { index } => {
                return write!(f, "the external sender {index} was rejected");
            }
            Self::InvalidCommit => "the external commit is not valid",
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
            Self::Internal => "the MLS engine failed",
        })
    }
}

impl core::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for JoinError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for JoinError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<GroupError> for JoinError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Store(source) => Self::Store(source),
            GroupError::Rng => Self::Rng,
            GroupError::UnknownPsk => Self::UnknownPsk,
            GroupError::Unsupported => Self::Unsupported,
            GroupError::Internal => Self::Internal,
            _ => Self::InvalidCommit,
        }
    }
}

impl From<LeafNodeValidationError> for JoinError {
    fn from(error: LeafNodeValidationError) -> Self {
        match error {
            LeafNodeValidationError::Lifetime(_) => Self::Expired,
            LeafNodeValidationError::UnsupportedExtensions
            | LeafNodeValidationError::UnsupportedProposals
            | LeafNodeValidationError::UnsupportedCredentials => Self::Unsupported,
            _ => Self::InvalidTree,
        }
    }
}

impl From<CreationFromExternalError<OverlayError>> for JoinError {
    fn from(error: CreationFromExternalError<OverlayError>) -> Self {
        match error {
            CreationFromExternalError::InvalidGroupInfoSignature => Self::Inauthentic,
            CreationFromExternalError::UnsupportedCiphersuite(_)
            | CreationFromExternalError::UnsupportedMlsVersion => Self::UnsupportedSuite,
            CreationFromExternalError::LeafNodeValidation(error) => error.into(),
            CreationFromExternalError::LibraryError(_)
            | CreationFromExternalError::WriteToStorageError(_) => Self::Internal,
            _ => Self::InvalidTree,
        }
    }
}

impl From<WelcomeError<OverlayError>> for JoinError {
    fn from(error: WelcomeError<OverlayError>) -> Self {
        use WelcomeError as Error;
        match error {
            Error::GroupSecrets(GroupSecretsError::DecryptionFailed)
            | Error::GroupInfo(GroupInfoError::DecryptionFailed)
            | Error::UnableToDecrypt => Self::Undecryptable,
            Error::GroupSecrets(_) | Error::GroupInfo(_) | Error::MalformedWelcomeMessage => {
                Self::Malformed
            }
            Error::PrivateInitKeyNotFound
            | Error::JoinerSecretNotFound
            | Error::NoMatchingEncryptionKey
            | Error::NoMatchingKeyPackage => Self::NotForUs,
            Error::CiphersuiteMismatch => Self::WrongSuite,
            Error::MissingRatchetTree => Self::MissingTree,
            Error::ConfirmationTagMismatch | Error::InvalidGroupInfoSignature => Self::Inauthentic,
            Error::UnsupportedMlsVersion | Error::UnsupportedCiphersuite(_) => {
                Self::UnsupportedSuite
            }
            Error::UnsupportedCapability | Error::UnsupportedExtensions => Self::Unsupported,
            Error::UnknownSender | Error::PublicTreeError(_) => Self::InvalidTree,
            Error::Psk(PskError::KeyNotFound) => Self::UnknownPsk,
            Error::Psk(_) => Self::Malformed,
            Error::PublicGroupError(error) => error.into(),
            Error::LeafNodeValidation(error) => error.into(),
            Error::GroupAlreadyExists => Self::AlreadyExists,
            _ => Self::Internal,
        }
    }
}

impl From<ExternalCommitBuilderError<OverlayError>> for JoinError {
    fn from(error: ExternalCommitBuilderError<OverlayError>) -> Self {
        match error {
            ExternalCommitBuilderError::MissingRatchetTree => Self::MissingTree,
            ExternalCommitBuilderError::MissingExternalPub => Self::NotExternal,
            ExternalCommitBuilderError::UnsupportedCiphersuite(_) => Self::UnsupportedSuite,
            ExternalCommitBuilderError::PublicGroupError(error) => error.into(),
            _ => Self::Internal,
        }
    }
}
