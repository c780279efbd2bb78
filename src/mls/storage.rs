//! openmls's storage, mapped onto keyed values of an [`Overlay`].

use alloc::vec::Vec;

use openmls::{group::GroupId, prelude::LeafNode};
use openmls_traits::storage::{CURRENT_VERSION, Key, StorageProvider, traits};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    codec,
    overlay::{Overlay, OverlayError},
    record::{self, GroupRecord, LoneRecord, RecordKey},
};

/// The version of openmls's storage traits.
const V: u16 = CURRENT_VERSION;

/// A key as openmls gives it, encoded.
fn encoded(key: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, OverlayError> {
    codec::encode(key).map_err(|_| OverlayError::Encode)
}

fn group_key(group: &impl Key<V>, record: GroupRecord) -> Result<RecordKey, OverlayError> {
    Ok(record::group_key(&encoded(group)?, record, &[]))
}

/// The key of one of a group's records of this kind.
fn part_key(
    group: &impl Key<V>,
    record: GroupRecord,
    part: &impl Serialize,
) -> Result<RecordKey, OverlayError> {
    Ok(record::group_key(&encoded(group)?, record, &encoded(part)?))
}

fn lone_key(record: LoneRecord, key: &impl Key<V>) -> Result<RecordKey, OverlayError> {
    Ok(record::lone_key(record, &encoded(key)?))
}

/// The three methods of a value that a group has one of.
macro_rules! one_of_a_group {
    ($($record:ident: $kind:ident, $write:ident, $read:ident, $delete:ident;)+) => {$(
        fn $write<G: traits::GroupId<V>, T: traits::$kind<V>>(
            &self,
            group: &G,
            value: &T,
        ) -> Result<(), OverlayError> {
            self.put(group_key(group, GroupRecord::$record)?, value)
        }

        fn $read<G: traits::GroupId<V>, T: traits::$kind<V>>(
            &self,
            group: &G,
        ) -> Result<Option<T>, OverlayError> {
            self.get(&group_key(group, GroupRecord::$record)?)
        }

        fn $delete<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), OverlayError> {
            self.delete(group_key(group, GroupRecord::$record)?)
        }
    )+};
}

/// Two of the methods of a value that stands for itself; the third has its
/// parameters in one order or the other.
macro_rules! lone {
    ($($record:ident: $key:ident $kind:ident, $write:ident, $delete:ident;)+) => {$(
        fn $write<K: traits::$key<V>, T: traits::$kind<V>>(
            &self,
            key: &K,
            value: &T,
        ) -> Result<(), OverlayError> {
            self.put(lone_key(LoneRecord::$record, key)?, value)
        }

        fn $delete<K: traits::$key<V>>(&self, key: &K) -> Result<(), OverlayError> {
            self.delete(lone_key(LoneRecord::$record, key)?)
        }
    )+};
}

impl Overlay<'_> {
    fn lone<T: DeserializeOwned>(
        &self,
        record: LoneRecord,
        key: &impl Key<V>,
    ) -> Result<Option<T>, OverlayError> {
        self.get(&lone_key(record, key)?)
    }
}

impl Overlay<'_> {
    /// The records of the keys that we proposed to update to: openmls deletes none but
    /// that of the proposal which is committed.
    pub(super) fn own_updates(&self, group: &GroupId) -> Result<Vec<RecordKey>, OverlayError> {
        let leaves: Vec<LeafNode> = self.own_leaf_nodes(group)?;
        leaves
            .iter()
            .map(|leaf| lone_key(LoneRecord::EncryptionKey, leaf.encryption_key()))
            .collect()
    }
}

fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, OverlayError> {
    codec::decode(bytes).map_err(|_| OverlayError::Decode)
}

