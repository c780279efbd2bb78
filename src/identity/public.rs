//! The public halves of cross-signing keys: a user's identity, read and checked.

use alloc::{borrow::ToOwned, string::String, vec};
use core::fmt;

use super::{
    device::DeviceKeys,
    error::{IdentityError, SignError},
    signing::{KEYS, NewSignature, USER_ID, cross_signing_key_id, device_key_id},
};
use crate::{
    json::{CheckError, Object, Value},
    olm::Account,
    primitives::ed25519::Ed25519PublicKey,
};

const USAGE: &str = "usage";

/// What a cross-signing key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "cross-signing is these three keys")]
pub enum KeyRole {
    /// It is the identity: it signs the user's other two keys, and others sign
    /// it.
    Master,
    /// It signs the user's own devices.
    SelfSigning,
    /// It signs the master keys of other users. Only its owner sees it.
    UserSigning,
}

impl KeyRole {
    /// The one element of `usage` in the key's object.
    #[must_use]
    pub const fn usage(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::SelfSigning => "self_signing",
            Self::UserSigning => "user_signing",
        }
    }

    /// The name of the private half as a secret that is stored or shared.
    #[must_use]
    pub const fn secret_name(self) -> &'static str {
        match self {
            Self::Master => "m.cross_signing.master",
            Self::SelfSigning => "m.cross_signing.self_signing",
            Self::UserSigning => "m.cross_signing.user_signing",
        }
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "master",
            Self::SelfSigning => "self-signing",
            Self::UserSigning => "user-signing",
        })
    }
}

/// A cross-signing key with its object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PublicKey {
    key: Ed25519PublicKey,
    object: Object,
}

impl PublicKey {
    /// Reads the object of a key that came under this user.
    fn parse(role: KeyRole, user_id: &str, object: Object) -> Result<Self, IdentityError> {
        let malformed = IdentityError::Malformed { role };
        if object.get_str(USER_ID).ok_or(malformed)? != user_id {
            return Err(IdentityError::OtherUser { role });
        }
        let usage = object
            .get(USAGE)
            .and_then(Value::as_array)
            .ok_or(malformed)?;
        if !matches!(usage, [usage] if usage.as_str() == Some(role.usage())) {
            return Err(IdentityError::Usage { role });
        }
        let mut keys = object.get_object(KEYS).ok_or(malformed)?.iter();
        let (Some((name, key)), None) = (keys.next(), keys.next()) else {
            return Err(IdentityError::KeyName { role });
        };
        let key = Ed25519PublicKey::from_padded_base64(key.as_str().ok_or(malformed)?)
            .map_err(|error| IdentityError::Key { role, error })?;
        if name != cross_signing_key_id(&key) {
            return Err(IdentityError::KeyName { role });
        }
        drop(keys);
        // A master key need not be signed, but it must be possible to sign it.
        let signable = object.signing_bytes().is_ok()
            && object.check_signature(user_id, name, &key) != Err(CheckError::MalformedSignatures);
        signable.then_some(Self { key, object }).ok_or(malformed)
    }

    /// The same of a key that the master key has to sign.
    fn parse_signed(
        role: KeyRole,
        user_id: &str,
        object: Object,
        master: &Ed25519PublicKey,
    ) -> Result<Self, IdentityError> {
        let key = Self::parse(role, user_id, object)?;
        key.object
            .check_signature(user_id, &cross_signing_key_id(master), master)
            .map_err(|error| IdentityError::Signature { role, error })?;
        Ok(key)
    }
}

/// The unsigned object of a cross-signing key.
pub(super) fn key_object(role: KeyRole, user_id: &str, key: &Ed25519PublicKey) -> Object {
    Object::new()
        .with(USER_ID, user_id)
        .with(USAGE, vec![role.usage()])
        .with(
            KEYS,
            Object::new().with(&cross_signing_key_id(key), key.to_base64()),
        )
}

