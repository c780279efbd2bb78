//! The keystore: batches of 1 KiB values, in memory and in an SQLite file.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use std::{env, fs, process};

use criterion::{Criterion, criterion_group, criterion_main};
use necturus::{
    pickle::PickleKey,
    store::{Backend, Keystore, MemoryBackend, SqliteBackend},
};

fn batches(criterion: &mut Criterion, name: &str, backend: impl Backend + 'static) {
    let key = PickleKey::from_bytes(&[7; 32]);
    let mut keystore = Keystore::open(backend, &key).unwrap();
    let names: Vec<String> = (0..1000).map(|number| format!("{number:03}")).collect();
    let write = |keystore: &mut Keystore, names: &[String], byte: u8| {
        let mut transaction = keystore.transaction();
        for name in names {
            transaction.put_value(name, &[byte; 1024]);
        }
        transaction.commit().unwrap();
    };
    write(&mut keystore, &names, 0);
    let mut group = criterion.benchmark_group(name);
    for count in [1, 10] {
        // Scattered, as sessions are.
        let mut chunks = names
            .chunks(count)
            .cycle()
            .step_by(7)
            .zip((0..=u8::MAX).cycle());
        group.bench_function(format!("write {count} of 1 KiB"), |b| {
            b.iter(|| {
                let (names, byte) = chunks.next().unwrap();
                write(&mut keystore, names, byte);
            });
        });
    }
    let mut names = names.iter().cycle().step_by(7);
    group.bench_function("read 1 KiB", |b| {
        b.iter(|| keystore.value(names.next().unwrap()).unwrap());
    });
    group.finish();
}

fn store(criterion: &mut Criterion) {
    batches(criterion, "in memory", MemoryBackend::new());
    // Beside what is built: a temporary folder is often in memory, too.
    let folder = env::current_dir()
        .unwrap()
        .join(format!("target/bench-store-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let backend = SqliteBackend::open(folder.join("keystore")).unwrap();
    batches(criterion, "SQLite on disk", backend);
    fs::remove_dir_all(folder).unwrap();
}

criterion_group!(benches, store);
criterion_main!(benches);
