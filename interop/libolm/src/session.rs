//! Olm sessions, between two devices.

use alloc::{string::String, vec, vec::Vec};
use core::ffi::CStr;

use crate::{
    Account, Error,
    object::{Kind, Object},
    sys,
};

/// An Olm session.
#[derive(Debug)]
pub struct Session(Object<sys::OlmSession>);

impl Session {
    /// Bytes of memory that libolm wants for one.
    #[must_use]
    pub fn size() -> usize {
        <sys::OlmSession as Kind>::SIZE()
    }

    /// How many random bytes [`Session::outbound`] needs: 64.
    #[must_use]
    pub fn outbound_random_length() -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_create_outbound_session_random_length(Object::new().as_ptr()) }
    }

    /// Starts a session with the other side's keys, in base64.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `NOT_ENOUGH_RANDOM`.
    pub fn outbound(
        account: &Account,
        random: &[u8],
        identity_key: impl AsRef<[u8]>,
        one_time_key: impl AsRef<[u8]>,
    ) -> Result<Self, Error> {
        let (identity_key, one_time_key) = (identity_key.as_ref(), one_time_key.as_ref());
        let object = Object::new();
        let mut random = random.to_vec();
        // SAFETY: both objects are live, all buffers have these lengths, and
        // libolm wipes a copy of the random bytes.
        object.check(unsafe {
            sys::olm_create_outbound_session(
                object.as_ptr(),
                account.as_ptr(),
                identity_key.as_ptr().cast(),
                identity_key.len(),
                one_time_key.as_ptr().cast(),
                one_time_key.len(),
                random.as_mut_ptr().cast(),
                random.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// Starts a session with a pre-key message; neither reads it, nor removes the one-time key.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_MESSAGE_VERSION`, `BAD_MESSAGE_FORMAT`, `BAD_MESSAGE_KEY_ID`.
    pub fn inbound(account: &mut Account, body: impl AsRef<[u8]>) -> Result<Self, Error> {
        let object = Object::new();
        let mut body = body.as_ref().to_vec();
        // SAFETY: both objects are live, and libolm overwrites a copy.
        object.check(unsafe {
            sys::olm_create_inbound_session(
                object.as_ptr(),
                account.as_ptr(),
                body.as_mut_ptr().cast(),
                body.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// The same, if the message names this identity key. Takes twice the time:
    /// libolm follows a null pointer here if the message names no identity key,
    /// so it is asked by the other function first.
    ///
    /// # Errors
    ///
    /// As [`Session::inbound`]; `BAD_MESSAGE_KEY_ID` for another identity key.
    pub fn inbound_from(
        account: &mut Account,
        identity_key: impl AsRef<[u8]>,
        body: impl AsRef<[u8]>,
    ) -> Result<Self, Error> {
        let identity_key = identity_key.as_ref();
        let mut body = body.as_ref().to_vec();
        drop(Self::inbound(account, &body)?);
        let object = Object::new();
        // SAFETY: both objects are live, both buffers have these lengths, the
        // one that libolm overwrites is a copy, and the message has the identity
        // key that libolm reads without asking.
        object.check(unsafe {
            sys::olm_create_inbound_session_from(
                object.as_ptr(),
                account.as_ptr(),
                identity_key.as_ptr().cast(),
                identity_key.len(),
                body.as_mut_ptr().cast(),
                body.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// The session's id, the same on both sides.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn id(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_session_id_length(self.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_session_id(self.as_ptr(), buffer.cast(), length) }
        })
    }

    /// Whether any message of the other side has been read.
    #[must_use]
    pub fn has_received_message(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { sys::olm_session_has_received_message(self.as_ptr()) != 0 }
    }

    /// Whether a pre-key message belongs to this session.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_MESSAGE_VERSION`, `BAD_MESSAGE_FORMAT`.
    pub fn matches_inbound(&self, body: impl AsRef<[u8]>) -> Result<bool, Error> {
        let mut body = body.as_ref().to_vec();
        // SAFETY: the object is live, and libolm overwrites a copy.
        let matches = self.0.check(unsafe {
            sys::olm_matches_inbound_session(self.as_ptr(), body.as_mut_ptr().cast(), body.len())
        })?;
        Ok(matches != 0)
    }

    /// The same, and whether it names this identity key.
    ///
    /// # Errors
    ///
    /// As [`Session::matches_inbound`].
    pub fn matches_inbound_from(
        &self,
        identity_key: impl AsRef<[u8]>,
        body: impl AsRef<[u8]>,
    ) -> Result<bool, Error> {
        let identity_key = identity_key.as_ref();
        let mut body = body.as_ref().to_vec();
        // SAFETY: the object is live, both buffers have these lengths, and the
        // one that libolm overwrites is a copy.
        let matches = self.0.check(unsafe {
            sys::olm_matches_inbound_session_from(
                self.as_ptr(),
                identity_key.as_ptr().cast(),
                identity_key.len(),
                body.as_mut_ptr().cast(),
                body.len(),
            )
        })?;
        Ok(matches != 0)
    }

    /// The type of the next message: 0 is a pre-key message, 1 a normal one.
    #[must_use]
    pub fn encrypt_message_type(&self) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_encrypt_message_type(self.as_ptr()) }
    }

    /// How many random bytes the next message needs: 32 or none.
    #[must_use]
    pub fn encrypt_random_length(&self) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_encrypt_random_length(self.as_ptr()) }
    }

    /// Encrypts a message, to its type and its body in base64.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn encrypt(
        &mut self,
        plaintext: impl AsRef<[u8]>,
        random: &[u8],
    ) -> Result<(usize, String), Error> {
        let plaintext = plaintext.as_ref();
        let mut random = random.to_vec();
        let message_type = self.encrypt_message_type();
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_encrypt_message_length(self.as_ptr(), plaintext.len()) };
        let body = self.0.text(length, |buffer| {
            // SAFETY: the object is live, all buffers have these lengths, and
            // libolm wipes a copy of the random bytes.
            unsafe {
                sys::olm_encrypt(
                    self.as_ptr(),
                    plaintext.as_ptr().cast(),
                    plaintext.len(),
                    random.as_mut_ptr().cast(),
                    random.len(),
                    buffer.cast(),
                    length,
                )
            }
        })?;
        Ok((message_type, body))
    }

    /// Decrypts a message of this type and body.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_MESSAGE_VERSION`, `BAD_MESSAGE_FORMAT`, `BAD_MESSAGE_MAC`.
    pub fn decrypt(
        &mut self,
        message_type: usize,
        body: impl AsRef<[u8]>,
    ) -> Result<Vec<u8>, Error> {
        let body = body.as_ref();
        let mut copy = body.to_vec();
        // SAFETY: the object is live, and libolm overwrites a copy.
        let length = self.0.check(unsafe {
            sys::olm_decrypt_max_plaintext_length(
                self.as_ptr(),
                message_type,
                copy.as_mut_ptr().cast(),
                copy.len(),
            )
        })?;
        copy.copy_from_slice(body);
        self.0.plaintext(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths, and
            // the one that libolm overwrites is a copy.
            unsafe {
                sys::olm_decrypt(
                    self.as_ptr(),
                    message_type,
                    copy.as_mut_ptr().cast(),
                    copy.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }

    /// The state of the chains as a text for people.
    #[must_use]
    pub fn describe(&self) -> String {
        // libolm's header asks for 600 bytes; what doesn't fit is cut off.
        let mut text = vec![0_u8; 600];
        // SAFETY: the object is live, the buffer has this length.
        unsafe { sys::olm_session_describe(self.as_ptr(), text.as_mut_ptr().cast(), text.len()) };
        CStr::from_bytes_until_nul(&text).map_or_else(
            |_| String::new(),
            |text| text.to_string_lossy().into_owned(),
        )
    }

    /// Stores the session as an encrypted text; the key may be of any length.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn pickle(&self, key: impl AsRef<[u8]>) -> Result<String, Error> {
        self.0.pickle(key.as_ref())
    }

    /// Loads a session that was stored.
    ///
    /// # Errors
    ///
    /// `BAD_ACCOUNT_KEY`, `INVALID_BASE64`, or what else is wrong with the text.
    pub fn unpickle(key: impl AsRef<[u8]>, pickle: impl AsRef<[u8]>) -> Result<Self, Error> {
        Object::unpickle(key.as_ref(), pickle.as_ref()).map(Self)
    }

    pub(crate) const fn as_ptr(&self) -> *mut sys::OlmSession {
        self.0.as_ptr()
    }
}
