//! What is known of the sender of an event.

use crate::{
    identity::{DeviceKeys, SenderTrust, ShownIdentity},
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// What is known, at this moment, of the user who is said to have sent an event:
/// the devices and the identity that are stored of him.
///
/// Devices of other users may be among them: they are not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownSender<'a> {
    devices: &'a [&'a DeviceKeys],
    identity: Option<ShownIdentity<'a>>,
    locally_verified: &'a [&'a str],
}

impl<'a> KnownSender<'a> {
    /// A user with these devices and no identity.
    #[must_use]
    pub const fn new(devices: &'a [&'a DeviceKeys]) -> Self {
        Self {
            devices,
            identity: None,
            locally_verified: &[],
        }
    }

    /// The same with the user's identity and the state that is shown of it.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<ShownIdentity<'a>>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// The same with the ids of those devices, of the stored ones, that our user
    /// verified by hand. What was verified is the stored keys: a device that merely
    /// bears such an id has nothing of it.
    #[must_use]
    pub const fn with_locally_verified(mut self, device_ids: &'a [&'a str]) -> Self {
        self.locally_verified = device_ids;
        self
    }

    /// The stored devices of `user_id` that claim this Curve25519 key.
    pub(super) fn claimants(
        &self,
        user_id: &str,
        curve25519: Curve25519PublicKey,
    ) -> impl Iterator<Item = &'a DeviceKeys> {
        self.devices
            .iter()
            .copied()
            .filter(move |device| device.user_id() == user_id && device.curve25519() == curve25519)
    }

    /// How far what the device sends is trusted.
    pub(super) fn trust(&self, device: &DeviceKeys) -> SenderTrust {
        SenderTrust::of_device(device, self.identity)
    }

    /// The master key under which the device is cross-signed, if it is.
    pub(super) fn master_key(&self, trust: SenderTrust) -> Option<Ed25519PublicKey> {
        let shown = self.identity.filter(|_| trust.is_cross_signed())?;
        Some(shown.identity().master_key())
    }

    /// Whether our user verified this device by hand: it is a stored one, with
    /// these keys. Anybody can sign himself a device of any user and id.
    pub(super) fn is_locally_verified(&self, device: &DeviceKeys) -> bool {
        self.locally_verified.contains(&device.device_id())
            && self.devices.iter().any(|stored| {
                stored.user_id() == device.user_id()
                    && stored.device_id() == device.device_id()
                    && stored.identity_keys() == device.identity_keys()
            })
    }
}
