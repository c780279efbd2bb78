//! The memory of one object of libolm's, and what all kinds have in common.

use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::{
    ffi::{c_char, c_void},
    fmt,
    ptr::NonNull,
};

use crate::{Error, sys};

/// A kind of object: how libolm makes it, clears it, and tells its errors.
pub(crate) trait Kind: Sized {
    const SIZE: extern "C" fn() -> usize;
    const INIT: unsafe extern "C" fn(*mut c_void) -> *mut Self;
    const CLEAR: unsafe extern "C" fn(*mut Self) -> usize;
    const LAST_ERROR: unsafe extern "C" fn(*const Self) -> *const c_char;
}

/// A kind that libolm stores as an encrypted text.
pub(crate) trait Pickled: Kind {
    const PICKLE_LENGTH: unsafe extern "C" fn(*const Self) -> usize;
    const PICKLE: unsafe extern "C" fn(
        *mut Self,
        *const c_void,
        usize,
        *mut c_void,
        usize,
    ) -> usize;
}

/// A kind whose stored text is read back without further ado.
pub(crate) trait Unpickled: Pickled {
    const UNPICKLE: unsafe extern "C" fn(
        *mut Self,
        *const c_void,
        usize,
        *mut c_void,
        usize,
    ) -> usize;
}

macro_rules! kind {
    ($kind:ident, $size:ident, $init:ident, $clear:ident, $last_error:ident) => {
        impl Kind for sys::$kind {
            const SIZE: extern "C" fn() -> usize = sys::$size;
            const INIT: unsafe extern "C" fn(*mut c_void) -> *mut Self = sys::$init;
            const CLEAR: unsafe extern "C" fn(*mut Self) -> usize = sys::$clear;
            const LAST_ERROR: unsafe extern "C" fn(*const Self) -> *const c_char = sys::$last_error;
        }
    };
}

macro_rules! pickled {
    ($kind:ident, $length:ident, $pickle:ident) => {
        impl Pickled for sys::$kind {
            const PICKLE_LENGTH: unsafe extern "C" fn(*const Self) -> usize = sys::$length;
            const PICKLE: unsafe extern "C" fn(
                *mut Self,
                *const c_void,
                usize,
                *mut c_void,
                usize,
            ) -> usize = sys::$pickle;
        }
    };
    ($kind:ident, $length:ident, $pickle:ident, $unpickle:ident) => {
        pickled!($kind, $length, $pickle);
        impl Unpickled for sys::$kind {
            const UNPICKLE: unsafe extern "C" fn(
                *mut Self,
                *const c_void,
                usize,
                *mut c_void,
                usize,
            ) -> usize = sys::$unpickle;
        }
    };
}

kind!(
    OlmAccount,
    olm_account_size,
    olm_account,
    olm_clear_account,
    olm_account_last_error
);
kind!(
    OlmSession,
    olm_session_size,
    olm_session,
    olm_clear_session,
    olm_session_last_error
);
kind!(
    OlmUtility,
    olm_utility_size,
    olm_utility,
    olm_clear_utility,
    olm_utility_last_error
);
kind!(
    OlmOutboundGroupSession,
    olm_outbound_group_session_size,
    olm_outbound_group_session,
    olm_clear_outbound_group_session,
    olm_outbound_group_session_last_error
);
kind!(
    OlmInboundGroupSession,
    olm_inbound_group_session_size,
    olm_inbound_group_session,
    olm_clear_inbound_group_session,
    olm_inbound_group_session_last_error
);
kind!(
    OlmPkDecryption,
    olm_pk_decryption_size,
    olm_pk_decryption,
    olm_clear_pk_decryption,
    olm_pk_decryption_last_error
);
kind!(
    OlmPkEncryption,
    olm_pk_encryption_size,
    olm_pk_encryption,
    olm_clear_pk_encryption,
    olm_pk_encryption_last_error
);
kind!(
    OlmPkSigning,
    olm_pk_signing_size,
    olm_pk_signing,
    olm_clear_pk_signing,
    olm_pk_signing_last_error
);
kind!(
    OlmSAS,
    olm_sas_size,
    olm_sas,
    olm_clear_sas,
    olm_sas_last_error
);

pickled!(
    OlmAccount,
    olm_pickle_account_length,
    olm_pickle_account,
    olm_unpickle_account
);
pickled!(
    OlmSession,
    olm_pickle_session_length,
    olm_pickle_session,
    olm_unpickle_session
);
pickled!(
    OlmOutboundGroupSession,
    olm_pickle_outbound_group_session_length,
    olm_pickle_outbound_group_session,
    olm_unpickle_outbound_group_session
);
pickled!(
    OlmInboundGroupSession,
    olm_pickle_inbound_group_session_length,
    olm_pickle_inbound_group_session,
    olm_unpickle_inbound_group_session
);
// Its unpickling hands out the public key as well.
pickled!(
    OlmPkDecryption,
    olm_pickle_pk_decryption_length,
    olm_pickle_pk_decryption
);

/// An object and its memory.
///
/// Kept as pointers, not as a `Box`: libolm holds on to the memory between
/// calls, and a `Box` says that nobody else does.
pub(crate) struct Object<K: Kind> {
    memory: NonNull<[u64]>,
    object: *mut K,
}