impl StorageProvider<V> for Overlay<'_> {
    type Error = OverlayError;

    one_of_a_group! {
        JoinConfig: MlsGroupJoinConfig, write_mls_join_config, mls_group_join_config, delete_group_config;
        Tree: TreeSync, write_tree, tree, delete_tree;
        InterimTranscriptHash: InterimTranscriptHash, write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash;
        Context: GroupContext, write_context, group_context, delete_context;
        ConfirmationTag: ConfirmationTag, write_confirmation_tag, confirmation_tag, delete_confirmation_tag;
        MessageSecrets: MessageSecrets, write_message_secrets, message_secrets, delete_message_secrets;
        ResumptionPsks: ResumptionPskStore, write_resumption_psk_store, resumption_psk_store, delete_all_resumption_psk_secrets;
        OwnLeafIndex: LeafNodeIndex, write_own_leaf_index, own_leaf_index, delete_own_leaf_index;
        EpochSecrets: GroupEpochSecrets, write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets;
    }

    // Its trait has the parameters the other way round.
    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
        value: &T,
    ) -> Result<(), OverlayError> {
        self.put(group_key(group, GroupRecord::State)?, value)
    }

    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, OverlayError> {
        self.get(&group_key(group, GroupRecord::State)?)
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), OverlayError> {
        self.delete(group_key(group, GroupRecord::State)?)
    }

    lone! {
        SignatureKey: SignaturePublicKey SignatureKeyPair, write_signature_key_pair, delete_signature_key_pair;
        EncryptionKey: EncryptionKey HpkeKeyPair, write_encryption_key_pair, delete_encryption_key_pair;
        KeyPackage: HashReference KeyPackage, write_key_package, delete_key_package;
        Psk: PskId PskBundle, write_psk, delete_psk;
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, OverlayError> {
        self.lone(LoneRecord::SignatureKey, key)
    }

    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, OverlayError> {
        self.lone(LoneRecord::EncryptionKey, key)
    }

    fn key_package<K: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, OverlayError> {
        self.lone(LoneRecord::KeyPackage, key)
    }

    fn psk<T: traits::PskBundle<V>, K: traits::PskId<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, OverlayError> {
        self.lone(LoneRecord::Psk, key)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
        pairs: &[T],
    ) -> Result<(), OverlayError> {
        self.put(
            part_key(group, GroupRecord::EpochKeyPairs, &(epoch, leaf))?,
            pairs,
        )
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<Vec<T>, OverlayError> {
        let key = part_key(group, GroupRecord::EpochKeyPairs, &(epoch, leaf))?;
        Ok(self.get(&key)?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<(), OverlayError> {
        self.delete(part_key(group, GroupRecord::EpochKeyPairs, &(epoch, leaf))?)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &T,
    ) -> Result<(), OverlayError> {
        let key = group_key(group, GroupRecord::OwnLeafNodes)?;
        let mut list = self.list(&key)?;
        list.push(codec::encode(leaf).map_err(|_| OverlayError::Encode)?);
        self.set_list(key, &list)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<T>, OverlayError> {
        let list = self.list(&group_key(group, GroupRecord::OwnLeafNodes)?)?;
        list.iter().map(|leaf| decoded(leaf)).collect()
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), OverlayError> {
        self.delete(group_key(group, GroupRecord::OwnLeafNodes)?)
    }

    fn queue_proposal<
        G: traits::GroupId<V>,
        R: traits::ProposalRef<V>,
        T: traits::QueuedProposal<V>,
    >(
        &self,
        group: &G,
        reference: &R,
        proposal: &T,
    ) -> Result<(), OverlayError> {
        self.put(
            part_key(group, GroupRecord::QueuedProposal, reference)?,
            proposal,
        )?;
        let key = group_key(group, GroupRecord::ProposalRefs)?;
        let reference = codec::encode(reference).map_err(|_| OverlayError::Encode)?;
        let mut list = self.list(&key)?;
        if !list.contains(&reference) {
            list.push(reference);
        }
        self.set_list(key, &list)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, OverlayError> {
        let list = self.list(&group_key(group, GroupRecord::ProposalRefs)?)?;
        list.iter().map(|reference| decoded(reference)).collect()
    }

    fn queued_proposals<
        G: traits::GroupId<V>,
        R: traits::ProposalRef<V>,
        T: traits::QueuedProposal<V>,
    >(
        &self,
        group: &G,
    ) -> Result<Vec<(R, T)>, OverlayError> {
        let references = self.queued_proposal_refs::<G, R>(group)?;
        references
            .into_iter()
            .map(|reference| {
                let key = part_key(group, GroupRecord::QueuedProposal, &reference)?;
                let proposal = self.get(&key)?.ok_or(OverlayError::Decode)?;
                Ok((reference, proposal))
            })
            .collect()
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
        reference: &R,
    ) -> Result<(), OverlayError> {
        self.delete(part_key(group, GroupRecord::QueuedProposal, reference)?)?;
        let key = group_key(group, GroupRecord::ProposalRefs)?;
        let reference = codec::encode(reference).map_err(|_| OverlayError::Encode)?;
        let mut list = self.list(&key)?;
        list.retain(|queued| *queued != reference);
        self.set_list(key, &list)
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<(), OverlayError> {
        for reference in self.queued_proposal_refs::<G, R>(group)? {
            self.delete(part_key(group, GroupRecord::QueuedProposal, &reference)?)?;
        }
        self.delete(group_key(group, GroupRecord::ProposalRefs)?)
    }
}
