//! Killed at any moment, a process leaves each batch whole or absent, and none that it
//! was told of absent.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use core::time::Duration;
use std::{
    env,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use common::{rng::SeededRng, talk::pickle_key, temporary::TemporaryFolder};
use necturus::store::{Keystore, SqliteBackend};
use rusqlite::Connection;

const ROUNDS: u64 = 20;
/// The values of a batch: short ones, and one over several pages.
const LENGTHS: [usize; 4] = [8, 100, 1000, 20_000];
const FILE: &str = "NECTURUS_TEST_FILE";

fn open(path: &Path) -> Keystore {
    let backend = SqliteBackend::open(path).unwrap();
    Keystore::open_with(&mut SeededRng::new(1), backend, &pickle_key()).unwrap()
}

/// The number of the batch that was written last; all its values say so.
fn last(keystore: &Keystore) -> u64 {
    let numbers = LENGTHS.map(|length| {
        let value = keystore.value(&length.to_string()).unwrap()?;
        assert_eq!(value.len(), length);
        Some(u64::from_be_bytes(*value.first_chunk().unwrap()))
    });
    let [first, ..] = numbers;
    assert_eq!(numbers, [first; LENGTHS.len()]);
    first.unwrap_or(0)
}

/// Writes batches until it is killed, and says each number when it is written.
fn write_for_ever(path: &Path) {
    let mut keystore = open(path);
    let mut rng = SeededRng::new(2);
    let mut number = last(&keystore);
    let mut out = std::io::stdout();
    loop {
        number += 1;
        let mut transaction = keystore.transaction();
        for length in LENGTHS {
            let mut value = number.to_be_bytes().to_vec();
            value.resize(length, 0);
            transaction.put_value(&length.to_string(), &value);
        }
        transaction.commit_with(&mut rng).unwrap();
        out.write_all(&number.to_be_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// This test runs itself again, as the process that is killed. `--nocapture` leaves
/// its output to it; the harness says a line of its own before.
#[test]
fn each_batch_is_whole_or_absent() {
    if let Some(path) = env::var_os(FILE) {
        write_for_ever(Path::new(&path));
    }
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    drop(open(&path));
    let mut moments = SeededRng::new(3);
    let mut before = 0;
    for _ in 0..ROUNDS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "each_batch_is_whole_or_absent", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut said = Vec::new();
        while told(&said, before) == before {
            let mut part = [0; 64];
            let length = out.read(&mut part).unwrap();
            assert_ne!(length, 0, "it ended by itself");
            said.extend_from_slice(&part[..length]);
        }
        thread::sleep(Duration::from_micros(moments.below(40_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        out.read_to_end(&mut said).unwrap();

        let keystore = open(&path);
        let found = last(&keystore);
        drop(keystore);
        let told = told(&said, before);
        assert!(told <= found && found <= told + 1, "{told} {found}");
        // One batch before the first set the keystore up.
        assert_eq!(generation(&path), found + 1);
        before = found;
    }
}

/// The last number that the process said, or the one before it began.
fn told(said: &[u8], before: u64) -> u64 {
    let first = (before + 1).to_be_bytes();
    let start = said.windows(8).position(|window| window == first);
    let numbers = start.and_then(|start| said.get(start..)).unwrap_or(&[]);
    let last = numbers.chunks_exact(8).next_back();
    last.map_or(before, |last| u64::from_be_bytes(last.try_into().unwrap()))
}

fn generation(path: &Path) -> u64 {
    let connection = Connection::open(path).unwrap();
    let number: i64 = connection
        .query_row("SELECT number FROM generation", (), |row| row.get(0))
        .unwrap();
    u64::try_from(number).unwrap()
}