// SAFETY: an object lies wholly in its memory, which nobody shares, and libolm
// keeps nothing per thread. It is not `Sync`: asking may write the last error.
unsafe impl<K: Kind> Send for Object<K> {}

impl<K: Kind> Object<K> {
    /// Makes an object that is initialised, but empty.
    pub(crate) fn new() -> Self {
        // Whole words, as libolm's structures hold nothing of wider alignment.
        let words = K::SIZE().div_ceil(size_of::<u64>());
        let memory = NonNull::from(Box::leak(vec![0_u64; words].into_boxed_slice()));
        // SAFETY: the memory is as large and as aligned as this kind needs.
        let object = unsafe { K::INIT(memory.as_ptr().cast()) };
        Self { memory, object }
    }

    /// For libolm's functions, as long as `self` lives.
    ///
    /// From `&self`, too: `Object` is not `Sync`, and nothing in Rust borrows
    /// from the memory, so a call through this pointer is the only access.
    pub(crate) const fn as_ptr(&self) -> *mut K {
        self.object
    }

    /// Turns what a function returned into its result.
    pub(crate) fn check(&self, returned: usize) -> Result<usize, Error> {
        if returned == sys::olm_error() {
            // SAFETY: the object is live, and this is its `…_last_error`.
            Err(unsafe { Error::from_c(K::LAST_ERROR(self.object)) })
        } else {
            Ok(returned)
        }
    }

    /// Has `write` fill a buffer of that length, and cuts it to what it wrote.
    pub(crate) fn bytes(
        &self,
        length: usize,
        write: impl FnOnce(*mut u8) -> usize,
    ) -> Result<Vec<u8>, Error> {
        let mut buffer = vec![0; length];
        let written = self.check(write(buffer.as_mut_ptr()))?;
        buffer.truncate(written);
        Ok(buffer)
    }

    /// The same for text.
    pub(crate) fn text(
        &self,
        length: usize,
        write: impl FnOnce(*mut u8) -> usize,
    ) -> Result<String, Error> {
        String::from_utf8(self.bytes(length, write)?).map_err(|_| Error::NOT_UTF8)
    }

    /// Text by a function that does not return how much it wrote: all of it.
    pub(crate) fn whole_text(
        &self,
        length: usize,
        write: impl FnOnce(*mut u8) -> usize,
    ) -> Result<String, Error> {
        let mut buffer = vec![0; length];
        self.check(write(buffer.as_mut_ptr()))?;
        String::from_utf8(buffer).map_err(|_| Error::NOT_UTF8)
    }

    /// Has `write` fill a buffer of that length with what it decrypts.
    pub(crate) fn plaintext(
        &self,
        length: usize,
        write: impl FnOnce(*mut u8) -> usize,
    ) -> Result<Vec<u8>, Error> {
        let mut buffer = vec![0; length.saturating_add(2 * SLACK)];
        // SAFETY: the buffer is longer than that.
        let start = unsafe { buffer.as_mut_ptr().add(SLACK) };
        let written = self.check(write(start))?;
        buffer.truncate(SLACK.saturating_add(written));
        buffer.drain(..SLACK);
        Ok(buffer)
    }

    pub(crate) fn pickle(&self, key: &[u8]) -> Result<String, Error>
    where
        K: Pickled,
    {
        // SAFETY: the object is live.
        let length = unsafe { K::PICKLE_LENGTH(self.object) };
        self.text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                K::PICKLE(
                    self.object,
                    key.as_ptr().cast(),
                    key.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }

    pub(crate) fn unpickle(key: &[u8], pickle: &[u8]) -> Result<Self, Error>
    where
        K: Unpickled,
    {
        let object = Self::new();
        let mut buffer = with_slack(pickle);
        // SAFETY: the object is live, both buffers have these lengths, and the
        // one that libolm overwrites is a copy.
        object.check(unsafe {
            let pickled = buffer.as_mut_ptr().add(SLACK).cast();
            K::UNPICKLE(
                object.object,
                key.as_ptr().cast(),
                key.len(),
                pickled,
                pickle.len(),
            )
        })?;
        Ok(object)
    }
}

/// Copies a text that libolm decrypts in place.
pub(crate) fn with_slack(text: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; SLACK];
    buffer.extend_from_slice(text);
    buffer.resize(buffer.len().saturating_add(SLACK), 0);
    buffer
}

/// A block of AES before and after what libolm decrypts to.
///
/// It takes a ciphertext of any length that has a right MAC. With none it looks
/// for the padding in the byte before; what is no multiple of a block it writes
/// as whole blocks. A zero before is what memory from `malloc` has there.
pub(crate) const SLACK: usize = 16;

impl<K: Kind> Drop for Object<K> {
    fn drop(&mut self) {
        // SAFETY: the object is live, and nobody uses it after this.
        unsafe { K::CLEAR(self.object) };
        // SAFETY: `new` took the memory out of such a box.
        drop(unsafe { Box::from_raw(self.memory.as_ptr()) });
    }
}

impl<K: Kind> fmt::Debug for Object<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It is full of secrets.
        f.debug_struct("Object").finish_non_exhaustive()
    }
}
