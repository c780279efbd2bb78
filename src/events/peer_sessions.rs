//! The Olm sessions that are held with one device.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    olm_event::{OlmEvent, SessionChoice},
    olm_payload::DecryptedOlmEvent,
    olm_plaintext::OlmPlaintext,
    olm_replays::OlmReplays,
    wedging::Wedging,
};
use crate::{
    codec::version::SessionVersion,
    json::Object,
    olm::{Account, EncryptError, OlmMessage, Session, SessionId},
    primitives::curve25519::Curve25519PublicKey,
};

/// Sessions that are held with one device at most; a new one drops the one that
/// was used least recently.
pub const MAX_SESSIONS_PER_DEVICE: usize = 8;

/// An Olm session with what decides whether it is used. Secret.
#[derive(Debug)]
pub struct PeerSession {
    session: Session,
    used_at_ms: u64,
}

impl PeerSession {
    /// A session that was stored. `used_at_ms` is when it last decrypted something,
    /// or, if it never did, when it was made.
    #[must_use]
    pub const fn new(session: Session, used_at_ms: u64) -> Self {
        Self {
            session,
            used_at_ms,
        }
    }

    /// The session, to store it.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// When it last decrypted something, or, if it never did, when it was made.
    #[must_use]
    pub const fn used_at_ms(&self) -> u64 {
        self.used_at_ms
    }
}

/// The Olm sessions with one device, found by its Curve25519 key, and whether they
/// are broken. Secret.
#[derive(Debug)]
pub struct PeerSessions {
    peer: Curve25519PublicKey,
    /// Boxed, as a list that grows would leave copies of secrets behind.
    sessions: Vec<Box<PeerSession>>,
    wedging: Wedging,
}

impl PeerSessions {
    /// No session yet with the device that has this Curve25519 key.
    #[must_use]
    pub const fn new(peer: Curve25519PublicKey) -> Self {
        Self::restore(peer, Wedging::new())
    }

    /// What was stored of a device; its sessions are [added](Self::add) again.
    #[must_use]
    pub const fn restore(peer: Curve25519PublicKey, wedging: Wedging) -> Self {
        Self {
            peer,
            sessions: Vec::new(),
            wedging,
        }
    }

    /// Adds a session: one that was stored, or one made of a claimed one-time key
    /// of this device. Gives the id of the one that was dropped for it.
    pub fn add(&mut self, session: PeerSession) -> Option<SessionId> {
        let dropped = if self.sessions.len() < MAX_SESSIONS_PER_DEVICE {
            None
        } else {
            self.sessions
                .iter()
                .enumerate()
                .min_by_key(|(_, held)| held.used_at_ms)
                .map(|(place, _)| place)
                .map(|place| self.sessions.swap_remove(place).session.id())
        };
        self.sessions.push(Box::new(session));
        dropped
    }

    /// The device's Curve25519 key.
    #[must_use]
    pub const fn peer(&self) -> Curve25519PublicKey {
        self.peer
    }

    /// The sessions, to store them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &PeerSession> {
        self.sessions.iter().map(|session| &**session)
    }

    /// What is kept about broken sessions.
    #[must_use]
    pub const fn wedging(&self) -> &Wedging {
        &self.wedging
    }

    /// The same, to ask whether [to make a new session](Wedging::unwedge).
    #[must_use]
    pub const fn wedging_mut(&mut self) -> &mut Wedging {
        &mut self.wedging
    }

    /// Decrypts an event with the session that it belongs to, or starts the session
    /// that it asks for.
    ///
    /// On success store the sessions, the account, the replay table and what came of
    /// the event in one transaction: also when [the checks](DecryptedOlmEvent::check)
    /// refuse it then, since the session has moved on.
    ///
    /// # Errors
    /// [`OlmDecryptError`]; nothing is changed.
    pub fn decrypt(
        &mut self,
        event: &OlmEvent,
        account: &mut Account,
        replays: &mut OlmReplays,
        now_ms: u64,
    ) -> Result<DecryptedOlmEvent, OlmDecryptError> {
        if event.sender_key() != self.peer {
            return Err(OlmDecryptError::OtherPeer);
        }
        // Before anything else: the first message of a session made with a fallback
        // key could start it again when the session was dropped.
        let hash = event.hash();
        if replays.contains(&hash) {
            return Err(OlmDecryptError::Replayed);
        }
        let plaintext = self
            .open(event, account, now_ms)
            .ok_or(OlmDecryptError::Wedged)?;
        replays.insert(hash);
        Ok(DecryptedOlmEvent::new(self.peer, plaintext))
    }

    fn open(
        &mut self,
        event: &OlmEvent,
        account: &mut Account,
        now_ms: u64,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let choice = event.session_choice(|id| self.iter().any(|held| held.session.id() == *id));
        match (choice, event.message()) {
            (SessionChoice::Create, OlmMessage::PreKey(message)) => {
                let pending = account.open(SessionVersion::V1, &self.peer, message).ok()?;
                let (session, plaintext) = pending.accept(account).ok()?;
                let plaintext = Zeroizing::new(plaintext);
                self.add(PeerSession::new(session, now_ms));
                self.wedging.new_inbound_session();
                Some(plaintext)
            }
            (choice, message) => self
                .sessions
                .iter_mut()
                .filter(|held| match choice {
                    SessionChoice::Only(id) => held.session.id() == id,
                    SessionChoice::Each | SessionChoice::Create => true,
                })
                .find_map(|held| {
                    let plaintext = held.session.decrypt(message).ok()?.plaintext;
                    held.used_at_ms = held.used_at_ms.max(now_ms);
                    Some(Zeroizing::new(plaintext))
                }),
        }
    }

    /// The session to encrypt with: the one that last decrypted something; one that
    /// never did counts from when it was made.
    #[must_use]
    pub fn preferred(&self) -> Option<&PeerSession> {
        self.iter().max_by_key(|held| held.used_at_ms)
    }

    /// Encrypts for the device with the [preferred](Self::preferred) session, and
    /// gives the content of the `m.room.encrypted` event; `None` when there is no
    /// session: claim a one-time key. Draws as
    /// [`Session::encrypt_with`](crate::olm::Session::encrypt_with).
    ///
    /// # Errors
    /// [`EncryptError`]; the session is then as it was.
    pub fn encrypt_with<R>(
        &mut self,
        rng: &mut R,
        plaintext: &OlmPlaintext,
    ) -> Result<Option<Object>, EncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let Some(held) = self.sessions.iter_mut().max_by_key(|held| held.used_at_ms) else {
            return Ok(None);
        };
        let message = held.session.encrypt_with(rng, plaintext.expose_secret())?;
        Ok(Some(OlmEvent::content(
            &plaintext.sender_key(),
            &self.peer,
            &message,
        )))
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`EncryptError`]; the session is then as it was.
    #[cfg(feature = "os-rng")]
    pub fn encrypt(&mut self, plaintext: &OlmPlaintext) -> Result<Option<Object>, EncryptError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng, plaintext)
    }
}

/// Why an Olm event was not decrypted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OlmDecryptError {
    /// The event is from another device than these sessions are with.
    OtherPeer,
    /// No session fits, and none can be made: ask [`Wedging::unwedge`].
    Wedged,
    /// The event was decrypted before: ignore it.
    Replayed,
}

impl fmt::Display for OlmDecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherPeer => "the event is from another device",
            Self::Wedged => "no session with the device decrypts the event",
            Self::Replayed => "the event was decrypted before",
        })
    }
}

impl core::error::Error for OlmDecryptError {}
