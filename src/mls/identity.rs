//! Our own signature key and credential.

use alloc::vec::Vec;
use core::fmt;

use openmls::{
    credentials::CredentialWithKey,
    prelude::{LeafNode, NewSignerBundle},
};
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    codec,
    credential::Credential,
    group::Group,
    key_package::{self, KeyPackage},
    overlay::Overlay,
    provider::Seed,
    record::{LoneRecord, RecordKey, lone_key},
    signer::SigningKey,
    suite::CipherSuite,
};
use crate::{
    primitives::random::{RngError, draw},
    store::{Changes, Keystore, StoreError},
};

/// A signature key and the credential it goes with: what a client is, in all groups
/// of one suite. Secret; wiped on drop.
pub struct Identity {
    suite: CipherSuite,
    credential: Credential,
    key: SigningKey,
}

/// An identity as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    suite: u16,
    credential_kind: u16,
    credential: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Identity {
    /// A new key of the suite's signature scheme. Draws 32 bytes.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(
        rng: &mut R,
        suite: CipherSuite,
        credential: Credential,
    ) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let random = draw(rng)?;
        let key =
            SigningKey::from_random(suite.signature_scheme(), &random).map_err(|_| RngError)?;
        Ok(Self {
            suite,
            credential,
            key,
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new(suite: CipherSuite, credential: Credential) -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng, suite, credential)
    }

    /// The suite that the key is for.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The public key: 32 bytes for Ed25519, an uncompressed point of 65 for P-256.
    #[must_use]
    pub fn signature_key(&self) -> Vec<u8> {
        self.key.public_key()
    }

    /// The same key with another credential, such as a certificate that was made for
    /// it or is renewed. [`Group::change_identity`](super::Group::change_identity)
    /// takes it to a group.
    #[must_use]
    pub fn with_credential(self, credential: Credential) -> Self {
        Self { credential, ..self }
    }

    /// Keeps the identity in a keystore, by its signature key. Making a group or a
    /// key package does so, too. Draws 32 bytes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written.
    pub fn store_with<R>(&self, rng: &mut R, keystore: &mut Keystore) -> Result<(), StoreError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        let mut changes = Changes::new();
        self.write(&mut changes);
        seed.commit(keystore, &changes).map(drop)
    }

    /// [`Self::store_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written.
    #[cfg(feature = "os-rng")]
    pub fn store(&self, keystore: &mut Keystore) -> Result<(), StoreError> {
        self.store_with(&mut crate::primitives::random::OsRng, keystore)
    }

    /// The identity of a signature key, if the keystore has it.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be read.
    pub fn load(keystore: &Keystore, signature_key: &[u8]) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = keystore.read(&lone_key(LoneRecord::Identity, signature_key).record())?
        else {
            return Ok(None);
        };
        let stored: Stored = codec::decode(&bytes).map_err(|_| StoreError::Damaged)?;
        let suite = CipherSuite::from_number(stored.suite).ok_or(StoreError::Damaged)?;
        // The record's key is the public one, and is authenticated with the record.
        let scheme = suite.signature_scheme();
        let key = SigningKey::from_key_pair(scheme, &stored.key, signature_key)
            .map_err(|_| StoreError::Damaged)?;
        Ok(Some(Self {
            suite,
            credential: Credential::from_content(stored.credential_kind, &stored.credential),
            key,
        }))
    }

    /// The signature keys of all identities in a keystore.
    ///
    /// # Errors
    /// [`StoreError`] if they could not be read.
    pub fn signature_keys(keystore: &Keystore) -> Result<Vec<Vec<u8>>, StoreError> {
        let prefix = lone_key(LoneRecord::Identity, &[]).record();
        let keys = keystore.keys(&prefix)?;
        let keys = keys.iter().filter_map(|key| key.strip_prefix(&prefix[..]));
        Ok(keys.map(<[u8]>::to_vec).collect())
    }

    /// Deletes the identity of a signature key, and the private keys of its key
    /// packages, which nobody can be added by any more: once no group uses it, after
    /// [`Group::change_identity`](super::Group::change_identity) or
    /// [`Group::delete`](super::Group::delete). A group cannot be
    /// [rolled back](super::Group::roll_back) to it then. Draws 32 bytes.
    ///
    /// # Errors
    /// [`DeleteIdentityError`]; nothing was deleted.
    pub fn delete_with<R>(
        rng: &mut R,
        keystore: &mut Keystore,
        signature_key: &[u8],
    ) -> Result<(), DeleteIdentityError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let seed = Seed::draw(rng)?;
        if let Some(group) = Group::user_of(keystore, signature_key)? {
            return Err(DeleteIdentityError::InUse { group });
        }
        let identity = lone_key(LoneRecord::Identity, signature_key).record();
        let mut changes = Changes::from([(identity, None)]);
        for package in KeyPackage::stored(keystore)? {
            if package.signature_key() == signature_key {
                changes.insert(key_package::key_of(package.reference())?, None);
            }
        }
        seed.commit(keystore, &changes)?;
        Ok(())
    }

    /// [`Self::delete_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`DeleteIdentityError`]; nothing was deleted.
    #[cfg(feature = "os-rng")]
    pub fn delete(
        keystore: &mut Keystore,
        signature_key: &[u8],
    ) -> Result<(), DeleteIdentityError> {
        let rng = &mut crate::primitives::random::OsRng;
        Self::delete_with(rng, keystore, signature_key)
    }

    pub(super) fn write(&self, changes: &mut Changes) {
        // Plain data is always encoded.
        if let Ok(bytes) = codec::encode(&self.stored()) {
            changes.insert(self.record().record(), Some(bytes));
        }
    }

    /// [`Self::write`] along with what an operation of the engine changes.
    pub(super) fn put(&self, overlay: &Overlay<'_>) -> Result<(), StoreError> {
        overlay.told(overlay.put(self.record(), &self.stored()))
    }

    fn record(&self) -> RecordKey {
        lone_key(LoneRecord::Identity, &self.signature_key())
    }

    fn stored(&self) -> Stored {
        Stored {
            suite: self.suite.number(),
            credential_kind: self.credential.kind(),
            credential: self.credential.content(),
            key: Zeroizing::new(self.key.expose_secret().to_vec()),
        }
    }

    /// An identity whose private key comes from outside.
    #[cfg(test)]
    pub(super) fn from_secret(suite: CipherSuite, credential: Credential, secret: &[u8]) -> Self {
        let key = SigningKey::from_bytes(suite.signature_scheme(), secret).unwrap();
        Self {
            suite,
            credential,
            key,
        }
    }

    pub(super) const fn signer(&self) -> &SigningKey {
        &self.key
    }

    /// Whether a leaf has this key and credential.
    pub(super) fn is_of(&self, leaf: &LeafNode) -> bool {
        *leaf.signature_key().as_slice() == *self.signature_key()
            && *leaf.credential() == self.credential.engine()
    }

    /// What takes the place of another identity in a group.
    pub(super) fn new_signer(&self) -> NewSignerBundle<'_, SigningKey> {
        NewSignerBundle {
            signer: self.signer(),
            credential_with_key: self.credential_with_key(),
        }
    }

    pub(super) fn credential_with_key(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: self.credential.engine(),
            signature_key: self.signature_key().into(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("suite", &self.suite)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// Why an identity was not deleted; the keystore is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeleteIdentityError {
    /// A group is of this identity, or will be when the commit of ours that waits in
    /// it is merged: change or delete that group first, or discard its commit.
    InUse {
        /// The id of the group.
        group: Vec<u8>,
    },
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
}

impl fmt::Display for DeleteIdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InUse { .. } => "a group uses the identity",
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
        })
    }
}

impl core::error::Error for DeleteIdentityError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for DeleteIdentityError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for DeleteIdentityError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}
