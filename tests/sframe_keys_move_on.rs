//! SFrame keys that move on: by a ratchet, and with an MLS group's epochs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use necturus::media::sframe::{
    BaseKey, CipherSuite, DecryptError, EpochError, KeyId, MlsKeys, RatchetError, RatchetReceiver,
    RatchetSender, Replay,
};
use proptest::{collection::vec, prelude::*};

const SUITE: CipherSuite = CipherSuite::Aes128GcmSha256_128;

fn base_key(byte: u8) -> BaseKey {
    BaseKey::from_bytes(&[byte; 16]).unwrap()
}

fn sealed(sender: &mut RatchetSender) -> Vec<u8> {
    let mut frame = b"frame".to_vec();
    sender.encrypt(&mut frame, b"").unwrap();
    frame
}

fn opens(receiver: &mut RatchetReceiver, frame: &[u8]) -> Result<(), DecryptError> {
    let mut buffer = frame.to_vec();
    let result = receiver.decrypt(&mut buffer, b"");
    assert_eq!(buffer, if result.is_ok() { b"frame" } else { frame });
    result.map(|_| ())
}

/// A sender with four bits of ratchet, and a receiver of its first key.
fn call() -> (RatchetSender, RatchetReceiver) {
    let sender = RatchetSender::new(base_key(1), SUITE, 4).unwrap();
    let mut receiver = RatchetReceiver::new(SUITE, 4, Replay::Refuse).unwrap();
    receiver.add(base_key(1), 0, 0).unwrap();
    (sender, receiver)
}

proptest! {
    #[test]
    fn a_receiver_follows(steps in vec(0usize..15, 1..12)) {
        let (mut sender, mut receiver) = call();
        for step in steps {
            for _ in 0..step {
                sender.ratchet();
            }
            prop_assert_eq!(opens(&mut receiver, &sealed(&mut sender)), Ok(()));
        }
    }
}

#[test]
fn frames_that_were_overtaken_by_a_step_are_opened() {
    let (mut sender, mut receiver) = call();
    let late = sealed(&mut sender);
    let forgotten = sealed(&mut sender);
    sender.ratchet();
    opens(&mut receiver, &sealed(&mut sender)).unwrap();
    opens(&mut receiver, &late).unwrap();
    assert_eq!(opens(&mut receiver, &late), Err(DecryptError::Invalid));
    receiver.forget_previous();
    assert_eq!(opens(&mut receiver, &forgotten), Err(DecryptError::Invalid));
}

#[test]
fn a_forged_frame_moves_no_ratchet() {
    let (mut sender, mut receiver) = call();
    let now = sealed(&mut sender);
    for _ in 0..5 {
        sender.ratchet();
    }
    let ahead = sealed(&mut sender);
    for bit in 0..ahead.len() * 8 {
        let mut forged = ahead.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(opens(&mut receiver, &forged).is_err());
    }
    // So the key of now is the key still, and the one ahead is reached.
    opens(&mut receiver, &now).unwrap();
    opens(&mut receiver, &ahead).unwrap();
}

#[test]
fn who_joins_after_a_step_cannot_read_what_was_before() {
    let (mut sender, _) = call();
    let before = sealed(&mut sender);
    sender.ratchet();
    let mut joined = RatchetReceiver::new(SUITE, 4, Replay::Refuse).unwrap();
    let base_key = BaseKey::from_bytes(sender.base_key().expose_secret()).unwrap();
    joined
        .add(base_key, sender.generation(), sender.step())
        .unwrap();
    assert_eq!(opens(&mut joined, &before), Err(DecryptError::Invalid));
    opens(&mut joined, &sealed(&mut sender)).unwrap();
}

#[test]
fn who_left_cannot_read_the_next_generation() {
    let (mut sender, mut left) = call();
    sender.ratchet();
    sender.replace(base_key(2)).unwrap();
    assert_eq!((sender.generation(), sender.step()), (1, 0));
    assert_eq!(sender.key_id(), KeyId::new(0x10));
    let unknown = DecryptError::UnknownKey {
        key_id: KeyId::new(0x10),
    };
    assert_eq!(opens(&mut left, &sealed(&mut sender)), Err(unknown));

    let (_, mut stays) = call();
    stays.add(base_key(2), 1, 0).unwrap();
    opens(&mut stays, &sealed(&mut sender)).unwrap();
    let newest = RatchetError::NotNewer { newest: 1 };
    assert_eq!(stays.add(base_key(1), 0, 0), Err(newest));
    assert_eq!(stays.add(base_key(2), 1, 0), Err(newest));
    assert!(matches!(
        stays.add(base_key(2), 1 << 60, 0),
        Err(RatchetError::KeyId(_))
    ));
}

