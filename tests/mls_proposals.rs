//! Proposals wait, and one of those that exclude each other is committed.

mod common;

use common::mls::{
    Client, SUITE, accept, agree, commit_and_follow, commit_and_follow_without, follow, group_of,
    propose, talk,
};
use necturus::mls::{
    Capabilities, Change, CipherSuite, Credential, ExternalProposal, ExternalSender, Framing,
    GroupError, GroupParameters, KeyPackage, KeyPackageOptions, Proposal, ReceiveError, Received,
    Sender, Settings,
};

#[test]
fn proposals_are_committed_by_whoever_comes() {
    for framing in [Framing::Private, Framing::Public] {
        let settings = Settings::default().framing(framing);
        let mut members = Vec::from(group_of::<3>(SUITE, &settings));
        let before = members[1].1.member(1).unwrap().unwrap();
        let mut dave = Client::new("dave", SUITE);
        let package = dave.key_package();
        propose(&mut members, 0, &Proposal::Add(package));
        propose(&mut members, 1, &Proposal::Update);
        assert_eq!(members[2].1.pending_proposals().unwrap().len(), 2);
        let (client, group) = &mut members[0];
        assert!(matches!(
            group.encrypt(&mut client.keystore, b"", b""),
            Err(GroupError::PendingProposals)
        ));
        let welcome = commit_and_follow(&mut members, 2, &[]).unwrap();
        let group = dave.join(&welcome, &settings);
        members.push((dave, group));
        agree(&members);
        let after = members[0].1.member(1).unwrap().unwrap();
        assert_eq!(before.signature_key, after.signature_key);
        assert_ne!(before.encryption_key, after.encryption_key);
        talk(&mut members);

        propose(&mut members, 3, &Proposal::Remove(1));
        commit_and_follow_without(&mut members, 0, 1);
    }
}

#[test]
fn a_member_leaves_by_itself() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    propose(&mut members, 1, &Proposal::SelfRemove);
    let pending = members[0].1.pending_proposals().unwrap();
    assert_eq!(pending[0].change, Change::SelfRemove);
    assert_eq!(pending[0].sender, Sender::Member(1));
    commit_and_follow_without(&mut members, 0, 1);
    // Framing is as private as before.
    assert_eq!(members[0].1.settings().clone(), Settings::default());
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::SelfRemove], b""),
        Err(GroupError::OwnRemoval)
    ));
    let own = group.own_leaf();
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Remove(own)], b""),
        Err(GroupError::OwnRemoval)
    ));
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Remove(77)], b""),
        Err(GroupError::UnknownMember)
    ));
    talk(&mut members);
}

#[test]
fn a_proposal_of_the_applications_goes_through() {
    let understood = || Capabilities::default().proposal(0xF123);
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().capabilities(understood()));
    let mut members = vec![(alice, group)];
    let mut bob = Client::new("bob", SUITE);
    let package = bob.key_package_with(&KeyPackageOptions::default().capabilities(understood()));
    let welcome = commit_and_follow(&mut members, 0, &[Proposal::Add(package)]).unwrap();
    let group = bob.join(&welcome, &Settings::default());
    members.push((bob, group));
    let custom = Proposal::Custom {
        kind: 0xF123,
        payload: b"payload".to_vec(),
    };
    let (client, group) = &mut members[0];
    let other = Client::new("dave", CipherSuite::X25519ChaCha20Poly1305).key_package();
    assert!(matches!(
        group.propose(&mut client.keystore, &Proposal::Add(other), b""),
        Err(GroupError::WrongSuite)
    ));
    // Those of MLS itself are none.
    for kind in [0, 1, 3, 8, 10, 0xEFFF] {
        let payload = b"payload".to_vec();
        let custom = Proposal::Custom { kind, payload };
        assert!(matches!(
            group.propose(&mut client.keystore, &custom, b""),
            Err(GroupError::Unsupported)
        ));
        assert!(matches!(
            group.commit(&mut client.keystore, &[custom], b""),
            Err(GroupError::Unsupported)
        ));
    }
    let sent = group.commit(&mut client.keystore, &[custom], b"").unwrap();
    let (client, group) = &mut members[1];
    let Received::Commit(commit) = group.receive(&mut client.keystore, &sent.commit).unwrap()
    else {
        panic!("no commit")
    };
    assert_eq!(
        commit.effect().proposals[0].change,
        Change::Custom {
            kind: 0xF123,
            payload: b"payload".to_vec()
        }
    );
}

