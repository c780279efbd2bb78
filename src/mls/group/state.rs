//! A group's state: in the keystore, and in memory while we work on it.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use openmls::group::{GroupId, MlsGroup};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    super::{
        codec,
        crypto::DecodedKeys,
        identity::Identity,
        overlay::Overlay,
        provider::{Provider, Seed},
        record::{GroupRecord, RecordKey, bundle_key, group_key, group_prefix},
        staged::Ticket,
    },
    Group, outcome,
};
use crate::{
    primitives::random::RngError,
    store::{Batch, Changes, Keystore, Stamp, StoreError},
};

/// What an object knows of its records in the keystore.
pub(super) struct Known {
    /// What their keys start with.
    prefix: Vec<u8>,
    /// Which writings of them it stands on: an object that another one of the same group
    /// has overtaken must not write, as it would use keys again. Every change of a group
    /// writes its bundle or its message secrets.
    stamps: [(Vec<u8>, Option<Stamp>); 2],
    /// What that writing of the bundle is, so that not every operation has to decrypt it.
    bundle: Option<Arc<Zeroizing<Vec<u8>>>>,
    /// Who signed what was received before.
    signers: Arc<DecodedKeys>,
}

impl Known {
    /// Of a group that is not there yet.
    pub(super) fn new(id: &[u8]) -> Result<Self, StoreError> {
        let id = encoded_id(id)?;
        let records = [GroupRecord::Bundle, GroupRecord::MessageSecrets];
        Ok(Self {
            prefix: group_prefix(&id),
            stamps: records.map(|record| (group_key(&id, record, &[]).record(), None)),
            bundle: None,
            signers: Arc::default(),
        })
    }

    /// Of one that is about to be loaded: what is written in between makes it stale.
    pub(super) fn read(keystore: &Keystore, id: &[u8]) -> Result<Self, StoreError> {
        let mut this = Self::new(id)?;
        for (record, stamp) in &mut this.stamps {
            *stamp = keystore.stamp(record)?;
        }
        Ok(this)
    }

    /// Keeps what stands in the bundle, as this overlay loaded it.
    pub(super) fn keep_bundle(&mut self, overlay: Overlay<'_>) {
        self.bundle = overlay.into_content(&self.prefix);
    }

    fn check(&self, keystore: &Keystore) -> Result<(), StoreError> {
        for (record, stamp) in &self.stamps {
            if keystore.stamp(record)? != *stamp {
                return Err(StoreError::Stale);
            }
        }
        Ok(())
    }

    /// Goes along with what was written.
    fn follow(&mut self, mut changes: Changes, written: &Batch) {
        for (record, stamp) in &mut self.stamps {
            if let Some(value) = written.get(record) {
                *stamp = value.and_then(Stamp::of);
            }
        }
        if let Some(bundle) = changes.remove(&bundle_key(&self.prefix)) {
            self.bundle = bundle.map(Arc::new);
        }
    }
}

impl Group {
    /// Runs an operation of the engine, and writes what it changed. If anything
    /// fails, the engine is loaded again from what was written before.
    pub(super) fn run<T, E, R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        operation: impl FnOnce(&mut MlsGroup, &Provider<'_>, &Identity) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError> + From<RngError>,
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let engine = self.take_engine(keystore)?;
        self.apply(&seed, keystore, engine, Changes::new(), operation)
    }

