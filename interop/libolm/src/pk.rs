//! The key pair that a key backup is encrypted to.

use alloc::{string::String, vec, vec::Vec};

use crate::{
    Error,
    object::{Object, SLACK, with_slack},
    sys,
};

/// The private half of a key pair to encrypt to, with its public half.
#[derive(Debug)]
pub struct PkDecryption {
    object: Object<sys::OlmPkDecryption>,
    public_key: String,
}

impl PkDecryption {
    /// Makes a key pair from the 32 bytes of the private key.
    ///
    /// # Errors
    ///
    /// `OLM_INPUT_BUFFER_TOO_SMALL`.
    pub fn new(private_key: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let mut public_key = vec![0; sys::olm_pk_key_length()];
        // SAFETY: the object is live, both buffers have these lengths.
        object.check(unsafe {
            sys::olm_pk_key_from_private(
                object.as_ptr(),
                public_key.as_mut_ptr().cast(),
                public_key.len(),
                private_key.as_ptr().cast(),
                private_key.len(),
            )
        })?;
        Self::from_parts(object, public_key)
    }

    /// The public key, in base64.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The bytes of the private key.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn private_key(&self) -> Result<Vec<u8>, Error> {
        let length = sys::olm_pk_private_key_length();
        self.object.bytes(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_pk_get_private_key(self.object.as_ptr(), buffer.cast(), length) }
        })
    }

    /// Stores the key pair as an encrypted text; the key may be of any length.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn pickle(&self, key: impl AsRef<[u8]>) -> Result<String, Error> {
        self.object.pickle(key.as_ref())
    }

    /// Loads a key pair that was stored.
    ///
    /// # Errors
    ///
    /// `BAD_ACCOUNT_KEY`, `INVALID_BASE64`, or what else is wrong with the text.
    pub fn unpickle(key: impl AsRef<[u8]>, pickle: impl AsRef<[u8]>) -> Result<Self, Error> {
        let key = key.as_ref();
        let object = Object::new();
        let pickle = pickle.as_ref();
        let mut buffer = with_slack(pickle);
        let mut public_key = vec![0; sys::olm_pk_key_length()];
        // SAFETY: the object is live, all buffers have these lengths, and the
        // text that libolm overwrites is a copy.
        object.check(unsafe {
            let pickled = buffer.as_mut_ptr().add(SLACK).cast();
            sys::olm_unpickle_pk_decryption(
                object.as_ptr(),
                key.as_ptr().cast(),
                key.len(),
                pickled,
                pickle.len(),
                public_key.as_mut_ptr().cast(),
                public_key.len(),
            )
        })?;
        Self::from_parts(object, public_key)
    }

    fn from_parts(
        object: Object<sys::OlmPkDecryption>,
        public_key: Vec<u8>,
    ) -> Result<Self, Error> {
        let public_key = String::from_utf8(public_key).map_err(|_| Error::NOT_UTF8)?;
        Ok(Self { object, public_key })
    }
}
