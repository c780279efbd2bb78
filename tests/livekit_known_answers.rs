//! LiveKit's frames and keys are those of its web SDK. The values were computed with
//! Python's `cryptography` and reproduced with Node's WebCrypto by the calls that the
//! SDK makes; those of passphrases are the two implementations' own test values.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::rng::BytesRng;
use necturus::media::livekit::{
    DecryptError, Dialect, FrameKey, FrameKind, FrameSender, Injected, KeyRing, RingOptions, Salt,
    ServerInjected, VideoCodec,
};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn raw() -> FrameKey {
    let material = hex("000102030405060708090a0b0c0d0e0f");
    FrameKey::from_raw(&material, &Salt::default()).unwrap()
}

const fn video(codec: VideoCodec, key_frame: bool) -> FrameKind {
    FrameKind::Video { codec, key_frame }
}

#[test]
fn raw_material_and_its_ratchet() {
    let key = raw();
    assert_eq!(
        key.expose_next_material(),
        &hex("4086b4641064e1ae8b63d4eb83ad3e7e878c21ab850a1f6b36c5954be5919e3a")[..]
    );
    assert_eq!(
        key.ratchet().expose_next_material(),
        &hex("af61b566e2c6adff55bf8c20f94b4765ea5ddf9be693faa0eb173c176b5eb5bf")[..]
    );
}

/// `webrtc-sdk/webrtc`, `frame_crypto_transformer_unittest`.
#[test]
fn the_native_cryptors_passphrase() {
    let passphrase = hex("000102030405060708090a0b0c0d0e0f");
    let salt = Salt::new(&hex("0001020304050607")).unwrap();
    let key = FrameKey::from_passphrase(&passphrase, &salt).unwrap();
    assert_eq!(
        key.expose_next_material()[..16],
        hex("a658cd52efbacadfecdfe0a0dc574ec3")
    );
}

/// `livekit/client-sdk-js`, the snapshot "ratchets keys predictably".
#[test]
fn the_web_sdks_passphrase_and_its_ratchet() {
    let mut key = FrameKey::from_passphrase(b"password", &Salt::default()).unwrap();
    for packet in [
        "2ae25e3198124f0137befa508f1386dac837576675d982300b423f667390755ce8",
        "04a4784cace1110eb0ba6f050ab01d2a13d748e3cb8bdb93554e3ebfba7bf83c93",
        "3aad55a2d3c8c857d641da5c4a358fb73af21327e2b4cc7f6ddb9c98679ebaf0a1",
    ] {
        let next = key.ratchet();
        let mut ring = KeyRing::new(RingOptions::LINK_PASSWORD);
        ring.set_key(0, key);
        let mut packet = hex(packet);
        ring.decrypt_data(&mut packet, &[0; 12], 0).unwrap();
        assert_eq!(packet, (0..=16).collect::<Vec<u8>>());
        key = next;
    }
}

#[test]
fn frames_of_each_codec() {
    use VideoCodec::{H264, H265, Vp8, Vp9};
    for (kind, ssrc, timestamp, count, slot, plain, encrypted) in [
        (
            FrameKind::Audio,
            0xffff_fffe,
            5,
            40_000u32,
            255,
            "f8fffe",
            "f8c691efa7359e83340573f149b8156b8aaec5fffffffe00000005ffff63c50cff",
        ),
        (
            FrameKind::Audio,
            3,
            4,
            5,
            6,
            "78",
            "780948783deba0e69b6e523c17b98abef80000000300000004ffffffff0c06",
        ),
        (
            video(Vp8, true),
            1,
            90_000,
            65_534,
            1,
            "1002009d012a08000800000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
            "1002009d012a080008004865874aa66f38d5f2e60368ff54d6a8dfa97a7ddae2db3db9b955e9ed55f3b8bda41ffbfce65c718648100a1dd55bbc647d962d258fca5a3f485a791be340e449ecdffb00c152a2e3c7a1d36fdc7bd90000000100015f9000005f920c01",
        ),
        (
            video(Vp8, false),
            1,
            93_000,
            65_535,
            1,
            "310200000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d",
            "3102002d9dd6b64e3d59e7973ca65a21f08f8efa7e731d2ae2e85aac8c462fc0de9486531644d24ba5b201df029192689d0000000100016b4800016b480c01",
        ),
        (
            video(Vp9, true),
            7,
            1,
            2,
            3,
            "a2000102030405",
            "57dde1345633c066bc88a1a4bf0f4aaec98a0857bdd5810000000700000001ffffffff0c03",
        ),
        (
            video(H264, true),
            0x0102_0304,
            256,
            256,
            2,
            "000000016742c01f0fd91f888884000003000400000300c83c60c920000000016887cb83cb200000016588840af2628000a7be",
            "000000016742c01f0fd91f888884000003000400000300c83c60c920000000016887cb83cb2000000165887c51af33459c1860e4ff6d1e07910b5c59d679112d1d68bf0102030400000301000003000003000c02",
        ),
        (
            video(H265, true),
            5,
            6,
            7,
            8,
            "000000012601000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031",
            "000000012601421f32903f81bde989175c6c7ace891c5a3e676793baca3bc6c8365a41ebd6a415441fd8cfae4e6f8f9d11fd8538fd4c738d21247648929dcfdeb785997ac612fdeb00000300050000030006ffffffff0c08",
        ),
    ] {
        for dialect in [Dialect::Web, Dialect::Native] {
            let mut sender = FrameSender::new(raw(), slot, dialect);
            let mut frame = hex(plain);
            let mut rng = BytesRng::new(count.to_be_bytes());
            sender
                .encrypt_with(&mut rng, &mut frame, kind, ssrc, timestamp)
                .unwrap();
            assert_eq!(frame, hex(encrypted), "{kind:?}");
            let mut ring = KeyRing::new(RingOptions::ELEMENT_CALL.with_dialect(dialect));
            ring.set_key(slot.into(), raw());
            let opened = ring.decrypt(&mut frame, kind).unwrap().unwrap();
            assert_eq!((opened.slot, opened.steps), (slot, 0));
            assert_eq!(frame, hex(plain));
        }
    }
}

