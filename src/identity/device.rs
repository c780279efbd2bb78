//! The signed keys of a device: made, and checked when a server hands them out.

use alloc::{borrow::ToOwned, format, string::String, vec};

use super::{
    error::{DeviceKeysError, Member},
    signing::{KEYS, SIGNATURES, USER_ID, device_key_id, signed},
};
use crate::{
    json::{Object, Value},
    olm::{Account, IdentityKeys},
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

const DEVICE_ID: &str = "device_id";
const ALGORITHMS: &str = "algorithms";
const DEHYDRATED: &str = "dehydrated";
const OLM: &str = "m.olm.v1.curve25519-aes-sha2";
const MEGOLM: &str = "m.megolm.v1.aes-sha2";

/// The keys of a device with its own signature over them (Matrix client-server
/// API, "Device keys"). Public.
///
/// The signature was checked or made here, so it is this device that says which
/// keys are its own. Nobody says that it is its user's device: that is what
/// [`UserIdentity::has_signed`](super::UserIdentity::has_signed) answers.
///
/// The object is kept as it was received, with members that nobody here knows,
/// since signatures are over all of it. To store a device, store the
/// [object](Self::object), and [read](Self::parse) it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKeys {
    user_id: String,
    device_id: String,
    curve25519: Curve25519PublicKey,
    ed25519: Ed25519PublicKey,
    dehydrated: bool,
    object: Object,
}

