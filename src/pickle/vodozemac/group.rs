//! vodozemac's group sessions.

use alloc::string::String;

use serde::Deserialize;

use super::{
    Config, check_config, check_version, read,
    text::{BYTE_LENGTH, Bytes, JsonWriter, SigningKey},
    write,
};
use crate::{
    megolm::{InboundGroupSession, OutboundGroupSession, Ratchet},
    pickle::error::{ExportError, ImportError},
    primitives::ed25519::Ed25519PublicKey,
};

#[derive(Deserialize)]
struct RatchetJson {
    inner: Bytes<{ Ratchet::LENGTH }>,
    counter: u32,
}

impl RatchetJson {
    fn ratchet(&self) -> Ratchet {
        Ratchet::from_bytes(&self.inner.0, self.counter)
    }
}

#[derive(Deserialize)]
struct Outbound {
    ratchet: RatchetJson,
    signing_key: SigningKey,
    config: Option<Config>,
}

#[derive(Deserialize)]
struct Inbound {
    initial_ratchet: RatchetJson,
    signing_key: Bytes<32>,
    signing_key_verified: bool,
    config: Option<Config>,
}

/// Characters of either session at most.
const LENGTH: usize = (Ratchet::LENGTH + 64) * BYTE_LENGTH + 256;

fn put_ratchet(ratchet: &Ratchet, json: &mut JsonWriter) {
    json.raw(r#"{"inner":"#)
        .bytes(ratchet.as_bytes())
        .raw(r#","counter":"#)
        .number(u64::from(ratchet.index()))
        .raw("}");
}

impl OutboundGroupSession {
    /// Reads a session from the pickle of vodozemac's `GroupSession`.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_vodozemac_pickle(text: &str, key: &[u8; 32]) -> Result<Self, ImportError> {
        read(text, key, |json: Outbound| {
            Ok(Self {
                version: check_config(json.config)?,
                ratchet: json.ratchet.ratchet(),
                exhausted: false,
                signing_key: json.signing_key.key(),
            })
        })
    }

    /// Writes the session as the pickle of vodozemac's `GroupSession`, for
    /// moving out.
    ///
    /// # Errors
    /// [`ExportError`] if the session speaks version 2, or has sent its last
    /// message: vodozemac would start again at index 0.
    pub fn to_vodozemac_pickle(&self, key: &[u8; 32]) -> Result<String, ExportError> {
        check_version(self.version)?;
        if self.exhausted {
            return Err(ExportError::Exhausted);
        }
        write(key, || {
            let mut json = JsonWriter::with_capacity(LENGTH);
            json.raw(r#"{"ratchet":"#);
            put_ratchet(&self.ratchet, &mut json);
            json.raw(r#","signing_key":"#)
                .signing_key(&self.signing_key)
                .raw(r#","config":{"version":"V1"}}"#);
            Ok(json.finish())
        })
    }
}

impl InboundGroupSession {
    /// Reads a session from the pickle of vodozemac's `InboundGroupSession`,
    /// which has no latest ratchet.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_vodozemac_pickle(text: &str, key: &[u8; 32]) -> Result<Self, ImportError> {
        read(text, key, |json: Inbound| {
            let ratchet = json.initial_ratchet.ratchet();
            let index = ratchet.index();
            Ok(Self {
                version: check_config(json.config)?,
                initial: ratchet.clone(),
                latest: ratchet,
                signing_key: Ed25519PublicKey::from_bytes(&json.signing_key.0)?,
                verified_from: json.signing_key_verified.then_some(index),
            })
        })
    }

    /// Writes the session as the pickle of vodozemac's `InboundGroupSession`,
    /// for moving out.
    ///
    /// # Errors
    /// [`ExportError::UnsupportedConfig`] if the session speaks version 2.
    pub fn to_vodozemac_pickle(&self, key: &[u8; 32]) -> Result<String, ExportError> {
        check_version(self.version)?;
        write(key, || {
            let mut json = JsonWriter::with_capacity(LENGTH);
            json.raw(r#"{"initial_ratchet":"#);
            put_ratchet(&self.initial, &mut json);
            json.raw(r#","signing_key":"#)
                .bytes(self.signing_key.as_bytes())
                .raw(r#","signing_key_verified":"#)
                .flag(self.is_verified())
                .raw(r#","config":{"version":"V1"}}"#);
            Ok(json.finish())
        })
    }
}
