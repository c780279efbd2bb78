//! Who has a Welcome or a GroupInfo joins, once.

mod common;

use common::mls::{Client, SUITE, agree, group_of, rules, talk};
use necturus::mls::{
    Credential, ExternalJoin, Group, GroupError, GroupParameters, Identity, Invitation, JoinError,
    KeyPackage, KeyPackageOptions, Proposal, Received, Sender, Settings,
};

#[test]
fn somebody_joins_from_outside_and_comes_back_when_lost() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let mut carol = Client::new("carol", SUITE);
    Group::store_psk(&mut carol.keystore, b"code", b"secret").unwrap();
    for (client, _) in &mut members {
        Group::store_psk(&mut client.keystore, b"code", b"secret").unwrap();
    }
    let identity = carol.identity();
    identity.store(&mut carol.keystore).unwrap();
    let key = identity.signature_key();
    let info = members[0].1.group_info().unwrap();
    let join = ExternalJoin::default()
        .psk(b"code")
        .authenticated_data(b"knock");
    let (group, commit) =
        Group::join_external(&mut carol.keystore, identity, &info, None, &join, rules()).unwrap();
    for (client, group) in &mut members {
        let Received::Commit(commit) = group.receive(&mut client.keystore, &commit).unwrap() else {
            panic!("no commit")
        };
        assert_eq!(commit.sender(), Sender::NewMemberCommit);
        assert_eq!(commit.authenticated_data(), b"knock");
        assert_eq!(
            commit.effect().added[0].credential,
            Credential::basic(b"carol")
        );
        assert!(commit.effect().removed.is_empty());
        group.merge(&mut client.keystore, commit).unwrap();
    }
    members.push((carol, group));
    agree(&members);
    talk(&mut members);

    // She has lost her way, and joins again with the same key: her old leaf goes.
    let (mut carol, _) = members.pop().unwrap();
    let info = members[1].1.group_info().unwrap();
    let identity = Identity::load(&carol.keystore, &key).unwrap().unwrap();
    let join = ExternalJoin::default();
    let (group, commit) =
        Group::join_external(&mut carol.keystore, identity, &info, None, &join, rules()).unwrap();
    for (client, group) in &mut members {
        let Received::Commit(commit) = group.receive(&mut client.keystore, &commit).unwrap() else {
            panic!("no commit")
        };
        assert_eq!(commit.effect().removed[0].leaf, 2);
        assert_eq!(
            commit.effect().removed[0].signature_key,
            commit.effect().added[0].signature_key
        );
        group.merge(&mut client.keystore, commit).unwrap();
    }
    members.push((carol, group));
    assert_eq!(members[2].1.members().unwrap().len(), 3);
    agree(&members);
    talk(&mut members);
}

#[test]
fn a_key_package_is_used_once_unless_it_is_of_last_resort() {
    for last_resort in [false, true] {
        let mut bob = Client::new("bob", SUITE);
        let package = bob.key_package_with(&KeyPackageOptions::default().last_resort(last_resort));
        assert_eq!(package.is_last_resort(), last_resort);
        let stored =
            |bob: &Client| KeyPackage::is_stored(&bob.keystore, package.reference()).unwrap();
        assert!(stored(&bob));
        let mut joined = Vec::new();
        for id in [b"one", b"two"] {
            let mut alice = Client::new("alice", SUITE);
            let mut group = alice.create(&GroupParameters::default().id(id));
            let add = [Proposal::Add(package.clone())];
            let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
            let welcome = sent.welcome.unwrap();
            let opened =
                Invitation::open(&bob.keystore, &welcome, None, Settings::default(), rules());
            joined.push(opened.map(|invitation| invitation.accept(&mut bob.keystore).unwrap()));
            assert_eq!(stored(&bob), last_resort);
            // The same Welcome a second time.
            let again =
                Invitation::open(&bob.keystore, &welcome, None, Settings::default(), rules());
            assert!(matches!(
                again,
                Err(JoinError::NotForUs | JoinError::AlreadyExists)
            ));
        }
        assert!(joined[0].is_ok());
        assert_eq!(joined[1].is_ok(), last_resort);
        let groups = Group::ids(&bob.keystore).unwrap();
        assert_eq!(groups.len(), if last_resort { 2 } else { 1 });
        KeyPackage::delete(&mut bob.keystore, package.reference()).unwrap();
        assert!(!stored(&bob));
        for id in groups {
            Group::delete(&mut bob.keystore, &id).unwrap();
            assert!(Group::load(&bob.keystore, &id, rules()).unwrap().is_none());
        }
        assert!(Group::ids(&bob.keystore).unwrap().is_empty());
    }
}

