//! Two sides of a session, each in one library or the other, beside the model.

use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::{self, DecryptError},
    pickle::PickleKey,
};
use vodozemac::olm as theirs;

use crate::{
    common::rng::{BytesRng, SeededRng},
    model::{Model, Place, Verdict},
};

const KEY: [u8; 32] = [7; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Ours,
    Theirs,
}

/// A message as it travels: type and bytes.
#[derive(Clone, Debug)]
struct Wire {
    kind: usize,
    bytes: Vec<u8>,
}

impl Wire {
    fn ours(&self) -> Option<olm::OlmMessage> {
        let bytes = self.bytes.clone();
        if self.kind == 0 {
            let message = olm::PreKeyMessage::from_bytes(bytes).ok()?;
            Some(olm::OlmMessage::PreKey(message))
        } else {
            let message = olm::Message::from_bytes(bytes).ok()?;
            Some(olm::OlmMessage::Normal(message))
        }
    }

    fn theirs(&self) -> Option<theirs::OlmMessage> {
        theirs::OlmMessage::from_parts(self.kind, &self.bytes).ok()
    }

    /// Where a changed byte is authenticated: the outer keys of a pre-key
    /// message mean nothing to a session that exists.
    fn authenticated_from(&self) -> usize {
        if self.kind == 0 { 106 } else { 0 }
    }
}

enum Peer {
    Ours(Box<olm::Session>),
    Theirs(Box<theirs::Session>),
}

#[derive(Debug)]
enum Refusal {
    Decode,
    Ours(DecryptError),
    Theirs(theirs::DecryptionError),
}

impl Peer {
    fn id(&self) -> String {
        match self {
            Self::Ours(session) => session.id().to_base64(),
            Self::Theirs(session) => session.session_id(),
        }
    }

    fn has_received(&self) -> bool {
        match self {
            Self::Ours(session) => session.has_received_message(),
            Self::Theirs(session) => session.has_received_message(),
        }
    }

    /// All of the state, the same text for the same state.
    fn state(&self) -> Vec<u8> {
        match self {
            Self::Ours(session) => session
                .pickle_with(
                    &mut BytesRng::new([0; 24]),
                    &PickleKey::from_bytes(&KEY),
                    b"",
                )
                .unwrap(),
            Self::Theirs(session) => session.pickle().encrypt(&KEY).into_bytes(),
        }
    }

    fn encrypt(&mut self, rng: &mut SeededRng, text: &[u8]) -> Wire {
        match self {
            Self::Ours(session) => {
                let message = session.encrypt_with(rng, text).unwrap();
                Wire {
                    kind: message.message_type() as usize,
                    bytes: message.as_bytes().to_vec(),
                }
            }
            Self::Theirs(session) => {
                let (kind, bytes) = session.encrypt(text).unwrap().to_parts();
                Wire { kind, bytes }
            }
        }
    }

