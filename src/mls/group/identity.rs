//! Who we are in a group, and how that changes.

use alloc::vec::Vec;
use std::collections::HashSet;

use openmls::group::MlsGroup;
use rand_core::TryCryptoRng;

use super::{
    super::{
        credential::Credential, error::GroupError, identity::Identity, overlay::Overlay,
        record::GroupRecord, staged::Effect,
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
    /// The keystore keeps the new identity from now on, or from the merge on if its key
    /// is the old one, and the old one until it is deleted. Key packages of the old one that were published have to be replaced.
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
                let identity = in_leaf(stored.ok_or(StoreError::Damaged)?, engine);
                identity.put(overlay)?;
                Some(identity)
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
        overlay.told(overlay.put(self.key(GroupRecord::Kept), &kept))?;
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

/// Whether a commit gives one signature key to two members (RFC 9420 §7.3): the engine
/// looks at the keys of Adds alone.
pub(super) fn doubles_a_key(engine: &MlsGroup, effect: &Effect) -> bool {
    let changed = effect.updated.iter();
    let changed = changed.filter(|(old, new)| old.signature_key != new.signature_key);
    let leaving = effect
        .removed
        .iter()
        .chain(changed.clone().map(|(old, _)| old));
    let leaving: HashSet<u32> = leaving.map(|member| member.leaf).collect();
    let mut keys = HashSet::new();
    let coming = effect.added.iter().chain(changed.map(|(_, new)| new));
    for member in coming {
        if !keys.insert(member.signature_key.as_slice()) {
            return true;
        }
    }
    !keys.is_empty()
        && engine.treesync().full_leaves().any(|(index, leaf)| {
            !leaving.contains(&index.u32()) && keys.contains(leaf.signature_key().as_slice())
        })
}

/// An identity with the credential of our leaf: its key may have another by now.
pub(super) fn in_leaf(identity: Identity, engine: &MlsGroup) -> Identity {
    match engine.credential() {
        Ok(credential) => identity.with_credential(Credential::from_engine(credential)),
        // We are no member any more.
        Err(_) => identity,
    }
}

#[cfg(feature = "os-rng")]
#[cfg(test)]
mod tests {
    use openmls::prelude::LeafNodeParameters;
    use openmls_traits::OpenMlsProvider;

    use super::{
        super::{
            members::{group_of, identity, package},
            message_bytes,
        },
        *,
    };
    use crate::{
        mls::{Capabilities, Proposal, ReceiveError, Received, Settings},
        primitives::random::OsRng,
    };

    fn members<const N: usize>() -> [(Keystore, Group); N] {
        group_of(
            &Settings::default(),
            [(); N].map(|()| Capabilities::default()),
        )
    }

    /// What [`Group::change_identity`] refuses to make.
    #[test]
    fn nobody_takes_the_key_of_another_member() {
        let [(mut alice, mut hers), (mut bob, mut his)] = members();
        let key = hers.identity().signature_key();
        let stolen = Identity::load(&alice, &key).unwrap().unwrap();
        stolen.store(&mut bob).unwrap();
        let commit = his.run(&mut OsRng, &mut bob, |engine, provider, identity| {
            let next = stolen.new_signer();
            let (rand, crypto) = (provider.rand(), provider.crypto());
            let messages = engine
                .commit_builder()
                .load_psks(provider.storage())?
                .build_with_new_signer(rand, crypto, identity.signer(), next, |_| true)?
                .stage_commit(provider)?;
            message_bytes(&messages.into_messages().0)
        });
        let received = hers.receive(&mut alice, &commit.unwrap());
        assert!(matches!(received, Err(ReceiveError::InvalidCommit)));
        hers.encrypt(&mut alice, b"on", b"").unwrap();
    }

    /// Proposals that are valid alone, and give two members one key together.
    #[test]
    fn of_an_update_and_an_add_to_one_key_one_is_committed() {
        let [
            (mut alice, mut hers),
            (mut bob, mut his),
            (mut carol, mut carols),
        ] = members();
        let new = identity();
        let add = Proposal::Add(package(&mut bob, &new, Capabilities::default()));
        let update = his.run(&mut OsRng, &mut bob, |engine, provider, identity| {
            let (next, leaf) = (new.new_signer(), LeafNodeParameters::default());
            let (update, _) = engine
                .propose_self_update_with_new_signer(provider, identity.signer(), next, leaf)
                .map_err(|_| GroupError::Internal)?;
            message_bytes(&update)
        });
        let add = his.propose(&mut bob, &add, b"").unwrap();
        for message in [&update.unwrap(), &add] {
            for (group, store) in [(&mut hers, &mut alice), (&mut carols, &mut carol)] {
                let Received::Proposal(proposal) = group.receive(store, message).unwrap() else {
                    panic!("no proposal")
                };
                group.accept_proposal(store, proposal).unwrap();
            }
        }
        let sent = hers.commit(&mut alice, &[], b"").unwrap();
        let Received::Commit(commit) = carols.receive(&mut carol, &sent.commit).unwrap() else {
            panic!("no commit")
        };
        assert_eq!(commit.effect().proposals.len(), 1);
        carols.merge(&mut carol, commit).unwrap();
        hers.merge_pending(&mut alice).unwrap();
        assert_eq!(
            hers.epoch_authenticator().unwrap(),
            carols.epoch_authenticator().unwrap()
        );
    }
}
