//! A member changes its key and credential in place, and identities and key packages
//! that are of no use any more can be found and deleted.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use core::time::Duration;

use common::{
    faulty_backend::{Fault, FaultyBackend},
    mls::{Client, follow, group_of, rules},
};
use necturus::{
    mls::{
        CipherSuite, CommitMessages, Credential, DeleteIdentityError, Group, GroupError, Identity,
        KeyPackage, KeyPackageOptions, Proposal, ReceiveError, Received, Rules, Settings,
        StagedCommit,
    },
    pickle::PickleKey,
    store::Keystore,
};

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

type Member = (Client, Group);

fn three(settings: &Settings) -> [Member; 3] {
    group_of(SUITE, settings)
}

fn back() -> Settings {
    Settings::default().keep_previous_epoch(true)
}

fn renewed() -> Identity {
    Identity::new(SUITE, Credential::X509(vec![vec![1; 300], vec![2; 300]])).unwrap()
}

/// Each member says something that all others read as its own.
fn talk(members: &mut [Member]) {
    for from in 0..members.len() {
        let (mut others, (client, group)) = split(members, from);
        let text = client.name.clone().into_bytes();
        let message = group.encrypt(&mut client.keystore, &text, b"").unwrap();
        for (other, theirs) in &mut others {
            let received = theirs.receive(&mut other.keystore, &message).unwrap();
            let Received::Message(received) = received else {
                panic!("{received:?}")
            };
            assert_eq!(received.plaintext, text);
            assert_eq!(&received.credential, group.identity().credential());
            let member = theirs.member(received.sender).unwrap().unwrap();
            assert_eq!(member.signature_key, group.identity().signature_key());
        }
    }
}

fn split(members: &mut [Member], at: usize) -> (Vec<&mut Member>, &mut Member) {
    let (before, rest) = members.split_at_mut(at);
    let (member, after) = rest.split_first_mut().unwrap();
    (before.iter_mut().chain(after).collect(), member)
}

fn change((client, group): &mut Member, identity: &Identity) -> CommitMessages {
    group
        .change_identity(&mut client.keystore, identity, b"")
        .unwrap()
}

fn staged((client, group): &mut Member, commit: &[u8]) -> StagedCommit {
    match group.receive(&mut client.keystore, commit).unwrap() {
        Received::Commit(commit) => commit,
        other => panic!("{other:?}"),
    }
}

fn merge((client, group): &mut Member) {
    group.merge_pending(&mut client.keystore).unwrap();
}

fn reload((client, group): &mut Member) {
    let loaded = Group::load(&client.keystore, group.id(), rules());
    *group = loaded.unwrap().unwrap();
}

fn is(group: &Group, identity: &Identity) -> bool {
    let member = group.member(group.own_leaf()).unwrap().unwrap();
    let ours = group.identity();
    assert_eq!(member.signature_key, ours.signature_key());
    assert_eq!(&member.credential, ours.credential());
    ours.signature_key() == identity.signature_key() && ours.credential() == identity.credential()
}

