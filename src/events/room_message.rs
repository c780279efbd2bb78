//! Room events, decrypted and checked (Matrix client-server API,
//! "m.megolm.v1.aes-sha2").

use alloc::string::{String, ToString};
use core::fmt;

use zeroize::Zeroizing;

use super::{
    known_sender::KnownSender, owner::TrustRequirement, replay::ReplayTable,
    room_error::RoomDecryptError, room_event::EncryptedRoomEvent, room_session::RoomSession,
    withheld::WithheldCode,
};
use crate::{
    identity::SenderTrust,
    json::Object,
    megolm::{DecryptError, GroupSessionId},
};

impl EncryptedRoomEvent {
    /// Decrypts the event with the session that is held of its room and session
    /// id: steps 1 to 3. `code` is what a sender said about that session, if
    /// anything: it explains a failure, and never overrides a key that is there.
    ///
    /// # Errors
    /// [`RoomDecryptError`].
    pub fn decrypt<'a>(
        &'a self,
        held: Option<&'a mut RoomSession>,
        code: Option<&WithheldCode>,
    ) -> Result<DecryptedRoomEvent<'a>, RoomDecryptError> {
        let session = held
            .filter(|held| held.room_id() == self.room_id && held.session_id() == self.session_id)
            .ok_or_else(|| RoomDecryptError::NoKey {
                code: code.cloned(),
            })?;
        let decrypted = session
            .session
            .decrypt(&self.message)
            .map_err(|error| match error {
                DecryptError::BadSignature => RoomDecryptError::BadSignature,
                DecryptError::BelowFirstKnown { index, first_known } => {
                    RoomDecryptError::UnknownIndex {
                        index,
                        first_known,
                        code: code.cloned(),
                    }
                }
                DecryptError::Inauthentic => RoomDecryptError::BadMac,
                DecryptError::Decode(_) | DecryptError::Version { .. } => {
                    RoomDecryptError::Malformed {
                        member: "ciphertext",
                    }
                }
            })?;
        let index = decrypted.index;
        let text = self.read_plaintext(&Zeroizing::new(decrypted.plaintext))?;
        Ok(DecryptedRoomEvent {
            event: self,
            session,
            index,
            text,
        })
    }

    /// Reads what was encrypted, and checks that it is for this room and event.
    fn read_plaintext(&self, plaintext: &[u8]) -> Result<Text, RoomDecryptError> {
        let malformed = |member| RoomDecryptError::Malformed { member };
        let mut plaintext = Object::parse(plaintext).map_err(|_| malformed("plaintext"))?;
        let event_type: String = plaintext
            .get_str("type")
            .ok_or_else(|| malformed("type"))?
            .into();
        let Some(crate::json::Value::Object(mut content)) = plaintext.remove("content") else {
            return Err(malformed("content"));
        };
        if plaintext.get_str("room_id") != Some(&self.room_id) {
            return Err(RoomDecryptError::WrongRoom);
        }
        let state_key = match (&self.state_key, plaintext.get("state_key")) {
            (None, None) => None,
            (Some(packed), Some(key)) => {
                let key = key.as_str().ok_or(RoomDecryptError::WrongStateKey)?;
                if packed.split_once(':') != Some((event_type.as_str(), key)) {
                    return Err(RoomDecryptError::WrongStateKey);
                }
                Some(key.to_string())
            }
            _ => return Err(RoomDecryptError::WrongStateKey),
        };
        if let Some(relation) = &self.relation
            && content.get("m.relates_to").is_none()
        {
            content.insert("m.relates_to", relation.clone());
        }
        Ok(Text {
            event_type,
            content,
            state_key,
        })
    }
}

/// What was encrypted.
struct Text {
    event_type: String,
    content: Object,
    state_key: Option<String>,
}

/// A room event that has decrypted, and is not checked yet: its content cannot be
/// read.
///
/// ```compile_fail,E0599
/// # use necturus::events::DecryptedRoomEvent;
/// fn show(event: &DecryptedRoomEvent<'_>) {
///     println!("{}", event.content());
/// }
/// ```
#[must_use = "an event that is not checked cannot be read"]
pub struct DecryptedRoomEvent<'a> {
    event: &'a EncryptedRoomEvent,
    session: &'a mut RoomSession,
    index: u32,
    text: Text,
}

