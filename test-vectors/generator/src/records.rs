//! State at rest: libolm's records, and the envelopes of pickles.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

use crate::{
    crypto::{Keys, Pair, Signer, hkdf},
    text::base64,
};

/// The key that the runners put states under which the files give in the open.
pub const STATE_KEY: &[u8] = b"test vectors";

/// A state in the envelope of libolm's and vodozemac's pickles:
/// `base64(AES-256-CBC(state) ‖ HMAC[8])`.
#[must_use]
pub fn seal(state: &[u8], key: &[u8]) -> String {
    let keys = Keys::derive(key, b"Pickle");
    with_mac(keys.encrypt(state), &keys)
}

/// The same of a ciphertext, whatever it holds.
pub(crate) fn with_mac(mut ciphertext: Vec<u8>, keys: &Keys) -> String {
    let mac = keys.mac(&ciphertext);
    ciphertext.extend_from_slice(&mac[..8]);
    base64(&ciphertext)
}

/// A record in the envelope of necturus:
/// `version ‖ kind ‖ nonce ‖ XChaCha20-Poly1305(record)`.
pub(crate) fn seal_ours(
    header: [u8; 2],
    record: &[u8],
    key: &[u8; 32],
    context: &[u8],
    nonce: &[u8; 24],
) -> Vec<u8> {
    let key = hkdf(&[0; 32], key, b"necturus pickle v1", 32);
    let cipher = XChaCha20Poly1305::new_from_slice(&key).expect("32 bytes");
    let mut buffer = record.to_vec();
    let tag = cipher
        .encrypt_inout_detached(
            nonce.into(),
            &[&header, context].concat(),
            buffer.as_mut_slice().into(),
        )
        .expect("short enough");
    [&header[..], nonce, &buffer, &tag].concat()
}

/// Writes a record; integers are big-endian.
#[derive(Default)]
pub(crate) struct Record(Vec<u8>);

impl Record {
    pub(crate) fn of_version(version: u32) -> Self {
        Self(version.to_be_bytes().to_vec())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn all(&mut self, keys: &[[u8; 32]]) {
        self.bytes(keys.as_flattened());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("a short list"));
    }

    pub(crate) fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A one-time or fallback key of an account.
#[derive(Clone)]
pub(crate) struct OneTimeKey {
    pub(crate) id: u32,
    pub(crate) published: bool,
    pub(crate) pair: Pair,
}

impl OneTimeKey {
    pub(crate) fn put(&self, record: &mut Record) {
        record.u32(self.id);
        record.flag(self.published);
        record.all(&[self.pair.public, self.pair.secret]);
    }
}

/// An account as libolm keeps it.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) signer: Signer,
    pub(crate) identity: Pair,
    /// Newest first.
    pub(crate) one_time: Vec<OneTimeKey>,
    /// The current one, then the previous one.
    pub(crate) fallback: Vec<OneTimeKey>,
    pub(crate) last_id: u32,
}

impl Account {
    /// The account of 64 random bytes.
    pub(crate) fn of(random: &[u8]) -> Self {
        Self {
            signer: Signer::of(crate::crypto::array(&random[..32])),
            identity: Pair::of(crate::crypto::array(&random[32..])),
            one_time: Vec::new(),
            fallback: Vec::new(),
            last_id: 0,
        }
    }

    pub(crate) fn drawn(label: &str) -> Self {
        Self::of(&crate::draw::draw(label, 64))
    }

    fn next(&mut self, random: &[u8]) -> OneTimeKey {
        self.last_id += 1;
        OneTimeKey {
            id: self.last_id,
            published: false,
            pair: Pair::of(crate::crypto::array(random)),
        }
    }

    /// One-time keys, from 32 bytes each; over 100 the oldest go.
    pub(crate) fn add_one_time(&mut self, random: &[u8]) {
        for secret in random.chunks(32) {
            let key = self.next(secret);
            self.one_time.insert(0, key);
        }
        self.one_time.truncate(100);
    }

    /// A new current fallback key.
    pub(crate) fn add_fallback(&mut self, random: &[u8]) {
        let key = self.next(random);
        self.fallback.insert(0, key);
        self.fallback.truncate(2);
    }

    pub(crate) fn publish(&mut self) {
        for key in self.one_time.iter_mut().chain(self.fallback.first_mut()) {
            key.published = true;
        }
    }

    /// Version, both key pairs and the one-time keys, as all versions have them.
    pub(crate) fn head(&self, version: u32) -> Record {
        let mut record = Record::of_version(version);
        record.bytes(&self.signer.public);
        record.bytes(&self.signer.expanded());
        record.all(&[self.identity.public, self.identity.secret]);
        record.count(self.one_time.len());
        for key in &self.one_time {
            key.put(&mut record);
        }
        record
    }

    /// libolm's record, version 4.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut record = self.head(4);
        record.u8(u8::try_from(self.fallback.len()).expect("at most 2"));
        for key in &self.fallback {
            key.put(&mut record);
        }
        record.u32(self.last_id);
        record.finish()
    }
}
