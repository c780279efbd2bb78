//! A tour of what the library does, on real input, in a screen of output:
//! two devices talk over Olm and share a room, everything is put to rest and
//! goes on, and then a device that used libolm moves in.
//!
//! Run it with `cargo run --release --example tour`.

use core::error::Error;

use necturus::{
    Curve25519PublicKey, SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession, SessionKey},
    olm::{Account, OlmMessage, Session},
    pickle::PickleKey,
};
use serde_json::Value;

const V1: SessionVersion = SessionVersion::V1;

fn main() -> Result<(), Box<dyn Error>> {
    two_devices_and_a_room()?;
    println!();
    moving_in_from_libolm()
}

/// One device as a client keeps it.
struct Device {
    name: &'static str,
    account: Account,
    session: Option<Session>,
}

impl Device {
    fn new(name: &'static str) -> Result<Self, Box<dyn Error>> {
        let account = Account::new()?;
        println!("{name} has a device: {}", account.identity_keys().to_json());
        Ok(Self {
            name,
            account,
            session: None,
        })
    }

    fn session(&mut self) -> Result<&mut Session, Box<dyn Error>> {
        Ok(self.session.as_mut().ok_or("there is no session yet")?)
    }

    /// Puts account and session to rest, drops them, and wakes them again.
    fn rest(self, key: &PickleKey) -> Result<Self, Box<dyn Error>> {
        let name = self.name;
        let account = self.account.pickle(key, name.as_bytes())?;
        let session = self
            .session
            .as_ref()
            .map(|session| session.pickle(key, name.as_bytes()));
        let session = session.transpose()?;
        drop(self);
        let lengths = (account.len(), session.as_ref().map_or(0, Vec::len));
        println!(
            "  {name} at rest: account {} bytes, session {} bytes",
            lengths.0, lengths.1
        );
        let session = session.map(|pickle| Session::unpickle(&pickle, key, name.as_bytes()));
        Ok(Self {
            name,
            account: Account::unpickle(&account, key, name.as_bytes())?,
            session: session.transpose()?,
        })
    }
}

fn two_devices_and_a_room() -> Result<(), Box<dyn Error>> {
    println!("== Two devices and a room");
    let mut alice = Device::new("Alice")?;
    let mut bob = Device::new("Bob")?;

    // Bob publishes one-time keys, and Alice starts a session with one of them.
    bob.account.generate_one_time_keys(2)?;
    println!("Bob publishes {}", bob.account.one_time_keys_json());
    let claimed = bob
        .account
        .unpublished_one_time_keys()
        .next()
        .ok_or("no one-time key")?;
    bob.account.mark_one_time_keys_published(&[claimed.id]);
    let bobs_identity = bob.account.identity_keys().curve25519;
    alice.session = Some(
        alice
            .account
            .outbound_session(V1, &bobs_identity, &claimed.key)?,
    );

    // The first message carries the keys that make Bob's side of the session.
    let first = alice.session()?.encrypt(b"Hello, Bob!")?;
    println!(
        "Alice sends a pre-key message of {} bytes",
        first.as_bytes().len()
    );
    let OlmMessage::PreKey(first) = OlmMessage::from_parts(0, &first.to_base64())? else {
        return Err("type 0 is a pre-key message".into());
    };
    let alices_identity = alice.account.identity_keys().curve25519;
    let pending = bob.account.open(V1, &alices_identity, &first)?;
    println!("Bob opens {:?}", text(pending.plaintext())?);
    bob.session = Some(pending.accept(&mut bob.account)?.0);
    println!("Session {} on both sides", bob.session()?.id());

    let reply = bob.session()?.encrypt(b"Hello, Alice!")?;
    println!(
        "Alice reads {:?}",
        text(&alice.session()?.decrypt(&reply)?.plaintext)?
    );

    // Alice shares the key of a room over Olm.
    let mut room = OutboundGroupSession::new(V1)?;
    let shared = alice
        .session()?
        .encrypt(room.session_key().to_base64().as_bytes())?;
    let room_key = bob.session()?.decrypt(&shared)?.plaintext;
    let mut reader = InboundGroupSession::new(&SessionKey::from_base64(text(&room_key)?)?, V1);
    println!(
        "Alice shares room key {} at index {}",
        reader.session_id(),
        reader.first_known_index()
    );
    let message = room.encrypt_base64(b"Welcome to the room")?;
    let decrypted = reader.decrypt_base64(&message)?;
    println!(
        "Bob reads {:?}, message {} of the room",
        text(&decrypted.plaintext)?,
        decrypted.index
    );

    // Everything is put to rest, dropped, and goes on.
    let key = PickleKey::from_bytes(&[0x2a; 32]); // from the platform's key store
    let mut alice = alice.rest(&key)?;
    let mut bob = bob.rest(&key)?;
    let mut room = OutboundGroupSession::unpickle(&room.pickle(&key, b"room")?, &key, b"room")?;
    let mut reader = InboundGroupSession::unpickle(&reader.pickle(&key, b"room")?, &key, b"room")?;
    let message = room.encrypt(b"Still here")?;
    println!(
        "Bob reads {:?}",
        text(&reader.decrypt(&message)?.plaintext)?
    );
    let message = bob.session()?.encrypt(b"So am I")?;
    println!(
        "Alice reads {:?}",
        text(&alice.session()?.decrypt(&message)?.plaintext)?
    );
    Ok(())
}

