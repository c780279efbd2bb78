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
            CipherSuite, Credential, GroupParameters, Identity, Invitation, KeyPackage,
            KeyPackageOptions, Proposal, Received, Rules, Settings, codec,
            overlay::Overlay,
            record::{GroupRecord, RecordKey, group_key},
        },
        Group,
        state::encoded_id,
    };
    use crate::{
        pickle::PickleKey,
        store::{Keystore, MemoryBackend},
    };

    const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

    fn keystore() -> Keystore {
        Keystore::open(MemoryBackend::new(), &PickleKey::from_bytes(&[7; 32])).unwrap()
    }

    fn identity(name: &[u8]) -> Identity {
        Identity::new(SUITE, Credential::basic(name)).unwrap()
    }

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
            let rules = Rules::accept_any_credential();
            let (mut alice, mut bob) = (keystore(), keystore());
            let parameters = GroupParameters::default().settings(settings.clone());
            let mut hers =
                Group::create(&mut alice, identity(b"alice"), &parameters, rules.clone()).unwrap();
            let options = KeyPackageOptions::default();
            let package = KeyPackage::generate(&mut bob, &identity(b"bob"), &options).unwrap();
            let add = [Proposal::Add(package)];
            let welcome = hers.commit(&mut alice, &add, b"").unwrap().welcome.unwrap();
            hers.merge_pending(&mut alice).unwrap();
            let invitation = Invitation::open(&bob, &welcome, None, settings, rules.clone());
            let mut his = invitation.unwrap().accept(&mut bob).unwrap();

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
            let mut his = Group::load(&bob, his.id(), rules).unwrap().unwrap();
            assert!(!his.is_active().unwrap());
            assert_eq!(his.members().unwrap().len(), 1);
            assert_eq!(his.roll_back(&mut bob).is_ok(), keep);
            assert_eq!(Overlay::new(&bob).has(&before).unwrap(), keep);
            assert_eq!(his.encrypt(&mut bob, b"", b"").is_ok(), keep);
        }
    }
}
