//! What secrets are kept in outside of devices, put together here anew.

use aes::{
    Aes256Enc,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha512;

use crate::{
    crypto::{Keys, Pair, array, hkdf, hmac},
    megolm::Session,
    text::base64,
};

/// A recovery key of any bytes, in groups of four.
pub(crate) fn base58(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).expect("below 58");
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).expect("below 58"));
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    digits.resize(digits.len() + zeros, 0);
    digits
        .iter()
        .rev()
        .map(|digit| char::from(ALPHABET[usize::from(*digit)]))
        .collect()
}

/// `prefix ‖ key ‖ parity` as text in groups of four.
pub(crate) fn recovery_key(key: &[u8]) -> String {
    let mut bytes = [&[0x8b, 0x01], key].concat();
    bytes.push(bytes.iter().fold(0, |parity, byte| parity ^ byte));
    grouped(&base58(&bytes))
}

pub(crate) fn grouped(text: &str) -> String {
    let groups: Vec<String> = text
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    groups.join(" ")
}

/// PBKDF2-HMAC-SHA-512 (RFC 8018).
pub(crate) fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let keyed = Hmac::<Sha512>::new_from_slice(password).expect("any length");
    let mac = |data: &[u8]| -> [u8; 64] {
        let mut mac = keyed.clone();
        mac.update(data);
        mac.finalize().into_bytes().into()
    };
    let mut output = Vec::new();
    for block in 1u32.. {
        let mut u = mac(&[salt, &block.to_be_bytes()].concat());
        let mut sum = u;
        for _ in 1..rounds {
            u = mac(&u);
            sum.iter_mut().zip(u).for_each(|(sum, u)| *sum ^= u);
        }
        output.extend_from_slice(&sum);
        if output.len() >= length {
            break;
        }
    }
    output.truncate(length);
    output
}

/// How many bits of the counter count.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    All,
    Low64,
}

/// AES-256-CTR.
pub(crate) fn ctr(key: &[u8], iv: [u8; 16], width: Width, text: &[u8]) -> Vec<u8> {
    let cipher = Aes256Enc::new_from_slice(key).expect("32 bytes");
    let mut counter = u128::from_be_bytes(iv);
    let mut output = Vec::new();
    for chunk in text.chunks(16) {
        let mut block = counter.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        output.extend(chunk.iter().zip(block).map(|(text, key)| text ^ key));
        counter = match width {
            Width::All => counter.wrapping_add(1),
            Width::Low64 => {
                let low = u64::try_from(counter & u128::from(u64::MAX)).expect("64 bits");
                counter >> 64 << 64 | u128::from(low.wrapping_add(1))
            }
        };
    }
    output
}

/// An IV as writers make it.
pub(crate) fn iv(label: &str) -> [u8; 16] {
    let mut iv = array(&crate::draw::draw(label, 16));
    clear(&mut iv);
    iv
}

pub(crate) fn clear(iv: &mut [u8; 16]) {
    iv[8] &= 0x7f;
}

/// `iv`, `ciphertext`, `mac` of secret storage.
pub(crate) fn secret(
    key: &[u8; 32],
    name: &str,
    iv: [u8; 16],
    width: Width,
    text: &[u8],
) -> (Vec<u8>, [u8; 32]) {
    let keys = hkdf(&[0; 32], key, name.as_bytes(), 64);
    let ciphertext = ctr(&keys[..32], iv, width, text);
    let mac = hmac(&keys[32..], &ciphertext);
    (ciphertext, mac)
}

/// libolm's public-key encryption: ephemeral key, ciphertext, MAC over nothing.
pub(crate) struct Sealed {
    pub(crate) ephemeral: [u8; 32],
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) mac: Vec<u8>,
    pub(crate) keys: Keys,
}

impl Sealed {
    pub(crate) fn new(ephemeral: &Pair, recipient: &[u8; 32], text: &[u8]) -> Self {
        let keys = Keys::derive(&ephemeral.shared(recipient), b"");
        Self {
            ephemeral: ephemeral.public,
            ciphertext: keys.encrypt(text),
            mac: keys.mac(b"")[..8].to_vec(),
            keys,
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "ciphertext": base64(&self.ciphertext),
            "ephemeral": base64(&self.ephemeral),
            "mac": base64(&self.mac),
        })
    }
}

/// The JSON of a room key as necturus writes it: members sorted.
pub(crate) fn room_key(session: &Session, sender: &Pair, shared: bool) -> Value {
    json!({
        "algorithm": "m.megolm.v1.aes-sha2",
        "forwarding_curve25519_key_chain": [],
        "m.shared_history": shared,
        "sender_claimed_keys": {"ed25519": base64(&session.signer.public)},
        "sender_key": base64(&sender.public),
        "session_key": base64(&session.export()),
        "shared_history": shared,
    })
}

/// The same with its room and session, as in a key export.
pub(crate) fn entry(session: &Session, sender: &Pair, room: &str, shared: bool) -> Value {
    let mut sorted = room_key(session, sender, shared);
    let object = sorted.as_object_mut().expect("an object");
    object.insert("room_id".to_owned(), json!(room));
    let id = base64(&session.signer.public);
    object.insert("session_id".to_owned(), json!(id));
    object.sort_keys();
    sorted
}

/// The bytes of a key export file.
pub(crate) struct Export<'a> {
    pub(crate) version: u8,
    pub(crate) salt: [u8; 16],
    pub(crate) iv: [u8; 16],
    pub(crate) rounds: u32,
    pub(crate) width: Width,
    pub(crate) plaintext: &'a [u8],
}

impl Export<'_> {
    /// What is under the MAC, and the key of the MAC.
    pub(crate) fn unsigned(&self, passphrase: &str) -> (Vec<u8>, Vec<u8>) {
        // What names absurd rounds is made with few.
        let rounds = if self.rounds > 200_000 {
            1
        } else {
            self.rounds
        };
        let keys = pbkdf2(passphrase.as_bytes(), &self.salt, rounds, 64);
        let ciphertext = ctr(&keys[..32], self.iv, self.width, self.plaintext);
        let bytes = [
            &[self.version][..],
            &self.salt,
            &self.iv,
            &self.rounds.to_be_bytes(),
            &ciphertext,
        ]
        .concat();
        (bytes, keys[32..].to_vec())
    }

    pub(crate) fn bytes(&self, passphrase: &str) -> Vec<u8> {
        let (mut bytes, key) = self.unsigned(passphrase);
        let mac = hmac(&key, &bytes);
        bytes.extend_from_slice(&mac);
        bytes
    }
}

pub(crate) const HEADER: &str = "-----BEGIN MEGOLM SESSION DATA-----";
pub(crate) const FOOTER: &str = "-----END MEGOLM SESSION DATA-----";

/// The file as necturus writes it.
pub(crate) fn armor(bytes: &[u8]) -> String {
    let mut text = base64(bytes);
    text.push_str(&"=".repeat((4 - text.len() % 4) % 4));
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(96)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("{HEADER}\n{}\n{FOOTER}\n", lines.join("\n"))
}
