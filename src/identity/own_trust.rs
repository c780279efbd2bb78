//! What is believed of our own user's identity.

use alloc::vec::Vec;

use super::{
    error::{InvalidRecord, MasterKeyChanged},
    public::OwnIdentity,
};
use crate::{codec::record::Reader, primitives::ed25519::Ed25519PublicKey};

const VERSION: u8 = 1;

/// Whether our own identity is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a client must have an answer to each"
)]
pub enum OwnState {
    /// It never was, or our user withdrew.
    Never,
    /// It is.
    Verified,
    /// An identity was verified, and another one is published now. Prompt our
    /// user to verify the new one, or to reset it.
    Violation,
}

/// What is believed of our own identity: a small state machine. Keep its
/// [bytes](Self::to_bytes) beside the identity.
///
/// It becomes verified when this device holds the private master key, imports
/// it, or verified the master key with another own device: never by a signature
/// on this device, which whoever published the identity can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTrust {
    master: Ed25519PublicKey,
    state: OwnState,
}

impl OwnTrust {
    /// Meets our own identity for the first time: it is not verified.
    #[must_use]
    pub const fn first_seen(identity: &OwnIdentity) -> Self {
        Self {
            master: identity.as_user().master_key(),
            state: OwnState::Never,
        }
    }

    /// Takes note of our identity as `/keys/query` brings it. Another master key
    /// ends a verification; erase then every private key that is not
    /// [published](super::MasterKey::is_published_in) any more.
    pub fn observe(&mut self, identity: &OwnIdentity) {
        let master = identity.as_user().master_key();
        if master != self.master {
            self.master = master;
            if self.state == OwnState::Verified {
                self.state = OwnState::Violation;
            }
        }
    }

    /// Takes note that this master key is ours: this device holds its private
    /// half, or compared it with another own device. Tell every
    /// [`UserTrust`](super::UserTrust::own_verified) then.
    ///
    /// # Errors
    ///
    /// [`MasterKeyChanged`] when another one is published by now; nothing is
    /// verified then.
    pub fn verify(&mut self, master: &Ed25519PublicKey) -> Result<(), MasterKeyChanged> {
        if *master != self.master {
            return Err(MasterKeyChanged);
        }
        self.state = OwnState::Verified;
        Ok(())
    }

    /// Our user needs no verification any more.
    pub const fn withdraw(&mut self) {
        self.state = OwnState::Never;
    }

    /// What is believed.
    #[must_use]
    pub const fn state(&self) -> OwnState {
        self.state
    }

    /// Our identity with what is believed of it, to judge others by. An identity
    /// that was not [observed](Self::observe) is not taken for the verified one.
    #[must_use]
    pub fn view<'a>(&self, identity: &'a OwnIdentity) -> OwnView<'a> {
        let mut seen = self.clone();
        seen.observe(identity);
        OwnView {
            identity,
            state: seen.state,
        }
    }

    /// The record as 34 bytes: version 1, state, master key. Public, but whoever
    /// can change it decides whom we believe.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = match self.state {
            OwnState::Never => 0,
            OwnState::Verified => 1,
            OwnState::Violation => 2,
        };
        [&[VERSION, state][..], self.master.as_bytes()].concat()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidRecord> {
        let mut record = Reader::new(bytes);
        let &[version, state] = record.array().map_err(|_| InvalidRecord)?;
        let master = key(&mut record)?;
        let state = match state {
            0 => OwnState::Never,
            1 => OwnState::Verified,
            2 => OwnState::Violation,
            _ => return Err(InvalidRecord),
        };
        if version != VERSION || record.left() != 0 {
            return Err(InvalidRecord);
        }
        Ok(Self { master, state })
    }
}

/// Our own identity with what is believed of it.
#[derive(Clone, Copy, Debug)]
pub struct OwnView<'a> {
    identity: &'a OwnIdentity,
    state: OwnState,
}

impl<'a> OwnView<'a> {
    /// The identity.
    #[must_use]
    pub const fn identity(self) -> &'a OwnIdentity {
        self.identity
    }

    /// What is believed of it.
    #[must_use]
    pub const fn state(self) -> OwnState {
        self.state
    }

    /// The user-signing key, while the identity is verified.
    pub(super) fn verified_signer(self) -> Option<Ed25519PublicKey> {
        (self.state == OwnState::Verified).then(|| self.identity.user_signing_key())
    }
}

/// A key of a record.
pub(super) fn key(record: &mut Reader<'_>) -> Result<Ed25519PublicKey, InvalidRecord> {
    let bytes = record.array().map_err(|_| InvalidRecord)?;
    Ed25519PublicKey::from_bytes(bytes).map_err(|_| InvalidRecord)
}
