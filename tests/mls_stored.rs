//! Groups that an earlier build stored are loaded, and go on.
//!
//! `stored/mls-1.json` is two keystores of one group, with a commit of the second's that
//! waits, a proposal that waits, and messages that were sent. It was written by
//! `write_what_is_stored`, and stays for good: what stands in it must be read by every
//! later release.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{faulty_backend::FaultyBackend, mls::rules, rng::SeededRng};
use necturus::{
    mls::{
        Capabilities, CipherSuite, Credential, Extension, Group, GroupParameters, Identity,
        Invitation, KeyPackage, KeyPackageOptions, Proposal, Received, Settings,
    },
    pickle::PickleKey,
    store::Keystore,
};
use serde::{Deserialize, Serialize};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stored/mls-1.json");
const ID: &[u8] = b"stored";
const KIND: u16 = 0xF6D0;

#[derive(Serialize, Deserialize)]
struct Stored {
    epoch_authenticator: String,
    message_to_bob: String,
    message_to_alice: String,
    commit_of_bob: String,
    alice: Vec<(String, String)>,
    bob: Vec<(String, String)>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
        .collect()
}

fn open(backend: &FaultyBackend) -> Keystore {
    let key = PickleKey::from_bytes(&[42; 32]);
    Keystore::open_with(&mut SeededRng::new(1), backend.clone(), &key).unwrap()
}

fn contents(backend: &FaultyBackend) -> Vec<(String, String)> {
    let contents = backend.contents();
    contents
        .iter()
        .map(|(key, value)| (hex(key), hex(value)))
        .collect()
}

fn keystore(contents: &[(String, String)]) -> Keystore {
    let contents = contents
        .iter()
        .map(|(key, value)| (unhex(key), unhex(value)));
    open(&FaultyBackend::with(&contents.collect()))
}

#[test]
fn a_stored_group_goes_on() {
    let stored: Stored = serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap();
    let (mut alices, mut bobs) = (keystore(&stored.alice), keystore(&stored.bob));
    let load = |store: &Keystore| Group::load(store, ID, rules()).unwrap().unwrap();
    let (mut alice, mut bob) = (load(&alices), load(&bobs));
    for group in [&alice, &bob] {
        assert_eq!(
            hex(&group.epoch_authenticator().unwrap()),
            stored.epoch_authenticator
        );
        assert_eq!(group.extensions().unwrap(), [Extension::new(KIND, b"room")]);
        assert_eq!(group.members().unwrap().len(), 2);
    }
    assert_eq!(alice.settings(), &settings());
    let read = |store: &mut Keystore, group: &mut Group, message: &str| match group
        .receive(store, &unhex(message))
        .unwrap()
    {
        Received::Message(message) => message.plaintext,
        other => panic!("{other:?}"),
    };
    assert_eq!(read(&mut bobs, &mut bob, &stored.message_to_bob), b"to bob");
    assert_eq!(
        read(&mut alices, &mut alice, &stored.message_to_alice),
        b"to alice"
    );

    // The commit that waits, with the proposal that waited.
    assert_eq!(bob.pending_commit().unwrap().unwrap().updated.len(), 2);
    assert_eq!(alice.pending_proposals().unwrap().len(), 1);
    let commit = unhex(&stored.commit_of_bob);
    let Received::Commit(commit) = alice.receive(&mut alices, &commit).unwrap() else {
        panic!("no commit")
    };
    alice.merge(&mut alices, commit).unwrap();
    bob.merge_pending(&mut bobs).unwrap();
    assert_eq!(
        alice.epoch_authenticator().unwrap(),
        bob.epoch_authenticator().unwrap()
    );
    let message = alice.encrypt(&mut alices, b"on", b"").unwrap();
    assert_eq!(read(&mut bobs, &mut bob, &hex(&message)), b"on");
    alice.roll_back(&mut alices).unwrap();
    assert_eq!(
        hex(&alice.epoch_authenticator().unwrap()),
        stored.epoch_authenticator
    );
}

fn settings() -> Settings {
    Settings::default().keep_previous_epoch(true).past_epochs(1)
}

#[test]
#[ignore = "writes the file; never again for a format that was released"]
fn write_what_is_stored() {
    let rng = &mut SeededRng::new(9420);
    let (ours, his) = (FaultyBackend::new(), FaultyBackend::new());
    let (mut alices, mut bobs) = (open(&ours), open(&his));
    let suite = CipherSuite::X25519Aes128Gcm;
    let mut identity =
        |name: &[u8]| Identity::new_with(rng, suite, Credential::basic(name)).unwrap();
    let (alice, bob) = (identity(b"alice"), identity(b"bob"));
    let options = KeyPackageOptions::default()
        .lifetime(core::time::Duration::from_secs(1 << 32))
        .capabilities(Capabilities::default().extension(KIND));
    let package = KeyPackage::generate_with(rng, &mut bobs, &bob, &options).unwrap();
    let parameters = GroupParameters::default()
        .id(ID)
        .extension(Extension::new(KIND, b"room"))
        .settings(settings());
    // The key package outlives what rules accept by default.
    let lax = rules().check_lifetimes(false);
    let mut alice = Group::create_with(rng, &mut alices, alice, &parameters, lax.clone()).unwrap();
    let add = [Proposal::Add(package)];
    let sent = alice.commit_with(rng, &mut alices, &add, b"").unwrap();
    alice.merge_pending_with(rng, &mut alices).unwrap();
    let mut bob = Invitation::open_with(rng, &bobs, &sent.welcome.unwrap(), None, settings(), lax)
        .unwrap()
        .accept_with(rng, &mut bobs)
        .unwrap();
    let to_bob = alice
        .encrypt_with(rng, &mut alices, b"to bob", b"")
        .unwrap();
    let to_alice = bob.encrypt_with(rng, &mut bobs, b"to alice", b"").unwrap();
    let proposed = alice
        .propose_with(rng, &mut alices, &Proposal::Update, b"")
        .unwrap();
    let Received::Proposal(proposal) = bob.receive_with(rng, &mut bobs, &proposed).unwrap() else {
        panic!("no proposal")
    };
    bob.accept_proposal_with(rng, &mut bobs, proposal).unwrap();
    let commit = bob.commit_with(rng, &mut bobs, &[], b"").unwrap().commit;
    let stored = Stored {
        epoch_authenticator: hex(&alice.epoch_authenticator().unwrap()),
        message_to_bob: hex(&to_bob),
        message_to_alice: hex(&to_alice),
        commit_of_bob: hex(&commit),
        alice: contents(&ours),
        bob: contents(&his),
    };
    // Not over one that is there.
    let file = std::fs::File::create_new(PATH).unwrap();
    serde_json::to_writer_pretty(file, &stored).unwrap();
}