/// What libolm wrote, and how: see `about` in the file.
const LIBOLM: &str = include_str!("../test-vectors/tour-libolm.json");

fn moving_in_from_libolm() -> Result<(), Box<dyn Error>> {
    let world: Value = serde_json::from_str(LIBOLM)?;
    println!(
        "== Moving in from libolm {}",
        string(&world, "/libolm_version")?
    );
    let key = string(&world, "/pickle_key")?.as_bytes();

    let mut account = Account::from_libolm_pickle(string(&world, "/alice/account/pickle")?, key)?;
    println!(
        "Alice's account moves in with {} one-time keys: {}",
        account.one_time_key_count(),
        account.identity_keys().to_json()
    );
    let mut session = Session::from_libolm_pickle(string(&world, "/alice/session/pickle")?, key)?;
    println!("Her session moves in: {}", session.describe());
    for message in list(&world, "/undelivered/session")? {
        let kind = message
            .pointer("/type")
            .and_then(Value::as_u64)
            .ok_or("no type")?;
        let message_in = OlmMessage::from_parts(usize::try_from(kind)?, string(message, "/body")?)?;
        show(&session.decrypt(&message_in)?.plaintext, message)?;
    }

    let body = string(&world, "/undelivered/new_session/body")?;
    let OlmMessage::PreKey(message) = OlmMessage::from_parts(0, body)? else {
        return Err("type 0 is a pre-key message".into());
    };
    let sender = string(&world, "/bob/identity_keys/curve25519")?;
    let pending = account.open(V1, &Curve25519PublicKey::from_base64(sender)?, &message)?;
    let (_, plaintext) = pending.accept(&mut account)?;
    show(
        &plaintext,
        world
            .pointer("/undelivered/new_session")
            .ok_or("no message")?,
    )?;

    let pickle = string(&world, "/alice/inbound_group_session/pickle")?;
    let mut room = InboundGroupSession::from_libolm_pickle(pickle, key)?;
    println!("Her room moves in at index {}", room.first_known_index());
    for message in list(&world, "/undelivered/megolm")? {
        show(
            &room.decrypt_base64(string(message, "/message")?)?.plaintext,
            message,
        )?;
    }

    let pickle = string(&world, "/alice/outbound_group_session/pickle")?;
    let mut outbound = OutboundGroupSession::from_libolm_pickle(pickle, key)?;
    let next = string(&world, "/alice/outbound_group_session/next/plaintext")?;
    let message = outbound.encrypt_base64(next.as_bytes())?;
    if message != string(&world, "/alice/outbound_group_session/next/message")? {
        return Err("libolm would have sent another message".into());
    }
    println!("She sends {next:?}, byte for byte what libolm would have sent");
    Ok(())
}

/// Prints a text if it is the one that libolm encrypted.
fn show(plaintext: &[u8], message: &Value) -> Result<(), Box<dyn Error>> {
    let read = text(plaintext)?;
    if read != string(message, "/plaintext")? {
        return Err("libolm encrypted another text".into());
    }
    println!("  Alice reads {read:?}");
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, Box<dyn Error>> {
    Ok(core::str::from_utf8(bytes)?)
}

fn string<'a>(json: &'a Value, pointer: &str) -> Result<&'a str, Box<dyn Error>> {
    let value = json.pointer(pointer).and_then(Value::as_str);
    value.ok_or_else(|| format!("the file has no {pointer}").into())
}

fn list<'a>(json: &'a Value, pointer: &str) -> Result<&'a [Value], Box<dyn Error>> {
    let value = json.pointer(pointer).and_then(Value::as_array);
    value
        .map(Vec::as_slice)
        .ok_or_else(|| format!("the file has no {pointer}").into())
}