#[test]
fn a_new_key_and_credential_come_with_the_merge() {
    let mut members = three(&Settings::default());
    talk(&mut members);
    let new = renewed();
    // What waits goes along.
    let mut dave = Client::new("dave", SUITE);
    let add = Proposal::Add(dave.key_package());
    let [first, rest @ ..] = &mut members;
    let proposal = first.1.propose(&mut first.0.keystore, &add, b"").unwrap();
    for (client, group) in &mut *rest {
        let received = group.receive(&mut client.keystore, &proposal).unwrap();
        let Received::Proposal(proposal) = received else {
            panic!("{received:?}")
        };
        group
            .accept_proposal(&mut client.keystore, proposal)
            .unwrap();
    }
    let old = first.1.identity().signature_key();
    let sent = change(first, &new);
    // Not before the merge, whatever happens in between.
    for _ in 0..2 {
        assert_eq!(first.1.identity().signature_key(), old);
        let effect = first.1.pending_commit().unwrap().unwrap();
        let [(before, after)] = &effect.updated[..] else {
            panic!("{effect:?}")
        };
        assert_eq!(before.signature_key, old);
        assert_eq!(after.signature_key, new.signature_key());
        reload(first);
    }
    for member in &mut *rest {
        let commit = staged(member, &sent.commit);
        let [(before, after)] = &commit.effect().updated[..] else {
            panic!("{commit:?}")
        };
        assert_eq!((before.leaf, &before.signature_key), (0, &old));
        assert_eq!(before.credential, Credential::basic(b"client 0"));
        assert_eq!(after.signature_key, new.signature_key());
        assert_eq!(&after.credential, new.credential());
        member.1.merge(&mut member.0.keystore, commit).unwrap();
    }
    merge(first);
    assert!(is(&first.1, &new));
    let joined = dave.join(&sent.welcome.unwrap(), &Settings::default());
    let mut members: Vec<Member> = members.into_iter().chain([(dave, joined)]).collect();
    talk(&mut members);
    reload(&mut members[0]);
    assert!(is(&members[0].1, &new));
    talk(&mut members);
    // It commits under the new key, and changes it once more.
    for next in [renewed(), renewed()] {
        let (others, first) = split(&mut members, 0);
        let sent = change(first, &next);
        for (client, group) in others {
            follow(&mut client.keystore, group, &sent.commit);
        }
        merge(first);
        talk(&mut members);
    }
}

#[test]
fn a_certificate_is_renewed_for_the_same_key() {
    let mut members = three(&back());
    let [first, rest @ ..] = &mut members;
    let key = first.1.identity().signature_key();
    let old = Identity::load(&first.0.keystore, &key).unwrap().unwrap();
    let new = Identity::load(&first.0.keystore, &key).unwrap().unwrap();
    let new = new.with_credential(Credential::X509(vec![key]));
    let sent = change(first, &new);
    reload(first);
    assert!(is(&first.1, &old));
    for (client, group) in rest {
        follow(&mut client.keystore, group, &sent.commit);
    }
    merge(first);
    assert!(is(&first.1, &new));
    reload(first);
    assert!(is(&first.1, &new));
    talk(&mut members);
    let [first, ..] = &mut members;
    first.1.roll_back(&mut first.0.keystore).unwrap();
    assert!(is(&first.1, &old));
}

#[test]
fn whose_rules_reject_it_does_not_follow() {
    let [mut first, mut second, _] = three(&Settings::default());
    let basic = || Rules::new(|credential, _| matches!(credential, Credential::Basic(_)));
    let id = first.1.id().to_vec();
    second.1 = Group::load(&second.0.keystore, &id, basic())
        .unwrap()
        .unwrap();
    let sent = change(&mut first, &renewed());
    let refused = second.1.receive(&mut second.0.keystore, &sent.commit);
    assert!(matches!(refused, Err(ReceiveError::CredentialRejected)));
    // And who would reject it from others does not send it.
    let ours = second
        .1
        .change_identity(&mut second.0.keystore, &renewed(), b"");
    assert!(matches!(ours, Err(GroupError::CredentialRejected)));
    assert!(second.1.pending_commit().unwrap().is_none());
}

#[test]
fn the_keystore_has_the_credential_that_counts() {
    let [mut first, mut second, mut third] = three(&back());
    let key = first.1.identity().signature_key();
    let stored = |first: &Member| Identity::load(&first.0.keystore, &key).unwrap().unwrap();
    let old = stored(&first);
    let new = stored(&first).with_credential(Credential::basic(b"renewed"));
    change(&mut first, &new);
    assert_eq!(stored(&first).credential(), old.credential());
    first.1.discard_pending(&mut first.0.keystore).unwrap();
    assert_eq!(stored(&first).credential(), old.credential());

    change(&mut first, &new);
    merge(&mut first);
    assert_eq!(stored(&first).credential(), new.credential());
    // It was another's that was accepted.
    first.1.roll_back(&mut first.0.keystore).unwrap();
    assert_eq!(stored(&first).credential(), old.credential());
    let won = second.1.commit(&mut second.0.keystore, &[], b"").unwrap();
    merge(&mut second);
    for (client, group) in [&mut first, &mut third] {
        follow(&mut client.keystore, group, &won.commit);
    }
    assert!(is(&first.1, &old));
    talk(&mut [first, second, third]);
}

