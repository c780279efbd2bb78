//! A member by necturus, with a keystore in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use necturus::{
    mls::{
        Capabilities, CipherSuite, Credential, Extension, ExternalJoin, Framing, Group,
        GroupParameters, Identity, Invitation, KeyPackage, KeyPackageOptions, Proposal,
        Received as Taken, Rules, Settings as GroupSettings,
    },
    pickle::PickleKey,
    store::{Backend, BackendError, Batch, Keystore, MemoryBackend},
};

use crate::member::{
    Agreed, Change, Committed, EXPORTER_CONTEXT, EXPORTER_LABEL, EXPORTER_LENGTH, EXTENSION,
    Member, PSK, PSK_ID, Received, Result, Settings,
};

const KEY: [u8; 32] = [7; 32];

/// A client and the one group that it is in.
pub struct NecturusMember {
    storage: Shared,
    keystore: Keystore,
    /// At hand for the next who takes it; the keystore has it, too.
    identity: Option<Identity>,
    /// What it goes by there.
    signature_key: Vec<u8>,
    settings: GroupSettings,
    group: Option<Group>,
}

impl NecturusMember {
    /// A client with keys of its own, in no group.
    pub fn new(settings: &Settings) -> Result<Self> {
        let framing = if settings.private_handshake {
            Framing::Private
        } else {
            Framing::Public
        };
        let group = GroupSettings::default()
            .framing(framing)
            .past_epochs(settings.past_epochs)
            .out_of_order(settings.out_of_order);
        let storage = Shared::default();
        let mut keystore = Keystore::open(storage.clone(), &PickleKey::from_bytes(&KEY))?;
        let suite = CipherSuite::from_number(settings.suite).ok_or("the suite is unknown")?;
        let identity = Identity::new(suite, Credential::basic(&settings.name))?;
        identity.store(&mut keystore)?;
        Group::store_psk(&mut keystore, PSK_ID, PSK)?;
        Ok(Self {
            storage,
            keystore,
            signature_key: identity.signature_key(),
            identity: Some(identity),
            settings: group,
            group: None,
        })
    }

    /// Commits to a new signature key. The name stays: by mls-rs's own rule another
    /// would be another client.
    pub fn change_signature_key(&mut self) -> Result<Vec<u8>> {
        let (group, keystore) = self.group()?;
        let name = group.identity().credential().clone();
        let identity = Identity::new(group.suite(), name)?;
        let commit = group.change_identity(keystore, &identity, b"")?.commit;
        self.signature_key = identity.signature_key();
        self.identity = Some(identity);
        Ok(commit)
    }

    fn identity(&mut self) -> Result<Identity> {
        if let Some(identity) = self.identity.take() {
            return Ok(identity);
        }
        let identity = Identity::load(&self.keystore, &self.signature_key)?;
        identity.ok_or_else(|| "not stored".into())
    }

    fn group(&mut self) -> Result<(&mut Group, &mut Keystore)> {
        let group = self.group.as_mut().ok_or("in no group")?;
        Ok((group, &mut self.keystore))
    }
}

fn rules() -> Rules {
    // mls-rs's key packages live for a year.
    Rules::accept_any_credential().check_lifetimes(false)
}

fn capabilities() -> Capabilities {
    Capabilities::default().extension(EXTENSION)
}

fn proposal(change: &Change) -> Result<Proposal> {
    Ok(match change {
        Change::Add(key_package) => Proposal::Add(KeyPackage::from_bytes(key_package, &rules())?),
        Change::Remove(leaf) => Proposal::Remove(*leaf),
        Change::Update => Proposal::Update,
        Change::SelfRemove => Proposal::SelfRemove,
        Change::Psk => Proposal::Psk(PSK_ID.to_vec()),
        Change::Extension(value) => Proposal::Extensions {
            extensions: vec![Extension::new(EXTENSION, value)],
            external_senders: Vec::new(),
        },
    })
}

impl Member for NecturusMember {
    fn key_package(&mut self) -> Result<Vec<u8>> {
        let identity = self.identity()?;
        let options = KeyPackageOptions::default().capabilities(capabilities());
        let key_package = KeyPackage::generate(&mut self.keystore, &identity, &options)?;
        self.identity = Some(identity);
        Ok(key_package.to_bytes())
    }

    fn create(&mut self, group_id: &[u8]) -> Result<()> {
        let parameters = GroupParameters::default()
            .id(group_id)
            .capabilities(capabilities())
            .settings(self.settings.clone());
        let identity = self.identity()?;
        let group = Group::create(&mut self.keystore, identity, &parameters, rules())?;
        self.group = Some(group);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let settings = self.settings.clone();
        let invitation = Invitation::open(&self.keystore, welcome, None, settings, rules())?;
        self.group = Some(invitation.accept(&mut self.keystore)?);
        Ok(())
    }

