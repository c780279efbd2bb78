//! A proposal that cannot be committed keeps nobody from committing the rest.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod common;

use core::time::Duration;
use std::thread::sleep;

use common::mls::{
    Client, SUITE, accept, agree, commit_and_follow, group_of, propose, rules, talk,
};
use necturus::mls::{
    Capabilities, Change, Credential, Group, GroupError, Identity, KeyPackage, KeyPackageError,
    KeyPackageOptions, Proposal, Rules, Settings,
};

/// Asks the members to add the client of a key package, and they accept the proposal.
fn ask(members: &mut [(Client, Group)], identity: &Identity, package: &KeyPackage) {
    let group = &members[0].1;
    let message = package.propose_to(identity, group.id(), group.epoch());
    accept(members, usize::MAX, &message.unwrap());
}

/// What a commit of this member would cover.
fn covered(members: &mut [(Client, Group)], who: usize, proposals: &[Proposal]) -> Vec<Change> {
    let (client, group) = &mut members[who];
    group.commit(&mut client.keystore, proposals, b"").unwrap();
    let effect = group.pending_commit().unwrap().unwrap();
    group.discard_pending(&mut client.keystore).unwrap();
    effect
        .proposals
        .into_iter()
        .map(|info| info.change)
        .collect()
}

/// With what waits and is unfit, what is fit is committed, and the others follow.
fn goes_on(members: &mut Vec<(Client, Group)>) {
    let before = members[0].1.members().unwrap();
    let mut fit = Client::new("fit", SUITE);
    let identity = fit.identity();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut fit.keystore, &identity, &options).unwrap();
    assert!(covered(members, 0, &[]).is_empty());
    assert_eq!(
        covered(members, 0, &[Proposal::Remove(1)]),
        [Change::Remove(1)]
    );

    ask(members, &identity, &package);
    assert!(matches!(covered(members, 0, &[])[..], [Change::Add(_)]));
    let welcome = commit_and_follow(members, 0, &[]).unwrap();
    assert!(members[0].1.pending_proposals().unwrap().is_empty());
    let group = fit.join(&welcome, &Settings::default());
    members.push((fit, group));
    agree(members);
    talk(members);
    let after = members[0].1.members().unwrap();
    assert_eq!(&after[..before.len()], before);
    assert_eq!(after[before.len()..].len(), 1);
}

#[test]
fn a_client_that_understands_less_than_the_group_has() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut mallory = Client::new("mallory", SUITE);
    let kind = 0xF0AA;
    let credential = Credential::other(kind, b"mallory").unwrap();
    let identity = Identity::new(SUITE, credential).unwrap();
    let capabilities = Capabilities::default().credential(kind);
    let options = KeyPackageOptions::default().capabilities(capabilities);
    let package = KeyPackage::generate(&mut mallory.keystore, &identity, &options).unwrap();
    ask(&mut members, &identity, &package);
    // Who wants it is told why it cannot be.
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Add(package)], b""),
        Err(GroupError::Unsupported)
    ));
    goes_on(&mut members);
}

#[test]
fn a_key_package_that_expired_while_it_waited() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut late = Client::new("late", SUITE);
    let identity = late.identity();
    let options = KeyPackageOptions::default().lifetime(Duration::from_secs(3));
    let package = KeyPackage::generate(&mut late.keystore, &identity, &options).unwrap();
    ask(&mut members, &identity, &package);
    while !matches!(
        KeyPackage::from_bytes(&package.to_bytes(), &rules()),
        Err(KeyPackageError::Expired)
    ) {
        sleep(Duration::from_millis(100));
    }
    goes_on(&mut members);
}

#[test]
fn a_client_that_is_a_member_already() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut again = Client::new("again", SUITE);
    let identity = again.identity();
    let mut package = || {
        let options = KeyPackageOptions::default();
        KeyPackage::generate(&mut again.keystore, &identity, &options).unwrap()
    };
    let (first, second) = (package(), package());
    commit_and_follow(&mut members, 0, &[Proposal::Add(first)]);
    ask(&mut members, &identity, &second);
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Add(second)], b""),
        Err(GroupError::DuplicateKey)
    ));
    goes_on(&mut members);
}

#[test]
fn several_among_others() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    propose(&mut members, 1, &Proposal::Remove(0));
    propose(&mut members, 1, &Proposal::Update);
    propose(&mut members, 2, &Proposal::Remove(0));
    propose(&mut members, 2, &Proposal::Update);
    let updates = covered(&mut members, 0, &[]);
    assert!(matches!(
        updates[..],
        [Change::Update(_), Change::Update(_)]
    ));
    assert_eq!(members[0].1.pending_proposals().unwrap().len(), 4);
    commit_and_follow(&mut members, 0, &[]);
    talk(&mut members);
}

