//! Who we are in a group, and how that changes.

use alloc::vec::Vec;

use openmls::group::MlsGroup;
use rand_core::TryCryptoRng;

use super::{
    super::{
        credential::Credential, error::GroupError, identity::Identity, overlay::Overlay,
        record::GroupRecord,
    },
    CommitMessages, Group, Kept,
    state::own_value,
};
use crate::store::{Keystore, StoreError};

/// Who we are behind an operation, where that is not as before.
pub(super) struct Standing {
    identity: Option<Identity>,
    next_key: Option<Vec<u8>>,
}

impl Group {
    /// Makes us another in this group: a new signature key, a new credential, or both.
    /// It is a [commit](Self::commit_with) that covers the proposals that wait, and that
    /// waits itself; [`Self::identity`] changes when it is
    /// [merged](Self::merge_pending). The others see it in
    /// [`Effect::updated`](super::super::Effect::updated), where whether the new may
    /// follow the old (RFC 9420 §5.3.1) is for them to say, and their rules are asked
    /// about the new; ours are, too. Draws 32 bytes.
    ///
    /// The keystore keeps the new identity from now on, and the old one until it is
    /// deleted. Key packages of the old one that were published have to be replaced.
    ///
    /// # Errors
    /// - [`GroupError::WrongSuite`] if the identity is of another suite than the group.
    /// - [`GroupError::DuplicateKey`] if another member has its signature key.
    /// - [`GroupError::Unsupported`] if not every member understands its type of
    ///   credential.
    /// - [`GroupError::CredentialRejected`] if the rules reject it.
    ///
    /// These and other [`GroupError`]s leave the group as it was.
    pub fn change_identity_with<R>(
        &mut self,
        rng: &mut R,
        keystore: &mut Keystore,
        identity: &Identity,
        authenticated_data: &[u8],
    ) -> Result<CommitMessages, GroupError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if identity.suite() != self.suite {
            return Err(GroupError::WrongSuite);
        }
        let (credential, key) = (identity.credential(), identity.signature_key());
        if !self.rules.accepts(credential, &key) {
            return Err(GroupError::CredentialRejected);
        }
        self.commit_as(rng, keystore, Some(identity), &[], authenticated_data)
    }

    /// [`Self::change_identity_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn change_identity(
        &mut self,
        keystore: &mut Keystore,
        identity: &Identity,
        authenticated_data: &[u8],
    ) -> Result<CommitMessages, GroupError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.change_identity_with(rng, keystore, identity, authenticated_data)
    }

    /// A group that is of an identity, or will be when what waits is merged.
    pub(in super::super) fn user_of(
        keystore: &Keystore,
        signature_key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for id in Self::ids(keystore)? {
            let overlay = Overlay::new(keystore);
            let kept = own_value::<Kept>(&overlay, &id, GroupRecord::Kept)?;
            let kept = kept.ok_or(StoreError::Damaged)?;
            if kept.signature_key == signature_key
                || kept
                    .next_key
                    .is_some_and(|next_key| next_key == signature_key)
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Who we are by an engine in which something happened, to be written along with
    /// it; none if that is as before.
    pub(super) fn standing(
        &self,
        keystore: &Keystore,
        engine: &MlsGroup,
        overlay: &Overlay<'_>,
    ) -> Result<Option<Standing>, StoreError> {
        let leaf = engine.own_leaf_node().filter(|_| engine.is_active());
        let identity = match leaf {
            Some(leaf) if !self.identity.is_of(leaf) => {
                let stored = Identity::load(keystore, leaf.signature_key().as_slice())?;
                Some(in_leaf(stored.ok_or(StoreError::Damaged)?, engine))
            }
            _ => None,
        };
        let key = identity.as_ref().unwrap_or(&self.identity).signature_key();
        let next_key = engine
            .pending_commit()
            .and_then(|commit| commit.update_path_leaf_node())
            .map(|leaf| leaf.signature_key().as_slice().to_vec())
            .filter(|next_key| *next_key != key);
        if identity.is_none() && next_key == self.next_key {
            return Ok(None);
        }
        let kept = Kept::new(key, next_key.clone(), &self.settings);
        let put = overlay.put(self.key(GroupRecord::Kept), &kept);
        put.map_err(|_| overlay.failure().take().unwrap_or(StoreError::Damaged))?;
        Ok(Some(Standing { identity, next_key }))
    }

    pub(super) fn stand(&mut self, standing: Option<Standing>) {
        let Some(Standing { identity, next_key }) = standing else {
            return;
        };
        if let Some(identity) = identity {
            self.identity = identity;
        }
        self.next_key = next_key;
    }
}

/// Whether the others can follow when we become another: the engine does not look.
pub(super) fn can_follow(engine: &MlsGroup, next: &Identity) -> Result<(), GroupError> {
    let (key, kind) = (next.signature_key(), next.credential().kind().into());
    for (index, leaf) in engine.treesync().full_leaves() {
        if index != engine.own_leaf_index() && leaf.signature_key().as_slice() == key {
            return Err(GroupError::DuplicateKey);
        }
        if !leaf.capabilities().credentials().contains(&kind) {
            return Err(GroupError::Unsupported);
        }
    }
    Ok(())
}

/// An identity with the credential of our leaf: its key may have another by now.
pub(super) fn in_leaf(identity: Identity, engine: &MlsGroup) -> Identity {
    match engine.credential() {
        Ok(credential) => identity.with_credential(Credential::from_engine(credential)),
        // We are no member any more.
        Err(_) => identity,
    }
}