    /// The text, and how many messages were forgotten where that is told.
    fn decrypt(&mut self, wire: &Wire) -> Result<(Vec<u8>, Option<u64>), Refusal> {
        match self {
            Self::Ours(session) => {
                let message = wire.ours().ok_or(Refusal::Decode)?;
                let decrypted = session.decrypt(&message).map_err(Refusal::Ours)?;
                Ok((decrypted.plaintext, Some(decrypted.forgotten)))
            }
            Self::Theirs(session) => {
                let message = wire.theirs().ok_or(Refusal::Decode)?;
                let text = session.decrypt(&message).map_err(Refusal::Theirs)?;
                Ok((text, None))
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Sent {
    wire: Wire,
    text: Vec<u8>,
    place: Place,
}

/// Two sides and the messages under way to each.
pub(crate) struct Conversation {
    rng: SeededRng,
    pub(crate) model: Model,
    peers: [Peer; 2],
    pub(crate) waiting: [Vec<Sent>; 2],
    pub(crate) delivered: [Vec<Sent>; 2],
}

impl Conversation {
    /// Side 0 starts and sends `first` messages; the session of side 1 is made
    /// of the one that `opening` names.
    pub(crate) fn start(libraries: [Library; 2], first: usize, opening: usize, seed: u64) -> Self {
        let mut rng = SeededRng::new(seed);
        let alice = olm::Account::new_with(&mut rng).unwrap();
        let theirs_alice = to_theirs(&alice);
        let mut bob = olm::Account::new_with(&mut rng).unwrap();
        bob.generate_one_time_keys_with(&mut rng, 1).unwrap();
        let mut theirs_bob = to_theirs(&bob);
        let bobs_identity = bob.identity_keys().curve25519;
        let one_time_key = bob.one_time_keys()[0].key;

        let mut starter = match libraries[0] {
            Library::Ours => Peer::Ours(Box::new(
                alice
                    .outbound_session_with(
                        &mut rng,
                        SessionVersion::V1,
                        &bobs_identity,
                        &one_time_key,
                    )
                    .unwrap(),
            )),
            Library::Theirs => Peer::Theirs(Box::new(
                theirs_alice
                    .create_outbound_session(
                        theirs::SessionConfig::version_1(),
                        their_key(&bobs_identity),
                        their_key(&one_time_key),
                    )
                    .unwrap(),
            )),
        };
        let mut model = Model::new();
        let mut sent: Vec<_> = (0..first)
            .map(|_| send(&mut model, &mut starter, &mut rng, 0))
            .collect();
        let opening = sent.remove(opening);

        let (called, text) = match libraries[1] {
            Library::Ours => {
                let Some(olm::OlmMessage::PreKey(message)) = opening.wire.ours() else {
                    panic!("the first messages are pre-key messages");
                };
                let sender = alice.identity_keys().curve25519;
                let pending = bob.open(SessionVersion::V1, &sender, &message).unwrap();
                let (session, text) = pending.accept(&mut bob).unwrap();
                assert!(session.matches(&message));
                assert_eq!(bob.one_time_key_count(), 0);
                (Peer::Ours(Box::new(session)), text)
            }
            Library::Theirs => {
                let Some(theirs::OlmMessage::PreKey(message)) = opening.wire.theirs() else {
                    panic!("the first messages are pre-key messages");
                };
                let made = theirs_bob
                    .create_inbound_session(
                        theirs::SessionConfig::version_1(),
                        theirs_alice.curve25519_key(),
                        &message,
                    )
                    .unwrap();
                (Peer::Theirs(Box::new(made.session)), made.plaintext)
            }
        };
        assert_eq!(text, opening.text);
        assert!(matches!(
            model.deliver(1, opening.place),
            Verdict::Opens { .. }
        ));
        assert_eq!(starter.id(), called.id());
        Self {
            rng,
            model,
            peers: [starter, called],
            waiting: [Vec::new(), sent],
            delivered: [Vec::new(), vec![opening]],
        }
    }

    pub(crate) fn send(&mut self, from: usize, count: usize) {
        for _ in 0..count {
            let sent = send(&mut self.model, &mut self.peers[from], &mut self.rng, from);
            self.waiting[1 - from].push(sent);
        }
    }

    /// Delivers a message that waits and gives the model's verdict, which is
    /// that of the library.
    pub(crate) fn deliver(&mut self, to: usize, at: usize) -> Verdict {
        let sent = self.waiting[to].remove(at);
        let verdict = self.check(to, &sent);
        self.delivered[to].push(sent);
        verdict
    }

    pub(crate) fn deliver_newest(&mut self, to: usize) -> Verdict {
        self.deliver(to, self.waiting[to].len() - 1)
    }

    fn check(&mut self, to: usize, sent: &Sent) -> Verdict {
        let before = self.peers[to].state();
        let verdict = self.model.deliver(to, sent.place);
        match (verdict, self.peers[to].decrypt(&sent.wire)) {
            (Verdict::Opens { forgotten }, Ok((text, told))) => {
                assert_eq!(text, sent.text);
                assert_eq!(told.unwrap_or(forgotten), forgotten, "{:?}", sent.place);
            }
            (Verdict::Opens { .. }, Err(refusal)) => {
                panic!("{:?} was refused: {refusal:?}", sent.place)
            }
            (verdict, Ok(_)) => panic!("{:?} opened in spite of {verdict:?}", sent.place),
            (verdict, Err(refusal)) => {
                let unsure = self.model.sides[to].may_be_unsure(sent.place.chain);
                assert!(
                    is_right(verdict, &refusal, sent.place, unsure),
                    "{:?} is {verdict:?}, not {refusal:?}",
                    sent.place
                );
                self.check_unchanged(to, &before);
            }
        }
        assert_eq!(self.peers[to].has_received(), self.model.sides[to].received);
        verdict
    }

    fn check_unchanged(&mut self, to: usize, before: &[u8]) {
        if self.peers[to].state() == before {
            return;
        }
        // vodozemac opens a sender chain before it knows whether a message
        // under an unknown ratchet key is good, and keeps it if it is not.
        assert!(
            matches!(self.peers[to], Peer::Theirs(_)),
            "a failure left a trace"
        );
        assert!(!self.model.sides[to].has_sender());
        self.model.start_sending(to);
    }

    /// Delivers a message again. It opens if it was refused before and has its
    /// key by now.
    pub(crate) fn replay(&mut self, to: usize, at: usize) -> Verdict {
        let sent = self.delivered[to][at].clone();
        self.check(to, &sent)
    }

    pub(crate) fn tamper(&mut self, to: usize, at: usize, place: usize, change: u8) {
        let sent = &self.waiting[to][at];
        let mut wire = sent.wire.clone();
        let from = wire.authenticated_from();
        let place = from + place % (wire.bytes.len() - from);
        wire.bytes[place] ^= change;
        // vodozemac authenticates its own re-encoding of what it has read, so
        // that a message whose bytes mean the same is the same to it.
        if let Peer::Theirs(_) = self.peers[to]
            && wire
                .theirs()
                .is_some_and(|message| message.to_parts().1 == sent.wire.bytes)
        {
            return;
        }
        let before = self.peers[to].state();
        assert!(self.peers[to].decrypt(&wire).is_err(), "byte {place}");
        self.check_unchanged(to, &before);
    }

    pub(crate) fn relocate(&mut self, which: usize, road: Road) {
        let id = self.peers[which].id();
        let side = &mut self.model.sides[which];
        let moved = match (&self.peers[which], road) {
            (Peer::Ours(session), Road::Straight) => {
                let pickle = session.to_vodozemac_pickle(&KEY).unwrap();
                side.move_to_theirs();
                theirs_from(&pickle)
            }
            (Peer::Ours(session), Road::Libolm) => {
                let pickle = session.to_libolm_pickle(b"any length").unwrap();
                side.move_to_theirs_through_libolm();
                let session = theirs::Session::from_libolm_pickle(&pickle, b"any length");
                Peer::Theirs(Box::new(session.unwrap()))
            }
            (Peer::Ours(session), Road::LibolmAndBack) => {
                let pickle = session.to_libolm_pickle(b"").unwrap();
                side.move_through_libolm();
                let session = olm::Session::from_libolm_pickle(&pickle, b"");
                Peer::Ours(Box::new(session.unwrap()))
            }
            (Peer::Ours(_), Road::Own) => {
                let pickle = self.peers[which].state();
                let key = PickleKey::from_bytes(&KEY);
                let session = olm::Session::unpickle(&pickle, &key, b"");
                Peer::Ours(Box::new(session.unwrap()))
            }
            (Peer::Theirs(session), Road::Own) => theirs_from(&session.pickle().encrypt(&KEY)),
            (Peer::Theirs(session), _) => {
                let pickle = session.pickle().encrypt(&KEY);
                side.move_to_ours();
                let session = olm::Session::from_vodozemac_pickle(&pickle, &KEY);
                Peer::Ours(Box::new(session.unwrap()))
            }
        };
        assert_eq!(moved.id(), id);
        assert_eq!(moved.has_received(), side.received);
        self.peers[which] = moved;
    }

    pub(crate) fn deliver_all(&mut self) {
        for to in [0, 1] {
            while !self.waiting[to].is_empty() {
                let at = self.rng.below(self.waiting[to].len() as u64);
                self.deliver(to, usize::try_from(at).unwrap());
            }
        }
    }
}

fn send(model: &mut Model, peer: &mut Peer, rng: &mut SeededRng, from: usize) -> Sent {
    let place = model.send(from);
    let mut text = format!("{place:?}").into_bytes();
    // All paddings, and the empty text now and then.
    text.truncate(usize::try_from(rng.below(40)).unwrap());
    let wire = peer.encrypt(rng, &text);
    assert_eq!(wire.kind == 0, !model.sides[from].received);
    let index = match wire.ours().unwrap() {
        olm::OlmMessage::PreKey(message) => message.index(),
        olm::OlmMessage::Normal(message) => message.index(),
    };
    assert_eq!(u64::from(index), place.index);
    Sent { wire, text, place }
}

/// Whether a refusal says what the model knows.
fn is_right(verdict: Verdict, refusal: &Refusal, place: Place, unsure: bool) -> bool {
    use theirs::DecryptionError as Their;
    match (verdict, refusal) {
        (Verdict::NoKey { used: true }, Refusal::Ours(DecryptError::AlreadyUsed { index }))
        | (Verdict::NoKey { used: false }, Refusal::Ours(DecryptError::KeyGone { index })) => {
            u64::from(*index) == place.index
        }
        (Verdict::NoKey { .. }, Refusal::Ours(DecryptError::UsedOrGone { index })) => {
            unsure && u64::from(*index) == place.index
        }
        (Verdict::NoKey { .. }, Refusal::Theirs(Their::MissingMessageKey(index))) => {
            *index == place.index
        }
        (Verdict::Gap, Refusal::Ours(DecryptError::GapTooLarge { .. }))
        | (Verdict::Gap, Refusal::Theirs(Their::TooBigMessageGap(..)))
        | (Verdict::NoChain { .. }, Refusal::Ours(DecryptError::NotThisSession))
        | (Verdict::NoChain { held_once: true }, Refusal::Ours(DecryptError::ChainGone))
        | (Verdict::NoChain { .. }, Refusal::Theirs(Their::InvalidMAC(_))) => true,
        (Verdict::NoChain { .. }, Refusal::Ours(DecryptError::GapTooLarge { .. }))
        | (Verdict::NoChain { .. }, Refusal::Theirs(Their::TooBigMessageGap(..))) => {
            place.index > u64::from(olm::MAX_MESSAGE_GAP)
        }
        _ => false,
    }
}

fn to_theirs(account: &olm::Account) -> theirs::Account {
    let pickle = account.to_vodozemac_pickle(&KEY).unwrap();
    theirs::AccountPickle::from_encrypted(&pickle, &KEY)
        .unwrap()
        .into()
}

fn theirs_from(pickle: &str) -> Peer {
    let pickle = theirs::SessionPickle::from_encrypted(pickle, &KEY).unwrap();
    Peer::Theirs(Box::new(pickle.into()))
}

fn their_key(key: &Curve25519PublicKey) -> vodozemac::Curve25519PublicKey {
    vodozemac::Curve25519PublicKey::from_bytes(*key.as_bytes())
}

/// How a session moves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Road {
    /// To the other library, in vodozemac's format.
    Straight,
    /// To vodozemac, in libolm's format.
    Libolm,
    /// Out and in again here, in libolm's format.
    LibolmAndBack,
    /// Out and in again, in the library's own format.
    Own,
}
