//! Writes the state that the tour in necturus starts from: what a program
//! that used libolm had stored, and what reaches it after it has moved.
//!
//! ```text
//! cargo run -p necturus-interop-libolm --features libolm --example write_tour_state -- \
//!     test-vectors/tour-libolm.json
//! ```
//!
//! All of it comes from libolm itself. The random bytes come from a small
//! generator with a fixed seed, so two runs write the same file.

use core::error::Error;
use std::{
    env, fs,
    io::{self, ErrorKind},
};

use necturus_interop_libolm::{
    Account, InboundGroupSession, OutboundGroupSession, Session, library_version,
};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("say where to write the file")?;
    let mut text = serde_json::to_string_pretty(&world()?)?;
    text.push('\n');
    fs::write(path, text)?;
    Ok(())
}

/// Alice moves to necturus, Bob stays on libolm.
fn world() -> Result<Value, Box<dyn Error>> {
    let mut random = SplitMix64(SEED);

    let mut alice = Account::new(&random.bytes(64))?;
    let mut bob = Account::new(&random.bytes(64))?;
    let alice_keys: Value = serde_json::from_str(&alice.identity_keys_json()?)?;
    let bob_keys: Value = serde_json::from_str(&bob.identity_keys_json()?)?;
    alice.generate_one_time_keys(3, &random.bytes(96))?;
    alice.generate_fallback_key(&random.bytes(32))?;
    let alice_published = curve25519(&alice.one_time_keys_json()?)?;
    let fallback_key = curve25519(&alice.fallback_key_json()?)?;
    alice.mark_keys_as_published()?;
    alice.generate_one_time_keys(1, &random.bytes(32))?;
    let alice_unpublished = curve25519(&alice.one_time_keys_json()?)?;
    bob.generate_one_time_keys(1, &random.bytes(32))?;
    let bob_published = curve25519(&bob.one_time_keys_json()?)?;
    bob.mark_keys_as_published()?;

    // Alice starts, Bob answers, Alice again: the session turns twice.
    let mut alice_session = Session::outbound(
        &alice,
        &random.bytes(64),
        text(&bob_keys, "curve25519")?,
        first(&bob_published)?,
    )?;
    let opening = send(&mut alice_session, &mut random, "Alice opens the session")?;
    let mut bob_session = Session::inbound(&mut bob, &opening.body)?;
    opening.deliver(&mut bob_session)?;
    bob.remove_one_time_keys(&bob_session)?;
    send(&mut bob_session, &mut random, "Bob answers")?.deliver(&mut alice_session)?;
    send(&mut alice_session, &mut random, "Alice goes on")?.deliver(&mut bob_session)?;
    // The first of these is late: Alice's session keeps the key for it.
    let late = send(&mut bob_session, &mut random, "Bob's first, and late")?;
    send(&mut bob_session, &mut random, "Bob's second")?.deliver(&mut alice_session)?;
    let third = send(&mut bob_session, &mut random, "Bob's third")?;
    let fourth = send(&mut bob_session, &mut random, "Bob's fourth: ünïcödé ✓")?;

    // Bob starts another session, with a key that Alice still holds.
    let mut bob_new_session = Session::outbound(
        &bob,
        &random.bytes(64),
        text(&alice_keys, "curve25519")?,
        first(&alice_published)?,
    )?;
    let pre_key = send(
        &mut bob_new_session,
        &mut random,
        "Bob opens another session",
    )?;

    // Alice gets the key from the third message on, and reads two.
    let mut bob_group = OutboundGroupSession::new(&random.bytes(160))?;
    bob_group.encrypt("before Alice came, 0")?;
    bob_group.encrypt("before Alice came, 1")?;
    let session_key = bob_group.session_key()?;
    let mut alice_inbound = InboundGroupSession::new(&session_key)?;
    for plaintext in ["to the room, 2", "to the room, 3"] {
        alice_inbound.decrypt(bob_group.encrypt(plaintext)?)?;
    }
    let mut group_messages = Vec::new();
    for plaintext in ["to the room, 4", "to the room, 5", ""] {
        let index = bob_group.message_index();
        let message = bob_group.encrypt(plaintext)?;
        group_messages.push((index, message, plaintext));
    }

    let mut alice_outbound = OutboundGroupSession::new(&random.bytes(160))?;
    let alice_outbound_shared = alice_outbound.session_key()?;
    alice_outbound.encrypt("Alice to the room, 0")?;
    alice_outbound.encrypt("Alice to the room, 1")?;
    let alice_outbound_pickle = alice_outbound.pickle(PICKLE_KEY)?;
    let alice_outbound_index = alice_outbound.message_index();
    // No random bytes in it, so whoever has the state must write this.
    let next_plaintext = "Alice to the room, 2";
    let next_message = alice_outbound.encrypt(next_plaintext)?;

    let account_pickle = alice.pickle(PICKLE_KEY)?;
    let session_pickle = alice_session.pickle(PICKLE_KEY)?;
    let inbound_pickle = alice_inbound.pickle(PICKLE_KEY)?;

    // What is promised below has to be true for libolm first.
    let mut alice = Account::unpickle(PICKLE_KEY, &account_pickle)?;
    let mut session = Session::unpickle(PICKLE_KEY, &session_pickle)?;
    for message in [&third, &late, &fourth] {
        message.deliver(&mut session)?;
    }
    let mut new_session = Session::inbound(&mut alice, &pre_key.body)?;
    pre_key.deliver(&mut new_session)?;
    let mut inbound = InboundGroupSession::unpickle(PICKLE_KEY, &inbound_pickle)?;
    for (index, message, plaintext) in &group_messages {
        let read = inbound.decrypt(message)?;
        expect(read == (plaintext.as_bytes().to_vec(), *index))?;
    }

    let session_messages = [third, late, fourth].map(|message| {
        json!({
            "body": message.body,
            "plaintext": message.plaintext,
            "type": message.message_type,
        })
    });
    let group_messages: Vec<_> = group_messages
        .iter()
        .map(|(index, message, plaintext)| {
            json!({ "index": index, "message": message, "plaintext": plaintext })
        })
        .collect();

    // Keys in alphabetical order, which `serde_json` makes of them anyway,
    // unless another package in the build turns on its `preserve_order`.
    let (major, minor, patch) = library_version();
    Ok(json!({
        "about": ABOUT,
        "alice": {
            "account": {
                "fallback_key": fallback_key,
                "identity_keys": alice_keys,
                "pickle": account_pickle,
                "published_one_time_keys": alice_published,
                "unpublished_one_time_keys": alice_unpublished,
            },
            "inbound_group_session": {
                "first_known_index": alice_inbound.first_known_index(),
                "id": alice_inbound.id()?,
                "pickle": inbound_pickle,
            },
            "outbound_group_session": {
                "id": alice_outbound.id()?,
                "message_index": alice_outbound_index,
                "next": { "message": next_message, "plaintext": next_plaintext },
                "pickle": alice_outbound_pickle,
                "session_key_at_0": alice_outbound_shared,
            },
            "session": {
                "id": alice_session.id()?,
                "pickle": session_pickle,
            },
        },
        "bob": {
            "account_pickle": bob.pickle(PICKLE_KEY)?,
            "identity_keys": bob_keys,
            "new_session_pickle": bob_new_session.pickle(PICKLE_KEY)?,
            "outbound_group_session": {
                "id": bob_group.id()?,
                "pickle": bob_group.pickle(PICKLE_KEY)?,
                "session_key_at_2": session_key,
            },
            "session_pickle": bob_session.pickle(PICKLE_KEY)?,
        },
        "format": 1,
        "generator": "interop/libolm/examples/write_tour_state.rs",
        "libolm_version": format!("{major}.{minor}.{patch}"),
        "pickle_key": PICKLE_KEY,
        "seed": format!("{SEED:#018x}"),
        "undelivered": {
            "megolm": group_messages,
            "new_session": {
                "body": pre_key.body,
                "one_time_key": first(&alice_published)?,
                "plaintext": pre_key.plaintext,
                "session_id": bob_new_session.id()?,
                "type": pre_key.message_type,
            },
            "session": session_messages,
        },
    }))
}

