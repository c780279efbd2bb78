//! Encrypted attachments (Matrix client-server API, "Sending encrypted
//! attachments"): the bytes of a file, and the JSON object that opens them.
//!
//! ```text
//! ciphertext = AES-256-CTR(key, IV = 8 random bytes ‖ 8 zero bytes, file)
//! hash       = SHA-256(ciphertext)
//! ```
//!
//! Key, IV and hash go in an encrypted event, as an [`EncryptedFile`]; the
//! ciphertext is uploaded. The hash is the only proof that the ciphertext is the
//! sender's, and it needs all of it, so there are three ways to decrypt:
//!
//! | the ciphertext is | use | what comes out |
//! | --- | --- | --- |
//! | in memory | [`EncryptedFile::decrypt_in_place`] | nothing before the hash was checked |
//! | in a file | `EncryptedFile::decrypt_to` with the feature `std` | nothing before the hash was checked: it reads twice |
//! | arriving | [`AttachmentDecryptor`] | [`Unverified`] pieces, and [`Verified`] at the end |
//!
//! Encrypting is [`EncryptedFile::encrypt_in_place_with`],
//! [`AttachmentEncryptor`] for pieces, and `EncryptedFile::encrypt_to_with` from
//! a reader to a writer. Each file has a key of its own: a thumbnail, too.

mod cipher;
mod decryptor;
mod encryptor;
mod error;
mod file;
mod json;
#[cfg(feature = "std")]
mod stream;

#[cfg(feature = "std")]
pub use self::error::{DecryptStreamError, EncryptStreamError};
pub use self::{
    decryptor::{AttachmentDecryptor, Unverified, Verified},
    encryptor::AttachmentEncryptor,
    error::{AttachmentError, EncryptedFileError},
    file::{EncryptedFile, FileVersions},
};

/// Bytes that are encrypted and hashed in one go: they stay in the innermost
/// cache between the two.
const PIECE: usize = 16 * 1024;
