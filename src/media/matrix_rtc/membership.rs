//! Who is in a call.

use alloc::{borrow::Cow, format, string::String, vec};

use crate::{
    json::Value,
    primitives::{base64, kdf::sha256},
};

/// One device's membership of a call. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    user_id: String,
    device_id: String,
    /// None in a legacy state event.
    member_id: Option<String>,
    created: u64,
}

impl Membership {
    /// Of a legacy state event. `created` is the membership's timestamp in
    /// milliseconds: another one is another membership.
    #[must_use]
    pub fn legacy(user_id: &str, device_id: &str, created: u64) -> Self {
        Self {
            user_id: user_id.into(),
            device_id: device_id.into(),
            member_id: None,
            created,
        }
    }

    /// Of a sticky `m.rtc.member` event, with its `member.id`.
    #[must_use]
    pub fn sticky(user_id: &str, device_id: &str, member_id: &str, created: u64) -> Self {
        Self {
            user_id: user_id.into(),
            device_id: device_id.into(),
            member_id: Some(member_id.into()),
            created,
        }
    }

    /// The user.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The device.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The member's id: of a legacy membership, `user:device`.
    #[must_use]
    pub fn member_id(&self) -> Cow<'_, str> {
        self.member_id
            .as_deref()
            .map_or_else(|| self.device_name().into(), Cow::Borrowed)
    }

    /// The membership's timestamp in milliseconds.
    #[must_use]
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// The name under which the member is known to LiveKit: `user:device` of a legacy
    /// membership, otherwise the hash of user, device and member id.
    #[must_use]
    pub fn livekit_identity(&self) -> String {
        let Some(member_id) = &self.member_id else {
            return self.device_name();
        };
        let parts = vec![self.user_id.as_str(), &self.device_id, member_id];
        base64::encode(&sha256(&[format!("{}", Value::from(parts)).as_bytes()]))
    }

    /// User and device, which have one membership at a time.
    pub(super) fn device(&self) -> (String, String) {
        (self.user_id.clone(), self.device_id.clone())
    }

    fn device_name(&self) -> String {
        format!("{}:{}", self.user_id, self.device_id)
    }
}
