//! Whether the members understand each other after a commit: its extensions (RFC 9420
//! §12.1.7), and the credentials (§7.3). openmls looks at each proposal beside the group as
//! it is, and at extensions alone of what is required: somebody could be added who cannot
//! follow, and behind whom nobody could join, or a type be required that others lack, who
//! could commit nothing any more.

use alloc::vec::Vec;
use core::hash::Hash;
use std::collections::HashSet;

use openmls::{
    extensions::{Extension, ExtensionType, Extensions},
    group::{GroupContext, MlsGroup, StagedCommit},
    messages::proposals::{Proposal as EngineProposal, ProposalType},
    prelude::{Capabilities, CredentialType, LeafNode, LeafNodeIndex},
};

use super::super::member::Sender;

/// What a commit changes of whom has to understand what.
pub(super) struct MemberChanges<'c> {
    engine: &'c MlsGroup,
    /// The leaves that are removed or replaced.
    gone: HashSet<u32>,
    /// Those who come, and those who understand or are something else than before.
    new: Vec<Leaf<'c>>,
    extensions: Option<&'c Extensions<GroupContext>>,
}

type Leaf<'c> = (&'c Capabilities, CredentialType);

fn of_leaf(leaf: &LeafNode) -> Leaf<'_> {
    (leaf.capabilities(), leaf.credential().credential_type())
}

impl<'c> MemberChanges<'c> {
    pub(super) fn new(engine: &'c MlsGroup) -> Self {
        Self {
            engine,
            gone: HashSet::new(),
            new: Vec::new(),
            extensions: None,
        }
    }

    pub(super) fn of_commit(
        engine: &'c MlsGroup,
        commit: &'c StagedCommit,
        sender: Sender,
    ) -> Self {
        let mut this = Self::new(engine);
        for proposal in commit.queued_proposals() {
            let sender = Sender::from_engine(proposal.sender());
            this.propose(proposal.proposal(), sender);
        }
        match (commit.update_path_leaf_node(), sender) {
            (Some(leaf), Sender::Member(index)) => this.replace(index, of_leaf(leaf)),
            (Some(leaf), _) => this.add(leaf),
            (None, _) => {}
        }
        this
    }

    pub(super) fn propose(&mut self, proposal: &'c EngineProposal, sender: Sender) {
        match (proposal, sender) {
            (EngineProposal::Add(add), _) => self.add(add.key_package().leaf_node()),
            (EngineProposal::Update(update), Sender::Member(leaf)) => {
                self.replace(leaf, of_leaf(update.leaf_node()));
            }
            (EngineProposal::Remove(remove), _) => self.remove(remove.removed().u32()),
            (EngineProposal::SelfRemove, Sender::Member(leaf)) => self.remove(leaf),
            (EngineProposal::GroupContextExtensions(change), _) => {
                self.extend(change.extensions());
            }
            _ => {}
        }
    }

    pub(super) fn add(&mut self, leaf: &'c LeafNode) {
        self.new.push(of_leaf(leaf));
    }

    pub(super) fn remove(&mut self, leaf: u32) {
        self.gone.insert(leaf);
    }

    /// Our own leaf gets a credential of this type.
    pub(super) fn become_one_of(&mut self, credential: CredentialType) {
        if let Some(leaf) = self.engine.own_leaf_node() {
            let us = self.engine.own_leaf_index().u32();
            self.replace(us, (leaf.capabilities(), credential));
        }
    }

    /// Mostly keys alone change.
    fn replace(&mut self, index: u32, new: Leaf<'c>) {
        let old = self.engine.public_group().leaf(LeafNodeIndex::new(index));
        if old.map(of_leaf) != Some(new) {
            self.gone.insert(index);
            self.new.push(new);
        }
    }

    pub(super) const fn extend(&mut self, extensions: &'c Extensions<GroupContext>) {
        self.extensions = Some(extensions);
    }

