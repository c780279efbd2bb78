//! What is stored stays readable: the bytes of the first version, which an
//! implementation of its own (HKDF and XChaCha20-Poly1305 in Python, by their
//! specifications) made of the same keys and nonces.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    faulty_backend::{Contents, FaultyBackend},
    rng::{BytesRng, FailingRng, SeededRng},
    talk::{pickle_key, room},
};
use necturus::{SessionVersion, store::Keystore};

const OWN: &str = "01202122232425262728292a2b2c2d2e2f30313233343536371b8486dab5aa67d25726ece6aef8c6\
    d46828a852c48de6ed04366e757abe7b0b3614eb3e74e41a0aba6a306084c61fe6";
const VALUE: &str = "0138393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f78c788d058e851883edef5f8039c23\
    96df66b62314";

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks_exact(2);
    digits
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn first_version() -> Contents {
    Contents::from([(vec![0], bytes(OWN)), (b"\x05name".to_vec(), bytes(VALUE))])
}

#[test]
fn the_first_version_is_read() {
    let backend = FaultyBackend::with(&first_version());
    let keystore = Keystore::open_with(&mut FailingRng, backend, &pickle_key()).unwrap();
    assert_eq!(*keystore.value("name").unwrap().unwrap(), b"value");
}

#[test]
fn the_first_version_is_written() {
    let backend = FaultyBackend::new();
    let mut rng = BytesRng::new((0..80).collect::<Vec<u8>>());
    let mut keystore = Keystore::open_with(&mut rng, backend.clone(), &pickle_key()).unwrap();
    let mut transaction = keystore.transaction();
    transaction.put_value("name", b"value");
    transaction.commit_with(&mut rng).unwrap();
    assert_eq!(backend.contents(), first_version());
}

/// Objects are encrypted once: to what a pickle holds, and one more byte.
#[test]
fn objects_are_kept_as_their_pickles() {
    let mut rng = SeededRng::new(1);
    let backend = FaultyBackend::new();
    let mut keystore = Keystore::open_with(&mut rng, backend.clone(), &pickle_key()).unwrap();
    let (outbound, _) = room(1, SessionVersion::V1);
    let mut transaction = keystore.transaction();
    transaction.put_outbound_session("!a", &outbound);
    transaction.commit_with(&mut rng).unwrap();
    let pickle = outbound.pickle_with(&mut rng, &pickle_key(), b"");
    let stored = &backend.contents()[&b"\x03\0\0\0\x02!a"[..]];
    assert_eq!(stored.len(), pickle.unwrap().len() + 1);
}
