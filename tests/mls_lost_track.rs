//! A client that lost track of its group goes on safely: after a crash between a commit
//! and its sending, with two objects of one group, after a commit that was rolled back.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    faulty_backend::FaultyBackend,
    mls::{Client, agree, follow, group_of, rules, talk},
};
use necturus::{
    mls::{
        CipherSuite, CommitMessages, Framing, Group, GroupError, GroupParameters, Proposal,
        ReceiveError, Received, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, StoreError},
};

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

fn load(keystore: &Keystore, group: &Group) -> Group {
    Group::load(keystore, group.id(), rules()).unwrap().unwrap()
}

fn read(client: &mut Client, group: &mut Group, message: &[u8]) -> Vec<u8> {
    match group.receive(&mut client.keystore, message).unwrap() {
        Received::Message(message) => message.plaintext,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_commit_sends_is_kept_until_it_is_merged() {
    let [(mut alice, mut group), (mut bob, mut bobs)] = group_of(SUITE, &Settings::default());
    assert_eq!(group.pending_messages(&alice.keystore).unwrap(), None);
    let mut carol = Client::new("carol", SUITE);
    let add = [Proposal::Add(carol.key_package())];
    group.commit(&mut alice.keystore, &add, b"").unwrap();

    // The process dies before anything was sent.
    let mut group = load(&alice.keystore, &group);
    let sent: CommitMessages = group.pending_messages(&alice.keystore).unwrap().unwrap();
    follow(&mut bob.keystore, &mut bobs, &sent.commit);
    let mut carols = carol.join(&sent.welcome.unwrap(), &Settings::default());
    group.merge_pending(&mut alice.keystore).unwrap();
    assert_eq!(group.pending_messages(&alice.keystore).unwrap(), None);
    let message = group.encrypt(&mut alice.keystore, b"hello", b"").unwrap();
    assert_eq!(read(&mut bob, &mut bobs, &message), b"hello");
    assert_eq!(read(&mut carol, &mut carols, &message), b"hello");

    group.commit(&mut alice.keystore, &[], b"").unwrap();
    group.discard_pending(&mut alice.keystore).unwrap();
    assert_eq!(group.pending_messages(&alice.keystore).unwrap(), None);
}

#[test]
fn the_messages_of_a_commit_that_lost_the_race_go_with_it() {
    let settings = Settings::default().keep_previous_epoch(true);
    let [(mut alice, mut group), (mut bob, mut bobs)] = group_of(SUITE, &settings);
    let lost = group.commit(&mut alice.keystore, &[], b"").unwrap();
    let won = bobs.commit(&mut bob.keystore, &[], b"").unwrap();
    follow(&mut alice.keystore, &mut group, &won.commit);
    assert_eq!(group.pending_messages(&alice.keystore).unwrap(), None);
    // With the commit they come back.
    group.roll_back(&mut alice.keystore).unwrap();
    let again = group.pending_messages(&alice.keystore).unwrap();
    assert_eq!(again, Some(lost));
    // Rolling back over our own drops both.
    group.merge_pending(&mut alice.keystore).unwrap();
    group.roll_back(&mut alice.keystore).unwrap();
    assert_eq!(group.pending_messages(&alice.keystore).unwrap(), None);
}

#[test]
fn our_commit_is_known_when_it_comes_back() {
    for framing in [Framing::Private, Framing::Public] {
        let settings = Settings::default().framing(framing);
        let [(mut alice, mut group), _bob] = group_of(SUITE, &settings);
        let sent = group.commit(&mut alice.keystore, &[], b"").unwrap();
        let mut group = load(&alice.keystore, &group);
        for _ in 0..2 {
            let received = group.receive(&mut alice.keystore, &sent.commit).unwrap();
            assert!(matches!(received, Received::OwnPendingCommit));
        }
        group.merge_pending(&mut alice.keystore).unwrap();
    }
    let [(mut alice, mut group), _bob] = group_of(SUITE, &Settings::default());
    let discarded = group.commit(&mut alice.keystore, &[], b"").unwrap();
    group.discard_pending(&mut alice.keystore).unwrap();
    let message = group.encrypt(&mut alice.keystore, b"mine", b"").unwrap();
    group.commit(&mut alice.keystore, &[], b"").unwrap();
    for message in [discarded.commit, message] {
        let received = group.receive(&mut alice.keystore, &message).unwrap();
        assert!(matches!(received, Received::OwnMessage));
    }
}

#[test]
fn an_object_that_was_overtaken_changes_nothing() {
    let settings = Settings::default().keep_previous_epoch(true);
    let [(mut alice, mut group), (mut bob, mut bobs)] = group_of(SUITE, &settings);
    follow_own(&mut alice, &mut group, &mut bob, &mut bobs);
    let message = bobs.encrypt(&mut bob.keystore, b"to alice", b"").unwrap();
    let commit = bobs.commit(&mut bob.keystore, &[], b"").unwrap().commit;

    let steps: [fn(&mut Group, &mut Keystore); 3] = [
        |group, store| drop(group.encrypt(store, b"newer", b"").unwrap()),
        |group, store| drop(group.propose(store, &Proposal::Update, b"").unwrap()),
        |group, store| group.set_settings(store, Settings::default()).unwrap(),
    ];
    let mut newer = group;
    for go_on in steps {
        let store = &mut alice.keystore;
        let (mut overtaken, mut receiver) = (load(store, &newer), load(store, &newer));
        let Received::Commit(received) = receiver.receive(store, &commit).unwrap() else {
            panic!("no commit")
        };
        go_on(&mut newer, store);
        refuses_to_go_on(&mut overtaken, store, &message, &commit);
        let merged = receiver.merge(store, received);
        assert!(matches!(merged, Err(GroupError::Store(StoreError::Stale))));
    }

    // The newest has lost nothing by it.
    assert_eq!(read(&mut alice, &mut newer, &message), b"to alice");
    follow(&mut alice.keystore, &mut newer, &commit);
    bobs.merge_pending(&mut bob.keystore).unwrap();
    let message = newer.encrypt(&mut alice.keystore, b"on", b"").unwrap();
    assert_eq!(read(&mut bob, &mut bobs, &message), b"on");
    // A group that was deleted does not come back.
    Group::delete(&mut alice.keystore, newer.id()).unwrap();
    let sent = newer.encrypt(&mut alice.keystore, b"gone", b"");
    assert!(matches!(sent, Err(GroupError::Store(StoreError::Stale))));
    assert!(Group::ids(&alice.keystore).unwrap().is_empty());
}

/// Alice commits, and both go on: so that there is something to roll back.
fn follow_own(alice: &mut Client, group: &mut Group, bob: &mut Client, bobs: &mut Group) {
    let sent = group.commit(&mut alice.keystore, &[], b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    follow(&mut bob.keystore, bobs, &sent.commit);
}

fn refuses_to_go_on(group: &mut Group, store: &mut Keystore, message: &[u8], commit: &[u8]) {
    let epoch = group.epoch();
    let settings = Settings::default();
    let results = [
        group.encrypt(store, b"", b"").map(drop),
        group.commit(store, &[], b"").map(drop),
        group.propose(store, &Proposal::Update, b"").map(drop),
        group.merge_pending(store),
        group.discard_pending(store),
        group.roll_back(store),
        group.set_settings(store, settings),
    ];
    for result in results {
        assert!(
            matches!(result, Err(GroupError::Store(StoreError::Stale))),
            "{result:?}"
        );
    }
    for message in [message, commit] {
        let received = group.receive(store, message);
        assert!(matches!(
            received,
            Err(ReceiveError::Store(StoreError::Stale))
        ));
    }
    assert_eq!(group.epoch(), epoch);
}

#[test]
fn a_commit_that_was_rolled_back_is_not_merged_again() {
    let settings = Settings::default().keep_previous_epoch(true);
    let [(mut alice, mut group), (mut bob, mut bobs)] = group_of(SUITE, &settings);
    let wrong = bobs.commit(&mut bob.keystore, &[], b"").unwrap().commit;
    bobs.discard_pending(&mut bob.keystore).unwrap();
    let other = bobs.commit(&mut bob.keystore, &[], b"").unwrap().commit;
    bobs.discard_pending(&mut bob.keystore).unwrap();
    let right = bobs.commit(&mut bob.keystore, &[], b"").unwrap().commit;
    bobs.merge_pending(&mut bob.keystore).unwrap();

    let refuses = |store: &mut Keystore, group: &mut Group, commit: &[u8]| {
        let Received::Commit(commit) = group.receive(store, commit).unwrap() else {
            panic!("no commit")
        };
        let merged = group.merge(store, commit);
        assert!(matches!(merged, Err(GroupError::LeftEpoch)), "{merged:?}");
    };
    for commit in [&wrong, &other] {
        follow(&mut alice.keystore, &mut group, commit);
        group.encrypt(&mut alice.keystore, b"sent", b"").unwrap();
        group.roll_back(&mut alice.keystore).unwrap();
    }
    // All that were left are remembered, also by the keystore.
    let mut group = load(&alice.keystore, &group);
    refuses(&mut alice.keystore, &mut group, &wrong);
    refuses(&mut alice.keystore, &mut group, &other);
    follow(&mut alice.keystore, &mut group, &right);
    let message = group.encrypt(&mut alice.keystore, b"healed", b"").unwrap();
    assert_eq!(read(&mut bob, &mut bobs, &message), b"healed");
}

#[test]
fn what_was_left_leaves_no_record_behind() {
    let backend = FaultyBackend::new();
    let mut bob = Client::new("bob", SUITE);
    bob.keystore = Keystore::open(backend.clone(), &PickleKey::from_bytes(&[7; 32])).unwrap();
    let settings = Settings::default()
        .keep_previous_epoch(true)
        .out_of_order(200)
        .max_skipped(200);
    let mut alice = Client::new("alice", SUITE);
    let mut group = alice.create(&GroupParameters::default().settings(settings.clone()));
    let add = [Proposal::Add(bob.key_package())];
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let mut bobs = bob.join(&sent.welcome.unwrap(), &settings);

    let keys = || backend.contents().into_keys().collect::<Vec<_>>();
    let before = keys();
    let commit = group.commit(&mut alice.keystore, &[], b"").unwrap().commit;
    group.merge_pending(&mut alice.keystore).unwrap();
    follow(&mut bob.keystore, &mut bobs, &commit);
    let merged = keys();
    // The keys of the messages between make the secrets too long for the common record.
    for _ in 0..150 {
        group.encrypt(&mut alice.keystore, b"late", b"").unwrap();
    }
    let message = group.encrypt(&mut alice.keystore, b"last", b"").unwrap();
    assert_eq!(read(&mut bob, &mut bobs, &message), b"last");
    bobs.propose(&mut bob.keystore, &Proposal::Update, b"")
        .unwrap();
    assert!(keys().len() > merged.len() + 1);
    let mut bobs = load(&bob.keystore, &bobs);
    bobs.roll_back(&mut bob.keystore).unwrap();
    assert_eq!(keys(), before);
    load(&bob.keystore, &bobs);
}

#[test]
fn an_object_that_missed_a_proposal_among_many_is_overtaken() {
    let settings = Settings::default().framing(Framing::Public);
    let [(mut alice, mut group)] = group_of(SUITE, &settings);
    let mut others = Client::new("others", SUITE);
    // So many that their list is too long for the common record.
    for _ in 0..80 {
        let add = Proposal::Add(others.key_package());
        group.propose(&mut alice.keystore, &add, b"").unwrap();
    }
    let mut overtaken = load(&alice.keystore, &group);
    let first = group.pending_proposals().unwrap()[0].reference.clone();
    group.drop_proposal(&mut alice.keystore, &first).unwrap();
    let committed = overtaken.commit(&mut alice.keystore, &[], b"");
    assert!(matches!(
        committed,
        Err(GroupError::Store(StoreError::Stale))
    ));
    group.commit(&mut alice.keystore, &[], b"").unwrap();
}

#[test]
fn what_was_proposed_and_never_sent_is_committed_all_the_same() {
    let mut members = Vec::from(group_of::<3>(SUITE, &Settings::default()));
    let mut dave = Client::new("dave", SUITE);
    let add = Proposal::Add(dave.key_package());
    let code = Proposal::Psk(b"code".to_vec());
    for (client, _) in &mut members {
        Group::store_psk(&mut client.keystore, b"code", b"secret").unwrap();
    }
    let (client, group) = &mut members[0];
    for proposal in [&Proposal::Update, &Proposal::Remove(2), &add, &code] {
        group.propose(&mut client.keystore, proposal, b"").unwrap();
    }
    let gone = members.pop();
    let (client, group) = &mut members[0];
    let mut group = load(&client.keystore, group);
    let sent = group.commit(&mut client.keystore, &[], b"").unwrap();
    let effect = group.pending_commit().unwrap().unwrap();
    assert_eq!((effect.added.len(), effect.removed.len()), (1, 1));
    group.merge_pending(&mut client.keystore).unwrap();
    members[0].1 = group;
    let (client, group) = &mut members[1];
    follow(&mut client.keystore, group, &sent.commit);
    agree(&members);
    talk(&mut members);
    drop(gone);
}

#[test]
fn what_is_proposed_twice_waits_once() {
    let [(mut alice, mut group), (mut bob, mut bobs)] = group_of(SUITE, &Settings::default());
    let leave = Proposal::SelfRemove;
    let first = group.propose(&mut alice.keystore, &leave, b"").unwrap();
    let again = group.propose(&mut alice.keystore, &leave, b"").unwrap();
    assert_eq!(first, again);
    let waiting = group.pending_proposals().unwrap();
    assert_eq!(waiting.len(), 1);
    let loaded = load(&alice.keystore, &group);
    assert_eq!(loaded.pending_proposals().unwrap(), waiting);
    let reference = &waiting[0].reference;
    group.drop_proposal(&mut alice.keystore, reference).unwrap();
    assert!(group.pending_proposals().unwrap().is_empty());
    let Received::Proposal(proposal) = bobs.receive(&mut bob.keystore, &first).unwrap() else {
        panic!("no proposal")
    };
    bobs.accept_proposal(&mut bob.keystore, proposal).unwrap();
}
