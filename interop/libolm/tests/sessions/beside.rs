//! Alice and Bob, each twice: ours and libolm's in step.

use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::{Account, DecryptError, Message, OlmMessage, PreKeyMessage, Session, steps},
};
use necturus_interop_libolm as libolm;
use proptest::sample::Index;

use crate::common::{
    PICKLE_KEY, base64, envelope,
    rng::{BytesRng, SeededRng},
};

const V1: SessionVersion = SessionVersion::V1;
/// What libolm holds over all chains, and ours of each.
const LIBOLM_SKIPPED_KEYS: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Alice,
    Bob,
}

/// The text of libolm's error.
pub(crate) fn refusal<T: core::fmt::Debug>(result: Result<T, libolm::Error>) -> &'static str {
    result.unwrap_err().as_str()
}

/// One side's session.
pub(crate) struct Both {
    pub(crate) ours: Session,
    pub(crate) theirs: libolm::Session,
    /// Skipped keys are held by one and not by the other: more than 40 were
    /// waiting at once, or a chain was dropped whose keys libolm still holds.
    /// All else stays the same, and a move through a pickle ends it.
    diverged: bool,
}

impl Both {
    fn new(ours: Session, theirs: libolm::Session) -> Self {
        Self {
            ours,
            theirs,
            diverged: false,
        }
    }

    pub(crate) fn ours_as_theirs(&self) -> libolm::Session {
        let pickle = self.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
        libolm::Session::unpickle(PICKLE_KEY, pickle).unwrap()
    }

    pub(crate) fn theirs_as_ours(&self) -> Session {
        let pickle = self.theirs.pickle(PICKLE_KEY).unwrap();
        Session::from_libolm_pickle(&pickle, PICKLE_KEY).unwrap()
    }

    fn compare(&mut self) {
        let (ours, theirs) = (&self.ours, &self.theirs);
        assert_eq!(Ok(ours.id().to_base64()), theirs.id());
        assert_eq!(ours.has_received_message(), theirs.has_received_message());
        let draws = if ours.encrypt_draws() { 32 } else { 0 };
        assert_eq!(draws, theirs.encrypt_random_length());

        let (our_text, their_text) = (ours.describe(), theirs.describe());
        let their_pickle = theirs.pickle(PICKLE_KEY).unwrap();
        self.diverged |= skipped(&our_text).split_whitespace().count() > LIBOLM_SKIPPED_KEYS
            || holds_dead_keys(&envelope::open(&their_pickle, PICKLE_KEY));
        if self.diverged {
            let chains = |text| receivers(text).strip_suffix(skipped(text));
            assert_eq!(chains(&our_text), chains(&their_text));
        } else {
            // Of a sender chain that is not there, libolm prints what memory
            // happens to hold.
            if draws == 0 {
                assert_eq!(our_text, their_text);
            }
            assert_eq!(receivers(&our_text), receivers(&their_text));
            assert_eq!(ours.to_libolm_pickle(PICKLE_KEY), Ok(their_pickle));
        }
    }

    fn encrypt(&mut self, rng: &mut SeededRng, text: &[u8]) -> OlmMessage {
        let random = match self.ours.encrypt_draws() {
            true => rng.bytes::<32>().to_vec(),
            false => Vec::new(),
        };
        let message_type = self.theirs.encrypt_message_type();
        let theirs = self.theirs.encrypt(text, &random).unwrap();
        let mut source = BytesRng::new(random);
        let ours = self.ours.encrypt_with(&mut source, text).unwrap();
        assert_eq!(source.left(), 0);
        assert_eq!(ours.message_type() as usize, message_type);
        assert_eq!((message_type, ours.to_base64()), theirs);
        ours
    }

    /// Gives the text, if it was read.
    pub(crate) fn decrypt(&mut self, message: &OlmMessage) -> Option<Vec<u8>> {
        let body = message.to_base64();
        if let OlmMessage::PreKey(message) = message {
            let matches = self.ours.matches(message);
            assert_eq!(self.theirs.matches_inbound(&body), Ok(matches));
        }
        let theirs = self.theirs.decrypt(message.message_type() as usize, &body);
        match (self.ours.decrypt(message), theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.plaintext, theirs);
                Some(theirs)
            }
            // libolm has one error for all that is well formed.
            (Err(error), Err(refusal)) => {
                assert_eq!(refusal.as_str(), "BAD_MESSAGE_MAC", "{error:?}");
                None
            }
            // A skipped key that libolm had no room for.
            (Ok(ours), Err(refusal)) if self.diverged => {
                assert_eq!(refusal.as_str(), "BAD_MESSAGE_MAC");
                Some(ours.plaintext)
            }
            (ours, theirs) => panic!("ours {ours:?}, but libolm {theirs:?}"),
        }
    }

    /// Difference: what nobody authenticates, the frame of a pre-key message,
    /// libolm reads over when it has the session; ours refuses what is not as
    /// it was sent. The text is then the right one.
    fn libolm_reads_over(&self, sent: &OlmMessage, hurt: &str, text: &[u8]) {
        let pickle = self.theirs.pickle(PICKLE_KEY).unwrap();
        let mut copy = libolm::Session::unpickle(PICKLE_KEY, pickle).unwrap();
        if let Ok(read) = copy.decrypt(sent.message_type() as usize, hurt) {
            assert_eq!(read, text);
            assert!(matches!(sent, OlmMessage::PreKey(_)));
        }
    }
}

