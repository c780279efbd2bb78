//! Members of a group, for tests of its insides.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use alloc::{vec, vec::Vec};

use super::Group;
use crate::{
    mls::{
        Capabilities, CipherSuite, Credential, GroupParameters, Identity, Invitation, KeyPackage,
        KeyPackageOptions, Proposal, Rules, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

pub(super) fn keystore() -> Keystore {
    Keystore::open(MemoryBackend::new(), &PickleKey::from_bytes(&[7; 32])).unwrap()
}

pub(super) fn identity() -> Identity {
    Identity::new(SUITE, Credential::basic(b"somebody")).unwrap()
}

pub(super) fn package(
    keystore: &mut Keystore,
    identity: &Identity,
    capabilities: Capabilities,
) -> KeyPackage {
    let options = KeyPackageOptions::default().capabilities(capabilities);
    KeyPackage::generate(keystore, identity, &options).unwrap()
}

/// A group of clients that are able to this much. The first of them made it.
pub(super) fn group_of<const N: usize>(
    settings: &Settings,
    able: [Capabilities; N],
) -> [(Keystore, Group); N] {
    let rules = Rules::accept_any_credential();
    let mut able = able.into_iter();
    let mut first = keystore();
    let parameters = GroupParameters::default()
        .settings(settings.clone())
        .capabilities(able.next().unwrap());
    let mut group = Group::create(&mut first, identity(), &parameters, rules.clone()).unwrap();
    let mut stores = Vec::new();
    let mut adds = Vec::new();
    for able in able {
        let mut store = keystore();
        adds.push(Proposal::Add(package(&mut store, &identity(), able)));
        stores.push(store);
    }
    let welcome = group.commit(&mut first, &adds, b"").unwrap().welcome;
    group.merge_pending(&mut first).unwrap();
    let mut members = vec![(first, group)];
    for mut store in stores {
        let (welcome, settings) = (welcome.as_ref().unwrap(), settings.clone());
        let invitation = Invitation::open(&store, welcome, None, settings, rules.clone());
        let group = invitation.unwrap().accept(&mut store).unwrap();
        members.push((store, group));
    }
    members.try_into().ok().unwrap()
}
