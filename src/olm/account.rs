//! A device's account: its long-lived keys and those it publishes.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    MAX_ONE_TIME_KEYS,
    error::{GenerateError, InboundError, OutboundError},
    fallback_keys::{FallbackKey, FallbackKeys},
    key_id::{KeyId, KeyIdCounter},
    message::PreKeyMessage,
    one_time_keys::{OneTimeKey, OneTimeKeys, PublicOneTimeKey},
    pending::Pending,
    session::Session,
    session_keys::SessionKeys,
    steps,
};
use crate::{
    codec::version::SessionVersion,
    primitives::{
        curve25519::{
            Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey, PreparedPublicKey,
            public_keys,
        },
        ed25519::{Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey},
        random::{self, RngError},
        wipe::{in_deep_wiped_frame, in_wiped_frame},
    },
};

/// The public keys by which a device is known. They live as long as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityKeys {
    /// What its sessions start from.
    pub curve25519: Curve25519PublicKey,
    /// What its signatures verify under: the fingerprint that people compare.
    pub ed25519: Ed25519PublicKey,
}

impl IdentityKeys {
    /// `{"curve25519":"…","ed25519":"…"}`, as libolm writes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        alloc::format!(
            r#"{{"curve25519":"{}","ed25519":"{}"}}"#,
            self.curve25519,
            self.ed25519
        )
    }
}

/// One-time keys that were made, and those that had to go for them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeneratedKeys {
    /// The new keys, in rising order of id.
    pub created: Vec<PublicOneTimeKey>,
    /// The oldest keys, which no longer start a session.
    pub removed: Vec<PublicOneTimeKey>,
}

/// A fallback key that was made, and the one that had to go for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeneratedFallbackKey {
    /// The new key.
    pub created: PublicOneTimeKey,
    /// The key before the previous one, which no longer starts a session.
    pub removed: Option<PublicOneTimeKey>,
}

/// The account of a device. Secret; no heap inside, wiped on drop.
///
/// What is published is the same until it is marked by the names that the server
/// took, so a crash between upload and answer loses nothing:
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::olm::{Account, KeyId};
///
/// let mut account = Account::new()?;
/// account.generate_one_time_keys(10)?;
/// account.generate_fallback_key()?;
///
/// let upload = account.one_time_keys_json();
/// assert_eq!(upload, account.one_time_keys_json());
///
/// // The server answers which keys it took.
/// let taken: Vec<KeyId> = account.unpublished_one_time_keys().map(|key| key.id).collect();
/// assert_eq!(account.mark_one_time_keys_published(&taken), 10);
/// assert_eq!(account.one_time_keys_json(), r#"{"curve25519":{}}"#);
/// assert_eq!(account.one_time_key_count(), 10);
///
/// // "One-time key AAAAFA already exists": never give that name, or one below.
/// account.skip_key_ids(KeyId::from_base64("AAAAFA").ok_or("no key id")?);
/// assert_eq!(account.generate_one_time_keys(1)?.created[0].id.to_base64(), "AAAAFQ");
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct Account {
    pub(crate) signing_key: Ed25519SigningKey,
    pub(crate) identity: Curve25519KeyPair,
    pub(crate) one_time_keys: OneTimeKeys,
    pub(crate) fallback_keys: FallbackKeys,
    pub(crate) key_ids: KeyIdCounter,
}

/// Every part that is secret wipes itself.
impl ZeroizeOnDrop for Account {}

