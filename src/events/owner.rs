//! Whose a room's session is, and how far that is believed.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{fields, known_sender::KnownSender};
use crate::{
    identity::{DeviceKeys, MismatchedIdentityKeys, SenderTrust},
    json::{Object, Value},
    olm::IdentityKeys,
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// Devices through which a session can have been forwarded at most.
pub const MAX_FORWARDING_CHAIN: usize = 100;

/// Whose a session is: what is recorded when it arrives, and never taken from the
/// events that it decrypts. Public data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOwner {
    pub(super) keys: IdentityKeys,
    pub(super) imported: bool,
    pub(super) legacy: bool,
    pub(super) shared_history: bool,
    pub(super) trust: SenderTrust,
    pub(super) user_id: Option<String>,
    pub(super) master_key: Option<Ed25519PublicKey>,
    pub(super) forwarding_chain: Vec<Curve25519PublicKey>,
    pub(super) forwarder: Option<Forwarder>,
}

/// The device that handed a session on in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forwarder {
    /// Its user.
    pub user_id: String,
    /// Its id.
    pub device_id: String,
}

impl SessionOwner {
    /// Of a session that came from a forward, a backup, a key export or a bundle
    /// that names these keys. Nobody proves that it is theirs.
    #[must_use]
    pub const fn imported(curve25519: Curve25519PublicKey, ed25519: Ed25519PublicKey) -> Self {
        Self {
            keys: IdentityKeys {
                curve25519,
                ed25519,
            },
            imported: true,
            legacy: false,
            shared_history: false,
            trust: SenderTrust::UnknownDevice,
            user_id: None,
            master_key: None,
            forwarding_chain: Vec::new(),
            forwarder: None,
        }
    }

    /// Of a session that was stored before owners were recorded, and so is let
    /// through by [`TrustRequirement::CrossSignedOrLegacy`].
    #[must_use]
    pub fn legacy(curve25519: Curve25519PublicKey, ed25519: Ed25519PublicKey) -> Self {
        Self {
            imported: false,
            legacy: true,
            ..Self::imported(curve25519, ed25519)
        }
    }

    /// Of a session that came over Olm from the device with these keys, which is
    /// not known.
    pub(super) fn direct(keys: IdentityKeys) -> Self {
        Self {
            imported: false,
            ..Self::imported(keys.curve25519, keys.ed25519)
        }
    }

    /// The same, whose key may or may not be handed on to those who come later
    /// (MSC3061).
    #[must_use]
    pub const fn with_shared_history(mut self, shared_history: bool) -> Self {
        self.shared_history = shared_history;
        self
    }

    /// The same, handed on in a bundle by this device.
    #[must_use]
    pub fn with_forwarder(mut self, user_id: &str, device_id: &str) -> Self {
        self.forwarder = Some(Forwarder {
            user_id: user_id.into(),
            device_id: device_id.into(),
        });
        self
    }

    /// The keys that are recorded: the Olm key that sent the session, and the
    /// Ed25519 key that was named beside it. Of an imported session, those it is
    /// said to be of.
    #[must_use]
    pub const fn keys(&self) -> IdentityKeys {
        self.keys
    }

    /// Whether the session did not come from its owner.
    #[must_use]
    pub const fn is_imported(&self) -> bool {
        self.imported
    }

    /// Whether it is older than the record of owners.
    #[must_use]
    pub const fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// Whether its key may be handed on to those who come later.
    #[must_use]
    pub const fn shared_history(&self) -> bool {
        self.shared_history
    }

    /// How far it is believed that the session is its owner's. It only rises.
    #[must_use]
    pub const fn trust(&self) -> SenderTrust {
        self.trust
    }

    /// The user whose session it is, once a device of his was found to own it.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The master key under which the owner's device was cross-signed.
    #[must_use]
    pub const fn master_key(&self) -> Option<Ed25519PublicKey> {
        self.master_key
    }

    /// The device that handed the session on in a bundle: show it to the user.
    #[must_use]
    pub const fn forwarder(&self) -> Option<&Forwarder> {
        self.forwarder.as_ref()
    }

    /// The user was verified under this master key: what was sent under it is now
    /// verified, too.
    pub(super) fn user_verified(&mut self, master_key: &Ed25519PublicKey) {
        if self.trust == SenderTrust::SenderUnverified && self.master_key == Some(*master_key) {
            self.trust = SenderTrust::SenderVerified;
        }
    }

    /// Looks the owner up among the devices of `sender` that are known now, while
    /// it is not known to be cross-signed, and gives the record as it is then.
    ///
    /// # Errors
    /// [`MismatchedIdentityKeys`] when the sender's device has the recorded
    /// Curve25519 key and another Ed25519 key.
    pub(super) fn evaluated(
        &self,
        sender: &str,
        known: &KnownSender<'_>,
    ) -> Result<Self, MismatchedIdentityKeys> {
        let mut owner = self.clone();
        if self.imported || self.trust.is_cross_signed() {
            return Ok(owner);
        }
        let mut claimants = known.claimants(sender, self.keys.curve25519).peekable();
        if claimants.peek().is_none() {
            return Ok(owner);
        }
        let device = claimants
            .find(|device| device.identity_keys() == self.keys)
            .ok_or(MismatchedIdentityKeys)?;
        owner.found(device, known);
        Ok(owner)
    }

