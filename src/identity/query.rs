//! What an answer of `/keys/query` says of one user.

use alloc::{borrow::ToOwned, collections::BTreeMap, string::String, vec::Vec};

use super::{
    device::{DeviceKeys, KnownDevice},
    error::{DeviceKeysError, IdentityError},
    public::{OwnIdentity, UserIdentity},
};
use crate::{
    json::{Object, Value},
    olm::IdentityKeys,
};

/// What has come of a user's devices: an answer of `/keys/query` against those
/// that are stored.
///
/// Answers can overtake each other: take in none that was asked for before the
/// last one that was taken in, and ask again when the user's list changed since
/// this one was asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceList {
    /// The devices that are good, new ones and old ones: store each.
    pub devices: Vec<DeviceKeys>,
    /// The ids of those that are refused, and why: what is stored of each stays.
    pub refused: Vec<(String, DeviceKeysError)>,
    /// The ids of stored devices that are gone: delete each.
    pub gone: Vec<String>,
}

impl DeviceList {
    /// Checks all devices of a user in an answer. `stored` are the user's devices
    /// as they are known, without this one; `ours` are this device's id and its
    /// account's keys, when the user is our own.
    ///
    /// None, if the answer says nothing of the user, as when their server was not
    /// reached: all stays as it was.
    #[must_use]
    pub fn read(
        answer: &Object,
        user_id: &str,
        stored: &[DeviceKeys],
        ours: Option<(&str, &IdentityKeys)>,
    ) -> Option<Self> {
        let answered = answer.get_object("device_keys")?.get_object(user_id)?;
        let stored: BTreeMap<_, _> = stored
            .iter()
            .map(|device| (device.device_id(), device))
            .collect();
        let mut list = Self {
            devices: Vec::new(),
            refused: Vec::new(),
            gone: Vec::new(),
        };
        for (device_id, object) in answered.iter() {
            let known = match (ours, stored.get(device_id)) {
                (Some((id, keys)), _) if id == device_id => KnownDevice::Ours(keys),
                (_, Some(device)) => KnownDevice::Stored(device),
                _ => KnownDevice::New,
            };
            let checked = match object {
                Value::Object(object) => {
                    DeviceKeys::check(user_id, device_id, object.clone(), known)
                }
                _ => Err(DeviceKeysError::NotAnObject),
            };
            match checked {
                Ok(device) => list.devices.push(device),
                Err(error) => list.refused.push((device_id.to_owned(), error)),
            }
        }
        let is_ours = |id: &str| ours.is_some_and(|(ours, _)| ours == id);
        list.gone = stored
            .into_keys()
            .filter(|id| answered.get(id).is_none() && !is_ours(id))
            .map(ToOwned::to_owned)
            .collect();
        Some(list)
    }
}

impl UserIdentity {
    /// [`Self::parse`] of what an answer of `/keys/query` holds for this user;
    /// none, if it has no master key or no self-signing key. Then, and on an
    /// error, the identity that is stored stays.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn find(answer: &Object, user_id: &str) -> Result<Option<Self>, IdentityError> {
        let key = |role| key_of(answer, role, user_id);
        match (key("master_keys"), key("self_signing_keys")) {
            (Some(master), Some(self_signing)) => {
                Self::parse(user_id, master, self_signing).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl OwnIdentity {
    /// [`Self::parse`] of what an answer of `/keys/query` holds for our own user;
    /// none, if one of the three keys is missing. Then, and on an error, the
    /// identity that is stored stays.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn find(answer: &Object, user_id: &str) -> Result<Option<Self>, IdentityError> {
        let key = |role| key_of(answer, role, user_id);
        match (
            key("master_keys"),
            key("self_signing_keys"),
            key("user_signing_keys"),
        ) {
            (Some(master), Some(self_signing), Some(user_signing)) => {
                Self::parse(user_id, master, self_signing, user_signing).map(Some)
            }
            _ => Ok(None),
        }
    }
}

fn key_of(answer: &Object, role: &str, user_id: &str) -> Option<Object> {
    answer.get_object(role)?.get_object(user_id).cloned()
}
