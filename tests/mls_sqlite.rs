//! One SQLite file keeps a client's groups beside its Olm account, and all of it goes on
//! after a restart.

mod common;

use common::{
    mls::{Client, follow, rules},
    temporary::TemporaryFolder,
};
use necturus::{
    mls::{
        CipherSuite, Credential, Group, GroupParameters, Identity, Invitation, KeyPackage,
        KeyPackageOptions, Proposal, Received, Settings,
    },
    olm::Account,
    pickle::PickleKey,
    store::{Keystore, OpenError, SqliteBackend},
};

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

#[test]
fn groups_and_accounts_live_in_one_file() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore.db");
    let open = |key: u8| {
        let backend = SqliteBackend::open(&path).unwrap();
        Keystore::open(backend, &PickleKey::from_bytes(&[key; 32]))
    };
    let mut alice = Client::new("alice", SUITE);
    let mut group = alice.create(&GroupParameters::default());

    // Bob publishes, and his process ends.
    let account = Account::new().unwrap();
    let mut store = open(1).unwrap();
    let mut transaction = store.transaction();
    transaction.put_account(&account);
    transaction.commit().unwrap();
    let identity = Identity::new(SUITE, Credential::basic(b"bob")).unwrap();
    let package =
        KeyPackage::generate(&mut store, &identity, &KeyPackageOptions::default()).unwrap();
    drop((store, identity));

    // The next one joins.
    let sent = group
        .commit(&mut alice.keystore, &[Proposal::Add(package)], b"")
        .unwrap();
    group.merge_pending(&mut alice.keystore).unwrap();
    let mut store = open(1).unwrap();
    let welcome = sent.welcome.unwrap();
    let invitation =
        Invitation::open(&store, &welcome, None, Settings::default(), rules()).unwrap();
    let id = invitation.accept(&mut store).unwrap().id().to_vec();
    drop(store);
    assert!(matches!(open(2), Err(OpenError::WrongKey)));

    // And another one reads, writes and follows.
    let mut store = open(1).unwrap();
    let mut his = Group::load(&store, &id, rules()).unwrap().unwrap();
    let message = group.encrypt(&mut alice.keystore, b"hello", b"").unwrap();
    let read = his.receive(&mut store, &message).unwrap();
    assert!(matches!(read, Received::Message(message) if message.plaintext == b"hello"));
    let sent = his.commit(&mut store, &[], b"").unwrap();
    drop((store, his));
    let mut store = open(1).unwrap();
    let mut his = Group::load(&store, &id, rules()).unwrap().unwrap();
    follow(&mut alice.keystore, &mut group, &sent.commit);
    his.merge_pending(&mut store).unwrap();
    assert_eq!(
        his.epoch_authenticator().unwrap(),
        group.epoch_authenticator().unwrap()
    );
    let stored = store.account().unwrap().unwrap();
    assert_eq!(stored.identity_keys(), account.identity_keys());
    assert_eq!(Group::ids(&store).unwrap(), [id]);
}
