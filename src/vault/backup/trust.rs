//! Whether to write to a backup: only if it is known not to be the server's own.

use alloc::{borrow::ToOwned, format, string::String};
use core::fmt;

use rand_core::TryCryptoRng;

use super::{
    super::{
        pk::{PkEncryptError, PkEncryption},
        room_key::RoomKey,
    },
    entry::{BackedUpSession, Provenance},
    key::BackupKey,
    version::BackupVersion,
};
use crate::{
    json::CheckError,
    primitives::{curve25519::Curve25519PublicKey, ed25519::Ed25519PublicKey},
};

/// A key of our own user whose signature makes a backup ours.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BackupSigner<'a> {
    /// This device.
    OwnDevice {
        /// The device's id.
        device_id: &'a str,
        /// Its key.
        key: Ed25519PublicKey,
    },
    /// Our master key: if this device has verified our identity.
    MasterKey {
        /// The key.
        key: Ed25519PublicKey,
    },
    /// Another device of ours: if it is verified.
    VerifiedDevice {
        /// The device's id.
        device_id: &'a str,
        /// Its key.
        key: Ed25519PublicKey,
    },
}

impl BackupSigner<'_> {
    fn key_id(&self) -> String {
        match self {
            Self::OwnDevice { device_id, .. } | Self::VerifiedDevice { device_id, .. } => {
                format!("ed25519:{device_id}")
            }
            Self::MasterKey { key } => format!("ed25519:{}", key.to_base64()),
        }
    }

    const fn key(&self) -> &Ed25519PublicKey {
        match self {
            Self::OwnDevice { key, .. }
            | Self::MasterKey { key }
            | Self::VerifiedDevice { key, .. } => key,
        }
    }
}

/// Why a backup is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupTrust {
    /// This device signed it.
    OwnDevice,
    /// Our master key signed it.
    MasterKey,
    /// A verified device of ours signed it.
    VerifiedDevice {
        /// The device's id.
        device_id: String,
    },
    /// We have its private key.
    PrivateKey,
}

/// A version of the backup to write to. Check again when the server names
/// another version (`M_WRONG_ROOM_KEYS_VERSION`). Public.
#[derive(Clone, Debug)]
pub struct TrustedBackup {
    version: String,
    public_key: Curve25519PublicKey,
    by: BackupTrust,
}

impl BackupVersion {
    /// Whether one of these keys of ours, `user`'s, signed the backup. Of other
    /// keys' signatures nothing is known, and a bad one takes nothing from a
    /// good one.
    ///
    /// # Errors
    /// [`UntrustedBackup`]: nothing may be written to it.
    pub fn trust_by_signature(
        &self,
        user: &str,
        signers: &[BackupSigner<'_>],
    ) -> Result<TrustedBackup, UntrustedBackup> {
        let mut verdict = UntrustedBackup::NoSignature;
        for signer in signers {
            let signed =
                self.auth_data()
                    .json()
                    .check_signature(user, &signer.key_id(), signer.key());
            match signed {
                Ok(()) => {
                    return Ok(self.trusted(match signer {
                        BackupSigner::OwnDevice { .. } => BackupTrust::OwnDevice,
                        BackupSigner::MasterKey { .. } => BackupTrust::MasterKey,
                        BackupSigner::VerifiedDevice { device_id, .. } => {
                            BackupTrust::VerifiedDevice {
                                device_id: (*device_id).to_owned(),
                            }
                        }
                    }));
                }
                Err(CheckError::NoSignature) => {}
                Err(_) => verdict = UntrustedBackup::BadSignature,
            }
        }
        Err(verdict)
    }

    /// Whether this is the backup's private key, which the caller has from the
    /// user, from secret storage, or from a verified device of ours.
    ///
    /// # Errors
    /// [`UntrustedBackup::OtherKey`]: the key is of another version. Set it
    /// aside; nothing may be written to this one.
    pub fn trust_by_key(&self, key: &BackupKey) -> Result<TrustedBackup, UntrustedBackup> {
        if key.public_key() == self.auth_data().public_key() {
            Ok(self.trusted(BackupTrust::PrivateKey))
        } else {
            Err(UntrustedBackup::OtherKey)
        }
    }

    fn trusted(&self, by: BackupTrust) -> TrustedBackup {
        TrustedBackup {
            version: self.version().to_owned(),
            public_key: self.auth_data().public_key(),
            by,
        }
    }
}

impl TrustedBackup {
    /// The version that may be written to.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Why.
    #[must_use]
    pub const fn trusted_by(&self) -> &BackupTrust {
        &self.by
    }

    /// Encrypts a session for the backup.
    ///
    /// Draws 32 bytes from `rng`.
    ///
    /// # Errors
    /// [`PkEncryptError::Rng`] if the generator fails.
    pub fn encrypt_with<R>(
        &self,
        rng: &mut R,
        key: &RoomKey,
        provenance: Provenance,
    ) -> Result<BackedUpSession, PkEncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let data = PkEncryption::new(self.public_key).encrypt_with(rng, &key.to_json())?;
        Ok(BackedUpSession::new(key, provenance, data))
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// As [`Self::encrypt_with`].
    #[cfg(feature = "os-rng")]
    pub fn encrypt(
        &self,
        key: &RoomKey,
        provenance: Provenance,
    ) -> Result<BackedUpSession, PkEncryptError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng, key, provenance)
    }
}

/// Why nothing may be written to a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UntrustedBackup {
    /// None of our keys signed it.
    NoSignature,
    /// A signature of ours does not verify: somebody changed the backup.
    BadSignature,
    /// The private key is of another backup.
    OtherKey,
}

impl fmt::Display for UntrustedBackup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSignature => "the backup is not signed by a key of ours",
            Self::BadSignature => "a signature of the backup does not verify",
            Self::OtherKey => "the key is of another backup",
        })
    }
}

impl core::error::Error for UntrustedBackup {}
