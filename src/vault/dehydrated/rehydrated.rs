//! The device that was found at the server.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    ALGORITHM, LIBOLM_ALGORITHM, STABLE_ALGORITHM, error::RehydrateError, key::DehydrationKey,
    record::Keys,
};
use crate::{
    codec::version::SessionVersion,
    json::Object,
    olm::{
        Account, IdentityKeys, InboundError, OlmMessage, PreKeyMessage, Session,
        steps::inbound_session_by,
    },
    primitives::{
        base64,
        chacha::{self, NONCE_LENGTH},
        curve25519::Curve25519PublicKey,
        wipe::{in_deep_wiped_frame, in_wiped_frame},
    },
};

/// A dehydrated device that was taken up: it decrypts what was sent to it, and
/// cannot send. Secret; wiped on drop.
///
/// What it decrypts is treated as any Olm message: its sender is looked up, and
/// the keys that the payload names are compared. The room keys go to the device
/// that took it up, as their sender's.
pub struct RehydratedDevice {
    keys: Keys,
    /// Those used last are at the back.
    sessions: VecDeque<Box<Session>>,
}

/// Keys and sessions wipe themselves.
impl ZeroizeOnDrop for RehydratedDevice {}

impl RehydratedDevice {
    /// One-time keys of a device at most.
    pub const MAX_ONE_TIME_KEYS: usize = 1000;
    /// How many characters of a pickle are looked at.
    pub const MAX_PICKLE: usize = 64 * 1024;
    /// Sessions that are kept: one more drops the one not used for longest. A
    /// message of a dropped one starts it again, while it is among the first
    /// [`MAX_MESSAGE_GAP`](crate::olm::MAX_MESSAGE_GAP) of its session.
    pub const MAX_SESSIONS: usize = 100;

    /// Decrypts a device: `device_id` and `device_data` as the server gave them.
    ///
    /// The format before, `org.matrix.msc3814.v1.olm`, is read, too. There it is
    /// the key that belongs to the device id.
    ///
    /// # Errors
    /// [`RehydrateError`] says what is wrong.
    pub fn read(
        device_id: &str,
        device_data: &Object,
        key: &DehydrationKey,
    ) -> Result<Self, RehydrateError> {
        let keys = match device_data.get_str("algorithm") {
            Some(ALGORITHM | STABLE_ALGORITHM) => {
                let keys = in_wiped_frame(|| open(device_data, key))?;
                // Nothing else shows that the server gave the device it says.
                if keys.identity.public.to_base64() != device_id {
                    return Err(RehydrateError::OtherDevice);
                }
                keys
            }
            Some(LIBOLM_ALGORITHM) => {
                in_deep_wiped_frame(|| open_libolm(device_id, device_data, key))?
            }
            _ => return Err(RehydrateError::Algorithm),
        };
        Ok(Self {
            keys,
            sessions: VecDeque::new(),
        })
    }

    /// The keys of the device, which the payloads of its messages name as those
    /// of their recipient.
    #[must_use]
    pub const fn identity_keys(&self) -> IdentityKeys {
        IdentityKeys {
            curve25519: self.keys.identity.public,
            ed25519: self.keys.signing_key.public_key(),
        }
    }

    /// How many keys can start a session: one-time keys and fallback keys.
    #[must_use]
    pub fn one_time_key_count(&self) -> usize {
        self.keys.one_time_keys.len()
    }

