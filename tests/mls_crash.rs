//! Whatever read or write fails, and whenever the process dies, every operation on a
//! group is whole or has not been, and the group goes on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    faulty_backend::{Contents, Fault, FaultyBackend},
    mls::{follow, rules},
    rng::SeededRng,
};
use necturus::{
    mls::{
        CipherSuite, Credential, ExternalJoin, Group, GroupParameters, Identity, Invitation,
        KeyPackage, KeyPackageOptions, Proposal, Received, Settings,
    },
    pickle::PickleKey,
    store::Keystore,
};

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;
const ROOM: &[u8] = b"room";

fn open(backend: &FaultyBackend) -> Keystore {
    let key = PickleKey::from_bytes(&[7; 32]);
    Keystore::open_with(&mut SeededRng::new(1), backend.clone(), &key).unwrap()
}

fn load(keystore: &Keystore) -> Group {
    Group::load(keystore, ROOM, rules()).unwrap().unwrap()
}

fn identity(name: &str, seed: u64) -> Identity {
    let credential = Credential::basic(name.as_bytes());
    Identity::new_with(&mut SeededRng::new(seed), SUITE, credential).unwrap()
}

fn key_package(keystore: &mut Keystore, name: &str, rng: &mut SeededRng) -> KeyPackage {
    let seed = name.bytes().map(u64::from).sum();
    let identity = identity(name, seed);
    KeyPackage::generate_with(rng, keystore, &identity, &KeyPackageOptions::default()).unwrap()
}

/// One side of a group of two.
struct Side {
    backend: FaultyBackend,
    keystore: Keystore,
    group: Group,
}

impl Side {
    fn new(backend: FaultyBackend) -> Self {
        let keystore = open(&backend);
        let group = load(&keystore);
        Self {
            backend,
            keystore,
            group,
        }
    }
}

/// Alice, whose storage fails, and Bob, whose does not.
struct Pair {
    alice: Side,
    bob: Side,
    rng: SeededRng,
}

impl Pair {
    fn new() -> Self {
        let mut rng = SeededRng::new(5);
        let (ours, his) = (FaultyBackend::new(), FaultyBackend::new());
        let (mut alice, mut bob) = (open(&ours), open(&his));
        let settings = Settings::default().keep_previous_epoch(true);
        let parameters = GroupParameters::default().id(ROOM).settings(settings);
        let identity = identity("alice", 2);
        let mut group =
            Group::create_with(&mut rng, &mut alice, identity, &parameters, rules()).unwrap();
        let add = [Proposal::Add(key_package(&mut bob, "bob", &mut rng))];
        let sent = group.commit_with(&mut rng, &mut alice, &add, b"").unwrap();
        group.merge_pending_with(&mut rng, &mut alice).unwrap();
        let welcome = sent.welcome.unwrap();
        Invitation::open_with(&mut rng, &bob, &welcome, None, Settings::default(), rules())
            .unwrap()
            .accept_with(&mut rng, &mut bob)
            .unwrap();
        Self {
            alice: Side::new(ours),
            bob: Side::new(his),
            rng,
        }
    }

    /// Bob commits, and goes on at once.
    fn bob_commits(&mut self, proposals: &[Proposal]) -> Vec<u8> {
        let (bob, rng) = (&mut self.bob, &mut self.rng);
        let sent = bob
            .group
            .commit_with(rng, &mut bob.keystore, proposals, b"");
        bob.group
            .merge_pending_with(rng, &mut bob.keystore)
            .unwrap();
        sent.unwrap().commit
    }

    fn alice_changes(&mut self) -> Vec<u8> {
        let (alice, rng) = (&mut self.alice, &mut self.rng);
        let new = identity("alice's new device", 3);
        let sent = alice
            .group
            .change_identity_with(rng, &mut alice.keystore, &new, b"");
        sent.unwrap().commit
    }

    fn alice_commits(&mut self) -> Vec<u8> {
        let (alice, rng) = (&mut self.alice, &mut self.rng);
        let sent = alice.group.commit_with(rng, &mut alice.keystore, &[], b"");
        sent.unwrap().commit
    }
}

/// What others and the user see of a group.
fn seen(group: &Group) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?} {:?} {:?}",
        group.epoch(),
        group.identity().signature_key(),
        group.identity().credential(),
        group.epoch_authenticator().unwrap(),
        group.pending_commit().unwrap(),
        group.pending_proposals().unwrap(),
        group.settings(),
    )
}