#[test]
fn outsiders_propose_if_they_may() {
    let server = Client::new("server", SUITE);
    let identity = server.identity();
    let known = ExternalSender::new(&identity.signature_key(), identity.credential().clone());
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().external_sender(known.clone()));
    assert_eq!(group.external_senders().unwrap(), [known]);
    let mut members = vec![(alice, group)];
    let mut bob = Client::new("bob", SUITE);
    let bobs = bob.identity();
    let package =
        KeyPackage::generate(&mut bob.keystore, &bobs, &KeyPackageOptions::default()).unwrap();
    let (id, epoch) = (members[0].1.id().to_vec(), members[0].1.epoch());

    let add = ExternalProposal::Add(package.clone());
    let stranger = server.identity();
    let forged = add.to_message(&stranger, 0, &id, epoch).unwrap();
    let absent = add.to_message(&identity, 1, &id, epoch).unwrap();
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.receive(&mut client.keystore, &forged),
        Err(ReceiveError::Inauthentic)
    ));
    assert!(matches!(
        group.receive(&mut client.keystore, &absent),
        Err(ReceiveError::UnknownSender)
    ));

    // He asks himself.
    let message = package.propose_to(&bobs, &id, epoch).unwrap();
    let Received::Proposal(proposal) = group.receive(&mut client.keystore, &message).unwrap()
    else {
        panic!("no proposal")
    };
    assert_eq!(proposal.sender(), Sender::NewMemberProposal);
    drop(proposal);
    assert!(group.pending_proposals().unwrap().is_empty());

    // The server adds him, and removes him.
    let message = add.to_message(&identity, 0, &id, epoch).unwrap();
    accept(&mut members, 9, &message);
    assert_eq!(
        members[0].1.pending_proposals().unwrap()[0].sender,
        Sender::External(0)
    );
    let welcome = commit_and_follow(&mut members, 0, &[]).unwrap();
    let group = bob.join(&welcome, &Settings::default());
    members.push((bob, group));
    agree(&members);
    let remove = ExternalProposal::Remove(1);
    let message = remove
        .to_message(&identity, 0, &id, members[0].1.epoch())
        .unwrap();
    accept(&mut members, 9, &message);
    // Whoever is no member cannot be removed.
    for leaf in [2, 1 << 31, u32::MAX] {
        let remove = ExternalProposal::Remove(leaf);
        let epoch = members[0].1.epoch();
        let message = remove.to_message(&identity, 0, &id, epoch).unwrap();
        let (client, group) = &mut members[0];
        assert!(matches!(
            group.receive(&mut client.keystore, &message),
            Err(ReceiveError::InvalidProposal)
        ));
    }
    commit_and_follow_without(&mut members, 0, 1);
}

#[test]
fn of_proposals_that_exclude_each_other_one_is_committed() {
    let package = Client::new("dave", SUITE).key_package();
    let add = Proposal::Add(package);
    let remove = Proposal::Remove(2);
    for (first, second, left) in [
        ((2, Proposal::SelfRemove), (1, remove.clone()), 2),
        ((1, remove.clone()), (2, Proposal::SelfRemove), 2),
        ((2, Proposal::SelfRemove), (2, Proposal::Update), 2),
        ((2, Proposal::Update), (2, Proposal::SelfRemove), 2),
        ((2, Proposal::SelfRemove), (2, Proposal::SelfRemove), 2),
        ((2, Proposal::Update), (1, remove.clone()), 2),
        ((1, remove.clone()), (0, remove.clone()), 2),
        ((1, add.clone()), (2, add), 4),
    ] {
        let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
        propose(&mut members, first.0, &first.1);
        propose(&mut members, second.0, &second.1);
        if left == 2 {
            commit_and_follow_without(&mut members, 0, 2);
        } else {
            commit_and_follow(&mut members, 0, &[]);
        }
        assert_eq!(members[0].1.members().unwrap().len(), left);
    }
    // The last change of the extensions, ours if we commit one.
    let send = |outsider: &[u8]| Proposal::Extensions {
        extensions: vec![],
        external_senders: vec![ExternalSender::new(&[7; 32], Credential::basic(outsider))],
    };
    for (ours, last) in [(vec![], b"two"), (vec![send(b"our")], b"our")] {
        let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
        propose(&mut members, 1, &send(b"one"));
        propose(&mut members, 2, &send(b"two"));
        commit_and_follow(&mut members, 0, &ours);
        let senders = members[1].1.external_senders().unwrap();
        assert_eq!(senders[0].credential, Credential::basic(last));
    }
    // One by value, of a member who wants to go.
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    propose(&mut members, 2, &Proposal::SelfRemove);
    let (client, group) = &mut members[0];
    let sent = group.commit(&mut client.keystore, &[remove], b"").unwrap();
    let (client, group) = &mut members[1];
    follow(&mut client.keystore, group, &sent.commit);
    assert_eq!(group.members().unwrap().len(), 2);
}

#[test]
fn a_proposal_waits_once() {
    let settings = Settings::default().framing(Framing::Public);
    let mut members = Vec::from(group_of::<2>(SUITE, &settings));
    let (client, group) = &mut members[0];
    let message = group
        .propose(&mut client.keystore, &Proposal::Update, b"")
        .unwrap();
    // The server gives it to all, and a second time.
    accept(&mut members, 9, &message);
    accept(&mut members, 9, &message);
    for (client, group) in &mut members {
        let waiting = group.pending_proposals().unwrap();
        assert_eq!(waiting.len(), 1);
        group
            .drop_proposal(&mut client.keystore, &waiting[0].reference)
            .unwrap();
        assert!(group.pending_proposals().unwrap().is_empty());
    }
    talk(&mut members);
}
