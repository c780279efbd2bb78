//! Encrypting to a public key: `olm/pk.h`.

use core::ffi::{c_char, c_void};

opaque! {
    OlmPkEncryption OlmPkDecryption OlmPkSigning
}

unsafe extern "C" {
    pub(crate) safe fn olm_pk_encryption_size() -> usize;
    pub(crate) unsafe fn olm_pk_encryption(memory: *mut c_void) -> *mut OlmPkEncryption;
    pub(crate) unsafe fn olm_pk_encryption_last_error(
        pk_encryption: *const OlmPkEncryption,
    ) -> *const c_char;
    pub(crate) unsafe fn olm_clear_pk_encryption(pk_encryption: *mut OlmPkEncryption) -> usize;
    pub(crate) unsafe fn olm_pk_encryption_set_recipient_key(
        pk_encryption: *mut OlmPkEncryption,
        public_key: *const c_void,
        public_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_pk_ciphertext_length(
        pk_encryption: *const OlmPkEncryption,
        plaintext_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_pk_mac_length(pk_encryption: *const OlmPkEncryption) -> usize;
    pub(crate) unsafe fn olm_pk_encrypt_random_length(
        pk_encryption: *const OlmPkEncryption,
    ) -> usize;
    pub(crate) unsafe fn olm_pk_encrypt(
        pk_encryption: *mut OlmPkEncryption,
        plaintext: *const c_void,
        plaintext_length: usize,
        ciphertext: *mut c_void,
        ciphertext_length: usize,
        mac: *mut c_void,
        mac_length: usize,
        ephemeral_key: *mut c_void,
        ephemeral_key_length: usize,
        random: *const c_void,
        random_length: usize,
    ) -> usize;

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
    pub(crate) unsafe fn olm_pk_max_plaintext_length(
        pk_decryption: *const OlmPkDecryption,
        ciphertext_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_pk_decrypt(
        pk_decryption: *mut OlmPkDecryption,
        ephemeral_key: *const c_void,
        ephemeral_key_length: usize,
        mac: *const c_void,
        mac_length: usize,
        ciphertext: *mut c_void,
        ciphertext_length: usize,
        plaintext: *mut c_void,
        max_plaintext_length: usize,
    ) -> usize;

    pub(crate) safe fn olm_pk_signing_size() -> usize;
    pub(crate) unsafe fn olm_pk_signing(memory: *mut c_void) -> *mut OlmPkSigning;
    pub(crate) unsafe fn olm_pk_signing_last_error(
        pk_signing: *const OlmPkSigning,
    ) -> *const c_char;
    pub(crate) unsafe fn olm_clear_pk_signing(pk_signing: *mut OlmPkSigning) -> usize;
    pub(crate) safe fn olm_pk_signing_public_key_length() -> usize;
    pub(crate) unsafe fn olm_pk_signing_key_from_seed(
        pk_signing: *mut OlmPkSigning,
        public_key: *mut c_void,
        public_key_length: usize,
        seed: *const c_void,
        seed_length: usize,
    ) -> usize;
    pub(crate) safe fn olm_pk_signature_length() -> usize;
    pub(crate) unsafe fn olm_pk_sign(
        pk_signing: *mut OlmPkSigning,
        message: *const u8,
        message_length: usize,
        signature: *mut u8,
        signature_length: usize,
    ) -> usize;
}
