//! The keys of records. The first byte is the kind:
//!
//! | kind | record | behind it |
//! | --- | --- | --- |
//! | 0 | the keystore's own key | |
//! | 1 | Olm account | |
//! | 2 | Olm session | `peer's identity key (32) ‖ session id (32)` |
//! | 3 | outbound group session | `room` |
//! | 4 | inbound group session | `room ‖ session id (32) ‖ sender key (32)` |
//! | 5 | the application's value | its name |
//! | 16 and more | MLS | |
//!
//! A room is `length u32 ‖ id`. Keys stand in the clear and are authenticated with
//! their values.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use crate::{
    codec::record::{Reader, Truncated},
    megolm::GroupSessionId,
    olm::SessionId,
    primitives::curve25519::Curve25519PublicKey,
};

/// The first kind that is for MLS; all behind it are, too.
#[cfg(feature = "mls")]
pub(crate) const MLS: u8 = 16;

pub(super) const OWN: &[u8] = &[0];
pub(super) const ACCOUNT: &[u8] = &[1];
pub(super) const SESSIONS: &[u8] = &[2];
pub(super) const OUTBOUND: &[u8] = &[3];
pub(super) const INBOUND: &[u8] = &[4];
const VALUES: &[u8] = &[5];

/// All sessions with a peer start so.
pub(super) fn sessions_with(peer: &Curve25519PublicKey) -> Vec<u8> {
    [SESSIONS, peer.as_bytes()].concat()
}

pub(super) fn session(peer: &Curve25519PublicKey, id: &SessionId) -> Vec<u8> {
    [SESSIONS, peer.as_bytes(), id.as_bytes()].concat()
}

pub(super) fn outbound(room: &str) -> Vec<u8> {
    in_room(OUTBOUND, room)
}

/// All inbound sessions of a room start so.
pub(super) fn inbound_in(room: &str) -> Vec<u8> {
    in_room(INBOUND, room)
}

/// All inbound sessions of a room with this id start so.
pub(super) fn inbound_with(room: &str, id: &GroupSessionId) -> Vec<u8> {
    [&inbound_in(room)[..], id.as_bytes()].concat()
}

pub(super) fn inbound(room: &str, id: &GroupSessionId, sender: &Curve25519PublicKey) -> Vec<u8> {
    [&inbound_with(room, id)[..], sender.as_bytes()].concat()
}

/// The value with this name, and all whose names start with it.
pub(super) fn value(name: &str) -> Vec<u8> {
    [VALUES, name.as_bytes()].concat()
}

fn in_room(kind: &[u8], room: &str) -> Vec<u8> {
    // A longer one is refused before anything is written.
    let length = u32::try_from(room.len()).unwrap_or(u32::MAX);
    [kind, &length.to_be_bytes(), room.as_bytes()].concat()
}

/// The key is not one that [`session`] and the like make.
#[derive(Debug)]
pub(super) struct NotOurs;

impl From<Truncated> for NotOurs {
    fn from(_: Truncated) -> Self {
        Self
    }
}

pub(super) fn read_session(key: &[u8]) -> Result<(Curve25519PublicKey, SessionId), NotOurs> {
    let mut rest = behind(SESSIONS, key)?;
    let peer = Curve25519PublicKey::from_bytes(*rest.array()?);
    let id = SessionId::from_bytes(*rest.array()?);
    end(&rest)?;
    Ok((peer, id))
}

pub(super) fn read_outbound(key: &[u8]) -> Result<String, NotOurs> {
    let mut rest = behind(OUTBOUND, key)?;
    let room = room(&mut rest)?;
    end(&rest)?;
    Ok(room)
}

pub(super) fn read_inbound(
    key: &[u8],
) -> Result<(String, GroupSessionId, Curve25519PublicKey), NotOurs> {
    let mut rest = behind(INBOUND, key)?;
    let room = room(&mut rest)?;
    let id = GroupSessionId::from_bytes(*rest.array()?);
    let sender = Curve25519PublicKey::from_bytes(*rest.array()?);
    end(&rest)?;
    Ok((room, id, sender))
}

pub(super) fn read_value(key: &[u8]) -> Result<String, NotOurs> {
    text(key.strip_prefix(VALUES).ok_or(NotOurs)?)
}

fn behind<'a>(kind: &[u8], key: &'a [u8]) -> Result<Reader<'a>, NotOurs> {
    Ok(Reader::new(key.strip_prefix(kind).ok_or(NotOurs)?))
}

fn room(rest: &mut Reader<'_>) -> Result<String, NotOurs> {
    let length = usize::try_from(rest.u32()?).map_err(|_| NotOurs)?;
    text(rest.bytes(length)?)
}

fn text(bytes: &[u8]) -> Result<String, NotOurs> {
    str::from_utf8(bytes)
        .map(ToOwned::to_owned)
        .map_err(|_| NotOurs)
}

const fn end(rest: &Reader<'_>) -> Result<(), NotOurs> {
    match rest.left() {
        0 => Ok(()),
        _ => Err(NotOurs),
    }
}