    /// Takes note of the device that was found to own the session.
    pub(super) fn found(&mut self, device: &DeviceKeys, known: &KnownSender<'_>) {
        let trust = known.trust(device);
        if self.user_id.is_none() {
            self.user_id = Some(device.user_id().into());
        }
        if self.user_id() == Some(device.user_id()) && trust >= self.trust {
            self.trust = trust;
            self.master_key = known.master_key(trust);
        }
    }

    /// The record as JSON, to store it.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let chain: Vec<_> = self
            .forwarding_chain
            .iter()
            .map(Curve25519PublicKey::to_base64)
            .collect();
        let mut json = Object::new()
            .with("curve25519", self.keys.curve25519.to_base64())
            .with("ed25519", self.keys.ed25519.to_base64())
            .with("imported", self.imported)
            .with("legacy", self.legacy)
            .with("shared_history", self.shared_history)
            .with("trust", trust_name(self.trust))
            .with("forwarding_chain", chain);
        if let Some(user_id) = self.user_id() {
            json.insert("user_id", user_id);
        }
        if let Some(key) = self.master_key {
            json.insert("master_key", key.to_base64());
        }
        if let Some(forwarder) = &self.forwarder {
            let device = Object::new()
                .with("user_id", forwarder.user_id.as_str())
                .with("device_id", forwarder.device_id.as_str());
            json.insert("forwarder", device);
        }
        json
    }

    /// Reads a record from [its JSON](Self::to_json).
    ///
    /// # Errors
    /// [`MalformedSessionOwner`] when it is anything else.
    pub fn from_json(json: &Object) -> Result<Self, MalformedSessionOwner> {
        Self::read(json).ok_or(MalformedSessionOwner)
    }

    fn read(json: &Object) -> Option<Self> {
        let truth = |member| json.get(member).and_then(Value::as_bool);
        let forwarder = match json.get_object("forwarder") {
            Some(device) => Some(Forwarder {
                user_id: fields::owned_id(device, "user_id")?,
                device_id: fields::owned_id(device, "device_id")?,
            }),
            None => None,
        };
        Some(Self {
            keys: IdentityKeys {
                curve25519: fields::curve25519(json, "curve25519")?,
                ed25519: fields::ed25519(json, "ed25519")?,
            },
            imported: truth("imported")?,
            legacy: truth("legacy")?,
            shared_history: truth("shared_history")?,
            trust: [
                SenderTrust::UnknownDevice,
                SenderTrust::DeviceInfo,
                SenderTrust::VerificationViolation,
                SenderTrust::SenderUnverified,
                SenderTrust::SenderVerified,
            ]
            .into_iter()
            .find(|trust| json.get_str("trust") == Some(trust_name(*trust)))?,
            user_id: fields::owned_id(json, "user_id"),
            master_key: fields::ed25519(json, "master_key"),
            forwarding_chain: read_chain(json, "forwarding_chain")?,
            forwarder,
        })
    }
}

/// A list of at most [`MAX_FORWARDING_CHAIN`] keys.
pub(super) fn read_chain(object: &Object, member: &str) -> Option<Vec<Curve25519PublicKey>> {
    object
        .get(member)
        .and_then(Value::as_array)
        .filter(|keys| keys.len() <= MAX_FORWARDING_CHAIN)?
        .iter()
        .map(|key| Curve25519PublicKey::from_padded_base64(key.as_str()?).ok())
        .collect()
}

const fn trust_name(trust: SenderTrust) -> &'static str {
    match trust {
        SenderTrust::UnknownDevice => "unknown device",
        SenderTrust::DeviceInfo => "device info",
        SenderTrust::VerificationViolation => "verification violation",
        SenderTrust::SenderUnverified => "sender unverified",
        SenderTrust::SenderVerified => "sender verified",
    }
}

/// How far the owner of a session must be trusted for its events to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustRequirement {
    /// Anybody; another user's session is marked, not refused.
    Any,
    /// Devices that are cross-signed by their owner, and sessions that are older
    /// than the record of owners.
    CrossSignedOrLegacy,
    /// Devices that are cross-signed by their owner.
    CrossSigned,
}

impl TrustRequirement {
    /// Whether a session of this owner meets it.
    #[must_use]
    pub fn allows(self, owner: &SessionOwner) -> bool {
        match self {
            Self::Any => true,
            Self::CrossSigned => owner.trust.is_cross_signed(),
            Self::CrossSignedOrLegacy => {
                owner.trust.is_cross_signed()
                    || owner.legacy && owner.trust < SenderTrust::VerificationViolation
            }
        }
    }
}

/// JSON is no record of [`SessionOwner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedSessionOwner;

impl fmt::Display for MalformedSessionOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the JSON is no session owner")
    }
}

impl core::error::Error for MalformedSessionOwner {}