/// A user's cross-signing identity as others see it: the master key, and the
/// self-signing key under it (Matrix client-server API, "Cross-signing").
/// Public.
///
/// It hangs together in itself; that it is the user's is another question, which
/// [`UserTrust`](super::UserTrust) keeps. To store one, store both objects, and
/// [read](Self::parse) them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    user_id: String,
    master: PublicKey,
    self_signing: PublicKey,
}

impl UserIdentity {
    /// Reads a user's identity: what `/keys/query` brought under this user in
    /// `master_keys` and `self_signing_keys`. Where one of them is missing,
    /// there is no identity.
    ///
    /// # Errors
    ///
    /// [`IdentityError`]: the first thing that is wrong. The identity is then
    /// ignored as a whole, and the one that is stored stays.
    pub fn parse(
        user_id: &str,
        master: Object,
        self_signing: Object,
    ) -> Result<Self, IdentityError> {
        let master = PublicKey::parse(KeyRole::Master, user_id, master)?;
        let self_signing =
            PublicKey::parse_signed(KeyRole::SelfSigning, user_id, self_signing, &master.key)?;
        if master.key == self_signing.key {
            return Err(IdentityError::SameKey);
        }
        Ok(Self {
            user_id: user_id.to_owned(),
            master,
            self_signing,
        })
    }

    /// The user.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The master key: the fingerprint of the user.
    #[must_use]
    pub const fn master_key(&self) -> Ed25519PublicKey {
        self.master.key
    }

    /// The key that signs the user's devices.
    #[must_use]
    pub const fn self_signing_key(&self) -> Ed25519PublicKey {
        self.self_signing.key
    }

    /// The whole object of the master key.
    #[must_use]
    pub const fn master_object(&self) -> &Object {
        &self.master.object
    }

    /// The whole object of the self-signing key.
    #[must_use]
    pub const fn self_signing_object(&self) -> &Object {
        &self.self_signing.object
    }

    /// Whether the device is cross-signed by its owner: it says that it is this
    /// user's, and the self-signing key signed it.
    #[must_use]
    pub fn has_signed(&self, device: &DeviceKeys) -> bool {
        device.user_id() == self.user_id
            && device
                .object()
                .check_signature(
                    &self.user_id,
                    &cross_signing_key_id(&self.self_signing.key),
                    &self.self_signing.key,
                )
                .is_ok()
    }

    /// Whether a device of this user signed the master key. It counts when that
    /// device was verified by hand, and never otherwise: anybody can make a
    /// device.
    #[must_use]
    pub fn is_signed_by_device(&self, device: &DeviceKeys) -> bool {
        device.user_id() == self.user_id
            && self
                .master
                .object
                .check_signature(
                    &self.user_id,
                    &device_key_id(device.device_id()),
                    &device.ed25519(),
                )
                .is_ok()
    }

    /// Whether a device id is the base64 of one of this identity's keys, which
    /// share a namespace with devices in signatures and MACs. Warn of such a
    /// device, and verify the user by no method while it exists
    /// (CVE-2022-39250).
    #[must_use]
    pub fn is_named_like_key(&self, device_id: &str) -> bool {
        [&self.master.key, &self.self_signing.key]
            .into_iter()
            .any(|key| is_name_of(device_id, key))
    }

    pub(super) const fn master_object_mut(&mut self) -> &mut Object {
        &mut self.master.object
    }
}

/// Our own user's identity: a [`UserIdentity`] with the user-signing key, which
/// only we see. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnIdentity {
    identity: UserIdentity,
    user_signing: PublicKey,
}

impl OwnIdentity {
    /// Reads our own user's identity: what `/keys/query` brought under our user
    /// id in `master_keys`, `self_signing_keys` and `user_signing_keys`. Where
    /// one of them is missing, there is no identity.
    ///
    /// # Errors
    ///
    /// [`IdentityError`], as [`UserIdentity::parse`].
    pub fn parse(
        user_id: &str,
        master: Object,
        self_signing: Object,
        user_signing: Object,
    ) -> Result<Self, IdentityError> {
        let identity = UserIdentity::parse(user_id, master, self_signing)?;
        let master = &identity.master.key;
        let user_signing =
            PublicKey::parse_signed(KeyRole::UserSigning, user_id, user_signing, master)?;
        if user_signing.key == *master || user_signing.key == identity.self_signing.key {
            return Err(IdentityError::SameKey);
        }
        Ok(Self {
            identity,
            user_signing,
        })
    }

