//! Messages are read when they come late, by whom they are for.

mod common;

use common::mls::{Client, SUITE, commit_and_follow, group_of};
use necturus::mls::{Credential, Proposal, ReceiveError, Received, Settings};

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
