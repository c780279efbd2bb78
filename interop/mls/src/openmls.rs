//! A member by openmls as it comes: with its own provider and storage in memory.

use std::rc::Rc;

use openmls::{
    prelude::{tls_codec::Deserialize as _, *},
    schedule::{PreSharedKeyId, Psk, psk::ExternalPsk},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

use crate::member::{
    Agreed, Change, Committed, EXPORTER_CONTEXT, EXPORTER_LABEL, EXPORTER_LENGTH, EXTENSION,
    Member, PSK, PSK_ID, Received, Result, Settings,
};

/// A client and the one group that it is in.
pub struct OpenMlsMember {
    provider: OpenMlsRustCrypto,
    suite: Ciphersuite,
    signer: Rc<SignatureKeyPair>,
    credential: CredentialWithKey,
    config: MlsGroupJoinConfig,
    past_epochs: usize,
    group: Option<MlsGroup>,
}

impl OpenMlsMember {
    /// A client with keys of its own, in no group.
    pub fn new(settings: &Settings) -> Result<Self> {
        let provider = OpenMlsRustCrypto::default();
        let suite = Ciphersuite::try_from(settings.suite)?;
        let signer = SignatureKeyPair::new(suite.signature_algorithm())?;
        let credential = CredentialWithKey {
            credential: BasicCredential::new(settings.name.clone()).into(),
            signature_key: signer.public().into(),
        };
        let policy = if settings.private_handshake {
            MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY
        } else {
            MIXED_PLAINTEXT_WIRE_FORMAT_POLICY
        };
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(policy)
            .max_past_epochs(settings.past_epochs)
            .use_ratchet_tree_extension(true)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(
                settings.out_of_order,
                1000,
            ))
            .build();
        let member = Self {
            provider,
            suite,
            signer: Rc::new(signer),
            credential,
            config,
            past_epochs: settings.past_epochs,
            group: None,
        };
        member.psk()?.store(&member.provider, PSK)?;
        Ok(member)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::builder()
            .ciphersuites(vec![self.suite])
            .extensions(vec![ExtensionType::Unknown(EXTENSION)])
            .proposals(vec![ProposalType::SelfRemove])
            .build()
    }

    fn psk(&self) -> Result<PreSharedKeyId> {
        let psk = Psk::External(ExternalPsk::new(PSK_ID.to_vec()));
        Ok(PreSharedKeyId::new(self.suite, self.provider.rand(), psk)?)
    }

    fn read_key_package(&self, message: &[u8]) -> Result<KeyPackage> {
        match MlsMessageIn::tls_deserialize_exact(message)?.extract() {
            MlsMessageBodyIn::KeyPackage(key_package) => {
                Ok(key_package.validate(self.provider.crypto(), ProtocolVersion::Mls10)?)
            }
            _ => Err("no key package".into()),
        }
    }

    fn group(&self) -> Result<&MlsGroup> {
        self.group.as_ref().ok_or_else(|| "in no group".into())
    }

    /// The group, and what operations on it take.
    fn parts(&mut self) -> Result<(&mut MlsGroup, &OpenMlsRustCrypto, &SignatureKeyPair)> {
        let group = self.group.as_mut().ok_or("in no group")?;
        Ok((group, &self.provider, self.signer.as_ref()))
    }
}

fn extensions(value: &[u8]) -> Result<Extensions<GroupContext>> {
    let extension = Extension::Unknown(EXTENSION, UnknownExtension(value.to_vec()));
    let required = RequiredCapabilitiesExtension::new(&[extension.extension_type()], &[], &[]);
    Ok(Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        extension,
    ])?)
}

impl Member for OpenMlsMember {
    fn key_package(&mut self) -> Result<Vec<u8>> {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(
                self.suite,
                &self.provider,
                self.signer.as_ref(),
                self.credential.clone(),
            )?;
        Ok(MlsMessageOut::from(bundle.key_package().clone()).to_bytes()?)
    }

