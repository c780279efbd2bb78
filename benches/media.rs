//! Frames of a call: SFrame's suites and LiveKit's frames, in place, beside bare
//! AES-GCM of the same length.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use aes_gcm::{
    Aes128Gcm, KeyInit,
    aead::{AeadInOut, inout::InOutBuf},
};
use criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use necturus::media::{
    livekit::{Dialect, FrameKey, FrameKind, FrameSender, KeyRing, RingOptions, Salt, VideoCodec},
    sframe::{BaseKey, CipherSuite, KeyId, ReceivingKey, Replay, SendingKey},
};

/// A packet, and a key frame.
const SIZES: [usize; 2] = [1200, 30_000];

fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    size: usize,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(u64::try_from(size).unwrap()));
    group
}

/// A frame with room for what is put around it.
fn frame(size: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(size.saturating_mul(2).saturating_add(100));
    frame.resize(size, 0x5a);
    frame
}

fn bare(criterion: &mut Criterion) {
    let key = Aes128Gcm::new(&[1; 16].into());
    for size in SIZES {
        let mut group = group(criterion, "bare aes-128-gcm", size);
        let mut text = frame(size);
        group.bench_function(BenchmarkId::new("encrypt", size), |b| {
            b.iter(|| {
                key.encrypt_inout_detached(&[2; 12].into(), b"", InOutBuf::from(&mut text[..]))
            });
        });
        let sealed = frame(size);
        let mut text = sealed.clone();
        let tag = key
            .encrypt_inout_detached(&[2; 12].into(), b"", InOutBuf::from(&mut text[..]))
            .unwrap();
        group.bench_function(BenchmarkId::new("decrypt", size), |b| {
            b.iter_batched_ref(
                || text.clone(),
                |text| {
                    key.decrypt_inout_detached(
                        &[2; 12].into(),
                        b"",
                        InOutBuf::from(&mut text[..]),
                        &tag,
                    )
                },
                BatchSize::SmallInput,
            );
        });
    }
}

fn sframe(criterion: &mut Criterion) {
    let id = KeyId::new(0x123);
    let base_key = || BaseKey::from_bytes(&[1; 32]).unwrap();
    for suite in CipherSuite::ALL {
        let name = format!("sframe {suite:?}");
        for size in SIZES {
            let mut group = group(criterion, &name, size);
            let mut sender = SendingKey::new(base_key(), suite, id);
            let mut text = frame(size);
            group.bench_function(BenchmarkId::new("encrypt", size), |b| {
                b.iter(|| {
                    text.resize(size, 0x5a);
                    sender.encrypt(&mut text, b"")
                });
            });
            let mut receiver = ReceivingKey::new(base_key(), suite, id, Replay::Allow);
            text.resize(size, 0x5a);
            sender.encrypt(&mut text, b"").unwrap();
            group.bench_function(BenchmarkId::new("decrypt", size), |b| {
                b.iter_batched_ref(
                    || text.clone(),
                    |text| receiver.decrypt(text, b"").unwrap(),
                    BatchSize::SmallInput,
                );
            });
        }
    }
}

fn livekit(criterion: &mut Criterion) {
    let key = || FrameKey::from_raw(&[1; 16], &Salt::default()).unwrap();
    for (name, codec) in [
        ("livekit vp8", VideoCodec::Vp8),
        ("livekit h264", VideoCodec::H264),
    ] {
        let kind = FrameKind::Video {
            codec,
            key_frame: false,
        };
        for size in SIZES {
            let mut group = group(criterion, name, size);
            let mut sender = FrameSender::new(key(), 0, Dialect::Web);
            let mut timestamp = 0u32;
            let mut text = frame(size);
            let mut seal = |text: &mut Vec<u8>| {
                timestamp = timestamp.wrapping_add(10);
                text.resize(size, 0x5a);
                text.splice(..6, [0, 0, 0, 1, 0x41, 0x9a]);
                if sender.encrypt(text, kind, 1, timestamp).is_err() {
                    // The clock went around.
                    sender.set_key(key().ratchet(), 0);
                    sender.set_key(key(), 0);
                }
            };
            group.bench_function(BenchmarkId::new("encrypt", size), |b| {
                b.iter(|| seal(&mut text));
            });
            seal(&mut text);
            let mut ring = KeyRing::new(RingOptions::ELEMENT_CALL);
            ring.set_key(0, key());
            group.bench_function(BenchmarkId::new("decrypt", size), |b| {
                b.iter_batched_ref(
                    || text.clone(),
                    |text| ring.decrypt(text, kind).unwrap(),
                    BatchSize::SmallInput,
                );
            });
        }
    }
}

criterion_group!(benches, bare, sframe, livekit);
criterion_main!(benches);
