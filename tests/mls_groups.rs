//! Groups do what a user of them expects.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use common::mls::{Client, rules};
use necturus::mls::{
    Capabilities, CipherSuite, Extension, ExternalJoin, Framing, Group, GroupParameters,
    Invitation, Proposal, Received, Sender, Settings,
};

/// A group of these members, the first of whom made it.
fn group_of<const N: usize>(suite: CipherSuite, settings: &Settings) -> [(Client, Group); N] {
    common::mls::group_of(suite, settings)
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
