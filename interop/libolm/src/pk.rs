//! Encrypting to a public key, as key backups are, and signing with a key that
//! is no device's.

use alloc::{string::String, vec, vec::Vec};

use crate::{
    Error,
    object::{Object, SLACK, with_slack},
    sys,
};

/// The public half of a key pair to encrypt to.
#[derive(Debug)]
pub struct PkEncryption(Object<sys::OlmPkEncryption>);

impl PkEncryption {
    /// Takes the recipient's public key, in base64.
    ///
    /// # Errors
    ///
    /// `OLM_INPUT_BUFFER_TOO_SMALL`. What characters it has, and what follows
    /// the first 43, libolm does not look at.
    pub fn new(recipient_key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let object = Object::new();
        let key = recipient_key.as_ref();
        // SAFETY: the object is live, the buffer has this length.
        object.check(unsafe {
            sys::olm_pk_encryption_set_recipient_key(
                object.as_ptr(),
                key.as_ptr().cast(),
                key.len(),
            )
        })?;
        Ok(Self(object))
    }

    /// How many random bytes a message needs: 32.
    #[must_use]
    pub fn random_length(&self) -> usize {
        // SAFETY: the object is live.
        unsafe { sys::olm_pk_encrypt_random_length(self.0.as_ptr()) }
    }

    /// Encrypts a message; the random bytes are the ephemeral private key.
    ///
    /// # Errors
    ///
    /// `NOT_ENOUGH_RANDOM`.
    pub fn encrypt(&self, plaintext: impl AsRef<[u8]>, random: &[u8]) -> Result<PkMessage, Error> {
        let plaintext = plaintext.as_ref();
        // SAFETY: the object is live.
        let length = unsafe { sys::olm_pk_ciphertext_length(self.0.as_ptr(), plaintext.len()) };
        // SAFETY: the object is live.
        let mut mac = vec![0; unsafe { sys::olm_pk_mac_length(self.0.as_ptr()) }];
        let mut ephemeral_key = vec![0; sys::olm_pk_key_length()];
        let ciphertext = self.0.whole_text(length, |buffer| {
            // SAFETY: the object is live, all buffers have these lengths.
            unsafe {
                sys::olm_pk_encrypt(
                    self.0.as_ptr(),
                    plaintext.as_ptr().cast(),
                    plaintext.len(),
                    buffer.cast(),
                    length,
                    mac.as_mut_ptr().cast(),
                    mac.len(),
                    ephemeral_key.as_mut_ptr().cast(),
                    ephemeral_key.len(),
                    random.as_ptr().cast(),
                    random.len(),
                )
            }
        })?;
        Ok(PkMessage {
            ciphertext,
            mac: String::from_utf8(mac).map_err(|_| Error::NOT_UTF8)?,
            ephemeral_key: String::from_utf8(ephemeral_key).map_err(|_| Error::NOT_UTF8)?,
        })
    }
}

/// A message to a public key: three base64 texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "these three are what libolm takes"
)]
pub struct PkMessage {
    /// AES-256-CBC.
    pub ciphertext: String,
    /// Eight bytes. They are a MAC of nothing, as libolm forgets the ciphertext.
    pub mac: String,
    /// The sender's public key, made for this message.
    pub ephemeral_key: String,
}

/// The private half of a key pair to encrypt to, with its public half.
#[derive(Debug)]
pub struct PkDecryption {
    object: Object<sys::OlmPkDecryption>,
    public_key: String,
}

