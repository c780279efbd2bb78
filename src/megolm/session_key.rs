//! The two forms in which a Megolm session is handed on.

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{error::SessionKeyError, ratchet::Ratchet, session_id::GroupSessionId};
use crate::primitives::{
    base64,
    ed25519::{Ed25519PublicKey, Ed25519Signature, Ed25519SigningKey},
    wipe::in_wiped_frame,
};

const SESSION_KEY_VERSION: u8 = 2;
const EXPORT_VERSION: u8 = 1;

/// What the sender shares: `0x02 ‖ index ‖ ratchet ‖ public key ‖ signature`,
/// 229 bytes (Megolm specification, "Session sharing format"). The signature
/// was checked when it was read. Secret; wiped on drop.
pub struct SessionKey {
    ratchet: Ratchet,
    signing_key: Ed25519PublicKey,
    signature: Ed25519Signature,
}

impl SessionKey {
    /// Bytes in a session key.
    pub const LENGTH: usize = 229;

    /// Reads a session key and checks its signature.
    ///
    /// # Errors
    /// [`SessionKeyError`] for another length or version, an unusable public
    /// key, or a signature that does not verify.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionKeyError> {
        in_wiped_frame(|| Self::parse(bytes))
    }

    fn parse(bytes: &[u8]) -> Result<Self, SessionKeyError> {
        let bytes: &[u8; Self::LENGTH] = bytes.try_into().map_err(|_| SessionKeyError::Length {
            found: bytes.len(),
            expected: Self::LENGTH,
        })?;
        let (signed, signature) = bytes
            .split_last_chunk::<{ Ed25519Signature::LENGTH }>()
            .ok_or(SessionKeyError::BadSignature)?;
        let (ratchet, signing_key) = read(signed, SESSION_KEY_VERSION)?;
        let signature = Ed25519Signature::from_bytes(*signature);
        signing_key
            .verify(signed, &signature)
            .map_err(|_| SessionKeyError::BadSignature)?;
        Ok(Self {
            ratchet,
            signing_key,
            signature,
        })
    }

    /// Reads a session key from 306 characters of unpadded base64.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], and [`SessionKeyError::Base64`].
    pub fn from_base64(text: &str) -> Result<Self, SessionKeyError> {
        Self::from_bytes(&base64::decode_secret(text).map_err(|_| SessionKeyError::Base64)?)
    }

    /// The 229 secret bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        write(
            &self.ratchet,
            &self.signing_key,
            SESSION_KEY_VERSION,
            &mut out,
        );
        out.extend_from_slice(self.signature.as_bytes());
        out
    }

    /// The key as 306 secret characters of unpadded base64, for an
    /// `m.room_key` event.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        base64::encode_secret(&self.to_bytes())
    }

    /// The id of the session.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        GroupSessionId::of(&self.signing_key)
    }

    /// The index of the first message that this key opens.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.ratchet.index()
    }

    pub(super) fn sign(ratchet: &Ratchet, signing_key: &Ed25519SigningKey) -> Self {
        let public = signing_key.public_key();
        let mut signed = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        write(ratchet, &public, SESSION_KEY_VERSION, &mut signed);
        let signature = signing_key.sign_in_frame(&signed);
        Self {
            ratchet: ratchet.clone(),
            signing_key: public,
            signature,
        }
    }

    pub(super) const fn ratchet(&self) -> &Ratchet {
        &self.ratchet
    }

    pub(super) const fn signing_key(&self) -> &Ed25519PublicKey {
        &self.signing_key
    }
}

/// The ratchet wipes itself, and the rest is public.
impl ZeroizeOnDrop for SessionKey {}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey")
            .field("session_id", &self.session_id())
            .field("index", &self.index())
            .finish_non_exhaustive()
    }
}

/// What a receiver hands on, to a backup or to its other devices:
/// `0x01 ‖ index ‖ ratchet ‖ public key`, 165 bytes (Megolm specification,
/// "Session export format"). Nobody signs it, so whoever imports it trusts
/// where it came from. Secret; wiped on drop.
pub struct ExportedSessionKey {
    ratchet: Ratchet,
    signing_key: Ed25519PublicKey,
}

impl ExportedSessionKey {
    /// Bytes in an exported session key.
    pub const LENGTH: usize = 165;

    /// Reads an exported session key.
    ///
    /// # Errors
    /// [`SessionKeyError`] for another length or version, or an unusable public
    /// key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionKeyError> {
        in_wiped_frame(|| Self::parse(bytes))
    }

    fn parse(bytes: &[u8]) -> Result<Self, SessionKeyError> {
        if bytes.len() != Self::LENGTH {
            return Err(SessionKeyError::Length {
                found: bytes.len(),
                expected: Self::LENGTH,
            });
        }
        let (ratchet, signing_key) = read(bytes, EXPORT_VERSION)?;
        Ok(Self {
            ratchet,
            signing_key,
        })
    }

    /// Reads an exported session key from 220 characters of unpadded base64.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], and [`SessionKeyError::Base64`].
    pub fn from_base64(text: &str) -> Result<Self, SessionKeyError> {
        Self::from_bytes(&base64::decode_secret(text).map_err(|_| SessionKeyError::Base64)?)
    }

    /// The 165 secret bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        write(&self.ratchet, &self.signing_key, EXPORT_VERSION, &mut out);
        out
    }

    /// The key as 220 secret characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        base64::encode_secret(&self.to_bytes())
    }

    /// The id of the session.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        GroupSessionId::of(&self.signing_key)
    }

    /// The index of the first message that this key opens.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.ratchet.index()
    }

    pub(super) const fn new(ratchet: Ratchet, signing_key: Ed25519PublicKey) -> Self {
        Self {
            ratchet,
            signing_key,
        }
    }

    pub(super) const fn ratchet(&self) -> &Ratchet {
        &self.ratchet
    }

    pub(super) const fn signing_key(&self) -> &Ed25519PublicKey {
        &self.signing_key
    }
}

/// The ratchet wipes itself, and the rest is public.
impl ZeroizeOnDrop for ExportedSessionKey {}

impl fmt::Debug for ExportedSessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportedSessionKey")
            .field("session_id", &self.session_id())
            .field("index", &self.index())
            .finish_non_exhaustive()
    }
}

/// Reads what both forms share, whose length the caller has checked.
fn read(bytes: &[u8], version: u8) -> Result<(Ratchet, Ed25519PublicKey), SessionKeyError> {
    let mut record = crate::codec::record::Reader::new(bytes);
    let short = |_| SessionKeyError::Length {
        found: bytes.len(),
        expected: bytes.len(),
    };
    let found = record.u8().map_err(short)?;
    if found != version {
        return Err(SessionKeyError::Version { found });
    }
    let index = record.u32().map_err(short)?;
    let ratchet = Ratchet::from_bytes(record.array().map_err(short)?, index);
    let signing_key = Ed25519PublicKey::from_bytes(record.array().map_err(short)?)
        .map_err(SessionKeyError::PublicKey)?;
    Ok((ratchet, signing_key))
}

fn write(ratchet: &Ratchet, signing_key: &Ed25519PublicKey, version: u8, out: &mut Vec<u8>) {
    out.push(version);
    out.extend_from_slice(&ratchet.index().to_be_bytes());
    out.extend_from_slice(ratchet.as_bytes());
    out.extend_from_slice(signing_key.as_bytes());
}
