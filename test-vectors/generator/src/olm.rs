//! A plain Olm, to write vectors with: it keeps what libolm keeps, in the order
//! of libolm's pickle, and believes every message that it is given.

use crate::{
    crypto::{Keys, Pair, array, hkdf, hmac},
    records::Record,
    text::base64,
    wire,
};

/// A chain key, and the index of the message that it opens next.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) key: [u8; 32],
    pub(crate) next: u32,
}

impl Chain {
    pub(crate) fn step(&mut self) -> [u8; 32] {
        let message_key = hmac(&self.key, &[1]);
        self.key = hmac(&self.key, &[2]);
        self.next = self.next.wrapping_add(1);
        message_key
    }

    /// The message key at an index that is still to come.
    pub(crate) fn key_at(&self, index: u32) -> Keys {
        let mut chain = self.clone();
        while chain.next < index {
            chain.step();
        }
        message_keys(&chain.step())
    }
}

/// The keys that encrypt one message.
pub(crate) fn message_keys(message_key: &[u8; 32]) -> Keys {
    Keys::derive(message_key, b"OLM_KEYS")
}

/// A message, and what whoever receives it has to know.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) kind: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: Vec<u8>,
    ratchet_key: [u8; 32],
    index: u32,
}

impl Sent {
    pub(crate) fn body(&self) -> String {
        base64(&self.bytes)
    }

    /// The normal message inside a pre-key message whose inner length takes one
    /// byte.
    pub(crate) fn inner(&self) -> Vec<u8> {
        self.bytes[1 + 3 * 34 + 2..].to_vec()
    }

    /// The same message in other bytes.
    pub(crate) fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            ..self.clone()
        }
    }

    /// The same with the last bit of its MAC flipped.
    pub(crate) fn spoilt(&self) -> Self {
        let mut bytes = self.bytes.clone();
        *bytes.last_mut().expect("not empty") ^= 1;
        self.with_bytes(bytes)
    }
}

/// A key of a message that has not arrived.
#[derive(Clone)]
pub(crate) struct Skipped {
    pub(crate) ratchet_key: [u8; 32],
    pub(crate) key: [u8; 32],
    pub(crate) index: u32,
}

/// One side of a session.
#[derive(Clone)]
pub(crate) struct Session {
    /// The version byte of its messages.
    pub(crate) version: u8,
    pub(crate) received: bool,
    /// Identity, base and one-time key.
    pub(crate) keys: [[u8; 32]; 3],
    pub(crate) root: [u8; 32],
    pub(crate) sender: Option<(Pair, Chain)>,
    /// Newest first.
    pub(crate) receivers: Vec<([u8; 32], Chain)>,
    /// Last stored first.
    pub(crate) skipped: Vec<Skipped>,
}

impl Session {
    /// The side that starts; the shared secrets may be of bad keys.
    pub(crate) fn outbound(
        identity: &Pair,
        base: &Pair,
        ratchet: Pair,
        their_identity: &[u8; 32],
        their_one_time: &[u8; 32],
    ) -> Self {
        let secret = [
            identity.shared(their_one_time),
            base.shared(their_identity),
            base.shared(their_one_time),
        ]
        .concat();
        let keys = [identity.public, base.public, *their_one_time];
        Self::started(keys, &secret, ratchet)
    }

