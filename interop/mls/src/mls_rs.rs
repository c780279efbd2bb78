//! A member by mls-rs, with its RustCrypto provider and storage in memory.

use mls_rs::{
    CipherSuite, CipherSuiteProvider as _, Client, CryptoProvider, Extension, ExtensionList, Group,
    GroupStateStorage as _, MlsMessage,
    client_builder::{
        BaseConfig, PaddingMode, WithCryptoProvider, WithGroupStateStorage, WithIdentityProvider,
        WithMlsRules,
    },
    crypto::SignatureSecretKey,
    error::IntoAnyError,
    extension::{ExtensionType, built_in::RequiredCapabilitiesExt},
    group::{CommitEffect, ReceivedMessage},
    identity::{
        SigningIdentity,
        basic::{BasicCredential, BasicIdentityProvider},
    },
    mls_rules::{DefaultMlsRules, EncryptionOptions},
    psk::{ExternalPskId, PreSharedKey},
    storage_provider::in_memory::InMemoryGroupStateStorage,
};
use mls_rs_core::group::{EpochRecord, GroupState};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

use crate::member::{
    Agreed, Change, Committed, EXPORTER_CONTEXT, EXPORTER_LABEL, EXPORTER_LENGTH, EXTENSION,
    Member, PSK, PSK_ID, Received, Result, Settings,
};

type Config<C> = WithMlsRules<
    DefaultMlsRules,
    WithGroupStateStorage<
        InMemoryGroupStateStorage,
        WithIdentityProvider<BasicIdentityProvider, WithCryptoProvider<C, BaseConfig>>,
    >,
>;

/// A client and the one group that it is in.
pub struct MlsRsMember<C: CryptoProvider + Clone = RustCryptoProvider> {
    settings: Settings,
    crypto: C,
    secret: SignatureSecretKey,
    identity: SigningIdentity,
    client: Client<Config<C>>,
    group: Option<Group<Config<C>>>,
}

impl MlsRsMember {
    /// A client with keys of its own, in no group.
    pub fn new(settings: &Settings) -> Result<Self> {
        Self::with_crypto(settings, RustCryptoProvider::default())
    }
}

impl<C: CryptoProvider + Clone> MlsRsMember<C> {
    /// The same, on other cryptography.
    pub fn with_crypto(settings: &Settings, crypto: C) -> Result<Self> {
        let (secret, public) = crypto
            .cipher_suite_provider(CipherSuite::from(settings.suite))
            .ok_or("the suite is unknown")?
            .signature_key_generate()
            .map_err(IntoAnyError::into_any_error)?;
        let credential = BasicCredential::new(settings.name.clone()).into_credential();
        Self::with_identity(
            settings,
            crypto,
            secret,
            SigningIdentity::new(credential, public),
        )
    }

    fn with_identity(
        settings: &Settings,
        crypto: C,
        secret: SignatureSecretKey,
        identity: SigningIdentity,
    ) -> Result<Self> {
        let encryption =
            EncryptionOptions::new(settings.private_handshake, PaddingMode::StepFunction);
        let storage = InMemoryGroupStateStorage::new()
            .with_max_epoch_retention(settings.past_epochs.max(1))?;
        let client = Client::builder()
            .crypto_provider(crypto.clone())
            .identity_provider(BasicIdentityProvider)
            .group_state_storage(storage)
            .mls_rules(DefaultMlsRules::new().with_encryption_options(encryption))
            .extension_type(ExtensionType::new(EXTENSION))
            .psk(
                ExternalPskId::new(PSK_ID.to_vec()),
                PreSharedKey::new(PSK.to_vec()),
            )
            .signing_identity(
                identity.clone(),
                secret.clone(),
                CipherSuite::from(settings.suite),
            )
            .build();
        Ok(Self {
            settings: settings.clone(),
            crypto,
            secret,
            identity,
            client,
            group: None,
        })
    }

