//! One-time and fallback keys: as a device uploads them, and as another claims
//! them.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use rand_core::TryCryptoRng;

use super::{
    device::DeviceKeys,
    error::ClaimError,
    signing::{device_key_id, signed},
};
use crate::{
    codec::version::SessionVersion,
    json::{Object, Value},
    olm::{Account, KeyId, OutboundError, PublicOneTimeKey, Session},
    primitives::curve25519::Curve25519PublicKey,
};

const ALGORITHM: &str = "signed_curve25519";
const KEY: &str = "key";
const FALLBACK: &str = "fallback";
const ONE_TIME_KEYS: &str = "one_time_keys";

/// What a device has to upload to `/keys/upload`. Public.
///
/// The account gives the same keys until they are marked, so an upload whose
/// answer was lost is made again.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{identity::{DeviceKeys, KeysUpload}, olm::Account};
///
/// let mut account = Account::new()?;
/// account.generate_one_time_keys(50)?;
/// account.generate_fallback_key()?;
/// let device = DeviceKeys::new(&account, "@alice:example.org", "DEVICE");
///
/// let upload = KeysUpload::new(&account, "@alice:example.org", "DEVICE", Some(&device));
/// let keys = upload.body().get_object("one_time_keys").ok_or("there are some")?;
/// assert_eq!(keys.len(), 50);
/// // The server answered 200.
/// upload.mark_published(&mut account);
/// assert!(KeysUpload::new(&account, "@alice:example.org", "DEVICE", None).is_empty());
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct KeysUpload {
    body: Object,
    one_time_keys: Vec<KeyId>,
    fallback_key: Option<KeyId>,
}

impl KeysUpload {
    /// Signs the one-time keys and the fallback key of the account that were not
    /// published, as those of this device. `device_keys` are put in when they
    /// are to be uploaded, too: once, or with a new signature.
    #[must_use]
    pub fn new(
        account: &Account,
        user_id: &str,
        device_id: &str,
        device_keys: Option<&DeviceKeys>,
    ) -> Self {
        let one_time: Vec<_> = account.unpublished_one_time_keys().collect();
        let fallback = account.unpublished_fallback_key();
        let sign = |key: &PublicOneTimeKey, object: Object| {
            let object = object.with(KEY, key.key.to_base64());
            let object = signed(object, user_id, &device_key_id(device_id), |bytes| {
                account.sign(bytes)
            });
            (format!("{ALGORITHM}:{}", key.id), object)
        };
        let mut body = Object::new();
        if let Some(device) = device_keys {
            body.insert("device_keys", device.object().clone());
        }
        if !one_time.is_empty() {
            let mut keys = Object::new();
            for key in &one_time {
                let (name, object) = sign(key, Object::new());
                keys.insert(&name, object);
            }
            body.insert(ONE_TIME_KEYS, keys);
        }
        if let Some(key) = &fallback {
            let (name, object) = sign(key, Object::new().with(FALLBACK, true));
            body.insert("fallback_keys", Object::new().with(&name, object));
        }
        Self {
            body,
            one_time_keys: one_time.iter().map(|key| key.id).collect(),
            fallback_key: fallback.map(|key| key.id),
        }
    }

    /// The body of the request: `device_keys`, `one_time_keys` and
    /// `fallback_keys`, as far as there are any.
    #[must_use]
    pub const fn body(&self) -> &Object {
        &self.body
    }

    /// Whether there is nothing to upload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Marks the keys of this upload as published, and none that were made since:
    /// when the server answered 200, and not before.
    pub fn mark_published(self, account: &mut Account) {
        account.mark_one_time_keys_published(&self.one_time_keys);
        if let Some(id) = self.fallback_key {
            account.mark_fallback_key_published(id);
        }
    }
}

/// A one-time or fallback key that `/keys/claim` brought, signed by its device.
/// It starts one session. Public.
#[derive(Debug, PartialEq, Eq)]
pub struct ClaimedKey {
    identity_key: Curve25519PublicKey,
    key: Curve25519PublicKey,
    id: String,
    fallback: bool,
}

impl ClaimedKey {
    /// Finds the key of a device among those of an answer of `/keys/claim`, and
    /// checks it. `device` is the stored one that a key was claimed for; what
    /// nobody asked for is not looked at.
    ///
    /// # Errors
    ///
    /// [`ClaimError`]: no session with this device, for now; the others go on.
    pub fn find(answer: &Object, device: &DeviceKeys) -> Result<Self, ClaimError> {
        let keys = answer
            .get_object(ONE_TIME_KEYS)
            .ok_or(ClaimError::Malformed)?;
        let keys = object_at(keys, device.user_id())?;
        let keys = object_at(keys, device.device_id())?;
        let mut keys = keys.iter();
        match (keys.next(), keys.next()) {
            (None, _) => Err(ClaimError::NoKey),
            (Some((name, Value::Object(object))), None) => Self::check(name, object, device),
            _ => Err(ClaimError::Malformed),
        }
    }

    /// Checks a key that was claimed for a stored device, under the name that it
    /// came with, as `signed_curve25519:AAAAAQ`.
    ///
    /// # Errors
    ///
    /// [`ClaimError`], as [`Self::find`].
    pub fn check(name: &str, object: &Object, device: &DeviceKeys) -> Result<Self, ClaimError> {
        let Some((ALGORITHM, id)) = name.split_once(':') else {
            return Err(ClaimError::Algorithm);
        };
        let key = object.get_str(KEY).ok_or(ClaimError::Malformed)?;
        let key = Curve25519PublicKey::from_padded_base64(key).map_err(ClaimError::Key)?;
        let fallback = match object.get(FALLBACK) {
            None => false,
            Some(value) => value.as_bool().ok_or(ClaimError::Malformed)?,
        };
        let key_id = device_key_id(device.device_id());
        object
            .check_signature(device.user_id(), &key_id, &device.ed25519())
            .map_err(ClaimError::Signature)?;
        Ok(Self {
            identity_key: device.curve25519(),
            key,
            id: id.to_owned(),
            fallback,
        })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> Curve25519PublicKey {
        self.key
    }

    /// The name that the server gave with the key. Nobody signed it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is a fallback key, which others are given as well: the first
    /// message on it can be replayed.
    #[must_use]
    pub const fn is_fallback(&self) -> bool {
        self.fallback
    }

    /// Starts a session with the device, by this key and the identity key that is
    /// stored. Draws as [`Account::outbound_session_with`].
    ///
    /// # Errors
    ///
    /// [`OutboundError`] if the generator fails or a key is of small order.
    pub fn start_session_with<R>(
        self,
        rng: &mut R,
        account: &Account,
        version: SessionVersion,
    ) -> Result<Session, OutboundError>
    where
        R: TryCryptoRng + ?Sized,
    {
        account.outbound_session_with(rng, version, &self.identity_key, &self.key)
    }

    /// [`Self::start_session_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As [`Self::start_session_with`].
    #[cfg(feature = "os-rng")]
    pub fn start_session(
        self,
        account: &Account,
        version: SessionVersion,
    ) -> Result<Session, OutboundError> {
        self.start_session_with(&mut crate::primitives::random::OsRng, account, version)
    }
}

/// The object of this key, where there need not be one.
fn object_at<'a>(object: &'a Object, key: &str) -> Result<&'a Object, ClaimError> {
    object
        .get(key)
        .ok_or(ClaimError::NoKey)?
        .as_object()
        .ok_or(ClaimError::Malformed)
}
