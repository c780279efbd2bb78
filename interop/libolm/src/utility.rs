//! What needs no keys of one's own.

use alloc::string::String;

use crate::{Error, object::Object, sys};

/// The version of the library that is loaded: major, minor, patch.
#[must_use]
pub fn library_version() -> (u8, u8, u8) {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: these are three places to write to.
    unsafe { sys::olm_get_library_version(&raw mut major, &raw mut minor, &raw mut patch) };
    (major, minor, patch)
}

/// Verifying and hashing.
#[derive(Debug)]
pub struct Utility(Object<sys::OlmUtility>);

impl Utility {
    /// Makes one; it holds nothing but the last error.
    #[must_use]
    pub fn new() -> Self {
        Self(Object::new())
    }

    /// Verifies an Ed25519 signature; key and signature are base64.
    ///
    /// # Errors
    ///
    /// `BAD_MESSAGE_MAC` for a wrong signature, `INVALID_BASE64`.
    pub fn ed25519_verify(
        &self,
        key: impl AsRef<[u8]>,
        message: impl AsRef<[u8]>,
        signature: impl AsRef<[u8]>,
    ) -> Result<(), Error> {
        let (key, message) = (key.as_ref(), message.as_ref());
        let mut signature = signature.as_ref().to_vec();
        // SAFETY: the object is live, all buffers have these lengths, and the
        // one that libolm overwrites is a copy.
        self.0.check(unsafe {
            sys::olm_ed25519_verify(
                self.0.as_ptr(),
                key.as_ptr().cast(),
                key.len(),
                message.as_ptr().cast(),
                message.len(),
                signature.as_mut_ptr().cast(),
                signature.len(),
            )
        })?;
        Ok(())
    }

    /// Hashes with SHA-256, to base64.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn sha256(&self, input: impl AsRef<[u8]>) -> Result<String, Error> {
        let input = input.as_ref();
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_sha256_length(self.0.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_sha256(
                    self.0.as_ptr(),
                    input.as_ptr().cast(),
                    input.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }
}

impl Default for Utility {
    fn default() -> Self {
        Self::new()
    }
}
