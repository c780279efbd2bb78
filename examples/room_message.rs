//! A message to a room, from end to end: the key goes from device to device, the
//! message is decrypted and checked, and what cannot be read says why.

use core::error::Error;

use necturus::{
    SessionVersion, events::*, identity::DeviceKeys, json::Object, megolm::OutboundGroupSession,
    olm::Account,
};

const ALICE: &str = "@alice:example.org";
const ROOM: &str = "!room:example.org";
type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// A message as the server hands it out.
fn send(room: &mut OutboundRoomSession, own: &DeviceKeys, id: &str) -> Result<Object> {
    let content = Object::new().with("body", "hello, room");
    let usual = RoomEncryption::new();
    let sent = room.encrypt("m.room.message", &content, None, own, &usual, 0)?;
    let json = format!(
        r#"{{"type":"m.room.encrypted","content":{},"sender":"{ALICE}","event_id":"{id}",
            "origin_server_ts":2000}}"#,
        sent.content
    );
    Ok(Object::parse(json.as_bytes())?)
}

fn main() -> Result<()> {
    let (alice, mut bob) = (Account::new()?, Account::new()?);
    let alices = DeviceKeys::new(&alice, ALICE, "ALICE");
    let bobs = DeviceKeys::new(&bob, "@bob:example.org", "BOB");
    let for_bob = Recipient::new(bobs.user_id(), bobs.ed25519());

    // Alice makes a session for the room, and a channel to Bob's device.
    let outbound = OutboundGroupSession::new(SessionVersion::V1)?;
    let rotation = Rotation::new(0, HistoryVisibility::Joined);
    let mut room = OutboundRoomSession::new(ROOM, outbound, rotation, SharedWith::new());
    bob.generate_one_time_keys(1)?;
    let one_time_key = bob.unpublished_one_time_keys().next().ok_or("no key")?.key;
    let session = alice.outbound_session(SessionVersion::V1, &bobs.curve25519(), &one_time_key)?;
    let mut with_bob = PeerSessions::new(bobs.curve25519());
    with_bob.add(PeerSession::new(session, 0));

    // She sends a message before Bob's device has the key, and one after.
    let early = send(&mut room, &alices, "$early")?;
    let key = room.share(&bobs, 0).ok_or("too many devices")?;
    let key = OlmPlaintext::new("m.room_key", key, &alices, &for_bob);
    let to_device = with_bob.encrypt(&key)?.ok_or("no session")?;
    let hello = send(&mut room, &alices, "$hello")?;

    // Bob takes the key: from Alice's device, and from nobody else.
    let devices = [&alices];
    let known = KnownSender::new(&devices);
    let event = OlmEvent::parse(&to_device, &bobs.curve25519())?;
    let mut with_alice = PeerSessions::new(event.sender_key());
    let decrypted = with_alice.decrypt(&event, &mut bob, &mut OlmReplays::new(), 0)?;
    let payload = decrypted.check(ALICE, &for_bob, &known, false)?;
    let mut session = RoomKeyEvent::accept(&payload)?;
    println!("a key of {}", session.owner().user_id().unwrap_or("?"));

    // He reads the room; a copy under another id, and what he has no key for, not.
    let mut replays = ReplayTable::new();
    let copy = hello.clone().with("event_id", "$copy");
    for event in [hello, copy, early] {
        let event = EncryptedRoomEvent::parse(&event, ROOM)?;
        let read = event
            .decrypt(Some(&mut session), None)
            .and_then(|event| event.check(&mut replays, &known, TrustRequirement::Any));
        match read {
            Ok(message) => println!("{ALICE}: {}", message.content()),
            Err(error) => {
                let ours = Circumstances::new(1_000, BackupState::Usable, true);
                let why = Undecryptable::of_room_event(&error, Some(&event), &ours);
                println!("{error}: {why} {:?}", why.remedies());
            }
        }
    }
    Ok(())
}