impl Account {
    /// Makes an account. Draws 64 bytes in one call: the Ed25519 seed, then the
    /// Curve25519 key.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let [seed, secret] = &*random::draw_two(rng)?;
            Ok(Self {
                signing_key: Ed25519SigningKey::expand_seed(seed),
                identity: Curve25519KeyPair::from_secret(Curve25519SecretKey::from_bytes(secret)),
                one_time_keys: OneTimeKeys::new(),
                fallback_keys: FallbackKeys::default(),
                key_ids: KeyIdCounter::new(),
            })
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut random::OsRng)
    }

    /// The public identity keys.
    #[must_use]
    pub const fn identity_keys(&self) -> IdentityKeys {
        IdentityKeys {
            curve25519: self.identity.public,
            ed25519: self.signing_key.public_key(),
        }
    }

    /// Signs `message` with the Ed25519 identity key.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        self.signing_key.sign(message)
    }

    /// Makes `count` one-time keys. Draws 32 bytes for each, in one call, in
    /// rising order of id. A full account drops its oldest keys.
    ///
    /// # Errors
    /// [`GenerateError`]; the account is then as it was.
    pub fn generate_one_time_keys_with<R>(
        &mut self,
        rng: &mut R,
        count: usize,
    ) -> Result<GeneratedKeys, GenerateError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if count > MAX_ONE_TIME_KEYS {
            return Err(GenerateError::TooMany {
                max: MAX_ONE_TIME_KEYS,
            });
        }
        in_wiped_frame(|| {
            let mut bytes = Zeroizing::new(alloc::vec![[0; 32]; count]);
            random::fill(rng, bytes.as_flattened_mut())?;
            let ids = self
                .key_ids
                .take(count as u64)
                .ok_or(GenerateError::KeyIdsExhausted)?;
            let mut secrets = Vec::with_capacity(count);
            secrets.extend(bytes.iter().map(Curve25519SecretKey::from_bytes));
            let mut created = Vec::with_capacity(count);
            let mut removed = Vec::new();
            for ((secret, public), id) in secrets.iter().zip(public_keys(&secrets)).zip(ids) {
                let id = KeyId::new(id, self.key_ids.width);
                let pair = Curve25519KeyPair {
                    secret: secret.clone(),
                    public,
                };
                let key = OneTimeKey {
                    id,
                    published: false,
                    pair,
                };
                created.push(key.public());
                removed.extend(self.one_time_keys.insert(key));
            }
            Ok(GeneratedKeys { created, removed })
        })
    }

    /// [`Self::generate_one_time_keys_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GenerateError`]; the account is then as it was.
    #[cfg(feature = "os-rng")]
    pub fn generate_one_time_keys(&mut self, count: usize) -> Result<GeneratedKeys, GenerateError> {
        self.generate_one_time_keys_with(&mut random::OsRng, count)
    }

    /// All one-time keys that can still start a session, published or not,
    /// oldest first.
    #[must_use]
    pub fn one_time_keys(&self) -> Vec<PublicOneTimeKey> {
        self.one_time_keys.public_keys()
    }

    /// How many one-time keys there are, published or not.
    #[must_use]
    pub fn one_time_key_count(&self) -> usize {
        self.one_time_keys.as_slice().len()
    }

    /// The one-time keys to upload, newest first: the same ones until they are
    /// [marked](Self::mark_one_time_keys_published), also after a restart.
    pub fn unpublished_one_time_keys(&self) -> impl Iterator<Item = PublicOneTimeKey> + '_ {
        self.one_time_keys.unpublished()
    }

    /// [`Self::unpublished_one_time_keys`] as libolm writes them:
    /// `{"curve25519":{"AAAAAQ":"…"}}`.
    #[must_use]
    pub fn one_time_keys_json(&self) -> String {
        keys_json(self.unpublished_one_time_keys())
    }

    /// Marks those one-time keys as published that the server took; gives how
    /// many were not marked before.
    pub fn mark_one_time_keys_published(&mut self, ids: &[KeyId]) -> usize {
        self.one_time_keys.mark_published(|id| ids.contains(&id))
    }

    /// Marks the current fallback key as published if it has this id; gives
    /// whether it was not marked before.
    pub fn mark_fallback_key_published(&mut self, id: KeyId) -> bool {
        match &mut self.fallback_keys.current {
            Some(key) if key.id == id => !core::mem::replace(&mut key.published, true),
            _ => false,
        }
    }

    /// Marks all one-time keys and the current fallback key as published, as
    /// libolm does. Prefer the ones by id: an upload may have been taken in
    /// part.
    pub fn mark_all_published(&mut self) {
        self.one_time_keys.mark_published(|_| true);
        if let Some(key) = &mut self.fallback_keys.current {
            key.published = true;
        }
    }

    /// Makes a fallback key the current one; the one before stays usable until
    /// the next. Draws 32 bytes.
    ///
    /// # Errors
    /// [`GenerateError`]; the account is then as it was.
    pub fn generate_fallback_key_with<R>(
        &mut self,
        rng: &mut R,
    ) -> Result<GeneratedFallbackKey, GenerateError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let pair = Curve25519KeyPair::from_secret(Curve25519SecretKey::new_with(rng)?);
            let id = self
                .key_ids
                .take(1)
                .ok_or(GenerateError::KeyIdsExhausted)?
                .start;
            let id = KeyId::new(id, self.key_ids.width);
            let key = FallbackKey {
                id,
                published: false,
                pair,
            };
            let created = key.public();
            let removed = self.fallback_keys.replace(key);
            Ok(GeneratedFallbackKey { created, removed })
        })
    }

    /// [`Self::generate_fallback_key_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`GenerateError`]; the account is then as it was.
    #[cfg(feature = "os-rng")]
    pub fn generate_fallback_key(&mut self) -> Result<GeneratedFallbackKey, GenerateError> {
        self.generate_fallback_key_with(&mut random::OsRng)
    }

    /// The current fallback key, published or not.
    #[must_use]
    pub fn fallback_key(&self) -> Option<PublicOneTimeKey> {
        self.fallback_keys.current.as_ref().map(OneTimeKey::public)
    }

    /// The fallback key before the current one, while it is usable.
    #[must_use]
    pub fn previous_fallback_key(&self) -> Option<PublicOneTimeKey> {
        self.fallback_keys.previous.as_ref().map(OneTimeKey::public)
    }

    /// The current fallback key, if it has to be uploaded.
    #[must_use]
    pub fn unpublished_fallback_key(&self) -> Option<PublicOneTimeKey> {
        self.fallback_keys
            .current
            .as_ref()
            .filter(|key| !key.published)
            .map(OneTimeKey::public)
    }

    /// [`Self::fallback_key`] as libolm writes it.
    #[must_use]
    pub fn fallback_key_json(&self) -> String {
        keys_json(self.fallback_key().into_iter())
    }

    /// [`Self::unpublished_fallback_key`] as libolm writes it.
    #[must_use]
    pub fn unpublished_fallback_key_json(&self) -> String {
        keys_json(self.unpublished_fallback_key().into_iter())
    }

    /// Drops the fallback key before the current one, a while after the current
    /// one was published; gives whether there was one.
    pub fn forget_previous_fallback_key(&mut self) -> bool {
        self.fallback_keys.forget_previous()
    }

    /// Drops a one-time key, so that it starts no session; gives whether it was
    /// there. Fallback keys are not touched.
    pub fn remove_one_time_key(&mut self, key: &Curve25519PublicKey) -> bool {
        in_wiped_frame(|| self.one_time_keys.remove(key))
    }

    /// Gives no id up to and including this one to a new key: for an account
    /// whose server says that an id exists already. Never goes back. Gives whether
    /// the id is of the width that this account gives; another, which the account
    /// can never collide with, changes nothing.
    ///
    /// The text comes from the server, so check that it is one the account could
    /// have given: every id below it is lost.
    pub fn skip_key_ids(&mut self, up_to: KeyId) -> bool {
        let ours = up_to.width() == self.key_ids.width;
        if ours {
            self.key_ids.next = self.key_ids.next.max(up_to.value().saturating_add(1));
        }
        ours
    }

    /// Starts a session with a device, by its identity key and one of its
    /// one-time keys, whose signatures were checked. Draws 64 bytes in one call:
    /// the base key, then the first ratchet key.
    ///
    /// # Errors
    /// [`OutboundError`] if the generator fails or a key is of small order.
    pub fn outbound_session_with<R>(
        &self,
        rng: &mut R,
        version: SessionVersion,
        identity_key: &Curve25519PublicKey,
        one_time_key: &Curve25519PublicKey,
    ) -> Result<Session, OutboundError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_deep_wiped_frame(|| {
            let [base_key, ratchet_key] = &*random::draw_two(rng)?;
            let pair = |key| Curve25519KeyPair::from_secret(Curve25519SecretKey::from_bytes(key));
            let (base_key, ratchet_key) = (pair(base_key), pair(ratchet_key));
            let one_time = PreparedPublicKey::new(one_time_key);
            let secret = steps::triple([
                one_time.diffie_hellman(&self.identity.secret)?,
                base_key.secret.multiply(identity_key)?,
                one_time.diffie_hellman(&base_key.secret)?,
            ]);
            let keys = SessionKeys {
                identity_key: self.identity.public,
                base_key: base_key.public,
                one_time_key: *one_time_key,
            };
            Ok(Session::outbound(
                version,
                keys,
                secret.as_slice(),
                ratchet_key,
            ))
        })
    }

    /// [`Self::outbound_session_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`OutboundError`] if the generator fails or a key is of small order.
    #[cfg(feature = "os-rng")]
    pub fn outbound_session(
        &self,
        version: SessionVersion,
        identity_key: &Curve25519PublicKey,
        one_time_key: &Curve25519PublicKey,
    ) -> Result<Session, OutboundError> {
        self.outbound_session_with(&mut random::OsRng, version, identity_key, one_time_key)
    }

    /// Decrypts the pre-key message by which a device starts a session, and
    /// spends nothing: [`Pending::accept`] does. `sender` is the identity key
    /// of the device that the message is said to come from.
    ///
    /// # Errors
    /// [`InboundError`] if the message was made by another identity key, by a
    /// one-time key that is not there, in another version, with a key of small
    /// order, or does not decrypt.
    pub fn open(
        &self,
        version: SessionVersion,
        sender: &Curve25519PublicKey,
        message: &PreKeyMessage,
    ) -> Result<Pending, InboundError> {
        in_deep_wiped_frame(|| {
            let mut session = steps::make_inbound_session(self, version, Some(sender), message)?;
            let plaintext = session.decrypt_in_frame(&message.view())?.plaintext;
            let used = message.session_keys().one_time_key;
            let used_fallback_key = self.one_time_keys.find(&used).is_none();
            Ok(Pending {
                session,
                plaintext,
                used_fallback_key,
            })
        })
    }

    /// The one-time or fallback key with this public half.
    pub(super) fn find_one_time_key(&self, key: &Curve25519PublicKey) -> Option<&OneTimeKey> {
        self.one_time_keys
            .find(key)
            .or_else(|| self.fallback_keys.find(key))
    }

    /// Whether this is the current or the previous fallback key.
    pub(super) fn has_fallback_key(&self, key: &Curve25519PublicKey) -> bool {
        self.fallback_keys.find(key).is_some()
    }

    pub(super) const fn identity(&self) -> &Curve25519KeyPair {
        &self.identity
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("identity_keys", &self.identity_keys())
            .field("one_time_key_count", &self.one_time_key_count())
            .finish_non_exhaustive()
    }
}

/// The shape in which libolm publishes keys. Ids and keys are base64, so
/// nothing needs escaping.
fn keys_json(keys: impl Iterator<Item = PublicOneTimeKey>) -> String {
    let mut json = String::from(r#"{"curve25519":{"#);
    for (position, entry) in keys.enumerate() {
        if position > 0 {
            json.push(',');
        }
        json.push_str(&alloc::format!(r#""{}":"{}""#, entry.id, entry.key));
    }
    json.push_str("}}");
    json
}
