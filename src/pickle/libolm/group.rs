//! libolm's group sessions: outbound version 1, inbound versions 1 and 2.

use alloc::string::String;

use super::{put_signing_key, read, signing_key, write};
use crate::{
    codec::version::SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
    pickle::{
        error::{ExportError, ImportError},
        ratchet,
    },
    primitives::ed25519::Ed25519PublicKey,
};

const OUTBOUND_VERSION: u32 = 1;
const INBOUND_VERSION: u32 = 2;

fn check_version(version: SessionVersion) -> Result<(), ExportError> {
    match version {
        SessionVersion::V1 => Ok(()),
        SessionVersion::V2 => Err(ExportError::UnsupportedConfig),
    }
}

impl OutboundGroupSession {
    /// Reads a session from libolm's pickle (version 1).
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_libolm_pickle(text: &str, key: &[u8]) -> Result<Self, ImportError> {
        read(text, key, |version, record| match version {
            OUTBOUND_VERSION => Ok(Self {
                version: SessionVersion::V1,
                ratchet: ratchet::read(record)?,
                exhausted: false,
                signing_key: signing_key(record)?,
            }),
            version => Err(ImportError::UnknownVersion { version }),
        })
    }

    /// Writes the session as libolm's pickle (version 1), for moving out.
    ///
    /// # Errors
    /// [`ExportError`] if the session speaks version 2, or has sent its last
    /// message: libolm would start again at index 0.
    pub fn to_libolm_pickle(&self, key: &[u8]) -> Result<String, ExportError> {
        check_version(self.version)?;
        if self.exhausted {
            return Err(ExportError::Exhausted);
        }
        write(key, OUTBOUND_VERSION, ratchet::LENGTH + 96, |out| {
            ratchet::put(&self.ratchet, out);
            put_signing_key(&self.signing_key, out);
            Ok(())
        })
    }
}

impl InboundGroupSession {
    /// Reads a session from libolm's pickle (versions 1 and 2; a session of
    /// version 1 counts as verified, as in libolm).
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_libolm_pickle(text: &str, key: &[u8]) -> Result<Self, ImportError> {
        read(text, key, |version, record| {
            if !(1..=INBOUND_VERSION).contains(&version) {
                return Err(ImportError::UnknownVersion { version });
            }
            let initial = ratchet::read(record)?;
            let latest = ratchet::read(record)?;
            let signing_key = Ed25519PublicKey::from_bytes(record.array()?)?;
            let verified = if version == 1 { true } else { record.flag()? };
            let verified_from = verified.then_some(initial.index());
            let mut wound = initial.clone();
            wound.advance_to(latest.index());
            if !wound.is_same(&latest) {
                return Err(ImportError::KeysDisagree);
            }
            Ok(Self {
                version: SessionVersion::V1,
                initial,
                latest,
                signing_key,
                verified_from,
            })
        })
    }

    /// Writes the session as libolm's pickle (version 2), for moving out.
    ///
    /// # Errors
    /// [`ExportError::UnsupportedConfig`] if the session speaks version 2.
    pub fn to_libolm_pickle(&self, key: &[u8]) -> Result<String, ExportError> {
        check_version(self.version)?;
        write(key, INBOUND_VERSION, 2 * ratchet::LENGTH + 33, |out| {
            ratchet::put(&self.initial, out);
            ratchet::put(&self.latest, out);
            out.bytes(self.signing_key.as_bytes());
            out.flag(self.is_verified());
            Ok(())
        })
    }
}
