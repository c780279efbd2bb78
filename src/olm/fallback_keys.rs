//! The fallback keys of an account: what others start sessions with when the
//! one-time keys have run out. They are not spent by use.

use super::one_time_keys::{OneTimeKey, PublicOneTimeKey};
use crate::primitives::curve25519::Curve25519PublicKey;

/// A fallback key is kept like a one-time key.
pub(crate) type FallbackKey = OneTimeKey;

/// The current fallback key and the one before, which stays usable for those
/// who fetched it earlier.
#[derive(Clone, Default)]
pub(crate) struct FallbackKeys {
    pub(crate) current: Option<FallbackKey>,
    pub(crate) previous: Option<FallbackKey>,
}

impl FallbackKeys {
    /// Makes `key` the current one; gives the public half of what fell out.
    pub(crate) fn replace(&mut self, key: FallbackKey) -> Option<PublicOneTimeKey> {
        let fallen = self.previous.as_ref().map(OneTimeKey::public);
        self.previous = self.current.take();
        self.current = Some(key);
        fallen
    }

    /// The current key, then the previous one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FallbackKey> + Clone {
        [&self.current, &self.previous].into_iter().flatten()
    }

    pub(crate) fn find(&self, key: &Curve25519PublicKey) -> Option<&FallbackKey> {
        self.iter().find(|entry| entry.pair.public == *key)
    }

    /// Drops the previous key; gives whether there was one.
    pub(crate) fn forget_previous(&mut self) -> bool {
        let had = self.previous.is_some();
        self.previous = None;
        had
    }
}
