//! What a client keeps outside of its devices: backups of room keys, secret
//! storage, and files of exported keys.
//!
//! | you want to | use |
//! | --- | --- |
//! | show or read a recovery key | [`RecoveryKey`] |
//! | make a key of a passphrase | [`PassphraseInfo`] |
//! | keep secrets at the server | [`SecretStorageKey`], [`KeyDescription`], [`StoredSecret`] |
//! | check a secret for what it is | [`SecretName`], [`SecretValue`] |
//! | ask another device for a secret, or answer one | [`OpenSecretRequests`], [`AnsweredRequests`] |
//! | back room keys up | [`BackupVersion`], [`TrustedBackup`] |
//! | read a backup | [`BackupKey`] |
//! | hand a Megolm session on with what is known of it | [`RoomKey`], [`RoomKeyEntry`] |
//! | write room keys to a file | [`KeyExportEncoder`], `KeyExportWriter` with the feature `std` |
//! | read such a file | [`KeyExport`] |
//! | encrypt a file, or decrypt one | [`EncryptedFile`] |
//! | the same in pieces | [`AttachmentEncryptor`], [`AttachmentDecryptor`] |
//! | leave a device behind at the server | [`DehydratedDevice`], [`DehydrationKey`] |
//! | take one up | [`RehydratedDevice`], [`DehydratedEvents`] |
//! | give the keys of a room's history to who was invited | [`KeyBundleBuilder`], [`KeyBundle`] |
//! | do what libolm's public-key objects do | [`PkEncryption`], [`PkDecryption`], [`PkSigning`] |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::vault::{
//!     BackupKey, SecretName, SecretStorageKey, SecretValue, Unlocked,
//! };
//!
//! // One key for everything: its user keeps it on paper.
//! let (storage, description) = SecretStorageKey::create()?;
//! let on_paper = storage.recovery_key().to_text();
//!
//! // The key of the backup goes to the server, encrypted under it.
//! let backup = BackupKey::new()?;
//! let name = SecretName::BackupKey.as_str();
//! let stored = storage.encrypt(name, &backup.to_base64())?;
//!
//! // On a new device.
//! let Unlocked::Checked(storage) = description.unlock(storage.id(), &on_paper)? else {
//!     panic!("somebody took the check value out of the description");
//! };
//! let secret = SecretValue::new(storage.decrypt(name, &stored)?);
//! let key = secret.into_backup_key(&backup.auth_data())?;
//! assert_eq!(key.public_key(), backup.public_key());
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

mod attachment;
mod backup;
mod dehydrated;
mod key_bundle;
mod key_export;
mod passphrase;
mod pk;
mod random_text;
mod recovery_key;
mod room_key;
mod secret;
mod secret_sharing;
mod secret_storage;

pub use attachment::{
    AttachmentDecryptor, AttachmentEncryptor, AttachmentError, EncryptedFile, EncryptedFileError,
    FileVersions, Unverified, Verified,
};
#[cfg(feature = "std")]
pub use attachment::{DecryptStreamError, EncryptStreamError};
pub use backup::{
    BACKUP_DISABLED_EVENT, BackedUpSession, BackedUpSessionError, BackupAuthData,
    BackupDecryptError, BackupKey, BackupPassphraseError, BackupSigner, BackupTrust, BackupVersion,
    BackupVersionError, KEY_BACKUP_EVENT, Provenance, TrustedBackup, UntrustedBackup,
    backup_preference, backup_preference_content, old_backup_preference,
};
#[cfg(feature = "experimental-authenticated-backup")]
pub use backup::{BackupMacError, BackupMacKey, BackupMacPlace};
pub use dehydrated::{
    DehydrateError, DehydratedDevice, DehydratedEvents, DehydrationKey, EventsRequest,
    RehydrateError, RehydratedDevice,
};
pub use key_bundle::{
    BundleEntryError, KeyBundle, KeyBundleBuilder, MakeBundleError, OpenBundleError,
};
#[cfg(feature = "std")]
pub use key_export::KeyExportWriter;
pub use key_export::{
    KeyExport, KeyExportEncoder, OpenExportError, ReadExportError, WriteExportError,
};
pub use passphrase::{PassphraseInfo, PassphraseInfoError};
pub use pk::{
    PkDecryptError, PkDecryption, PkEncryptError, PkEncryption, PkMessage, PkMessageError,
    PkSigning,
};
pub use recovery_key::{RecoveryKey, RecoveryKeyError};
pub use room_key::{RoomKey, RoomKeyEntry, RoomKeyError};
pub use secret::{SecretName, SecretValue, SecretValueError};
pub use secret_sharing::{
    AnswerOrigin, AnsweredRequests, IgnoredRequest, OpenSecretRequests, ReceivedSecret,
    RequestingDevice, SecretRequest, SecretRequestError, TooManyRequests, UnwantedSecret,
};
pub use secret_storage::{
    DEFAULT_KEY_EVENT, DecryptSecretError, EncryptedSecret, EncryptedSecretError, KeyDescription,
    KeyDescriptionError, MalformedContent, SecretStorageKey, StoredSecret,
    UncheckedSecretStorageKey, UnlockError, Unlocked, default_key_content, default_key_id,
    key_event_type,
};
