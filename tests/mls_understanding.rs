//! Whoever comes into a group understands what it has, and who is in it; and whatever a
//! group gets, all understand.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod common;

use common::mls::{Client, SUITE, accept, agree, commit_and_follow, follow, group_of, rules, talk};
use necturus::mls::{
    Capabilities, Credential, Extension, ExternalJoin, Group, GroupError, GroupParameters,
    Identity, JoinError, KeyPackage, KeyPackageOptions, Proposal, Settings,
};

const KIND: u16 = 0xF0EE;

/// Alice and Bob, who understand an extension and a type of credentials that their group
/// does not have yet.
fn members() -> Vec<(Client, Group)> {
    let able = || Capabilities::default().extension(KIND).credential(KIND);
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().capabilities(able()));
    let mut bob = Client::new("bob", SUITE);
    let package = bob.key_package_with(&KeyPackageOptions::default().capabilities(able()));
    let mut members = vec![(alice, group)];
    let welcome = commit_and_follow(&mut members, 0, &[Proposal::Add(package)]).unwrap();
    let group = bob.join(&welcome, &Settings::default());
    members.push((bob, group));
    members
}

fn extension() -> Proposal {
    Proposal::Extensions {
        extensions: vec![Extension::new(KIND, b"new")],
        external_senders: vec![],
    }
}

/// A client that understands neither asks to be added.
fn ask(members: &mut [(Client, Group)]) -> Proposal {
    let mut carol = Client::new("carol", SUITE);
    let identity = carol.identity();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut carol.keystore, &identity, &options).unwrap();
    let group = &members[0].1;
    let message = package.propose_to(&identity, group.id(), group.epoch());
    accept(members, usize::MAX, &message.unwrap());
    Proposal::Add(package)
}

#[test]
fn nobody_comes_who_does_not_understand_what_comes_with_it() {
    let mut members = members();
    let add = ask(&mut members);
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[add, extension()], b""),
        Err(GroupError::Unsupported)
    ));
    commit_and_follow(&mut members, 0, &[extension()]);
    assert_eq!(members[0].1.members().unwrap().len(), 2);
    talk(&mut members);
}

#[test]
fn a_change_that_waits_is_left_out_for_whom_we_add() {
    let mut members = members();
    let (client, group) = &mut members[1];
    let change = group
        .propose(&mut client.keystore, &extension(), b"")
        .unwrap();
    accept(&mut members, 1, &change);
    let carol = Client::new("carol", SUITE).key_package();
    commit_and_follow(&mut members, 0, &[Proposal::Add(carol)]);
    assert_eq!(members[0].1.members().unwrap().len(), 3);
    assert!(members[0].1.extensions().unwrap().is_empty());
}

#[test]
fn nobody_comes_who_does_not_understand_our_new_credential() {
    let mut members = members();
    ask(&mut members);
    let credential = Credential::other(KIND, b"alice").unwrap();
    let next = Identity::new(SUITE, credential).unwrap();
    let (client, group) = &mut members[0];
    let sent = group
        .change_identity(&mut client.keystore, &next, b"")
        .unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    let (client, group) = &mut members[1];
    follow(&mut client.keystore, group, &sent.commit);
    agree(&members);
    assert_eq!(members[0].1.members().unwrap().len(), 2);
}

#[test]
fn nobody_joins_from_outside_whom_the_members_do_not_understand() {
    let [(_, group), _] = group_of(SUITE, &Settings::default());
    let credential = Credential::other(KIND, b"carol").unwrap();
    let identity = Identity::new(SUITE, credential).unwrap();
    let mut carol = Client::new("carol", SUITE);
    let info = group.group_info().unwrap();
    let join = ExternalJoin::default();
    let joined = Group::join_external(&mut carol.keystore, identity, &info, None, &join, rules());
    assert!(matches!(joined, Err(JoinError::Unsupported)));
    assert!(Group::ids(&carol.keystore).unwrap().is_empty());
}

#[test]
fn a_client_understands_its_own_credential() {
    let credential = |name| Credential::other(KIND, name).unwrap();
    let identity = Identity::new(SUITE, credential(b"alice")).unwrap();
    let (mut alice, mut bob) = (Client::new("alice", SUITE), Client::new("bob", SUITE));
    let parameters = GroupParameters::default();
    let group = Group::create(&mut alice.keystore, identity, &parameters, rules()).unwrap();
    let identity = Identity::new(SUITE, credential(b"bob")).unwrap();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut bob.keystore, &identity, &options).unwrap();
    let mut members = vec![(alice, group)];
    let welcome = commit_and_follow(&mut members, 0, &[Proposal::Add(package)]).unwrap();
    let group = bob.join(&welcome, &Settings::default());
    members.push((bob, group));
    talk(&mut members);
}
