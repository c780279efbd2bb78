//! LiveKit's frames: what one side makes the other reads, nothing else is read, a
//! failure moves no key, and no IV is used twice.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::{
    mutation::mutation,
    rng::{BytesRng, FailingRng, SeededRng},
};
use necturus::media::livekit::{
    DecryptError, Dialect, EncryptError, FrameKey, FrameKind, FrameSender, KeyRing, RingOptions,
    Salt, VideoCodec,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn key(byte: u8) -> FrameKey {
    FrameKey::from_raw(&[byte; 16], &Salt::default()).unwrap()
}

fn sender(dialect: Dialect) -> FrameSender {
    FrameSender::new(key(1), 2, dialect)
}

fn ring(options: RingOptions) -> KeyRing {
    let mut ring = KeyRing::new(options);
    ring.set_key(2, key(1));
    ring
}

fn kind() -> impl Strategy<Value = FrameKind> {
    use VideoCodec::{Av1, H264, H265, Unknown, Vp8, Vp9};
    let codec = select(vec![Vp8, Vp9, Av1, H264, H265, Unknown]);
    prop_oneof![
        1 => Just(FrameKind::Audio),
        6 => (codec, any::<bool>()).prop_map(|(codec, key_frame)| FrameKind::Video { codec, key_frame }),
    ]
}

/// Bytes among which start codes and things to escape are common.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let small = prop_oneof![3 => Just(0u8), 2 => 0u8..4, 2 => any::<u8>()];
    let units = (
        prop_oneof![Just(vec![0, 0, 1]), Just(vec![0, 0, 0, 1]), Just(vec![])],
        select(vec![0x67u8, 0x65, 0x41, 0x26, 0x02, 0x40]),
        vec(small, 0..60),
    )
        .prop_map(|(start, first, body)| [start, vec![first], body].concat());
    vec(units, 0..4).prop_map(|units| units.concat())
}

fn dialect() -> impl Strategy<Value = Dialect> {
    select(vec![Dialect::Web, Dialect::Native])
}

/// Whether frames are laid out by what is found in them, and none is found: then the
/// web SDK leaves them unescaped, and ciphertext may look like a slice.
fn may_look_like_a_slice(kind: FrameKind, dialect: Dialect, frame: &[u8]) -> bool {
    use VideoCodec::{H264, H265, Unknown};
    dialect == Dialect::Web
        && matches!(
            kind,
            FrameKind::Video {
                codec: H264 | H265 | Unknown,
                ..
            }
        )
        && frame.windows(3).any(|window| window == [0, 0, 1])
}

proptest! {
    #[test]
    fn a_frame_goes_there_and_back(
        kind in kind(),
        dialect in dialect(),
        text in text(),
        ssrc in any::<u32>(),
        timestamp in any::<u32>(),
        seed in any::<u64>(),
    ) {
        let mut sender = sender(dialect);
        let mut frame = text.clone();
        let made = sender.encrypt_with(&mut SeededRng::new(seed), &mut frame, kind, ssrc, timestamp);
        if let Err(error) = made {
            prop_assert!(matches!(error, EncryptError::TooShort | EncryptError::UnsupportedCodec));
            prop_assert_eq!(frame, text);
            return Ok(());
        }
        prop_assert!(frame.len() <= FrameSender::max_sealed_length(text.len(), kind));

        // The same in fixed buffers.
        let mut buffer = vec![0xaa; FrameSender::max_sealed_length(text.len(), kind)];
        buffer[..text.len()].copy_from_slice(&text);
        let mut same = self::sender(dialect);
        let length = same.encrypt_slice_with(
            &mut SeededRng::new(seed), &mut buffer, text.len(), kind, ssrc, timestamp,
        );
        prop_assert_eq!(length, Ok(frame.len()));
        prop_assert_eq!(&buffer[..frame.len()], &frame);

        let mut ring = ring(RingOptions::ELEMENT_CALL.with_dialect(dialect));
        let opened = ring.decrypt_slice(&mut buffer[..frame.len()], kind);
        match opened {
            Ok(None) => prop_assert!(text.is_empty()),
            Ok(Some((opened, plain))) => {
                prop_assert_eq!((opened.slot, opened.steps), (2, 0));
                prop_assert_eq!(plain, &text);
            }
            Err(_) => prop_assert!(may_look_like_a_slice(kind, dialect, &frame)),
        }
    }

    #[test]
    fn a_changed_frame_is_refused_and_moves_no_key(
        kind in kind(),
        text in vec(any::<u8>(), 10..100),
        change in mutation(),
    ) {
        let mut sender = sender(Dialect::Native);
        let mut rng = SeededRng::new(1);
        let (mut frame, mut other) = (text.clone(), text.clone());
        sender.encrypt_with(&mut rng, &mut frame, kind, 1, 1).unwrap();
        sender.encrypt_with(&mut rng, &mut other, kind, 1, 2).unwrap();
        let mut changed = change.apply(&frame, &other);
        // An escape more than there has to be is dropped by every receiver.
        let unescaped = |frame: &[u8]| {
            let mut zeros = 0;
            let kept = frame.iter().filter(|byte| {
                let dropped = zeros == 2 && **byte == 3;
                zeros = if **byte == 0 { 2.min(zeros + 1) } else { 0 };
                !dropped
            });
            kept.copied().collect::<Vec<u8>>()
        };
        prop_assume!(![&frame, &other].map(|frame| unescaped(frame)).contains(&unescaped(&changed)));
        prop_assume!(!changed.is_empty());
        let mut ring = ring(RingOptions::ELEMENT_CALL.with_dialect(Dialect::Native));
        prop_assert!(ring.decrypt(&mut changed, kind).is_err());
        prop_assert!(ring.key(2).unwrap().expose_next_material() == key(1).expose_next_material());
        prop_assert_eq!(ring.decrypt(&mut frame, kind).unwrap().unwrap().steps, 0);
        prop_assert_eq!(frame, text);
    }

    #[test]
    fn data_packets_go_there_and_back(packet in vec(any::<u8>(), 0..500), now in any::<u32>(), bit in any::<proptest::sample::Index>()) {
        let mut sender = sender(Dialect::Web);
        let mut sealed = packet.clone();
        let header = sender.encrypt_data_with(&mut SeededRng::new(3), &mut sealed, now).unwrap();
        let mut ring = ring(RingOptions::ELEMENT_CALL);
        let mut wrong = sealed.clone();
        let bit = bit.index(sealed.len() * 8);
        wrong[bit / 8] ^= 1 << (bit % 8);
        let before = wrong.clone();
        prop_assert_eq!(ring.decrypt_data(&mut wrong, &header.iv, 2), Err(DecryptError::Inauthentic));
        prop_assert_eq!(wrong, before);
        prop_assert_eq!(ring.decrypt_data(&mut sealed, &header.iv[..11], 2), Err(DecryptError::Malformed));
        ring.decrypt_data(&mut sealed, &header.iv, 2).unwrap();
        prop_assert_eq!(sealed, packet);
    }
}

