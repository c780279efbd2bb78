//! How many allocations a message costs. A counting allocator, so this is a
//! test binary of its own with one test in it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::talk::{Pair, room};
use counting::counted;
use necturus::{
    SessionVersion,
    megolm::MegolmMessage,
    olm::{Message, OlmMessage},
};

#[test]
fn a_message_costs_one_allocation() {
    assert_eq!(counted(|| vec![1u8]).0, 1, "the counter counts");

    for length in [0, 100, 64 * 1024] {
        let text = vec![b'x'; length];
        for version in [SessionVersion::V1, SessionVersion::V2] {
            let (mut outbound, mut inbound) = room(1, version);
            let (count, message) = counted(|| outbound.encrypt(&text));
            let message = message.unwrap();
            assert_eq!(count, 1, "Megolm encrypt, {length} bytes");
            let (count, decrypted) = counted(|| inbound.decrypt(&message));
            assert_eq!(decrypted.unwrap().plaintext, text);
            assert_eq!(count, 1, "Megolm decrypt, {length} bytes");

            // Ciphertext and text, each once.
            let (count, base64) = counted(|| outbound.encrypt_base64(&text));
            let base64 = base64.unwrap();
            assert_eq!(count, 2, "Megolm encrypt to base64, {length} bytes");
            let (count, decrypted) = counted(|| inbound.decrypt_base64(&base64));
            assert_eq!(decrypted.unwrap().plaintext, text);
            assert_eq!(count, 1, "Megolm decrypt from base64, {length} bytes");
            assert_eq!(counted(|| MegolmMessage::from_base64(&base64)).0, 1);

            let bytes = message.into_bytes();
            let (count, message) = counted(|| MegolmMessage::from_bytes(bytes));
            assert_eq!(count, 0, "Megolm parse, {length} bytes");
            assert_eq!(counted(|| message.unwrap().into_bytes()).0, 0);

            olm(version, &text);
        }
    }

    refusals();
}

fn olm(version: SessionVersion, text: &[u8]) {
    let mut pair = Pair::with_version(2, version);
    // A turn, a message in its chain, and one that was skipped.
    let messages: Vec<OlmMessage> = (0..3)
        .map(|_| {
            let (count, message) = counted(|| pair.bobs.encrypt_with(&mut pair.rng, text));
            assert_eq!(count, 1, "Olm encrypt");
            message.unwrap()
        })
        .collect();
    for message in [&messages[0], &messages[2], &messages[1]] {
        let (count, decrypted) = counted(|| pair.alices.decrypt(message));
        assert_eq!(decrypted.unwrap().plaintext, text);
        assert_eq!(count, 1, "Olm decrypt");
    }
    // Pre-key messages, too, on either way.
    let mut fresh = Pair::with_version(3, version);
    let (count, message) = counted(|| fresh.alices.encrypt_with(&mut fresh.rng, text));
    assert_eq!(count, 1, "Olm encrypt, pre-key");
    let (count, decrypted) = counted(|| fresh.bobs.decrypt(&message.unwrap()));
    assert_eq!(decrypted.unwrap().plaintext, text);
    assert_eq!(count, 1, "Olm decrypt, pre-key");

    let Some(OlmMessage::Normal(message)) = messages.into_iter().next() else {
        panic!("Bob has heard Alice");
    };
    let bytes = message.into_bytes();
    let (count, message) = counted(|| Message::from_bytes(bytes));
    assert_eq!((count, message.is_ok()), (0, true), "Olm parse");
}

/// What is refused by MAC or signature costs nothing.
fn refusals() {
    let (mut outbound, mut inbound) = room(4, SessionVersion::V1);
    let mut bytes = outbound.encrypt(&[0; 1000]).unwrap().into_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = MegolmMessage::from_bytes(bytes).unwrap();
    let (count, result) = counted(|| inbound.decrypt(&forged));
    assert_eq!((count, result.is_err()), (0, true));

    let mut pair = Pair::new(5);
    let foreign = Pair::new(6).bob_says(&[0; 1000]);
    let (count, result) = counted(|| pair.alices.decrypt(&foreign));
    assert_eq!((count, result.is_err()), (0, true));
}
