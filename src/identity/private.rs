//! The private halves of cross-signing keys: made, kept as secrets, and used.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    device::DeviceKeys,
    error::{IdentityError, ImportKeyError, SignError},
    public::{KeyRole, OwnIdentity, UserIdentity, key_object},
    signing::{NewSignature, cross_signing_key_id, signed},
};
use crate::{
    json::{Object, SigningError},
    primitives::{
        base64,
        ed25519::{Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey},
        random::{self, RngError},
        wipe::{Secret, in_wiped_frame},
    },
};

/// A seed with its public key. It is used a few times in the life of an
/// identity, so it is expanded when it is.
struct PrivateKey {
    user_id: String,
    seed: Secret<32>,
    public: Ed25519PublicKey,
}

impl PrivateKey {
    /// For a caller that clears the stack.
    fn new(user_id: &str, seed: &[u8; 32]) -> Self {
        Self {
            user_id: user_id.to_owned(),
            seed: Secret::from(*seed),
            public: Ed25519SigningKey::expand_seed(seed).public_key(),
        }
    }

    /// For a caller that clears the stack.
    fn import(
        role: KeyRole,
        secret: &str,
        published: &OwnIdentity,
    ) -> Result<Self, ImportKeyError> {
        let seed = base64::decode_secret_padded(secret).map_err(|_| ImportKeyError::NotASeed)?;
        let seed = seed
            .as_slice()
            .try_into()
            .map_err(|_| ImportKeyError::NotASeed)?;
        let key = Self::new(published.as_user().user_id(), seed);
        if key.public == published.key(role) {
            Ok(key)
        } else {
            Err(ImportKeyError::NotThePublishedKey)
        }
    }

    fn sign(&self, bytes: &[u8]) -> Ed25519Signature {
        in_wiped_frame(|| Ed25519SigningKey::expand_seed(&self.seed).sign_in_frame(bytes))
    }

    fn key_id(&self) -> String {
        cross_signing_key_id(&self.public)
    }

    /// Whether it is the key that is published in this role, by this user.
    fn is_published(&self, role: KeyRole, own: &OwnIdentity) -> bool {
        self.user_id == own.as_user().user_id() && self.public == own.key(role)
    }
}

