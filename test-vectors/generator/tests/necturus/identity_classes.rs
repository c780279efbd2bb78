//! The class of each error of JSON, devices and identities, as the README lists
//! them.

use necturus::{
    identity::{
        ClaimError, DeviceKeysError, IdentityError, ImportKeyError, SharingError, SignError,
    },
    json::{CheckError, JsonError, SigningError},
};

pub(crate) use crate::classes::key;

pub(crate) fn json(error: JsonError) -> &'static str {
    match error {
        JsonError::NotUtf8 => "json.utf-8",
        JsonError::Syntax => "json.syntax",
        JsonError::DuplicateKey => "json.duplicate-key",
        JsonError::TooDeep => "json.depth",
        JsonError::NotAnObject => "json.not-an-object",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn signing(error: SigningError) -> &'static str {
    match error {
        SigningError::NotCanonical => "json.number",
        SigningError::MalformedSignatures => "signature.malformed",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn check(error: CheckError) -> &'static str {
    match error {
        CheckError::NoSignature => "signature.missing",
        CheckError::BadSignature => "authentication.signature",
        CheckError::NotCanonical => "json.number",
        CheckError::MalformedSignatures => "signature.malformed",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn device_keys(error: DeviceKeysError) -> &'static str {
    match error {
        DeviceKeysError::NotAnObject => "json.not-an-object",
        DeviceKeysError::Malformed { .. } => "device.malformed",
        DeviceKeysError::OtherUser => "device.user",
        DeviceKeysError::OtherDevice => "device.device",
        DeviceKeysError::NoEd25519Key | DeviceKeysError::NoCurve25519Key => "device.no-key",
        DeviceKeysError::Ed25519Key(error) | DeviceKeysError::Curve25519Key(error) => key(error),
        DeviceKeysError::SelfSignature(error) => check(error),
        DeviceKeysError::SigningKeyChanged => "device.signing-key-changed",
        DeviceKeysError::IdentityKeyChanged => "device.identity-key-changed",
        DeviceKeysError::NotOurKeys => "device.not-ours",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn claim(error: ClaimError) -> &'static str {
    match error {
        ClaimError::Malformed => "claim.malformed",
        ClaimError::Algorithm => "claim.algorithm",
        ClaimError::Key(error) => key(error),
        ClaimError::Signature(error) => check(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn identity(error: IdentityError) -> &'static str {
    match error {
        IdentityError::Malformed { .. } => "identity.malformed",
        IdentityError::OtherUser { .. } => "identity.user",
        IdentityError::Usage { .. } => "identity.usage",
        IdentityError::KeyName { .. } => "identity.key-name",
        IdentityError::Key { error, .. } => key(error),
        IdentityError::SameKey => "identity.same-key",
        IdentityError::Signature { error, .. } => check(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn sign(error: SignError) -> &'static str {
    match error {
        SignError::WrongUser => "sign.wrong-user",
        SignError::DeviceNamedLikeKey { .. } => "sign.named-like-key",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn import_key(error: ImportKeyError) -> &'static str {
    match error {
        ImportKeyError::NotASeed => "secret.not-a-seed",
        ImportKeyError::NotThePublishedKey => "secret.other-key",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn sharing(error: SharingError) -> &'static str {
    match error {
        SharingError::NoOwnIdentity => "sharing.no-own-identity",
        SharingError::OwnIdentityNotVerified => "sharing.own-identity",
        SharingError::VerificationViolation => "sharing.violation",
        SharingError::UnsignedDevices { .. } => "sharing.unsigned-devices",
        other => panic!("no class for {other:?}"),
    }
}
