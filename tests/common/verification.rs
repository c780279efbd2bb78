//! Two sides that verify each other.

use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    json::Object,
    verification::{
        AcceptedSas, Device, EstablishedSas, KeyAgreement, MacMethod, Negotiated, Offer,
        Participants, Sas, StartedSas,
    },
};

use super::rng::SeededRng;

pub(crate) const MAC_METHODS: [MacMethod; 3] = [
    MacMethod::HkdfHmacSha256V2,
    MacMethod::HkdfHmacSha256Msc3783,
    MacMethod::HkdfHmacSha256,
];

pub(crate) fn key(seed: u8) -> Ed25519PublicKey {
    Ed25519SigningKey::from_seed(&[seed; 32]).public_key()
}

/// A device with a key of its own and a master key: 1 and 2 for Alice, 3 and 4
/// for Bob.
pub(crate) fn alice() -> Device {
    device("@alice:example.org", "ALICE", 1)
}

pub(crate) fn bob() -> Device {
    device("@bob:example.org", "BOB", 3)
}

pub(crate) fn device(user_id: &str, device_id: &str, seed: u8) -> Device {
    Device::new(user_id, device_id, key(seed))
        .unwrap()
        .with_cross_signing_keys(key(seed + 1), &[])
}

/// What comes of a `start` that offers these, and takes them.
pub(crate) fn negotiated(agreement: KeyAgreement, mac: MacMethod) -> Negotiated {
    let start = start()
        .with("key_agreement_protocols", vec![agreement.as_str()])
        .with("message_authentication_codes", vec![mac.as_str()]);
    Offer::with_legacy().choose(&start).unwrap()
}

pub(crate) fn start() -> Object {
    Offer::new()
        .to_start()
        .with("from_device", "ALICE")
        .with("transaction_id", "flow")
}

/// Both sides before the keys have crossed: Alice's, who started, and Bob's.
pub(crate) fn begun(seed: u64) -> (StartedSas, AcceptedSas) {
    let mut rng = SeededRng::new(seed);
    let mut fresh = || Sas::new_with(&mut rng).unwrap();
    let (bob, commitment) = fresh().accept(&start()).unwrap();
    (fresh().start(&start(), &commitment).unwrap(), bob)
}

/// Both sides when the keys have crossed.
pub(crate) fn established(
    seed: u64,
    negotiated: Negotiated,
    alices: &Participants,
    bobs: &Participants,
) -> (EstablishedSas, EstablishedSas) {
    let (alice, bob) = begun(seed);
    let (alice_key, bob_key) = (alice.public_key(), bob.public_key());
    (
        alice.establish(&bob_key, negotiated, alices).unwrap(),
        bob.establish(&alice_key, negotiated, bobs).unwrap(),
    )
}

/// Alice's view of who takes part, and Bob's.
pub(crate) fn participants(alice: &Device, bob: &Device) -> (Participants, Participants) {
    (
        Participants::new(alice, bob, "flow").unwrap(),
        Participants::new(bob, alice, "flow").unwrap(),
    )
}
