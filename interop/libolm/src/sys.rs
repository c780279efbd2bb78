//! The part of libolm's C interface that is wrapped here.
//!
//! Pointers are `*const` where the headers say so; the others are `*mut` even
//! where libolm writes no more than the last error.

use core::ffi::{c_char, c_int, c_void};

/// An object of libolm's whose fields are none of our business.
macro_rules! opaque {
    ($($name:ident)*) => {
        $(#[repr(C)]
        pub(crate) struct $name {
            _fields: [u8; 0],
            _marker: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        })*
    };
}

mod pk;
mod sas;

pub(crate) use self::{pk::*, sas::*};

opaque! {
    OlmAccount OlmSession OlmUtility OlmOutboundGroupSession OlmInboundGroupSession
}

// Copied from the headers of 3.2.13. Safe are those without a pointer: they
// return constants.
unsafe extern "C" {
    pub(crate) unsafe fn olm_get_library_version(major: *mut u8, minor: *mut u8, patch: *mut u8);
    pub(crate) safe fn olm_error() -> usize;

    pub(crate) safe fn olm_account_size() -> usize;
    pub(crate) unsafe fn olm_account(memory: *mut c_void) -> *mut OlmAccount;
    pub(crate) unsafe fn olm_account_last_error(account: *const OlmAccount) -> *const c_char;
    pub(crate) unsafe fn olm_clear_account(account: *mut OlmAccount) -> usize;
    pub(crate) unsafe fn olm_pickle_account_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_pickle_account(
        account: *mut OlmAccount,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_unpickle_account(
        account: *mut OlmAccount,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_create_account_random_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_create_account(
        account: *mut OlmAccount,
        random: *mut c_void,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_identity_keys_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_account_identity_keys(
        account: *mut OlmAccount,
        identity_keys: *mut c_void,
        identity_keys_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_signature_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_account_sign(
        account: *mut OlmAccount,
        message: *const c_void,
        message_length: usize,
        signature: *mut c_void,
        signature_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_one_time_keys_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_account_one_time_keys(
        account: *mut OlmAccount,
        one_time_keys: *mut c_void,
        one_time_keys_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_mark_keys_as_published(account: *mut OlmAccount) -> usize;
    pub(crate) unsafe fn olm_account_max_number_of_one_time_keys(
        account: *const OlmAccount,
    ) -> usize;
    pub(crate) unsafe fn olm_account_generate_one_time_keys_random_length(
        account: *const OlmAccount,
        number: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_generate_one_time_keys(
        account: *mut OlmAccount,
        number: usize,
        random: *mut c_void,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_generate_fallback_key_random_length(
        account: *const OlmAccount,
    ) -> usize;
    pub(crate) unsafe fn olm_account_generate_fallback_key(
        account: *mut OlmAccount,
        random: *mut c_void,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_fallback_key_length(account: *const OlmAccount) -> usize;
    pub(crate) unsafe fn olm_account_fallback_key(
        account: *mut OlmAccount,
        fallback_key: *mut c_void,
        fallback_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_unpublished_fallback_key_length(
        account: *const OlmAccount,
    ) -> usize;
    pub(crate) unsafe fn olm_account_unpublished_fallback_key(
        account: *mut OlmAccount,
        fallback_key: *mut c_void,
        fallback_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_account_forget_old_fallback_key(account: *mut OlmAccount);
    pub(crate) unsafe fn olm_remove_one_time_keys(
        account: *mut OlmAccount,
        session: *mut OlmSession,
    ) -> usize;

    pub(crate) safe fn olm_session_size() -> usize;
    pub(crate) unsafe fn olm_session(memory: *mut c_void) -> *mut OlmSession;
    pub(crate) unsafe fn olm_session_last_error(session: *const OlmSession) -> *const c_char;
    pub(crate) unsafe fn olm_clear_session(session: *mut OlmSession) -> usize;
    pub(crate) unsafe fn olm_pickle_session_length(session: *const OlmSession) -> usize;
    pub(crate) unsafe fn olm_pickle_session(
        session: *mut OlmSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_unpickle_session(
        session: *mut OlmSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_create_outbound_session_random_length(
        session: *const OlmSession,
    ) -> usize;
    pub(crate) unsafe fn olm_create_outbound_session(
        session: *mut OlmSession,
        account: *const OlmAccount,
        identity_key: *const c_void,
        identity_key_length: usize,
        one_time_key: *const c_void,
        one_time_key_length: usize,
        random: *mut c_void,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_create_inbound_session(
        session: *mut OlmSession,
        account: *mut OlmAccount,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_create_inbound_session_from(
        session: *mut OlmSession,
        account: *mut OlmAccount,
        identity_key: *const c_void,
        identity_key_length: usize,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_session_id_length(session: *const OlmSession) -> usize;
    pub(crate) unsafe fn olm_session_id(
        session: *mut OlmSession,
        id: *mut c_void,
        id_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_session_has_received_message(session: *const OlmSession) -> c_int;
    pub(crate) unsafe fn olm_session_describe(
        session: *mut OlmSession,
        text: *mut c_char,
        text_length: usize,
    );
    pub(crate) unsafe fn olm_matches_inbound_session(
        session: *mut OlmSession,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_matches_inbound_session_from(
        session: *mut OlmSession,
        identity_key: *const c_void,
        identity_key_length: usize,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_encrypt_message_type(session: *const OlmSession) -> usize;
    pub(crate) unsafe fn olm_encrypt_random_length(session: *const OlmSession) -> usize;
    pub(crate) unsafe fn olm_encrypt_message_length(
        session: *const OlmSession,
        plaintext_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_encrypt(
        session: *mut OlmSession,
        plaintext: *const c_void,
        plaintext_length: usize,
        random: *mut c_void,
        random_length: usize,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_decrypt_max_plaintext_length(
        session: *mut OlmSession,
        message_type: usize,
        message: *mut c_void,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_decrypt(
        session: *mut OlmSession,
        message_type: usize,
        message: *mut c_void,
        message_length: usize,
        plaintext: *mut c_void,
        plaintext_length: usize,
    ) -> usize;

    pub(crate) safe fn olm_utility_size() -> usize;
    pub(crate) unsafe fn olm_utility(memory: *mut c_void) -> *mut OlmUtility;
    pub(crate) unsafe fn olm_utility_last_error(utility: *const OlmUtility) -> *const c_char;
    pub(crate) unsafe fn olm_clear_utility(utility: *mut OlmUtility) -> usize;
    pub(crate) unsafe fn olm_sha256_length(utility: *const OlmUtility) -> usize;
    pub(crate) unsafe fn olm_sha256(
        utility: *mut OlmUtility,
        input: *const c_void,
        input_length: usize,
        output: *mut c_void,
        output_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_ed25519_verify(
        utility: *mut OlmUtility,
        key: *const c_void,
        key_length: usize,
        message: *const c_void,
        message_length: usize,
        signature: *mut c_void,
        signature_length: usize,
    ) -> usize;

    pub(crate) safe fn olm_outbound_group_session_size() -> usize;
    pub(crate) unsafe fn olm_outbound_group_session(
        memory: *mut c_void,
    ) -> *mut OlmOutboundGroupSession;
    pub(crate) unsafe fn olm_outbound_group_session_last_error(
        outbound_group_session: *const OlmOutboundGroupSession,
    ) -> *const c_char;
    pub(crate) unsafe fn olm_clear_outbound_group_session(
        outbound_group_session: *mut OlmOutboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_pickle_outbound_group_session_length(
        outbound_group_session: *const OlmOutboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_pickle_outbound_group_session(
        outbound_group_session: *mut OlmOutboundGroupSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_unpickle_outbound_group_session(
        outbound_group_session: *mut OlmOutboundGroupSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_init_outbound_group_session_random_length(
        outbound_group_session: *const OlmOutboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_init_outbound_group_session(
        outbound_group_session: *mut OlmOutboundGroupSession,
        random: *mut u8,
        random_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_group_encrypt_message_length(
        outbound_group_session: *mut OlmOutboundGroupSession,
        plaintext_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_group_encrypt(
        outbound_group_session: *mut OlmOutboundGroupSession,
        plaintext: *const u8,
        plaintext_length: usize,
        message: *mut u8,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_outbound_group_session_id_length(
        outbound_group_session: *const OlmOutboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_outbound_group_session_id(
        outbound_group_session: *mut OlmOutboundGroupSession,
        id: *mut u8,
        id_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_outbound_group_session_message_index(
        outbound_group_session: *mut OlmOutboundGroupSession,
    ) -> u32;
    pub(crate) unsafe fn olm_outbound_group_session_key_length(
        outbound_group_session: *const OlmOutboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_outbound_group_session_key(
        outbound_group_session: *mut OlmOutboundGroupSession,
        key: *mut u8,
        key_length: usize,
    ) -> usize;

    pub(crate) safe fn olm_inbound_group_session_size() -> usize;
    pub(crate) unsafe fn olm_inbound_group_session(
        memory: *mut c_void,
    ) -> *mut OlmInboundGroupSession;
    pub(crate) unsafe fn olm_inbound_group_session_last_error(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> *const c_char;
    pub(crate) unsafe fn olm_clear_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_pickle_inbound_group_session_length(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_pickle_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_unpickle_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
        key: *const c_void,
        key_length: usize,
        pickled: *mut c_void,
        pickled_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_init_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
        session_key: *const u8,
        session_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_import_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
        session_key: *const u8,
        session_key_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_group_decrypt_max_plaintext_length(
        inbound_group_session: *mut OlmInboundGroupSession,
        message: *mut u8,
        message_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_group_decrypt(
        inbound_group_session: *mut OlmInboundGroupSession,
        message: *mut u8,
        message_length: usize,
        plaintext: *mut u8,
        plaintext_length: usize,
        message_index: *mut u32,
    ) -> usize;
    pub(crate) unsafe fn olm_inbound_group_session_id_length(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_inbound_group_session_id(
        inbound_group_session: *mut OlmInboundGroupSession,
        id: *mut u8,
        id_length: usize,
    ) -> usize;
    pub(crate) unsafe fn olm_inbound_group_session_first_known_index(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> u32;
    pub(crate) unsafe fn olm_inbound_group_session_is_verified(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> c_int;
    pub(crate) unsafe fn olm_export_inbound_group_session_length(
        inbound_group_session: *const OlmInboundGroupSession,
    ) -> usize;
    pub(crate) unsafe fn olm_export_inbound_group_session(
        inbound_group_session: *mut OlmInboundGroupSession,
        key: *mut u8,
        key_length: usize,
        message_index: u32,
    ) -> usize;
}
