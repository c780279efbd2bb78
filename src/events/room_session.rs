//! A session of a room with whose it is, and what to do with a second copy.

use alloc::string::String;
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{known_sender::KnownSender, owner::SessionOwner};
use crate::{
    codec::version::SessionVersion,
    identity::MismatchedIdentityKeys,
    megolm::{GroupSessionId, InboundGroupSession, IndexError, SessionOrdering},
    primitives::ed25519::Ed25519PublicKey,
    vault::RoomKey,
};

/// A session that receives, with its room and its [owner](SessionOwner). Secret.
///
/// It is found by room id and session id together. To store it, store the
/// [session](Self::session) by [`pickle`](crate::pickle), and room and owner beside
/// it.
#[derive(Debug)]
pub struct RoomSession {
    room_id: String,
    pub(super) session: InboundGroupSession,
    pub(super) owner: SessionOwner,
}

impl RoomSession {
    /// A session that was stored.
    #[must_use]
    pub fn new(room_id: &str, session: InboundGroupSession, owner: SessionOwner) -> Self {
        Self {
            room_id: room_id.into(),
            session,
            owner,
        }
    }

    /// The session of a backup, a key export or a bundle, whose owner nobody proves;
    /// `None` when no Ed25519 key of the owner is named, as old ones may not.
    #[must_use]
    pub fn import(room_id: &str, key: &RoomKey) -> Option<Self> {
        let owner = SessionOwner {
            forwarding_chain: key.forwarding_chain().to_vec(),
            ..SessionOwner::imported(key.sender_key(), key.claimed_ed25519()?)
                .with_shared_history(key.shared_history())
        };
        let session = InboundGroupSession::import(key.session_key(), SessionVersion::V1);
        Some(Self::new(room_id, session, owner))
    }

    /// The session from `index` on, for a backup, a key export or a bundle.
    ///
    /// # Errors
    /// [`IndexError`] when the session starts later.
    pub fn export_at(&self, index: u32) -> Result<RoomKey, IndexError> {
        let key = self.session.export_at(index)?;
        Ok(RoomKey::new(self.owner.keys.curve25519, key)
            .with_claimed_ed25519(self.owner.keys.ed25519)
            .with_forwarding_chain(&self.owner.forwarding_chain)
            .with_shared_history(self.owner.shared_history))
    }

    /// The room.
    #[must_use]
    pub fn room_id(&self) -> &str {
        &self.room_id
    }

    /// The id of the session.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        self.session.session_id()
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &InboundGroupSession {
        &self.session
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(&self) -> &SessionOwner {
        &self.owner
    }

    /// Looks the owner up again: when the devices or the identity of `sender`, who
    /// sent the session, have changed. [`DecryptedRoomEvent::check`] does it anyway.
    ///
    /// # Errors
    /// [`MismatchedIdentityKeys`] when the sender's device has the recorded
    /// Curve25519 key and another Ed25519 key; nothing is changed.
    ///
    /// [`DecryptedRoomEvent::check`]: super::DecryptedRoomEvent::check
    pub fn evaluate(
        &mut self,
        sender: &str,
        known: &KnownSender<'_>,
    ) -> Result<(), MismatchedIdentityKeys> {
        self.owner = self.owner.evaluated(sender, known)?;
        Ok(())
    }

    /// A user was verified under this master key: what his devices sent under it is
    /// now verified, too.
    pub fn user_verified(&mut self, master_key: &Ed25519PublicKey) {
        self.owner.user_verified(master_key);
    }

    /// Takes over from another copy of the session what is better in it.
    ///
    /// | the new copy | then |
    /// | --- | --- |
    /// | starts earlier, and is trusted no less | it replaces all |
    /// | starts earlier, and is trusted less | its ratchet is taken, and nothing else |
    /// | starts no earlier, and is trusted more | its owner is taken, with all that is recorded with him |
    /// | else | nothing |
    ///
    /// A copy whose ratchet is signed also replaces one that was invented below
    /// the index from which the held one is
    /// [verified](InboundGroupSession::verified_from).
    ///
    /// # Errors
    /// [`MergeRefusal`], of which the user should know; nothing is changed. However
    /// much it is trusted, a copy of another owner is refused: a member who has the
    /// key of a session could otherwise claim it.
    pub fn merge(&mut self, new: Self) -> Result<Merged, MergeRefusal> {
        if self.room_id != new.room_id || self.session_id() != new.session_id() {
            return Err(MergeRefusal::OtherSession);
        }
        if self.owner.keys != new.owner.keys {
            return Err(MergeRefusal::OtherOwner);
        }
        let ordering = self.session.compare(&new.session);
        self.session
            .merge(&new.session)
            .map_err(|_| MergeRefusal::Unconnected)?;
        let new_ratchet = match ordering {
            SessionOrdering::Equal | SessionOrdering::Better => false,
            SessionOrdering::Worse | SessionOrdering::Unconnected => true,
        };
        let (held_trust, new_trust) = (self.owner.trust, new.owner.trust);
        Ok(if new_ratchet && new_trust >= held_trust {
            self.owner = new.owner;
            Merged::Replaced
        } else if new_ratchet {
            Merged::NewRatchet
        } else if new_trust > held_trust {
            self.owner = new.owner;
            Merged::NewOwner
        } else {
            Merged::Kept
        })
    }
}

/// Its session wipes itself, and the rest is public.
impl ZeroizeOnDrop for RoomSession {}

/// What was taken over from another copy of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Merged {
    /// All of it.
    Replaced,
    /// Its ratchet, which opens more messages.
    NewRatchet,
    /// Its owner, who is trusted more.
    NewOwner,
    /// Nothing.
    Kept,
}

/// Why a copy of a session was discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeRefusal {
    /// It is of another room or session.
    OtherSession,
    /// It has other recorded keys: somebody claims a session that is not his.
    OtherOwner,
    /// Its ratchet is not the held one's: one of the two was invented.
    Unconnected,
}

impl fmt::Display for MergeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherSession => "the key is of another session",
            Self::OtherOwner => "the key is said to be another owner's",
            Self::Unconnected => "the key does not fit the one that is held",
        })
    }
}

impl core::error::Error for MergeRefusal {}
