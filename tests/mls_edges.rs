//! What is odd is kept as it is, or refused for what it is.

mod common;

use common::mls::{Client, SUITE, commit_and_follow, follow, group_of, propose, talk};
use necturus::mls::{
    Capabilities, Credential, Group, GroupError, GroupParameters, Identity, KeyPackageOptions,
    Proposal, ReceiveError, Received, Settings,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_credential_has_one_form(
        kind in prop_oneof![1u16..=3, any::<u16>()],
        content in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let Some(credential) = Credential::other(kind, &content) else {
            prop_assert_eq!(kind, 2);
            return Ok(());
        };
        prop_assert_eq!(credential.kind(), kind);
        let mut client = Client::new("client", SUITE);
        let identity = Identity::new(SUITE, credential.clone()).unwrap();
        identity.store(&mut client.keystore).unwrap();
        let key = identity.signature_key();
        let loaded = Identity::load(&client.keystore, &key).unwrap().unwrap();
        prop_assert_eq!(loaded.credential(), &credential);
    }
}

#[test]
fn the_types_that_have_a_name_have_it() {
    assert_eq!(
        Credential::other(1, b"alice"),
        Some(Credential::basic(b"alice"))
    );
    let chain = Credential::X509(vec![b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(Credential::other(2, b"\x03one\x03two"), Some(chain));
    assert_eq!(Credential::other(2, b"\x03one\x04two"), None);
}

#[test]
fn a_pre_shared_key_is_not_empty() {
    let mut client = Client::new("client", SUITE);
    for (id, psk) in [(&b""[..], &b"secret"[..]), (b"code", b""), (b"", b"")] {
        assert!(matches!(
            Group::store_psk(&mut client.keystore, id, psk),
            Err(GroupError::EmptyPsk)
        ));
    }
    Group::store_psk(&mut client.keystore, b"c", b"s").unwrap();
}

#[test]
fn messages_of_epochs_without_keys_are_of_a_past_epoch() {
    let settings = Settings::default().past_epochs(3);
    let mut members = Vec::from(group_of::<2>(SUITE, &settings));
    let (client, group) = &mut members[0];
    let epoch = group.epoch();
    let early = group.encrypt(&mut client.keystore, b"early", b"").unwrap();
    let mut carol = Client::new("carol", SUITE);
    let add = [Proposal::Add(carol.key_package())];
    let welcome = commit_and_follow(&mut members, 0, &add).unwrap();
    let mut hers = carol.join(&welcome, &settings);

    // Who had the keys of that epoch reads it, and once.
    let (client, group) = &mut members[1];
    assert!(matches!(
        group.receive(&mut client.keystore, &early).unwrap(),
        Received::Message(message) if message.plaintext == b"early"
    ));
    assert!(matches!(
        group.receive(&mut client.keystore, &early),
        Err(ReceiveError::KeyGone)
    ));
    // Who joined later does not; nor does who has dropped them.
    let is_past =
        |result| matches!(result, Err(ReceiveError::PastEpoch { epoch: of }) if of == epoch);
    assert!(is_past(hers.receive(&mut carol.keystore, &early)));
    for past_epochs in [0, 3] {
        let settings = settings.clone().past_epochs(past_epochs);
        group.set_settings(&mut client.keystore, settings).unwrap();
        assert!(is_past(group.receive(&mut client.keystore, &early)));
    }
}

#[test]
fn a_proposal_that_a_member_does_not_understand_is_refused() {
    let understood = || Capabilities::default().proposal(0xF123);
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().capabilities(understood()));
    let mut members = vec![(alice, group)];
    let custom = Proposal::Custom {
        kind: 0xF123,
        payload: vec![],
    };
    for (name, capabilities) in [("bob", understood()), ("carol", Capabilities::default())] {
        let mut client = Client::new(name, SUITE);
        let options = KeyPackageOptions::default().capabilities(capabilities);
        let add = [Proposal::Add(client.key_package_with(&options))];
        let welcome = commit_and_follow(&mut members, 0, &add).unwrap();
        let group = client.join(&welcome, &Settings::default());
        members.push((client, group));
    }

    // Carol does not, and nothing changes.
    for (client, group) in &mut members {
        assert!(matches!(
            group.propose(&mut client.keystore, &custom, b""),
            Err(GroupError::Unsupported)
        ));
        assert!(matches!(
            group.commit(&mut client.keystore, core::slice::from_ref(&custom), b""),
            Err(GroupError::Unsupported)
        ));
        assert!(group.pending_proposals().unwrap().is_empty());
    }
    talk(&mut members);

    // Without her it goes through.
    let (client, group) = &mut members[0];
    let sent = group.commit(&mut client.keystore, &[Proposal::Remove(2)], b"");
    group.merge_pending(&mut client.keystore).unwrap();
    let (client, group) = &mut members[1];
    follow(&mut client.keystore, group, &sent.unwrap().commit);
    members.truncate(2);
    propose(&mut members, 1, &custom);
    commit_and_follow(&mut members, 0, &[]);
}
