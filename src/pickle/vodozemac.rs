//! vodozemac's pickles: serde's JSON of its structures, in the same envelope as
//! libolm's, under a key of 32 bytes.
//!
//! The JSON holds secrets as decimal numbers, so reading and writing it takes a
//! time that depends on them: the format leaves no other way.

mod account;
mod group;
mod session;
mod text;

use alloc::string::String;

use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub use self::account::ImportedAccount;
use super::{
    error::{ExportError, ImportError},
    legacy,
};
use crate::{codec::version::SessionVersion, primitives::wipe::in_deep_wiped_frame};

/// Bytes in the caller's key.
const KEY_LENGTH: usize = 32;

/// Decrypts a pickle and reads it as `J`, then as an object.
fn read<J: DeserializeOwned, T>(
    text: &str,
    key: &[u8; KEY_LENGTH],
    object: impl FnOnce(J) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    in_deep_wiped_frame(|| {
        let state = legacy::open(text, key)?;
        object(serde_json::from_slice(&state).map_err(|_| ImportError::Json)?)
    })
}

/// Encrypts the JSON that `object` writes.
fn write(
    key: &[u8; KEY_LENGTH],
    object: impl FnOnce() -> Result<Zeroizing<String>, ExportError>,
) -> Result<String, ExportError> {
    in_deep_wiped_frame(|| Ok(legacy::seal(object()?.as_bytes(), key)))
}

/// `{"version":"V1"}`; older pickles have none, which means V1.
#[derive(Deserialize)]
struct Config {
    version: String,
}

fn check_config(config: Option<Config>) -> Result<SessionVersion, ImportError> {
    match config {
        None => Ok(SessionVersion::V1),
        Some(config) if config.version == "V1" => Ok(SessionVersion::V1),
        Some(_) => Err(ImportError::UnsupportedConfig),
    }
}

fn check_version(version: SessionVersion) -> Result<(), ExportError> {
    match version {
        SessionVersion::V1 => Ok(()),
        SessionVersion::V2 => Err(ExportError::UnsupportedConfig),
    }
}