    /// What was made here: the three keys with their objects, the master key
    /// first.
    pub(super) fn made(
        user_id: &str,
        [master, self_signing, user_signing]: [(Ed25519PublicKey, Object); 3],
    ) -> Self {
        let public = |(key, object)| PublicKey { key, object };
        Self {
            identity: UserIdentity {
                user_id: user_id.to_owned(),
                master: public(master),
                self_signing: public(self_signing),
            },
            user_signing: public(user_signing),
        }
    }

    /// The identity as others see it.
    #[must_use]
    pub const fn as_user(&self) -> &UserIdentity {
        &self.identity
    }

    /// The key that signs other users.
    #[must_use]
    pub const fn user_signing_key(&self) -> Ed25519PublicKey {
        self.user_signing.key
    }

    /// The whole object of the user-signing key.
    #[must_use]
    pub const fn user_signing_object(&self) -> &Object {
        &self.user_signing.object
    }

    /// The key of a role.
    #[must_use]
    pub const fn key(&self, role: KeyRole) -> Ed25519PublicKey {
        match role {
            KeyRole::Master => self.identity.master.key,
            KeyRole::SelfSigning => self.identity.self_signing.key,
            KeyRole::UserSigning => self.user_signing.key,
        }
    }

    /// Whether our user-signing key signed another user's master key. It counts
    /// for as long as our own identity is verified.
    #[must_use]
    pub fn has_signed(&self, other: &UserIdentity) -> bool {
        other.user_id != self.identity.user_id
            && other
                .master
                .object
                .check_signature(
                    &self.identity.user_id,
                    &cross_signing_key_id(&self.user_signing.key),
                    &self.user_signing.key,
                )
                .is_ok()
    }

    /// [`UserIdentity::is_named_like_key`], for all three keys.
    #[must_use]
    pub fn is_named_like_key(&self, device_id: &str) -> bool {
        self.identity.is_named_like_key(device_id) || is_name_of(device_id, &self.user_signing.key)
    }

    /// Signs our master key with this device, so that those who verified the
    /// device know the identity. The signature is put in, and given for
    /// `/keys/signatures/upload`.
    ///
    /// # Errors
    ///
    /// [`SignError::DeviceNamedLikeKey`]; nothing is signed then.
    pub fn sign_with_device(
        &mut self,
        account: &Account,
        device_id: &str,
    ) -> Result<NewSignature, SignError> {
        if self.is_named_like_key(device_id) {
            return Err(SignError::DeviceNamedLikeKey {
                device_id: device_id.to_owned(),
            });
        }
        let UserIdentity {
            user_id, master, ..
        } = &mut self.identity;
        NewSignature::add(
            &mut master.object,
            (user_id, &master.key.to_base64()),
            (user_id, &device_key_id(device_id)),
            |bytes| account.sign(bytes),
        )
    }

    /// The body of `/keys/device_signing/upload`. The first upload, and a repeat
    /// of the same keys, need no further authentication (MSC3967); other keys
    /// do.
    #[must_use]
    pub fn upload(&self) -> Object {
        Object::new()
            .with("master_key", self.identity.master.object.clone())
            .with(
                "self_signing_key",
                self.identity.self_signing.object.clone(),
            )
            .with("user_signing_key", self.user_signing.object.clone())
    }
}

/// Whether the text is the base64 of the key, with or without padding.
fn is_name_of(device_id: &str, key: &Ed25519PublicKey) -> bool {
    Ed25519PublicKey::from_padded_base64(device_id).is_ok_and(|named| named == *key)
}