    /// Decrypts a message that was sent to the device. All that it ever gets are
    /// pre-key messages, since it never answers. `sender` is the identity key
    /// of the device that the message is said to come from.
    ///
    /// What comes out is not checked, and no room key is made of it: for events take
    /// [`OlmEvent::decrypt_by_rehydrated`](crate::events::OlmEvent::decrypt_by_rehydrated).
    ///
    /// No key is used up, as all of them are still at the server: fetching the
    /// events can start again with a device that was read again.
    ///
    /// # Errors
    /// [`InboundError`]; the device is then as it was.
    pub fn open(
        &mut self,
        sender: &Curve25519PublicKey,
        message: &PreKeyMessage,
    ) -> Result<Vec<u8>, InboundError> {
        let known = self
            .sessions
            .iter()
            .position(|session| session.matches(message));
        if let Some(at) = known
            && let Some(session) = self.sessions.get_mut(at)
        {
            let plaintext = decrypt(session, sender, message)?;
            // To the back, as used last.
            if let Some(session) = self.sessions.remove(at) {
                self.sessions.push_back(session);
            }
            return Ok(plaintext);
        }

        let mut session = in_deep_wiped_frame(|| {
            let find = |key: &Curve25519PublicKey| {
                let mut keys = self.keys.one_time_keys.iter();
                keys.find(|pair| pair.public == *key)
                    .map(|pair| &pair.secret)
            };
            let identity = &self.keys.identity.secret;
            inbound_session_by(identity, find, SessionVersion::V1, Some(sender), message)
                .map(Box::new)
        })?;
        let plaintext = decrypt(&mut session, sender, message)?;
        if self.sessions.len() >= Self::MAX_SESSIONS {
            self.sessions.pop_front();
        }
        self.sessions.push_back(session);
        Ok(plaintext)
    }
}

fn decrypt(
    session: &mut Session,
    sender: &Curve25519PublicKey,
    message: &PreKeyMessage,
) -> Result<Vec<u8>, InboundError> {
    let found = session.session_keys().identity_key;
    if found != *sender {
        return Err(InboundError::SenderMismatch {
            expected: *sender,
            found,
        });
    }
    Ok(session
        .decrypt(&OlmMessage::PreKey(message.clone()))?
        .plaintext)
}

impl fmt::Debug for RehydratedDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RehydratedDevice")
            .field("identity_keys", &self.identity_keys())
            .finish_non_exhaustive()
    }
}

/// A member that is text.
fn text<'a>(device_data: &'a Object, field: &'static str) -> Result<&'a str, RehydrateError> {
    device_data
        .get_str(field)
        .ok_or(RehydrateError::Missing { field })
}

/// The encrypted bytes of the device.
fn pickle(device_data: &Object) -> Result<Vec<u8>, RehydrateError> {
    let field = "device_pickle";
    let text = text(device_data, field)?;
    if text.len() > RehydratedDevice::MAX_PICKLE {
        return Err(RehydrateError::TooLong { found: text.len() });
    }
    base64::decode_padded(text).map_err(|_| RehydrateError::Base64 { field })
}

fn open(device_data: &Object, key: &DehydrationKey) -> Result<Keys, RehydrateError> {
    let field = "nonce";
    let nonce = text(device_data, field)?;
    // Wiped, as it becomes the state.
    let mut pickle = Zeroizing::new(pickle(device_data)?);
    let nonce = base64::decode_padded(nonce).map_err(|_| RehydrateError::Base64 { field })?;
    let nonce: [u8; NONCE_LENGTH] = nonce
        .as_slice()
        .try_into()
        .map_err(|_| RehydrateError::NonceLength { found: nonce.len() })?;
    let (state, tag) = pickle
        .split_last_chunk_mut()
        .ok_or(RehydrateError::Inauthentic)?;
    chacha::open(key.expose_secret(), &nonce, &[], state, tag)
        .map_err(|_| RehydrateError::Inauthentic)?;
    Keys::read(state, RehydratedDevice::MAX_ONE_TIME_KEYS)
}

fn open_libolm(
    device_id: &str,
    device_data: &Object,
    key: &DehydrationKey,
) -> Result<Keys, RehydrateError> {
    let pickle = base64::encode(&pickle(device_data)?);
    let account = Account::from_libolm_pickle(&pickle, key.libolm_key(device_id).as_slice())
        .map_err(|error| {
            if error.is_wrong_key() {
                RehydrateError::Inauthentic
            } else {
                RehydrateError::LibolmPickle
            }
        })?;
    Ok(Keys::of(&account))
}