#[test]
fn a_ratchet_is_not_followed_any_distance() {
    let mut sender = RatchetSender::new(base_key(1), SUITE, 16).unwrap();
    let mut receiver = RatchetReceiver::new(SUITE, 16, Replay::Refuse).unwrap();
    receiver.add(base_key(1), 0, 0).unwrap();
    for _ in 0..=RatchetReceiver::MAX_STEPS {
        sender.ratchet();
    }
    assert_eq!(
        opens(&mut receiver, &sealed(&mut sender)),
        Err(DecryptError::Invalid)
    );
    assert!(RatchetSender::new(base_key(1), SUITE, 64).is_err());
    assert!(RatchetReceiver::new(SUITE, 64, Replay::Refuse).is_err());
}

fn member(leaf: u32) -> MlsKeys {
    let mut keys = MlsKeys::new(SUITE, 2, Replay::Refuse).unwrap();
    keys.add_epoch(base_key(1), 5, 3, leaf).unwrap();
    keys
}

fn from(keys: &mut MlsKeys, context: u8) -> Vec<u8> {
    let mut frame = b"frame".to_vec();
    keys.sending_key(context)
        .unwrap()
        .encrypt(&mut frame, b"")
        .unwrap();
    frame
}

#[test]
fn members_of_an_epoch_read_each_other_and_not_themselves() {
    let (mut alice, mut bob) = (member(0), member(2));
    let mut frame = from(&mut alice, 3);
    let mut buffer = frame.clone();
    let received = bob.decrypt(&mut buffer, b"").unwrap();
    assert_eq!(buffer, b"frame");
    assert_eq!(bob.leaf_of(&received), Some(0));
    assert_eq!(
        bob.decrypt(&mut frame.clone(), b""),
        Err(DecryptError::Invalid)
    );
    assert_eq!(alice.decrypt(&mut frame, b""), Err(DecryptError::Invalid));
    // A leaf that the tree does not have: 3 fits into the bits.
    let mut stranger = MlsKeys::new(SUITE, 2, Replay::Refuse).unwrap();
    stranger.add_epoch(base_key(1), 5, 4, 3).unwrap();
    let mut frame = from(&mut stranger, 0);
    assert_eq!(bob.decrypt(&mut frame, b""), Err(DecryptError::Invalid));
}

#[test]
fn each_context_sends_once_in_an_epoch() {
    let mut alice = member(0);
    assert!(alice.sending_key(0).is_ok());
    for context in [0, MlsKeys::MAX_CONTEXTS, u8::MAX] {
        assert_eq!(
            alice.sending_key(context).err(),
            Some(EpochError::ContextUsed { context })
        );
    }
    assert!(alice.sending_key(63).is_ok());
    alice.add_epoch(base_key(2), 6, 3, 0).unwrap();
    assert!(alice.sending_key(0).is_ok());
    let mut none = MlsKeys::new(SUITE, 2, Replay::Refuse).unwrap();
    assert_eq!(none.sending_key(0).err(), Some(EpochError::NoEpoch));
}

#[test]
fn an_epoch_drops_the_one_with_the_same_low_bits() {
    let (mut alice, mut bob) = (member(0), member(1));
    let mut old = from(&mut alice, 0);
    for epoch in 6..9 {
        bob.add_epoch(base_key(2), epoch, 3, 1).unwrap();
    }
    bob.decrypt(&mut old, b"").unwrap();
    let mut older = from(&mut alice, 1);
    bob.add_epoch(base_key(3), 9, 3, 1).unwrap();
    assert_eq!(bob.decrypt(&mut older, b""), Err(DecryptError::Invalid));

    for epoch in [0, 5, 9] {
        assert_eq!(
            bob.add_epoch(base_key(1), epoch, 3, 1),
            Err(EpochError::NotNewer { newest: 9 })
        );
    }
    assert!(matches!(
        bob.add_epoch(base_key(1), 10, 3, 3),
        Err(EpochError::KeyId(_))
    ));
    assert!(matches!(
        bob.add_epoch(base_key(1), 10, 0, 0),
        Err(EpochError::KeyId(_))
    ));
    let long = BaseKey::from_bytes(&[1; 32]).unwrap();
    assert_eq!(
        bob.add_epoch(long, 10, 3, 1),
        Err(EpochError::BaseKeyLength {
            found: 32,
            expected: 16
        })
    );

    // Epochs 6 to 8 are there until they are forgotten.
    let mut carol = MlsKeys::new(SUITE, 2, Replay::Refuse).unwrap();
    carol.add_epoch(base_key(2), 8, 3, 2).unwrap();
    bob.decrypt(&mut from(&mut carol, 0), b"").unwrap();
    bob.forget_old_epochs();
    assert!(matches!(
        bob.decrypt(&mut from(&mut carol, 1), b""),
        Err(DecryptError::UnknownKey { .. })
    ));
}
