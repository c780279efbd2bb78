//! The cipher of secret storage.

use alloc::{string::String, vec::Vec};

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::error::{DecryptSecretError, EncryptedSecretError};
use crate::{
    json::Object,
    primitives::{
        base64,
        ctr::{Aes256Ctr, IV_LENGTH, clear_bit_63, low_half_suffices},
        kdf::{hkdf, hmac},
        random::{RngError, fill},
        wipe::Secret,
    },
};

pub(super) const MAC_LENGTH: usize = 32;

/// A secret as the server keeps it: `{"iv", "ciphertext", "mac"}`. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedSecret {
    iv: [u8; IV_LENGTH],
    ciphertext: Vec<u8>,
    mac: [u8; MAC_LENGTH],
}

impl EncryptedSecret {
    /// How many bytes of ciphertext are read: as many as an event may have.
    pub const MAX_LENGTH: usize = 64 * 1024;

    /// Reads the object; base64 with padding or without.
    ///
    /// # Errors
    /// [`EncryptedSecretError`] says which member is wrong.
    pub fn from_json(json: &Object) -> Result<Self, EncryptedSecretError> {
        let bytes = |field| {
            let text = json
                .get_str(field)
                .ok_or(EncryptedSecretError::Missing { field })?;
            base64::decode_padded(text).map_err(|_| EncryptedSecretError::Base64 { field })
        };
        let (iv, ciphertext, mac) = (bytes("iv")?, bytes("ciphertext")?, bytes("mac")?);
        if ciphertext.len() > Self::MAX_LENGTH {
            let found = ciphertext.len();
            return Err(EncryptedSecretError::TooLong { found });
        }
        Ok(Self {
            iv: array(&iv).map_err(|found| EncryptedSecretError::IvLength { found })?,
            ciphertext,
            mac: array(&mac).map_err(|found| EncryptedSecretError::MacLength { found })?,
        })
    }

    /// The object, base64 without padding.
    #[must_use]
    pub fn to_json(&self) -> Object {
        Object::new()
            .with("ciphertext", base64::encode(&self.ciphertext))
            .with("iv", base64::encode(&self.iv))
            .with("mac", base64::encode(&self.mac))
    }

    /// Encrypts a secret under its name.
    pub(super) fn encrypt<R>(
        rng: &mut R,
        key: &[u8; 32],
        name: &str,
        secret: &str,
    ) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let iv = draw_iv(rng)?;
        let keys = Keys::derive(key, name);
        let mut ciphertext = secret.as_bytes().to_vec();
        Aes256Ctr::new(keys.aes(), &iv).apply(&mut ciphertext);
        let mac = hmac(keys.mac(), &ciphertext);
        Ok(Self {
            iv,
            ciphertext,
            mac,
        })
    }

    /// Decrypts the secret of this name.
    pub(super) fn decrypt(
        &self,
        key: &[u8; 32],
        name: &str,
    ) -> Result<Zeroizing<String>, DecryptSecretError> {
        let keys = Keys::derive(key, name);
        if !bool::from(hmac(keys.mac(), &self.ciphertext).ct_eq(&self.mac)) {
            return Err(DecryptSecretError::WrongKeyOrName);
        }
        if !counter_suffices(&self.iv, self.ciphertext.len()) {
            return Err(DecryptSecretError::CounterOverflow);
        }
        let mut plaintext = self.ciphertext.clone();
        Aes256Ctr::new(keys.aes(), &self.iv).apply(&mut plaintext);
        String::from_utf8(plaintext)
            .map(Zeroizing::new)
            .map_err(|error| {
                error.into_bytes().zeroize();
                DecryptSecretError::NotUtf8
            })
    }
}

/// Whether peers count this many bytes alike.
pub(super) fn counter_suffices(iv: &[u8; IV_LENGTH], length: usize) -> bool {
    low_half_suffices(iv, u64::try_from(length).unwrap_or(u64::MAX))
}

/// 16 random bytes with bit 63 cleared.
pub(super) fn draw_iv<R>(rng: &mut R) -> Result<[u8; IV_LENGTH], RngError>
where
    R: TryCryptoRng + ?Sized,
{
    let mut iv = [0; IV_LENGTH];
    fill(rng, &mut iv)?;
    clear_bit_63(&mut iv);
    Ok(iv)
}

/// The MAC by which a key is known: of 32 zero bytes, encrypted under the empty
/// name.
pub(super) fn check_mac(key: &[u8; 32], iv: &[u8; IV_LENGTH]) -> [u8; MAC_LENGTH] {
    let keys = Keys::derive(key, "");
    let mut zeros = CHECKED;
    Aes256Ctr::new(keys.aes(), iv).apply(&mut zeros);
    hmac(keys.mac(), &zeros)
}

/// What [`check_mac`] encrypts.
pub(super) const CHECKED: [u8; 32] = [0; 32];

/// AES key ‖ HMAC key.
struct Keys(Secret<64>);

impl Keys {
    fn derive(key: &[u8; 32], name: &str) -> Self {
        Self(hkdf(None, key, name.as_bytes()))
    }

    fn aes(&self) -> &[u8; 32] {
        self.0.part(0)
    }

    fn mac(&self) -> &[u8; 32] {
        self.0.part(32)
    }
}

/// Exactly `N` bytes, or how many there are.
pub(super) fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], usize> {
    bytes.try_into().map_err(|_| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_expanded_from_key_and_name() {
        // HKDF-SHA-256 of 32 zero bytes with no info, computed with OpenSSL.
        let keys = Keys::derive(&[0; 32], "");
        assert_eq!(
            base64::encode(keys.aes()),
            "33IEVG8b7ni4UySniYyhGbOH4BOG0a7wN3gdSooDau4"
        );
        assert_eq!(
            base64::encode(keys.mac()),
            "p7Zabn+HMGjdFHxWST5xKUrMiec7quLkqHB18Yc5tM0"
        );
    }
}
