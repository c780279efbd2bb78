//! The way back over one commit.

use alloc::vec::Vec;

use openmls::group::MlsGroup;
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        codec,
        error::GroupError,
        overlay::{Overlay, Replaced},
        provider::{Provider, Seed},
        record::{GroupRecord, group_key},
    },
    Group, encoded_id, engine_in, load_engine, outcome,
};
use crate::store::{Changes, Keystore, StoreError};

/// What a merge replaced: keys and their values, or none where there was nothing.
#[derive(Serialize, Deserialize)]
struct Undo {
    epoch: u64,
    values: Vec<Replaced>,
}

/// Records what a merge replaces, where the settings say so.
pub(super) struct Recorder {
    key: Vec<u8>,
    epoch: u64,
    keep: bool,
}

impl Recorder {
    pub(super) fn new(group: &Group) -> Self {
        Self {
            key: group.key(GroupRecord::Undo),
            epoch: group.epoch,
            keep: group.settings.keep_previous_epoch,
        }
    }

    /// Merges a commit, drops the private keys of our updates that waited, which are of
    /// no use behind it, and records what all of this replaces.
    pub(super) fn merge(
        self,
        engine: &mut MlsGroup,
        provider: &Provider<'_>,
        merge: impl FnOnce(&mut MlsGroup) -> Result<(), GroupError>,
    ) -> Result<(), GroupError> {
        let updates = provider.storage().own_updates(engine.group_id())?;
        merge(engine)?;
        for key in updates {
            provider.storage().delete(key);
        }
        self.record(provider)
    }

    /// To be called when everything else was changed.
    fn record(self, provider: &Provider<'_>) -> Result<(), GroupError> {
        let overlay = provider.storage();
        if !self.keep {
            // There may be one of a time when the settings were others.
            if overlay.bytes(&self.key)?.is_some() {
                overlay.delete(self.key);
            }
            return Ok(());
        }
        let undo = Undo {
            epoch: self.epoch,
            values: overlay.replaced()?,
        };
        Ok(overlay.put(self.key, &undo)?)
    }
}

impl Group {
    /// Goes back to before the last merge, if the settings
    /// [kept that state](super::super::Settings::keep_previous_epoch): then merge the
    /// commit that the others have merged. What was sent and received since is
    /// forgotten: the keys of messages that were sent in this epoch must not be used
    /// again. So if it was a commit of ours, it is dropped; and if it was another's, do
    /// not merge the same once more, but [join](Self::join_external) from outside if it
    /// was the right one after all. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::NoPreviousEpoch`] if nothing was kept, or it was used up, and
    /// other [`GroupError`]s; the group is as it was.
    pub fn roll_back_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let key = self.key(GroupRecord::Undo);
        let undo = keystore.read(&key)?.ok_or(GroupError::NoPreviousEpoch)?;
        let undo: Undo = codec::decode(&undo).map_err(|_| StoreError::Damaged)?;
        if undo.epoch >= self.epoch {
            return Err(GroupError::NoPreviousEpoch);
        }
        // Proposals of this epoch are not among what the merge replaced.
        let proposals = group_key(&encoded_id(&self.id)?, GroupRecord::QueuedProposal, &[]);
        let proposals = keystore.keys(&proposals)?;
        let mut changes: Changes = proposals.into_iter().map(|key| (key, None)).collect();
        changes.extend(undo.values);
        changes.insert(key, None);
        let left = match &self.engine {
            Some(engine) => engine.epoch_authenticator().as_slice().to_vec(),
            None => {
                let engine = load_engine(keystore, &self.id)?;
                engine.epoch_authenticator().as_slice().to_vec()
            }
        };
        // Loaded before it is written, so that what fails has changed nothing.
        let overlay = Overlay::over(keystore, changes);
        let mut engine = engine_in(&overlay, &self.id)?;
        let provider = seed.provider(overlay);
        let result = self.fit(&mut engine, &provider, &left);
        outcome::<_, GroupError, _>(&provider, result)?;
        seed.commit(keystore, &provider.into_changes())?;
        self.staged = false;
        self.adopt(engine);
        Ok(())
    }

    /// Drops the commit that led to the epoch with this authenticator, which was left,
    /// and sets what the settings say today.
    fn fit(
        &self,
        engine: &mut MlsGroup,
        provider: &Provider<'_>,
        left: &[u8],
    ) -> Result<(), GroupError> {
        let pending = engine.pending_commit();
        let pending = pending.and_then(|commit| commit.epoch_authenticator());
        if pending.is_some_and(|tag| tag.as_slice() == left) {
            engine.clear_pending_commit(provider.storage())?;
        }
        engine.set_configuration(provider.storage(), &self.settings.join_config())?;
        // In what was restored there may be keys of more epochs, or room for fewer.
        let policy = engine.past_epoch_deletion_policy().clone();
        engine
            .set_past_epoch_deletion_policy(provider, policy)
            .map_err(|_| GroupError::Internal)
    }

    /// [`Self::roll_back_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn roll_back(&mut self, keystore: &mut Keystore) -> Result<(), GroupError> {
        self.roll_back_with(&mut crate::primitives::random::OsRng, keystore)
    }
}