    /// It finds the leaf that it had by its key.
    fn join_externally(
        &mut self,
        group_info: &[u8],
        _instead_of: Option<u32>,
        psk: bool,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>> {
        let mut join = ExternalJoin::default()
            .settings(self.settings.clone())
            .capabilities(capabilities())
            .authenticated_data(authenticated_data);
        if psk {
            join = join.psk(PSK_ID);
        }
        let identity = self.identity()?;
        let keystore = &mut self.keystore;
        let (group, commit) =
            Group::join_external(keystore, identity, group_info, None, &join, rules())?;
        self.group = Some(group);
        Ok(commit)
    }

    fn group_info(&mut self) -> Result<Vec<u8>> {
        Ok(self.group()?.0.group_info()?)
    }

    fn propose(&mut self, change: &Change, authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let (group, keystore) = self.group()?;
        Ok(group.propose(keystore, &proposal(change)?, authenticated_data)?)
    }

    fn commit(&mut self, changes: &[Change], authenticated_data: &[u8]) -> Result<Committed> {
        let (group, keystore) = self.group()?;
        let proposals = changes.iter().map(proposal).collect::<Result<Vec<_>>>()?;
        let messages = group.commit(keystore, &proposals, authenticated_data)?;
        Ok(Committed {
            commit: messages.commit,
            welcome: messages.welcome,
        })
    }

    fn merge(&mut self) -> Result<()> {
        let (group, keystore) = self.group()?;
        Ok(group.merge_pending(keystore)?)
    }

    fn process(&mut self, message: &[u8]) -> Result<Received> {
        let (group, keystore) = self.group()?;
        Ok(match group.receive(keystore, message)? {
            Taken::Message(message) => Received::Application {
                sender: message.sender,
                authenticated_data: message.authenticated_data,
                plaintext: message.plaintext,
            },
            Taken::Proposal(proposal) => {
                group.accept_proposal(keystore, proposal)?;
                Received::Proposal
            }
            Taken::Commit(commit) => {
                let removed_me = commit.effect().removes_us;
                group.merge(keystore, commit)?;
                Received::Commit { removed_me }
            }
            _ => return Err("of no use to a member".into()),
        })
    }

    fn encrypt(&mut self, plaintext: &[u8], authenticated_data: &[u8]) -> Result<Vec<u8>> {
        let (group, keystore) = self.group()?;
        Ok(group.encrypt(keystore, plaintext, authenticated_data)?)
    }

    /// Every operation has done so.
    fn save(&mut self) -> Result<()> {
        Ok(())
    }

    fn load(&mut self) -> Result<()> {
        let id = self.group()?.0.id().to_vec();
        self.group = Group::load(&self.keystore, &id, rules())?;
        self.group().map(drop)
    }

    fn stored(&self) -> Result<usize> {
        let backend = self.storage.lock();
        let mut bytes = 0;
        for key in backend.keys(&[])? {
            bytes += key.len() + backend.get(&key)?.map_or(0, |value| value.len());
        }
        Ok(bytes)
    }

    fn fork(&self) -> Result<Box<dyn Member>> {
        let storage = Shared(Arc::new(Mutex::new(self.storage.lock().clone())));
        let keystore = Keystore::open(storage.clone(), &PickleKey::from_bytes(&KEY))?;
        let group = match &self.group {
            Some(group) => Group::load(&keystore, group.id(), rules())?,
            None => None,
        };
        Ok(Box::new(Self {
            identity: Identity::load(&keystore, &self.signature_key)?,
            storage,
            keystore,
            signature_key: self.signature_key.clone(),
            settings: self.settings.clone(),
            group,
        }))
    }

    fn agreed(&self) -> Result<Agreed> {
        let group = self.group.as_ref().ok_or("in no group")?;
        let mut members = Vec::new();
        for member in group.members()? {
            let Credential::Basic(name) = member.credential else {
                return Err("a credential of another kind".into());
            };
            members.push((member.leaf, name));
        }
        let extensions = group.extensions()?;
        let extension = extensions
            .into_iter()
            .find(|extension| extension.kind == EXTENSION);
        let exported = group.export_secret(EXPORTER_LABEL, EXPORTER_CONTEXT, EXPORTER_LENGTH)?;
        Ok(Agreed {
            group_id: group.id().to_vec(),
            epoch: group.epoch(),
            authenticator: group.epoch_authenticator()?,
            members,
            extension: extension.map(|extension| extension.data),
            exported: exported.to_vec(),
        })
    }
}

/// Memory that can be looked at beside the keystore that uses it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<MemoryBackend>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, MemoryBackend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Shared {
    fn get(&self, key: &[u8]) -> core::result::Result<Option<Vec<u8>>, BackendError> {
        self.lock().get(key)
    }

    fn keys(&self, prefix: &[u8]) -> core::result::Result<Vec<Vec<u8>>, BackendError> {
        self.lock().keys(prefix)
    }

    fn write(&mut self, batch: &Batch) -> core::result::Result<(), BackendError> {
        self.lock().write(batch)
    }
}
