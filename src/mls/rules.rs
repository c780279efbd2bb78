//! What a client accepts from others.

use alloc::sync::Arc;
use core::{fmt, time::Duration};
use std::time::SystemTime;

use openmls::{
    key_packages::{KeyPackage, Lifetime},
    prelude::LeafNode,
};

use super::{credential::Credential, extension::ExternalSender};

type Validator = dyn Fn(&Credential, &[u8]) -> bool + Send + Sync;

/// What a client accepts: whose credentials, and how long key packages may live.
/// Not stored: given when a group is made, joined or loaded.
///
/// The validator is the client's end of the Authentication Service (RFC 9420
/// §5.3.1): it is asked about every credential before it comes into a group, by us or
/// by others, and about all of a group's before it is joined; that of somebody who may
/// send proposals from outside is one. A commit of others' that brings what it rejects
/// cannot be followed: the group goes on without us.
#[derive(Clone)]
pub struct Rules {
    validator: Arc<Validator>,
    check_lifetimes: bool,
    max_lifetime: Duration,
}

impl Rules {
    /// The longest lifetime of a key package that is accepted by default: 90 days
    /// and an hour for clocks that go wrong.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600 + 3600);

    /// Accepts a credential when `validator` says that this signature key belongs
    /// to it: 32 bytes for Ed25519, an uncompressed point of 65 bytes for P-256.
    #[must_use]
    pub fn new(validator: impl Fn(&Credential, &[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self {
            validator: Arc::new(validator),
            check_lifetimes: true,
            max_lifetime: Self::MAX_LIFETIME,
        }
    }

    /// Believes every credential. Whoever delivers the messages can then pose as
    /// anybody: for tests, and for applications that show each member's key to
    /// their users.
    #[must_use]
    pub fn accept_any_credential() -> Self {
        Self::new(|_, _| true)
    }

    /// Whether lifetimes count, by the system's clock: an expired key package is
    /// then refused, and so is a group with a member whose first leaf has expired
    /// and was never updated. Yes by default. Such a member keeps everybody else
    /// from joining, which is when to say no. What others add while we are in the
    /// group has to be valid in any case
    /// ([`ReceiveError::Expired`](super::ReceiveError::Expired)).
    #[must_use]
    pub const fn check_lifetimes(mut self, check: bool) -> Self {
        self.check_lifetimes = check;
        self
    }

    /// How long a key package may live at most ([`Self::MAX_LIFETIME`] by default;
    /// RFC 9420 §10.1 asks for a bound), where lifetimes are checked.
    #[must_use]
    pub const fn max_lifetime(mut self, max: Duration) -> Self {
        self.max_lifetime = max;
        self
    }

    pub(super) const fn checks_lifetimes(&self) -> bool {
        self.check_lifetimes
    }

    pub(super) fn accepts(&self, credential: &Credential, signature_key: &[u8]) -> bool {
        (self.validator)(credential, signature_key)
    }

    pub(super) fn accepts_leaf(&self, leaf: &LeafNode) -> bool {
        self.accepts(
            &Credential::from_engine(leaf.credential()),
            leaf.signature_key().as_slice(),
        )
    }

    pub(super) fn accepts_sender(&self, sender: &ExternalSender) -> bool {
        self.accepts(&sender.credential, &sender.signature_key)
    }

    /// Whether credential and lifetime of a key package are accepted.
    pub(super) fn accepts_package(&self, package: &KeyPackage) -> bool {
        self.lifetime(package.life_time()).is_ok() && self.accepts_leaf(package.leaf_node())
    }

    pub(super) fn lifetime(&self, lifetime: &Lifetime) -> Result<(), LifetimeFault> {
        if !self.check_lifetimes {
            return Ok(());
        }
        let length = lifetime.not_after().saturating_sub(lifetime.not_before());
        if length > self.max_lifetime.as_secs() {
            return Err(LifetimeFault::TooLong);
        }
        lifetime
            .validate_with_time(SystemTime::now())
            .map_err(|_| LifetimeFault::NotNow)
    }
}

/// What is wrong with a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LifetimeFault {
    TooLong,
    NotNow,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("check_lifetimes", &self.check_lifetimes)
            .field("max_lifetime", &self.max_lifetime)
            .finish_non_exhaustive()
    }
}
