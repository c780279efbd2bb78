//! Short authentication strings: `olm/sas.h`.

use core::ffi::{c_char, c_int, c_void};

opaque! {
    OlmSAS
}

unsafe extern "C" {
    pub(crate) safe fn olm_sas_size() -> usize;
    pub(crate) unsafe fn olm_sas(memory: *mut c_void) -> *mut OlmSAS;
    pub(crate) unsafe fn olm_sas_last_error(sas: *const OlmSAS) -> *const c_char;
    pub(crate) unsafe fn olm_clear_sas(sas: *mut OlmSAS) -> usize;
    pub(crate) unsafe fn olm_create_sas_random_length(sas: *const OlmSAS) -> usize;
    pub(crate) unsafe fn olm_create_sas(
        sas: *mut OlmSAS,
        random: *mut c_void,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_pubkey_length(sas: *const OlmSAS) -> usize;
    pub(crate) unsafe fn olm_sas_get_pubkey(
        sas: *mut OlmSAS,
        public_key: *mut c_void,
        public_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_set_their_key(
        sas: *mut OlmSAS,
        their_key: *mut c_void,
        their_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_is_their_key_set(sas: *const OlmSAS) -> c_int;
    pub(crate) unsafe fn olm_sas_generate_bytes(
        sas: *mut OlmSAS,
        info: *const c_void,
        info_length: usize,
        output: *mut c_void,
        output_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_mac_length(sas: *const OlmSAS) -> usize;
    pub(crate) unsafe fn olm_sas_calculate_mac(
        sas: *mut OlmSAS,
        input: *const c_void,
        input_length: usize,
        info: *const c_void,
        info_length: usize,
        mac: *mut c_void,
        mac_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_calculate_mac_fixed_base64(
        sas: *mut OlmSAS,
        input: *const c_void,
        input_length: usize,
        info: *const c_void,
        info_length: usize,
        mac: *mut c_void,
        mac_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_sas_calculate_mac_long_kdf(
        sas: *mut OlmSAS,
        input: *const c_void,
        input_length: usize,
        info: *const c_void,
        info_length: usize,
        mac: *mut c_void,
        mac_length: usize,
    ) -> usize;
}
