//! libolm's `PkDecryption`, version 1: a key pair.

use alloc::string::String;
use core::convert::Infallible;

use super::{key_pair, put_key_pair, read, write};
use crate::{
    pickle::error::ImportError,
    primitives::curve25519::{Curve25519KeyPair, Curve25519SecretKey},
};

const VERSION: u32 = 1;

impl Curve25519SecretKey {
    /// Reads the private key of libolm's `PkDecryption` object from its pickle.
    ///
    /// # Errors
    /// [`ImportError`] says what is wrong with the pickle.
    pub fn from_libolm_pk_decryption_pickle(text: &str, key: &[u8]) -> Result<Self, ImportError> {
        read(text, key, |version, record| match version {
            VERSION => Ok(key_pair(record)?.secret),
            version => Err(ImportError::UnknownVersion { version }),
        })
    }

    /// Writes this key as the pickle of a `PkDecryption` object of libolm.
    #[must_use]
    pub fn to_libolm_pk_decryption_pickle(&self, key: &[u8]) -> String {
        let Ok(text) = write::<Infallible>(key, VERSION, 64, |out| {
            put_key_pair(&Curve25519KeyPair::from_secret(self.clone()), out);
            Ok(())
        });
        text
    }
}