    fn create(&mut self, group_id: &[u8]) -> Result<()> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite)
            .capabilities(self.capabilities())
            .wire_format_policy(self.config.wire_format_policy())
            .max_past_epochs(self.past_epochs)
            .use_ratchet_tree_extension(true)
            .sender_ratchet_configuration(*self.config.sender_ratchet_configuration())
            .build();
        self.group = Some(MlsGroup::new_with_group_id(
            &self.provider,
            self.signer.as_ref(),
            &config,
            GroupId::from_slice(group_id),
            self.credential.clone(),
        )?);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let MlsMessageBodyIn::Welcome(welcome) =
            MlsMessageIn::tls_deserialize_exact(welcome)?.extract()
        else {
            return Err("no Welcome".into());
        };
        let staged = StagedWelcome::build_from_welcome(&self.provider, &self.config, welcome)?
            .replace_old_group()
            .build()?;
        self.group = Some(staged.into_group(&self.provider)?);
        Ok(())
    }

    /// openmls finds the leaf that it had by its key.
    fn join_externally(
        &mut self,
        group_info: &[u8],
        _instead_of: Option<u32>,
        psk: bool,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>> {
        let MlsMessageBodyIn::GroupInfo(group_info) =
            MlsMessageIn::tls_deserialize_exact(group_info)?.extract()
        else {
            return Err("no GroupInfo".into());
        };
        let psk = if psk { Some(self.psk()?) } else { None };
        let leaf = LeafNodeParameters::builder()
            .with_capabilities(self.capabilities())
            .build();
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_config(self.config.clone())
            .with_aad(authenticated_data.to_vec())
            .build_group(&self.provider, group_info, self.credential.clone())?
            .leaf_node_parameters(leaf)
            .add_psk_proposals(psk.map(PreSharedKeyProposal::new))
            .load_psks(self.provider.storage())?
            .build(
                self.provider.rand(),
                self.provider.crypto(),
                self.signer.as_ref(),
                |_| true,
            )?
            .finalize(&self.provider)?;
        self.group = Some(group);
        Ok(bundle.into_commit().to_bytes()?)
    }

    fn group_info(&mut self) -> Result<Vec<u8>> {
        let (group, provider, signer) = self.parts()?;
        let message = group.export_group_info(provider.crypto(), signer, true)?;
        Ok(message.to_bytes()?)
    }

    fn propose(&mut self, change: &Change, authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let propose = match change {
            Change::Add(key_package) => Propose::Add(self.read_key_package(key_package)?),
            Change::Remove(leaf) => Propose::Remove(*leaf),
            Change::SelfRemove => return Err("openmls makes it in public groups alone".into()),
            Change::Update => Propose::Update(LeafNodeParameters::default()),
            Change::Psk => Propose::PreSharedKey(self.psk()?),
            Change::Extension(value) => Propose::GroupContextExtensions(extensions(value)?),
        };
        let (group, provider, signer) = self.parts()?;
        group.set_aad(authenticated_data.to_vec());
        let reference = ProposalOrRefType::Reference;
        let (message, _) = group.propose(provider, signer, propose, reference)?;
        Ok(message.to_bytes()?)
    }

    fn commit(&mut self, changes: &[Change], authenticated_data: &[u8]) -> Result<Committed> {
        let (mut adds, mut removals, mut psks, mut context) = (vec![], vec![], vec![], None);
        for change in changes {
            match change {
                Change::Add(key_package) => adds.push(self.read_key_package(key_package)?),
                Change::Remove(leaf) => removals.push(LeafNodeIndex::new(*leaf)),
                Change::Update | Change::SelfRemove => {}
                Change::Psk => psks.push(Proposal::PreSharedKey(Box::new(
                    PreSharedKeyProposal::new(self.psk()?),
                ))),
                Change::Extension(value) => context = Some(extensions(value)?),
            }
        }
        let (group, provider, signer) = self.parts()?;
        group.set_aad(authenticated_data.to_vec());
        let mut builder = group
            .commit_builder()
            .propose_adds(adds)
            .propose_removals(removals)
            .add_proposals(psks);
        if let Some(context) = context {
            builder = builder.propose_group_context_extensions(context)?;
        }
        let bundle = builder
            .load_psks(provider.storage())?
            .build(provider.rand(), provider.crypto(), signer, |_| true)?
            .stage_commit(provider)?;
        let (commit, welcome, _) = bundle.into_messages();
        let welcome = welcome.map(|welcome| welcome.to_bytes());
        Ok(Committed {
            commit: commit.to_bytes()?,
            welcome: welcome.transpose()?,
        })
    }

    fn merge(&mut self) -> Result<()> {
        let (group, provider, _) = self.parts()?;
        Ok(group.merge_pending_commit(provider)?)
    }

    fn process(&mut self, message: &[u8]) -> Result<Received> {
        let (group, provider, _) = self.parts()?;
        let message = MlsMessageIn::tls_deserialize_exact(message)?.try_into_protocol_message()?;
        let processed = group.process_message(provider, message)?;
        let authenticated_data = processed.aad().to_vec();
        let sender = match processed.sender() {
            Sender::Member(leaf) => leaf.u32(),
            _ => u32::MAX,
        };
        Ok(match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => Received::Application {
                sender,
                authenticated_data,
                plaintext: message.into_bytes(),
            },
            ProcessedMessageContent::ProposalMessage(proposal) => {
                group.store_pending_proposal(provider.storage(), *proposal)?;
                Received::Proposal
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                let removed_me = commit.self_removed();
                group.merge_staged_commit(provider, *commit)?;
                Received::Commit { removed_me }
            }
            _ => return Err("of no use to a member".into()),
        })
    }

    fn encrypt(&mut self, plaintext: &[u8], authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let (group, provider, signer) = self.parts()?;
        group.set_aad(authenticated_data.to_vec());
        let message = group.create_message(provider, signer, plaintext)?;
        Ok(message.to_bytes()?)
    }

    /// Every operation has done so.
    fn save(&mut self) -> Result<()> {
        Ok(())
    }

    fn load(&mut self) -> Result<()> {
        let id = self.group()?.group_id().clone();
        self.group = MlsGroup::load(self.provider.storage(), &id)?;
        self.group().map(drop)
    }

    fn stored(&self) -> Result<usize> {
        let values = self.provider.storage().values.read();
        let values = values.map_err(|_| "poisoned")?;
        let lengths = values.iter().map(|(key, value)| key.len() + value.len());
        Ok(lengths.sum())
    }

    fn fork(&self) -> Result<Box<dyn Member>> {
        let provider = OpenMlsRustCrypto::default();
        let values = self.provider.storage().values.read();
        let values = values.map_err(|_| "poisoned")?.clone();
        *provider.storage().values.write().map_err(|_| "poisoned")? = values;
        let group = match &self.group {
            Some(group) => MlsGroup::load(provider.storage(), group.group_id())?,
            None => None,
        };
        Ok(Box::new(Self {
            provider,
            suite: self.suite,
            signer: Rc::clone(&self.signer),
            credential: self.credential.clone(),
            config: self.config.clone(),
            past_epochs: self.past_epochs,
            group,
        }))
    }

    fn agreed(&self) -> Result<Agreed> {
        let group = self.group()?;
        let members = group.members().map(|member| {
            let name = member.credential.serialized_content().to_vec();
            (member.index.u32(), name)
        });
        let exported = group.export_secret(
            self.provider.crypto(),
            EXPORTER_LABEL,
            EXPORTER_CONTEXT,
            EXPORTER_LENGTH,
        )?;
        let extension = group.extensions().unknown(EXTENSION);
        Ok(Agreed {
            group_id: group.group_id().as_slice().to_vec(),
            epoch: group.epoch().as_u64(),
            authenticator: group.epoch_authenticator().as_slice().to_vec(),
            members: members.collect(),
            extension: extension.map(|extension| extension.0.clone()),
            exported,
        })
    }
}
