//! Key packages: what a client publishes so that others can add it.

use alloc::{boxed::Box, vec::Vec};
use core::{fmt, time::Duration};
use std::time::SystemTime;

use openmls::{
    key_packages::{
        KeyPackage as Engine, KeyPackageBundle, KeyPackageIn, Lifetime, errors::KeyPackageNewError,
        errors::KeyPackageVerifyError,
    },
    prelude::{KeyPackageRef, MlsMessageBodyIn, MlsMessageOut, ProtocolVersion},
};
use rand_core::TryCryptoRng;
use tls_codec::{Deserialize, Serialize, VLBytes};

use super::{
    codec,
    credential::Credential,
    crypto::Crypto,
    extension::Capabilities,
    identity::Identity,
    message_body,
    overlay::Overlay,
    provider::Seed,
    record::{LoneRecord, lone_key},
    rules::{LifetimeFault, Rules},
    sealable,
    suite::CipherSuite,
};
use crate::{
    primitives::{random::RngError, wipe::Secret},
    store::{Changes, Keystore, StoreError},
};

/// What a key package is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPackageOptions {
    lifetime: Duration,
    last_resort: bool,
    capabilities: Capabilities,
}

impl Default for KeyPackageOptions {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(84 * 24 * 3600),
            last_resort: false,
            capabilities: Capabilities::default(),
        }
    }
}

impl KeyPackageOptions {
    /// How long from now it can be used, by the system's clock; 84 days by default.
    /// It starts an hour ago, for clocks that go wrong.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Whether it is one of last resort: given out again and again when no other is
    /// left, and its private key is kept after its use. Replace it when it was
    /// used: whoever gets that key can read the Welcomes of all groups it was used
    /// for.
    #[must_use]
    pub const fn last_resort(mut self, last_resort: bool) -> Self {
        self.last_resort = last_resort;
        self
    }

    /// What the client understands.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }
}

/// A key package (RFC 9420 §10) that was checked: signatures, keys, and what
/// [`Rules`] say. Public; its private keys are in the keystore of whoever made it.
#[derive(Clone, PartialEq)]
pub struct KeyPackage {
    engine: Box<Engine>,
    reference: Vec<u8>,
}

