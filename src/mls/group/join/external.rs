//! Joining from outside.

use alloc::vec::Vec;

use openmls::{
    group::MlsGroup,
    messages::{group_info::VerifiableGroupInfo, proposals::PreSharedKeyProposal},
    prelude::{LeafNodeParameters, MlsMessageBodyIn, RatchetTreeIn},
};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;

use super::{
    super::{Group, checked_id, commit::psk_id, message_bytes, outcome},
    JoinError, Verification, check_external_senders, check_members, check_understood, forget,
    parse_tree, tree_of,
};
use crate::{
    mls::{
        error::GroupError,
        extension::Capabilities,
        identity::Identity,
        message_body,
        overlay::Overlay,
        provider::{Provider, Seed},
        rules::Rules,
        settings::Settings,
        suite::CipherSuite,
    },
    store::Keystore,
};

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

    /// The group as it is behind the commit that joins it, and the commit. None if a
    /// signature that was verified beside the rest does not verify.
    fn commit(
        &self,
        provider: &Provider<'_>,
        identity: &Identity,
        info: VerifiableGroupInfo,
        ratchet_tree: Option<RatchetTreeIn>,
        rules: &Rules,
        verification: Verification,
    ) -> Result<Option<(MlsGroup, Vec<u8>)>, JoinError> {
        let suite = info.ciphersuite();
        let verification = verification.of_tree(tree_of(&info, ratchet_tree.as_ref()));
        let mut builder = MlsGroup::external_commit_builder()
            .with_config(self.settings.join_config())
            .with_aad(self.authenticated_data.clone());
        if let Some(tree) = ratchet_tree {
            builder = builder.with_ratchet_tree(tree);
        }
        if !rules.checks_lifetimes() {
            builder = builder.skip_lifetime_validation();
        }
        let built = verification.run(provider, || {
            builder.build_group(provider, info, identity.credential_with_key())
        });
        let Some(built) = built else {
            return Ok(None);
        };
        let mut commit = outcome::<_, JoinError, _>(provider, built)?.leaf_node_parameters(
            LeafNodeParameters::builder()
                .with_capabilities(self.capabilities.engine(identity.credential().kind()))
                .build(),
        );
        for psk in &self.psks {
            let psk = psk_id(suite, provider, psk)?;
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
        let (engine, messages) = commit.finalize(provider).map_err(|_| JoinError::Internal)?;
        if let Some(failure) = provider.failure() {
            return Err(failure.into());
        }
        check_understood(&engine)?;
        check_members(engine.members(), rules)?;
        check_external_senders(engine.extensions(), rules)?;
        let message = message_bytes(messages.commit())?;
        Ok(Some((engine, message)))
    }
}

impl Group {
    /// Joins from outside by an external commit (RFC 9420 §12.4.3.2): `group_info` is
    /// what [`Self::group_info`] gives, `ratchet_tree` what [`Self::ratchet_tree`]
    /// gives where it is not in there. A leaf with our signature key is removed, so
    /// that a client that has lost its way or its state can come back; a group of
    /// this id in the keystore is replaced, before the commit is accepted: a member that
    /// is up to date has more to lose. Draws 32 bytes.
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
        let seed = Seed::draw(rng)?;
        let (engine, message, changes) = Verification::in_turn(|verification| {
            let info = parse_group_info(group_info)?;
            let tree = ratchet_tree.map(parse_tree).transpose()?;
            if CipherSuite::from_engine(info.ciphersuite()) != Some(identity.suite()) {
                return Err(JoinError::WrongSuite);
            }
            let id = info.group_id().as_slice();
            checked_id(id).map_err(|_| JoinError::Malformed)?;
            let overlay = Overlay::new(keystore);
            forget(keystore, &overlay, id)?;
            let provider = seed.provider(overlay);
            let committed = join.commit(&provider, &identity, info, tree, &rules, verification)?;
            let Some((engine, message)) = committed else {
                return Ok(None);
            };
            Ok(Some((engine, message, provider.into_changes()?)))
        })?;
        let settings = join.settings.clone();
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

fn parse_group_info(message: &[u8]) -> Result<VerifiableGroupInfo, JoinError> {
    match message_body(message) {
        Some(MlsMessageBodyIn::GroupInfo(info)) => Ok(info),
        _ => Err(JoinError::Malformed),
    }
}
