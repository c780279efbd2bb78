//! Encrypting to a public key: `olm/pk.h`.

use core::ffi::{c_char, c_void};

opaque! {
    OlmPkDecryption
}

unsafe extern "C" {
    pub(crate) safe fn olm_pk_decryption_size() -> usize;
    pub(crate) unsafe fn olm_pk_decryption(memory: *mut c_void) -> *mut OlmPkDecryption;
    pub(crate) unsafe fn olm_pk_decryption_last_error(
        pk_decryption: *const OlmPkDecryption,
    ) -> *const c_char;
    pub(crate) unsafe fn olm_clear_pk_decryption(pk_decryption: *mut OlmPkDecryption) -> usize;
    pub(crate) unsafe fn olm_pickle_pk_decryption_length(
        pk_decryption: *const OlmPkDecryption,
    ) -> usize;
    pub(crate) unsafe fn olm_pickle_pk_decryption(
        pk_decryption: *mut OlmPkDecryption,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_unpickle_pk_decryption(
        pk_decryption: *mut OlmPkDecryption,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
        public_key: *mut c_void,
        public_key_length: usize,
    ) -> usize;
    pub(crate) safe fn olm_pk_key_length() -> usize;
    pub(crate) safe fn olm_pk_private_key_length() -> usize;
    pub(crate) unsafe fn olm_pk_key_from_private(
        pk_decryption: *mut OlmPkDecryption,
        public_key: *mut c_void,
        public_key_length: usize,
        private_key: *const c_void,
        private_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_pk_get_private_key(
        pk_decryption: *mut OlmPkDecryption,
        private_key: *mut c_void,
        private_key_length: usize,
    ) -> usize;
}
