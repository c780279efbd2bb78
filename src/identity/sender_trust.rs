//! How far a session can be believed to be its sender's.

use super::{
    device::DeviceKeys, error::MismatchedIdentityKeys, own_trust::OwnView, public::UserIdentity,
    user_trust::IdentityState,
};
use crate::primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey};

/// How far a session, or what came in it, can be believed to be its sender's.
/// Trust grows from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "clients decide by each of these, and more would change what the others mean"
)]
pub enum SenderTrust {
    /// No device is known that it came from, or nobody can prove it: it was
    /// forwarded, or came from a backup, a key export or a bundle.
    UnknownDevice,
    /// The device is known, and its user did not sign it, or has no identity.
    DeviceInfo,
    /// The user signed the device. The user was verified once, and is not now.
    VerificationViolation,
    /// The user signed the device, and was never verified.
    SenderUnverified,
    /// The user signed the device, and is verified.
    SenderVerified,
}

/// A user's identity with the state that is shown of it.
#[derive(Clone, Copy, Debug)]
pub struct ShownIdentity<'a> {
    identity: &'a UserIdentity,
    state: IdentityState,
}

impl<'a> ShownIdentity<'a> {
    /// An identity, and what [`UserTrust::state`](super::UserTrust::state) says
    /// of it.
    #[must_use]
    pub const fn new(identity: &'a UserIdentity, state: IdentityState) -> Self {
        Self { identity, state }
    }

    /// The identity.
    #[must_use]
    pub const fn identity(self) -> &'a UserIdentity {
        self.identity
    }

    /// What is shown of it.
    #[must_use]
    pub const fn state(self) -> IdentityState {
        self.state
    }
}

/// Our own identity, as the owner of our own devices.
impl<'a> From<OwnView<'a>> for ShownIdentity<'a> {
    fn from(own: OwnView<'a>) -> Self {
        Self::new(own.identity().as_user(), own.state().into())
    }
}

impl SenderTrust {
    /// What a device gives to what it sends: any but
    /// [`UnknownDevice`](Self::UnknownDevice).
    #[must_use]
    pub fn of_device(device: &DeviceKeys, owner: Option<ShownIdentity<'_>>) -> Self {
        match owner {
            Some(owner) if owner.identity.has_signed(device) => match owner.state {
                IdentityState::Verified => Self::SenderVerified,
                IdentityState::VerificationViolation => Self::VerificationViolation,
                IdentityState::PinViolation | IdentityState::Pinned => Self::SenderUnverified,
            },
            _ => Self::DeviceInfo,
        }
    }

    /// What is to be thought of a session that came directly from its sender,
    /// when these keys were recorded with it, and `device` was found by the
    /// Curve25519 key. (One that did not come directly has
    /// [`UnknownDevice`](Self::UnknownDevice), whatever is found.)
    ///
    /// # Errors
    ///
    /// [`MismatchedIdentityKeys`] when the device has other keys: it is not the
    /// owner of the session, and one of the two is made to look so.
    pub fn of_session(
        curve25519: &Curve25519PublicKey,
        ed25519: &Ed25519PublicKey,
        device: Option<&DeviceKeys>,
        owner: Option<ShownIdentity<'_>>,
    ) -> Result<Self, MismatchedIdentityKeys> {
        match device {
            None => Ok(Self::UnknownDevice),
            Some(device) if device.curve25519() == *curve25519 && device.ed25519() == *ed25519 => {
                Ok(Self::of_device(device, owner))
            }
            Some(_) => Err(MismatchedIdentityKeys),
        }
    }

    /// Whether the device that it came from is cross-signed by its owner, and no
    /// verification of the owner was broken.
    #[must_use]
    pub fn is_cross_signed(self) -> bool {
        self >= Self::SenderUnverified
    }
}
