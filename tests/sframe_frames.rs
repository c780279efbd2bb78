//! SFrame: what one side makes the other reads, nothing else is read, and no counter
//! is used twice.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use common::mutation::mutation;
use necturus::media::sframe::{
    BaseKey, CipherSuite, DecryptError, EncryptError, Header, HeaderError, KeyId, Keyring,
    KeyringError, REPLAY_WINDOW, ReceivingKey, Replay, SendingKey,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn base_key() -> BaseKey {
    BaseKey::from_bytes(&[7; 32]).unwrap()
}

fn pair(suite: CipherSuite, id: u64) -> (SendingKey, ReceivingKey) {
    let id = KeyId::new(id);
    (
        SendingKey::new(base_key(), suite, id),
        ReceivingKey::new(base_key(), suite, id, Replay::Refuse),
    )
}

const GCM: CipherSuite = CipherSuite::Aes128GcmSha256_128;

fn suite() -> impl Strategy<Value = CipherSuite> {
    select(CipherSuite::ALL.to_vec())
}

/// The suites in which a change passes by chance less than once in 2^63.
fn strong() -> impl Strategy<Value = CipherSuite> {
    let strong = CipherSuite::ALL.into_iter();
    select(
        strong
            .filter(|suite| suite.tag_length() >= 8)
            .collect::<Vec<_>>(),
    )
}

proptest! {
    #[test]
    fn a_frame_goes_there_and_back(
        suite in suite(),
        id in any::<u64>(),
        text in vec(any::<u8>(), 0..2000),
        metadata in vec(any::<u8>(), 0..1024),
        start in 0..SendingKey::MAX_FRAMES,
    ) {
        let id = KeyId::new(id);
        let mut sender = SendingKey::resume(base_key(), suite, id, start);
        sender.reserve(1).unwrap();
        let sealed = sender.sealed_length(text.len());
        let mut frame = text.clone();
        prop_assert_eq!(sender.encrypt(&mut frame, &metadata), Ok(start));
        prop_assert_eq!(frame.len(), sealed);

        // The same in fixed buffers.
        let mut sender = SendingKey::resume(base_key(), suite, id, start);
        sender.reserve(1).unwrap();
        let mut buffer = vec![0xaa; sealed + 3];
        buffer[..text.len()].copy_from_slice(&text);
        prop_assert_eq!(sender.encrypt_slice(&mut buffer, text.len(), &metadata), Ok(sealed));
        prop_assert_eq!(&buffer[..sealed], &frame);
        let mut receiver = ReceivingKey::new(base_key(), suite, id, Replay::Refuse);
        let (received, plain) = receiver.decrypt_slice(&mut buffer[..sealed], &metadata).unwrap();
        prop_assert_eq!(received.counter(), start);
        prop_assert_eq!(plain, &text);

        let mut receiver = ReceivingKey::new(base_key(), suite, id, Replay::Refuse);
        receiver.decrypt(&mut frame, &metadata).unwrap();
        prop_assert_eq!(frame, text);
    }

    #[test]
    fn a_changed_frame_is_refused_and_changes_nothing(
        suite in strong(),
        id in any::<u64>(),
        text in vec(any::<u8>(), 0..200),
        change in mutation(),
    ) {
        let (mut sender, mut receiver) = pair(suite, id);
        let (mut frame, mut other) = (text.clone(), text.clone());
        sender.encrypt(&mut frame, b"m").unwrap();
        sender.encrypt(&mut other, b"m").unwrap();
        let changed = change.apply(&frame, &other);
        prop_assume!(changed != frame && changed != other);
        let mut buffer = changed.clone();
        prop_assert!(receiver.decrypt(&mut buffer, b"m").is_err());
        prop_assert_eq!(buffer, changed);
        let mut wrong = frame.clone();
        prop_assert_eq!(receiver.decrypt(&mut wrong, b"n"), Err(DecryptError::Invalid));
        receiver.decrypt(&mut frame, b"m").unwrap();
        prop_assert_eq!(frame, text);
    }

    #[test]
    fn a_header_has_one_form(id in any::<u64>(), counter in any::<u64>(), bytes in vec(any::<u8>(), 0..20)) {
        let header = Header::new(KeyId::new(id), counter);
        let encoded = header.encode();
        prop_assert_eq!(Header::decode(encoded.as_bytes()), Ok((header, encoded.as_bytes().len())));
        for cut in 0..encoded.as_bytes().len() {
            prop_assert_eq!(Header::decode(&encoded.as_bytes()[..cut]), Err(HeaderError::Truncated));
        }
        if let Ok((header, length)) = Header::decode(&bytes) {
            let encoded = header.encode();
            prop_assert_eq!(encoded.as_bytes(), &bytes[..length]);
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for suite in CipherSuite::ALL {
        let (mut sender, mut receiver) = pair(suite, 0x1234);
        let mut frame = b"some text of a frame".to_vec();
        sender.encrypt(&mut frame, b"").unwrap();
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let before = flipped.clone();
            assert!(
                receiver.decrypt(&mut flipped, b"").is_err(),
                "{suite:?} {bit}"
            );
            assert_eq!(flipped, before);
        }
        for length in 0..frame.len() {
            assert!(
                receiver
                    .decrypt(&mut frame[..length].to_vec(), b"")
                    .is_err()
            );
        }
        receiver.decrypt(&mut frame, b"").unwrap();
    }
}

#[test]
fn headers_that_are_too_long_are_refused() {
    for long in [&[0x80, 7][..], &[0x08, 7], &[0x90, 0, 255], &[0x09, 0, 255]] {
        assert_eq!(Header::decode(long), Err(HeaderError::NotShortest));
    }
}

#[test]
fn keys_of_other_ids_and_suites_open_nothing() {
    let (mut sender, mut receiver) = pair(GCM, 1);
    let mut frame = b"text".to_vec();
    sender.encrypt(&mut frame, b"").unwrap();
    let (_, mut other) = pair(GCM, 2);
    let unknown = DecryptError::UnknownKey {
        key_id: KeyId::new(1),
    };
    assert_eq!(other.decrypt(&mut frame, b""), Err(unknown));
    assert!(!unknown.is_final() && DecryptError::Invalid.is_final());
    let (_, mut other) = pair(CipherSuite::Aes256GcmSha512_128, 1);
    assert_eq!(other.decrypt(&mut frame, b""), Err(DecryptError::Invalid));
    receiver.decrypt(&mut frame, b"").unwrap();
}

#[test]
fn a_stored_key_uses_no_counter_twice() {
    let id = KeyId::new(9);
    let resume = |counter| SendingKey::resume(base_key(), GCM, id, counter);
    let mut sender = resume(0);
    let mut frame = vec![1];
    assert_eq!(
        sender.encrypt(&mut frame, b""),
        Err(EncryptError::NotReserved)
    );
    let stored = sender.reserve(2).unwrap();
    assert_eq!(sender.encrypt(&mut vec![1], b""), Ok(0));
    assert_eq!(sender.encrypt(&mut vec![1], b""), Ok(1));
    assert_eq!(
        sender.encrypt(&mut frame, b""),
        Err(EncryptError::NotReserved)
    );
    assert_eq!(frame, [1]);
    // The program stops here, or stopped before it sent anything.
    let mut sender = resume(stored);
    sender.reserve(1).unwrap();
    assert_eq!(sender.encrypt(&mut vec![1], b""), Ok(2));
}

#[test]
fn the_last_counter_is_the_last() {
    let mut sender = SendingKey::resume(base_key(), GCM, KeyId::new(0), SendingKey::MAX_FRAMES - 1);
    assert_eq!(sender.reserve(2).unwrap_err().left, 1);
    sender.reserve(1).unwrap();
    assert_eq!(
        sender.encrypt(&mut vec![1], b""),
        Ok(SendingKey::MAX_FRAMES - 1)
    );
    let mut frame = vec![1];
    assert_eq!(
        sender.encrypt(&mut frame, b""),
        Err(EncryptError::Exhausted)
    );
    assert_eq!(frame, [1]);
    assert!(sender.reserve(1).is_err());
    let mut beyond = SendingKey::resume(base_key(), GCM, KeyId::new(0), u64::MAX);
    assert!(beyond.reserve(1).is_err());
    assert_eq!(
        beyond.encrypt(&mut frame, b""),
        Err(EncryptError::Exhausted)
    );
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let (mut sender, mut receiver) = pair(GCM, 8);
    let needed = sender.sealed_length(4);
    let mut buffer = vec![1; needed - 1];
    let before = buffer.clone();
    assert_eq!(
        sender.encrypt_slice(&mut buffer, 4, b""),
        Err(EncryptError::BufferTooSmall { needed })
    );
    assert_eq!(
        sender.encrypt_slice(&mut buffer, usize::MAX, b""),
        Err(EncryptError::BufferTooSmall { needed: usize::MAX })
    );
    let metadata = [0; SendingKey::MAX_METADATA + 1];
    assert_eq!(
        sender.encrypt_slice(&mut buffer, 4, &metadata),
        Err(EncryptError::MetadataTooLong)
    );
    assert_eq!(buffer, before);
    assert_eq!(sender.next_counter(), 0);
    let mut frame = b"text".to_vec();
    sender.encrypt(&mut frame, b"").unwrap();
    assert_eq!(
        receiver.decrypt(&mut frame, &metadata),
        Err(DecryptError::Invalid)
    );
    receiver.decrypt(&mut frame, b"").unwrap();
}

#[test]
fn a_frame_that_comes_twice_is_refused_where_that_is_asked_for() {
    let (mut sender, mut receiver) = pair(GCM, 8);
    let mut lax = ReceivingKey::new(base_key(), GCM, KeyId::new(8), Replay::Allow);
    let frames: Vec<Vec<u8>> = (0..REPLAY_WINDOW + 2)
        .map(|_| {
            let mut frame = b"text".to_vec();
            sender.encrypt(&mut frame, b"").unwrap();
            frame
        })
        .collect();
    let mut opens = |at: usize| receiver.decrypt(&mut frames[at].clone(), b"").is_ok();
    assert!(opens(3) && opens(1));
    assert!(!opens(1) && !opens(3));
    assert!(opens(2));
    assert!(opens(frames.len() - 1));
    assert!(!opens(0), "behind the window");
    for _ in 0..2 {
        lax.decrypt(&mut frames[1].clone(), b"").unwrap();
    }
}

#[test]
fn a_ring_finds_the_key_and_keeps_the_one_it_has() {
    let mut ring = Keyring::new();
    let (mut sender, receiver) = pair(GCM, 1);
    let mut frame = b"text".to_vec();
    sender.encrypt(&mut frame, b"").unwrap();
    ring.insert(pair(GCM, 2).1).unwrap();
    let unknown = DecryptError::UnknownKey {
        key_id: KeyId::new(1),
    };
    assert_eq!(ring.decrypt(&mut frame, b""), Err(unknown));
    assert_eq!(
        ring.decrypt(&mut Vec::new(), b""),
        Err(DecryptError::Invalid)
    );
    ring.insert(receiver).unwrap();
    ring.decrypt(&mut frame.clone(), b"").unwrap();
    let taken = KeyringError::Taken {
        key_id: KeyId::new(1),
    };
    assert_eq!(ring.insert(pair(GCM, 1).1), Err(taken));
    assert_eq!(
        ring.decrypt(&mut frame, b""),
        Err(DecryptError::Invalid),
        "seen"
    );
    assert!(ring.remove(KeyId::new(1)) && !ring.remove(KeyId::new(1)));
}