#[test]
fn discarded_or_overtaken_it_has_not_been() {
    let mut members = three(&Settings::default());
    let [first, second, third] = &mut members;
    let key = first.1.identity().signature_key();
    let old = Identity::load(&first.0.keystore, &key).unwrap().unwrap();
    change(first, &renewed());
    first.1.discard_pending(&mut first.0.keystore).unwrap();
    assert!(is(&first.1, &old));
    // Another's commit is accepted as the next.
    change(first, &renewed());
    let won = second.1.commit(&mut second.0.keystore, &[], b"").unwrap();
    for (client, group) in [&mut *first, third] {
        follow(&mut client.keystore, group, &won.commit);
    }
    merge(second);
    assert!(first.1.pending_commit().unwrap().is_none());
    reload(first);
    assert!(is(&first.1, &old));
    talk(&mut members);
}

#[test]
fn the_way_back_leads_to_the_old_identity() {
    let mut members = three(&back());
    let [first, second, third] = &mut members;
    let key = first.1.identity().signature_key();
    let old = Identity::load(&first.0.keystore, &key).unwrap().unwrap();
    change(first, &renewed());
    merge(first);
    // The server took another's commit before.
    let settings = back().padding(64);
    first
        .1
        .set_settings(&mut first.0.keystore, settings.clone())
        .unwrap();
    first.1.roll_back(&mut first.0.keystore).unwrap();
    for _ in 0..2 {
        assert!(is(&first.1, &old));
        assert_eq!(first.1.settings(), &settings);
        assert!(first.1.pending_commit().unwrap().is_none());
        reload(first);
    }
    let won = second.1.commit(&mut second.0.keystore, &[], b"").unwrap();
    for (client, group) in [&mut *first, third] {
        follow(&mut client.keystore, group, &won.commit);
    }
    merge(second);
    talk(&mut members);
    // A commit that another's took the place of waits again behind the way back.
    let [first, second, third] = &mut members;
    let new = renewed();
    let sent = change(first, &new);
    let lost = second.1.commit(&mut second.0.keystore, &[], b"").unwrap();
    follow(&mut first.0.keystore, &mut first.1, &lost.commit);
    first.1.roll_back(&mut first.0.keystore).unwrap();
    reload(first);
    merge(first);
    assert!(is(&first.1, &new));
    for (client, group) in [second, third] {
        follow(&mut client.keystore, group, &sent.commit);
    }
    talk(&mut members);
}

#[test]
fn what_the_others_could_not_follow_is_not_sent() {
    let mut members = three(&Settings::default());
    let [first, second, third] = &mut members;
    let key = second.1.identity().signature_key();
    let taken = Identity::load(&second.0.keystore, &key).unwrap().unwrap();
    let basic = Credential::basic(b"client 0");
    let other = Identity::new(CipherSuite::P256Aes128Gcm, basic).unwrap();
    let odd = Credential::other(0xF001, &[1]).unwrap();
    let odd = Identity::new(SUITE, odd).unwrap();
    for (identity, expected) in [
        (taken, GroupError::DuplicateKey),
        (other, GroupError::WrongSuite),
        (odd, GroupError::Unsupported),
    ] {
        let error = first
            .1
            .change_identity(&mut first.0.keystore, &identity, b"");
        assert_eq!(error.unwrap_err().to_string(), expected.to_string());
        let key = identity.signature_key();
        let stored = Identity::load(&first.0.keystore, &key).unwrap();
        assert!(stored.is_none());
    }
    assert!(first.1.pending_commit().unwrap().is_none());
    // A client that is to be added under the same key is not added.
    let new = renewed();
    let options = KeyPackageOptions::default();
    let package = KeyPackage::generate(&mut first.0.keystore, &new, &options);
    let add = Proposal::Add(package.unwrap());
    first.1.propose(&mut first.0.keystore, &add, b"").unwrap();
    let sent = change(first, &new);
    assert!(sent.welcome.is_none());
    for (client, group) in [second, third] {
        follow(&mut client.keystore, group, &sent.commit);
    }
    merge(first);
    talk(&mut members);
}

