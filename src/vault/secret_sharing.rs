//! Secret sharing: a device asks the user's other devices for a secret (Matrix
//! specification, "Sharing").
//!
//! Requests go as to-device events in the clear, answers in Olm alone. What is
//! asked of the caller here are facts about devices, which it keeps; what is
//! decided here is whether to answer, and whether to take an answer.

mod request;

use alloc::{
    borrow::ToOwned,
    collections::{BTreeMap, BTreeSet},
    string::String,
};
use core::fmt;

use zeroize::Zeroizing;

pub use self::request::{SecretRequest, SecretRequestError};
use super::secret::{SecretName, SecretValue};

/// What is known now about a device that asks for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestingDevice {
    /// A device of another user.
    OtherUser,
    /// Nothing is known of it.
    Unknown,
    /// It is this device.
    ThisDevice,
    /// A device of ours that our verified identity has not signed.
    Unverified,
    /// A device of ours that our verified identity has signed.
    Verified,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoredRequest {
    /// The name is of no secret that is known here.
    UnknownSecret,
    /// The device may not have it. It may be asked again once it is verified.
    NotVerified,
    /// It was answered.
    Answered,
    /// Too many requests were answered since this record was made.
    TooMany,
}

/// The requests of others that were answered, so that each is answered once.
#[derive(Debug, Default)]
pub struct AnsweredRequests(BTreeSet<(String, String)>);

impl AnsweredRequests {
    /// How many are remembered. A device asks for five secrets once.
    pub const MAX: usize = 10_000;

    /// No request yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether to answer this request of a device, and with which secret. If so,
    /// it counts as answered: send the secret in Olm to this device's own keys.
    ///
    /// # Errors
    /// [`IgnoredRequest`] says why not; nothing was changed.
    pub fn answer(
        &mut self,
        device: RequestingDevice,
        device_id: &str,
        request_id: &str,
        name: &str,
    ) -> Result<SecretName, IgnoredRequest> {
        let secret = SecretName::from_name(name).ok_or(IgnoredRequest::UnknownSecret)?;
        if device != RequestingDevice::Verified {
            return Err(IgnoredRequest::NotVerified);
        }
        let request = (device_id.to_owned(), request_id.to_owned());
        if self.0.contains(&request) {
            return Err(IgnoredRequest::Answered);
        }
        if self.0.len() >= Self::MAX {
            return Err(IgnoredRequest::TooMany);
        }
        self.0.insert(request);
        Ok(secret)
    }
}

impl fmt::Display for IgnoredRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownSecret => "the secret is not known here",
            Self::NotVerified => "the device is not a verified one of ours",
            Self::Answered => "the request was answered",
            Self::TooMany => "too many requests were answered",
        })
    }
}

impl core::error::Error for IgnoredRequest {}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerOrigin<'a> {
    /// Anything but an Olm message.
    NotOlm,
    /// An Olm message of another user, or of a device of ours that is not
    /// verified.
    NotVerified,
    /// An Olm message whose sender key is that of this verified device of ours.
    Verified {
        /// The device's id.
        device_id: &'a str,
    },
}

/// The requests that this device made and that wait for an answer.
#[derive(Debug, Default)]
pub struct OpenSecretRequests(BTreeMap<String, OpenRequest>);

#[derive(Debug)]
struct OpenRequest {
    secret: SecretName,
    devices: BTreeSet<String>,
}

impl OpenSecretRequests {
    /// How many may be open.
    pub const MAX: usize = 100;

    /// No request yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Notes a request that goes to these devices of ours. Its id is an own,
    /// unpredictable one.
    ///
    /// # Errors
    /// [`TooManyRequests`]; nothing was changed.
    pub fn open(
        &mut self,
        request_id: &str,
        secret: SecretName,
        devices: &[&str],
    ) -> Result<(), TooManyRequests> {
        if self.0.len() >= Self::MAX {
            return Err(TooManyRequests);
        }
        let devices = devices.iter().map(|id| (*id).to_owned()).collect();
        self.0
            .insert(request_id.to_owned(), OpenRequest { secret, devices });
        Ok(())
    }

