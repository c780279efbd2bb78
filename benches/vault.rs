//! Key exports and backups. PBKDF2 is left out where it can be: it takes as long
//! as it is told to.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use core::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use necturus::{
    Curve25519SecretKey, SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    vault::{
        BackupKey, BackupVersion, KeyExport, KeyExportEncoder, Provenance, RecoveryKey, RoomKey,
        RoomKeyEntry, SecretStorageKey,
    },
};

const SESSIONS: u64 = 1000;
/// The fewest that are written.
const ROUNDS: u32 = 100_000;

fn room_key() -> RoomKey {
    let outbound = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let session = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    let sender = Curve25519SecretKey::from_bytes(&[1; 32]).public_key();
    RoomKey::new(sender, session.export_at_first_known_index())
        .with_claimed_ed25519(session.signing_key())
}

fn export(criterion: &mut Criterion) {
    let entries: Vec<RoomKeyEntry> = (0..SESSIONS)
        .map(|_| RoomKeyEntry::new("!room:example.org", room_key()).unwrap())
        .collect();
    let start = || {
        let mut file = String::with_capacity(1_000_000);
        let encoder = KeyExportEncoder::start("1234", ROUNDS, &mut file).unwrap();
        (encoder, file)
    };
    let write = |(mut encoder, mut file): (KeyExportEncoder, String)| {
        for entry in &entries {
            encoder.push(entry, &mut file).unwrap();
        }
        encoder.finish(&mut file);
        file
    };
    let mut group = criterion.benchmark_group("key export, 1000 sessions");
    group.sample_size(20);
    group.throughput(Throughput::Elements(SESSIONS));
    group.bench_function("write, key derived before", |b| {
        b.iter_batched(start, write, BatchSize::PerIteration);
    });
    let file = write(start());
    group.bench_function("open: the key, and the MAC", |b| {
        b.iter(|| KeyExport::open(file.as_bytes(), "1234").unwrap());
    });
    group.bench_function("read what was opened", |b| {
        b.iter_batched(
            || KeyExport::open(file.as_bytes(), "1234").unwrap(),
            |keys| assert_eq!(keys.map(Result::unwrap).count(), entries.len()),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn backup(criterion: &mut Criterion) {
    let key = BackupKey::new().unwrap();
    let trusted = BackupVersion::new("1", key.auth_data())
        .trust_by_key(&key)
        .unwrap();
    let room_key = room_key();
    let id = room_key.session_id().to_base64();
    let mut group = criterion.benchmark_group("key backup");
    group.bench_function("encrypt a session", |b| {
        b.iter(|| trusted.encrypt(black_box(&room_key), Provenance::Direct));
    });
    let session = trusted.encrypt(&room_key, Provenance::Direct).unwrap();
    group.bench_function("decrypt a session", |b| {
        b.iter(|| key.decrypt(&id, black_box(&session)).unwrap());
    });
    group.finish();
}

fn secrets(criterion: &mut Criterion) {
    let (key, _) = SecretStorageKey::create().unwrap();
    let value = BackupKey::new().unwrap().to_base64();
    let mut group = criterion.benchmark_group("secret storage");
    group.bench_function("encrypt", |b| {
        b.iter(|| key.encrypt("m.megolm_backup.v1", black_box(&value)));
    });
    let secret = key.encrypt("m.megolm_backup.v1", &value).unwrap();
    group.bench_function("decrypt", |b| {
        b.iter(|| {
            key.decrypt("m.megolm_backup.v1", black_box(&secret))
                .unwrap()
        });
    });
    let text = key.recovery_key().to_text();
    group.bench_function("read a recovery key", |b| {
        b.iter(|| RecoveryKey::parse(black_box(&text)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, export, backup, secrets);
criterion_main!(benches);