#[test]
fn of_two_invitations_with_one_key_package_one_is_accepted() {
    for last_resort in [false, true] {
        let mut bob = Client::new("bob", SUITE);
        let package = bob.key_package_with(&KeyPackageOptions::default().last_resort(last_resort));
        let [first, second] = [b"one", b"two"].map(|id| {
            let mut alice = Client::new("alice", SUITE);
            let mut group = alice.create(&GroupParameters::default().id(id));
            let add = [Proposal::Add(package.clone())];
            let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
            let welcome = sent.welcome.unwrap();
            Invitation::open(&bob.keystore, &welcome, None, Settings::default(), rules()).unwrap()
        });
        first.accept(&mut bob.keystore).unwrap();
        match second.accept(&mut bob.keystore) {
            Ok(_) => assert!(last_resort),
            Err(error) => {
                assert!(!last_resort);
                assert!(matches!(error, GroupError::Superseded));
            }
        }
    }
}

#[test]
fn the_tree_may_come_beside_the_welcome() {
    let settings = Settings::default().tree_in_welcome(false);
    let mut alice = Client::new("alice", SUITE);
    let mut group = alice.create(&GroupParameters::default().settings(settings.clone()));
    let mut bob = Client::new("bob", SUITE);
    let add = [Proposal::Add(bob.key_package())];
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let (welcome, tree) = (sent.welcome.unwrap(), group.ratchet_tree().unwrap());
    let open = |tree: Option<&[u8]>| {
        Invitation::open(&bob.keystore, &welcome, tree, settings.clone(), rules())
    };
    assert!(matches!(open(None), Err(JoinError::MissingTree)));
    let mut wrong = tree.clone();
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    assert!(open(Some(&wrong)).is_err());
    assert!(matches!(open(Some(b"tree")), Err(JoinError::Malformed)));
    let joined = open(Some(&tree))
        .unwrap()
        .accept(&mut bob.keystore)
        .unwrap();
    assert_eq!(joined.ratchet_tree().unwrap(), tree);
    let identity = bob.identity();
    let info = group.group_info().unwrap();
    let outside = ExternalJoin::default();
    assert!(matches!(
        Group::join_external(&mut bob.keystore, identity, &info, None, &outside, rules()),
        Err(JoinError::MissingTree)
    ));
}

#[test]
fn a_large_group_is_joined_and_one_wrong_leaf_is_found() {
    let mut alice = Client::new("alice", SUITE);
    let settings = Settings::default().tree_in_welcome(false);
    let mut group = alice.create(&GroupParameters::default().settings(settings.clone()));
    let adds: Vec<_> = (0..150)
        .map(|number| Client::new(&format!("client {number}"), SUITE).key_package())
        .map(Proposal::Add)
        .collect();
    let mut bob = Client::new("bob", SUITE);
    let adds = [adds, vec![Proposal::Add(bob.key_package())]].concat();
    let sent = group.commit(&mut alice.keystore, &adds, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let welcome = sent.welcome.unwrap();
    let tree = group.ratchet_tree().unwrap();
    let info = group.group_info().unwrap();

    let open = |bob: &Client, tree: &[u8]| {
        Invitation::open(
            &bob.keystore,
            &welcome,
            Some(tree),
            settings.clone(),
            rules(),
        )
    };
    let from_outside = |tree: &[u8]| {
        let mut outsider = Client::new("outsider", SUITE);
        let (identity, join) = (outsider.identity(), ExternalJoin::default());
        let store = &mut outsider.keystore;
        Group::join_external(store, identity, &info, Some(tree), &join, rules()).map(drop)
    };
    // The name of a member in the middle, signed with its leaf; and what signs it.
    let name = b"client 75";
    let at = tree
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    for at in [at, at - 20] {
        let mut wrong = tree.clone();
        wrong[at] ^= 1;
        assert!(matches!(open(&bob, &wrong), Err(JoinError::InvalidTree)));
        assert!(matches!(from_outside(&wrong), Err(JoinError::InvalidTree)));
    }
    from_outside(&tree).unwrap();
    let mut bobs = open(&bob, &tree)
        .unwrap()
        .accept(&mut bob.keystore)
        .unwrap();
    let message = group.encrypt(&mut alice.keystore, b"hello", b"").unwrap();
    let received = bobs.receive(&mut bob.keystore, &message).unwrap();
    assert!(matches!(received, Received::Message(message) if message.plaintext == b"hello"));
}
