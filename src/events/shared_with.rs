//! Which devices were sent the key of an outbound session.

use alloc::{collections::BTreeMap, string::String};

use crate::primitives::curve25519::Curve25519PublicKey;

/// Devices that one session is shared with at most; sharing with more is refused.
pub const MAX_SHARED_WITH: usize = 100_000;

/// What a device was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// The Curve25519 key that it was encrypted to.
    pub curve25519: Curve25519PublicKey,
    /// The index from which the device can decrypt.
    pub index: u32,
    /// The wedging index of the device at that time: a higher one now means that
    /// the key may not have arrived.
    pub wedging_index: u32,
}

impl Share {
    /// What is sent to a device.
    #[must_use]
    pub const fn new(curve25519: Curve25519PublicKey, index: u32, wedging_index: u32) -> Self {
        Self {
            curve25519,
            index,
            wedging_index,
        }
    }
}

/// The devices that were sent the key of one session. Public data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedWith(BTreeMap<(String, String), Share>);

impl SharedWith {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// What a device was sent.
    #[must_use]
    pub fn get(&self, user_id: &str, device_id: &str) -> Option<&Share> {
        self.0.get(&(user_id.into(), device_id.into()))
    }

    /// Whether a device still needs the key: it was not sent it, or to another
    /// Curve25519 key, or its sessions broke since.
    #[must_use]
    pub fn needs(
        &self,
        user_id: &str,
        device_id: &str,
        curve25519: &Curve25519PublicKey,
        wedging_index: u32,
    ) -> bool {
        self.get(user_id, device_id).is_none_or(|share| {
            share.curve25519 != *curve25519 || share.wedging_index < wedging_index
        })
    }

    /// Takes note of what a device was sent. A device that is sent the same session
    /// again keeps the lower index. Gives whether there was room, for
    /// [`MAX_SHARED_WITH`] devices.
    pub fn record(&mut self, user_id: &str, device_id: &str, share: Share) -> bool {
        let key = (user_id.into(), device_id.into());
        let index = match self.0.get(&key) {
            Some(before) if before.curve25519 == share.curve25519 => before.index.min(share.index),
            Some(_) => share.index,
            None if self.0.len() >= MAX_SHARED_WITH => return false,
            None => share.index,
        };
        self.0.insert(key, Share { index, ..share });
        true
    }

    /// The devices, by user id and device id, and what they were sent.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str, &Share)> {
        self.0
            .iter()
            .map(|((user, device), share)| (user.as_str(), device.as_str(), share))
    }
}
