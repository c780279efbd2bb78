//! Attachments, and what they cost beside the two primitives that they cannot do
//! without.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop when something is wrong"
)]

use core::{hint::black_box, time::Duration};
use std::{
    io::{self, Cursor},
    time::Instant,
};

use aes::Aes256;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use necturus::vault::{AttachmentEncryptor, EncryptedFile};
use sha2::{Digest, Sha256};

const SIZE: usize = 4 * 1024 * 1024;
/// As much as a client reads at once.
const PIECE: usize = 64 * 1024;

fn encrypt(buffer: &mut [u8]) -> EncryptedFile {
    let mut encryptor = AttachmentEncryptor::new().unwrap();
    for piece in buffer.chunks_mut(PIECE) {
        encryptor.update(piece);
    }
    encryptor.finish()
}

fn decrypt(file: &EncryptedFile, buffer: &mut [u8]) {
    let mut decryptor = file.decryptor();
    for piece in buffer.chunks_mut(PIECE) {
        let _ = decryptor.update(piece).unwrap().take_unverified();
    }
    let _ = decryptor.finish().unwrap();
}

fn encrypt_to(buffer: &[u8]) -> EncryptedFile {
    EncryptedFile::encrypt_to(buffer, io::sink()).unwrap()
}

fn decrypt_to(file: &EncryptedFile, ciphertext: &[u8]) {
    let _ = file
        .decrypt_to(Cursor::new(ciphertext), io::sink())
        .unwrap();
}

fn aes_ctr(buffer: &mut [u8]) {
    let mut cipher = Ctr128BE::<Aes256>::new(&[7; 32].into(), &[9; 16].into());
    for piece in buffer.chunks_mut(PIECE) {
        cipher.apply_keystream(piece);
    }
}

fn sha_256(buffer: &[u8]) {
    let mut hash = Sha256::new();
    for piece in buffer.chunks(PIECE) {
        hash.update(piece);
    }
    black_box(hash.finalize());
}

fn attachments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attachment, 4 MiB");
    group.throughput(Throughput::Bytes(SIZE as u64));
    let mut buffer = vec![0x61; SIZE];
    group.bench_function("encrypt", |b| b.iter(|| encrypt(&mut buffer)));
    group.bench_function("encrypt, reader to writer", |b| {
        b.iter(|| encrypt_to(&buffer));
    });
    let mut ciphertext = buffer.clone();
    let file = encrypt(&mut ciphertext);
    let mut piecewise = ciphertext.clone();
    group.bench_function("decrypt", |b| {
        b.iter(|| {
            piecewise.copy_from_slice(&ciphertext);
            decrypt(&file, &mut piecewise);
        });
    });
    group.bench_function("decrypt, file to writer", |b| {
        b.iter(|| decrypt_to(&file, &ciphertext));
    });
    group.bench_function("AES-256-CTR alone", |b| b.iter(|| aes_ctr(&mut buffer)));
    group.bench_function("SHA-256 alone", |b| b.iter(|| sha_256(&buffer)));
    group.finish();

    ratios();
}

/// The smallest of many samples, taken in turns: timings swing by a third from
/// run to run, and by this they swing together.
fn ratios() {
    let mut buffer = vec![0x61; SIZE];
    let mut ciphertext = buffer.clone();
    let file = encrypt(&mut ciphertext);
    let mut piecewise = ciphertext.clone();
    let mut least = [Duration::MAX; 6];
    for _ in 0..60 {
        piecewise.copy_from_slice(&ciphertext);
        let samples = [
            time(|| aes_ctr(&mut buffer)),
            time(|| sha_256(&buffer)),
            time(|| drop(encrypt(&mut buffer))),
            time(|| drop(encrypt_to(&buffer))),
            time(|| decrypt(&file, &mut piecewise)),
            time(|| decrypt_to(&file, &ciphertext)),
        ];
        for (least, sample) in least.iter_mut().zip(samples) {
            *least = sample.min(*least);
        }
    }
    let [aes, sha, encrypt, encrypt_to, decrypt, decrypt_to] = least.map(|d| d.as_secs_f64());
    let sum = aes + sha;
    println!(
        "beside AES-256-CTR and SHA-256, one after the other: {:.2} ms",
        sum * 1e3
    );
    for (name, seconds, floor) in [
        ("encrypt", encrypt, sum),
        ("encrypt, reader to writer", encrypt_to, sum),
        ("decrypt", decrypt, sum),
        (
            "decrypt, file to writer, which hashes twice",
            decrypt_to,
            sum + sha,
        ),
    ] {
        println!(
            "  {name}: {:.2} ms, {:.2} times",
            seconds * 1e3,
            seconds / floor
        );
    }
}

fn time(operation: impl FnOnce()) -> Duration {
    let start = Instant::now();
    operation();
    start.elapsed()
}

criterion_group!(benches, attachments);
criterion_main!(benches);
