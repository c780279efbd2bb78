//! Frames cost no allocation. A counting allocator, so this is a test binary of its
//! own with one test in it.

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::rng::SeededRng;
use counting::counted;
use necturus::media::{
    livekit::{Dialect, FrameKey, FrameKind, FrameSender, KeyRing, RingOptions, Salt, VideoCodec},
    sframe::{
        BaseKey, CipherSuite, KeyId, MlsKeys, RatchetReceiver, RatchetSender, ReceivingKey, Replay,
        SendingKey,
    },
};

const SIZES: [usize; 3] = [50, 1200, 30_000];

/// Sends and receives a frame of each size, in one vector: the first time, and then
/// again and again.
fn in_the_steady_state(mut exchange: impl FnMut(&mut Vec<u8>)) {
    let mut frame = Vec::with_capacity(64_000);
    let mut go = |frame: &mut Vec<u8>| {
        for size in SIZES {
            frame.clear();
            frame.resize(size, 0x5a);
            exchange(frame);
            assert!(frame.len() == size && frame.iter().all(|byte| *byte == 0x5a));
        }
    };
    go(&mut frame);
    assert_eq!(counted(|| (0..3).for_each(|_| go(&mut frame))).0, 0);
}

#[test]
fn a_frame_costs_no_allocation() {
    assert_eq!(counted(|| drop(vec![1u8])).0, 1, "the counter counts");

    for suite in CipherSuite::ALL {
        let base_key = || BaseKey::from_bytes(&[1; 16]).unwrap();
        let id = KeyId::new(77);
        let mut sender = SendingKey::new(base_key(), suite, id);
        let mut receiver = ReceivingKey::new(base_key(), suite, id, Replay::Refuse);
        in_the_steady_state(|frame| {
            sender.encrypt(frame, b"metadata").unwrap();
            receiver.decrypt(frame, b"metadata").unwrap();
        });
        // A step of the ratchet costs none, either.
        let mut sender = RatchetSender::new(base_key(), suite, 8).unwrap();
        let mut receiver = RatchetReceiver::new(suite, 8, Replay::Refuse).unwrap();
        receiver.add(base_key(), 0, 0).unwrap();
        in_the_steady_state(|frame| {
            sender.ratchet();
            sender.encrypt(frame, b"").unwrap();
            receiver.decrypt(frame, b"").unwrap();
        });
        let exported = vec![2; suite.key_length()];
        let [mut alice, mut bob] = [0, 1].map(|leaf| {
            let mut keys = MlsKeys::new(suite, 4, Replay::Refuse).unwrap();
            let base_key = BaseKey::from_mls_exporter(suite, &exported).unwrap();
            keys.add_epoch(base_key, 1, 2, leaf).unwrap();
            keys
        });
        let mut sender = alice.sending_key(0).unwrap();
        in_the_steady_state(|frame| {
            sender.encrypt(frame, b"").unwrap();
            bob.decrypt(frame, b"").unwrap();
        });
    }

    for kind in [
        FrameKind::Audio,
        FrameKind::Video {
            codec: VideoCodec::Vp8,
            key_frame: true,
        },
        FrameKind::Video {
            codec: VideoCodec::H264,
            key_frame: true,
        },
    ] {
        let key = || FrameKey::from_raw(&[1; 16], &Salt::default()).unwrap();
        let mut sender = FrameSender::new(key(), 0, Dialect::Native);
        let mut ring = KeyRing::new(RingOptions::ELEMENT_CALL.with_dialect(Dialect::Native));
        ring.set_key(0, key());
        let mut rng = SeededRng::new(1);
        let mut timestamp = 0;
        in_the_steady_state(|frame| {
            timestamp += 1500;
            sender
                .encrypt_with(&mut rng, frame, kind, 1, timestamp)
                .unwrap();
            ring.decrypt(frame, kind).unwrap();
        });
        // A forged frame costs none.
        let mut forged = vec![0x5a; 1000];
        assert_eq!(
            counted(|| assert!(ring.decrypt(&mut forged, kind).is_err())).0,
            0
        );
        let mut frame = vec![0x5a; 1000];
        sender
            .encrypt_with(&mut rng, &mut frame, kind, 1, timestamp + 1)
            .unwrap();
        frame[500] ^= 1;
        // But for the first one under a key, which has the steps of the ratchet
        // derived.
        assert!(ring.decrypt(&mut frame.clone(), kind).is_err());
        assert_eq!(
            counted(|| assert!(ring.decrypt(&mut frame, kind).is_err())).0,
            0
        );
    }
}
