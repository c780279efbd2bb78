//! The JSON object of an encrypted file.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use zeroize::Zeroizing;

use super::{
    cipher::Version,
    error::EncryptedFileError,
    file::{EncryptedFile, FileVersions},
};
use crate::{
    json::{Object, Value},
    primitives::{
        base64,
        wipe::{Secret, in_wiped_frame},
    },
};

impl EncryptedFile {
    /// How many bytes of JSON are looked at. One that a client writes has about
    /// 400.
    pub const MAX_JSON: usize = 64 * 1024;

    /// Reads a JSON object; see [`Self::from_object`].
    ///
    /// # Errors
    /// [`EncryptedFileError`] says what is wrong.
    pub fn from_json(json: &[u8], versions: FileVersions) -> Result<Self, EncryptedFileError> {
        if json.len() > Self::MAX_JSON {
            return Err(EncryptedFileError::TooLong { found: json.len() });
        }
        let mut object = Object::parse(json).map_err(EncryptedFileError::Json)?;
        let file = Self::from_object(&object, versions);
        object.wipe();
        file
    }

    /// Reads the object in an event's content. Where a content has both `file`
    /// and `url`, `file` is what counts. The object's own `url` is the caller's.
    ///
    /// # Errors
    /// [`EncryptedFileError`]: the first thing that is wrong of version, JSON
    /// Web Key, lengths, and presence of the hash.
    pub fn from_object(
        object: &Object,
        versions: FileVersions,
    ) -> Result<Self, EncryptedFileError> {
        in_wiped_frame(|| {
            let version = version(object, versions)?;
            let key = object
                .get("key")
                .ok_or(EncryptedFileError::Missing { field: "key" })?;
            let key = key.as_object().ok_or(EncryptedFileError::Key)?;
            check_key(key, version)?;
            let (key, iv) = (secret(key)?, bytes(object, "iv")?);
            let hashes = object
                .get_object("hashes")
                .filter(|hashes| hashes.get_str("sha256").is_some())
                .ok_or(EncryptedFileError::HashMissing)?;
            Ok(Self {
                version,
                key,
                iv,
                sha256: bytes(hashes, "sha256")?,
            })
        })
    }

    /// The JSON object, with the place of the ciphertext (`mxc://server/id`).
    /// Secret.
    #[must_use]
    pub fn to_json(&self, url: &str) -> Zeroizing<String> {
        let url = Value::from(url).to_string();
        // More than the rest has: so it never grows, which would leave copies.
        let mut json = Zeroizing::new(String::with_capacity(url.len().saturating_add(400)));
        let extractable = if self.version == Version::V2 {
            r#""ext":true,"#
        } else {
            ""
        };
        let (before, version, after) = match self.version.as_str() {
            Some(version) => (r#","v":""#, version, "\"}"),
            None => ("", "", "}"),
        };
        for part in [
            r#"{"hashes":{"sha256":""#,
            &base64::encode(&self.sha256),
            r#""},"iv":""#,
            &base64::encode(&self.iv),
            r#"","key":{"alg":"A256CTR","#,
            extractable,
            r#""k":""#,
            &base64::encode_secret_url(self.key.as_slice()),
            r#"","key_ops":["encrypt","decrypt"],"kty":"oct"},"url":"#,
            &url,
            before,
            version,
            after,
        ] {
            json.push_str(part);
        }
        json
    }

    /// The object of [`Self::to_json`], to be put in a content. Secret: it goes
    /// in events that are encrypted, and is to be wiped.
    #[must_use]
    pub fn to_object(&self, url: &str) -> Object {
        let mut key = Object::new()
            .with("alg", "A256CTR")
            .with("k", base64::encode_secret_url(self.key.as_slice()).as_str())
            .with("key_ops", vec!["encrypt", "decrypt"])
            .with("kty", "oct");
        let mut object = Object::new()
            .with(
                "hashes",
                Object::new().with("sha256", base64::encode(&self.sha256)),
            )
            .with("iv", base64::encode(&self.iv))
            .with("url", url);
        if let Some(version) = self.version.as_str() {
            object.insert("v", version);
        }
        if self.version == Version::V2 {
            key.insert("ext", true);
        }
        object.insert("key", key);
        object
    }
}

impl Version {
    const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::V0 => None,
            Self::V1 => Some("v1"),
            Self::V2 => Some("v2"),
        }
    }
}

fn version(object: &Object, versions: FileVersions) -> Result<Version, EncryptedFileError> {
    let version = match object.get("v") {
        None => Version::V0,
        Some(Value::String(text)) if text == "v1" => Version::V1,
        Some(Value::String(text)) if text == "v2" => Version::V2,
        Some(_) => return Err(EncryptedFileError::Version),
    };
    if version == Version::V2 || versions == FileVersions::WithLegacy {
        Ok(version)
    } else {
        Err(EncryptedFileError::Version)
    }
}

/// The members of the JSON Web Key (RFC 7517) that say what it is for.
fn check_key(key: &Object, version: Version) -> Result<(), EncryptedFileError> {
    let operations: Vec<&str> = key
        .get("key_ops")
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let extractable = match key.get("ext") {
        None => version != Version::V2,
        Some(value) => value.as_bool() == Some(true),
    };
    if key.get_str("kty") == Some("oct")
        && key.get_str("alg") == Some("A256CTR")
        && operations.contains(&"encrypt")
        && operations.contains(&"decrypt")
        && extractable
    {
        Ok(())
    } else {
        Err(EncryptedFileError::Key)
    }
}

fn text<'a>(object: &'a Object, field: &'static str) -> Result<&'a str, EncryptedFileError> {
    object
        .get_str(field)
        .ok_or(EncryptedFileError::Missing { field })
}

fn secret(key: &Object) -> Result<Secret<32>, EncryptedFileError> {
    let bytes = base64::decode_secret_url(text(key, "k")?)
        .map_err(|_| EncryptedFileError::Base64 { field: "k" })?;
    let array = <[u8; 32]>::try_from(bytes.as_slice());
    array
        .map(Secret::from)
        .map_err(|_| EncryptedFileError::Length {
            field: "k",
            found: bytes.len(),
        })
}

fn bytes<const N: usize>(
    object: &Object,
    field: &'static str,
) -> Result<[u8; N], EncryptedFileError> {
    let bytes = base64::decode_padded(text(object, field)?)
        .map_err(|_| EncryptedFileError::Base64 { field })?;
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| EncryptedFileError::Length { field, found })
}
