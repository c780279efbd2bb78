//! Megolm sessions and their messages.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession, SessionKey},
};

const SIZES: [usize; 3] = [100, 1024, 65_536];

fn outbound() -> OutboundGroupSession {
    OutboundGroupSession::new(SessionVersion::V1).unwrap()
}

fn sessions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("group session");
    group.bench_function("outbound", |b| b.iter(outbound));
    let session = outbound();
    group.bench_function("share", |b| b.iter(|| session.session_key()));
    let key = session.session_key().to_base64();
    group.bench_function("inbound from its session key", |b| {
        b.iter(|| {
            InboundGroupSession::new(&SessionKey::from_base64(&key).unwrap(), SessionVersion::V1)
        });
    });
    let inbound = InboundGroupSession::new(&session.session_key(), SessionVersion::V1);
    group.bench_function("export 2^24 - 1 indexes ahead", |b| {
        b.iter(|| inbound.export_at((1 << 24) - 1));
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("megolm message");
    for size in SIZES {
        let text = vec![0x61; size];
        group.throughput(Throughput::Bytes(u64::try_from(size).unwrap()));
        let mut session = outbound();
        group.bench_function(BenchmarkId::new("encrypt", size), |b| {
            b.iter(|| session.encrypt_base64(&text));
        });
        let mut sender = outbound();
        let mut receiver = InboundGroupSession::new(&sender.session_key(), SessionVersion::V1);
        group.bench_function(BenchmarkId::new("decrypt in order", size), |b| {
            b.iter_batched(
                || sender.encrypt_base64(&text).unwrap(),
                |message| receiver.decrypt_base64(&message).unwrap(),
                // One at a time, so that each is the next one.
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, sessions, messages);
criterion_main!(benches);