    /// Whether all are understood by all, as far as they are new. What is there already
    /// is not looked at: nothing could be committed in a group in which it is not so.
    pub(super) fn are_understood(&self) -> bool {
        if self.new.is_empty() && self.extensions.is_none() {
            return true;
        }
        let stays: Vec<Leaf<'_>> = self
            .engine
            .treesync()
            .full_leaves()
            .filter(|(index, _)| !self.gone.contains(&index.u32()))
            .map(|(_, leaf)| of_leaf(leaf))
            .collect();
        let credentials = |leaves: &[Leaf<'_>]| -> HashSet<_> {
            leaves.iter().map(|(_, credential)| *credential).collect()
        };
        let new = credentials(&self.new);
        let all = &new | &credentials(&stays);
        let required = self.extensions.map(Required::by);
        let fits = |(capabilities, _): &Leaf<'_>, credentials| {
            knows(capabilities.credentials(), credentials)
                && required
                    .as_ref()
                    .is_none_or(|required| required.is_in(capabilities))
        };
        self.new.iter().all(|leaf| fits(leaf, &all)) && stays.iter().all(|leaf| fits(leaf, &new))
    }
}

/// What a group's extensions ask of every member.
struct Required {
    extensions: HashSet<ExtensionType>,
    proposals: HashSet<ProposalType>,
    credentials: HashSet<CredentialType>,
}

impl Required {
    fn by(extensions: &Extensions<GroupContext>) -> Self {
        let required = extensions.required_capabilities();
        let types = required.map(|required| required.extension_types().iter().copied());
        let proposals = required.map(|required| required.proposal_types().iter().copied());
        let credentials = required.map(|required| required.credential_types().iter().copied());
        Self {
            extensions: extensions
                .iter()
                .map(Extension::extension_type)
                .chain(types.into_iter().flatten())
                .filter(|kind| !(1..=5).contains(&u16::from(*kind)) && !kind.is_grease())
                .collect(),
            proposals: proposals
                .into_iter()
                .flatten()
                .filter(|kind| !(1..=7).contains(&u16::from(*kind)) && !kind.is_grease())
                .collect(),
            credentials: credentials.into_iter().flatten().collect(),
        }
    }

    fn is_in(&self, capabilities: &Capabilities) -> bool {
        knows(capabilities.extensions(), &self.extensions)
            && knows(capabilities.proposals(), &self.proposals)
            && knows(capabilities.credentials(), &self.credentials)
    }
}

/// Whether all of these are in a list. Both are as long as somebody makes them.
fn knows<T: Copy + Eq + Hash>(known: &[T], wanted: &HashSet<T>) -> bool {
    if wanted.len() <= FEW {
        return wanted.iter().all(|one| known.contains(one));
    }
    let known: HashSet<T> = known.iter().copied().collect();
    wanted.is_subset(&known)
}

/// How many are looked for one by one: mostly there is one type of credentials.
const FEW: usize = 4;

#[cfg(feature = "os-rng")]
#[cfg(test)]
mod tests {
    use alloc::vec;

    use openmls::{
        extensions::{RequiredCapabilitiesExtension, UnknownExtension},
        group::Propose,
        messages::proposals::ProposalOrRefType,
    };
    use openmls_traits::OpenMlsProvider;

    use super::{
        super::{
            Group,
            members::{group_of, identity, keystore, package},
            message_bytes,
        },
        *,
    };
    use crate::{
        mls::{Capabilities, KeyPackage, Proposal, ReceiveError, Received, Settings},
        primitives::random::OsRng,
        store::Keystore,
    };

    const KIND: u16 = 0xF0EE;

    fn extensions(proposals: &[ProposalType], own: &[u16]) -> Extensions<GroupContext> {
        let kinds: Vec<ExtensionType> = own.iter().map(|kind| (*kind).into()).collect();
        let required = RequiredCapabilitiesExtension::new(&kinds, proposals, &[]);
        let mut all = vec![Extension::RequiredCapabilities(required)];
        for kind in own {
            all.push(Extension::Unknown(*kind, UnknownExtension(vec![])));
        }
        Extensions::from_vec(all).unwrap()
    }