impl PkDecryption {
    /// Makes a key pair from the 32 bytes of the private key.
    ///
    /// # Errors
    ///
    /// `OLM_INPUT_BUFFER_TOO_SMALL`.
    pub fn new(private_key: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let length = sys::olm_pk_key_length();
        let public_key = object.whole_text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_pk_key_from_private(
                    object.as_ptr(),
                    buffer.cast(),
                    length,
                    private_key.as_ptr().cast(),
                    private_key.len(),
                )
            }
        })?;
        Ok(Self { object, public_key })
    }

    /// The public key, in base64.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The bytes of the private key.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn private_key(&self) -> Result<Vec<u8>, Error> {
        let length = sys::olm_pk_private_key_length();
        self.object.bytes(length, |buffer| {
            // SAFETY: the object is live, the buffer has this length.
            unsafe { sys::olm_pk_get_private_key(self.object.as_ptr(), buffer.cast(), length) }
        })
    }

    /// Decrypts a message.
    ///
    /// # Errors
    ///
    /// `INVALID_BASE64` for a part of impossible length, `BAD_MESSAGE_MAC`, also
    /// for wrong padding. What characters there are, libolm does not look at.
    pub fn decrypt(&self, message: &PkMessage) -> Result<Vec<u8>, Error> {
        let ciphertext = message.ciphertext.as_bytes();
        // libolm's function for the length knows no error, and gives one less
        // than nothing.
        if ciphertext.len() % 4 == 1 {
            return Err(Error::INVALID_BASE64);
        }
        // SAFETY: the object is live.
        let length =
            unsafe { sys::olm_pk_max_plaintext_length(self.object.as_ptr(), ciphertext.len()) };
        let mut copy = with_slack(ciphertext);
        self.object.plaintext(length, |buffer| {
            // SAFETY: the object is live, all buffers have these lengths, and
            // the one that libolm overwrites is a copy, with room for the block
            // that it reads when the ciphertext ends within one.
            unsafe {
                sys::olm_pk_decrypt(
                    self.object.as_ptr(),
                    message.ephemeral_key.as_ptr().cast(),
                    message.ephemeral_key.len(),
                    message.mac.as_ptr().cast(),
                    message.mac.len(),
                    copy.as_mut_ptr().add(SLACK).cast(),
                    ciphertext.len(),
                    buffer.cast(),
                    length,
                )
            }
        })
    }

    /// Stores the key pair as an encrypted text; the key may be of any length.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn pickle(&self, key: impl AsRef<[u8]>) -> Result<String, Error> {
        self.object.pickle(key.as_ref())
    }

    /// Loads a key pair that was stored.
    ///
    /// # Errors
    ///
    /// `BAD_ACCOUNT_KEY`, `INVALID_BASE64`, or what else is wrong with the text.
    pub fn unpickle(key: impl AsRef<[u8]>, pickle: impl AsRef<[u8]>) -> Result<Self, Error> {
        let key = key.as_ref();
        let object = Object::new();
        let pickle = pickle.as_ref();
        let mut copy = with_slack(pickle);
        let length = sys::olm_pk_key_length();
        let public_key = object.whole_text(length, |buffer| {
            // SAFETY: the object is live, all buffers have these lengths, and the
            // text that libolm overwrites is a copy.
            unsafe {
                sys::olm_unpickle_pk_decryption(
                    object.as_ptr(),
                    key.as_ptr().cast(),
                    key.len(),
                    copy.as_mut_ptr().add(SLACK).cast(),
                    pickle.len(),
                    buffer.cast(),
                    length,
                )
            }
        })?;
        Ok(Self { object, public_key })
    }
}

/// An Ed25519 key pair that belongs to no account, as in cross-signing.
#[derive(Debug)]
pub struct PkSigning {
    object: Object<sys::OlmPkSigning>,
    public_key: String,
}

impl PkSigning {
    /// Makes a key pair from a seed of 32 bytes.
    ///
    /// # Errors
    ///
    /// `OLM_INPUT_BUFFER_TOO_SMALL`.
    pub fn new(seed: &[u8]) -> Result<Self, Error> {
        let object = Object::new();
        let length = sys::olm_pk_signing_public_key_length();
        let public_key = object.whole_text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_pk_signing_key_from_seed(
                    object.as_ptr(),
                    buffer.cast(),
                    length,
                    seed.as_ptr().cast(),
                    seed.len(),
                )
            }
        })?;
        Ok(Self { object, public_key })
    }

    /// The public key, in base64.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Signs a message; the signature is base64.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn sign(&self, message: impl AsRef<[u8]>) -> Result<String, Error> {
        let message = message.as_ref();
        let length = sys::olm_pk_signature_length();
        self.object.text(length, |buffer| {
            // SAFETY: the object is live, both buffers have these lengths.
            unsafe {
                sys::olm_pk_sign(
                    self.object.as_ptr(),
                    message.as_ptr(),
                    message.len(),
                    buffer,
                    length,
                )
            }
        })
    }
}
