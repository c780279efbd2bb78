//! What making signatures has in common.

use alloc::{borrow::ToOwned, format, string::String};

use super::error::SignError;
use crate::{
    json::Object,
    primitives::ed25519::{Ed25519PublicKey, Ed25519Signature},
};

pub(super) const USER_ID: &str = "user_id";
pub(super) const KEYS: &str = "keys";
pub(super) const SIGNATURES: &str = "signatures";
const UNSIGNED: &str = "unsigned";

/// The name of a device's key in `keys` and `signatures`.
pub(super) fn device_key_id(device_id: &str) -> String {
    format!("ed25519:{device_id}")
}

/// The name of a cross-signing key in `keys` and `signatures`.
pub(super) fn cross_signing_key_id(key: &Ed25519PublicKey) -> String {
    format!("ed25519:{key}")
}

/// An object of strings and booleans, which always has a canonical form, with
/// one signature.
pub(super) fn signed(
    object: Object,
    user_id: &str,
    key_id: &str,
    sign: impl FnOnce(&[u8]) -> Ed25519Signature,
) -> Object {
    let signature = sign(alloc::string::ToString::to_string(&object).as_bytes());
    let of_user = Object::new().with(key_id, signature.to_base64());
    object.with(SIGNATURES, Object::new().with(user_id, of_user))
}

/// A signature that the server does not have yet: for `/keys/signatures/upload`.
///
/// Public. The signed object carries this signature and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSignature {
    user_id: String,
    name: String,
    object: Object,
}

impl NewSignature {
    /// Signs `object` of `owner`, published under `name`: puts the signature in,
    /// and gives it alone.
    pub(super) fn add(
        object: &mut Object,
        (owner, name): (&str, &str),
        (signer, key_id): (&str, &str),
        sign: impl FnOnce(&[u8]) -> Ed25519Signature,
    ) -> Result<Self, SignError> {
        let mut alone = object.clone();
        alone.remove(SIGNATURES);
        alone.remove(UNSIGNED);
        let signature = sign(&alone.signing_bytes()?);
        alone.add_signature(signer, key_id, &signature)?;
        object.add_signature(signer, key_id, &signature)?;
        Ok(Self {
            user_id: owner.to_owned(),
            name: name.to_owned(),
            object: alone,
        })
    }

    /// The user whose key is signed.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The id of the device, or the base64 of the master key, that is signed.
    #[must_use]
    pub fn key_name(&self) -> &str {
        &self.name
    }

    /// The signed object with this signature.
    #[must_use]
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// The body of `/keys/signatures/upload` for these signatures.
    #[must_use]
    pub fn upload(signatures: impl IntoIterator<Item = Self>) -> Object {
        let mut body = Object::new();
        for Self {
            user_id,
            name,
            object,
        } in signatures
        {
            let mut of_user = match body.remove(&user_id) {
                Some(crate::json::Value::Object(of_user)) => of_user,
                _ => Object::new(),
            };
            of_user.insert(&name, object);
            body.insert(&user_id, of_user);
        }
        body
    }
}
