//! Groups do what a user of them expects.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use core::time::Duration;

use common::mls::{Client, follow, group_of, rules};
use necturus::mls::{
    Capabilities, Change, CipherSuite, Credential, Extension, ExternalJoin, ExternalProposal,
    ExternalSender, Framing, Group, GroupError, GroupParameters, Identity, Invitation, JoinError,
    KeyPackage, KeyPackageError, KeyPackageOptions, Proposal, ReceiveError, Received, Rules,
    Sender, Settings,
};
use necturus::store::Keystore;

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

/// Who commits, and merges at once; the others follow.
fn commit_and_follow(
    members: &mut [(Client, Group)],
    who: usize,
    proposals: &[Proposal],
) -> Option<Vec<u8>> {
    let (client, group) = &mut members[who];
    let sent = group.commit(&mut client.keystore, proposals, b"").unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != who {
            follow(&mut client.keystore, group, &sent.commit);
        }
    }
    agree(members);
    sent.welcome
}

fn agree(members: &[(Client, Group)]) {
    let [first, rest @ ..] = members else { return };
    for member in rest {
        assert_eq!(first.1.epoch(), member.1.epoch());
        assert_eq!(
            first.1.epoch_authenticator().unwrap(),
            member.1.epoch_authenticator().unwrap()
        );
        assert_eq!(first.1.members().unwrap(), member.1.members().unwrap());
        assert_eq!(
            first.1.extensions().unwrap(),
            member.1.extensions().unwrap()
        );
        let secrets =
            [first, member].map(|member| member.1.export_secret("label", b"context", 32).unwrap());
        assert_eq!(*secrets[0], *secrets[1]);
    }
}

/// Gives a proposal to the others, who accept it.
fn accept(members: &mut [(Client, Group)], from: usize, message: &[u8]) {
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != from {
            let Received::Proposal(proposal) =
                group.receive(&mut client.keystore, message).unwrap()
            else {
                panic!("no proposal")
            };
            group
                .accept_proposal(&mut client.keystore, proposal)
                .unwrap();
        }
    }
}

fn propose(members: &mut [(Client, Group)], who: usize, proposal: &Proposal) {
    let (client, group) = &mut members[who];
    let message = group.propose(&mut client.keystore, proposal, b"").unwrap();
    accept(members, who, &message);
}

