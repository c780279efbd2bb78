//! What is believed of another user's identity: a first meeting, a change of it,
//! and a broken verification.

use alloc::vec::Vec;

use super::{
    error::InvalidRecord,
    own_trust::{OwnState, OwnView, key},
    public::UserIdentity,
    sender_trust::ShownIdentity,
};
use crate::{codec::record::Reader, primitives::ed25519::Ed25519PublicKey};

const VERSION: u8 = 1;
const PREVIOUSLY_VERIFIED: u8 = 1;
const SIGNED: u8 = 2;

/// What is shown of a user's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a client must have an answer to each"
)]
pub enum IdentityState {
    /// Our user verified this identity.
    Verified,
    /// The user was verified, and is not now. Nothing is to be sent until our
    /// user verifies anew, or withdraws.
    VerificationViolation,
    /// The identity is not the one that was met first, or accepted. Ask.
    PinViolation,
    /// The identity is the one that was met first, or accepted.
    Pinned,
}

impl From<OwnState> for IdentityState {
    fn from(state: OwnState) -> Self {
        match state {
            OwnState::Verified => Self::Verified,
            OwnState::Violation => Self::VerificationViolation,
            OwnState::Never => Self::Pinned,
        }
    }
}

/// What is believed of another user: a small state machine. Keep its
/// [bytes](Self::to_bytes) beside the user's identity.
///
/// The first identity seen is pinned. Another one is taken note of, and the pin
/// stays, so that a change is told from a first meeting. And what was verified
/// once is not forgotten when the verification ends, for whatever reason: only
/// verifying anew or [withdrawing](Self::withdraw) resolves it.
///
/// | what happens | call |
/// | --- | --- |
/// | the user's first identity arrives | [`first_seen`](Self::first_seen) |
/// | an identity arrives again, the same or another, with our signature or without | [`observe`](Self::observe) |
/// | our user signed the identity | [`observe`](Self::observe) |
/// | an answer without an identity | nothing |
/// | our user accepts the change | [`pin`](Self::pin) |
/// | our user needs no verification any more | [`withdraw`](Self::withdraw) |
/// | our own identity becomes verified | [`own_verified`](Self::own_verified), for every user |
/// | our own user-signing key changes | [`observe`](Self::observe), for every user |
///
/// States are asked for with our own identity as it is now: when that is no longer
/// verified, nobody is. A record is of one user, and nothing in it says of whom.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::identity::{CrossSigningKeys, IdentityState, UserTrust};
///
/// let first = CrossSigningKeys::new("@bob:example.org")?.public_identity();
/// let second = CrossSigningKeys::new("@bob:example.org")?.public_identity();
/// let mut bob = UserTrust::first_seen(first.as_user(), None);
/// assert_eq!(bob.state(None), IdentityState::Pinned);
/// bob.observe(second.as_user(), None);
/// assert_eq!(bob.state(None), IdentityState::PinViolation);
///
/// // After a restart it is still a question, until our user accepts the change.
/// let mut bob = UserTrust::from_bytes(&bob.to_bytes())?;
/// bob.pin();
/// assert_eq!(bob.state(None), IdentityState::Pinned);
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTrust {
    pinned: Ed25519PublicKey,
    current: Ed25519PublicKey,
    previously_verified: bool,
    /// Our user-signing key that signed the current master key.
    signed_by: Option<Ed25519PublicKey>,
}

impl UserTrust {
    /// Meets a user's identity for the first time, and pins it. `own` is our own
    /// identity, if there is one.
    #[must_use]
    pub fn first_seen(identity: &UserIdentity, own: Option<OwnView<'_>>) -> Self {
        let mut trust = Self {
            pinned: identity.master_key(),
            current: identity.master_key(),
            previously_verified: false,
            signed_by: None,
        };
        trust.observe(identity, own);
        trust
    }

