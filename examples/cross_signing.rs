//! A user sets cross-signing up and signs a device; another one meets, verifies,
//! and is told when the identity is no longer the one that was verified.

use necturus::{
    identity::{
        CrossSigningKeys, DeviceKeys, KnownDevice, NewSignature, OwnTrust, SelfSigningKey,
        SenderTrust, UserIdentity, UserTrust,
    },
    json::Object,
    olm::Account,
};

const ALICE: &str = "@alice:example.org";
const BOB: &str = "@bob:example.org";

fn main() -> Result<(), Box<dyn core::error::Error>> {
    // Alice makes an identity, and signs her phone with it. The private keys go
    // to secret storage; her laptop takes one out again.
    let (phone, laptop) = (Account::new()?, Account::new()?);
    let alices_keys = CrossSigningKeys::new(ALICE)?;
    let mut alice = alices_keys.public_identity();
    alice.sign_with_device(&phone, "PHONE")?;
    println!("Alice uploads {} cross-signing keys", alice.upload().len());
    let mut phone = DeviceKeys::new(&phone, ALICE, "PHONE");
    let by_phone = alices_keys.self_signing.sign_device(&mut phone, &alice)?;
    let taken_out = SelfSigningKey::import(&alices_keys.self_signing.to_secret(), &alice)?;
    let mut laptop = DeviceKeys::new(&laptop, ALICE, "LAPTOP");
    let by_laptop = taken_out.sign_device(&mut laptop, &alice)?;
    let body = NewSignature::upload([by_phone, by_laptop]);
    println!(
        "and signs {} devices",
        body.get_object(ALICE).map_or(0, Object::len)
    );

    // The server hands all of it to Bob, who checks it, and meets Alice.
    let bobs_keys = CrossSigningKeys::new(BOB)?;
    let bob = bobs_keys.public_identity();
    let mut trust = OwnTrust::first_seen(&bob);
    trust.verify(&bobs_keys.master.public_key())?; // he holds the private key
    let bob_now = trust.view(&bob);
    let by_key = |name: &str, key: &Object| Object::new().with(name, key.clone());
    let answer = Object::new()
        .with(
            "master_keys",
            by_key(ALICE, alice.as_user().master_object()),
        )
        .with(
            "self_signing_keys",
            by_key(ALICE, alice.as_user().self_signing_object()),
        );
    let mut seen = UserIdentity::find(&answer, ALICE)?.ok_or("no identity")?;
    let phone = DeviceKeys::check(ALICE, "PHONE", phone.object().clone(), KnownDevice::New)?;
    let mut alice_trust = UserTrust::first_seen(&seen, Some(bob_now));
    let show = |what: &str, trust: &UserTrust, identity: &UserIdentity| {
        let shown = trust.shown(identity, Some(bob_now));
        let from_phone = SenderTrust::of_device(&phone, Some(shown));
        let state = shown.state();
        println!("{what}: Alice is {state:?}, her phone {from_phone:?}");
    };
    show("met", &alice_trust, &seen);

    // They compare their master keys, and Bob signs Alice's.
    let ids = ["PHONE", "LAPTOP"];
    bobs_keys.user_signing.sign_user(&mut seen, ids, &bob)?;
    alice_trust.observe(&seen, Some(bob_now));
    show("verified", &alice_trust, &seen);

    // Somebody puts another identity in Alice's place. It hangs together, and is
    // no first meeting.
    let forged = CrossSigningKeys::new(ALICE)?.public_identity();
    alice_trust.observe(forged.as_user(), Some(bob_now));
    show("replaced", &alice_trust, forged.as_user());
    alice_trust.pin();
    show("accepted: not enough", &alice_trust, forged.as_user());
    alice_trust.withdraw(Some(bob_now));
    show("withdrawn", &alice_trust, forged.as_user());
    Ok(())
}
