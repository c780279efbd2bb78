//! Users with a device and an identity, whose keys are made of known bytes.
#![allow(clippy::unwrap_used, reason = "what is made here cannot fail")]

use necturus::{
    identity::{CrossSigningKeys, DeviceKeys, OwnIdentity, OwnTrust, UserIdentity, UserTrust},
    json::Object,
    olm::Account,
};

use super::rng::BytesRng;

pub(crate) const ALICE: &str = "@alice:example.org";
pub(crate) const BOB: &str = "@bob:example.org";

/// A user with one device, which is cross-signed.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) keys: CrossSigningKeys,
    pub(crate) own: OwnIdentity,
    pub(crate) device: DeviceKeys,
}

impl Person {
    pub(crate) fn new(user_id: &str, device_id: &str, byte: u8) -> Self {
        let account = account(byte);
        let keys = keys(user_id, byte);
        let own = keys.public_identity();
        let mut device = DeviceKeys::new(&account, user_id, device_id);
        keys.self_signing.sign_device(&mut device, &own).unwrap();
        Self {
            account,
            keys,
            own,
            device,
        }
    }

    pub(crate) fn alice() -> Self {
        Self::new(ALICE, "AAAAAAAAAA", 0xa0)
    }

    pub(crate) fn bob() -> Self {
        Self::new(BOB, "BBBBBBBBBB", 0xb0)
    }

    /// The identity as others see it.
    pub(crate) fn seen(&self) -> UserIdentity {
        self.own.as_user().clone()
    }

    /// A device that nobody cross-signed.
    pub(crate) fn other_device(&self, device_id: &str, byte: u8) -> DeviceKeys {
        DeviceKeys::new(&account(byte), self.own.as_user().user_id(), device_id)
    }

    /// Our own identity, verified.
    pub(crate) fn verified(&self) -> OwnTrust {
        let mut trust = OwnTrust::first_seen(&self.own);
        trust.verify(&self.keys.master.public_key()).unwrap();
        trust
    }

    /// Signs another user.
    pub(crate) fn sign(&self, other: &mut UserIdentity) {
        self.keys
            .user_signing
            .sign_user(other, [], &self.own)
            .unwrap();
    }

    /// Verifies another user who was not met before.
    pub(crate) fn verify(&self, other: &mut UserIdentity) -> UserTrust {
        self.sign(other);
        UserTrust::first_seen(other, Some(self.verified().view(&self.own)))
    }
}

pub(crate) fn account(byte: u8) -> Account {
    Account::new_with(&mut BytesRng::new([[byte; 32], [byte ^ 0x0f; 32]].concat())).unwrap()
}

pub(crate) fn keys(user_id: &str, byte: u8) -> CrossSigningKeys {
    let seeds = [
        byte.wrapping_add(1),
        byte.wrapping_add(2),
        byte.wrapping_add(3),
    ];
    let [master, self_signing, user_signing] = seeds.map(|byte| [byte; 32]);
    CrossSigningKeys::from_seeds(user_id, [&master, &self_signing, &user_signing]).unwrap()
}

pub(crate) fn object(json: &str) -> Object {
    Object::parse(json.as_bytes()).unwrap()
}
