//! The MACs of the keys that each side vouches for.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    error::{MacError, MakeMacsError},
    method::MacMethod,
};
use crate::{
    json::{Object, Value},
    primitives::{
        base64,
        curve25519::SharedSecret,
        ed25519::Ed25519PublicKey,
        kdf::{HmacSha256, hkdf},
        wipe::in_wiped_frame,
    },
    verification::device::{Device, Participants, Verified},
};

/// Most keys that are looked at in one message.
const MOST_KEYS: usize = 100;

/// What MACs of both directions are made with.
pub(super) struct MacKeys {
    method: MacMethod,
    shared: SharedSecret,
    participants: Participants,
}

impl MacKeys {
    pub(super) const fn new(
        method: MacMethod,
        shared: SharedSecret,
        participants: Participants,
    ) -> Self {
        Self {
            method,
            shared,
            participants,
        }
    }

    /// The MACs of our device key and, when asked, of our master key.
    fn make(&self, vouch_for_master: bool) -> Result<Object, MakeMacsError> {
        if self.method.is_legacy() {
            return Err(MakeMacsError::ReadOnly);
        }
        let ours = &self.participants.ours;
        let mut keys = Vec::from([(device_key_id(ours), ours.key())]);
        if vouch_for_master {
            let master = ours.master_key().ok_or(MakeMacsError::NoMasterKey)?;
            keys.push((key_id(master), master));
        }
        let mut macs = Object::new();
        for (id, key) in &keys {
            macs.insert(id, self.mac(true, id, &key.to_base64()).as_str());
        }
        let list = self.mac(true, "KEY_IDS", &list(&macs));
        Ok(Object::new().with("mac", macs).with("keys", list.as_str()))
    }

    /// The keys that a `mac` message of the other side vouches for: the list of
    /// names first, then each key that we hold.
    pub(super) fn check(&self, content: &Object) -> Result<Verified, MacError> {
        let theirs = &self.participants.theirs;
        let (Some(list_mac), Some(macs)) = (content.get_str("keys"), content.get_object("mac"))
        else {
            return Err(MacError::Malformed);
        };
        if macs.len() > MOST_KEYS || macs.iter().any(|(_, mac)| mac.as_str().is_none()) {
            return Err(MacError::Malformed);
        }
        if theirs.looks_like_a_key() {
            return Err(MacError::DeviceLooksLikeAKey);
        }
        self.compare("KEY_IDS", &list(macs), list_mac)?;
        let vouched = |id: &str, key: &Ed25519PublicKey| match macs.get(id).and_then(Value::as_str)
        {
            Some(mac) => self.compare(id, &key.to_base64(), mac).map(|()| Some(*key)),
            None => Ok(None),
        };
        let device_key = vouched(&device_key_id(theirs), theirs.key())?;
        let master_key = match theirs.master_key() {
            Some(key) => vouched(&key_id(key), key)?,
            None => None,
        };
        if device_key.is_none() && master_key.is_none() {
            return Err(MacError::NothingKnown);
        }
        Ok(Verified::new(theirs, device_key, master_key))
    }

    /// Compares the bytes of a MAC that came.
    fn compare(&self, id: &str, input: &str, mac: &str) -> Result<(), MacError> {
        let ours = base64::decode_secret(&self.mac(false, id, input));
        match (ours, base64::decode_secret_padded(mac)) {
            (Ok(ours), Ok(theirs)) if bool::from(ours.ct_eq(&theirs)) => Ok(()),
            _ => Err(MacError::Mismatch),
        }
    }

