//! Groups do what a user of them expects.

mod common;

use common::mls::{
    Client, SUITE, agree, commit_and_follow, follow, group_of, propose, rules, talk,
};
use necturus::mls::{
    Capabilities, CipherSuite, Credential, Extension, Group, GroupError, GroupParameters, Identity,
    Invitation, KeyPackageOptions, Proposal, ReceiveError, Received, Rules, Sender, Settings,
};

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
        Err(error @ ReceiveError::WrongConfirmation) if !error.is_final()
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
