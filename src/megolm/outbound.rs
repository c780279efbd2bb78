//! The sender's side of a Megolm session.

use alloc::string::String;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use super::{
    error::EncryptError, message::MegolmMessage, ratchet::Ratchet, session_id::GroupSessionId,
    session_key::SessionKey,
};
use crate::{
    codec::{record::Reader, version::SessionVersion},
    primitives::{
        ed25519::{Ed25519PublicKey, Ed25519SigningKey},
        random::{self, RngError},
        wipe::in_wiped_frame,
    },
};

/// A Megolm session that sends. Secret; no heap inside, wiped on drop.
pub struct OutboundGroupSession {
    pub(crate) version: SessionVersion,
    pub(crate) ratchet: Ratchet,
    /// The message at index 2^32 − 1 has been sent.
    pub(crate) exhausted: bool,
    pub(crate) signing_key: Ed25519SigningKey,
}

impl OutboundGroupSession {
    /// Makes a session at index 0. Draws 160 bytes in one call: the ratchet (128),
    /// then the Ed25519 seed.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R, version: SessionVersion) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let bytes = random::draw::<{ Ratchet::LENGTH + 32 }, _>(rng)?;
            let mut record = Reader::new(bytes.as_slice());
            // The bytes are as many as are read.
            let parts = record.array().map_err(|_| RngError)?;
            let seed = record.array().map_err(|_| RngError)?;
            Ok(Self {
                version,
                ratchet: Ratchet::from_bytes(parts, 0),
                exhausted: false,
                signing_key: Ed25519SigningKey::expand_seed(seed),
            })
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new(version: SessionVersion) -> Result<Self, RngError> {
        Self::new_with(&mut random::OsRng, version)
    }

    /// The id of the session.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        GroupSessionId::of(&self.signing_key.public_key())
    }

    /// The public key that the session's messages verify under.
    #[must_use]
    pub const fn signing_key(&self) -> Ed25519PublicKey {
        self.signing_key.public_key()
    }

    /// The version that the session speaks.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.version
    }

    /// Whether the message at index 2^32 − 1 has been sent, so that there is no
    /// next one.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// The index that the next message will have; of an
    /// [exhausted](Self::is_exhausted) session, the index of the last one.
    #[must_use]
    pub const fn message_index(&self) -> u32 {
        self.ratchet.index()
    }

    /// The key to share: it opens the message at the
    /// [present index](Self::message_index) and all after it.
    #[must_use]
    pub fn session_key(&self) -> SessionKey {
        in_wiped_frame(|| SessionKey::sign(&self.ratchet, &self.signing_key))
    }

    /// Encrypts and signs `plaintext`, and moves on to the next index. Draws
    /// nothing.
    ///
    /// # Errors
    /// [`EncryptError::Exhausted`] after the message at index 2^32 − 1.
    pub fn encrypt(&mut self, plaintext: &[u8]) -> Result<MegolmMessage, EncryptError> {
        if self.exhausted {
            return Err(EncryptError::Exhausted);
        }
        Ok(in_wiped_frame(|| {
            let message = MegolmMessage::seal(
                self.version,
                self.ratchet.index(),
                &self.ratchet.message_cipher(),
                &self.signing_key,
                plaintext,
            );
            self.exhausted = !self.ratchet.advance();
            message
        }))
    }

    /// [`Self::encrypt`], with the message as unpadded base64.
    ///
    /// # Errors
    /// As [`Self::encrypt`].
    pub fn encrypt_base64(&mut self, plaintext: &[u8]) -> Result<String, EncryptError> {
        self.encrypt(plaintext).map(|message| message.to_base64())
    }
}

/// The ratchet wipes itself; the signing key, too.
impl ZeroizeOnDrop for OutboundGroupSession {}

impl fmt::Debug for OutboundGroupSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundGroupSession")
            .field("session_id", &self.session_id())
            .field("version", &self.version)
            .field("message_index", &self.message_index())
            .finish_non_exhaustive()
    }
}
