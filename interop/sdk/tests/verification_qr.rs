//! The bytes of verification QR codes: each reads what the other shows, and
//! acts on a scan of it.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use matrix_sdk_crypto::{
    matrix_sdk_qrcode::{
        QrVerificationData, SelfVerificationData, SelfVerificationNoMasterKey, VerificationData,
    },
    vodozemac,
};
use necturus::{
    Ed25519PublicKey, Ed25519SigningKey,
    verification::{
        Device, Participants,
        qr::{QrCode, QrMode, ScannedByUs, ShownQr},
    },
};
use serde_json::json;

const FLOW: &str = "$flow ⚘";
const SECRET: [u8; 16] = *b"a secret, shared";

/// The keys of Alice, who has two devices, and of Bob.
struct World {
    alice_master: Ed25519PublicKey,
    bob_master: Ed25519PublicKey,
    alice: Device,
    alices_other: Device,
    bob: Device,
}

impl World {
    fn new() -> Self {
        let [alice_master, bob_master, alice, alices_other, bob] =
            [1, 2, 3, 4, 5].map(|seed| Ed25519SigningKey::from_seed(&[seed; 32]).public_key());
        let device = |user, id, key, master| {
            Device::new(user, id, key)
                .unwrap()
                .with_cross_signing_keys(master, &[])
        };
        Self {
            alice_master,
            bob_master,
            alice: device("@alice:example.org", "PHONE", alice, alice_master),
            alices_other: device("@alice:example.org", "LAPTOP", alices_other, alice_master),
            bob: device("@bob:example.org", "TABLET", bob, bob_master),
        }
    }
}

fn participants(ours: &Device, theirs: &Device) -> Participants {
    Participants::new(ours, theirs, FLOW).unwrap()
}

fn their_key(key: &Ed25519PublicKey) -> vodozemac::Ed25519PublicKey {
    vodozemac::Ed25519PublicKey::from_slice(key.as_bytes()).unwrap()
}

/// What the peer shows in each mode, in the place of Alice's phone.
fn they_show(mode: QrMode, world: &World) -> QrVerificationData {
    let secret = serde_json::from_value(json!(STANDARD_NO_PAD.encode(SECRET))).unwrap();
    let master = their_key(&world.alice_master);
    let flow = FLOW.to_owned();
    match mode {
        QrMode::TwoUsers => {
            VerificationData::new(flow, master, their_key(&world.bob_master), secret).into()
        }
        QrMode::Trusting => {
            SelfVerificationData::new(flow, master, their_key(world.alices_other.key()), secret)
                .into()
        }
        QrMode::NotYetTrusting => {
            SelfVerificationNoMasterKey::new(flow, their_key(world.alice.key()), master, secret)
                .into()
        }
        _ => panic!("a mode that nobody knows"),
    }
}

const MODES: [QrMode; 3] = [QrMode::TwoUsers, QrMode::Trusting, QrMode::NotYetTrusting];

#[test]
fn they_read_what_we_show() {
    let world = World::new();
    for mode in MODES {
        let other = match mode {
            QrMode::TwoUsers => &world.bob,
            _ => &world.alices_other,
        };
        let trusts = mode != QrMode::NotYetTrusting;
        let shown = ShownQr::new(&participants(&world.alice, other), trusts).unwrap();
        let bytes = shown.to_bytes();
        let read = QrVerificationData::from_bytes(&*bytes).unwrap();
        let expected = they_show(mode, &world);
        assert_eq!(
            std::mem::discriminant(&read),
            std::mem::discriminant(&expected)
        );
        assert_eq!(read.flow_id(), FLOW);
        assert_eq!(read.first_key(), expected.first_key());
        assert_eq!(read.second_key(), expected.second_key());
        assert_eq!(read.to_bytes().unwrap(), *bytes);
        // They answer with the secret, and we know that our code was scanned.
        let secret = STANDARD_NO_PAD.encode(read.secret().as_bytes());
        assert!(shown.scanned(&secret).is_ok());
    }
}

#[test]
fn we_read_what_they_show() {
    let world = World::new();
    for mode in MODES {
        let shown = they_show(mode, &world);
        let bytes = shown.to_bytes().unwrap();
        let code = QrCode::parse(&bytes).unwrap();
        assert_eq!((code.mode(), code.flow_id()), (mode, FLOW));
        assert_eq!(code.first_key().as_bytes(), shown.first_key().as_bytes());
        assert_eq!(code.second_key().as_bytes(), shown.second_key().as_bytes());
        assert_eq!(*code.to_bytes(), bytes);

        let us = match mode {
            QrMode::TwoUsers => &world.bob,
            _ => &world.alices_other,
        };
        let trusts = mode != QrMode::Trusting;
        let scanned = ScannedByUs::scan(&bytes, &participants(us, &world.alice), trusts).unwrap();
        let secret = STANDARD_NO_PAD.encode(SECRET);
        assert_eq!(scanned.to_start().get_str("secret"), Some(&*secret));
        let verified = scanned.confirmed_by_them();
        let (device, master) = match mode {
            QrMode::NotYetTrusting => (Some(world.alice.key()), None),
            _ => (None, Some(&world.alice_master)),
        };
        assert_eq!(
            (verified.device_key(), verified.master_key()),
            (device, master)
        );
    }
}

/// Which bytes are a code to us, and to them.
#[test]
fn verdicts_on_hostile_bytes() {
    let good = they_show(QrMode::TwoUsers, &World::new())
        .to_bytes()
        .unwrap();
    let verdicts = |bytes: &[u8]| {
        let theirs = QrVerificationData::from_bytes(bytes).is_ok();
        (QrCode::parse(bytes).is_ok(), theirs)
    };
    const NEITHER: (bool, bool) = (false, false);
    assert_eq!(verdicts(&good), (true, true));
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        verdicts(&bytes)
    };
    // Header, version, mode; the length of the identifier beyond the end, and so
    // that too little is left for the secret; the identifier no UTF-8.
    for (at, byte) in [
        (0, b'm'),
        (5, b'x'),
        (6, 1),
        (6, 3),
        (7, 3),
        (7, 0xff),
        (8, 1),
        (10, 0xff),
    ] {
        assert_eq!(changed(at, byte), NEITHER, "{at} {byte}");
    }
    assert_eq!(changed(9, 9 + 9), NEITHER);
    // No point of the curve has the coordinate 2.
    for key in [10 + FLOW.len(), 10 + FLOW.len() + 32] {
        let mut bytes = good.clone();
        bytes[key..key + 32].fill(0);
        bytes[key] = 2;
        assert_eq!(verdicts(&bytes), NEITHER);
    }
    // Every shorter one; a secret of 8 bytes is the last that both take.
    for length in 0..good.len() {
        let enough = length >= good.len() - SECRET.len() + 8;
        assert_eq!(verdicts(&good[..length]), (enough, enough), "{length}");
    }
    // The secret is what is left, however long.
    let longer = [&good[..], &[0; 100]].concat();
    assert_eq!(verdicts(&longer), (true, true));
    // We stop at what a QR code can hold; the peer is not asked to.
    let longest = [&good[..], &vec![0; 2953 - good.len()]].concat();
    assert_eq!(verdicts(&longest), (true, true));
    assert_eq!(verdicts(&[&longest[..], &[0]].concat()), (false, true));
}
