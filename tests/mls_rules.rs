//! Nobody comes into a group whom the rules reject.

mod common;

use core::time::Duration;

use common::mls::{Client, SUITE, rules};
use necturus::{
    mls::{
        Credential, ExternalJoin, ExternalSender, Group, GroupError, GroupParameters, Invitation,
        JoinError, KeyPackage, KeyPackageError, KeyPackageOptions, Proposal, ReceiveError, Rules,
        Settings,
    },
    store::Keystore,
};

#[test]
fn rules_decide_who_comes_in() {
    let no_mallory = || Rules::new(|credential, _| *credential != Credential::basic(b"mallory"));
    let mut mallory = Client::new("mallory", SUITE);
    let package = mallory.key_package();
    assert!(matches!(
        KeyPackage::from_bytes(&package.to_bytes(), &no_mallory()),
        Err(KeyPackageError::CredentialRejected)
    ));
    let mut alice = Client::new("alice", SUITE);
    let mut group = alice.create(&GroupParameters::default());
    let sent = group
        .commit(&mut alice.keystore, &[Proposal::Add(package)], b"")
        .unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    mallory.join(&sent.welcome.unwrap(), &Settings::default());

    // A group that she is in is not joined.
    let mut bob = Client::new("bob", SUITE);
    let add = [Proposal::Add(bob.key_package())];
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let welcome = sent.welcome.unwrap();
    let join =
        |rules: Rules| Invitation::open(&bob.keystore, &welcome, None, Settings::default(), rules);
    assert!(matches!(
        join(no_mallory()),
        Err(JoinError::CredentialRejected { leaf: 1 })
    ));
    join(rules()).unwrap();
    let info = group.group_info().unwrap();
    let identity = bob.identity();
    let outside = ExternalJoin::default();
    assert!(matches!(
        Group::join_external(
            &mut bob.keystore,
            identity,
            &info,
            None,
            &outside,
            no_mallory()
        ),
        Err(JoinError::CredentialRejected { leaf: 1 })
    ));
    assert!(Group::ids(&bob.keystore).unwrap().is_empty());

    // Nor is a commit that brings her merged.
    let carol = Client::new("carol", SUITE);
    let mut strict = carol;
    let mut group = strict.create(&GroupParameters::default());
    let mut dave = Client::new("dave", SUITE);
    let add = [Proposal::Add(dave.key_package())];
    let sent = group.commit(&mut strict.keystore, &add, b"").unwrap();
    group.merge_pending(&mut strict.keystore).unwrap();
    let mut his = Invitation::open(
        &dave.keystore,
        &sent.welcome.unwrap(),
        None,
        Settings::default(),
        no_mallory(),
    )
    .unwrap()
    .accept(&mut dave.keystore)
    .unwrap();
    let mut again = Client::new("mallory", SUITE);
    let add = Proposal::Add(again.key_package());
    let proposal = group.propose(&mut strict.keystore, &add, b"").unwrap();
    let sent = group.commit(&mut strict.keystore, &[], b"").unwrap();
    for message in [proposal, sent.commit] {
        assert!(matches!(
            his.receive(&mut dave.keystore, &message),
            Err(ReceiveError::CredentialRejected | ReceiveError::MissingProposal)
        ));
    }
    assert_eq!(his.epoch(), 1);
}

#[test]
fn lifetimes_count_unless_the_rules_say_otherwise() {
    let mut bob = Client::new("bob", SUITE);
    let identity = bob.identity();
    let day = Duration::from_secs(24 * 3600);
    let mut made = |lifetime| {
        let options = KeyPackageOptions::default().lifetime(lifetime);
        KeyPackage::generate(&mut bob.keystore, &identity, &options)
            .unwrap()
            .to_bytes()
    };
    let (expired, short, long) = (made(Duration::ZERO), made(day), made(day * 365));
    assert!(matches!(
        KeyPackage::from_bytes(&expired, &rules()),
        Err(KeyPackageError::Expired)
    ));
    assert!(matches!(
        KeyPackage::from_bytes(&long, &rules()),
        Err(KeyPackageError::LifetimeTooLong)
    ));
    KeyPackage::from_bytes(&short, &rules()).unwrap();
    KeyPackage::from_bytes(&long, &rules().max_lifetime(day * 400)).unwrap();
    assert!(matches!(
        KeyPackage::from_bytes(&short, &rules().max_lifetime(Duration::from_secs(60))),
        Err(KeyPackageError::LifetimeTooLong)
    ));
    for bytes in [&expired, &short, &long] {
        KeyPackage::from_bytes(bytes, &rules().check_lifetimes(false)).unwrap();
    }
}