    /// What is stored of the group: its state, and the epochs before.
    fn records(&self) -> Result<Option<(GroupState, Vec<EpochRecord>)>> {
        let storage = self.client.group_state_storage();
        let Some(id) = storage.stored_groups().pop() else {
            return Ok(None);
        };
        let data = storage.state(&id)?.ok_or("not stored")?;
        let mut epochs = Vec::new();
        let mut epoch = storage.max_epoch_id(&id)?;
        while let Some(number) = epoch {
            let Some(data) = storage.epoch(&id, number)? else {
                break;
            };
            epochs.insert(0, EpochRecord::new(number, data));
            epoch = number.checked_sub(1);
        }
        Ok(Some((GroupState { id, data }, epochs)))
    }

    /// Before it joins once more: what mls-rs keeps of past epochs has no gaps.
    fn forget(&mut self) {
        let storage = self.client.group_state_storage();
        for group_id in storage.stored_groups() {
            storage.delete_group(&group_id);
        }
        self.group = None;
    }

    fn group(&mut self) -> Result<&mut Group<Config<C>>> {
        self.group.as_mut().ok_or_else(|| "in no group".into())
    }
}

fn extensions(value: &[u8]) -> Result<ExtensionList> {
    let extension_type = ExtensionType::new(EXTENSION);
    let mut extensions = ExtensionList::new();
    // openmls refuses a change to an extension that is not required.
    extensions.set_from(RequiredCapabilitiesExt {
        extensions: vec![extension_type],
        ..RequiredCapabilitiesExt::default()
    })?;
    extensions.set(Extension::new(extension_type, value.to_vec()));
    Ok(extensions)
}

