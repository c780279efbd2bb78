//! Short authentication strings: what two people compare to verify keys.

use alloc::{string::String, vec, vec::Vec};
use core::ffi::c_void;

use crate::{Error, object::Object, sys};

/// One side of a comparison: a key pair for one use, then the shared secret.
#[derive(Debug)]
pub struct Sas {
    object: Object<sys::OlmSAS>,
    public_key: String,
}

impl Sas {
    /// How many random bytes [`Sas::new`] needs: 32.
    #[must_use]
    pub fn random_length() -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_create_sas_random_length(Object::new().as_ptr()) }
    }

    /// Makes a key pair; the random bytes are the private key.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn new(random: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let mut random = random.to_vec();
        // SAFETY: the object is live, and libolm may overwrite the copy.
        object.check(unsafe {
            sys::olm_create_sas(object.as_ptr(), random.as_mut_ptr().cast(), random.len())
        })?;
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_sas_pubkey_length(object.as_ptr()) };
        let public_key = object.whole_text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_sas_get_pubkey(object.as_ptr(), buffer.cast(), length) }
        })?;
        Ok(Self { object, public_key })
    }

    /// The public key to send, in base64.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Takes the other side's public key, in base64; a later one replaces it.
    ///
    /// # Errors
    ///
    /// `OLM_INPUT_BUFFER_TOO_SMALL`, `INVALID_BASE64` for an impossible length. What
    /// characters it has, libolm does not look at.
    pub fn set_their_key(&mut self, key: impl AsRef<[u8]>) -> Result<(), Error> {
        let mut key = key.as_ref().to_vec();
        // SAFETY: the object is live, and libolm decodes a copy in its place.
        self.object.check(unsafe {
            sys::olm_sas_set_their_key(self.object.as_ptr(), key.as_mut_ptr().cast(), key.len())
        })?;
        Ok(())
    }

    /// Whether the other side's public key is there.
    #[must_use]
    pub fn is_their_key_set(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { sys::olm_sas_is_their_key_set(self.object.as_ptr()) != 0 }
    }

    /// The bytes to show as emoji or decimals. Past 8160 they repeat.
    ///
    /// # Errors
    ///
    /// `OLM_SAS_THEIR_KEY_NOT_SET`.
    pub fn generate_bytes(&self, info: impl AsRef<[u8]>, length: usize) -> Result<Vec<u8>, Error> {
        let info = info.as_ref();
        let mut output = vec![0; length];
        // SAFETY: the object is live, both buffers have these lengths.
        self.object.check(unsafe {
            sys::olm_sas_generate_bytes(
                self.object.as_ptr(),
                info.as_ptr().cast(),
                info.len(),
                output.as_mut_ptr().cast(),
                length,
            )
        })?;
        Ok(output)
    }

    /// The MAC `hkdf-hmac-sha256`. libolm encodes it in its own place and reads
    /// there what it has just written, so only the beginning is the MAC's base64.
    ///
    /// # Errors
    ///
    /// `OLM_SAS_THEIR_KEY_NOT_SET`.
    pub fn calculate_mac(
        &self,
        input: impl AsRef<[u8]>,
        info: impl AsRef<[u8]>,
    ) -> Result<String, Error> {
        self.mac(sys::olm_sas_calculate_mac, input.as_ref(), info.as_ref())
    }

    /// The MAC `hkdf-hmac-sha256.v2`: the same in true base64.
    ///
    /// # Errors
    ///
    /// `OLM_SAS_THEIR_KEY_NOT_SET`.
    pub fn calculate_mac_fixed_base64(
        &self,
        input: impl AsRef<[u8]>,
        info: impl AsRef<[u8]>,
    ) -> Result<String, Error> {
        self.mac(
            sys::olm_sas_calculate_mac_fixed_base64,
            input.as_ref(),
            info.as_ref(),
        )
    }

    /// The MAC `hmac-sha256`, with a key of 256 bytes, and encoded as wrongly.
    ///
    /// # Errors
    ///
    /// `OLM_SAS_THEIR_KEY_NOT_SET`.
    pub fn calculate_mac_long_kdf(
        &self,
        input: impl AsRef<[u8]>,
        info: impl AsRef<[u8]>,
    ) -> Result<String, Error> {
        self.mac(
            sys::olm_sas_calculate_mac_long_kdf,
            input.as_ref(),
            info.as_ref(),
        )
    }

    /// `calculate` is one of the three above.
    fn mac(&self, calculate: Calculate, input: &[u8], info: &[u8]) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_sas_mac_length(self.object.as_ptr()) };
        self.object.whole_text(length, |buffer| {
            // SAFETY: the object is live, all buffers have these lengths.
            unsafe {
                calculate(
                    self.object.as_ptr(),
                    input.as_ptr().cast(),
                    input.len(),
                    info.as_ptr().cast(),
                    info.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }
}

type Calculate = unsafe extern "C" fn(
    *mut sys::OlmSAS,
    *const c_void,
    usize,
    *const c_void,
    usize,
    *mut c_void,
    usize,
) -> usize;
