//! Megolm: one device sends to many.

use alloc::{string::String, vec::Vec};

use crate::{
    Error,
    object::{Kind, Object},
    sys,
};

/// The sending half of a Megolm session.
#[derive(Debug)]
pub struct OutboundGroupSession(Object<sys::OlmOutboundGroupSession>);

impl OutboundGroupSession {
    /// Bytes of memory that libolm wants for one.
    #[must_use]
    pub fn size() -> usize {
        <sys::OlmOutboundGroupSession as Kind>::SIZE()
    }

    /// How many random bytes [`OutboundGroupSession::new`] needs: 160.
    #[must_use]
    pub fn random_length() -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_init_outbound_group_session_random_length(Object::new().as_ptr()) }
    }

    /// Makes a session: first the ratchet's 128 bytes, then the Ed25519 seed.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn new(random: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let mut random = random.to_vec();
        // SAFETY: the object is live, and libolm wipes a copy of the bytes.
        object.check(unsafe {
            sys::olm_init_outbound_group_session(object.as_ptr(), random.as_mut_ptr(), random.len())
        })?;
        Ok(Self(object))
    }

    /// Encrypts a message, to base64.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn encrypt(&mut self, plaintext: impl AsRef<[u8]>) -> Result<String, Error> {
        let plaintext = plaintext.as_ref();
        // SAFETY: the object is live.
        let length =
            unsafe { sys::olm_group_encrypt_message_length(self.0.as_ptr(), plaintext.len()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_group_encrypt(
                    self.0.as_ptr(),
                    plaintext.as_ptr(),
                    plaintext.len(),
                    buffer,
                    length,
                )
            }
        })
    }

    /// The session's id.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn id(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_outbound_group_session_id_length(self.0.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_outbound_group_session_id(self.0.as_ptr(), buffer, length) }
        })
    }

    /// The index of the next message.
    #[must_use]
    pub fn message_index(&self) -> u32 {
        // SAFETY: the object is live.
        unsafe { sys::olm_outbound_group_session_message_index(self.0.as_ptr()) }
    }

    /// The signed key to read this session with, from the next message on.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn session_key(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_outbound_group_session_key_length(self.0.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_outbound_group_session_key(self.0.as_ptr(), buffer, length) }
        })
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
}

/// The receiving half of a Megolm session.
#[derive(Debug)]
pub struct InboundGroupSession(Object<sys::OlmInboundGroupSession>);

impl InboundGroupSession {
    /// Bytes of memory that libolm wants for one.
    #[must_use]
    pub fn size() -> usize {
        <sys::OlmInboundGroupSession as Kind>::SIZE()
    }

    /// Makes a session from [`OutboundGroupSession::session_key`].
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_SESSION_KEY`, `BAD_SIGNATURE`.
    pub fn new(session_key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let session_key = session_key.as_ref();
        let object = Object::new();
        // SAFETY: the object is live, the buffer has this length.
        object.check(unsafe {
            sys::olm_init_inbound_group_session(
                object.as_ptr(),
                session_key.as_ptr(),
                session_key.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// Makes a session from [`InboundGroupSession::export`].
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_SESSION_KEY`.
    pub fn import(exported: impl AsRef<[u8]>) -> Result<Self, Error> {
        let object = Object::new();
        // The header says `const`, and also that it is overwritten.
        let mut exported = exported.as_ref().to_vec();
        // SAFETY: the object is live, and libolm gets a copy.
        object.check(unsafe {
            sys::olm_import_inbound_group_session(
                object.as_ptr(),
                exported.as_mut_ptr(),
                exported.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// The session's id.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn id(&self) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_inbound_group_session_id_length(self.0.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_inbound_group_session_id(self.0.as_ptr(), buffer, length) }
        })
    }

    /// Decrypts a message, to its plaintext and its index.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64`, `BAD_MESSAGE_VERSION`, `BAD_MESSAGE_FORMAT`, `BAD_MESSAGE_MAC`,
    /// `BAD_SIGNATURE`, `UNKNOWN_MESSAGE_INDEX`.
    pub fn decrypt(&mut self, body: impl AsRef<[u8]>) -> Result<(Vec<u8>, u32), Error> {
        let body = body.as_ref();
        let mut copy = body.to_vec();
        // SAFETY: the object is live, and libolm overwrites a copy.
        let length = self.0.check(unsafe {
            sys::olm_group_decrypt_max_plaintext_length(
                self.0.as_ptr(),
                copy.as_mut_ptr(),
                copy.len(),
            )
        })?;
        copy.copy_from_slice(body);
        let mut index = 0;
        let plaintext = self.0.plaintext(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths, and
            // the one that libolm overwrites is a copy.
            unsafe {
                sys::olm_group_decrypt(
                    self.0.as_ptr(),
                    copy.as_mut_ptr(),
                    copy.len(),
                    buffer,
                    length,
                    &raw mut index,
                )
            }
        })?;
        Ok((plaintext, index))
    }

    /// The first index that can be read.
    #[must_use]
    pub fn first_known_index(&self) -> u32 {
        // SAFETY: the object is live.
        unsafe { sys::olm_inbound_group_session_first_known_index(self.0.as_ptr()) }
    }

    /// Whether a signature of the session's key has been seen.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        // SAFETY: the object is live.
        unsafe { sys::olm_inbound_group_session_is_verified(self.0.as_ptr()) != 0 }
    }

    /// The unsigned key to read this session with, from that index on.
    ///
    /// # Errors
    ///
    /// `UNKNOWN_MESSAGE_INDEX`.
    pub fn export(&self, index: u32) -> Result<String, Error> {
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_export_inbound_group_session_length(self.0.as_ptr()) };
        self.0.text(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_export_inbound_group_session(self.0.as_ptr(), buffer, length, index) }
        })
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
}