/// A description without the sender chain.
fn receivers(description: &str) -> &str {
    &description[description.find("receiver").unwrap()..]
}

/// The list at the end of a description.
fn skipped(description: &str) -> &str {
    description.split("skipped message keys:").nth(1).unwrap()
}

/// Whether a state of libolm's has skipped keys whose chain is gone.
fn holds_dead_keys(state: &[u8]) -> bool {
    let count = |at: usize| {
        let bytes: [u8; 4] = state[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap()
    };
    let senders = 4 + 1 + 4 * 32;
    let receivers = senders + 4 + count(senders) * 100;
    let keys = receivers + 4 + count(receivers) * 68;
    let chains: Vec<_> = state[receivers + 4..keys].chunks(68).collect();
    let mut skipped = state[keys + 4..].chunks(68);
    skipped.any(|key| chains.iter().all(|chain| chain[..32] != key[..32]))
}

/// Bob before and after the first message that he could read.
pub(crate) enum Bob {
    Account {
        ours: Box<Account>,
        theirs: libolm::Account,
    },
    Session(Box<Both>),
}

pub(crate) struct Meeting {
    rng: SeededRng,
    pub(crate) alice_key: Curve25519PublicKey,
    alices: Both,
    pub(crate) bob: Bob,
    on_fallback_key: bool,
    sender_is_known: bool,
    /// What each side has sent, with its text.
    sent: [Vec<(OlmMessage, Vec<u8>)>; 2],
}

impl Meeting {
    pub(crate) fn new(seed: u64, on_fallback_key: bool, sender_is_known: bool) -> Self {
        let mut rng = SeededRng::new(seed);
        let (alice_random, bob_random): ([u8; 64], [u8; 64]) = (rng.bytes(), rng.bytes());
        let (one_time, fallback, random) =
            (rng.bytes::<64>(), rng.bytes::<32>(), rng.bytes::<64>());
        let alice = Account::new_with(&mut BytesRng::new(alice_random)).unwrap();
        let mut ours = Account::new_with(&mut BytesRng::new(bob_random)).unwrap();
        ours.generate_one_time_keys_with(&mut BytesRng::new(one_time), 2)
            .unwrap();
        ours.generate_fallback_key_with(&mut BytesRng::new(fallback))
            .unwrap();
        let key = match on_fallback_key {
            true => ours.fallback_key().unwrap().key,
            false => ours.one_time_keys()[1].key,
        };
        let theirs_alice = libolm::Account::new(&alice_random).unwrap();
        let mut theirs = libolm::Account::new(&bob_random).unwrap();
        theirs.generate_one_time_keys(2, &one_time).unwrap();
        theirs.generate_fallback_key(&fallback).unwrap();

        let bob_key = ours.identity_keys().curve25519;
        let mut source = BytesRng::new(random);
        let alices = Both::new(
            alice
                .outbound_session_with(&mut source, V1, &bob_key, &key)
                .unwrap(),
            libolm::Session::outbound(&theirs_alice, &random, bob_key.to_base64(), key.to_base64())
                .unwrap(),
        );
        assert_eq!(source.left(), 0);
        let mut meeting = Self {
            rng,
            alice_key: alice.identity_keys().curve25519,
            alices,
            bob: Bob::Account {
                ours: Box::new(ours),
                theirs,
            },
            on_fallback_key,
            sender_is_known,
            sent: [Vec::new(), Vec::new()],
        };
        meeting.compare();
        meeting
    }

    pub(crate) fn both(&mut self, side: Side) -> Option<&mut Both> {
        match (side, &mut self.bob) {
            (Side::Alice, _) => Some(&mut self.alices),
            (Side::Bob, Bob::Session(both)) => Some(both),
            (Side::Bob, Bob::Account { .. }) => None,
        }
    }

    pub(crate) fn bobs(&mut self) -> &mut Both {
        self.both(Side::Bob).unwrap()
    }

    pub(crate) fn describe(&mut self, side: Side) -> String {
        self.both(side).unwrap().ours.describe()
    }

    /// A message that a side has sent, and its text.
    pub(crate) fn message(&self, from: Side, which: usize) -> (OlmMessage, Vec<u8>) {
        self.sent[from as usize][which].clone()
    }

    pub(crate) fn compare(&mut self) {
        self.alices.compare();
        if let Bob::Session(both) = &mut self.bob {
            both.compare();
        }
    }

    /// Moves a side's session through pickles, after which both hold the same.
    pub(crate) fn with(&mut self, side: Side, change: impl FnOnce(&mut Both)) {
        if let Some(both) = self.both(side) {
            // With more keys on one side there would be nothing to compare.
            if both.diverged {
                both.ours = both.theirs_as_ours();
                both.theirs = both.ours_as_theirs();
                both.diverged = false;
            }
            change(both);
        }
    }

    pub(crate) fn send(&mut self, side: Side, count: u8) {
        for _ in 0..count {
            let length = usize::try_from(self.rng.below(40)).unwrap();
            let text = self.rng.bytes::<40>()[..length].to_vec();
            let mut rng = self.rng.clone();
            if let Some(both) = self.both(side) {
                let message = both.encrypt(&mut rng, &text);
                self.rng = rng;
                self.sent[side as usize].push((message, text));
            }
        }
    }

    /// Each side sends `lost` messages and one more, which arrives.
    pub(crate) fn turn(&mut self, lost: u8) {
        for (from, to) in [(Side::Alice, Side::Bob), (Side::Bob, Side::Alice)] {
            self.send(from, lost + 1);
            self.deliver(to, |sent| sent - 1);
            self.compare();
        }
    }

    /// Delivers one of the other side's messages.
    pub(crate) fn deliver(&mut self, to: Side, which: impl FnOnce(usize) -> usize) {
        let from = match to {
            Side::Alice => Side::Bob,
            Side::Bob => Side::Alice,
        };
        let sent = self.sent[from as usize].len();
        if sent == 0 {
            return;
        }
        let (message, text) = self.message(from, which(sent));
        match self.both(to) {
            Some(both) => {
                let read = both.decrypt(&message);
                assert!(read.is_none_or(|read| read == text));
            }
            None => self.meet(&message, &text),
        }
    }

    /// Bob's first message: libolm's three steps.
    fn meet(&mut self, message: &OlmMessage, text: &[u8]) {
        let OlmMessage::PreKey(first) = message else {
            panic!("Alice has heard nothing, so she sends pre-key messages")
        };
        let Bob::Account { ours, theirs } = &mut self.bob else {
            return;
        };
        let body = message.to_base64();
        let sender = self.sender_is_known.then_some(&self.alice_key);
        let session = steps::inbound_session(ours, V1, sender, first).unwrap();
        let their_session = match sender {
            Some(key) => libolm::Session::inbound_from(theirs, key.to_base64(), &body),
            None => libolm::Session::inbound(theirs, &body),
        };
        let mut both = Both::new(session, their_session.unwrap());
        both.compare();
        assert!(both.ours.matches(first));
        let alice = self.alice_key.to_base64();
        assert_eq!(both.theirs.matches_inbound_from(&alice, &body), Ok(true));
        assert_eq!(both.decrypt(message).as_deref(), Some(text));
        both.compare();

        // In one step it is the same session, and nothing is spent.
        let pending = ours.open(V1, &self.alice_key, first).unwrap();
        assert_eq!(pending.plaintext(), text);
        assert_eq!(pending.used_fallback_key(), self.on_fallback_key);
        assert_eq!(
            pending.session().to_libolm_pickle(PICKLE_KEY),
            both.ours.to_libolm_pickle(PICKLE_KEY)
        );

        // libolm says yes to a fallback key, too, and keeps it.
        let removed = ours.remove_one_time_key(&both.ours.session_keys().one_time_key);
        assert_eq!(removed, !self.on_fallback_key);
        theirs.remove_one_time_keys(&both.theirs).unwrap();
        let their_pickle = theirs.pickle(PICKLE_KEY);
        assert_eq!(Ok(ours.to_libolm_pickle(PICKLE_KEY).unwrap()), their_pickle);
        self.bob = Bob::Session(Box::new(both));
    }

    /// Delivers a message with a flipped bit to a session.
    pub(crate) fn deliver_hurt(&mut self, to: Side, which: Index, at: Index, bit: u8) {
        let from = match to {
            Side::Alice => Side::Bob,
            Side::Bob => Side::Alice,
        };
        let sent = self.sent[from as usize].len();
        if sent == 0 || self.both(to).is_none() {
            return;
        }
        let (message, text) = self.message(from, which.index(sent));
        let mut bytes = message.as_bytes().to_vec();
        let position = at.index(bytes.len());
        bytes[position] ^= 1 << bit;
        let body = base64(&bytes);
        let parsed = match message {
            OlmMessage::PreKey(_) => PreKeyMessage::from_bytes(bytes).map(OlmMessage::PreKey),
            OlmMessage::Normal(_) => Message::from_bytes(bytes).map(OlmMessage::Normal),
        };
        let both = self.both(to).unwrap();
        match parsed {
            Ok(OlmMessage::PreKey(hurt)) if !both.ours.matches(&hurt) => {
                let refused = both.ours.decrypt(&OlmMessage::PreKey(hurt));
                assert_eq!(refused, Err(DecryptError::NotThisSession));
                both.libolm_reads_over(&message, &body, &text);
            }
            Ok(hurt) => assert_eq!(both.decrypt(&hurt), None),
            Err(_) => both.libolm_reads_over(&message, &body, &text),
        }
    }
}