/// What is known already of a device that a server hands out.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a device is ours, one of those seen before, or neither"
)]
pub enum KnownDevice<'a> {
    /// No device of this user and id was ever seen.
    New,
    /// A device of this user and id is stored.
    Stored(&'a DeviceKeys),
    /// It is the device that runs this, and these are its account's keys.
    Ours(&'a IdentityKeys),
}

impl DeviceKeys {
    /// Makes and signs the keys of an account's device: `device_keys` of
    /// `/keys/upload`.
    #[must_use]
    pub fn new(account: &Account, user_id: &str, device_id: &str) -> Self {
        Self::make(account, user_id, device_id, false)
    }

    /// The same for a dehydrated device (MSC3814), whose keys say that it is
    /// one: `device_keys` of `/dehydrated_device`.
    #[must_use]
    pub fn new_dehydrated(account: &Account, user_id: &str, device_id: &str) -> Self {
        Self::make(account, user_id, device_id, true)
    }

    fn make(account: &Account, user_id: &str, device_id: &str, dehydrated: bool) -> Self {
        let IdentityKeys {
            curve25519,
            ed25519,
        } = account.identity_keys();
        let keys = Object::new()
            .with(&curve25519_id(device_id), curve25519.to_base64())
            .with(&device_key_id(device_id), ed25519.to_base64());
        let mut object = Object::new()
            .with(USER_ID, user_id)
            .with(DEVICE_ID, device_id)
            .with(ALGORITHMS, vec![OLM, MEGOLM])
            .with(KEYS, keys);
        if dehydrated {
            object.insert(DEHYDRATED, true);
        }
        Self {
            user_id: user_id.to_owned(),
            device_id: device_id.to_owned(),
            curve25519,
            ed25519,
            dehydrated,
            object: signed(object, user_id, &device_key_id(device_id), |bytes| {
                account.sign(bytes)
            }),
        }
    }

    /// Reads the keys of a device that came under this user and device id, and
    /// checks them in themselves: that they have the form, are this user's and
    /// device's, and are signed by the device.
    ///
    /// What `/keys/query` brings is read by [`Self::check`], which looks at what
    /// was known of the device, too.
    ///
    /// # Errors
    ///
    /// The first check that fails: [`Malformed`](DeviceKeysError::Malformed),
    /// [`OtherUser`](DeviceKeysError::OtherUser),
    /// [`OtherDevice`](DeviceKeysError::OtherDevice), a key that is missing or
    /// bad, [`SelfSignature`](DeviceKeysError::SelfSignature).
    pub fn parse(user_id: &str, device_id: &str, object: Object) -> Result<Self, DeviceKeysError> {
        let user = need(object.get_str(USER_ID), Member::UserId)?;
        let device = need(object.get_str(DEVICE_ID), Member::DeviceId)?;
        need(
            object.get(ALGORITHMS).and_then(Value::as_array),
            Member::Algorithms,
        )?;
        let keys = need(object.get_object(KEYS), Member::Keys)?;
        need(object.get_object(SIGNATURES), Member::Signatures)?;
        let dehydrated = match object.get(DEHYDRATED) {
            None | Some(Value::Null) => false,
            Some(value) => need(value.as_bool(), Member::Dehydrated)?,
        };
        if user != user_id {
            return Err(DeviceKeysError::OtherUser);
        }
        if device != device_id {
            return Err(DeviceKeysError::OtherDevice);
        }

        let key_id = device_key_id(device_id);
        let ed25519 = keys
            .get_str(&key_id)
            .ok_or(DeviceKeysError::NoEd25519Key)
            .and_then(|text| {
                Ed25519PublicKey::from_padded_base64(text).map_err(DeviceKeysError::Ed25519Key)
            })?;
        let curve25519 = keys
            .get_str(&curve25519_id(device_id))
            .ok_or(DeviceKeysError::NoCurve25519Key)
            .and_then(|text| {
                Curve25519PublicKey::from_padded_base64(text)
                    .map_err(DeviceKeysError::Curve25519Key)
            })?;
        object
            .check_signature(user_id, &key_id, &ed25519)
            .map_err(DeviceKeysError::SelfSignature)?;
        Ok(Self {
            user_id: user_id.to_owned(),
            device_id: device_id.to_owned(),
            curve25519,
            ed25519,
            dehydrated,
            object,
        })
    }

    /// Reads the keys of a device that `/keys/query` brought under this user and
    /// device id.
    ///
    /// A device that is refused is left out, and what is stored of it stays; the
    /// rest of the answer stands. Two devices that name one Curve25519 key are
    /// both kept: that key alone finds no owner.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], also when what is stored is another device's; then,
    /// against what is known, [`SigningKeyChanged`](DeviceKeysError::SigningKeyChanged),
    /// [`IdentityKeyChanged`](DeviceKeysError::IdentityKeyChanged) and
    /// [`NotOurKeys`](DeviceKeysError::NotOurKeys), of which the user has to know.
    pub fn check(
        user_id: &str,
        device_id: &str,
        object: Object,
        known: KnownDevice<'_>,
    ) -> Result<Self, DeviceKeysError> {
        let device = Self::parse(user_id, device_id, object)?;
        match known {
            KnownDevice::New => {}
            KnownDevice::Stored(stored) => {
                // Another device's record would make every device a changed one,
                // so it is the caller's slip that must not go unseen.
                if stored.user_id != user_id {
                    return Err(DeviceKeysError::OtherUser);
                }
                if stored.device_id != device_id {
                    return Err(DeviceKeysError::OtherDevice);
                }
                if stored.ed25519 != device.ed25519 {
                    return Err(DeviceKeysError::SigningKeyChanged);
                }
                if stored.curve25519 != device.curve25519 {
                    return Err(DeviceKeysError::IdentityKeyChanged);
                }
            }
            KnownDevice::Ours(keys) => {
                if *keys != device.identity_keys() {
                    return Err(DeviceKeysError::NotOurKeys);
                }
            }
        }
        Ok(device)
    }

    /// The user whose device it says it is.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The id of the device.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The key that Olm sessions with the device start from.
    #[must_use]
    pub const fn curve25519(&self) -> Curve25519PublicKey {
        self.curve25519
    }

    /// The key that the device's signatures verify under: its fingerprint.
    #[must_use]
    pub const fn ed25519(&self) -> Ed25519PublicKey {
        self.ed25519
    }

    /// Both keys.
    #[must_use]
    pub const fn identity_keys(&self) -> IdentityKeys {
        IdentityKeys {
            curve25519: self.curve25519,
            ed25519: self.ed25519,
        }
    }

    /// Whether the device is a dehydrated one (MSC3814): it receives keys, and
    /// never sends.
    #[must_use]
    pub const fn is_dehydrated(&self) -> bool {
        self.dehydrated
    }

    /// What the server calls the device. Nobody signed it.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.object
            .get_object("unsigned")?
            .get_str("device_display_name")
    }

    /// The whole object, with every signature and unknown member.
    #[must_use]
    pub const fn object(&self) -> &Object {
        &self.object
    }

    pub(super) const fn object_mut(&mut self) -> &mut Object {
        &mut self.object
    }
}

fn need<T>(found: Option<T>, member: Member) -> Result<T, DeviceKeysError> {
    found.ok_or(DeviceKeysError::Malformed { member })
}

fn curve25519_id(device_id: &str) -> String {
    format!("curve25519:{device_id}")
}
