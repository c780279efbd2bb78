//! What a keystore holds, read.

use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

use super::{error::StoreError, key, keystore::Keystore};
use crate::{
    megolm::{GroupSessionId, InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session, SessionId},
    pickle::{Record, from_plain},
    primitives::{curve25519::Curve25519PublicKey, wipe::in_deep_wiped_frame},
};

/// What is kept. A list tells what there seems to be: whoever can write to the
/// storage can add and remove. Reading one finds out.
impl Keystore {
    /// The account of this device.
    ///
    /// # Errors
    /// [`StoreError::Backend`], [`StoreError::Damaged`] and [`StoreError::Object`].
    pub fn account(&self) -> Result<Option<Account>, StoreError> {
        self.object(key::ACCOUNT)
    }

    /// The Olm session with a device (its Curve25519 key) that has this id.
    ///
    /// # Errors
    /// [`StoreError::Backend`], [`StoreError::Damaged`] and [`StoreError::Object`].
    pub fn session(
        &self,
        peer: &Curve25519PublicKey,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.object(&key::session(peer, id))
    }

    /// The ids of the Olm sessions with a device.
    ///
    /// # Errors
    /// [`StoreError::Backend`], and [`StoreError::Damaged`] if something is kept under
    /// a key that is none.
    pub fn session_ids(&self, peer: &Curve25519PublicKey) -> Result<Vec<SessionId>, StoreError> {
        self.list(&key::sessions_with(peer), |key| {
            key::read_session(key).map(|(_, id)| id)
        })
    }

    /// The devices with whom there are Olm sessions.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn session_peers(&self) -> Result<Vec<Curve25519PublicKey>, StoreError> {
        let mut peers = self.list(key::SESSIONS, |key| {
            key::read_session(key).map(|(peer, _)| peer)
        })?;
        peers.dedup();
        Ok(peers)
    }

    /// The session that we send to a room with.
    ///
    /// # Errors
    /// [`StoreError::Backend`], [`StoreError::Damaged`] and [`StoreError::Object`].
    pub fn outbound_session(&self, room: &str) -> Result<Option<OutboundGroupSession>, StoreError> {
        self.object(&key::outbound(room))
    }

    /// The rooms that we have a session to send with.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn outbound_rooms(&self) -> Result<Vec<String>, StoreError> {
        self.list(key::OUTBOUND, key::read_outbound)
    }

    /// The session with this id that a device (its Curve25519 key) sends to a room
    /// with.
    ///
    /// # Errors
    /// [`StoreError::Backend`], [`StoreError::Damaged`] and [`StoreError::Object`].
    pub fn inbound_session(
        &self,
        room: &str,
        id: &GroupSessionId,
        sender: &Curve25519PublicKey,
    ) -> Result<Option<InboundGroupSession>, StoreError> {
        self.object(&key::inbound(room, id, sender))
    }

    /// The devices for whose session with this id there is a key: for events that no
    /// longer name their sender's. More than one if somebody claims another's.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn inbound_senders(
        &self,
        room: &str,
        id: &GroupSessionId,
    ) -> Result<Vec<Curve25519PublicKey>, StoreError> {
        self.list(&key::inbound_with(room, id), |key| {
            key::read_inbound(key).map(|(_, _, sender)| sender)
        })
    }

    /// The sessions that we can read a room with, and who sends with each.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn inbound_sessions(
        &self,
        room: &str,
    ) -> Result<Vec<(GroupSessionId, Curve25519PublicKey)>, StoreError> {
        self.list(&key::inbound_in(room), |key| {
            key::read_inbound(key).map(|(_, id, sender)| (id, sender))
        })
    }

    /// The rooms that we can read something in.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn inbound_rooms(&self) -> Result<Vec<String>, StoreError> {
        let mut rooms = self.list(key::INBOUND, |key| {
            key::read_inbound(key).map(|(room, _, _)| room)
        })?;
        rooms.dedup();
        Ok(rooms)
    }

    /// The application's value with this name. Secret; wiped on drop.
    ///
    /// # Errors
    /// [`StoreError::Backend`] and [`StoreError::Damaged`].
    pub fn value(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        self.read(&key::value(name))
    }

    /// The names of the application's values that start with `prefix`, in ascending
    /// order.
    ///
    /// # Errors
    /// Those of [`Self::session_ids`].
    pub fn value_names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.list(&key::value(prefix), key::read_value)
    }

    fn object<T: Record>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let Some(plain) = self.read(key)? else {
            return Ok(None);
        };
        Ok(Some(in_deep_wiped_frame(|| from_plain(&plain))?))
    }

    fn list<T>(
        &self,
        prefix: &[u8],
        read: impl Fn(&[u8]) -> Result<T, key::NotOurs>,
    ) -> Result<Vec<T>, StoreError> {
        let keys = self.keys(prefix)?;
        Ok(keys.iter().map(|key| read(key)).collect::<Result<_, _>>()?)
    }
}
