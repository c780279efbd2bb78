//! Joining by a Welcome.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use openmls::{
    group::{ProcessedWelcome, StagedWelcome},
    prelude::{MlsMessageBodyIn, RatchetTreeIn, Welcome},
};
use rand_core::TryCryptoRng;

use super::{
    super::{
        Group, checked_id,
        kept::Kept,
        outcome,
        state::{engine_in, own_value},
    },
    JoinError, Verification, check_external_senders, check_members, forget, parse_tree, tree_of,
};
use crate::{
    mls::{
        error::GroupError,
        extension::{Extension, own_extensions},
        identity::Identity,
        member::Member,
        message_body,
        overlay::Overlay,
        provider::Seed,
        record::{GroupRecord, is_key_package},
        rules::Rules,
        settings::Settings,
    },
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
        let seed = Seed::draw(rng)?;
        Verification::in_turn(|verification| {
            let welcome = parse_welcome(welcome)?;
            let tree = ratchet_tree.map(parse_tree).transpose()?;
            let (settings, rules) = (settings.clone(), rules.clone());
            Self::stage(
                &seed,
                keystore,
                welcome,
                tree,
                settings,
                rules,
                verification,
            )
        })
    }

    /// None if a signature that was verified beside the rest does not verify.
    fn stage(
        seed: &Seed,
        keystore: &Keystore,
        welcome: Welcome,
        ratchet_tree: Option<RatchetTreeIn>,
        settings: Settings,
        rules: Rules,
        verification: Verification,
    ) -> Result<Option<Self>, JoinError> {
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
        let verification = verification.of_tree(tree_of(info, ratchet_tree.as_ref()));

        let mut builder =
            openmls::group::JoinBuilder::new(&provider, processed).replace_old_group();
        if let Some(tree) = ratchet_tree {
            builder = builder.with_ratchet_tree(tree);
        }
        if !rules.checks_lifetimes() {
            builder = builder.skip_lifetime_validation();
        }
        let Some(built) = verification.run(&provider, || builder.build()) else {
            return Ok(None);
        };
        let staged = outcome::<_, JoinError, _>(&provider, built)?;
        check_members(staged.members(), &rules)?;
        check_external_senders(staged.group_context().extensions(), &rules)?;
        Ok(Some(Self {
            engine: Box::new(staged),
            changes: provider.into_changes()?,
            identity,
            settings,
            rules,
        }))
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

/// Whether we are in a group of this id: one that we were removed from does not count.
fn is_member(keystore: &Keystore, id: &[u8]) -> Result<bool, StoreError> {
    let overlay = Overlay::new(keystore);
    let kept = own_value::<Kept>(&overlay, id, GroupRecord::Kept)?;
    Ok(kept.is_some() && engine_in(&overlay, id)?.is_active())
}

fn parse_welcome(message: &[u8]) -> Result<Welcome, JoinError> {
    match message_body(message) {
        Some(MlsMessageBodyIn::Welcome(welcome)) => Ok(welcome),
        _ => Err(JoinError::Malformed),
    }
}
