//! Two people compare emoji, and each then knows the other's keys.

use core::error::Error;

use necturus::{
    Ed25519SigningKey,
    verification::{
        Device,
        flow::{Incoming, Outgoing, OwnDevice, State, Verification, Verifications},
    },
};

type Result<T> = core::result::Result<T, Box<dyn Error>>;

// The clock is the caller's, in milliseconds.
const NOW: u64 = 1_700_000_000_000;

/// One of the two, as an application would hold it.
struct Person {
    device: Device,
    all: Verifications,
}

impl Person {
    /// With the keys that a client has from its store of devices.
    fn new(user: &str, device: &str, seed: u8) -> Result<Self> {
        let key = |seed| Ed25519SigningKey::from_seed(&[seed; 32]).public_key();
        let device = Device::new(user, device, key(seed))?;
        let device = device.with_cross_signing_keys(key(seed | 0x80), &[]);
        let all = Verifications::new(OwnDevice::new(device.clone()).trusting_master_key());
        Ok(Self { device, all })
    }

    fn flow(&mut self, with: &str, id: &str) -> Result<&mut Verification> {
        Ok(self.all.get_mut(with, id).ok_or("no such verification")?)
    }
}

/// Carries messages to and fro until there are none.
fn carry(from: &mut Person, to: &mut Person, messages: &[Outgoing]) -> Result<()> {
    for message in messages {
        let (sender, event_type) = (from.device.user_id(), message.event_type);
        println!("  {sender} → {event_type}");
        let event = Incoming::to_device(sender, event_type, &message.content);
        let lookup = |_: &str, id: &str| Some(from.device.clone()).filter(|d| d.device_id() == id);
        let answers = to.all.receive(&event, NOW, lookup)?.outgoing;
        carry(to, from, &answers)?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let (a, b) = ("@alice:example.org", "@bob:example.org");
    let (mut alice, mut bob) = (Person::new(a, "LAPTOP", 1)?, Person::new(b, "PHONE", 2)?);

    println!("Alice asks, Bob accepts, Alice starts:");
    let (id, request) = alice.all.request_devices(b, &["PHONE"], NOW)?;
    carry(&mut alice, &mut bob, &request)?;
    let ready = bob.flow(a, &id)?.accept(NOW)?;
    carry(&mut bob, &mut alice, &ready)?;
    let start = alice.flow(b, &id)?.start_sas()?;
    carry(&mut alice, &mut bob, &start)?;
    let screen = alice.flow(b, &id)?.state();
    assert_eq!(screen, bob.flow(a, &id)?.state());
    println!("Both screens show {screen:?}. Both say that they match:");
    let macs = alice.flow(b, &id)?.they_match()?;
    carry(&mut alice, &mut bob, &macs)?;
    let macs = bob.flow(a, &id)?.they_match()?;
    carry(&mut bob, &mut alice, &macs)?;
    let State::Done(verified) = alice.flow(b, &id)?.state() else {
        return Err("the verification did not succeed".into());
    };
    assert_eq!(verified.master_key(), bob.device.master_key());
    println!(
        "Alice may now sign Bob's master key, {:?}",
        verified.master_key()
    );
    Ok(())
}