impl<C: CryptoProvider + Clone + 'static> Member for MlsRsMember<C> {
    fn key_package(&mut self) -> Result<Vec<u8>> {
        let message = self.client.generate_key_package_message(
            ExtensionList::new(),
            ExtensionList::new(),
            None,
        )?;
        Ok(message.to_bytes()?)
    }

    fn create(&mut self, group_id: &[u8]) -> Result<()> {
        let builder = self.client.group_builder()?;
        self.group = Some(builder.with_group_id(group_id.to_vec()).build()?);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let welcome = MlsMessage::from_bytes(welcome)?;
        self.forget();
        self.group = Some(self.client.join_group(None, &welcome, None)?.0);
        Ok(())
    }

    fn join_externally(
        &mut self,
        group_info: &[u8],
        instead_of: Option<u32>,
        psk: bool,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>> {
        self.forget();
        let mut builder = self
            .client
            .external_commit_builder()?
            .with_authenticated_data(authenticated_data.to_vec());
        if let Some(leaf) = instead_of {
            builder = builder.with_removal(leaf);
        }
        if psk {
            builder = builder.with_external_psk(ExternalPskId::new(PSK_ID.to_vec()));
        }
        let (group, commit) = builder.build(MlsMessage::from_bytes(group_info)?)?;
        self.group = Some(group);
        Ok(commit.to_bytes()?)
    }

    fn group_info(&mut self) -> Result<Vec<u8>> {
        let message = self.group()?.group_info_message_allowing_ext_commit(true)?;
        Ok(message.to_bytes()?)
    }

    fn propose(&mut self, change: &Change, authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let group = self.group()?;
        let data = authenticated_data.to_vec();
        let message = match change {
            Change::Add(key_package) => {
                group.propose_add(MlsMessage::from_bytes(key_package)?, data)?
            }
            Change::Remove(leaf) => group.propose_remove(*leaf, data)?,
            Change::SelfRemove => return Err("mls-rs numbers it otherwise".into()),
            Change::Update => group.propose_update(data)?,
            Change::Psk => group.propose_external_psk(ExternalPskId::new(PSK_ID.to_vec()), data)?,
            Change::Extension(value) => {
                group.propose_group_context_extensions(extensions(value)?, data)?
            }
        };
        Ok(message.to_bytes()?)
    }

    fn commit(&mut self, changes: &[Change], authenticated_data: &[u8]) -> Result<Committed> {
        let mut builder = self
            .group()?
            .commit_builder()
            .authenticated_data(authenticated_data.to_vec());
        for change in changes {
            builder = match change {
                Change::Add(key_package) => {
                    builder.add_member(MlsMessage::from_bytes(key_package)?)?
                }
                Change::Remove(leaf) => builder.remove_member(*leaf)?,
                Change::Update | Change::SelfRemove => builder,
                Change::Psk => builder.add_external_psk(ExternalPskId::new(PSK_ID.to_vec()))?,
                Change::Extension(value) => builder.set_group_context_ext(extensions(value)?)?,
            };
        }
        let output = builder.build()?;
        let welcome = output.welcome_messages().first().map(MlsMessage::to_bytes);
        Ok(Committed {
            commit: output.commit_message().to_bytes()?,
            welcome: welcome.transpose()?,
        })
    }

    fn merge(&mut self) -> Result<()> {
        self.group()?.apply_pending_commit()?;
        Ok(())
    }

    fn process(&mut self, message: &[u8]) -> Result<Received> {
        let message = MlsMessage::from_bytes(message)?;
        Ok(match self.group()?.process_incoming_message(message)? {
            ReceivedMessage::ApplicationMessage(message) => Received::Application {
                sender: message.sender_index,
                plaintext: message.data().to_vec(),
                authenticated_data: message.authenticated_data,
            },
            ReceivedMessage::Proposal(_) => Received::Proposal,
            ReceivedMessage::Commit(commit) => Received::Commit {
                removed_me: matches!(commit.effect, CommitEffect::Removed { .. }),
            },
            other => return Err(format!("of no use to a member: {other:?}").into()),
        })
    }

    fn encrypt(&mut self, plaintext: &[u8], authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let message = self
            .group()?
            .encrypt_application_message(plaintext, authenticated_data.to_vec())?;
        Ok(message.to_bytes()?)
    }

    fn save(&mut self) -> Result<()> {
        Ok(self.group()?.write_to_storage()?)
    }

    fn load(&mut self) -> Result<()> {
        let id = self.client.group_state_storage().stored_groups().pop();
        self.group = Some(self.client.load_group(&id.ok_or("not stored")?)?);
        Ok(())
    }

    fn stored(&self) -> Result<usize> {
        Ok(self.records()?.map_or(0, |(state, epochs)| {
            let epochs = epochs.iter().map(|epoch| epoch.data.len());
            state.data.len() + epochs.sum::<usize>()
        }))
    }

    fn fork(&self) -> Result<Box<dyn Member>> {
        let (secret, identity) = (self.secret.clone(), self.identity.clone());
        let mut fork = Self::with_identity(&self.settings, self.crypto.clone(), secret, identity)?;
        for (id, data) in self.client.key_package_store().key_packages() {
            fork.client.key_package_store().insert(id, data);
        }
        if let Some((state, epochs)) = self.records()? {
            let mut storage = fork.client.group_state_storage();
            storage.write(state, epochs, Vec::new())?;
            fork.load()?;
        }
        Ok(Box::new(fork))
    }

    fn agreed(&self) -> Result<Agreed> {
        let group = self.group.as_ref().ok_or("in no group")?;
        let members = group.roster().members_iter().map(|member| {
            let credential = member.signing_identity.credential.as_basic();
            let name = credential.map(|credential| credential.identifier.clone());
            (member.index, name.unwrap_or_default())
        });
        let exported =
            group.export_secret(EXPORTER_LABEL.as_bytes(), EXPORTER_CONTEXT, EXPORTER_LENGTH)?;
        let extension = group
            .context()
            .extensions()
            .get(ExtensionType::new(EXTENSION));
        Ok(Agreed {
            group_id: group.group_id().to_vec(),
            epoch: group.current_epoch(),
            authenticator: group.epoch_authenticator()?.as_bytes().to_vec(),
            members: members.collect(),
            extension: extension.map(|extension| extension.extension_data),
            exported: exported.as_bytes().to_vec(),
        })
    }
}
