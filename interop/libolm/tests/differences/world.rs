//! Sessions whose keys are known, and messages made with them by hand.

use necturus::{
    Curve25519PublicKey, Ed25519SigningKey, SessionVersion,
    olm::{Account, MessageType, OlmMessage, Session},
};
use necturus_interop_libolm as libolm;

use crate::common::{
    PICKLE_KEY, base64,
    envelope::{self, Keys, hmac},
    rng::SeededRng,
};

const V1: SessionVersion = SessionVersion::V1;
const VERSION: u8 = 3;

/// Version and fields of a message, in order.
pub(crate) struct Frame {
    pub(crate) fields: Vec<Vec<u8>>,
}

impl Frame {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.fields.push(bytes.to_vec());
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&[VERSION], self.fields.concat().as_slice()].concat()
    }
}

/// A field of bytes, fewer than 128.
pub(crate) fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap();
    [&[tag, length], bytes].concat()
}

/// A field of a number, given as its varint.
pub(crate) fn number(tag: u8, varint: &[u8]) -> Vec<u8> {
    [&[tag], varint].concat()
}

/// Alice and Bob, who has read her message 0; both sides on ours and libolm's,
/// and either account is Bob's.
pub(crate) struct Olm {
    pub(crate) account: Account,
    pub(crate) their_account: libolm::Account,
    pub(crate) alice_key: Curve25519PublicKey,
    pub(crate) our_alice: Session,
    pub(crate) their_alice: libolm::Session,
    pub(crate) ours: Session,
    pub(crate) theirs: libolm::Session,
    first: OlmMessage,
}

impl Olm {
    pub(crate) fn new() -> Self {
        let mut rng = SeededRng::new(1);
        let alice = Account::new_with(&mut rng).unwrap();
        let mut account = Account::new_with(&mut rng).unwrap();
        account.generate_one_time_keys_with(&mut rng, 1).unwrap();
        let key = account.one_time_keys()[0].key;
        let identity = account.identity_keys().curve25519;
        let mut our_alice = alice
            .outbound_session_with(&mut rng, V1, &identity, &key)
            .unwrap();
        let first = our_alice.encrypt_with(&mut rng, b"first").unwrap();
        let OlmMessage::PreKey(message) = &first else {
            unreachable!("a session starts with pre-key messages")
        };
        let mut ours = necturus::olm::steps::inbound_session(&account, V1, None, message).unwrap();
        ours.decrypt(&first).unwrap();
        let as_theirs = |session: &Session| {
            let pickle = session.to_libolm_pickle(PICKLE_KEY).unwrap();
            libolm::Session::unpickle(PICKLE_KEY, pickle).unwrap()
        };
        let pickle = account.to_libolm_pickle(PICKLE_KEY).unwrap();
        Self {
            their_account: libolm::Account::unpickle(PICKLE_KEY, pickle).unwrap(),
            account,
            alice_key: alice.identity_keys().curve25519,
            their_alice: as_theirs(&our_alice),
            our_alice,
            theirs: as_theirs(&ours),
            ours,
            first,
        }
    }

    /// Alice's ratchet key and chain key, at index 1.
    fn chain(&self) -> (Vec<u8>, Vec<u8>) {
        let state = self.our_alice.to_libolm_pickle(PICKLE_KEY).unwrap();
        let state = envelope::open(&state, PICKLE_KEY);
        (state[137..169].to_vec(), state[201..233].to_vec())
    }

    fn keys(chain_key: &[u8]) -> Keys {
        Keys::derive(&hmac(chain_key, &[1]), b"OLM_KEYS")
    }

    fn frame(&self, ciphertext: &[u8]) -> Frame {
        let (ratchet_key, _) = self.chain();
        Frame {
            fields: vec![
                field(0x0a, &ratchet_key),
                number(0x10, &[1]),
                field(0x22, ciphertext),
            ],
        }
    }

    /// Alice's message 1, changed before its MAC is made.
    pub(crate) fn sealed(&self, change: impl FnOnce(&mut Frame)) -> String {
        base64(&self.bytes(super::TEXT, change))
    }

    fn bytes(&self, text: &[u8], change: impl FnOnce(&mut Frame)) -> Vec<u8> {
        let keys = Self::keys(&self.chain().1);
        let mut frame = self.frame(&keys.encrypt(text));
        change(&mut frame);
        with_mac(&keys, frame.bytes())
    }

    /// Alice's message 1 with these bytes for text and padding.
    pub(crate) fn padded(&self, block: &[u8]) -> String {
        let keys = Self::keys(&self.chain().1);
        let frame = self.frame(&unpadded(&keys, block));
        base64(&with_mac(&keys, frame.bytes()))
    }

    /// Alice's message 1 as the pre-key message that it is.
    pub(crate) fn pre_key(&self, text: &[u8]) -> Frame {
        assert_eq!(self.first.message_type(), MessageType::PreKey);
        let keys = self.ours.session_keys();
        Frame {
            fields: vec![
                field(0x0a, keys.one_time_key.as_bytes()),
                field(0x12, keys.base_key.as_bytes()),
                field(0x1a, keys.identity_key.as_bytes()),
                field(0x22, &self.bytes(text, |_| ())),
            ],
        }
    }

