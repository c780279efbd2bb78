//! Any bytes as a frame, as metadata, as a packet, and any JSON as a key's message: no
//! panic, and nothing is taken for authentic.

mod common;

use common::mutation::mutation;
use necturus::{
    json::{Object, Value},
    media::{
        livekit::{
            Dialect, FrameKey, FrameKind, FrameMetadata, Injected, KeyRing, RingOptions, Salt,
            ServerInjected, VideoCodec,
        },
        matrix_rtc::{KeyFormat, KeyMessage, OlmSender, SlotEncryption},
        sframe::{
            BaseKey, CipherSuite, KeyId, Keyring, MlsKeys, RatchetReceiver, ReceivingKey, Replay,
        },
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Frames: any bytes, and some that begin and end as frames do.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let start = select(vec![
        vec![],
        vec![0x00],
        vec![0x08, 8],
        vec![0, 0, 1, 0x65, 9],
        vec![0, 0, 0, 1, 0x26, 1, 9],
    ]);
    let end = select(vec![
        vec![],
        vec![12, 0],
        vec![0, 0, 3, 12, 3],
        b"\xfaLKTS".to_vec(),
    ]);
    (start, vec(any::<u8>(), 0..200), end)
        .prop_map(|(start, middle, end)| [start, middle, end].concat())
}

fn kind() -> impl Strategy<Value = FrameKind> {
    use VideoCodec::{Av1, H264, H265, Unknown, Vp8, Vp9};
    let codec = select(vec![Vp8, Vp9, Av1, H264, H265, Unknown]);
    prop_oneof![
        Just(FrameKind::Audio),
        (codec, any::<bool>()).prop_map(|(codec, key_frame)| FrameKind::Video { codec, key_frame }),
    ]
}

proptest! {
    #[test]
    fn no_frame_is_opened(frame in frame(), kind in kind(), metadata in vec(any::<u8>(), 0..30)) {
        // Without the suites whose tags a generator could hit.
        for number in [1, 2, 4, 5, 6, 7] {
            let suite = CipherSuite::from_number(number).unwrap();
            let base_key = || BaseKey::from_bytes(&[1; 16]).unwrap();
            let mut keys = Keyring::new();
            for id in 0..9 {
                let key = ReceivingKey::new(base_key(), suite, KeyId::new(id), Replay::Refuse);
                keys.insert(key).unwrap();
            }
            prop_assert!(keys.decrypt(&mut frame.clone(), &metadata).is_err());
            let mut ratchet = RatchetReceiver::new(suite, 2, Replay::Refuse).unwrap();
            ratchet.add(base_key(), 0, 0).unwrap();
            prop_assert!(ratchet.decrypt(&mut frame.clone(), &metadata).is_err());
            let mut group = MlsKeys::new(suite, 0, Replay::Refuse).unwrap();
            let exported = vec![1; suite.key_length()];
            let base_key = BaseKey::from_mls_exporter(suite, &exported).unwrap();
            group.add_epoch(base_key, 0, 100, 0).unwrap();
            prop_assert!(group.decrypt(&mut frame.clone(), &metadata).is_err());
        }
        for options in [RingOptions::ELEMENT_CALL, RingOptions::NATIVE] {
            let mut ring = KeyRing::new(options);
            ring.set_key(0, FrameKey::from_raw(&[1; 16], &Salt::default()).unwrap());
            let opened = ring.decrypt(&mut frame.clone(), kind);
            prop_assert!(matches!(opened, Err(_) | Ok(None)));
            prop_assert!(ring.decrypt_data(&mut frame.clone(), &[0; 12], 0).is_err());
        }
        for dialect in [Dialect::Web, Dialect::Native] {
            let server = ServerInjected::new(&metadata, dialect);
            prop_assert!(!matches!(server.check(&frame), Injected::Blank(_)));
        }
        if let Some((rest, _)) = FrameMetadata::split(&frame) {
            prop_assert!(frame.starts_with(rest) && rest.len() < frame.len());
        }
    }

    #[test]
    fn a_changed_message_is_read_or_refused(change in mutation()) {
        let good = br#"{"keys":{"index":0,"key":"AAAAAAAAAAAAAAAAAAAAAA=="},"member":{"id":"m","claimed_device_id":"D"},"room_id":"!r","media_key":{"index":0,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"member_id":"m","format":0}"#;
        let changed = change.apply(good, good);
        if let Ok(content) = Object::parse(&changed) {
            for format in [KeyFormat::Deployed, KeyFormat::Msc4143] {
                let sender = OlmSender::new("@u", "D", true);
                let read = KeyMessage::read(format.event_type(), &content, "!r", sender);
                if let Ok(message) = read {
                    let key = match format {
                        KeyFormat::Deployed => "keys",
                        _ => "media_key",
                    };
                    let index = content.get_object(key).and_then(|key| key.get("index"));
                    prop_assert_eq!(index.and_then(Value::as_integer), Some(message.index().into()));
                }
            }
            let _ = SlotEncryption::of(&content);
        }
    }
}
