//! What a client keeps outside of its devices: backups of room keys, secret
//! storage, and files of exported keys.
//!
//! | you want to | use |
//! | --- | --- |
//! | show or read a recovery key | [`RecoveryKey`] |
//! | make a key of a passphrase | [`PassphraseInfo`] |
//! | keep secrets at the server | [`SecretStorageKey`], [`KeyDescription`], [`SecretContent`] |
//! | hand a Megolm session on with what is known of it | [`RoomKey`], [`RoomKeyEntry`] |

mod passphrase;
mod random_text;
mod recovery_key;
mod room_key;
mod secret_storage;

pub use passphrase::{PassphraseInfo, PassphraseInfoError};
pub use recovery_key::{RecoveryKey, RecoveryKeyError};
pub use room_key::{RoomKey, RoomKeyEntry, RoomKeyError};
pub use secret_storage::{
    DEFAULT_KEY_EVENT, DecryptSecretError, EncryptedSecret, EncryptedSecretError, KeyDescription,
    KeyDescriptionError, MalformedContent, SecretContent, SecretStorageKey,
    UncheckedSecretStorageKey, UnlockError, Unlocked, default_key_content, default_key_id,
    key_event_type,
};
