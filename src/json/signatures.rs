//! Signatures of objects (Matrix specification, appendices, "Signing JSON").

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{canonical::write_object, error::NotCanonical, object::Object, value::Value};
use crate::primitives::{
    base64,
    ed25519::{Ed25519PublicKey, Ed25519Signature},
};

const SIGNATURES: &str = "signatures";
const UNSIGNED: &str = "unsigned";

impl Object {
    /// The bytes that are signed: the canonical form of the object without its
    /// own members `signatures` and `unsigned`. Members of these names further
    /// inside are signed.
    ///
    /// # Errors
    ///
    /// When a number in it has no canonical form.
    pub fn signing_bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        let signed = || {
            self.0
                .iter()
                .filter(|(key, _)| *key != SIGNATURES && *key != UNSIGNED)
        };
        signed().try_for_each(|(_, value)| value.check_numbers())?;
        let bare = Self(
            signed()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        );
        let mut out = String::new();
        write_object(&bare, &mut out);
        Ok(out.into_bytes())
    }

    /// Puts a signature over [`signing_bytes`](Self::signing_bytes) at
    /// `signatures`.`user`.`key_id`, beside those that are there.
    ///
    /// `key_id` is the algorithm and the key's name, as `ed25519:DEVICE`.
    ///
    /// # Errors
    ///
    /// [`MalformedSignatures`] when `signatures` is not an object of objects;
    /// the object is unchanged.
    pub fn add_signature(
        &mut self,
        user: &str,
        key_id: &str,
        signature: &Ed25519Signature,
    ) -> Result<(), MalformedSignatures> {
        self.signatures()?;
        self.object_mut(SIGNATURES)
            .and_then(|signatures| signatures.object_mut(user))
            .ok_or(MalformedSignatures)?
            .insert(key_id, signature.to_base64());
        Ok(())
    }

    /// Signs this object with `sign` and puts the signature in.
    ///
    /// # Errors
    ///
    /// When the object has no canonical form or `signatures` is no object of
    /// objects; the object is unchanged.
    pub fn sign(
        &mut self,
        user: &str,
        key_id: &str,
        sign: impl FnOnce(&[u8]) -> Ed25519Signature,
    ) -> Result<(), SigningError> {
        self.signatures()?;
        let signature = sign(&self.signing_bytes()?);
        Ok(self.add_signature(user, key_id, &signature)?)
    }

    /// Checks that `key`, which the caller trusts to be `user`'s key of this id,
    /// signed the object.
    ///
    /// Other signatures are neither an error nor a success. The id only finds
    /// the signature: it does not prove which key made it.
    ///
    /// # Errors
    ///
    /// [`CheckError`], which says whether there is no signature, a bad one, or
    /// no object that can be signed.
    pub fn check_signature(
        &self,
        user: &str,
        key_id: &str,
        key: &Ed25519PublicKey,
    ) -> Result<(), CheckError> {
        let signature = self
            .signatures()?
            .and_then(|signatures| signatures.get_object(user)?.get(key_id))
            .ok_or(CheckError::NoSignature)?;
        let signature = signature
            .as_str()
            .and_then(|text| base64::decode_padded(text).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Ed25519Signature::from_bytes)
            .ok_or(CheckError::BadSignature)?;
        key.verify(&self.signing_bytes()?, &signature)
            .map_err(|_| CheckError::BadSignature)
    }

    /// The signatures, when there are any: an object of objects.
    fn signatures(&self) -> Result<Option<&Self>, MalformedSignatures> {
        let Some(signatures) = self.get(SIGNATURES) else {
            return Ok(None);
        };
        let signatures = signatures.as_object().ok_or(MalformedSignatures)?;
        if signatures
            .iter()
            .all(|(_, of_user)| matches!(of_user, Value::Object(_)))
        {
            Ok(Some(signatures))
        } else {
            Err(MalformedSignatures)
        }
    }
}

/// `signatures` of an object is not an object of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedSignatures;

impl fmt::Display for MalformedSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the member \"signatures\" is not an object of objects")
    }
}

impl core::error::Error for MalformedSignatures {}

/// Why an object cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// A number in it has no canonical form.
    NotCanonical,
    /// `signatures` is not an object of objects.
    MalformedSignatures,
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCanonical => NotCanonical.fmt(f),
            Self::MalformedSignatures => MalformedSignatures.fmt(f),
        }
    }
}

impl core::error::Error for SigningError {}

impl From<NotCanonical> for SigningError {
    fn from(_: NotCanonical) -> Self {
        Self::NotCanonical
    }
}

impl From<MalformedSignatures> for SigningError {
    fn from(_: MalformedSignatures) -> Self {
        Self::MalformedSignatures
    }
}

/// Why a signature of an object does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// The object has no signature of this user and key id.
    NoSignature,
    /// The signature is no base64 of 64 bytes, or does not verify.
    BadSignature,
    /// A number in the object has no canonical form: nobody can have signed it.
    NotCanonical,
    /// `signatures` is not an object of objects: refuse the object as a whole.
    MalformedSignatures,
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSignature => f.write_str("the object is not signed by this key"),
            Self::BadSignature => f.write_str("the signature does not verify"),
            Self::NotCanonical => NotCanonical.fmt(f),
            Self::MalformedSignatures => MalformedSignatures.fmt(f),
        }
    }
}

impl core::error::Error for CheckError {}

impl From<NotCanonical> for CheckError {
    fn from(_: NotCanonical) -> Self {
        Self::NotCanonical
    }
}

impl From<MalformedSignatures> for CheckError {
    fn from(_: MalformedSignatures) -> Self {
        Self::MalformedSignatures
    }
}
