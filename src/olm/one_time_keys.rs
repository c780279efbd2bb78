//! The one-time keys of an account.

use alloc::vec::Vec;

use super::{
    MAX_ONE_TIME_KEYS,
    key_id::{KeyId, KeyIdWidth},
};
use crate::primitives::{
    curve25519::{Curve25519KeyPair, Curve25519PublicKey},
    inline_list::{InlineList, Slot},
};

/// The public half of a one-time or fallback key, with the name to publish it
/// under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicOneTimeKey {
    /// The name.
    pub id: KeyId,
    /// The key.
    pub key: Curve25519PublicKey,
}

/// A one-time key. Secret.
#[derive(Clone)]
pub(crate) struct OneTimeKey {
    pub(crate) id: KeyId,
    pub(crate) published: bool,
    pub(crate) pair: Curve25519KeyPair,
}

impl Slot for OneTimeKey {
    const EMPTY: Self = Self {
        id: KeyId::new(0, KeyIdWidth::Four),
        published: false,
        pair: Curve25519KeyPair::EMPTY,
    };

    fn wipe(&mut self) {
        self.pair.wipe();
    }
}

impl OneTimeKey {
    pub(crate) const fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn public(&self) -> PublicOneTimeKey {
        PublicOneTimeKey {
            id: self.id,
            key: self.pair.public,
        }
    }
}

/// The one-time keys, oldest first.
#[derive(Clone)]
pub(crate) struct OneTimeKeys {
    keys: InlineList<OneTimeKey, MAX_ONE_TIME_KEYS>,
}

impl OneTimeKeys {
    pub(crate) fn new() -> Self {
        Self {
            keys: InlineList::new(),
        }
    }

    pub(crate) fn as_slice(&self) -> &[OneTimeKey] {
        self.keys.as_slice()
    }

    /// Adds a key; a full store drops its oldest, and says which.
    pub(crate) fn insert(&mut self, key: OneTimeKey) -> Option<PublicOneTimeKey> {
        let dropped = if self.keys.is_full() {
            let oldest = self.keys.as_slice().first().map(OneTimeKey::public);
            self.keys.remove(0);
            oldest
        } else {
            None
        };
        // There is room now.
        let _ = self.keys.push(key);
        dropped
    }

    pub(crate) fn find(&self, key: &Curve25519PublicKey) -> Option<&OneTimeKey> {
        self.keys.iter().find(|entry| entry.pair.public == *key)
    }

    pub(crate) fn remove(&mut self, key: &Curve25519PublicKey) -> bool {
        match self.keys.iter().position(|entry| entry.pair.public == *key) {
            Some(index) => {
                self.keys.remove(index);
                true
            }
            None => false,
        }
    }

    /// What has not been published, newest first.
    pub(crate) fn unpublished(&self) -> impl Iterator<Item = PublicOneTimeKey> + '_ {
        self.keys
            .iter()
            .rev()
            .filter(|key| !key.published)
            .map(OneTimeKey::public)
    }

    /// Marks the keys that `is_published` names; gives how many are new to it.
    pub(crate) fn mark_published(&mut self, is_published: impl Fn(KeyId) -> bool) -> usize {
        let mut marked = 0usize;
        for key in self.keys.as_mut_slice() {
            if !key.published && is_published(key.id) {
                key.published = true;
                marked = marked.saturating_add(1);
            }
        }
        marked
    }

    /// The public halves of all keys, oldest first.
    pub(crate) fn public_keys(&self) -> Vec<PublicOneTimeKey> {
        self.keys.iter().map(OneTimeKey::public).collect()
    }
}