fn frame_of(sender: &mut FrameSender) -> Vec<u8> {
    let mut frame = b"a sound".to_vec();
    sender
        .encrypt_with(&mut SeededRng::new(1), &mut frame, FrameKind::Audio, 1, 1)
        .unwrap();
    frame
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut sender = sender(Dialect::Web);
    let frame = frame_of(&mut sender);
    let mut ring = ring(RingOptions::NATIVE);
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // In a ring of 16 slots the upper half of the slot's number is not looked at.
        let opened = ring.decrypt(&mut flipped, FrameKind::Audio).is_ok();
        assert_eq!(opened, bit >= frame.len() * 8 - 4, "bit {bit}");
    }
}

#[test]
fn a_receiver_follows_the_ratchet_as_far_as_its_window() {
    for (steps, window) in [(1, 1), (10, 10), (11, 10), (1, 0)] {
        let mut ahead = key(1);
        for _ in 0..steps {
            ahead = ahead.ratchet();
        }
        let mut sender = FrameSender::new(ahead, 2, Dialect::Web);
        let mut ring = ring(RingOptions::ELEMENT_CALL.with_window(window));
        let result = ring.decrypt(&mut frame_of(&mut sender), FrameKind::Audio);
        if steps <= window {
            assert_eq!(result.unwrap().unwrap().steps, steps);
            let again = ring.decrypt(&mut frame_of(&mut sender), FrameKind::Audio);
            assert_eq!(again.unwrap().unwrap().steps, 0);
        } else {
            assert_eq!(result, Err(DecryptError::Inauthentic));
            let mut now = frame_of(&mut self::sender(Dialect::Web));
            ring.decrypt(&mut now, FrameKind::Audio).unwrap();
        }
    }
}

#[test]
fn forged_frames_have_each_step_derived_once() {
    // A step of a passphrase is 100 000 rounds, and whoever forwards frames can
    // forge as many as he likes.
    let password = || FrameKey::from_passphrase(b"password", &Salt::default()).unwrap();
    let mut ring = KeyRing::new(RingOptions::NATIVE.with_window(3));
    ring.set_key(2, password());
    let forged = frame_of(&mut sender(Dialect::Native));
    let mut took = (0..12).map(|_| {
        let start = std::time::Instant::now();
        let error = ring.decrypt(&mut forged.clone(), FrameKind::Audio);
        assert_eq!(error, Err(DecryptError::Inauthentic));
        start.elapsed()
    });
    let first = took.next().unwrap();
    let later: core::time::Duration = took.sum();
    assert!(later < first * 4, "{first:?} and {later:?}");

    // And what was derived is what opens frames, step by step.
    let mut at = 0;
    for steps in [2, 0, 1, 3] {
        at += steps;
        let key = (0..at).fold(password(), |key, _| key.ratchet());
        let mut frame = frame_of(&mut FrameSender::new(key, 2, Dialect::Native));
        let opened = ring.decrypt(&mut frame, FrameKind::Audio).unwrap().unwrap();
        assert_eq!(opened.steps, steps);
        assert_eq!(frame, b"a sound");
    }
}