/// What the three private keys have in common.
macro_rules! private_key {
    ($(#[$doc:meta])* $name:ident, $role:expr) => {
        $(#[$doc])*
        pub struct $name(PrivateKey);

        /// The seed wipes itself.
        impl ZeroizeOnDrop for $name {}

        impl $name {
            /// What the key is for.
            pub const ROLE: KeyRole = $role;

            /// Takes in a secret, as secret storage holds it or another own
            /// device sends it: base64 of the seed, 32 bytes. Where it comes from
            /// need not be trusted, as it has to be the private half of the key
            /// that is published.
            ///
            /// # Errors
            ///
            /// [`ImportKeyError`] when it is no seed, or another key's.
            pub fn import(
                secret: &str,
                published: &OwnIdentity,
            ) -> Result<Self, ImportKeyError> {
                in_wiped_frame(|| PrivateKey::import(Self::ROLE, secret, published).map(Self))
            }

            /// The secret of the name [`KeyRole::secret_name`], to store or to
            /// share: base64 of the seed, 43 characters. Secret.
            #[must_use]
            pub fn to_secret(&self) -> Zeroizing<String> {
                base64::encode_secret(self.0.seed.as_slice())
            }

            /// The public half.
            #[must_use]
            pub const fn public_key(&self) -> Ed25519PublicKey {
                self.0.public
            }

            /// Whether this is the private half of the key that is published in
            /// this role. If not, drop it: the identity was replaced.
            #[must_use]
            pub fn is_published_in(&self, identity: &OwnIdentity) -> bool {
                self.0.is_published(Self::ROLE, identity)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("public", &self.0.public)
                    .finish_non_exhaustive()
            }
        }
    };
}

private_key! {
    /// The private master key. It signs the user's other two keys when they are
    /// made, and key backups. Secret; wiped on drop.
    MasterKey, KeyRole::Master
}

private_key! {
    /// The private self-signing key: it signs the user's own devices. Secret;
    /// wiped on drop.
    SelfSigningKey, KeyRole::SelfSigning
}

private_key! {
    /// The private user-signing key: it signs the master keys of other users.
    /// Secret; wiped on drop.
    UserSigningKey, KeyRole::UserSigning
}

impl MasterKey {
    /// Signs an object that is for our own devices, as the `auth_data` of a key
    /// backup, and puts the signature in.
    ///
    /// # Errors
    ///
    /// [`SigningError`] when the object cannot be signed; it is unchanged then.
    pub fn sign_object(&self, object: &mut Object) -> Result<(), SigningError> {
        object.sign(&self.0.user_id, &self.0.key_id(), |bytes| {
            self.0.sign(bytes)
        })
    }
}

impl SelfSigningKey {
    /// Signs a device of our own user, which the user verified or is using now.
    /// The signature is put in, and given for `/keys/signatures/upload`.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the device is another user's, when this key is not the
    /// one in `own`, or when the device is named like one of the keys in it;
    /// nothing is signed then.
    pub fn sign_device(
        &self,
        device: &mut DeviceKeys,
        own: &OwnIdentity,
    ) -> Result<NewSignature, SignError> {
        if !self.is_published_in(own) {
            return Err(SignError::NotThePublishedKey);
        }
        if device.user_id() != self.0.user_id {
            return Err(SignError::WrongUser);
        }
        let device_id = device.device_id().to_owned();
        if own.is_named_like_key(&device_id) {
            return Err(SignError::DeviceNamedLikeKey { device_id });
        }
        NewSignature::add(
            device.object_mut(),
            (&self.0.user_id, &device_id),
            (&self.0.user_id, &self.0.key_id()),
            |bytes| self.0.sign(bytes),
        )
    }
}

impl UserSigningKey {
    /// Signs the master key of another user, whom our user verified:
    /// `device_ids` are those of all devices of that user, none left out. The
    /// signature is put in, and given for `/keys/signatures/upload`;
    /// [`UserTrust::observe`](super::UserTrust::observe) has to see the identity
    /// then.
    ///
    /// Sign the identity whose master key was compared, and look up no other for
    /// it: it may have been replaced meanwhile.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the user is our own, when this key is not the one in
    /// `own`, or when a device of the user is named like one of the user's keys;
    /// nothing is signed then.
    pub fn sign_user<'a>(
        &self,
        other: &mut UserIdentity,
        device_ids: impl IntoIterator<Item = &'a str>,
        own: &OwnIdentity,
    ) -> Result<NewSignature, SignError> {
        if !self.is_published_in(own) {
            return Err(SignError::NotThePublishedKey);
        }
        if other.user_id() == self.0.user_id {
            return Err(SignError::WrongUser);
        }
        let mut device_ids = device_ids.into_iter();
        if let Some(device_id) = device_ids.find(|id| other.is_named_like_key(id)) {
            return Err(SignError::DeviceNamedLikeKey {
                device_id: device_id.to_owned(),
            });
        }
        let (user_id, name) = (other.user_id().to_owned(), other.master_key().to_base64());
        NewSignature::add(
            other.master_object_mut(),
            (&user_id, &name),
            (&self.0.user_id, &self.0.key_id()),
            |bytes| self.0.sign(bytes),
        )
    }
}

/// The three private keys of a new identity. Secret; wiped on drop.
#[derive(Debug)]
#[non_exhaustive]
pub struct CrossSigningKeys {
    /// Signs the other two.
    pub master: MasterKey,
    /// Signs our own devices.
    pub self_signing: SelfSigningKey,
    /// Signs other users.
    pub user_signing: UserSigningKey,
}

/// Each key wipes itself.
impl ZeroizeOnDrop for CrossSigningKeys {}

impl CrossSigningKeys {
    /// Makes the keys of a new identity. Draws 96 bytes in one call: the seeds of
    /// the master, self-signing and user-signing key.
    ///
    /// # Errors
    ///
    /// [`RngError`] if the generator fails, or gives the same seed twice.
    pub fn new_with<R>(rng: &mut R, user_id: &str) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let seeds = random::draw::<96, _>(rng)?;
            Self::expand(user_id, [seeds.part(0), seeds.part(32), seeds.part(64)]).ok_or(RngError)
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new(user_id: &str) -> Result<Self, RngError> {
        Self::new_with(&mut random::OsRng, user_id)
    }

    /// The keys of these seeds: master, self-signing, user-signing.
    ///
    /// # Errors
    ///
    /// [`IdentityError::SameKey`] when two seeds are equal.
    pub fn from_seeds(user_id: &str, seeds: [&[u8; 32]; 3]) -> Result<Self, IdentityError> {
        in_wiped_frame(|| Self::expand(user_id, seeds).ok_or(IdentityError::SameKey))
    }

    fn expand(user_id: &str, seeds: [&[u8; 32]; 3]) -> Option<Self> {
        let [master, self_signing, user_signing] = seeds.map(|seed| PrivateKey::new(user_id, seed));
        let differ = master.public != self_signing.public
            && master.public != user_signing.public
            && self_signing.public != user_signing.public;
        differ.then_some(Self {
            master: MasterKey(master),
            self_signing: SelfSigningKey(self_signing),
            user_signing: UserSigningKey(user_signing),
        })
    }

    /// The public identity: three objects, of which the master key signs two.
    #[must_use]
    pub fn public_identity(&self) -> OwnIdentity {
        let master = &self.master.0;
        let object = |role, key| key_object(role, &master.user_id, key);
        let signed = |role, key| {
            let object = object(role, key);
            signed(object, &master.user_id, &master.key_id(), |bytes| {
                master.sign(bytes)
            })
        };
        let [self_signing, user_signing] =
            [&self.self_signing.0.public, &self.user_signing.0.public];
        OwnIdentity::made(
            &master.user_id,
            [
                (master.public, object(KeyRole::Master, &master.public)),
                (*self_signing, signed(KeyRole::SelfSigning, self_signing)),
                (*user_signing, signed(KeyRole::UserSigning, user_signing)),
            ],
        )
    }
}