    /// The side that starts, from the three shared secrets.
    pub(crate) fn started(keys: [[u8; 32]; 3], secret: &[u8], ratchet: Pair) -> Self {
        let (root, key) = split(&hkdf(&[0; 32], secret, b"OLM_ROOT", 64));
        Self {
            version: 3,
            received: false,
            keys,
            root,
            sender: Some((ratchet, Chain { key, next: 0 })),
            receivers: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// The other side of a session that has not sent anything yet.
    pub(crate) fn other_side(&self) -> Self {
        let (ratchet, chain) = self.sender.clone().expect("has only started");
        Self {
            sender: None,
            receivers: vec![(ratchet.public, chain)],
            ..self.clone()
        }
    }

    /// The chain that it sends on.
    pub(crate) fn sender(&self) -> &(Pair, Chain) {
        self.sender.as_ref().expect("has a sender chain")
    }

    /// Whether the next message draws 32 random bytes.
    pub(crate) fn draws(&self) -> bool {
        self.sender.is_none()
    }

    pub(crate) fn encrypt(&mut self, random: &[u8; 32], text: &[u8]) -> Sent {
        if self.sender.is_none() {
            let ratchet = Pair::of(*random);
            let (root, key) = turn(&self.root, &ratchet, &self.receivers[0].0);
            self.root = root;
            self.sender = Some((ratchet, Chain { key, next: 0 }));
        }
        let (ratchet, chain) = self.sender.as_mut().expect("made above");
        let index = chain.next;
        let keys = message_keys(&chain.step());
        let fields = fields(&ratchet.public, u64::from(index), &keys.encrypt(text));
        let length = wire::mac_length(self.version);
        let inner = wire::authenticate(self.version, &fields.concat(), &keys, length);
        let (kind, bytes) = if self.received {
            (1, inner)
        } else {
            (0, wire::pre_key(&self.keys, &inner))
        };
        Sent {
            kind,
            bytes,
            text: text.to_vec(),
            ratchet_key: ratchet.public,
            index,
        }
    }

    /// Goes where the message leads.
    pub(crate) fn receive(&mut self, message: &Sent) {
        let known = self
            .receivers
            .iter()
            .position(|(key, _)| *key == message.ratchet_key);
        let at = known.unwrap_or_else(|| {
            let (ours, _) = self.sender.take().expect("no turn without a sender chain");
            let (root, key) = turn(&self.root, &ours, &message.ratchet_key);
            self.root = root;
            self.receivers
                .insert(0, (message.ratchet_key, Chain { key, next: 0 }));
            self.receivers.truncate(5);
            0
        });
        let (ratchet_key, chain) = &mut self.receivers[at];
        let ratchet_key = *ratchet_key;
        if message.index < chain.next {
            self.skipped
                .retain(|held| held.ratchet_key != ratchet_key || held.index != message.index);
        } else {
            while chain.next < message.index {
                let index = chain.next;
                let key = chain.step();
                self.skipped.insert(
                    0,
                    Skipped {
                        ratchet_key,
                        key,
                        index,
                    },
                );
            }
            chain.step();
            self.skipped.truncate(40);
        }
        self.received = true;
    }

    /// libolm's record of the session, version 1.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut record = Record::of_version(1);
        record.flag(self.received);
        record.all(&self.keys);
        record.bytes(&self.root);
        record.count(usize::from(self.sender.is_some()));
        if let Some((ratchet, chain)) = &self.sender {
            record.all(&[ratchet.public, ratchet.secret, chain.key]);
            record.u32(chain.next);
        }
        record.count(self.receivers.len());
        for (ratchet_key, chain) in &self.receivers {
            record.all(&[*ratchet_key, chain.key]);
            record.u32(chain.next);
        }
        record.count(self.skipped.len());
        for held in &self.skipped {
            record.all(&[held.ratchet_key, held.key]);
            record.u32(held.index);
        }
        record.finish()
    }

    /// The id of the session.
    pub(crate) fn id(&self) -> String {
        base64(&crate::crypto::sha256(&[&self.keys.concat()]))
    }
}

/// The three fields of a normal message.
pub(crate) fn fields(ratchet_key: &[u8; 32], index: u64, ciphertext: &[u8]) -> [Vec<u8>; 3] {
    [
        wire::bytes(0x0a, ratchet_key),
        wire::number(0x10, index),
        wire::bytes(0x22, ciphertext),
    ]
}

/// New root and chain key of a change of direction.
pub(crate) fn turn(root: &[u8; 32], ours: &Pair, theirs: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    split(&hkdf(root, &ours.shared(theirs), b"OLM_RATCHET", 64))
}

fn split(keys: &[u8]) -> ([u8; 32], [u8; 32]) {
    (array(&keys[..32]), array(&keys[32..]))
}