/// An operation, and what comes before it.
type Named = (&'static str, fn(&mut Pair) -> Operation);
type Operation = Box<dyn Fn(&mut Keystore, &mut Group) -> Result<(), String>>;

fn said<T>(result: Result<T, impl ToString>) -> Result<(), String> {
    result.map(drop).map_err(|error| error.to_string())
}

fn rng() -> SeededRng {
    SeededRng::new(99)
}

/// Each operation of Alice's on a group, after what has to come before. Bob is where
/// he will be when it has succeeded.
fn operations() -> Vec<Named> {
    vec![
        ("encrypt", |_| {
            Box::new(|store, group| said(group.encrypt_with(&mut rng(), store, b"text", b"")))
        }),
        ("receive a message", |pair| {
            let (bob, rng_) = (&mut pair.bob, &mut pair.rng);
            let message = bob
                .group
                .encrypt_with(rng_, &mut bob.keystore, b"text", b"");
            let message = message.unwrap();
            Box::new(move |store, group| said(group.receive_with(&mut rng(), store, &message)))
        }),
        ("accept a proposal", |pair| {
            let (bob, rng_) = (&mut pair.bob, &mut pair.rng);
            let update = Proposal::Update;
            let message = bob
                .group
                .propose_with(rng_, &mut bob.keystore, &update, b"");
            let message = message.unwrap();
            Box::new(move |store, group| {
                let received = group.receive_with(&mut rng(), store, &message);
                match received.map_err(|error| error.to_string())? {
                    Received::Proposal(proposal) => {
                        said(group.accept_proposal_with(&mut rng(), store, proposal))
                    }
                    other => panic!("{other:?}"),
                }
            })
        }),
        ("merge", |pair| {
            let message = pair.bob_commits(&[]);
            Box::new(move |store, group| {
                let received = group.receive_with(&mut rng(), store, &message);
                match received.map_err(|error| error.to_string())? {
                    Received::Commit(commit) => said(group.merge_with(&mut rng(), store, commit)),
                    other => panic!("{other:?}"),
                }
            })
        }),
        ("commit", |_| {
            Box::new(|store, group| said(group.commit_with(&mut rng(), store, &[], b"")))
        }),
        ("merge our own", |pair| {
            let message = pair.alice_commits();
            follow(&mut pair.bob.keystore, &mut pair.bob.group, &message);
            Box::new(|store, group| said(group.merge_pending_with(&mut rng(), store)))
        }),
        ("discard our own", |pair| {
            pair.alice_commits();
            Box::new(|store, group| said(group.discard_pending_with(&mut rng(), store)))
        }),
        ("change the identity", |_| {
            let new = identity("alice's new device", 3);
            Box::new(move |store, group| {
                said(group.change_identity_with(&mut rng(), store, &new, b""))
            })
        }),
        ("merge a new identity", |pair| {
            let message = pair.alice_changes();
            follow(&mut pair.bob.keystore, &mut pair.bob.group, &message);
            Box::new(|store, group| said(group.merge_pending_with(&mut rng(), store)))
        }),
        ("roll a new identity back", |pair| {
            pair.alice_changes();
            let (alice, rng_) = (&mut pair.alice, &mut pair.rng);
            alice
                .group
                .merge_pending_with(rng_, &mut alice.keystore)
                .unwrap();
            Box::new(|store, group| said(group.roll_back_with(&mut rng(), store)))
        }),
        ("propose", |_| {
            Box::new(|store, group| {
                said(group.propose_with(&mut rng(), store, &Proposal::Update, b""))
            })
        }),
        ("leave", |_| {
            Box::new(|store, group| {
                said(group.propose_with(&mut rng(), store, &Proposal::SelfRemove, b""))
            })
        }),
        ("drop a proposal", |pair| {
            let (alice, rng_) = (&mut pair.alice, &mut pair.rng);
            let proposed =
                alice
                    .group
                    .propose_with(rng_, &mut alice.keystore, &Proposal::Update, b"");
            proposed.unwrap();
            let waiting = alice.group.pending_proposals().unwrap().remove(0);
            Box::new(move |store, group| {
                said(group.drop_proposal_with(&mut rng(), store, &waiting.reference))
            })
        }),
        ("change settings", |_| {
            let settings = Settings::default().past_epochs(2).padding(64);
            Box::new(move |store, group| {
                said(group.set_settings_with(&mut rng(), store, settings.clone()))
            })
        }),
        ("roll back", |pair| {
            pair.alice_commits();
            let (alice, rng_) = (&mut pair.alice, &mut pair.rng);
            alice
                .group
                .merge_pending_with(rng_, &mut alice.keystore)
                .unwrap();
            Box::new(|store, group| said(group.roll_back_with(&mut rng(), store)))
        }),
    ]
}

/// Alice and Bob change keys, and talk both ways.
fn goes_on(alice: &mut Side, bob: &mut Side) {
    // Other keys in each epoch.
    let rng = &mut SeededRng::new(alice.group.epoch() + 1000);
    if alice.group.pending_commit().unwrap().is_some() {
        alice
            .group
            .discard_pending_with(rng, &mut alice.keystore)
            .unwrap();
    }
    for proposal in alice.group.pending_proposals().unwrap() {
        alice
            .group
            .drop_proposal_with(rng, &mut alice.keystore, &proposal.reference)
            .unwrap();
    }
    let sent = alice
        .group
        .commit_with(rng, &mut alice.keystore, &[], b"")
        .unwrap();
    follow(&mut bob.keystore, &mut bob.group, &sent.commit);
    alice
        .group
        .merge_pending_with(rng, &mut alice.keystore)
        .unwrap();
    for (from, to) in [(0, 1), (1, 0)] {
        let mut sides = [&mut *alice, &mut *bob];
        let text = sides[from].group.epoch().to_be_bytes();
        let side = &mut sides[from];
        let message = side
            .group
            .encrypt_with(rng, &mut side.keystore, &text, b"")
            .unwrap();
        let side = &mut sides[to];
        let received = side.group.receive_with(rng, &mut side.keystore, &message);
        assert!(
            matches!(received.unwrap(), Received::Message(message) if message.plaintext == text)
        );
    }
}

/// Runs an operation with a fault from this state on. False if nothing went wrong.
fn with_fault(
    name: &str,
    operation: &Operation,
    states: &[Contents; 2],
    expected: &[String; 2],
    fault: Fault,
) -> bool {
    let [before, bobs] = states;
    let backend = FaultyBackend::with(before);
    let mut alice = Side::new(backend);
    alice.backend.fail(fault);
    let result = operation(&mut alice.keystore, &mut alice.group);
    if result.is_ok() {
        return false;
    }
    let dead = matches!(fault, Fault::DeathBefore(_) | Fault::DeathAfter(_));
    alice.backend.restart();
    if !dead {
        // The same process goes on: what it has in memory is as it was, or it says that
        // it has to be loaded again.
        assert_eq!(&alice.backend.contents(), before, "{name} {fault:?}");
        if alice.group.epoch_authenticator().is_ok() {
            assert_eq!(seen(&alice.group), expected[0], "{name} {fault:?}");
        }
        operation(&mut alice.keystore, &mut alice.group).unwrap();
        assert_eq!(seen(&alice.group), expected[1], "{name} {fault:?}");
        goes_on(&mut alice, &mut Side::new(FaultyBackend::with(bobs)));
        alice.backend.set(before);
    }
    // Another process finds the state of before, or of behind.
    let mut alice = Side::new(alice.backend.clone());
    let whole = matches!(fault, Fault::DeathAfter(_));
    assert_eq!(
        seen(&alice.group),
        expected[usize::from(whole)],
        "{name} {fault:?}"
    );
    if !whole {
        operation(&mut alice.keystore, &mut alice.group).unwrap();
        assert_eq!(seen(&alice.group), expected[1], "{name} {fault:?}");
    }
    goes_on(&mut alice, &mut Side::new(FaultyBackend::with(bobs)));
    true
}

#[test]
fn every_operation_is_whole_or_has_not_been() {
    for (name, prepare) in operations() {
        let mut pair = Pair::new();
        let operation = prepare(&mut pair);
        let states = [pair.alice.backend.contents(), pair.bob.backend.contents()];
        let before = seen(&pair.alice.group);
        pair.alice.backend.restart();
        operation(&mut pair.alice.keystore, &mut pair.alice.group).unwrap();
        assert_eq!(pair.alice.backend.writes(), 1, "{name} is one batch");
        let expected = [before, seen(&pair.alice.group)];
        goes_on(&mut pair.alice, &mut pair.bob);

        for fault in [Fault::Write(0), Fault::DeathBefore(0), Fault::DeathAfter(0)] {
            assert!(with_fault(name, &operation, &states, &expected, fault));
        }
        let reads = (0..).take_while(|read| {
            with_fault(name, &operation, &states, &expected, Fault::Read(*read))
        });
        println!("{name}: {} reads, 1 write", reads.count());
    }
}

#[test]
fn a_key_package_and_a_join_are_whole_or_have_not_been() {
    let faults = [Fault::Write(0), Fault::DeathBefore(0), Fault::DeathAfter(0)];
    for fault in faults {
        // A key package that was not given out may be there; one that was, is.
        let backend = FaultyBackend::new();
        let mut store = open(&backend);
        backend.fail(fault);
        let identity_ = identity("dave", 3);
        let options = KeyPackageOptions::default();
        let made = KeyPackage::generate_with(&mut rng(), &mut store, &identity_, &options);
        assert!(made.is_err());
        backend.restart();
        let mut store = open(&backend);
        let package = key_package(&mut store, "dave", &mut SeededRng::new(101));

        let mut pair = Pair::new();
        let (alice, rng_) = (&mut pair.alice, &mut pair.rng);
        let add = [Proposal::Add(package)];
        let sent = alice
            .group
            .commit_with(rng_, &mut alice.keystore, &add, b"")
            .unwrap();
        alice
            .group
            .merge_pending_with(rng_, &mut alice.keystore)
            .unwrap();
        let welcome = sent.welcome.unwrap();
        let settings = Settings::default;
        let open_it = |store: &Keystore| {
            Invitation::open_with(&mut rng(), store, &welcome, None, settings(), rules())
        };
        let invitation = open_it(&store).unwrap();
        backend.fail(fault);
        assert!(invitation.accept_with(&mut rng(), &mut store).is_err());
        backend.restart();
        let mut store = open(&backend);
        if fault == Fault::DeathAfter(0) {
            assert!(open_it(&store).is_err(), "the key package is used up");
        } else {
            let invitation = open_it(&store).unwrap();
            invitation.accept_with(&mut rng(), &mut store).unwrap();
        }
        goes_on(&mut pair.alice, &mut Side::new(backend.clone()));

        // Joining from outside, and making a group.
        let info = pair.alice.group.group_info().unwrap();
        let backend = FaultyBackend::new();
        let mut store = open(&backend);
        backend.fail(fault);
        let join = |store: &mut Keystore| {
            let join = ExternalJoin::default();
            let identity = identity("erin", 4);
            let rng = &mut SeededRng::new(100);
            Group::join_external_with(rng, store, identity, &info, None, &join, rules())
        };
        assert!(join(&mut store).is_err());
        backend.restart();
        let mut store = open(&backend);
        let (_, commit) = join(&mut store).unwrap();
        follow(&mut pair.alice.keystore, &mut pair.alice.group, &commit);
        goes_on(&mut pair.alice, &mut Side::new(backend.clone()));

        let backend = FaultyBackend::new();
        let mut store = open(&backend);
        backend.fail(fault);
        let create = |store: &mut Keystore| {
            let parameters = GroupParameters::default().id(ROOM);
            Group::create_with(
                &mut rng(),
                store,
                identity("frank", 6),
                &parameters,
                rules(),
            )
        };
        assert!(create(&mut store).is_err());
        backend.restart();
        let mut store = open(&backend);
        if fault != Fault::DeathAfter(0) {
            create(&mut store).unwrap();
        }
        assert_eq!(Group::ids(&store).unwrap(), [ROOM]);
        assert_eq!(load(&store).members().unwrap().len(), 1);
    }
}

#[test]
fn no_key_is_left_behind() {
    let backend = FaultyBackend::new();
    let mut store = open(&backend);
    let records = || backend.contents().len();
    let rng = &mut SeededRng::new(5);
    let parameters = GroupParameters::default().id(ROOM);
    let mut group =
        Group::create_with(rng, &mut store, identity("alice", 2), &parameters, rules()).unwrap();
    let mut theirs = open(&FaultyBackend::new());
    let add = [Proposal::Add(key_package(&mut theirs, "bob", rng))];
    let sent = group.commit_with(rng, &mut store, &add, b"").unwrap();
    group.merge_pending_with(rng, &mut store).unwrap();
    let welcome = sent.welcome.unwrap();
    let settings = Settings::default();
    let mut his = Invitation::open_with(rng, &theirs, &welcome, None, settings, rules())
        .unwrap()
        .accept_with(rng, &mut theirs)
        .unwrap();
    let before = records();
    // Updates that are dropped, not committed, and committed by another.
    for committed in [false, true, false, true] {
        for _ in 0..3 {
            let message = group
                .propose_with(rng, &mut store, &Proposal::Update, b"")
                .unwrap();
            let received = his.receive_with(rng, &mut theirs, &message).unwrap();
            let Received::Proposal(proposal) = received else {
                panic!("no proposal")
            };
            his.accept_proposal_with(rng, &mut theirs, proposal)
                .unwrap();
        }
        if committed {
            let sent = his.commit_with(rng, &mut theirs, &[], b"").unwrap();
            his.merge_pending_with(rng, &mut theirs).unwrap();
            follow(&mut store, &mut group, &sent.commit);
        } else {
            let waiting = group.pending_proposals().unwrap().remove(0);
            group
                .drop_proposal_with(rng, &mut store, &waiting.reference)
                .unwrap();
            let sent = group.commit_with(rng, &mut store, &[], b"").unwrap();
            group.merge_pending_with(rng, &mut store).unwrap();
            follow(&mut theirs, &mut his, &sent.commit);
        }
        assert_eq!(records(), before, "{committed}");
    }
    group
        .propose_with(rng, &mut store, &Proposal::Update, b"")
        .unwrap();
    Group::delete_with(rng, &mut store, ROOM).unwrap();
    // The keystore's own key, and the identity.
    assert_eq!(records(), 2);
}