fn talk(members: &mut [(Client, Group)]) {
    for from in 0..members.len() {
        let (client, group) = &mut members[from];
        let text = format!("from {from}");
        let message = group
            .encrypt(&mut client.keystore, text.as_bytes(), b"")
            .unwrap();
        for (number, (client, group)) in members.iter_mut().enumerate() {
            let received = group.receive(&mut client.keystore, &message).unwrap();
            match received {
                Received::OwnMessage => assert_eq!(number, from),
                Received::Message(message) => assert_eq!(message.plaintext, text.as_bytes()),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn three_members_talk_and_one_goes() {
    for suite in CipherSuite::ALL {
        let [mut alice, mut bob, mut carol] = group_of(*suite, &Settings::default());
        let message = alice
            .1
            .encrypt(&mut alice.0.keystore, b"hello", b"ad")
            .unwrap();
        for (client, group) in [&mut bob, &mut carol] {
            let Received::Message(received) =
                group.receive(&mut client.keystore, &message).unwrap()
            else {
                panic!("no message")
            };
            assert_eq!(received.plaintext, b"hello");
            assert_eq!(received.authenticated_data, b"ad");
            assert_eq!(received.sender, 0);
        }
        let numbers = [&alice, &bob, &carol].map(|member| member.1.safety_number().unwrap());
        assert_eq!(numbers[0], numbers[1]);
        assert_eq!(numbers[0], numbers[2]);
        assert_eq!(numbers[0].len(), 71);

        let leaf = carol.1.own_leaf();
        let sent = alice
            .1
            .commit(&mut alice.0.keystore, &[Proposal::Remove(leaf)], b"bye")
            .unwrap();
        assert!(sent.welcome.is_none());
        for (client, group) in [&mut bob, &mut carol] {
            let Received::Commit(commit) =
                group.receive(&mut client.keystore, &sent.commit).unwrap()
            else {
                panic!("no commit")
            };
            assert_eq!(commit.sender(), Sender::Member(0));
            assert_eq!(commit.authenticated_data(), b"bye");
            assert_eq!(commit.effect().removed.len(), 1);
            assert_eq!(commit.effect().removed[0].leaf, leaf);
            assert_eq!(commit.effect().updated.len(), 1);
            group.merge(&mut client.keystore, commit).unwrap();
        }
        alice.1.merge_pending(&mut alice.0.keystore).unwrap();
        assert!(!carol.1.is_active().unwrap());
        assert_eq!(
            alice.1.epoch_authenticator().unwrap(),
            bob.1.epoch_authenticator().unwrap()
        );
        let message = bob.1.encrypt(&mut bob.0.keystore, b"alone", b"").unwrap();
        assert!(carol.1.receive(&mut carol.0.keystore, &message).is_err());
        assert!(matches!(
            alice.1.receive(&mut alice.0.keystore, &message).unwrap(),
            Received::Message(message) if message.plaintext == b"alone"
        ));
        // What is written is what is in memory.
        let loaded = Group::load(&alice.0.keystore, alice.1.id(), rules())
            .unwrap()
            .unwrap();
        assert_eq!(loaded.members().unwrap(), alice.1.members().unwrap());
        assert_eq!(
            loaded.safety_number().unwrap(),
            alice.1.safety_number().unwrap()
        );
    }
}

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

/// The first commits what waits, which removes this member.
fn commit_and_follow_without(members: &mut Vec<(Client, Group)>, who: usize, gone: usize) {
    let (client, group) = &mut members[who];
    let sent = group.commit(&mut client.keystore, &[], b"").unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != who {
            follow(&mut client.keystore, group, &sent.commit);
        }
    }
    let (mut client, mut group) = members.remove(gone);
    assert!(!group.is_active().unwrap());
    assert!(matches!(
        group.encrypt(&mut client.keystore, b"", b""),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(
        group.export_secret("", b"", 32),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(
        group.epoch_authenticator(),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(group.group_info(), Err(GroupError::Evicted)));
    agree(members);
    talk(members);
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
fn a_pre_shared_key_is_mixed_in() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let psk = Proposal::Psk(b"code".to_vec());
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, core::slice::from_ref(&psk), b""),
        Err(GroupError::UnknownPsk)
    ));
    Group::store_psk(&mut client.keystore, b"code", b"secret").unwrap();
    let sent = group
        .commit(&mut client.keystore, core::slice::from_ref(&psk), b"")
        .unwrap();
    let (client, group) = &mut members[1];
    assert!(matches!(
        group.receive(&mut client.keystore, &sent.commit),
        Err(ReceiveError::UnknownPsk)
    ));
    Group::store_psk(&mut client.keystore, b"code", b"another").unwrap();
    assert!(matches!(
        group.receive(&mut client.keystore, &sent.commit),
        Err(ReceiveError::Inauthentic)
    ));
    Group::store_psk(&mut client.keystore, b"code", b"secret").unwrap();
    follow(&mut client.keystore, group, &sent.commit);
    let (client, group) = &mut members[0];
    group.merge_pending(&mut client.keystore).unwrap();
    agree(&members);
    propose(&mut members, 1, &psk);
    commit_and_follow(&mut members, 0, &[]);
}

#[test]
fn the_group_has_extensions_of_the_applications() {
    let name = |text: &[u8]| Extension::new(0xF6D0, text);
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().extension(name(b"old")));
    let mut members = vec![(alice, group)];
    let mut bob = Client::new("bob", SUITE);
    // Who does not understand it cannot be added.
    let lacking = bob.key_package();
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[Proposal::Add(lacking)], b""),
        Err(GroupError::Unsupported)
    ));
    let options =
        KeyPackageOptions::default().capabilities(Capabilities::default().extension(0xF6D0));
    let package = bob.key_package_with(&options);
    let welcome = commit_and_follow(&mut members, 0, &[Proposal::Add(package)]).unwrap();
    let invitation =
        Invitation::open(&bob.keystore, &welcome, None, Settings::default(), rules()).unwrap();
    assert_eq!(invitation.extensions(), [name(b"old")]);
    assert_eq!(invitation.sender().unwrap().leaf, 0);
    let group = invitation.accept(&mut bob.keystore).unwrap();
    members.push((bob, group));
    agree(&members);

    let renamed = |text: &[u8]| Proposal::Extensions {
        extensions: vec![name(text)],
        external_senders: vec![],
    };
    commit_and_follow(&mut members, 1, &[renamed(b"new")]);
    assert_eq!(members[0].1.extensions().unwrap(), [name(b"new")]);
    propose(&mut members, 0, &renamed(b"newer"));
    commit_and_follow(&mut members, 1, &[]);
    assert_eq!(members[0].1.extensions().unwrap(), [name(b"newer")]);
    talk(&mut members);

    let (client, group) = &mut members[0];
    for kinds in [vec![0xF6D0, 0xF6D0], vec![2], vec![3]] {
        let extensions = kinds
            .iter()
            .map(|kind| Extension::new(*kind, b""))
            .collect();
        let change = Proposal::Extensions {
            extensions,
            external_senders: vec![],
        };
        assert!(matches!(
            group.commit(&mut client.keystore, &[change], b""),
            Err(GroupError::ExtensionKind)
        ));
    }
    let unknown = Proposal::Extensions {
        extensions: vec![Extension::new(0xF7AA, b"")],
        external_senders: vec![],
    };
    assert!(matches!(
        group.commit(&mut client.keystore, &[unknown], b""),
        Err(GroupError::Unsupported)
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
fn a_commit_that_lost_the_race_is_discarded_or_rolled_back() {
    let settings = Settings::default().keep_previous_epoch(true);
    let mut members = Vec::from(group_of::<3>(SUITE, &settings));
    let commits: Vec<Vec<u8>> = members
        .iter_mut()
        .take(2)
        .map(|(client, group)| group.commit(&mut client.keystore, &[], b"").unwrap().commit)
        .collect();
    // Both are sent; Bob's is accepted. Carol, and Alice who waited, follow.
    let (client, group) = &mut members[0];
    assert!(matches!(
        group.commit(&mut client.keystore, &[], b""),
        Err(GroupError::PendingCommit)
    ));
    assert!(group.pending_commit().unwrap().is_some());
    follow(&mut client.keystore, group, &commits[1]);
    assert!(group.pending_commit().unwrap().is_none());
    let (client, group) = &mut members[1];
    group.merge_pending(&mut client.keystore).unwrap();
    let (client, group) = &mut members[2];
    follow(&mut client.keystore, group, &commits[1]);
    agree(&members);

    // This time Alice does not wait: the group forks.
    let (client, group) = &mut members[1];
    let right = group.commit(&mut client.keystore, &[], b"").unwrap().commit;
    group.merge_pending(&mut client.keystore).unwrap();
    let (client, group) = &mut members[0];
    group.commit(&mut client.keystore, &[], b"").unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    let lost = group
        .encrypt(&mut client.keystore, b"to nobody", b"")
        .unwrap();
    let (client, group) = &mut members[2];
    follow(&mut client.keystore, group, &right);
    assert!(group.receive(&mut client.keystore, &lost).is_err());
    assert_eq!(members[0].1.epoch(), members[1].1.epoch());
    assert_ne!(
        members[0].1.epoch_authenticator().unwrap(),
        members[1].1.epoch_authenticator().unwrap()
    );
    let (client, group) = &mut members[0];
    group.roll_back(&mut client.keystore).unwrap();
    assert!(matches!(
        group.roll_back(&mut client.keystore),
        Err(GroupError::NoPreviousEpoch)
    ));
    follow(&mut client.keystore, group, &right);
    agree(&members);
    talk(&mut members);
}

#[test]
fn what_was_received_is_dropped_or_superseded() {
    let mut members = Vec::from(group_of::<2>(SUITE, &Settings::default()));
    let (client, group) = &mut members[0];
    let sent = group.commit(&mut client.keystore, &[], b"").unwrap().commit;
    let (client, group) = &mut members[1];
    let receive = |client: &mut Client, group: &mut Group| match group
        .receive(&mut client.keystore, &sent)
        .unwrap()
    {
        Received::Commit(commit) => commit,
        other => panic!("{other:?}"),
    };
    // Twice received, and only the last counts.
    let first = receive(client, group);
    let second = receive(client, group);
    assert!(matches!(
        group.merge(&mut client.keystore, first),
        Err(GroupError::Superseded)
    ));
    drop(second);
    let third = receive(client, group);
    group
        .encrypt(&mut client.keystore, b"meanwhile", b"")
        .unwrap();
    assert!(matches!(
        group.merge(&mut client.keystore, third),
        Err(GroupError::Superseded)
    ));
    // A restart forgets what was not merged, and it can be received again.
    drop(receive(client, group));
    let mut group = Group::load(&client.keystore, group.id(), rules())
        .unwrap()
        .unwrap();
    let commit = receive(client, &mut group);
    group.merge(&mut client.keystore, commit).unwrap();
    members[1].1 = group;
    let (client, group) = &mut members[0];
    group.merge_pending(&mut client.keystore).unwrap();
    agree(&members);
    talk(&mut members);
}

#[test]
fn late_messages_are_read_as_the_settings_say() {
    let settings = Settings::default()
        .out_of_order(3)
        .max_skipped(10)
        .past_epochs(1);
    let mut members = Vec::from(group_of::<2>(SUITE, &settings));
    let (client, group) = &mut members[0];
    let mut send = |count: usize| -> Vec<Vec<u8>> {
        (0..count)
            .map(|_| group.encrypt(&mut client.keystore, b"text", b"").unwrap())
            .collect()
    };
    let sent = send(20);
    let (client, group) = &mut members[1];
    let mut receive = |message: &[u8]| group.receive(&mut client.keystore, message);
    receive(&sent[5]).unwrap();
    receive(&sent[4]).unwrap();
    receive(&sent[3]).unwrap();
    assert!(matches!(receive(&sent[3]), Err(ReceiveError::KeyGone)));
    assert!(matches!(receive(&sent[1]), Err(ReceiveError::KeyGone)));
    assert!(matches!(receive(&sent[17]), Err(ReceiveError::TooFarAhead)));
    receive(&sent[14]).unwrap();
    receive(&sent[17]).unwrap();

    commit_and_follow(&mut members, 1, &[]);
    let (client, group) = &mut members[1];
    let Received::Message(late) = group.receive(&mut client.keystore, &sent[18]).unwrap() else {
        panic!("no message")
    };
    assert_eq!(late.epoch, 1);
    commit_and_follow(&mut members, 1, &[]);
    let (client, group) = &mut members[1];
    assert!(matches!(
        group.receive(&mut client.keystore, &sent[19]),
        Err(ReceiveError::PastEpoch { epoch: 1 })
    ));
}

#[test]
fn padding_hides_lengths() {
    let settings = Settings::default().padding(256);
    let mut members = group_of::<2>(SUITE, &settings);
    let (client, group) = &mut members[0];
    let lengths: Vec<usize> = [0, 1, 50, 100]
        .map(|length| {
            group
                .encrypt(&mut client.keystore, &vec![7; length], b"")
                .unwrap()
                .len()
        })
        .to_vec();
    assert!(
        lengths.windows(2).all(|pair| pair[0] == pair[1]),
        "{lengths:?}"
    );
}

#[test]
fn padding_has_a_bound() {
    let settings = Settings::default().padding(usize::MAX);
    let [mut alice, _] = group_of::<2>(SUITE, &settings);
    let message = alice.1.encrypt(&mut alice.0.keystore, b"", b"").unwrap();
    assert!(message.len() < 70_000, "{}", message.len());
}

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
fn chains_of_certificates_are_carried() {
    let chain = Credential::X509(vec![vec![1; 900], vec![2; 300]]);
    let mut alice = Client::new("alice", CipherSuite::P256Aes128Gcm);
    let identity = Identity::new(CipherSuite::P256Aes128Gcm, chain.clone()).unwrap();
    let rules = Rules::new(|credential, key| {
        matches!(credential, Credential::X509(chain) if !chain.is_empty()) && key.len() == 65
    });
    let group = Group::create(
        &mut alice.keystore,
        identity,
        &GroupParameters::default(),
        rules.clone(),
    )
    .unwrap();
    let loaded = Group::load(&alice.keystore, group.id(), rules)
        .unwrap()
        .unwrap();
    assert_eq!(loaded.members().unwrap()[0].credential, chain);
    assert_eq!(*loaded.identity().credential(), chain);
}

#[test]
fn secrets_are_as_long_as_asked() {
    let [alice, bob] = group_of::<2>(SUITE, &Settings::default());
    for length in [0, 1, 32, 8160] {
        let secrets =
            [&alice, &bob].map(|member| member.1.export_secret("label", b"", length).unwrap());
        assert_eq!(secrets[0].len(), length);
        assert_eq!(*secrets[0], *secrets[1]);
    }
    for length in [8161, 65535, 65536, usize::MAX] {
        assert!(matches!(
            alice.1.export_secret("label", b"", length),
            Err(GroupError::TooLong)
        ));
    }
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
    assert!(matches!(
        group.commit(&mut alice.keystore, &[], b""),
        Err(GroupError::CredentialRejected)
    ));

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

#[test]
fn rolling_back_uses_no_key_twice() {
    let settings = Settings::default().keep_previous_epoch(true);
    let [mut alice, mut bob] = group_of::<2>(SUITE, &settings);
    alice.1.commit(&mut alice.0.keystore, &[], b"").unwrap();
    alice.1.merge_pending(&mut alice.0.keystore).unwrap();
    alice.1.encrypt(&mut alice.0.keystore, b"a", b"").unwrap();
    alice.1.roll_back(&mut alice.0.keystore).unwrap();
    // The same commit would lead to the same keys.
    assert!(alice.1.pending_commit().unwrap().is_none());
    assert!(matches!(
        alice.1.merge_pending(&mut alice.0.keystore),
        Err(GroupError::NoPendingCommit)
    ));
    // One that waited, while another's was merged, still waits.
    let bobs = bob.1.commit(&mut bob.0.keystore, &[], b"").unwrap();
    let ours = alice.1.commit(&mut alice.0.keystore, &[], b"").unwrap();
    follow(&mut alice.0.keystore, &mut alice.1, &bobs.commit);
    alice.1.roll_back(&mut alice.0.keystore).unwrap();
    alice.1.merge_pending(&mut alice.0.keystore).unwrap();
    follow(&mut bob.0.keystore, &mut bob.1, &ours.commit);
    let mut members = vec![alice, bob];
    agree(&members);
    talk(&mut members);
}

#[test]
fn settings_outlive_rolling_back() {
    let settings = Settings::default().keep_previous_epoch(true);
    for (before, after) in [(0, 1), (1, 0)] {
        let [mut alice, mut bob] = group_of::<2>(SUITE, &settings.clone().past_epochs(before));
        let earlier = bob.1.encrypt(&mut bob.0.keystore, b"1", b"").unwrap();
        let first = bob.1.commit(&mut bob.0.keystore, &[], b"").unwrap();
        bob.1.merge_pending(&mut bob.0.keystore).unwrap();
        follow(&mut alice.0.keystore, &mut alice.1, &first.commit);
        alice.1.commit(&mut alice.0.keystore, &[], b"").unwrap();
        alice.1.merge_pending(&mut alice.0.keystore).unwrap();
        let changed = settings.clone().past_epochs(after);
        alice
            .1
            .set_settings(&mut alice.0.keystore, changed)
            .unwrap();
        alice.1.roll_back(&mut alice.0.keystore).unwrap();
        // What was kept under the old settings is gone, also when they come back.
        let lax = settings.clone().past_epochs(1);
        alice.1.set_settings(&mut alice.0.keystore, lax).unwrap();
        assert!(alice.1.receive(&mut alice.0.keystore, &earlier).is_err());
        // And from now on the new ones hold.
        let late = bob.1.encrypt(&mut bob.0.keystore, b"2", b"").unwrap();
        let second = bob.1.commit(&mut bob.0.keystore, &[], b"").unwrap();
        bob.1.merge_pending(&mut bob.0.keystore).unwrap();
        follow(&mut alice.0.keystore, &mut alice.1, &second.commit);
        alice.1.receive(&mut alice.0.keystore, &late).unwrap();
        // Who wants no way back has none.
        alice
            .1
            .set_settings(&mut alice.0.keystore, Settings::default())
            .unwrap();
        assert!(matches!(
            alice.1.roll_back(&mut alice.0.keystore),
            Err(GroupError::NoPreviousEpoch)
        ));
    }
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

#[test]
fn a_late_message_is_of_who_sent_it() {
    let settings = Settings::default().past_epochs(2);
    let mut members = Vec::from(group_of::<3>(SUITE, &settings));
    let (mut carol, mut hers) = members.pop().unwrap();
    let late = hers.encrypt(&mut carol.keystore, b"late", b"").unwrap();
    commit_and_follow(&mut members, 0, &[Proposal::Remove(2)]);
    let dave = Client::new("dave", SUITE).key_package();
    commit_and_follow(&mut members, 0, &[Proposal::Add(dave)]);
    let (client, group) = &mut members[1];
    let Received::Message(message) = group.receive(&mut client.keystore, &late).unwrap() else {
        panic!("no message")
    };
    assert_eq!(message.sender, 2);
    assert_eq!(message.credential, Credential::basic(b"client 2"));
    let now = group.member(2).unwrap().unwrap();
    assert_eq!(now.credential, Credential::basic(b"dave"));
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