    /// Looks at an `m.secret.send`. Check the [value](ReceivedSecret::into_value)
    /// for what it should be and then [close](Self::close) the request; a wrong
    /// one leaves it open.
    ///
    /// # Errors
    /// [`UnwantedSecret`] says why the answer is dropped.
    pub fn receive(
        &self,
        origin: AnswerOrigin<'_>,
        request_id: &str,
        value: Zeroizing<String>,
    ) -> Result<ReceivedSecret, UnwantedSecret> {
        let device_id = match origin {
            AnswerOrigin::NotOlm => return Err(UnwantedSecret::NotOlm),
            AnswerOrigin::NotVerified => return Err(UnwantedSecret::NotVerified),
            AnswerOrigin::Verified { device_id } => device_id,
        };
        let request = self
            .0
            .get(request_id)
            .ok_or(UnwantedSecret::UnknownRequest)?;
        if !request.devices.contains(device_id) {
            return Err(UnwantedSecret::NotAsked);
        }
        Ok(ReceivedSecret {
            secret: request.secret,
            value: SecretValue::new(value),
        })
    }

    /// Closes a request, and names the devices to send a cancellation to: all
    /// but the one that answered.
    pub fn close(&mut self, request_id: &str, answered_by: &str) -> impl Iterator<Item = String> {
        self.0
            .remove(request_id)
            .into_iter()
            .flat_map(|request| request.devices)
            .filter(move |device| device != answered_by)
    }
}

/// A secret that was asked for, from a device that was asked, not checked yet.
/// Secret; wiped on drop.
#[derive(Debug)]
pub struct ReceivedSecret {
    secret: SecretName,
    value: SecretValue,
}

impl ReceivedSecret {
    /// Which secret it should be: by our own record, as the answer does not say.
    #[must_use]
    pub const fn secret(&self) -> SecretName {
        self.secret
    }

    /// The value, to be checked.
    #[must_use]
    pub fn into_value(self) -> SecretValue {
        self.value
    }
}

/// More than [`OpenSecretRequests::MAX`] requests are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyRequests;

impl fmt::Display for TooManyRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many requests for secrets are open")
    }
}

impl core::error::Error for TooManyRequests {}

/// Why an answer is dropped. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnwantedSecret {
    /// It did not come in Olm.
    NotOlm,
    /// It is not from a verified device of ours.
    NotVerified,
    /// No such request is open.
    UnknownRequest,
    /// The request did not go to this device.
    NotAsked,
}

impl fmt::Display for UnwantedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOlm => "the secret did not come in an olm message",
            Self::NotVerified => "the secret is not from a verified device of ours",
            Self::UnknownRequest => "the secret answers no open request",
            Self::NotAsked => "the secret is from a device that was not asked",
        })
    }
}

impl core::error::Error for UnwantedSecret {}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn only_a_verified_device_is_answered_and_once() {
        let mut answered = AnsweredRequests::new();
        let mut ask = |device, id| answered.answer(device, "PHONE", id, "m.megolm_backup.v1");
        for device in [
            RequestingDevice::OtherUser,
            RequestingDevice::Unknown,
            RequestingDevice::ThisDevice,
            RequestingDevice::Unverified,
        ] {
            assert_eq!(ask(device, "1"), Err(IgnoredRequest::NotVerified));
        }
        let verified = RequestingDevice::Verified;
        assert_eq!(ask(verified, "1"), Ok(SecretName::BackupKey));
        assert_eq!(ask(verified, "1"), Err(IgnoredRequest::Answered));
        assert_eq!(ask(verified, "2"), Ok(SecretName::BackupKey));
        assert_eq!(
            answered.answer(verified, "PHONE", "3", "org.example.other"),
            Err(IgnoredRequest::UnknownSecret)
        );
    }

    #[test]
    fn an_answer_is_taken_from_whom_it_was_asked() {
        let mut open = OpenSecretRequests::new();
        let verified = |device_id| AnswerOrigin::Verified { device_id };
        open.open("1", SecretName::BackupKey, &["PHONE", "LAPTOP"])
            .unwrap();
        let receive = |open: &OpenSecretRequests, origin, id| {
            open.receive(origin, id, Zeroizing::new(String::new()))
                .map(|secret| secret.secret())
        };
        for (origin, id, error) in [
            (AnswerOrigin::NotOlm, "1", UnwantedSecret::NotOlm),
            (AnswerOrigin::NotVerified, "1", UnwantedSecret::NotVerified),
            (verified("PHONE"), "2", UnwantedSecret::UnknownRequest),
            (verified("TABLET"), "1", UnwantedSecret::NotAsked),
        ] {
            assert_eq!(receive(&open, origin, id), Err(error));
        }
        for _ in 0..2 {
            // A wrong value leaves the request open.
            let secret = receive(&open, verified("PHONE"), "1");
            assert_eq!(secret, Ok(SecretName::BackupKey));
        }
        let others: Vec<String> = open.close("1", "PHONE").collect();
        assert_eq!(others, ["LAPTOP"]);
        assert_eq!(
            receive(&open, verified("LAPTOP"), "1"),
            Err(UnwantedSecret::UnknownRequest)
        );
    }
}