impl DecryptedRoomEvent<'_> {
    /// Checks that the message was no other event before, and whose it is: steps 4
    /// to 7. `known` is what is known of [`EncryptedRoomEvent::sender`].
    ///
    /// When all passes, the event is written to `replays`, and the session's
    /// [owner](RoomSession::owner) may have been found: store both.
    ///
    /// # Errors
    /// [`RoomDecryptError`], from [`Replay`](RoomDecryptError::Replay) on; nothing
    /// is changed then.
    pub fn check(
        self,
        replays: &mut ReplayTable,
        known: &KnownSender<'_>,
        requirement: TrustRequirement,
    ) -> Result<RoomMessage, RoomDecryptError> {
        let Self {
            event,
            session,
            index,
            text,
        } = self;
        let session_id = event.session_id;
        if !replays.allows(&session_id, index, &event.event_id, event.origin_server_ts) {
            return Err(RoomDecryptError::Replay);
        }
        let owner = session
            .owner
            .evaluated(&event.sender, known)
            .map_err(|_| RoomDecryptError::MismatchedIdentityKeys)?;
        let match_ = match owner.user_id() {
            None => SenderMatch::NotCheckable,
            Some(user_id) if user_id == event.sender => SenderMatch::Matches,
            Some(_) => SenderMatch::Mismatched,
        };
        if match_ == SenderMatch::Mismatched && requirement != TrustRequirement::Any {
            return Err(RoomDecryptError::MismatchedSender);
        }
        let trust = owner.trust();
        if !requirement.allows(&owner) {
            return Err(RoomDecryptError::UntrustedSender { trust });
        }
        // A copy under another name must not make the true event a replay.
        if match_ != SenderMatch::Mismatched {
            session.owner = owner;
            replays.record(session_id, index, &event.event_id, event.origin_server_ts);
        }
        Ok(RoomMessage {
            event_type: text.event_type,
            content: text.content,
            state_key: text.state_key,
            claimed_sender: event.sender.clone(),
            sender_match: match_,
            event_id: event.event_id.clone(),
            origin_server_ts: event.origin_server_ts,
            unsigned: event.unsigned.clone(),
            trust,
            session_id,
            index,
        })
    }
}

impl fmt::Debug for DecryptedRoomEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptedRoomEvent")
            .field("event", self.event)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// Whether the one who is said to have sent an event owns its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SenderMatch {
    /// He does.
    Matches,
    /// The owner is not known: the [trust](RoomMessage::trust) says so.
    NotCheckable,
    /// Another user does: a bridge, which sends other users' messages in its own
    /// session, or an attack. Show the event with a warning, and not as the
    /// sender's.
    Mismatched,
}

/// A room event that was decrypted and checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomMessage {
    event_type: String,
    content: Object,
    state_key: Option<String>,
    claimed_sender: String,
    sender_match: SenderMatch,
    event_id: String,
    origin_server_ts: u64,
    unsigned: Option<Object>,
    trust: SenderTrust,
    session_id: GroupSessionId,
    index: u32,
}

impl RoomMessage {
    /// The type. An `m.room.encrypted` is not decrypted again.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The content. Its `m.relates_to` may be the server's word: it stands outside
    /// of what is encrypted.
    #[must_use]
    pub const fn content(&self) -> &Object {
        &self.content
    }

    /// The state key, of a state event (MSC4362).
    #[must_use]
    pub fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    /// Who sent it; `None` when the session is another user's
    /// ([`SenderMatch::Mismatched`]). How far that is proven, [`trust`](Self::trust)
    /// says.
    #[must_use]
    pub fn sender(&self) -> Option<&str> {
        (self.sender_match != SenderMatch::Mismatched).then_some(&self.claimed_sender)
    }

    /// Who the server says sent it.
    #[must_use]
    pub fn claimed_sender(&self) -> &str {
        &self.claimed_sender
    }

    /// Whether the sender owns the session.
    #[must_use]
    pub const fn sender_match(&self) -> SenderMatch {
        self.sender_match
    }

    /// How far it is believed that the session is its owner's.
    #[must_use]
    pub const fn trust(&self) -> SenderTrust {
        self.trust
    }

    /// The id of the event.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// When the server says it was sent, in milliseconds since 1970.
    #[must_use]
    pub const fn origin_server_ts(&self) -> u64 {
        self.origin_server_ts
    }

    /// The session.
    #[must_use]
    pub const fn session_id(&self) -> GroupSessionId {
        self.session_id
    }

    /// The index of the message in its session.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The event as it would have come in clear. It has no `sender` when the session
    /// is another user's.
    #[must_use]
    pub fn to_event(&self) -> Object {
        let mut event = Object::new()
            .with("type", self.event_type.as_str())
            .with("content", self.content.clone())
            .with("event_id", self.event_id.as_str())
            .with("origin_server_ts", self.origin_server_ts);
        if let Some(sender) = self.sender() {
            event.insert("sender", sender);
        }
        if let Some(state_key) = self.state_key() {
            event.insert("state_key", state_key);
        }
        if let Some(unsigned) = &self.unsigned {
            event.insert("unsigned", unsigned.clone());
        }
        event
    }
}

/// Without the content.
impl fmt::Debug for RoomMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomMessage")
            .field("event_type", &self.event_type)
            .field("event_id", &self.event_id)
            .field("claimed_sender", &self.claimed_sender)
            .field("sender_match", &self.sender_match)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}
