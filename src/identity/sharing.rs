//! Which devices get a room's key (MSC4153).

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use super::{
    device::DeviceKeys,
    own_trust::{OwnState, OwnView},
    sender_trust::{SenderTrust, ShownIdentity},
    user_trust::IdentityState,
};

/// What our user said of a single device, on this device alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a client must have an answer to each"
)]
pub enum LocalTrust {
    /// Nothing: the owner's identity decides.
    #[default]
    Unset,
    /// It was verified by hand.
    Verified,
    /// It is to get nothing.
    Blacklisted,
    /// That its owner did not sign it is no reason to keep keys from it.
    Ignored,
}

/// Which devices get keys and secrets.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{identity::*, olm::Account};
///
/// let device = DeviceKeys::new(&Account::new()?, "@bob:example.org", "DEVICE");
/// let devices = [(&device, LocalTrust::Unset)];
///
/// // The default needs our own identity.
/// let strategy = SharingStrategy::default();
/// assert_eq!(strategy.decide(None, None, devices), Err(SharingError::NoOwnIdentity));
///
/// let keys = CrossSigningKeys::new("@alice:example.org")?;
/// let alice = keys.public_identity();
/// let mut trust = OwnTrust::first_seen(&alice);
/// trust.verify(&keys.master.public_key())?;
/// let decisions = strategy.decide(Some(trust.view(&alice)), None, devices)?;
/// assert_eq!(decisions, [(&device, Sharing::Withhold(WithholdReason::Unverified))]);
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharingStrategy {
    /// Devices that are cross-signed by their owners, as the specification asks
    /// for (MSC4153). Needs our own identity, verified.
    #[default]
    CrossSigned,
    /// All devices, but for what is wrong with a user whom we verified: that
    /// has to be resolved first.
    ErrorOnVerifiedUserProblem,
    /// All devices. A dehydrated one has to be cross-signed all the same, since
    /// nobody is there to look at it.
    AllDevices,
    /// Devices of users whom we verified, and devices that we verified.
    OnlyTrusted,
}

/// Whether a device gets a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it does, or it does not")]
pub enum Sharing {
    /// It does.
    Share,
    /// It does not, and is told why, once for each session: by
    /// `m.room_key.withheld`.
    Withhold(WithholdReason),
}

/// Why a device does not get a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WithholdReason {
    /// Our user blacklisted it.
    Blacklisted,
    /// The strategy does not allow it.
    Unverified,
}

impl WithholdReason {
    /// The `code` of `m.room_key.withheld`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blacklisted => "m.blacklisted",
            Self::Unverified => "m.unverified",
        }
    }
}

/// What our user has to resolve before anybody gets the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharingError {
    /// We have no identity: set cross-signing up.
    NoOwnIdentity,
    /// Our identity is not verified on this device: verify it.
    OwnIdentityNotVerified,
    /// The recipient was verified, and is not now: verify anew, or withdraw.
    VerificationViolation,
    /// The recipient is verified, and has devices that are not cross-signed:
    /// blacklist them, or ignore it.
    UnsignedDevices {
        /// Their ids.
        device_ids: Vec<String>,
    },
}

impl fmt::Display for SharingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOwnIdentity => f.write_str("we have no cross-signing identity"),
            Self::OwnIdentityNotVerified => f.write_str("our own identity is not verified"),
            Self::VerificationViolation => {
                f.write_str("the recipient was verified, and is not now")
            }
            Self::UnsignedDevices { device_ids } => write!(
                f,
                "{} devices of the verified recipient are not cross-signed",
                device_ids.len()
            ),
        }
    }
}

impl core::error::Error for SharingError {}

impl SharingStrategy {
    /// Says of each device of one recipient whether it gets the key, in the order
    /// of the devices. `own` is our identity, `owner` the recipient's, if there
    /// are any. Leave this device out: it has the key.
    ///
    /// # Errors
    ///
    /// [`SharingError`] when something has to be resolved first. Ask for every
    /// recipient before the key is sent to any.
    pub fn decide<'a>(
        self,
        own: Option<OwnView<'_>>,
        owner: Option<ShownIdentity<'_>>,
        devices: impl IntoIterator<Item = (&'a DeviceKeys, LocalTrust)>,
    ) -> Result<Vec<(&'a DeviceKeys, Sharing)>, SharingError> {
        if self == Self::CrossSigned {
            match own.map(OwnView::state) {
                None => return Err(SharingError::NoOwnIdentity),
                Some(OwnState::Verified) => {}
                Some(OwnState::Never | OwnState::Violation) => {
                    return Err(SharingError::OwnIdentityNotVerified);
                }
            }
        }
        let state = owner.map(ShownIdentity::state);
        let strict = matches!(self, Self::CrossSigned | Self::ErrorOnVerifiedUserProblem);
        if strict && state == Some(IdentityState::VerificationViolation) {
            return Err(SharingError::VerificationViolation);
        }

        let mut unsigned = Vec::new();
        let mut decisions = Vec::new();
        for (device, local) in devices {
            let trust = SenderTrust::of_device(device, owner);
            if self == Self::ErrorOnVerifiedUserProblem
                && local_is_silent(local)
                && state == Some(IdentityState::Verified)
                && trust == SenderTrust::DeviceInfo
            {
                unsigned.push(device.device_id().to_owned());
            }
            decisions.push((device, self.of_device(device, local, trust)));
        }
        if unsigned.is_empty() {
            Ok(decisions)
        } else {
            Err(SharingError::UnsignedDevices {
                device_ids: unsigned,
            })
        }
    }

    fn of_device(self, device: &DeviceKeys, local: LocalTrust, trust: SenderTrust) -> Sharing {
        let allowed = match (self, local) {
            (_, LocalTrust::Blacklisted) => {
                return Sharing::Withhold(WithholdReason::Blacklisted);
            }
            (Self::CrossSigned, _) => trust.is_cross_signed(),
            (Self::OnlyTrusted, LocalTrust::Unset) => trust == SenderTrust::SenderVerified,
            (Self::OnlyTrusted, LocalTrust::Verified | LocalTrust::Ignored)
            | (Self::ErrorOnVerifiedUserProblem, LocalTrust::Ignored) => true,
            (Self::AllDevices | Self::ErrorOnVerifiedUserProblem, _) => {
                !device.is_dehydrated() || trust.is_cross_signed()
            }
        };
        if allowed {
            Sharing::Share
        } else {
            Sharing::Withhold(WithholdReason::Unverified)
        }
    }
}

/// Whether our user said nothing that settles what to do with a device whose
/// owner did not sign it.
const fn local_is_silent(local: LocalTrust) -> bool {
    matches!(local, LocalTrust::Unset | LocalTrust::Verified)
}