    /// Takes note of the user's identity as it is now.
    pub fn observe(&mut self, identity: &UserIdentity, own: Option<OwnView<'_>>) {
        self.current = identity.master_key();
        self.signed_by = own
            .map(OwnView::identity)
            .filter(|own| own.has_signed(identity))
            .map(|own| own.user_signing_key());
        self.latch(own);
    }

    /// Our user accepts the identity as it is now: resolves a pin violation, and
    /// nothing else.
    pub const fn pin(&mut self) {
        self.pinned = self.current;
    }

    /// Our user needs no verification of this user any more: resolves both kinds
    /// of violation. A user who is still verified stays it.
    pub fn withdraw(&mut self, own: Option<OwnView<'_>>) {
        self.previously_verified = false;
        self.pin();
        self.latch(own);
    }

    /// Takes note that our own identity was verified, and with it the users whom
    /// it signed.
    pub fn own_verified(&mut self, own: OwnView<'_>) {
        self.latch(Some(own));
    }

    /// What is to be shown of the identity that was observed last.
    #[must_use]
    pub fn state(&self, own: Option<OwnView<'_>>) -> IdentityState {
        if self.is_verified(own) {
            IdentityState::Verified
        } else if self.previously_verified {
            IdentityState::VerificationViolation
        } else if self.current == self.pinned {
            IdentityState::Pinned
        } else {
            IdentityState::PinViolation
        }
    }

    /// An identity with what is to be shown of it. One that was not
    /// [observed](Self::observe) is not taken for the verified one.
    #[must_use]
    pub fn shown<'a>(
        &self,
        identity: &'a UserIdentity,
        own: Option<OwnView<'_>>,
    ) -> ShownIdentity<'a> {
        let mut seen = self.clone();
        if identity.master_key() != seen.current {
            seen.current = identity.master_key();
            seen.signed_by = None;
        }
        ShownIdentity::new(identity, seen.state(own))
    }

    /// Whether the user was verified at some time, and our user has not withdrawn
    /// that.
    #[must_use]
    pub const fn was_verified(&self) -> bool {
        self.previously_verified
    }

    /// The record as 66 bytes, or 98: version 1; flags, 1 for verified at some
    /// time and 2 for signed; the pinned master key; the present one; the
    /// user-signing key that signed it. Public, but whoever can change it decides
    /// whom we believe.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let latch = if self.previously_verified {
            PREVIOUSLY_VERIFIED
        } else {
            0
        };
        let (signed, signer) = match &self.signed_by {
            Some(key) => (SIGNED, &key.as_bytes()[..]),
            None => (0, &[][..]),
        };
        [
            &[VERSION, latch | signed],
            &self.pinned.as_bytes()[..],
            self.current.as_bytes(),
            signer,
        ]
        .concat()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidRecord> {
        let mut record = Reader::new(bytes);
        let &[version, flags] = record.array().map_err(|_| InvalidRecord)?;
        let (pinned, current) = (key(&mut record)?, key(&mut record)?);
        let signed_by = if flags & SIGNED == 0 {
            None
        } else {
            Some(key(&mut record)?)
        };
        let unknown = flags & !(PREVIOUSLY_VERIFIED | SIGNED);
        if version != VERSION || unknown != 0 || record.left() != 0 {
            return Err(InvalidRecord);
        }
        Ok(Self {
            pinned,
            current,
            previously_verified: flags & PREVIOUSLY_VERIFIED != 0,
            signed_by,
        })
    }

    fn is_verified(&self, own: Option<OwnView<'_>>) -> bool {
        own.and_then(OwnView::verified_signer)
            .is_some_and(|signer| self.signed_by == Some(signer))
    }

    /// Every "verified" is remembered, and moves the pin: otherwise a change that
    /// our user verified would be a question again when the verification ends.
    fn latch(&mut self, own: Option<OwnView<'_>>) {
        if self.is_verified(own) {
            self.previously_verified = true;
            self.pin();
        }
    }
}
