//! Accounts: a device's long-term keys.

use alloc::string::String;

use crate::{
    Error, Session,
    object::{Kind, Object},
    sys,
};

/// A device's identity keys, one-time keys and fallback keys.
#[derive(Debug)]
pub struct Account(Object<sys::OlmAccount>);

impl Account {
    /// Bytes of memory that libolm wants for one.
    #[must_use]
    pub fn size() -> usize {
        <sys::OlmAccount as Kind>::SIZE()
    }

    /// How many random bytes [`Account::new`] needs: 64.
    #[must_use]
    pub fn random_length() -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_create_account_random_length(Object::new().as_ptr()) }
    }

    /// Makes an account: first the Ed25519 seed, then the Curve25519 key.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn new(random: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let mut random = random.to_vec();
        // SAFETY: the object is live, and libolm wipes a copy of the bytes.
        object.check(unsafe {
            sys::olm_create_account(object.as_ptr(), random.as_mut_ptr().cast(), random.len())
        })?;
        Ok(Self(object))
    }

    /// The public identity keys, as libolm's JSON text.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn identity_keys_json(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_account_identity_keys_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_account_identity_keys(self.as_ptr(), buffer.cast(), length) }
        })
    }

    /// Signs with the Ed25519 key; the signature is base64.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn sign(&self, message: impl AsRef<[u8]>) -> Result<String, Error> {
        let message = message.as_ref();
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_account_signature_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_account_sign(
                    self.as_ptr(),
                    message.as_ptr().cast(),
                    message.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }

    /// How many random bytes so many one-time keys need: 32 each.
    #[must_use]
    pub fn one_time_keys_random_length(&self, number: usize) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_account_generate_one_time_keys_random_length(self.as_ptr(), number) }
    }

    /// Makes one-time keys; the oldest go when there are too many.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn generate_one_time_keys(&mut self, number: usize, random: &[u8]) -> Result<(), Error> {
        // libolm multiplies to learn whether the bytes are enough. A number
        // that overflows there would have it read past their end.
        if number > random.len() {
            return Err(Error::NOT_ENOUGH_RANDOM);
        }
        let mut random = random.to_vec();
        // SAFETY: the object is live, libolm wipes a copy of the bytes, and
        // their number is at most what fits in memory: times 32 is no overflow.
        self.0.check(unsafe {
            sys::olm_account_generate_one_time_keys(
                self.as_ptr(),
                number,
                random.as_mut_ptr().cast(),
                random.len(),
            )
        })?;
        Ok(())
    }

    /// The unpublished public one-time keys, as libolm's JSON text.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn one_time_keys_json(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_account_one_time_keys_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_account_one_time_keys(self.as_ptr(), buffer.cast(), length) }
        })
    }

    /// Marks one-time keys and fallback key as published; says how many were.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn mark_keys_as_published(&mut self) -> Result<usize, Error> {
        // SAFETY: the object is live.
        self.0
            .check(unsafe { sys::olm_account_mark_keys_as_published(self.as_ptr()) })
    }

    /// How many one-time keys an account keeps.
    #[must_use]
    pub fn max_one_time_keys(&self) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_account_max_number_of_one_time_keys(self.as_ptr()) }
    }

    /// How many random bytes a fallback key needs: 32.
    #[must_use]
    pub fn fallback_key_random_length(&self) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_account_generate_fallback_key_random_length(self.as_ptr()) }
    }

    /// Makes a fallback key; the one before is kept, older ones are not.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn generate_fallback_key(&mut self, random: &[u8]) -> Result<(), Error> {
        let mut random = random.to_vec();
        // SAFETY: the object is live, and libolm wipes a copy of the bytes.
        self.0.check(unsafe {
            sys::olm_account_generate_fallback_key(
                self.as_ptr(),
                random.as_mut_ptr().cast(),
                random.len(),
            )
        })?;
        Ok(())
    }

    /// The public fallback key, published or not, as libolm's JSON text.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn fallback_key_json(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_account_fallback_key_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_account_fallback_key(self.as_ptr(), buffer.cast(), length) }
        })
    }

    /// The same while it is unpublished; an empty list after.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn unpublished_fallback_key_json(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_account_unpublished_fallback_key_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe {
                sys::olm_account_unpublished_fallback_key(self.as_ptr(), buffer.cast(), length)
            }
        })
    }

    /// Forgets the fallback key before the present one.
    pub fn forget_old_fallback_key(&mut self) {
        // SAFETY: the object is live.
        unsafe { sys::olm_account_forget_old_fallback_key(self.as_ptr()) }
    }

    /// Removes the one-time key that the other side made this session with.
    ///
    /// # Errors
    ///
    /// `BAD_MESSAGE_KEY_ID` if there is none.
    pub fn remove_one_time_keys(&mut self, session: &Session) -> Result<(), Error> {
        // SAFETY: both objects are live.
        let returned = unsafe { sys::olm_remove_one_time_keys(self.as_ptr(), session.as_ptr()) };
        self.0.check(returned)?;
        Ok(())
    }

    /// Stores the account as an encrypted text; the key may be of any length.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn pickle(&self, key: impl AsRef<[u8]>) -> Result<String, Error> {
        self.0.pickle(key.as_ref())
    }

    /// Loads an account that was stored.
    ///
    /// # Errors
    ///
    /// `BAD_ACCOUNT_KEY`, `INVALID_BASE64`, or what else is wrong with the text.
    pub fn unpickle(key: impl AsRef<[u8]>, pickle: impl AsRef<[u8]>) -> Result<Self, Error> {
        Object::unpickle(key.as_ref(), pickle.as_ref()).map(Self)
    }

    pub(crate) const fn as_ptr(&self) -> *mut sys::OlmAccount {
        self.0.as_ptr()
    }
}