#[test]
fn a_key_that_fails_too_often_is_dropped_until_it_is_set() {
    let mut ring = ring(RingOptions::WEB);
    let mut sender = sender(Dialect::Web);
    let mut good = frame_of(&mut sender);
    let mut bad = good.clone();
    bad[3] ^= 1;
    let fail = |ring: &mut KeyRing, times| {
        for _ in 0..times {
            let result = ring.decrypt(&mut bad.clone(), FrameKind::Audio);
            assert_eq!(result, Err(DecryptError::Inauthentic));
        }
    };
    fail(&mut ring, 10);
    ring.decrypt(&mut good.clone(), FrameKind::Audio).unwrap();
    fail(&mut ring, 11);
    let dropped = Err(DecryptError::KeyDropped { slot: 2 });
    let mut frame = good.clone();
    assert_eq!(ring.decrypt(&mut frame, FrameKind::Audio), dropped);
    assert_eq!(frame, good);
    ring.set_key(18, key(1)); // the same slot of 16
    ring.decrypt(&mut frame, FrameKind::Audio).unwrap();

    let mut never = self::ring(RingOptions::LINK_PASSWORD);
    fail(&mut never, 100);
    never.decrypt(&mut good.clone(), FrameKind::Audio).unwrap();
    never.clear();
    assert_eq!(
        never.decrypt(&mut good, FrameKind::Audio),
        Err(DecryptError::MissingKey { slot: 2 })
    );
}

#[test]
fn no_iv_is_used_twice_under_a_key() {
    let mut sender = sender(Dialect::Web);
    let mut rng = BytesRng::new([0; 8]);
    let mut refused = None;
    // A clock that stands still.
    for sent in 0..70_000u32 {
        let mut frame = vec![1, 2];
        let result = sender.encrypt_with(&mut rng, &mut frame, FrameKind::Audio, 5, 9);
        if let Err(error) = result {
            assert_eq!(error, EncryptError::IvsUsedUp { ssrc: 5 });
            assert_eq!(frame, [1, 2]);
            refused = Some(sent);
            break;
        }
    }
    assert!(refused.is_some_and(|sent| (65_534..=65_535).contains(&sent)));
    // The same key again is of no help, another one is.
    let mut send = |sender: &mut FrameSender| {
        sender.encrypt_with(&mut rng, &mut vec![1, 2], FrameKind::Audio, 5, 9)
    };
    sender.set_key(key(1), 3);
    assert!(send(&mut sender).is_err());
    sender.set_key(key(2), 3);
    send(&mut sender).unwrap();
    assert_eq!(rng.left(), 0);
}

#[test]
fn what_fails_changes_nothing() {
    let mut sender = sender(Dialect::Web);
    let mut frame = b"a sound".to_vec();
    let audio = FrameKind::Audio;
    assert!(matches!(
        sender.encrypt_with(&mut FailingRng, &mut frame, audio, 1, 1),
        Err(EncryptError::Rng(_))
    ));
    assert_eq!(frame, b"a sound");
    assert!(matches!(
        sender.encrypt_data_with(&mut FailingRng, &mut frame, 1),
        Err(EncryptError::Rng(_))
    ));
    assert_eq!(frame, b"a sound");
    let mut buffer = [7; 36];
    assert_eq!(
        sender.encrypt_slice_with(&mut FailingRng, &mut buffer, 7, audio, 1, 1),
        Err(EncryptError::BufferTooSmall { needed: 37 })
    );
    assert_eq!(
        sender.encrypt_slice_with(&mut FailingRng, &mut buffer, 37, audio, 1, 1),
        Err(EncryptError::BufferTooSmall { needed: 37 })
    );
    assert_eq!(buffer, [7; 36]);
    // As if none of this had been: the first frame draws, and has count 0.
    let mut rng = BytesRng::new([0, 0, 0, 0]);
    sender
        .encrypt_with(&mut rng, &mut frame, audio, 1, 1)
        .unwrap();
    assert_eq!(
        frame[frame.len() - 14..],
        [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 12, 2]
    );
    // The second draws nothing.
    let mut frame = b"a sound".to_vec();
    sender
        .encrypt_with(&mut FailingRng, &mut frame, audio, 1, 1)
        .unwrap();
    assert_eq!(
        frame[frame.len() - 14..],
        [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 12, 2]
    );
}

#[test]
fn streams_and_material_have_bounds() {
    let mut sender = sender(Dialect::Web);
    let mut rng = SeededRng::new(4);
    for ssrc in 0..1024 {
        sender
            .encrypt_with(&mut rng, &mut vec![1, 2], FrameKind::Audio, ssrc, 0)
            .unwrap();
    }
    assert_eq!(
        sender.encrypt_with(&mut rng, &mut vec![1, 2], FrameKind::Audio, 1024, 0),
        Err(EncryptError::TooManyStreams)
    );
    for length in [0, 15, 1025] {
        let error = FrameKey::from_raw(&vec![1; length], &Salt::default()).unwrap_err();
        assert_eq!(error.found, length);
    }
    for length in [0, 1025] {
        assert!(FrameKey::from_passphrase(&vec![1; length], &Salt::default()).is_err());
    }
    for length in [0, 65] {
        assert!(Salt::new(&vec![1; length]).is_err());
    }
}
