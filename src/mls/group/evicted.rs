//! What is left of a group that we were removed from.

use openmls::group::{MlsGroup, PastEpochDeletionPolicy};
use openmls_traits::{OpenMlsProvider, storage::StorageProvider};

use super::super::{error::GroupError, provider::Provider};

/// Merges a commit, and if it removes us, deletes the secrets that the engine can be
/// loaded without: the private keys of the tree and the keys of past epochs. It does not
/// load without those of the last epoch.
pub(super) fn merge(
    engine: &mut MlsGroup,
    provider: &Provider<'_>,
    merge: impl FnOnce(&mut MlsGroup) -> Result<(), GroupError>,
) -> Result<(), GroupError> {
    let epoch = engine.epoch();
    merge(engine)?;
    if engine.is_active() {
        return Ok(());
    }
    let leaf = engine.own_leaf_index().u32();
    let storage = provider.storage();
    storage.delete_encryption_epoch_key_pairs(engine.group_id(), &epoch, leaf)?;
    engine
        .set_past_epoch_deletion_policy(provider, PastEpochDeletionPolicy::MaxEpochs(0))
        .map_err(|_| GroupError::Internal)
}

#[cfg(feature = "os-rng")]
#[cfg(test)]
mod tests {
    use openmls::group::GroupEpoch;

    use super::super::{
        super::{
            Capabilities, Proposal, Received, Rules, Settings, codec,
            overlay::Overlay,
            record::{GroupRecord, RecordKey, group_key},
        },
        Group,
        members::group_of,
        state::encoded_id,
    };
    use crate::store::Keystore;

    /// Where openmls keeps the private keys of the tree.
    fn key_pairs(group: &Group) -> RecordKey {
        let part = codec::encode(&(GroupEpoch::from(group.epoch()), group.own_leaf()));
        let id = encoded_id(group.id()).unwrap();
        group_key(&id, GroupRecord::EpochKeyPairs, &part.unwrap())
    }

    /// Bytes of the keys of messages.
    fn secrets(keystore: &Keystore, group: &Group) -> usize {
        let key = group.key(GroupRecord::MessageSecrets);
        let length = |secrets: Option<&[u8]>| secrets.unwrap().len();
        Overlay::new(keystore).with(&key, length).unwrap()
    }

    #[test]
    fn who_is_removed_keeps_no_keys_of_the_tree_and_of_past_epochs() {
        for keep in [false, true] {
            let settings = Settings::default().past_epochs(2).keep_previous_epoch(keep);
            let able = [(); 2].map(|()| Capabilities::default());
            let [(mut alice, mut hers), (mut bob, mut his)] = group_of(&settings, able);

            let mut before = key_pairs(&his);
            let mut length = 0;
            for proposals in [&[][..], &[Proposal::Remove(1)]] {
                before = key_pairs(&his);
                length = secrets(&bob, &his);
                assert!(Overlay::new(&bob).has(&before).unwrap());
                let sent = hers.commit(&mut alice, proposals, b"").unwrap();
                hers.merge_pending(&mut alice).unwrap();
                let Received::Commit(commit) = his.receive(&mut bob, &sent.commit).unwrap() else {
                    panic!("no commit")
                };
                his.merge(&mut bob, commit).unwrap();
            }
            assert!(!Overlay::new(&bob).has(&before).unwrap());
            assert!(secrets(&bob, &his) < length);

            // The group is there to be looked at, and the way back goes on, where one is.
            let rules = Rules::accept_any_credential();
            let mut his = Group::load(&bob, his.id(), rules).unwrap().unwrap();
            assert!(!his.is_active().unwrap());
            assert_eq!(his.members().unwrap().len(), 1);
            assert_eq!(his.roll_back(&mut bob).is_ok(), keep);
            assert_eq!(Overlay::new(&bob).has(&before).unwrap(), keep);
            assert_eq!(his.encrypt(&mut bob, b"", b"").is_ok(), keep);
        }
    }
}