impl KeyPackage {
    /// Makes a key package, and keeps its private keys and the identity. Draws 32
    /// bytes.
    ///
    /// # Errors
    /// [`KeyPackageError`]; nothing was written.
    pub fn generate_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        identity: &Identity,
        options: &KeyPackageOptions,
    ) -> Result<Self, KeyPackageError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let provider = seed.provider(Overlay::new(keystore));
        let mut builder = Engine::builder()
            .key_package_lifetime(Lifetime::new(options.lifetime.as_secs()))
            .leaf_node_capabilities(options.capabilities.engine(identity.credential().kind()));
        if options.last_resort {
            builder = builder.mark_as_last_resort();
        }
        let made = builder.build(
            identity.suite().engine(),
            &provider,
            identity.signer(),
            identity.credential_with_key(),
        );
        if let Some(failure) = provider.failure() {
            return Err(failure.into());
        }
        let engine = made?.into_key_package();
        let this = Self::new(engine)?;
        let mut changes = provider.into_changes()?;
        identity.write(&mut changes);
        seed.commit(keystore, &changes)?;
        Ok(this)
    }

    /// [`Self::generate_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`KeyPackageError`]; nothing was written.
    #[cfg(feature = "os-rng")]
    pub fn generate(
        keystore: &mut Keystore,
        identity: &Identity,
        options: &KeyPackageOptions,
    ) -> Result<Self, KeyPackageError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::generate_with(rng, keystore, identity, options)
    }

    /// Reads and checks a key package that was published: an `MLSMessage` of wire
    /// format `mls_key_package`.
    ///
    /// # Errors
    /// [`KeyPackageError`].
    pub fn from_bytes(bytes: &[u8], rules: &Rules) -> Result<Self, KeyPackageError> {
        let Some(MlsMessageBodyIn::KeyPackage(package)) = message_body(bytes) else {
            return Err(KeyPackageError::Malformed);
        };
        let engine = verify(package, rules)?;
        if !rules.accepts_leaf(engine.leaf_node()) {
            return Err(KeyPackageError::CredentialRejected);
        }
        if !sealable::package(&engine) {
            return Err(KeyPackageError::Invalid);
        }
        Self::new(engine)
    }

    fn new(engine: Engine) -> Result<Self, KeyPackageError> {
        let reference = engine
            .hash_ref(&Crypto::new(Secret::ZERO))
            .map_err(|_| KeyPackageError::Internal)?;
        Ok(Self {
            engine: Box::new(engine),
            reference: reference.as_slice().to_vec(),
        })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What is published: an `MLSMessage` of wire format `mls_key_package`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Fails for fields of more than 2^30 bytes alone.
        MlsMessageOut::from(Engine::clone(&self.engine))
            .tls_serialize_detached()
            .unwrap_or_default()
    }

    /// The reference (RFC 9420 §5.2), 32 bytes: what a Welcome names it by.
    #[must_use]
    pub fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// The suite.
    ///
    /// # Errors
    /// The number of a suite that this build does not have.
    pub fn suite(&self) -> Result<CipherSuite, u16> {
        let engine = self.engine.ciphersuite();
        CipherSuite::from_engine(engine).ok_or_else(|| engine.into())
    }

    /// Whose it is.
    #[must_use]
    pub fn credential(&self) -> Credential {
        Credential::from_engine(self.engine.leaf_node().credential())
    }

    /// The signature key of the client.
    #[must_use]
    pub fn signature_key(&self) -> &[u8] {
        self.engine.leaf_node().signature_key().as_slice()
    }

    /// Whether it is one of last resort.
    #[must_use]
    pub fn is_last_resort(&self) -> bool {
        self.engine.last_resort()
    }

    /// From when to when it can be used, in seconds since 1970.
    #[must_use]
    pub fn lifetime(&self) -> (u64, u64) {
        let lifetime = self.engine.life_time();
        (lifetime.not_before(), lifetime.not_after())
    }

    /// All whose private keys the keystore has: how many are left to be used, whose
    /// they are, and until when.
    ///
    /// # Errors
    /// [`StoreError`] if they could not be read.
    pub fn stored(keystore: &Keystore) -> Result<Vec<Self>, StoreError> {
        let keys = keystore.keys(&lone_key(LoneRecord::KeyPackage, &[]).record())?;
        let packages = keys.iter().map(|key| {
            let bytes = keystore.read(key)?.ok_or(StoreError::Damaged)?;
            let bundle: KeyPackageBundle =
                codec::decode(&bytes).map_err(|_| StoreError::Damaged)?;
            Self::new(bundle.key_package().clone()).map_err(|_| StoreError::Damaged)
        });
        packages.collect()
    }

    /// Whether the keystore has the private keys of a reference: not any more when
    /// it was used for a Welcome, unless it is of last resort.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be read.
    pub fn is_stored(keystore: &Keystore, reference: &[u8]) -> Result<bool, StoreError> {
        Ok(keystore.read(&key_of(reference)?)?.is_some())
    }

    /// Deletes the private keys of a key package, as when it has expired. Draws 32
    /// bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    pub fn delete_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        reference: &[u8],
    ) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let changes = Changes::from([(key_of(reference)?, None)]);
        seed.commit(keystore, &changes).map(drop)
    }

    /// [`Self::delete_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    #[cfg(feature = "os-rng")]
    pub fn delete(keystore: &mut Keystore, reference: &[u8]) -> Result<(), StoreError> {
        Self::delete_with(&mut crate::primitives::random::OsRng, keystore, reference)
    }

    /// Deletes the private keys of all key packages that cannot be used any more, by
    /// the system's clock, and says how many: to be done now and then, since nobody
    /// needs them but who has recorded a Welcome. Draws 32 bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    pub fn delete_expired_with<R>(rng: &mut R, keystore: &mut Keystore) -> Result<usize, StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let seed = Seed::draw(rng)?;
        let mut changes = Changes::new();
        for package in Self::stored(keystore)? {
            if package.lifetime().1 <= now {
                changes.insert(key_of(package.reference())?, None);
            }
        }
        seed.commit(keystore, &changes)?;
        Ok(changes.len())
    }

    /// [`Self::delete_expired_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted.
    #[cfg(feature = "os-rng")]
    pub fn delete_expired(keystore: &mut Keystore) -> Result<usize, StoreError> {
        Self::delete_expired_with(&mut crate::primitives::random::OsRng, keystore)
    }
}

