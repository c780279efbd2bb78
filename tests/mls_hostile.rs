//! What is forged, repeated, cut, of another epoch, group or sender is told apart, and
//! changes nothing; and nothing that comes in makes the reader panic, run out of
//! stack, or allocate by an attacker's number.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::mls::{Client, follow, group_of, rules};
use necturus::mls::{
    CipherSuite, ExternalJoin, Framing, Group, GroupError, GroupParameters, Invitation, JoinError,
    KeyPackage, KeyPackageError, Proposal, ReceiveError, Received, Settings,
};
use proptest::prelude::*;

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

fn pair(settings: &Settings) -> [(Client, Group); 2] {
    group_of(SUITE, settings)
}

/// What must not change: what others see, and what the next message does.
fn fingerprint(group: &Group) -> (u64, Vec<u8>, String) {
    let waiting = format!(
        "{:?} {:?}",
        group.pending_commit().unwrap(),
        group.pending_proposals().unwrap()
    );
    (group.epoch(), group.epoch_authenticator().unwrap(), waiting)
}

/// A kind of message, a group in which the first has sent one, and the message.
type Sent = (&'static str, [(Client, Group); 2], Vec<u8>);

/// Every kind of message, in this framing.
fn messages(framing: Framing) -> Vec<Sent> {
    let settings = Settings::default().framing(framing);
    let mut made = Vec::new();
    for kind in ["message", "proposal", "commit"] {
        let mut members = pair(&settings);
        let (client, group) = &mut members[0];
        let store = &mut client.keystore;
        let message = match kind {
            "message" => group
                .encrypt(store, b"a text of some length", b"data")
                .unwrap(),
            "proposal" => group.propose(store, &Proposal::Update, b"data").unwrap(),
            _ => group.commit(store, &[], b"data").unwrap().commit,
        };
        made.push((kind, members, message));
    }
    made
}

#[test]
fn any_flipped_bit_is_an_error_and_changes_nothing() {
    for framing in [Framing::Private, Framing::Public] {
        for (kind, mut members, message) in messages(framing) {
            let (client, group) = &mut members[1];
            let before = fingerprint(group);
            for at in 0..message.len() {
                let mut forged = message.clone();
                forged[at] ^= 1 << (at % 8);
                let result = group.receive(&mut client.keystore, &forged);
                let Err(error) = result else {
                    panic!("{kind} {framing:?}: byte {at} may be changed")
                };
                assert!(
                    !matches!(
                        error,
                        ReceiveError::Store(_) | ReceiveError::Rng | ReceiveError::Internal
                    ),
                    "{kind} {framing:?} byte {at}: {error:?}"
                );
                assert_eq!(fingerprint(group), before, "{kind} byte {at}");
            }
            // Nothing was used up: the genuine one is still read, after a restart, too.
            let received = group.receive(&mut client.keystore, &message).unwrap();
            drop(received);
            if kind != "message" {
                let id = group.id().to_vec();
                let mut loaded = Group::load(&client.keystore, &id, rules())
                    .unwrap()
                    .unwrap();
                loaded.receive(&mut client.keystore, &message).unwrap();
            }
        }
    }
}

#[test]
fn whatever_is_cut_or_too_long_is_malformed() {
    for framing in [Framing::Private, Framing::Public] {
        for (kind, mut members, message) in messages(framing) {
            let (client, group) = &mut members[1];
            for length in 0..message.len() {
                let result = group.receive(&mut client.keystore, &message[..length]);
                assert!(
                    matches!(result, Err(ReceiveError::Malformed)),
                    "{kind} cut to {length}: {result:?}"
                );
            }
            let longer = [&message[..], &[0]].concat();
            let result = group.receive(&mut client.keystore, &longer);
            assert!(matches!(result, Err(ReceiveError::Malformed)), "{result:?}");
            group.receive(&mut client.keystore, &message).unwrap();
        }
    }
}

#[test]
fn each_fault_has_its_error() {
    let [mut alice, mut bob] = pair(&Settings::default());
    let text = |member: &mut (Client, Group)| {
        member
            .1
            .encrypt(&mut member.0.keystore, b"text", b"")
            .unwrap()
    };
    let receive = |member: &mut (Client, Group), message: &[u8]| {
        member.1.receive(&mut member.0.keystore, message)
    };
    let first = text(&mut alice);
    receive(&mut bob, &first).unwrap();
    assert!(matches!(
        receive(&mut bob, &first),
        Err(ReceiveError::KeyGone)
    ));

    let [mut other, _] = pair(&Settings::default());
    let foreign = text(&mut other);
    assert!(matches!(
        receive(&mut bob, &foreign),
        Err(ReceiveError::WrongGroup)
    ));

    // The tag of the ciphertext.
    let mut forged = text(&mut alice);
    *forged.last_mut().unwrap() ^= 1;
    let result = receive(&mut bob, &forged);
    assert!(
        matches!(result, Err(ReceiveError::Undecryptable)),
        "{result:?}"
    );

    let late = text(&mut alice);
    let sent = alice.1.commit(&mut alice.0.keystore, &[], b"").unwrap();
    alice.1.merge_pending(&mut alice.0.keystore).unwrap();
    let early = text(&mut alice);
    assert!(matches!(
        receive(&mut bob, &early),
        Err(ReceiveError::FutureEpoch { epoch: 2 })
    ));
    follow(&mut bob.0.keystore, &mut bob.1, &sent.commit);
    receive(&mut bob, &early).unwrap();
    assert!(matches!(
        receive(&mut bob, &late),
        Err(ReceiveError::PastEpoch { epoch: 1 })
    ));
    assert!(matches!(
        receive(&mut bob, &sent.commit),
        Err(ReceiveError::PastEpoch { epoch: 1 })
    ));
    let own = text(&mut bob);
    assert!(matches!(receive(&mut bob, &own), Ok(Received::OwnMessage)));
    assert!(matches!(
        receive(&mut bob, b""),
        Err(ReceiveError::Malformed)
    ));
    let package = bob.0.key_package().to_bytes();
    assert!(matches!(
        receive(&mut bob, &package),
        Err(ReceiveError::Malformed)
    ));
}

/// In public framing the tags stand at the end: `0x20 ‖ 32 bytes` of the membership
/// tag, and before it the same of a commit's confirmation tag.
#[test]
fn a_membership_tag_of_another_length_is_refused() {
    for (kind, mut members, message) in messages(Framing::Public) {
        if kind == "message" {
            continue;
        }
        let (client, group) = &mut members[1];
        let (body, tag) = message.split_at(message.len() - 33);
        assert_eq!(tag[0], 32);
        for length in (0..32).chain([33, 48, 63]) {
            let mut cut = body.to_vec();
            cut.push(length);
            cut.extend(tag[1..].iter().chain(&[0; 32]).take(usize::from(length)));
            let result = group.receive(&mut client.keystore, &cut);
            assert!(
                matches!(
                    result,
                    Err(ReceiveError::Inauthentic | ReceiveError::Malformed)
                ),
                "{kind} {length}: {result:?}"
            );
        }
        // And one of zeros.
        let mut zeros = body.to_vec();
        zeros.push(32);
        zeros.extend([0; 32]);
        let result = group.receive(&mut client.keystore, &zeros);
        assert!(
            matches!(result, Err(ReceiveError::Inauthentic)),
            "{result:?}"
        );
        group.receive(&mut client.keystore, &message).unwrap();
    }
}

#[test]
fn another_members_leaf_in_a_public_message_is_refused() {
    let settings = Settings::default().framing(Framing::Public);
    let [mut alice, mut bob, mut carol] = group_of::<3>(SUITE, &settings);
    let message = alice
        .1
        .propose(&mut alice.0.keystore, &Proposal::Update, b"")
        .unwrap();
    // version 2 ‖ wire format 2 ‖ group id 1 + 16 ‖ epoch 8 ‖ sender type 1 ‖ leaf 4
    let leaf = 2 + 2 + 17 + 8 + 1;
    assert_eq!(message[leaf - 1..leaf + 4], [1, 0, 0, 0, 0]);
    // The membership tag covers the leaf, so nobody gets as far as to look for it.
    for claimed in [1, 2, 3, 200] {
        let mut forged = message.clone();
        forged[leaf + 3] = claimed;
        for (client, group) in [&mut bob, &mut carol] {
            let result = group.receive(&mut client.keystore, &forged);
            assert!(
                matches!(result, Err(ReceiveError::Inauthentic)),
                "{claimed}: {result:?}"
            );
        }
    }
    bob.1.receive(&mut bob.0.keystore, &message).unwrap();
}

#[test]
fn a_welcome_is_used_once_and_replaces_no_group() {
    let mut alice = Client::new("alice", SUITE);
    let mut bob = Client::new("bob", SUITE);
    let mut mallory = Client::new("mallory", SUITE);
    let package = bob.key_package();
    let add = [Proposal::Add(package)];
    let mut group = alice.create(&GroupParameters::default().id(b"room"));
    let sent = group.commit(&mut alice.keystore, &add, b"").unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let welcome = sent.welcome.unwrap();
    let open = |bob: &Client, welcome: &[u8]| {
        Invitation::open(&bob.keystore, welcome, None, Settings::default(), rules())
    };
    // Cut or changed anywhere, it is refused, and writes nothing.
    for at in 0..welcome.len() {
        let mut forged = welcome.clone();
        forged[at] ^= 1 << (at % 8);
        assert!(open(&bob, &forged).is_err(), "byte {at}");
        assert!(
            matches!(open(&bob, &welcome[..at]), Err(JoinError::Malformed)),
            "cut to {at}"
        );
    }
    let stale = open(&bob, &welcome).unwrap();
    let mut joined = open(&bob, &welcome)
        .unwrap()
        .accept(&mut bob.keystore)
        .unwrap();
    assert!(matches!(
        stale.accept(&mut bob.keystore),
        Err(GroupError::AlreadyExists)
    ));
    assert!(matches!(open(&bob, &welcome), Err(JoinError::NotForUs)));
    // The same client, and the same key package, once more.
    assert!(matches!(
        group.commit(&mut alice.keystore, &add, b""),
        Err(GroupError::DuplicateKey)
    ));

    // Somebody invites him to a group of the same id.
    let add = [Proposal::Add(bob.key_package())];
    let mut fake = mallory.create(&GroupParameters::default().id(b"room"));
    let sent = fake.commit(&mut mallory.keystore, &add, b"").unwrap();
    assert!(matches!(
        open(&bob, &sent.welcome.unwrap()),
        Err(JoinError::AlreadyExists)
    ));
    let message = group
        .encrypt(&mut alice.keystore, b"still here", b"")
        .unwrap();
    joined.receive(&mut bob.keystore, &message).unwrap();
}

#[test]
fn a_group_info_that_was_changed_lets_nobody_join() {
    let [alice, _] = pair(&Settings::default());
    let info = alice.1.group_info().unwrap();
    let mut carol = Client::new("carol", SUITE);
    for at in 0..info.len() {
        let mut forged = info.clone();
        forged[at] ^= 1 << (at % 8);
        let identity = carol.identity();
        let join = ExternalJoin::default();
        let joined =
            Group::join_external(&mut carol.keystore, identity, &forged, None, &join, rules());
        assert!(joined.is_err(), "byte {at}");
    }
    assert!(Group::ids(&carol.keystore).unwrap().is_empty());
}

/// A variable-length integer (RFC 9420 §2.1.2).
fn vector(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    let head = if length < 64 {
        vec![u8::try_from(length).unwrap()]
    } else if length < 16384 {
        (length | 0x4000).to_be_bytes()[2..].to_vec()
    } else {
        (length | 0x8000_0000).to_be_bytes().to_vec()
    };
    [head, bytes.to_vec()].concat()
}

/// A tree of one leaf, with an extension of type ratchet_tree in the leaf, in which there
/// is a tree of one leaf, and so on.
fn nested_tree(leaf: &[u8], depth: usize) -> Vec<u8> {
    // The leaf ends with its extensions, which are none, and a signature of 64 bytes.
    let (head, signature) = leaf.split_at(leaf.len() - 66);
    let (none, head) = head.split_last().unwrap();
    assert_eq!((*none, &signature[..2]), (0, &[0x40, 0x40][..]));
    let mut tree = vector(leaf);
    for _ in 0..depth {
        let extension = [&[0, 2][..], &vector(&tree)].concat();
        let leaf = [head, &vector(&extension), signature].concat();
        tree = vector(&leaf);
    }
    tree
}

#[test]
fn trees_within_trees_exhaust_no_stack() {
    let mut alice = Client::new("alice", SUITE);
    let group = alice
        .create(&GroupParameters::default().settings(Settings::default().tree_in_welcome(false)));
    let tree = group.ratchet_tree().unwrap();
    // One vector of one node.
    let leaf = if tree[0] < 64 { &tree[1..] } else { &tree[2..] };
    assert_eq!(nested_tree(leaf, 0), tree);
    let info = group.group_info().unwrap();
    let run = move || {
        let mut bob = Client::new("bob", SUITE);
        for depth in [1, 2, 10, 1000, 3000] {
            let nested = nested_tree(&group_leaf(&tree), depth);
            let identity = bob.identity();
            let join = ExternalJoin::default();
            let joined = Group::join_external(
                &mut bob.keystore,
                identity,
                &info,
                Some(&nested),
                &join,
                rules(),
            );
            assert!(joined.is_err());
        }
    };
    fn group_leaf(tree: &[u8]) -> Vec<u8> {
        if tree[0] < 64 {
            tree[1..].to_vec()
        } else {
            tree[2..].to_vec()
        }
    }
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_tree_that_was_cut_or_changed_is_refused() {
    let settings = Settings::default().tree_in_welcome(false);
    let mut alice = Client::new("alice", SUITE);
    let group = alice.create(&GroupParameters::default().settings(settings));
    let (info, tree) = (group.group_info().unwrap(), group.ratchet_tree().unwrap());
    let mut carol = Client::new("carol", SUITE);
    let mut join = |tree: &[u8]| {
        let identity = carol.identity();
        let join = ExternalJoin::default();
        let store = &mut carol.keystore;
        let (used, joined) = counting::peak(|| {
            Group::join_external(store, identity, &info, Some(tree), &join, rules())
        });
        assert!(used < 1 << 20, "{used} bytes");
        joined
    };
    for at in 0..tree.len() {
        assert!(
            matches!(join(&tree[..at]), Err(JoinError::Malformed)),
            "cut to {at}"
        );
        // Among them lengths of up to 2^62.
        for byte in [0, 1, 2, 0x40, 0x80, 0xbf, 0xff] {
            let mut forged = tree.clone();
            forged[at] = byte;
            if forged != tree {
                assert!(
                    matches!(
                        join(&forged),
                        Err(JoinError::Malformed | JoinError::InvalidTree)
                    ),
                    "byte {at}: {byte}"
                );
            }
        }
    }
    join(&tree).unwrap();
}

#[test]
fn a_length_that_is_not_there_allocates_nothing() {
    let [_, mut bob] = pair(&Settings::default());
    let package = bob.0.key_package().to_bytes();
    let info = bob.1.group_info().unwrap();
    // A length of 2^30 - 1 where the first vector stands: of a group id, a key, a list.
    let claim = [0xbf, 0xff, 0xff, 0xff];
    for wire_format in 1..=5u8 {
        for at in 4..40 {
            let mut message = vec![0, 1, 0, wire_format];
            let genuine = if wire_format == 5 { &package } else { &info };
            message.extend(genuine.iter().skip(4).take(at - 4));
            message.extend(claim);
            let (used, ()) = counting::peak(|| {
                let (client, group) = &mut bob;
                assert!(group.receive(&mut client.keystore, &message).is_err());
                let opened = Invitation::open(
                    &client.keystore,
                    &message,
                    None,
                    Settings::default(),
                    rules(),
                );
                assert!(matches!(opened, Err(JoinError::Malformed)));
                let read = KeyPackage::from_bytes(&message, &rules());
                assert!(matches!(read, Err(KeyPackageError::Malformed)));
            });
            assert!(used < 1 << 20, "{wire_format} {at}: {used} bytes");
        }
    }
}

#[test]
fn messages_of_more_than_the_limit_are_not_looked_at() {
    let [mut alice, mut bob] = pair(&Settings::default());
    let long = vec![0; (32 << 20) + 1];
    // Nor sent.
    let (client, group) = &mut alice;
    assert!(matches!(
        group.encrypt(&mut client.keystore, &long, b""),
        Err(GroupError::TooLong)
    ));
    let message = group.encrypt(&mut client.keystore, b"short", b"").unwrap();
    let (client, group) = &mut bob;
    group.receive(&mut client.keystore, &message).unwrap();
    assert!(matches!(
        group.receive(&mut client.keystore, &long),
        Err(ReceiveError::Malformed)
    ));
    assert!(matches!(
        Invitation::open(&client.keystore, &long, None, Settings::default(), rules()),
        Err(JoinError::Malformed)
    ));
    assert!(matches!(
        KeyPackage::from_bytes(&long, &rules()),
        Err(KeyPackageError::Malformed)
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600), wire_format in 1..=5u8) {
        let [_, mut bob] = pair(&Settings::default());
        let (client, group) = &mut bob;
        let message = [&[0, 1, 0, wire_format][..], &bytes].concat();
        for message in [&bytes, &message] {
            prop_assert!(group.receive(&mut client.keystore, message).is_err());
            let opened = Invitation::open(&client.keystore, message, Some(&bytes), Settings::default(), rules());
            prop_assert!(opened.is_err());
            prop_assert!(KeyPackage::from_bytes(message, &rules()).is_err());
            let join = ExternalJoin::default();
            let identity = client.identity();
            let joined = Group::join_external(&mut client.keystore, identity, message, None, &join, rules());
            prop_assert!(joined.is_err());
            // A tree is read before the GroupInfo is looked at.
            let (info, identity) = (group.group_info().unwrap(), client.identity());
            let joined = Group::join_external(&mut client.keystore, identity, &info, Some(&bytes), &join, rules());
            prop_assert!(matches!(joined, Err(JoinError::Malformed | JoinError::InvalidTree)));
        }
    }
}
