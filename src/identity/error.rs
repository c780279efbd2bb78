//! What can be wrong with devices and identities, one enum per operation.

use alloc::string::String;
use core::fmt;

use super::public::KeyRole;
use crate::{
    json::{CheckError, MalformedSignatures, NotCanonical, SigningError},
    primitives::public_key::KeyError,
};

/// A member of the object of a device's keys, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Member {
    /// `user_id`, a string.
    UserId,
    /// `device_id`, a string.
    DeviceId,
    /// `algorithms`, an array.
    Algorithms,
    /// `keys`, an object.
    Keys,
    /// `signatures`, an object.
    Signatures,
    /// `dehydrated`, a boolean, which need not be there.
    Dehydrated,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserId => "user_id",
            Self::DeviceId => "device_id",
            Self::Algorithms => "algorithms",
            Self::Keys => "keys",
            Self::Signatures => "signatures",
            Self::Dehydrated => "dehydrated",
        })
    }
}

/// Why the keys of a device are refused: leave the device out, and keep what is
/// stored of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceKeysError {
    /// The keys are not an object.
    NotAnObject,
    /// A member is not there, or is of another type.
    Malformed {
        /// Which one.
        member: Member,
    },
    /// The keys name another user than the one they came under.
    OtherUser,
    /// The keys name another device than the one they came under.
    OtherDevice,
    /// There is no Ed25519 key under the device's own id.
    NoEd25519Key,
    /// The Ed25519 key cannot be used.
    Ed25519Key(KeyError),
    /// There is no Curve25519 key under the device's own id.
    NoCurve25519Key,
    /// The Curve25519 key is not base64 of 32 bytes.
    Curve25519Key(KeyError),
    /// The device did not sign its keys.
    SelfSignature(CheckError),
    /// The device that is stored under this user and id has another Ed25519 key.
    /// No honest device changes it: tell the user.
    SigningKeyChanged,
    /// The same for the Curve25519 key.
    IdentityKeyChanged,
    /// The server hands out other keys than this device's own under its id: tell
    /// the user.
    NotOurKeys,
}

impl fmt::Display for DeviceKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("the keys of the device are not an object"),
            Self::Malformed { member } => {
                write!(f, "the member \"{member}\" is missing or of another type")
            }
            Self::OtherUser => f.write_str("the device is another user's"),
            Self::OtherDevice => f.write_str("the keys are another device's"),
            Self::NoEd25519Key => f.write_str("the device has no Ed25519 key"),
            Self::Ed25519Key(_) => f.write_str("the Ed25519 key of the device is not usable"),
            Self::NoCurve25519Key => f.write_str("the device has no Curve25519 key"),
            Self::Curve25519Key(_) => f.write_str("the Curve25519 key of the device is not usable"),
            Self::SelfSignature(_) => f.write_str("the device did not sign its keys"),
            Self::SigningKeyChanged => f.write_str("the Ed25519 key of the device has changed"),
            Self::IdentityKeyChanged => f.write_str("the Curve25519 key of the device has changed"),
            Self::NotOurKeys => f.write_str("the keys under this device's id are not its own"),
        }
    }
}

impl core::error::Error for DeviceKeysError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Ed25519Key(error) | Self::Curve25519Key(error) => Some(error),
            Self::SelfSignature(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a claimed one-time key starts no session with its device. The other
/// devices of the answer stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimError {
    /// The server gave no key for the device: it has none left, and no fallback
    /// key.
    NoKey,
    /// The answer, or what is in it for the device, is not of the form.
    Malformed,
    /// The key is not a `signed_curve25519` one.
    Algorithm,
    /// The key is not base64 of 32 bytes.
    Key(KeyError),
    /// The device did not sign the key.
    Signature(CheckError),
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "the server has no one-time key of the device",
            Self::Malformed => "the answer has another form",
            Self::Algorithm => "the one-time key is of another algorithm",
            Self::Key(_) => "the one-time key is not usable",
            Self::Signature(_) => "the device did not sign the one-time key",
        })
    }
}

