//! Who takes part, and what comes of it.

use alloc::{boxed::Box, string::String};
use core::fmt;

use crate::primitives::ed25519::Ed25519PublicKey;

/// Most bytes of a user, device or flow identifier.
const LONGEST_ID: usize = 255;

/// A device in a verification, with the keys that this side holds for it and for
/// its user. They are fixed here by value: whatever the server says later, these
/// are the keys that are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    user_id: String,
    device_id: String,
    key: Ed25519PublicKey,
    master_key: Option<Ed25519PublicKey>,
    looks_like_a_key: bool,
}

impl Device {
    /// A device whose user has no cross-signing keys that this side knows of.
    ///
    /// # Errors
    ///
    /// [`DeviceIdError`] if an identifier is empty or longer than 255 bytes, or
    /// if the user id does not begin with `@` and hold a `:`.
    pub fn new(
        user_id: &str,
        device_id: &str,
        key: Ed25519PublicKey,
    ) -> Result<Self, DeviceIdError> {
        let user = is_id(user_id) && user_id.starts_with('@') && user_id.contains(':');
        if !user || !is_id(device_id) {
            return Err(DeviceIdError);
        }
        Ok(Self {
            user_id: user_id.into(),
            device_id: device_id.into(),
            key,
            master_key: None,
            looks_like_a_key: false,
        })
    }

    /// The same with the user's cross-signing keys: the master key, which can be
    /// verified, and the others, whose names no device may bear.
    #[must_use]
    pub fn with_cross_signing_keys(
        mut self,
        master_key: Ed25519PublicKey,
        others: &[Ed25519PublicKey],
    ) -> Self {
        self.looks_like_a_key = others
            .iter()
            .chain([&master_key])
            .any(|key| key.to_base64() == self.device_id);
        self.master_key = Some(master_key);
        self
    }

    /// The user that the device belongs to.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The device's identifier.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The device's Ed25519 key.
    #[must_use]
    pub const fn key(&self) -> &Ed25519PublicKey {
        &self.key
    }

    /// The master key of the device's user.
    #[must_use]
    pub const fn master_key(&self) -> Option<&Ed25519PublicKey> {
        self.master_key.as_ref()
    }

    /// Whether the device is named like one of its user's cross-signing keys, so
    /// that a MAC of the one could pass for a MAC of the other
    /// (CVE-2022-39250).
    #[must_use]
    pub const fn looks_like_a_key(&self) -> bool {
        self.looks_like_a_key
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control)
}

/// An identifier of a user, device or flow is empty, too long, or of another
/// form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceIdError;

impl fmt::Display for DeviceIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier of a user, device or flow is not of the right form")
    }
}

impl core::error::Error for DeviceIdError {}

/// The two devices of a verification, and the identifier of their flow: what
/// each MAC is bound to.
#[derive(Clone, Debug)]
pub struct Participants {
    pub(super) ours: Device,
    pub(super) theirs: Device,
    pub(super) flow_id: String,
}

impl Participants {
    /// `flow_id` is the transaction id, or in a room the event id of the
    /// request.
    ///
    /// # Errors
    ///
    /// [`DeviceIdError`] if the flow's identifier is empty or longer than 255
    /// bytes, or both devices are the same.
    pub fn new(ours: &Device, theirs: &Device, flow_id: &str) -> Result<Self, DeviceIdError> {
        let same = ours.user_id == theirs.user_id && ours.device_id == theirs.device_id;
        if same || !is_id(flow_id) {
            return Err(DeviceIdError);
        }
        Ok(Self {
            ours: ours.clone(),
            theirs: theirs.clone(),
            flow_id: flow_id.into(),
        })
    }
}

/// The keys that a verification has shown to be the other side's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    user_id: String,
    device_id: String,
    // A key is kept decompressed, which is 200 bytes.
    device_key: Option<Box<Ed25519PublicKey>>,
    master_key: Option<Box<Ed25519PublicKey>>,
}

impl Verified {
    pub(super) fn new(
        theirs: &Device,
        device_key: Option<Ed25519PublicKey>,
        master_key: Option<Ed25519PublicKey>,
    ) -> Self {
        Self {
            user_id: theirs.user_id.clone(),
            device_id: theirs.device_id.clone(),
            device_key: device_key.map(Box::new),
            master_key: master_key.map(Box::new),
        }
    }

    /// The user that the keys belong to.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The device that was the other side.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The Ed25519 key of the other device. For a device of our own user: sign it
    /// with the self-signing key.
    #[must_use]
    pub fn device_key(&self) -> Option<&Ed25519PublicKey> {
        self.device_key.as_deref()
    }

    /// The master key of the other device's user. Another user's: sign it with
    /// the user-signing key. Our own user's: our identity is verified here from
    /// now on.
    #[must_use]
    pub fn master_key(&self) -> Option<&Ed25519PublicKey> {
        self.master_key.as_deref()
    }
}