/// An Olm message on its way.
struct Message {
    message_type: usize,
    body: String,
    plaintext: &'static str,
}

impl Message {
    /// Has the other side read it.
    fn deliver(&self, to: &mut Session) -> Result<(), Box<dyn Error>> {
        let read = to.decrypt(self.message_type, &self.body)?;
        expect(read == self.plaintext.as_bytes())
    }
}

fn send(
    from: &mut Session,
    random: &mut SplitMix64,
    plaintext: &'static str,
) -> Result<Message, Box<dyn Error>> {
    let random = random.bytes(from.encrypt_random_length());
    let (message_type, body) = from.encrypt(plaintext, &random)?;
    Ok(Message {
        message_type,
        body,
        plaintext,
    })
}

fn expect(holds: bool) -> Result<(), Box<dyn Error>> {
    let error = || io::Error::new(ErrorKind::InvalidData, "libolm read another plaintext");
    if holds { Ok(()) } else { Err(error().into()) }
}

/// What stands under `curve25519` in libolm's JSON text: keys by their ids.
fn curve25519(json: &str) -> Result<Value, Box<dyn Error>> {
    let mut keys: Value = serde_json::from_str(json)?;
    Ok(keys
        .get_mut("curve25519")
        .ok_or("no Curve25519 keys")?
        .take())
}

/// The key with the lowest id.
fn first(keys: &Value) -> Result<&str, Box<dyn Error>> {
    let keys = keys.as_object().ok_or("no object")?;
    let key = keys.iter().min_by_key(|(id, _)| *id).ok_or("no key")?.1;
    Ok(key.as_str().ok_or("no text")?)
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, Box<dyn Error>> {
    Ok(object
        .get(name)
        .and_then(Value::as_str)
        .ok_or("no text of that name")?)
}

/// Steele, Lea and Flood's generator: no secrets come out of it, but the same
/// bytes each time, and it is short. Numbers are cut into bytes lowest first;
/// what is left of the last number of a draw is thrown away.
struct SplitMix64(u64);

impl SplitMix64 {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            bytes.extend(self.number().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// "necturus" in ASCII.
const SEED: u64 = 0x6e65_6374_7572_7573;

/// libolm takes a key of any length.
const PICKLE_KEY: &str = "the key of Alice's old store";

const ABOUT: &str = "Alice used libolm and moves to necturus, Bob stays on libolm. \
    \"alice\" is what she had stored: libolm pickles under \"pickle_key\" (its ASCII bytes), and \
    what must be found in them. \"undelivered\" is what reaches her after the move, in the order \
    of arrival, with the plaintext that each must give; in \"session\" the second message was \
    sent before one that she has read. \"next\" is the message, byte for byte, that her group \
    session must write next. \"bob\" is the other side, to read her answers with libolm. Every \
    value comes from libolm, with random bytes from splitmix64 with \"seed\".";
