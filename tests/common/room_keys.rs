//! Room keys made of known bytes.
#![allow(clippy::unwrap_used, reason = "a test that cannot start fails")]

use necturus::{
    Curve25519SecretKey, SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    vault::RoomKey,
};

use super::rng::SeededRng;

/// The key of a new session.
pub(crate) fn room_key(seed: u64) -> RoomKey {
    let mut rng = SeededRng::new(seed);
    let outbound = OutboundGroupSession::new_with(&mut rng, SessionVersion::V1).unwrap();
    let session = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    let sender = Curve25519SecretKey::new_with(&mut rng).unwrap();
    RoomKey::new(sender.public_key(), session.export_at_first_known_index())
        .with_claimed_ed25519(session.signing_key())
        .with_shared_history(seed.is_multiple_of(2))
}
