//! A session that was opened by a pre-key message, before it is accepted.

use alloc::vec::Vec;
use core::fmt;

use super::{account::Account, error::AcceptError, session::Session};
use crate::primitives::wipe::in_deep_wiped_frame;

/// A pre-key message has decrypted, and nothing is spent yet: look at who it
/// claims to be from, then [`accept`](Self::accept) it, or drop it and the
/// account is as it was.
pub struct Pending {
    pub(super) session: Session,
    pub(super) plaintext: Vec<u8>,
    pub(super) used_fallback_key: bool,
}

impl Pending {
    /// The text of the message.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// The session as it would be accepted.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the session was made with a fallback key, which is not spent by
    /// use: the same message could start a session again, so remember its id.
    #[must_use]
    pub const fn used_fallback_key(&self) -> bool {
        self.used_fallback_key
    }

    /// Takes the session and the text, and removes the one-time key from the
    /// account; a fallback key stays.
    ///
    /// # Errors
    /// [`AcceptError::OneTimeKeyGone`] if the one-time or fallback key has gone
    /// since the message was opened, or the account is another; it is then as it
    /// was.
    pub fn accept(self, account: &mut Account) -> Result<(Session, Vec<u8>), AcceptError> {
        in_deep_wiped_frame(|| {
            let key = self.session.session_keys().one_time_key;
            let there = if self.used_fallback_key {
                account.has_fallback_key(&key)
            } else {
                account.one_time_keys.remove(&key)
            };
            if there {
                Ok((self.session, self.plaintext))
            } else {
                Err(AcceptError::OneTimeKeyGone)
            }
        })
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("session", &self.session)
            .field("used_fallback_key", &self.used_fallback_key)
            .finish_non_exhaustive()
    }
}
