//! The records of the group sessions.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{SIGNING_KEY_LENGTH, flag, put_signing_key, put_version, signing_key, version};
use crate::{
    codec::record::{Reader, Writer},
    megolm::{InboundGroupSession, OutboundGroupSession},
    pickle::{error::UnpickleError, kind::PickleKind, ratchet, sealed::Record},
    primitives::ed25519::Ed25519PublicKey,
};

impl Record for OutboundGroupSession {
    const KIND: PickleKind = PickleKind::OutboundGroupSession;

    /// `version ‖ ratchet ‖ exhausted ‖ signing key`.
    fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::with_capacity(2 + ratchet::LENGTH + SIGNING_KEY_LENGTH);
        put_version(self.version, &mut out);
        ratchet::put(&self.ratchet, &mut out);
        out.flag(self.exhausted);
        put_signing_key(&self.signing_key, &mut out);
        out.finish()
    }

    fn read_v1(record: &mut Reader<'_>) -> Result<Self, UnpickleError> {
        let version = version(record)?;
        let ratchet = ratchet::read(record)?;
        let exhausted = flag(record)?;
        Ok(Self {
            version,
            ratchet,
            exhausted,
            signing_key: signing_key(record)?,
        })
    }
}

impl Record for InboundGroupSession {
    const KIND: PickleKind = PickleKind::InboundGroupSession;

    /// `version ‖ initial ratchet ‖ latest ratchet ‖ public key ‖ verified from?`
    fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::with_capacity(6 + 2 * ratchet::LENGTH + 32);
        put_version(self.version, &mut out);
        ratchet::put(&self.initial, &mut out);
        ratchet::put(&self.latest, &mut out);
        out.bytes(self.signing_key.as_bytes());
        out.flag(self.verified_from.is_some());
        if let Some(from) = self.verified_from {
            out.u32(from);
        }
        out.finish()
    }

    fn read_v1(record: &mut Reader<'_>) -> Result<Self, UnpickleError> {
        let version = version(record)?;
        let initial = ratchet::read(record)?;
        let latest = ratchet::read(record)?;
        if latest.index() < initial.index() {
            return Err(UnpickleError::Invalid);
        }
        let signing_key = Ed25519PublicKey::from_bytes(record.array()?)?;
        let verified_from = if flag(record)? {
            Some(record.u32()?)
        } else {
            None
        };
        if verified_from.is_some_and(|from| from < initial.index()) {
            return Err(UnpickleError::Invalid);
        }
        Ok(Self {
            version,
            initial,
            latest,
            signing_key,
            verified_from,
        })
    }
}