    /// The text of the MAC of `input` under the name `id`.
    fn mac(&self, by_us: bool, id: &str, input: &str) -> Zeroizing<String> {
        let Participants {
            ours,
            theirs,
            flow_id,
        } = &self.participants;
        let (sender, receiver) = if by_us {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        let info = format!(
            "MATRIX_KEY_VERIFICATION_MAC{}{}{}{}{flow_id}{id}",
            sender.user_id(),
            sender.device_id(),
            receiver.user_id(),
            receiver.device_id(),
        );
        let (secret, info) = (self.shared.expose_secret(), info.as_bytes());
        in_wiped_frame(|| {
            let keyed = if self.method.is_legacy() {
                HmacSha256::with_key(hkdf::<256>(None, secret, info).as_slice())
            } else {
                HmacSha256::new(&hkdf(None, secret, info))
            };
            let mac = keyed.tag(input.as_bytes());
            match self.method {
                MacMethod::HkdfHmacSha256V2 | MacMethod::HkdfHmacSha256Msc3783 => {
                    base64::encode_secret(&mac)
                }
                MacMethod::HkdfHmacSha256 | MacMethod::HmacSha256 => overlapping_base64(&mac),
            }
        })
    }
}

/// The names of the keys, sorted and joined.
fn list(macs: &Object) -> String {
    let ids: Vec<&str> = macs.iter().map(|(id, _)| id).collect();
    ids.join(",")
}

fn device_key_id(device: &Device) -> String {
    format!("ed25519:{}", device.device_id())
}

fn key_id(key: &Ed25519PublicKey) -> String {
    format!("ed25519:{key}")
}

/// What libolm's base64 makes of a MAC when it encodes into the buffer that it
/// reads from: from the second group on it reads what it has written.
fn overlapping_base64(mac: &[u8; 32]) -> Zeroizing<String> {
    let mut buffer = Zeroizing::new([0; 43]);
    if let Some(head) = buffer.first_chunk_mut() {
        *head = *mac;
    }
    // Ten groups of three bytes, then the last two bytes of the 32.
    for group in 0..11_usize {
        let from = group.saturating_mul(3);
        let bytes = buffer.get(from..from.saturating_add(3).min(32));
        let text = base64::encode_secret(bytes.unwrap_or_default());
        let place = buffer.iter_mut().skip(group.saturating_mul(4));
        place
            .zip(text.bytes())
            .for_each(|(to, symbol)| *to = symbol);
    }
    Zeroizing::new(buffer.iter().copied().map(char::from).collect())
}

/// Our user found the same on both screens; the other side's MACs are to come.
pub struct ComparedSas(MacKeys);

impl ComparedSas {
    pub(super) const fn new(keys: MacKeys) -> Self {
        Self(keys)
    }

    /// The members of our `mac` message: the MAC of our device key and, with
    /// `vouch_for_master`, of our master key: pass `true` exactly when our own
    /// identity is verified here.
    ///
    /// # Errors
    ///
    /// [`MakeMacsError::NoMasterKey`] when our master key is to be vouched for, but
    /// our [`Device`] has none; [`MakeMacsError::ReadOnly`] when the method is
    /// [`MacMethod::HmacSha256`].
    pub fn macs(&self, vouch_for_master: bool) -> Result<Object, MakeMacsError> {
        self.0.make(vouch_for_master)
    }

    /// Checks the other side's `mac` message: the list of names first, then each
    /// key that we hold; names that we do not know are skipped.
    ///
    /// # Errors
    ///
    /// [`MacError`]; the verification is over, and nothing is verified.
    pub fn check_macs(self, content: &Object) -> Result<ConfirmedSas, MacError> {
        Ok(ConfirmedSas {
            verified: self.0.check(content)?,
            keys: self.0,
        })
    }
}

impl fmt::Debug for ComparedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComparedSas { .. }")
    }
}

/// Our user found the same on both screens, and the other side's MACs are good.
pub struct ConfirmedSas {
    keys: MacKeys,
    verified: Verified,
}

impl ConfirmedSas {
    pub(super) const fn new(keys: MacKeys, verified: Verified) -> Self {
        Self { keys, verified }
    }

    /// The members of our `mac` message, when it was not sent before.
    ///
    /// # Errors
    ///
    /// As [`ComparedSas::macs`].
    pub fn macs(&self, vouch_for_master: bool) -> Result<Object, MakeMacsError> {
        self.keys.make(vouch_for_master)
    }

    /// The keys that are verified: send `done`, and write the trust down when the
    /// other side's `done` is here.
    #[must_use]
    pub fn into_verified(self) -> Verified {
        self.verified
    }
}

impl fmt::Debug for ConfirmedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmedSas { .. }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base64_of_overlapping_buffers_is_libolms() {
        // libolm 3.2.13's way on these 32 bytes.
        assert_eq!(
            *overlapping_base64(&[0; 32]),
            "AAAAQQAAQUEAVUVBVlVWQlZsVldRbFpzVmxkUmJGcHo"
        );
        assert_eq!(
            *overlapping_base64(&[0xff; 32]),
            "////L///Ly//eS8vZVM4dlpWTTRkbHBXVFRSa2JIQlg"
        );
        assert_eq!(
            *overlapping_base64(&core::array::from_fn(|i| u8::try_from(i).unwrap())),
            "AAECQwQFUUYIVVlJVlZsSlZsWnNTbFpzV25OVGJGcHo"
        );
        let mac = [
            0x8b, 0x2a, 0x01, 0xd8, 0xfc, 0x53, 0x8c, 0x32, 0xe1, 0x46, 0xd6, 0xcd, 0xca, 0xd3,
            0xb3, 0x72, 0x72, 0x38, 0x55, 0x98, 0x1b, 0x00, 0xa4, 0x03, 0x36, 0xdf, 0x17, 0x82,
            0xa0, 0x8b, 0x62, 0x47,
        ];
        assert_eq!(
            *overlapping_base64(&mac),
            "iyoBQvxTeFThRlRoUmxSb1VteFNiMVZ0ZUZOaU1WWjA"
        );
    }
}