#[test]
fn a_pre_shared_key_that_we_do_not_have() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    let psk = |id: &[u8]| Proposal::Psk(id.to_vec());
    let known = |(client, _): &mut (Client, Group), id: &[u8]| {
        Group::store_psk(&mut client.keystore, id, b"secret").unwrap();
    };
    for member in &mut members {
        known(member, b"one");
        known(member, b"two");
    }
    known(&mut members[1], b"three");
    known(&mut members[2], b"three");
    for id in [b"one".as_slice(), b"three", b"two"] {
        propose(&mut members, 1, &psk(id));
    }
    assert_eq!(
        covered(&mut members, 0, &[]),
        [b"one", b"two"].map(|id| Change::Psk(id.to_vec()))
    );
    // What waits is as it was, for whoever has the key.
    for who in [0, 2] {
        assert_eq!(members[who].1.pending_proposals().unwrap().len(), 3);
    }
    assert_eq!(covered(&mut members, 2, &[]).len(), 3);
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[psk(b"three")], b""),
        Err(GroupError::UnknownPsk)
    ));
    // In whatever order they stand, of whomever they are.
    commit_and_follow(&mut members, 0, &[psk(b"two"), psk(b"one")]);
    propose(&mut members, 2, &psk(b"two"));
    propose(&mut members, 0, &psk(b"one"));
    propose(&mut members, 1, &psk(b"two"));
    commit_and_follow(&mut members, 0, &[psk(b"one")]);
    goes_on(&mut members);
}

#[test]
fn what_waits_for_a_removal() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    let (client, group) = &mut members[2];
    let identity = Identity::load(&client.keystore, &group.identity().signature_key());
    let identity = identity.unwrap().unwrap();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut client.keystore, &identity, &options).unwrap();
    ask(&mut members, &identity, &package);
    propose(&mut members, 1, &Proposal::Remove(2));
    propose(&mut members, 1, &Proposal::Remove(0));
    let both = covered(&mut members, 0, &[]);
    assert!(
        matches!(both[..], [Change::Add(_), Change::Remove(2)]),
        "{both:?}"
    );
}

#[test]
fn what_a_caller_commits_goes_first() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut carol = Client::new("carol", SUITE);
    let identity = carol.identity();
    let mut package = || {
        let options = KeyPackageOptions::default();
        KeyPackage::generate(&mut carol.keystore, &identity, &options).unwrap()
    };
    let (waits, ours) = (package(), package());
    ask(&mut members, &identity, &waits);
    propose(&mut members, 0, &Proposal::Add(waits.clone()));
    let (client, group) = &mut members[0];
    let both = [Proposal::Add(waits.clone()), Proposal::Add(ours.clone())];
    assert!(matches!(
        group.commit(&mut client.keystore, &both, b""),
        Err(GroupError::DuplicateKey)
    ));
    let welcome = commit_and_follow(&mut members, 0, &[Proposal::Add(ours.clone())]).unwrap();
    let group = carol.join(&welcome, &Settings::default());
    let is_stored =
        |package: &KeyPackage| KeyPackage::is_stored(&carol.keystore, package.reference()).unwrap();
    assert!(is_stored(&waits) && !is_stored(&ours));
    members.push((carol, group));
    agree(&members);
}

#[test]
fn our_own_removal() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    propose(&mut members, 1, &Proposal::Remove(0));
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Remove(0)], b""),
        Err(GroupError::OwnRemoval)
    ));
    // Another can commit it.
    assert_eq!(covered(&mut members, 2, &[]), [Change::Remove(0)]);
    goes_on(&mut members);
}

#[test]
fn whom_the_rules_reject_by_now() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut mallory = Client::new("mallory", SUITE);
    let identity = mallory.identity();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut mallory.keystore, &identity, &options).unwrap();
    ask(&mut members, &identity, &package);
    assert!(matches!(
        covered(&mut members, 0, &[])[..],
        [Change::Add(_)]
    ));
    let no_mallory = Rules::new(|credential, _| *credential != Credential::basic(b"mallory"));
    let (client, group) = &mut members[0];
    *group = Group::load(&client.keystore, group.id(), no_mallory)
        .unwrap()
        .unwrap();
    goes_on(&mut members);
}
