//! Accounts and sessions made of known bytes, and their state as bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot start fails"
)]

use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, OlmMessage, PreKeyMessage, Session},
    pickle::PickleKey,
};

use super::rng::{BytesRng, SeededRng};

/// The key that states are pickled under.
pub(crate) fn pickle_key() -> PickleKey {
    PickleKey::from_bytes(&[0x42; 32])
}

/// The whole state of an object.
pub(crate) trait State: Sized {
    /// A pickle under a fixed nonce: equal bytes are equal states.
    fn state(&self) -> Vec<u8>;

    /// Another object in a state that [`Self::state`] gave.
    fn with_state(state: &[u8]) -> Self;

    /// Another object in the same state.
    fn copy(&self) -> Self {
        Self::with_state(&self.state())
    }
}

macro_rules! state {
    ($($object:ty),+) => {$(
        impl State for $object {
            fn state(&self) -> Vec<u8> {
                self.pickle_with(&mut BytesRng::new([7; 24]), &pickle_key(), b"state")
                    .unwrap()
            }

            fn with_state(state: &[u8]) -> Self {
                Self::unpickle(state, &pickle_key(), b"state").unwrap()
            }
        }
    )+};
}

state!(Account, Session, OutboundGroupSession, InboundGroupSession);

/// Alice and Bob, who has accepted Alice's first message and not answered yet.
pub(crate) struct Pair {
    pub(crate) rng: SeededRng,
    pub(crate) alice: Account,
    pub(crate) bob: Account,
    pub(crate) alices: Session,
    pub(crate) bobs: Session,
    /// The message that started it.
    pub(crate) first: PreKeyMessage,
}

impl Pair {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with_version(seed, SessionVersion::V1)
    }

    pub(crate) fn with_version(seed: u64, version: SessionVersion) -> Self {
        let mut rng = SeededRng::new(seed);
        let alice = Account::new_with(&mut rng).unwrap();
        let mut bob = Account::new_with(&mut rng).unwrap();
        bob.generate_one_time_keys_with(&mut rng, 2).unwrap();
        bob.generate_fallback_key_with(&mut rng).unwrap();
        let one_time_key = bob.one_time_keys().first().unwrap().key;
        let mut alices = alice
            .outbound_session_with(
                &mut rng,
                version,
                &bob.identity_keys().curve25519,
                &one_time_key,
            )
            .unwrap();
        let first = pre_key(alices.encrypt_with(&mut rng, b"first").unwrap());
        let pending = bob
            .open(version, &alice.identity_keys().curve25519, &first)
            .unwrap();
        let (bobs, plaintext) = pending.accept(&mut bob).unwrap();
        assert_eq!(plaintext, b"first");
        Self {
            rng,
            alice,
            bob,
            alices,
            bobs,
            first,
        }
    }

    /// Alice encrypts.
    pub(crate) fn alice_says(&mut self, text: &[u8]) -> OlmMessage {
        self.alices.encrypt_with(&mut self.rng, text).unwrap()
    }

    /// Bob encrypts.
    pub(crate) fn bob_says(&mut self, text: &[u8]) -> OlmMessage {
        self.bobs.encrypt_with(&mut self.rng, text).unwrap()
    }

    /// Bob speaks and Alice hears it, then the other way round: two turns.
    pub(crate) fn ping_pong(&mut self) {
        let ping = self.bob_says(b"ping");
        assert_eq!(self.alices.decrypt(&ping).unwrap().plaintext, b"ping");
        let pong = self.alice_says(b"pong");
        assert_eq!(self.bobs.decrypt(&pong).unwrap().plaintext, b"pong");
    }
}

/// The pre-key message that a fresh session sends.
pub(crate) fn pre_key(message: OlmMessage) -> PreKeyMessage {
    match message {
        OlmMessage::PreKey(message) => message,
        OlmMessage::Normal(_) => panic!("a normal message"),
    }
}

/// A message of the same type with these bytes, if they are one.
pub(crate) fn same_type(message: &OlmMessage, bytes: Vec<u8>) -> Option<OlmMessage> {
    match message {
        OlmMessage::PreKey(_) => PreKeyMessage::from_bytes(bytes)
            .ok()
            .map(OlmMessage::PreKey),
        OlmMessage::Normal(_) => necturus::olm::Message::from_bytes(bytes)
            .ok()
            .map(OlmMessage::Normal),
    }
}

/// A sender's and a receiver's Megolm session.
pub(crate) fn room(
    seed: u64,
    version: SessionVersion,
) -> (OutboundGroupSession, InboundGroupSession) {
    let outbound = OutboundGroupSession::new_with(&mut SeededRng::new(seed), version).unwrap();
    let inbound = InboundGroupSession::new(&outbound.session_key(), version);
    (outbound, inbound)
}
