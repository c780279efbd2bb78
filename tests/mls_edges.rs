//! What is odd is kept as it is, or refused for what it is.

mod common;

use common::mls::{Client, SUITE, commit_and_follow, group_of};
use necturus::mls::{
    Credential, Group, GroupError, Identity, Proposal, ReceiveError, Received, Settings,
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