impl core::error::Error for ClaimError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Key(error) => Some(error),
            Self::Signature(error) => Some(error),
            _ => None,
        }
    }
}

/// Why an identity is refused as a whole: keep the one that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// A member of this key's object is not there or of another type, or the
    /// object has no canonical form, so that nobody can have signed it.
    Malformed {
        /// Which key.
        role: KeyRole,
    },
    /// The key names another user than the one it came under.
    OtherUser {
        /// Which key.
        role: KeyRole,
    },
    /// The key is for another use, or for more than one.
    Usage {
        /// Which key.
        role: KeyRole,
    },
    /// There is not exactly one key, named by itself.
    KeyName {
        /// Which key.
        role: KeyRole,
    },
    /// The key cannot be used.
    Key {
        /// Which key.
        role: KeyRole,
        /// Why.
        error: KeyError,
    },
    /// One key stands for two.
    SameKey,
    /// The master key did not sign this one.
    Signature {
        /// Which key.
        role: KeyRole,
        /// What was found.
        error: CheckError,
    },
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { role } => write!(f, "the object of the {role} key is malformed"),
            Self::OtherUser { role } => write!(f, "the {role} key is another user's"),
            Self::Usage { role } => write!(f, "the usage of the {role} key is another"),
            Self::KeyName { role } => write!(f, "the {role} key is not named by itself"),
            Self::Key { role, .. } => write!(f, "the {role} key is not usable"),
            Self::SameKey => f.write_str("one key stands for two"),
            Self::Signature { role, .. } => {
                write!(f, "the master key did not sign the {role} key")
            }
        }
    }
}

impl core::error::Error for IdentityError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Key { error, .. } => Some(error),
            Self::Signature { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The key signs its own user's devices, or other users, and this is not
    /// one of them.
    WrongUser,
    /// The private key is not the one that is published: drop it.
    NotThePublishedKey,
    /// A device of the user has the base64 of one of the user's cross-signing
    /// keys as its id, to be taken for that key. Warn; verify nobody as long as
    /// it is there.
    DeviceNamedLikeKey {
        /// The id.
        device_id: String,
    },
    /// The object cannot be signed. Objects that were read or made here can.
    Object(SigningError),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongUser => f.write_str("the key is not one to sign for this user"),
            Self::NotThePublishedKey => f.write_str("the private key is not the published one"),
            Self::DeviceNamedLikeKey { device_id } => {
                write!(
                    f,
                    "the device {device_id} is named like a cross-signing key"
                )
            }
            Self::Object(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SignError {}

impl From<NotCanonical> for SignError {
    fn from(error: NotCanonical) -> Self {
        Self::Object(error.into())
    }
}

impl From<MalformedSignatures> for SignError {
    fn from(error: MalformedSignatures) -> Self {
        Self::Object(error.into())
    }
}

/// Why a private cross-signing key was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportKeyError {
    /// The secret is not base64 of 32 bytes.
    NotASeed,
    /// It is not the private half of the key that is published in this role.
    NotThePublishedKey,
}

impl fmt::Display for ImportKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotASeed => "the secret is not base64 of 32 bytes",
            Self::NotThePublishedKey => "the private key is not the published one",
        })
    }
}

impl core::error::Error for ImportKeyError {}

/// Stored bytes are not a record of trust that was written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidRecord;

impl fmt::Display for InvalidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record of trust is invalid")
    }
}

impl core::error::Error for InvalidRecord {}

/// The master key that was verified is not the one that is published now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MasterKeyChanged;

impl fmt::Display for MasterKeyChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the master key has changed")
    }
}

impl core::error::Error for MasterKeyChanged {}

/// The device's keys are not those recorded with the session: an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MismatchedIdentityKeys;

impl fmt::Display for MismatchedIdentityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the device has other keys than the owner of the session")
    }
}

impl core::error::Error for MismatchedIdentityKeys {}
