//! Members of events, read into types, each of bounded length.

use alloc::string::String;

use crate::{
    json::{Object, Value},
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// Bytes in a user, room, event, device or request id at most (Matrix
/// specification, appendices, "Common identifier format").
pub const MAX_ID_LENGTH: usize = 255;

/// An id: a string of 1 to [`MAX_ID_LENGTH`] bytes.
pub(super) fn id<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object
        .get_str(key)
        .filter(|text| !text.is_empty() && text.len() <= MAX_ID_LENGTH)
}

/// [`id`], owned.
pub(super) fn owned_id(object: &Object, key: &str) -> Option<String> {
    id(object, key).map(String::from)
}

/// A Curve25519 key as base64, with full padding or with none.
pub(super) fn curve25519(object: &Object, key: &str) -> Option<Curve25519PublicKey> {
    Curve25519PublicKey::from_padded_base64(object.get_str(key)?).ok()
}

/// An Ed25519 key as base64, with full padding or with none.
pub(super) fn ed25519(object: &Object, key: &str) -> Option<Ed25519PublicKey> {
    Ed25519PublicKey::from_padded_base64(object.get_str(key)?).ok()
}

/// An integer that is not negative.
pub(super) fn unsigned(object: &Object, key: &str) -> Option<u64> {
    object
        .get(key)
        .and_then(Value::as_integer)
        .and_then(|value| value.try_into().ok())
}