#[test]
fn rules_are_asked_on_every_road_into_a_group() {
    let no_mallory = || Rules::new(|credential, _| *credential != Credential::basic(b"mallory"));
    let mut mallory = Client::new("mallory", SUITE);
    let identity = mallory.identity();
    let outsider = ExternalSender::new(&identity.signature_key(), identity.credential().clone());
    let invite = |outsider: &ExternalSender| Proposal::Extensions {
        extensions: vec![],
        external_senders: vec![outsider.clone()],
    };
    let mut alice = Client::new("alice", SUITE);
    let create = |alice: &mut Client, parameters: &GroupParameters, rules: Rules| {
        let identity = alice.identity();
        Group::create(&mut alice.keystore, identity, parameters, rules)
    };
    let with_outsider = GroupParameters::default().external_sender(outsider.clone());
    assert!(matches!(
        create(&mut alice, &with_outsider, no_mallory()),
        Err(GroupError::CredentialRejected)
    ));

    // A group that is strict: what we commit and propose ourselves.
    let mut group = create(&mut alice, &GroupParameters::default(), no_mallory()).unwrap();
    for change in [Proposal::Add(mallory.key_package()), invite(&outsider)] {
        let proposals = core::slice::from_ref(&change);
        assert!(matches!(
            group.commit(&mut alice.keystore, proposals, b""),
            Err(GroupError::CredentialRejected)
        ));
        assert!(matches!(
            group.propose(&mut alice.keystore, &change, b""),
            Err(GroupError::CredentialRejected)
        ));
    }
    assert!(group.pending_commit().unwrap().is_none());
    assert!(group.pending_proposals().unwrap().is_empty());

    // What waits since the rules were others.
    let mut lax = Group::load(&alice.keystore, group.id(), rules())
        .unwrap()
        .unwrap();
    let change = Proposal::Add(mallory.key_package());
    lax.propose(&mut alice.keystore, &change, b"").unwrap();
    let mut group = Group::load(&alice.keystore, lax.id(), no_mallory())
        .unwrap()
        .unwrap();
    group.commit(&mut alice.keystore, &[], b"").unwrap();
    let effect = group.pending_commit().unwrap().unwrap();
    assert!(effect.proposals.is_empty() && effect.added.is_empty());

    // What others commit by value, and who joins from outside.
    let mut group = create(&mut alice, &GroupParameters::default(), rules()).unwrap();
    let mut bob = Client::new("bob", SUITE);
    let add = [Proposal::Add(bob.key_package())];
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let open = |welcome: &[u8], keystore: &Keystore| {
        Invitation::open(keystore, welcome, None, Settings::default(), no_mallory())
    };
    let mut his = open(&sent.welcome.unwrap(), &bob.keystore)
        .unwrap()
        .accept(&mut bob.keystore)
        .unwrap();
    for change in [Proposal::Add(mallory.key_package()), invite(&outsider)] {
        let sent = group.commit(&mut alice.keystore, &[change], b"").unwrap();
        group.discard_pending(&mut alice.keystore).unwrap();
        assert!(matches!(
            his.receive(&mut bob.keystore, &sent.commit),
            Err(ReceiveError::CredentialRejected)
        ));
    }
    let join = ExternalJoin::default();
    let info = group.group_info().unwrap();
    let identity = mallory.identity();
    let (_, commit) =
        Group::join_external(&mut mallory.keystore, identity, &info, None, &join, rules()).unwrap();
    assert!(matches!(
        his.receive(&mut bob.keystore, &commit),
        Err(ReceiveError::CredentialRejected)
    ));

    // A group whose state names her.
    let mut carol = Client::new("carol", SUITE);
    let mut group = create(&mut alice, &with_outsider, rules()).unwrap();
    let add = [Proposal::Add(carol.key_package())];
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    assert!(matches!(
        open(&sent.welcome.unwrap(), &carol.keystore),
        Err(JoinError::ExternalSenderRejected { index: 0 })
    ));
    let info = group.group_info().unwrap();
    let identity = carol.identity();
    assert!(matches!(
        Group::join_external(
            &mut carol.keystore,
            identity,
            &info,
            None,
            &join,
            no_mallory()
        ),
        Err(JoinError::ExternalSenderRejected { index: 0 })
    ));
}
