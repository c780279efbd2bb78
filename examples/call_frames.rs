//! A call of two: keys go around, frames go both ways, one leaves, and can't open
//! what is said afterwards.

use necturus::media::{
    livekit::{Dialect, FrameKind, FrameSender, KeyRing, RingOptions},
    matrix_rtc::{
        KeyContent, KeyFormat, KeyMessage, KeyRotation, KeyTable, Membership, OlmSender,
        RotationAction, RotationEvent, RotationTimes,
    },
};

type Step = (Option<FrameSender>, Option<KeyContent>);
type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

const ROOM: &str = "!call:example.org";
const FORMAT: KeyFormat = KeyFormat::Deployed;

/// A device that sends: tells its rotation what happened, and does what it says.
fn step(keys: &mut KeyRotation, event: RotationEvent<'_>, now: u64) -> Result<Step> {
    let (mut sender, mut message) = (None, None);
    for action in keys.step(event, now)? {
        if let RotationAction::Send { content, .. } = action {
            message = Some(content);
        } else if let Some((index, key)) = keys.current() {
            println!("  at {now} ms key {index} comes into use");
            sender = Some(FrameSender::new(key.to_frame_key(), index, Dialect::Web));
        }
    }
    Ok((sender, message))
}

/// A device that receives: Olm has decrypted the message, and shown whose it is.
fn receive(ring: &mut KeyRing, from: &Membership, content: Option<KeyContent>) -> Result<()> {
    let content = content.ok_or("the first key is sent")?;
    let olm = OlmSender::new(from.user_id(), from.device_id(), true);
    let message = KeyMessage::read(FORMAT.event_type(), content.expose_secret(), ROOM, olm)?;
    let mut table = KeyTable::new();
    table.set_members(core::slice::from_ref(from));
    let usable = table.receive(message).ok_or("a member's key is usable")?;
    println!("  {} gave key {}", usable.identity, usable.index);
    ring.set_key(usable.index.into(), usable.key.to_frame_key());
    Ok(())
}

fn main() -> Result<()> {
    let alice = Membership::legacy("@alice:example.org", "PHONE", 1_000);
    let bob = Membership::legacy("@bob:example.org", "LAPTOP", 2_000);
    let both = [alice.clone(), bob.clone()];
    let keys = |own| KeyRotation::new(FORMAT, RotationTimes::DEPLOYED, ROOM, own);
    let [mut of_alice, mut of_bob] = both.clone().map(keys);
    let [mut at_alice, mut at_bob] = [(); 2].map(|()| KeyRing::new(RingOptions::ELEMENT_CALL));

    println!("both join");
    let (alices, to_bob) = step(&mut of_alice, RotationEvent::Members(&both), 3_000)?;
    let (bobs, to_alice) = step(&mut of_bob, RotationEvent::Members(&both), 3_000)?;
    let (mut alices, mut bobs) = alices.zip(bobs).ok_or("the first key is used at once")?;
    receive(&mut at_bob, &alice, to_bob)?;
    receive(&mut at_alice, &bob, to_alice)?;
    step(&mut of_alice, RotationEvent::Sent, 3_100)?;

    let (mut hello, mut hi) = (b"hello, Bob".to_vec(), b"hi, Alice".to_vec());
    alices.encrypt(&mut hello, FrameKind::Audio, 1, 960)?;
    bobs.encrypt(&mut hi, FrameKind::Audio, 2, 960)?;
    at_bob.decrypt(&mut hello, FrameKind::Audio)?;
    at_alice.decrypt(&mut hi, FrameKind::Audio)?;
    println!("{} / {}", str::from_utf8(&hello)?, str::from_utf8(&hi)?);

    println!("Bob leaves");
    step(&mut of_alice, RotationEvent::Members(&[alice]), 60_000)?;
    let (alices, _) = step(&mut of_alice, RotationEvent::Tick, 61_000)?;
    let (mut alices, mut late) = (alices.ok_or("a new key")?, b"he is gone".to_vec());
    alices.encrypt(&mut late, FrameKind::Audio, 1, 2_737_000)?;
    let Err(refused) = at_bob.decrypt(&mut late, FrameKind::Audio) else {
        return Err("Bob reads what is not for him".into());
    };
    println!("Bob gets: {refused}");
    Ok(())
}
