//! What a group gives to others: secrets, and what joiners need.

use alloc::{format, string::String, vec::Vec};

use openmls::{group::MlsGroup, schedule::PreSharedKeyId};
use openmls_traits::OpenMlsProvider;
use rand_core::TryCryptoRng;
use tls_codec::Serialize;
use zeroize::Zeroizing;

use super::{
    super::{crypto::Crypto, error::GroupError, overlay::Overlay, provider::Seed},
    Group, message_bytes,
};
use crate::{
    primitives::{kdf::MAX_EXPAND_LENGTH, wipe::Secret},
    store::{Keystore, StoreError},
};

/// The label of the exporter behind [`Group::safety_number`].
const SAFETY_NUMBER: &str = "necturus safety number";

impl Group {
    /// The epoch authenticator (RFC 9420 §8.7), 32 bytes: the same for all members
    /// who agree on the group's history, members and epoch. Not secret.
    ///
    /// # Errors
    /// [`GroupError::Evicted`], [`GroupError::Unloaded`].
    pub fn epoch_authenticator(&self) -> Result<Vec<u8>, GroupError> {
        let engine = self.active_engine()?;
        Ok(engine.epoch_authenticator().as_slice().to_vec())
    }

    /// A secret of this epoch for the application, as long as asked (RFC 9420 §8.5):
    /// the same for all members. `label` says what it is for.
    ///
    /// # Errors
    /// [`GroupError::TooLong`] for more than 8160 bytes, at which HKDF ends (RFC 5869
    /// §2.3), [`GroupError::Evicted`], [`GroupError::Unloaded`].
    pub fn export_secret(
        &self,
        label: &str,
        context: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, GroupError> {
        if length > MAX_EXPAND_LENGTH {
            return Err(GroupError::TooLong);
        }
        let engine = self.active_engine()?;
        let crypto = Crypto::new(Secret::ZERO);
        // openmls makes none of no bytes.
        let mut exported = engine.export_secret(&crypto, label, context, length.max(1))?;
        exported.truncate(length);
        Ok(Zeroizing::new(exported))
    }

    /// Sixty digits for people to compare, in groups of five: equal if and only if
    /// their clients agree on the group's members, keys and history, this epoch. Each
    /// group comes from five bytes of an exported secret.
    ///
    /// # Errors
    /// As [`Self::export_secret`].
    pub fn safety_number(&self) -> Result<String, GroupError> {
        let secret = self.export_secret(SAFETY_NUMBER, b"", 60)?;
        let groups: Vec<String> = secret
            .as_chunks::<5>()
            .0
            .iter()
            .map(|chunk| {
                let number = chunk
                    .iter()
                    .fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
                format!("{:05}", number % 100_000)
            })
            .collect();
        Ok(groups.join(" "))
    }

    /// What somebody needs to join from outside, of this epoch: an `MLSMessage` of wire
    /// format `mls_group_info`, signed by us, with the ratchet tree if the settings
    /// say so. Not secret, but whoever has it can join unless the members refuse.
    ///
    /// # Errors
    /// [`GroupError::Evicted`], [`GroupError::Unloaded`].
    pub fn group_info(&self) -> Result<Vec<u8>, GroupError> {
        let crypto = Crypto::new(Secret::ZERO);
        let signer = self.identity.signer();
        let with_tree = self.settings.tree_in_welcome;
        let info = self
            .active_engine()?
            .export_group_info(&crypto, signer, with_tree)?;
        message_bytes(&info)
    }

    /// The ratchet tree (RFC 9420 §12.4.3.3), for those who join where it is not in the
    /// Welcome or the GroupInfo. Public.
    ///
    /// # Errors
    /// [`GroupError::Unloaded`].
    pub fn ratchet_tree(&self) -> Result<Vec<u8>, GroupError> {
        let tree = self.engine()?.export_ratchet_tree();
        tree.tls_serialize_detached()
            .map_err(|_| GroupError::Internal)
    }

    /// Puts a pre-shared key into the keystore, for
    /// [`Proposal::Psk`](super::super::Proposal::Psk) and for joining. It is not bound
    /// to a group; another with the same id is replaced. RFC 9420 §8.4 sets no length:
    /// 32 random bytes are as strong as the group, and one that can be guessed proves
    /// nothing. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GroupError::EmptyPsk`] if the id or the key is empty, [`GroupError::Store`],
    /// [`GroupError::Rng`]; nothing was written.
    pub fn store_psk_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        id: &[u8],
        psk: &[u8],
    ) -> Result<(), GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if id.is_empty() || psk.is_empty() {
            return Err(GroupError::EmptyPsk);
        }
        let seed = Seed::draw(rng)?;
        let provider = seed.provider(Overlay::new(keystore));
        external_psk(id)
            .store(&provider, psk)
            .map_err(|_| StoreError::TooLarge)?;
        let changes = provider.into_changes()?;
        seed.commit(keystore, &changes)?;
        Ok(())
    }

    /// [`Self::store_psk_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn store_psk(keystore: &mut Keystore, id: &[u8], psk: &[u8]) -> Result<(), GroupError> {
        Self::store_psk_with(&mut crate::primitives::random::OsRng, keystore, id, psk)
    }

    /// Deletes a pre-shared key from the keystore. Draws 32 bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    pub fn delete_psk_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        id: &[u8],
    ) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        use openmls_traits::storage::StorageProvider;
        let seed = Seed::draw(rng)?;
        let provider = seed.provider(Overlay::new(keystore));
        provider
            .storage()
            .delete_psk(external_psk(id).psk())
            .map_err(|_| StoreError::Damaged)?;
        let changes = provider.into_changes()?;
        seed.commit(keystore, &changes).map(drop)
    }

    /// [`Self::delete_psk_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    #[cfg(feature = "os-rng")]
    pub fn delete_psk(keystore: &mut Keystore, id: &[u8]) -> Result<(), StoreError> {
        Self::delete_psk_with(&mut crate::primitives::random::OsRng, keystore, id)
    }
}

impl Group {
    /// An engine that has the secrets of its epoch: one that was removed has those of
    /// the epoch before.
    fn active_engine(&self) -> Result<&MlsGroup, GroupError> {
        let engine = self.engine()?;
        if engine.is_active() {
            Ok(engine)
        } else {
            Err(GroupError::Evicted)
        }
    }
}

/// The id of an external pre-shared key as it is stored: without a nonce.
fn external_psk(id: &[u8]) -> PreSharedKeyId {
    PreSharedKeyId::external(id.to_vec(), Vec::new())
}
