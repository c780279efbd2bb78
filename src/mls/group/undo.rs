//! The way back over one commit.

use openmls::group::{GroupId, MlsGroup, StagedCommit};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    super::{
        error::GroupError,
        overlay::Overlay,
        provider::{Provider, Seed},
        record::{GroupRecord, RecordKey, group_key},
    },
    Group, outcome,
    state::{encoded_id, engine_in, own_value},
};
use crate::store::{Changes, Keystore, StoreError};

/// What a merge replaced: records, or none where there was nothing.
#[derive(Serialize, Deserialize)]
struct Undo {
    epoch: u64,
    records: Changes,
}

/// Records what a merge replaces, where the settings say so.
pub(super) struct Recorder {
    key: RecordKey,
    messages: RecordKey,
    left: RecordKey,
    epoch: u64,
    keep: bool,
}

impl Recorder {
    pub(super) fn new(group: &Group) -> Self {
        Self {
            key: group.key(GroupRecord::Undo),
            messages: group.key(GroupRecord::PendingMessages),
            left: group.key(GroupRecord::LeftEpochs),
            epoch: group.epoch,
            keep: group.settings.keep_previous_epoch,
        }
    }

    /// Merges a commit, drops what is of no use behind it (the private keys of our
    /// updates that waited, the messages of our commit, the epochs that were left), and
    /// records what all of this replaces.
    pub(super) fn merge(
        self,
        engine: &mut MlsGroup,
        provider: &Provider<'_>,
        merge: impl FnOnce(&mut MlsGroup) -> Result<(), GroupError>,
    ) -> Result<(), GroupError> {
        let overlay = provider.storage();
        let updates = overlay.own_updates(engine.group_id())?;
        let committed = engine.pending_commit().is_some();
        merge(engine)?;
        for key in updates {
            overlay.delete(key)?;
        }
        if committed {
            overlay.delete(self.messages.clone())?;
        }
        overlay.delete(self.left.clone())?;
        self.record(provider)
    }

    /// Whether we have left the epoch that a commit leads to by rolling it back: its
    /// keys may have been used.
    pub(super) fn has_left(
        &self,
        provider: &Provider<'_>,
        commit: &StagedCommit,
    ) -> Result<bool, GroupError> {
        let Some(authenticator) = commit.epoch_authenticator() else {
            return Ok(false);
        };
        let left = provider.storage().list(&self.left)?;
        Ok(left
            .iter()
            .any(|left| left.as_slice() == authenticator.as_slice()))
    }

    /// To be called when everything else was changed.
    fn record(self, provider: &Provider<'_>) -> Result<(), GroupError> {
        let overlay = provider.storage();
        if !self.keep {
            // There may be one of a time when the settings were others.
            if overlay.has(&self.key)? {
                overlay.delete(self.key)?;
            }
            return Ok(());
        }
        let undo = Undo {
            epoch: self.epoch,
            records: overlay.replaced()?,
        };
        Ok(overlay.put(self.key, &undo)?)
    }
}

impl Group {
    /// Goes back to before the last merge, if the settings
    /// [kept that state](super::super::Settings::keep_previous_epoch): then merge the
    /// commit that the others have merged. What was sent and received since is
    /// forgotten: the keys of messages that were sent in this epoch must not be used
    /// again. So if it was a commit of ours, it is dropped; and if it was another's, it
    /// is not merged once more ([`GroupError::LeftEpoch`]): if it was the right one after
    /// all, [join](Self::join_external) from outside. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::NoPreviousEpoch`] if nothing was kept, it was used up, or the
    /// identity that we had was deleted, and other [`GroupError`]s; the group is as it
    /// was.
    pub fn roll_back_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        self.check_current(keystore)?;
        let overlay = Overlay::new(keystore);
        let undo: Undo =
            own_value(&overlay, &self.id, GroupRecord::Undo)?.ok_or(GroupError::NoPreviousEpoch)?;
        if undo.epoch >= self.epoch {
            return Err(GroupError::NoPreviousEpoch);
        }
        // What was proposed in this epoch is not among what the merge replaced.
        let proposals = group_key(&encoded_id(&self.id)?, GroupRecord::QueuedProposal, &[]);
        let proposals = keystore.keys(&proposals.record())?;
        let updates = overlay.own_updates(&GroupId::from_slice(&self.id));
        let updates = overlay.told(updates)?;
        let updates = updates.into_iter().map(|key| key.record());
        let mut changes: Changes = proposals
            .into_iter()
            .chain(updates)
            .chain([self.key(GroupRecord::PendingMessages).record()])
            .map(|record| (record, None))
            .collect();
        changes.extend(undo.records);
        changes.insert(self.key(GroupRecord::Undo).record(), None);
        let left = match &self.engine {
            Some(engine) => engine.epoch_authenticator().as_slice().to_vec(),
            None => {
                let engine = self.load_engine(keystore)?;
                engine.epoch_authenticator().as_slice().to_vec()
            }
        };
        // Loaded before it is written, so that what fails has changed nothing.
        let overlay = Overlay::over(keystore, changes);
        let mut engine = engine_in(&overlay, &self.id)?;
        let provider = seed.provider(overlay);
        let result = self.fit(&mut engine, &provider, &left);
        outcome::<_, GroupError, _>(&provider, result)?;
        let standing = match self.standing(keystore, &engine, provider.storage()) {
            // Who we were then was deleted since.
            Err(StoreError::Damaged) => return Err(GroupError::NoPreviousEpoch),
            standing => standing?,
        };
        let changes = provider.into_changes()?;
        self.write(&seed, keystore, changes)?;
        self.stand(standing);
        self.staged = false;
        self.adopt(engine);
        Ok(())
    }

    /// Drops the commit that led to the epoch with this authenticator, which was left,
    /// remembers that, and sets what the settings say today.
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
            provider
                .storage()
                .delete(self.key(GroupRecord::PendingMessages))?;
        }
        let key = self.key(GroupRecord::LeftEpochs);
        let mut epochs = provider.storage().list(&key)?;
        epochs.push(Zeroizing::new(left.to_vec()));
        provider.storage().set_list(key, &epochs)?;
        self.keep_in(provider.storage())?;
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
