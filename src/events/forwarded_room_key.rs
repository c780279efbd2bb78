//! `m.forwarded_room_key`: the key of a session, from another device of our user.

use super::{
    MEGOLM_ALGORITHM, fields,
    key_request::KeyRequest,
    olm_payload::OlmPayload,
    owner::{MAX_FORWARDING_CHAIN, SessionOwner, read_chain},
    room_key::{KeyContent, RoomKeyEventError, read_shared_history, with_shared_history},
    room_session::RoomSession,
    secret_content::SecretEventContent,
    withheld::WithheldCode,
};
use crate::{
    codec::version::SessionVersion,
    json::Object,
    megolm::{ExportedSessionKey, InboundGroupSession, IndexError, SessionKeyError},
    primitives::{base64, curve25519::Curve25519PublicKey},
};

/// A session that another device of our user handed on. Secret.
#[derive(Debug)]
pub struct ForwardedRoomKey {
    session: RoomSession,
    withheld: Option<WithheldCode>,
}

impl ForwardedRoomKey {
    /// The content of the event that hands a session on, from `index` on.
    ///
    /// # Errors
    /// [`IndexError`] when the session starts later.
    pub fn content(session: &RoomSession, index: u32) -> Result<SecretEventContent, IndexError> {
        let owner = session.owner();
        let key = session.session().export_at(index)?;
        let chain: alloc::vec::Vec<_> = owner
            .forwarding_chain
            .iter()
            .map(Curve25519PublicKey::to_base64)
            .collect();
        let content = Object::new()
            .with("algorithm", MEGOLM_ALGORITHM)
            .with("room_id", session.room_id())
            .with("session_id", session.session_id().to_base64())
            .with("session_key", key.to_base64().as_str())
            .with("sender_key", owner.keys().curve25519.to_base64())
            .with(
                "sender_claimed_ed25519_key",
                owner.keys().ed25519.to_base64(),
            )
            .with("forwarding_curve25519_key_chain", chain);
        Ok(SecretEventContent::new(with_shared_history(
            content,
            owner.shared_history(),
        )))
    }

    /// The session that came in an event: accepted when it is the one that `request`
    /// asks for, which is open, from a verified device of our own user. What is said
    /// of its owner is recorded as said, not as proven.
    ///
    /// # Errors
    /// [`RoomKeyEventError`]; the event is dropped.
    pub fn accept(
        payload: &OlmPayload,
        request: Option<&KeyRequest>,
    ) -> Result<Self, RoomKeyEventError> {
        if payload.event_type() != "m.forwarded_room_key" {
            return Err(RoomKeyEventError::WrongType);
        }
        if !payload.is_from_own_verified_device() {
            return Err(RoomKeyEventError::NotOwnVerifiedDevice);
        }
        let content = payload.content().expose_secret();
        let key = KeyContent::read(content)?;
        request
            .map(KeyRequest::key)
            .filter(|asked| asked.room_id == key.room_id && asked.session_id == key.session_id)
            .ok_or(RoomKeyEventError::NotRequested)?;

        let malformed = |member| RoomKeyEventError::Malformed { member };
        let curve25519 =
            fields::curve25519(content, "sender_key").ok_or_else(|| malformed("sender_key"))?;
        let ed25519 = fields::ed25519(content, "sender_claimed_ed25519_key")
            .ok_or_else(|| malformed("sender_claimed_ed25519_key"))?;
        let mut chain = read_chain(content, "forwarding_curve25519_key_chain")
            .filter(|chain| chain.len() < MAX_FORWARDING_CHAIN)
            .ok_or_else(|| malformed("forwarding_curve25519_key_chain"))?;
        chain.push(payload.sender_keys().curve25519);

        let bytes =
            base64::decode_secret_padded(key.session_key).map_err(|_| SessionKeyError::Base64)?;
        let session = ExportedSessionKey::from_bytes(&bytes)?;
        let session = InboundGroupSession::import(&session, SessionVersion::V1);
        key.check_id(&session)?;
        let owner = SessionOwner {
            forwarding_chain: chain,
            ..SessionOwner::imported(curve25519, ed25519)
                .with_shared_history(read_shared_history(content))
        };
        Ok(Self {
            session: RoomSession::new(key.room_id, session, owner),
            withheld: content
                .get_object("withheld")
                .and_then(|withheld| withheld.get_str("code"))
                .map(WithheldCode::from),
        })
    }

    /// The session.
    #[must_use]
    pub fn into_session(self) -> RoomSession {
        self.session
    }

    /// Why an earlier part of the session is missing, as far as its sender told.
    #[must_use]
    pub const fn withheld(&self) -> Option<&WithheldCode> {
        self.withheld.as_ref()
    }
}