/// The record of a key package, by its reference as openmls encodes it.
pub(super) fn key_of(reference: &[u8]) -> Result<Vec<u8>, StoreError> {
    // openmls makes a reference of bytes from the wire alone.
    let encoded = VLBytes::from(reference)
        .tls_serialize_detached()
        .and_then(KeyPackageRef::tls_deserialize_exact)
        .map_err(|_| StoreError::TooLarge)?;
    let encoded = codec::encode(&encoded).map_err(|_| StoreError::TooLarge)?;
    Ok(lone_key(LoneRecord::KeyPackage, &encoded).record())
}

fn verify(package: KeyPackageIn, rules: &Rules) -> Result<Engine, KeyPackageError> {
    let crypto = Crypto::new(Secret::ZERO);
    let lax = (!rules.checks_lifetimes()).then(|| package.clone());
    let engine = match (package.validate(&crypto, ProtocolVersion::Mls10), lax) {
        // openmls looks at the lifetime last.
        (Err(KeyPackageVerifyError::LifetimeError(_)), Some(package)) => package.into_unchecked(),
        (verified, _) => verified?,
    };
    rules.lifetime(engine.life_time())?;
    Ok(engine)
}

impl fmt::Debug for KeyPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPackage")
            .field("suite", &self.engine.ciphersuite())
            .field("credential", &self.credential())
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

/// Why a key package was not made or not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyPackageError {
    /// The bytes are no key package, or there are more than 32 MiB of them.
    Malformed,
    /// This build does not have its suite.
    UnsupportedSuite,
    /// A signature, a key or an extension is not as RFC 9420 §10.1 wants it.
    Invalid,
    /// It cannot be used yet, or not any more.
    Expired,
    /// It can be used for longer than the rules allow.
    LifetimeTooLong,
    /// The rules reject its credential.
    CredentialRejected,
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
    /// openmls could not do what it should always be able to: a bug.
    Internal,
}

impl fmt::Display for KeyPackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the bytes are no key package",
            Self::UnsupportedSuite => "the cipher suite is not supported",
            Self::Invalid => "the key package is not valid",
            Self::Expired => "the key package cannot be used now",
            Self::LifetimeTooLong => "the lifetime of the key package is too long",
            Self::CredentialRejected => "the credential was rejected",
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
            Self::Internal => "the MLS engine failed",
        })
    }
}

impl core::error::Error for KeyPackageError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for KeyPackageError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for KeyPackageError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<LifetimeFault> for KeyPackageError {
    fn from(fault: LifetimeFault) -> Self {
        match fault {
            LifetimeFault::TooLong => Self::LifetimeTooLong,
            LifetimeFault::NotNow => Self::Expired,
        }
    }
}

impl From<KeyPackageNewError> for KeyPackageError {
    fn from(error: KeyPackageNewError) -> Self {
        match error {
            KeyPackageNewError::UnsupportedCiphersuite(_)
            | KeyPackageNewError::CiphersuiteSignatureSchemeMismatch => Self::UnsupportedSuite,
            _ => Self::Internal,
        }
    }
}

impl From<KeyPackageVerifyError> for KeyPackageError {
    fn from(error: KeyPackageVerifyError) -> Self {
        match error {
            KeyPackageVerifyError::LifetimeError(_) => Self::Expired,
            KeyPackageVerifyError::LibraryError(_) => Self::Internal,
            _ => Self::Invalid,
        }
    }
}
