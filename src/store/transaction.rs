//! Changes that land together.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    error::StoreError,
    key,
    keystore::{Changes, Keystore, MAX_NAME_LENGTH},
};
#[cfg(feature = "os-rng")]
use crate::primitives::random::OsRng;
use crate::{
    megolm::{GroupSessionId, InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session, SessionId},
    pickle::{Record, to_plain},
    primitives::{curve25519::Curve25519PublicKey, wipe::in_deep_wiped_frame},
};

/// Changes of a keystore that land together or not at all. Dropped without
/// [`commit`](Self::commit_with), it changes nothing. Secret; wiped on drop.
///
/// What belongs together goes into one: an account and the session that took a key of
/// it; a session and what it decrypted. A message that was encrypted goes out after
/// the commit, and not before: after a crash in between, the session of before would
/// use its key once more.
#[must_use = "a transaction that is not committed changes nothing"]
pub struct Transaction<'a> {
    keystore: &'a mut Keystore,
    changes: Changes,
    /// Whether something was put under a name that is too long.
    too_long: bool,
}

impl Keystore {
    /// No changes yet.
    pub const fn transaction(&mut self) -> Transaction<'_> {
        Transaction {
            keystore: self,
            changes: Changes::new(),
            too_long: false,
        }
    }
}

impl Transaction<'_> {
    /// Keeps the account of this device; a keystore has one.
    pub fn put_account(&mut self, account: &Account) {
        self.put_object(key::ACCOUNT.to_vec(), account);
    }

    /// Deletes the account. Nobody can start a session with this device any more.
    pub fn delete_account(&mut self) {
        self.delete(key::ACCOUNT.to_vec());
    }

    /// Keeps an Olm session with the device that has this Curve25519 key.
    pub fn put_session(&mut self, peer: &Curve25519PublicKey, session: &Session) {
        self.put_object(key::session(peer, &session.id()), session);
    }

    /// Deletes an Olm session.
    pub fn delete_session(&mut self, peer: &Curve25519PublicKey, id: &SessionId) {
        self.delete(key::session(peer, id));
    }

    /// Keeps the session that we send to a room with; a room has one, and the one
    /// before is gone.
    pub fn put_outbound_session(&mut self, room: &str, session: &OutboundGroupSession) {
        self.look_at(room);
        self.put_object(key::outbound(room), session);
    }

    /// Deletes the session that we send to a room with.
    pub fn delete_outbound_session(&mut self, room: &str) {
        self.delete(key::outbound(room));
    }

    /// Keeps a session that the device with this Curve25519 key sends to a room with.
    /// It replaces one with the same id, also a better one: merge them before.
    pub fn put_inbound_session(
        &mut self,
        room: &str,
        sender: &Curve25519PublicKey,
        session: &InboundGroupSession,
    ) {
        self.look_at(room);
        self.put_object(key::inbound(room, &session.session_id(), sender), session);
    }

    /// Deletes a session that somebody sends to a room with.
    pub fn delete_inbound_session(
        &mut self,
        room: &str,
        id: &GroupSessionId,
        sender: &Curve25519PublicKey,
    ) {
        self.delete(key::inbound(room, id, sender));
    }

    /// Keeps bytes of the application's own under a name: a sync token, trust in
    /// devices, what belongs to a session. The name is not encrypted.
    pub fn put_value(&mut self, name: &str, value: &[u8]) {
        self.look_at(name);
        let value = Zeroizing::new(value.to_vec());
        self.changes.insert(key::value(name), Some(value));
    }

    /// Deletes the application's value with this name.
    pub fn delete_value(&mut self, name: &str) {
        self.delete(key::value(name));
    }

    /// Makes all changes. Draws 24 bytes for each object and value that is put: the
    /// account, Olm sessions, outbound and inbound group sessions, values, each in the
    /// order of their keys.
    ///
    /// # Errors
    /// Nothing is changed by [`StoreError::Backend`], [`StoreError::Rng`], and
    /// [`StoreError::TooLarge`] if a value or a name is too long.
    pub fn commit_with<R>(self, rng: &mut R) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if self.too_long {
            return Err(StoreError::TooLarge);
        }
        self.keystore.commit(rng, &self.changes).map(drop)
    }

    /// [`Self::commit_with`] the operating system's generator.
    ///
    /// # Errors
    /// Those of [`Self::commit_with`].
    #[cfg(feature = "os-rng")]
    pub fn commit(self) -> Result<(), StoreError> {
        self.commit_with(&mut OsRng)
    }

    fn look_at(&mut self, name: &str) {
        self.too_long |= name.len() > MAX_NAME_LENGTH;
    }

    fn put_object<T: Record>(&mut self, key: Vec<u8>, object: &T) {
        let plain = in_deep_wiped_frame(|| to_plain(object));
        self.changes.insert(key, Some(plain));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
