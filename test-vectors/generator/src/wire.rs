//! Messages as bytes, good ones and others.

use crate::crypto::{Keys, Signer};

/// A field with a number: tag byte and varint.
pub(crate) fn number(tag: u8, value: u64) -> Vec<u8> {
    [vec![tag], varint(value)].concat()
}

/// A field with bytes: tag byte, varint length, bytes.
pub(crate) fn bytes(tag: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![tag], varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// The shortest varint.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// Bytes in the MAC of a version.
pub(crate) fn mac_length(version: u8) -> usize {
    if version == 4 { 32 } else { 8 }
}

/// `version ‖ payload ‖ MAC`, the MAC over all before it.
pub(crate) fn authenticate(version: u8, payload: &[u8], keys: &Keys, length: usize) -> Vec<u8> {
    let mut message = [&[version], payload].concat();
    let mac = keys.mac(&message);
    message.extend_from_slice(&mac[..length]);
    message
}

/// The same with the signature over all before it.
pub(crate) fn sign(mut message: Vec<u8>, signer: &Signer) -> Vec<u8> {
    let signature = signer.sign(&message);
    message.extend_from_slice(&signature);
    message
}

/// What a pre-key message holds around its inner one.
pub(crate) fn pre_key_fields(keys: &[[u8; 32]; 3], inner: &[u8]) -> [Vec<u8>; 4] {
    let [identity, base, one_time] = keys;
    [
        bytes(0x0a, one_time),
        bytes(0x12, base),
        bytes(0x1a, identity),
        bytes(0x22, inner),
    ]
}

/// `0x03 ‖ fields`.
pub(crate) fn pre_key(keys: &[[u8; 32]; 3], inner: &[u8]) -> Vec<u8> {
    [vec![3], pre_key_fields(keys, inner).concat()].concat()
}
