//! Secret storage: secrets in the account data, where the server keeps what it
//! cannot read (Matrix specification, "Secret storage",
//! `m.secret_storage.v1.aes-hmac-sha2`).
//!
//! ```text
//! AES key (32) ‖ MAC key (32) = HKDF-SHA-256(32 zero bytes, key, name of the secret)
//! ciphertext = AES-256-CTR(secret), mac = HMAC-SHA-256(ciphertext)
//! ```
//!
//! The name binds a secret to its place. The IV is not under the MAC, so the
//! server can turn a secret into noise: noise that is not UTF-8 is an error of
//! its own, and what remains is found by checking what the secret is
//! ([`SecretValue`](super::SecretValue)).

mod cipher;
mod content;
mod description;
mod error;
mod key;

pub use self::{
    cipher::EncryptedSecret,
    content::{
        DEFAULT_KEY_EVENT, StoredSecret, default_key_content, default_key_id, key_event_type,
    },
    description::{KeyDescription, Unlocked},
    error::{
        DecryptSecretError, EncryptedSecretError, KeyDescriptionError, MalformedContent,
        UnlockError,
    },
    key::{SecretStorageKey, UncheckedSecretStorageKey},
};
