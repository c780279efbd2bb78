//! What holds a call's keys goes between threads, is wiped on drop, and does not show
//! in `Debug`.

mod common;

use core::fmt::Debug;

use common::rng::SeededRng;
use necturus::media::{
    livekit::{self, Dialect, FrameKey, FrameSender, KeyRing, RingOptions, Salt},
    matrix_rtc::{
        KeyContent, KeyFormat, KeyMessage, KeyRotation, KeyTable, MediaKey, Membership, OlmSender,
        RotationEvent, RotationTimes,
    },
    sframe::{
        self, BaseKey, CipherSuite, KeyId, Keyring, MlsKeys, RatchetReceiver, RatchetSender,
        ReceivingKey, Replay, SendingKey,
    },
};
use zeroize::ZeroizeOnDrop;

macro_rules! each {
    ($check:ident: $($object:ty),+ $(,)?) => { $($check::<$object>();)+ };
}

fn holds_secrets<T: ZeroizeOnDrop + Send + Sync + Unpin + 'static>() {
    assert!(core::mem::needs_drop::<T>());
}

fn error<T: core::error::Error + Send + Sync + Copy + 'static>() {}

#[test]
fn secrets_are_wiped_and_go_between_threads() {
    each!(holds_secrets: BaseKey, SendingKey, ReceivingKey, Keyring, RatchetSender,
        RatchetReceiver, MlsKeys, FrameKey, FrameSender, KeyRing, MediaKey, KeyContent, KeyTable,
        KeyRotation);
    each!(error: sframe::EncryptError, sframe::DecryptError, sframe::EpochError,
        livekit::EncryptError, livekit::DecryptError);
}

/// Every byte of the keys is `*`, which is 42, 2a and `Kioq` in base64.
fn hides(object: &impl Debug) {
    for text in [format!("{object:?}"), format!("{object:#?}")] {
        for secret in ["****", "42, 42", "2a2a", "Kioq"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn nothing_prints_a_key() {
    let suite = CipherSuite::Aes128GcmSha256_128;
    let base_key = || BaseKey::from_bytes(b"****************").unwrap();
    let id = KeyId::new(1);
    hides(&base_key());
    hides(&SendingKey::new(base_key(), suite, id));
    hides(&ReceivingKey::new(base_key(), suite, id, Replay::Allow));
    hides(&RatchetSender::new(base_key(), suite, 4).unwrap());
    let mut receiver = RatchetReceiver::new(suite, 4, Replay::Allow).unwrap();
    receiver.add(base_key(), 0, 0).unwrap();
    hides(&receiver);
    let mut keys = MlsKeys::new(suite, 4, Replay::Allow).unwrap();
    keys.add_epoch(base_key(), 0, 2, 0).unwrap();
    hides(&keys);

    let key = || FrameKey::from_raw(b"****************", &Salt::default()).unwrap();
    hides(&key());
    hides(&FrameSender::new(key(), 0, Dialect::Web));
    let mut ring = KeyRing::new(RingOptions::WEB);
    ring.set_key(0, key());
    hides(&ring);

    let key = MediaKey::from_bytes(b"****************").unwrap();
    let own = Membership::legacy("@a:example.org", "DEVICE", 1);
    let content = KeyFormat::Deployed.content("!room", &own, 0, &key, 0);
    let event_type = KeyFormat::Deployed.event_type();
    let sender = OlmSender::new("@a:example.org", "DEVICE", true);
    let message = KeyMessage::read(event_type, content.expose_secret(), "!room", sender).unwrap();
    hides(&key);
    hides(&content);
    hides(&message);
    let mut table = KeyTable::new();
    table.set_members(core::slice::from_ref(&own));
    hides(&table.receive(message).unwrap());
    hides(&table);
    let times = RotationTimes::DEPLOYED;
    let mut rotation = KeyRotation::new(KeyFormat::Deployed, times, "!room", own);
    let others = [Membership::legacy("@b:example.org", "DEVICE", 1)];
    let actions = rotation
        .step_with(&mut SeededRng::new(1), RotationEvent::Members(&others), 0)
        .unwrap();
    let key = rotation.current().unwrap().1.expose_secret();
    let text = format!("{actions:?} {rotation:?}");
    let printed: Vec<String> = key.iter().map(u8::to_string).collect();
    assert!(!text.contains(&printed.join(", ")));
    assert!(text.contains("KeyContent"), "{text}");
}
