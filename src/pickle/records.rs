//! The records of our own format, version 1. Integers are big-endian, flags one
//! byte 0 or 1, lists a `u32` count and items oldest first. Public halves are
//! not stored but derived, so they cannot disagree.

mod account;
mod megolm;
mod session;

use super::error::UnpickleError;
use crate::{
    codec::{
        record::{Reader, Writer},
        version::SessionVersion,
    },
    primitives::ed25519::Ed25519SigningKey,
};

/// Bytes that hold any signing key.
const SIGNING_KEY_LENGTH: usize = 65;

fn put_version(version: SessionVersion, out: &mut Writer) {
    out.u8(match version {
        SessionVersion::V1 => 1,
        SessionVersion::V2 => 2,
    });
}

fn version(record: &mut Reader<'_>) -> Result<SessionVersion, UnpickleError> {
    match record.u8()? {
        1 => Ok(SessionVersion::V1),
        2 => Ok(SessionVersion::V2),
        _ => Err(UnpickleError::Invalid),
    }
}

/// A flag that is 0 or 1 and nothing else.
fn flag(record: &mut Reader<'_>) -> Result<bool, UnpickleError> {
    match record.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(UnpickleError::Invalid),
    }
}

/// A count of at most `max`.
fn count(record: &mut Reader<'_>, max: usize) -> Result<usize, UnpickleError> {
    usize::try_from(record.u32()?)
        .ok()
        .filter(|count| *count <= max)
        .ok_or(UnpickleError::Invalid)
}

/// `1 ‖ seed` or `0 ‖ expanded key`.
fn put_signing_key(key: &Ed25519SigningKey, out: &mut Writer) {
    out.flag(key.expose_seed().is_some());
    match key.expose_seed() {
        Some(seed) => out.bytes(seed),
        None => out.bytes(key.expose_expanded()),
    }
}

fn signing_key(record: &mut Reader<'_>) -> Result<Ed25519SigningKey, UnpickleError> {
    Ok(if flag(record)? {
        Ed25519SigningKey::expand_seed(record.array()?)
    } else {
        Ed25519SigningKey::clamp(record.array()?)
    })
}
