//! The class of each error of attachments, dehydrated devices and bundles.

use necturus::vault::{AttachmentError, EncryptedFileError, OpenBundleError, RehydrateError};

pub(crate) fn encrypted_file(error: EncryptedFileError) -> &'static str {
    match error {
        EncryptedFileError::TooLong { .. } => "too-many",
        EncryptedFileError::Json(_) => "format.json",
        EncryptedFileError::Version => "format.version",
        EncryptedFileError::Key => "jwk",
        EncryptedFileError::Missing { .. } | EncryptedFileError::HashMissing => "format.missing",
        EncryptedFileError::Base64 { .. } => "format.base64",
        EncryptedFileError::Length { .. } => "format.length",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn attachment(error: AttachmentError) -> &'static str {
    match error {
        AttachmentError::CounterOverflow => "counter-overflow",
        AttachmentError::WrongHash => "authentication.hash",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn rehydrate(error: RehydrateError) -> &'static str {
    match error {
        RehydrateError::Algorithm => "algorithm",
        RehydrateError::Missing { .. } => "format.missing",
        RehydrateError::Base64 { .. } => "format.base64",
        RehydrateError::NonceLength { .. } => "format.length",
        RehydrateError::Inauthentic => "pickle.wrong-key",
        RehydrateError::Version { .. } => "pickle.version",
        RehydrateError::Truncated => "pickle.truncated",
        RehydrateError::TooManyKeys { .. } => "pickle.too-many",
        RehydrateError::Flag { .. } => "pickle.invalid",
        RehydrateError::Trailing { .. } => "pickle.trailing",
        RehydrateError::OtherDevice => "device-id",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn key_bundle(error: OpenBundleError) -> &'static str {
    match error {
        OpenBundleError::Attachment(error) => attachment(error),
        OpenBundleError::Json => "format.json",
        other => panic!("no class for {other:?}"),
    }
}
