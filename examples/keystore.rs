//! A device keeps its account, a session and a room's keys in one SQLite file; after
//! a restart it goes on where it was. The file opens once, and with its key alone.
//!
//! `cargo run --features sqlite --example keystore`

use core::error::Error;
use std::{env, fs, process};

use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, OlmMessage},
    pickle::PickleKey,
    store::{Keystore, OpenError, SqliteBackend, SqliteError},
};

const ROOM: &str = "!room:example.org";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("necturus-example-{}", process::id()));
    fs::create_dir(&folder)?;
    let path = folder.join("keystore.sqlite");
    let key = PickleKey::from_bytes(&[7; 32]); // from the platform's key store

    // A new device.
    let mut keystore = Keystore::open(SqliteBackend::open(&path)?, &key)?;
    let mut account = Account::new()?;
    account.generate_one_time_keys(50)?;
    let mut transaction = keystore.transaction();
    transaction.put_account(&account);
    transaction.commit()?;

    // Bob starts a session. It takes a one-time key of the account: both land together.
    let bob = Account::new()?;
    let (ours, bobs) = (account.identity_keys(), bob.identity_keys().curve25519);
    let keys = account.one_time_keys();
    let one_time_key = keys.first().ok_or("no key")?.key;
    let version = SessionVersion::V1;
    let mut talk = bob.outbound_session(version, &ours.curve25519, &one_time_key)?;
    let OlmMessage::PreKey(message) = talk.encrypt(b"hello")? else {
        return Err("a session starts with pre-key messages".into());
    };
    let (session, _) = account
        .open(version, &bobs, &message)?
        .accept(&mut account)?;
    let room = OutboundGroupSession::new(version)?;
    let reader = InboundGroupSession::new(&room.session_key(), version);
    let mut transaction = keystore.transaction();
    transaction.put_account(&account);
    transaction.put_session(&bobs, &session);
    transaction.put_outbound_session(ROOM, &room);
    transaction.put_inbound_session(ROOM, &ours.curve25519, &reader);
    transaction.put_value("sync token", b"s72594_4483_1934");
    transaction.commit()?;
    println!("kept an account, a session and a room's keys in one file");

    let second = SqliteBackend::open(&path).err();
    assert_eq!(second, Some(SqliteError::InUse));
    println!("a second opening is refused");
    drop((keystore, account, session, room));

    let wrong = PickleKey::from_bytes(&[8; 32]);
    let opened = Keystore::open(SqliteBackend::open(&path)?, &wrong);
    assert!(matches!(opened, Err(OpenError::WrongKey)));
    println!("another key is refused");

    // After a restart. What was encrypted goes out when the session is kept.
    let mut keystore = Keystore::open(SqliteBackend::open(&path)?, &key)?;
    let ids = keystore.session_ids(&bobs)?;
    let id = ids.first().ok_or("no session")?;
    let mut session = keystore.session(&bobs, id)?.ok_or("no session")?;
    let reply = session.encrypt(b"hello again")?;
    let mut transaction = keystore.transaction();
    transaction.put_session(&bobs, &session);
    transaction.commit()?;
    let text = talk.decrypt(&reply)?.plaintext;
    println!("after a restart: \"{}\"", String::from_utf8(text)?);

    Ok(fs::remove_dir_all(folder)?)
}