    /// [`Self::run`] with an engine in memory, on top of changes that were not written yet.
    pub(super) fn apply<T, E>(
        &mut self,
        seed: &Seed,
        keystore: &mut Keystore,
        mut engine: Box<MlsGroup>,
        changes: Changes,
        operation: impl FnOnce(&mut MlsGroup, &Provider<'_>, &Identity) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let provider = self.provider(seed, keystore, changes);
        let result = operation(&mut engine, &provider, &self.identity);
        let result = outcome(&provider, result).and_then(|output| {
            let standing = self.standing(keystore, &engine, provider.storage())?;
            Ok((output, standing))
        });
        let changes = provider.into_changes();
        let result = result.and_then(|result| {
            self.write(seed, keystore, changes?)?;
            Ok(result)
        });
        match result {
            Ok((output, standing)) => {
                self.stand(standing);
                self.adopt(engine);
                Ok(output)
            }
            Err(error) => {
                self.engine = self.load_engine(keystore).ok();
                Err(error)
            }
        }
    }

    pub(super) fn write(
        &mut self,
        seed: &Seed,
        keystore: &mut Keystore,
        changes: Changes,
    ) -> Result<(), StoreError> {
        let written = seed.commit(keystore, &changes)?;
        self.known.follow(changes, &written);
        Ok(())
    }

    /// What the engine is given for an operation, on top of changes that were not written
    /// yet.
    pub(super) fn provider<'k>(
        &self,
        seed: &Seed,
        keystore: &'k Keystore,
        changes: Changes,
    ) -> Provider<'k> {
        let overlay = self.overlay(keystore, changes);
        seed.provider(overlay).with_keys(self.known.signers.clone())
    }

    /// A view of the group's records, on top of changes that were not written yet.
    pub(super) fn overlay<'k>(&self, keystore: &'k Keystore, changes: Changes) -> Overlay<'k> {
        let overlay = Overlay::over(keystore, changes);
        match &self.known.bundle {
            Some(bundle) => overlay.knowing(&self.known.prefix, bundle),
            None => overlay,
        }
    }

    /// Refuses to go on if another object of this group has.
    pub(super) fn check_current(&self, keystore: &Keystore) -> Result<(), StoreError> {
        self.known.check(keystore)
    }

    /// The engine, as it is in the keystore.
    pub(super) fn take_engine(&mut self, keystore: &Keystore) -> Result<Box<MlsGroup>, StoreError> {
        self.check_current(keystore)?;
        // What was received and not merged lives in the engine, too.
        if core::mem::take(&mut self.staged) {
            self.engine = None;
        }
        match self.engine.take() {
            Some(engine) => Ok(engine),
            None => self.load_engine(keystore),
        }
    }

    pub(super) fn load_engine(&self, keystore: &Keystore) -> Result<Box<MlsGroup>, StoreError> {
        // Else what is known and what is there would be mixed.
        self.check_current(keystore)?;
        engine_in(&self.overlay(keystore, Changes::new()), &self.id)
    }

    pub(super) fn adopt(&mut self, engine: Box<MlsGroup>) {
        self.epoch = engine.epoch().as_u64();
        self.own_leaf = engine.own_leaf_index().u32();
        self.engine = Some(engine);
    }

    /// A ticket for what the engine has received.
    pub(super) fn issue_ticket(&mut self) -> Ticket {
        self.tickets = self.tickets.wrapping_add(1);
        self.staged = true;
        Ticket {
            group: self.id.clone(),
            epoch: self.epoch,
            leaf: self.own_leaf,
            number: self.tickets,
        }
    }

    /// Whether the engine is as it was when it gave out the ticket.
    pub(super) fn honours(&self, ticket: &Ticket) -> bool {
        self.staged
            && ticket.number == self.tickets
            && ticket.epoch == self.epoch
            && ticket.leaf == self.own_leaf
            && ticket.group == self.id
    }

    pub(super) fn key(&self, record: GroupRecord) -> RecordKey {
        // An id that was checked is always encoded.
        group_key(&encoded_id(&self.id).unwrap_or_default(), record, &[])
    }
}

pub(super) fn engine_in(overlay: &Overlay<'_>, id: &[u8]) -> Result<Box<MlsGroup>, StoreError> {
    let engine = MlsGroup::load(overlay, &GroupId::from_slice(id));
    if let Some(failure) = overlay.failure().take() {
        return Err(failure);
    }
    match engine {
        Ok(Some(engine)) => Ok(Box::new(engine)),
        _ => Err(StoreError::Damaged),
    }
}

/// Our own values, which openmls knows nothing of.
pub(super) fn own_value<T: serde::de::DeserializeOwned>(
    overlay: &Overlay<'_>,
    id: &[u8],
    record: GroupRecord,
) -> Result<Option<T>, StoreError> {
    overlay.told(overlay.get(&group_key(&encoded_id(id)?, record, &[])))
}

/// The keys of all records of a group, and of our updates that wait.
pub(super) fn keys_of(keystore: &Keystore, id: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = keystore.keys(&group_prefix(&encoded_id(id)?))?;
    let overlay = Overlay::new(keystore);
    let updates = overlay.own_updates(&GroupId::from_slice(id));
    if let Some(failure) = overlay.failure().take() {
        // What is damaged is deleted as well.
        if !matches!(failure, StoreError::Damaged) {
            return Err(failure);
        }
    }
    keys.extend(
        updates
            .unwrap_or_default()
            .into_iter()
            .map(|key| key.record()),
    );
    Ok(keys)
}

pub(super) fn encoded_id(id: &[u8]) -> Result<Vec<u8>, StoreError> {
    let encoded = codec::encode(&GroupId::from_slice(id)).map_err(|_| StoreError::TooLarge)?;
    Ok(encoded.to_vec())
}