    /// What the engine commits, where we would not.
    fn commit(
        (store, group): &mut (Keystore, Group),
        added: Option<&KeyPackage>,
        extensions: Extensions<GroupContext>,
    ) -> Vec<u8> {
        let adds = added.map(|package| package.engine().clone());
        let commit = group.run(&mut OsRng, store, |engine, provider, identity| {
            let messages = engine
                .commit_builder()
                .propose_adds(adds)
                .propose_group_context_extensions(extensions)?
                .load_psks(provider.storage())?
                .build(
                    provider.rand(),
                    provider.crypto(),
                    identity.signer(),
                    |_| true,
                )?
                .stage_commit(provider)?;
            message_bytes(&messages.into_messages().0)
        });
        commit.unwrap()
    }

    #[test]
    fn a_commit_that_not_all_would_understand_is_refused() {
        let able = || Capabilities::default().proposal(KIND).extension(KIND);
        let able_or_not = [Capabilities::default(), able()];
        let [mut alice, mut bob] = group_of(&Settings::default(), able_or_not);
        let refused = |alice: &mut (Keystore, Group), commit: &[u8]| {
            let received = alice.1.receive(&mut alice.0, commit);
            assert!(
                matches!(received, Err(ReceiveError::InvalidCommit)),
                "{received:?}"
            );
        };
        // She would have to understand a proposal.
        let required = extensions(&[KIND.into()], &[]);
        refused(&mut alice, &commit(&mut bob, None, required));

        // Of both, the one that is added would not understand an extension.
        let [mut alice, mut bob] = group_of(&Settings::default(), [able(), able()]);
        let change = extensions(&[], &[KIND]);
        let unable = package(&mut keystore(), &identity(), Capabilities::default());
        refused(&mut alice, &commit(&mut bob, Some(&unable), change.clone()));
        bob.1.discard_pending(&mut bob.0).unwrap();
        let able = package(&mut keystore(), &identity(), able());
        let sent = commit(&mut bob, Some(&able), change);
        let received = alice.1.receive(&mut alice.0, &sent).unwrap();
        assert!(matches!(received, Received::Commit(_)));
    }

    #[test]
    fn what_not_all_would_understand_is_left_out_of_a_commit() {
        let able = Capabilities::default().proposal(KIND);
        let able_or_not = [Capabilities::default(), able];
        let [mut alice, mut bob] = group_of(&Settings::default(), able_or_not);
        let required = extensions(&[KIND.into()], &[]);
        let message = bob
            .1
            .run(&mut OsRng, &mut bob.0, |engine, provider, identity| {
                let change = Propose::GroupContextExtensions(required);
                let by = ProposalOrRefType::Reference;
                let (message, _) = engine.propose(provider, identity.signer(), change, by)?;
                message_bytes(&message)
            });
        let received = alice.1.receive(&mut alice.0, &message.unwrap()).unwrap();
        let Received::Proposal(proposal) = received else {
            panic!("no proposal")
        };
        alice.1.accept_proposal(&mut alice.0, proposal).unwrap();
        for proposals in [&[][..], &[Proposal::Update], &[Proposal::Remove(1)]] {
            alice.1.commit(&mut alice.0, proposals, b"").unwrap();
            let effect = alice.1.pending_commit().unwrap();
            // Without Bob she is alone in it, and still does not understand.
            assert!(effect.unwrap().extensions.is_none());
            alice.1.discard_pending(&mut alice.0).unwrap();
        }
        bob.1.commit(&mut bob.0, &[], b"").unwrap();
        let effect = bob.1.pending_commit().unwrap();
        assert!(effect.unwrap().extensions.is_none());
    }
}