    /// A message to Alice under a new ratchet key, as if the Diffie-Hellman
    /// with it gave zero.
    pub(crate) fn turn_on_zero(&self, ratchet_key: &[u8], text: &[u8]) -> String {
        let state = self.our_alice.to_libolm_pickle(PICKLE_KEY).unwrap();
        let state = envelope::open(&state, PICKLE_KEY);
        let root: [u8; 32] = state[101..133].try_into().unwrap();
        let turned: [u8; 64] = envelope::hkdf(&root, &[0; 32], b"OLM_RATCHET");
        let keys = Self::keys(&turned[32..]);
        let frame = Frame {
            fields: vec![
                field(0x0a, ratchet_key),
                number(0x10, &[0]),
                field(0x22, &keys.encrypt(text)),
            ],
        };
        base64(&with_mac(&keys, frame.bytes()))
    }
}

/// A Megolm session at index 0, by its secrets.
pub(crate) struct Megolm {
    pub(crate) key: String,
    ratchet: Vec<u8>,
    signing_key: Ed25519SigningKey,
}

impl Megolm {
    pub(crate) fn new() -> Self {
        let random: [u8; 160] = SeededRng::new(2).bytes();
        let outbound = libolm::OutboundGroupSession::new(&random).unwrap();
        Self {
            key: outbound.session_key().unwrap(),
            ratchet: random[..128].to_vec(),
            signing_key: Ed25519SigningKey::from_seed(random[128..].try_into().unwrap()),
        }
    }

    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        let key = necturus::megolm::SessionKey::from_base64(&self.key).unwrap();
        key.to_bytes().to_vec()
    }

    fn signed(&self, keys: &Keys, mut frame: Frame, change: impl FnOnce(&mut Frame)) -> Vec<u8> {
        change(&mut frame);
        let mut bytes = with_mac(keys, frame.bytes());
        let signature = self.signing_key.sign(&bytes);
        bytes.extend_from_slice(signature.as_bytes());
        bytes
    }

    pub(crate) fn bytes(&self, change: impl FnOnce(&mut Frame)) -> Vec<u8> {
        let keys = Keys::derive(&self.ratchet, b"MEGOLM_KEYS");
        let ciphertext = keys.encrypt(super::TEXT);
        let fields = vec![number(0x08, &[0]), field(0x12, &ciphertext)];
        self.signed(&keys, Frame { fields }, change)
    }

    /// Message 0, changed before MAC and signature are made.
    pub(crate) fn sealed(&self, change: impl FnOnce(&mut Frame)) -> String {
        base64(&self.bytes(change))
    }

    /// Message 0 with these bytes for text and padding.
    pub(crate) fn padded(&self, block: &[u8]) -> String {
        let keys = Keys::derive(&self.ratchet, b"MEGOLM_KEYS");
        let ciphertext = unpadded(&keys, block);
        let fields = vec![number(0x08, &[0]), field(0x12, &ciphertext)];
        base64(&self.signed(&keys, Frame { fields }, |_| ()))
    }
}

fn with_mac(keys: &Keys, mut bytes: Vec<u8>) -> Vec<u8> {
    let mac = keys.mac(&bytes);
    bytes.extend_from_slice(&mac);
    bytes
}

/// A ciphertext of whole blocks, without the one that padding adds: blocks of
/// CBC do not depend on those behind them.
fn unpadded(keys: &Keys, blocks: &[u8]) -> Vec<u8> {
    let mut ciphertext = keys.encrypt(blocks);
    ciphertext.truncate(blocks.len());
    ciphertext
}

/// The same value with the lowest bit of the last symbol set, of those that no
/// byte holds.
pub(crate) fn with_last_bit(text: &str) -> String {
    assert_ne!(text.len() % 4, 0, "all bits count");
    // With its spare bits at zero a symbol is one of every fourth or sixteenth,
    // and those are followed by another of the same row.
    let (start, last) = text.split_at(text.len() - 1);
    format!("{start}{}", char::from(last.as_bytes()[0] + 1))
}

/// Adds the order of the group to the last 32 bytes, the S of a signature.
pub(crate) fn add_l(bytes: &mut [u8]) {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let start = bytes.len() - 32;
    let mut carry = 0;
    for (byte, add) in bytes[start..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        let [high, low] = sum.to_be_bytes();
        (*byte, carry) = (low, u16::from(high));
    }
}

/// A small order of the curve: the `u` coordinate 1, of order 4, and one of
/// order 8. The 1 is the Ed25519 encoding of the identity point as well.
pub(crate) fn with_order(order: u8) -> [u8; 32] {
    if order == 8 {
        return [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
            0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16,
            0x5f, 0x49, 0xb8, 0x00,
        ];
    }
    let mut one = [0; 32];
    one[0] = 1;
    one
}

/// A pickle with its state changed.
pub(crate) fn edited(pickle: &str, change: fn(&mut Vec<u8>)) -> String {
    let mut state = envelope::open(pickle, PICKLE_KEY);
    change(&mut state);
    envelope::seal(&state, PICKLE_KEY)
}
