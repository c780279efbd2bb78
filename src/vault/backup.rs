//! Key backup: room keys at the server, under a key that the server does not
//! have (Matrix specification, "Server-side key backups",
//! `m.megolm_backup.v1.curve25519-aes-sha2`).
//!
//! Anybody with the public key can write into a backup, and the server can
//! change what is in it: see [`PkMessage`](super::PkMessage). So what comes out
//! of it is worth little ([`Provenance::Unverified`]), and what goes in goes to
//! a [`TrustedBackup`] only: one whose public key is known not to be the
//! server's.

mod entry;
mod key;
#[cfg(feature = "experimental-authenticated-backup")]
mod mac;
mod preference;
mod trust;
mod version;

#[cfg(feature = "experimental-authenticated-backup")]
pub use self::mac::{BackupMacError, BackupMacKey, BackupMacPlace};
pub use self::{
    entry::{BackedUpSession, BackedUpSessionError, Provenance},
    key::{BackupDecryptError, BackupKey, BackupPassphraseError},
    preference::{
        BACKUP_DISABLED_EVENT, KEY_BACKUP_EVENT, backup_preference, backup_preference_content,
        old_backup_preference,
    },
    trust::{BackupSigner, BackupTrust, TrustedBackup, UntrustedBackup},
    version::{BackupAuthData, BackupVersion, BackupVersionError},
};
