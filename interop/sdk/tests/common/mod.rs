//! Room keys that both sides know.

#![allow(dead_code, reason = "no test needs all of it")]

use matrix_sdk_crypto::olm::ExportedRoomKey;
use necturus::{
    Curve25519SecretKey, SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    vault::{RoomKey, RoomKeyEntry},
};

/// A new session of ours; of two that follow each other, one was forwarded and
/// may be shared.
pub fn entry(number: usize) -> RoomKeyEntry {
    let outbound = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let session = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
    let [sender, forwarder] =
        [1, 2].map(|byte| Curve25519SecretKey::from_bytes(&[byte; 32]).public_key());
    let mut key = RoomKey::new(sender, session.export_at_first_known_index())
        .with_claimed_ed25519(session.signing_key());
    if number.is_multiple_of(2) {
        key = key
            .with_forwarding_chain(&[forwarder, sender])
            .with_shared_history(true);
    }
    RoomKeyEntry::new(&format!("!room{number}:example.org"), key).unwrap()
}

/// The same as the peer has it.
pub fn theirs(entry: &RoomKeyEntry) -> ExportedRoomKey {
    serde_json::from_slice(&entry.to_json()).unwrap()
}

/// The peer's key as text, to compare.
pub fn their_json(key: &ExportedRoomKey) -> String {
    serde_json::to_value(key).unwrap().to_string()
}