#[test]
fn frames_that_nobody_opens() {
    let mut ring = KeyRing::new(RingOptions::ELEMENT_CALL.with_window(0));
    ring.set_key(0, raw());
    for (what, error, frame) in [
        (
            "an IV of 11 bytes",
            DecryptError::Malformed,
            "78abf82c68f4230ab43df95c910b369a4d3d4e9ff63b70c662c66276b0fe475cac7f6907b2def77d7a457e452a2605bda79468e57ae9ed566611223344000003c0000003c00b00",
        ),
        (
            "29 bytes behind the header",
            DecryptError::Malformed,
            "787e452a2605bda79468e57ae9ed566611223344000003c0000003c00c00",
        ),
        ("a header alone", DecryptError::Malformed, "78"),
        (
            "a slot without a key",
            DecryptError::MissingKey { slot: 13 },
            "78abf82c68f4230ab43df95c910b369a4d3d4e9ff63b70c662c66276b0fe475cac7f6907b2def77d7a457e452a2605bda79468e57ae9ed566611223344000003c0000003c00c0d",
        ),
    ] {
        let mut frame = hex(frame);
        let before = frame.clone();
        assert_eq!(
            ring.decrypt(&mut frame, FrameKind::Audio),
            Err(error),
            "{what}"
        );
        assert_eq!(frame, before);
    }
    let mut empty = Vec::new();
    assert_eq!(ring.decrypt(&mut empty, FrameKind::Audio), Ok(None));
}

#[test]
fn blank_frames_of_the_server() {
    let vp8 = "1002009d012a080008000047088585888584880202000c0d6000feffab5080";
    let (sps, pps, idr) = (
        "6742c01f0fd91f888884000003000400000300c83c60c920",
        "6887cb83cb20",
        "6588840af2628000a7be",
    );
    let opus = format!("f8fffe{}", "00".repeat(77));
    let run = format!("00000001{sps}00000001{pps}000001{idr}");
    let frame = |payload: &str, dialect| {
        let kind: &[u8] = if dialect == Dialect::Native {
            &[1]
        } else {
            &[]
        };
        [&hex(payload)[..], b"trailer", kind].concat()
    };
    for dialect in [Dialect::Web, Dialect::Native] {
        let server = ServerInjected::new(b"trailer", dialect);
        for payload in [vp8, sps, pps, idr, &opus] {
            let blank = frame(payload, dialect);
            assert_eq!(server.check(&blank), Injected::Blank(&hex(payload)));
            for bit in 0..payload.len() * 4 {
                let mut other = blank.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(server.check(&other), Injected::Unknown);
            }
        }
        let blank = frame(&run, dialect);
        let known = match dialect {
            Dialect::Native => Injected::Blank(&blank[..run.len() / 2]),
            _ => Injected::Unknown,
        };
        assert_eq!(server.check(&blank), known);
        for other in [
            format!("09{run}"),
            format!("{run}00000109"),
            String::new(),
            "000001".into(),
        ] {
            assert_eq!(server.check(&frame(&other, dialect)), Injected::Unknown);
        }
        let none = ServerInjected::new(b"", dialect);
        assert_eq!(none.check(&blank), Injected::No);
        assert_eq!(server.check(b"an encrypted frame"), Injected::No);
        assert_eq!(server.check(b""), Injected::No);
    }
}