#[test]
fn key_packages_are_listed_and_the_expired_are_deleted() {
    let backend = FaultyBackend::new();
    let mut store = Keystore::open(backend.clone(), &PickleKey::from_bytes(&[7; 32])).unwrap();
    let options = KeyPackageOptions::default;
    let expired = || options().lifetime(Duration::ZERO);
    let identity = renewed();
    let mut make = |options| KeyPackage::generate(&mut store, &identity, &options).unwrap();
    let mut left = vec![make(options()), make(options().last_resort(true))];
    let mut all = left.clone();
    all.extend([make(expired()), make(expired().last_resort(true))]);
    let by_reference = |package: &KeyPackage| package.reference().to_vec();
    for packages in [&mut left, &mut all] {
        packages.sort_by_key(by_reference);
    }
    let stored = |store: &Keystore| {
        let mut stored = KeyPackage::stored(store).unwrap();
        stored.sort_by_key(by_reference);
        stored
    };
    assert_eq!(stored(&store), all);
    // Beside them there are the identity and the keystore's own key.
    assert_eq!(backend.contents().len(), 2 + all.len());
    backend.fail(Fault::Write(0));
    assert!(KeyPackage::delete_expired(&mut store).is_err());
    backend.restart();
    assert_eq!(stored(&store), all);
    assert_eq!(KeyPackage::delete_expired(&mut store).unwrap(), 2);
    assert_eq!(stored(&store), left);
    assert_eq!(backend.contents().len(), 2 + left.len());
    assert_eq!(KeyPackage::delete_expired(&mut store).unwrap(), 0);
    let package = left.remove(0);
    KeyPackage::delete(&mut store, package.reference()).unwrap();
    assert_eq!(stored(&store), left);
    assert_eq!(backend.contents().len(), 2 + left.len());
}

#[test]
fn an_identity_is_deleted_when_no_group_uses_it() {
    let mut members = three(&back());
    let [first, second, third] = &mut members;
    let id = first.1.id().to_vec();
    let old = first.1.identity().signature_key();
    let new = renewed();
    let stored = |member: &Member| Identity::signature_keys(&member.0.keystore).unwrap();
    let is_refused = |member: &mut Member, key: &[u8]| {
        let refused = Identity::delete(&mut member.0.keystore, key);
        assert!(matches!(refused, Err(DeleteIdentityError::InUse { group }) if group == id));
        assert!(stored(member).contains(&key.to_vec()));
    };
    // Neither may go while it is open which of them is ours.
    change(first, &new);
    assert_eq!(stored(first).len(), 2);
    for key in [&old, &new.signature_key()] {
        is_refused(first, key);
    }
    first.1.discard_pending(&mut first.0.keystore).unwrap();
    is_refused(first, &old);
    let options = KeyPackageOptions::default();
    KeyPackage::generate(&mut first.0.keystore, &new, &options).unwrap();
    Identity::delete(&mut first.0.keystore, &new.signature_key()).unwrap();
    assert!(KeyPackage::stored(&first.0.keystore).unwrap().is_empty());
    assert_eq!(stored(first), core::slice::from_ref(&old));
    // The old one is of no use behind the merge, but for the way back.
    let sent = change(first, &new);
    for (client, group) in [second, third] {
        follow(&mut client.keystore, group, &sent.commit);
    }
    merge(first);
    is_refused(first, &new.signature_key());
    Identity::delete(&mut first.0.keystore, &old).unwrap();
    let no_way_back = first.1.roll_back(&mut first.0.keystore);
    assert!(matches!(no_way_back, Err(GroupError::NoPreviousEpoch)));
    assert!(is(&first.1, &new));
    reload(first);
    talk(&mut members);
    let [first, ..] = &mut members;
    Group::delete(&mut first.0.keystore, &id).unwrap();
    Identity::delete(&mut first.0.keystore, &new.signature_key()).unwrap();
    assert!(stored(first).is_empty());
}
