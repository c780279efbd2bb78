//! Of two commits one counts, and there is a way back from the other.

mod common;

use common::mls::{Client, SUITE, agree, follow, group_of, rules, talk};
use necturus::mls::{Group, GroupError, Received, Settings};

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
