//! The ciphers of the suites, with keys prepared once (RFC 9605, sections 4.4.2
//! and 4.5).

use subtle::ConstantTimeEq;

use super::{base_key::BaseKey, header::Header, key_id::KeyId, suite::CipherSuite};
use crate::primitives::{
    ctr::{Aes128CtrKey, Aes256CtrKey},
    gcm::{Aes128Gcm, Aes256Gcm, NONCE_LENGTH},
    kdf::{HmacSha256, HmacSha512},
    wipe::Secret,
};

/// Bytes of a frame's text that no cipher takes: AES-GCM's limit, which is that of
/// a 32-bit block counter, too.
const TOO_LONG: u64 = (1 << 36) - 32;
/// Bytes of metadata that a frame can have. The cipher wants it behind the header
/// in one piece, and nothing is allocated for a frame.
pub(super) const MAX_METADATA: usize = 1024;
const LONGEST_TAG: usize = 16;

/// The frame is not authentic, or not of a form that could be.
pub(super) struct Inauthentic;

/// What is sealed under a key id: schedules and salt.
pub(super) struct FrameCipher {
    keyed: Keyed,
    salt: Secret<NONCE_LENGTH>,
}

enum Keyed {
    Gcm128(Aes128Gcm),
    Gcm256(Aes256Gcm),
    Ctr128 {
        cipher: Aes128CtrKey,
        mac: HmacSha256,
        tag_length: usize,
    },
    Ctr256 {
        cipher: Aes256CtrKey,
        mac: HmacSha512,
        tag_length: usize,
    },
}

impl FrameCipher {
    /// Key and salt of a key id (section 4.4.2).
    pub(super) fn derive(base_key: &BaseKey, suite: CipherSuite, key_id: KeyId) -> Self {
        let (id, number) = (key_id.value().to_be_bytes(), suite.number().to_be_bytes());
        let key_info: [&[u8]; 3] = [b"SFrame 1.0 Secret key ", &id, &number];
        let salt_info: [&[u8]; 3] = [b"SFrame 1.0 Secret salt ", &id, &number];
        let tag_length = suite.tag_length();
        if suite.uses_sha512() {
            let secret = HmacSha512::extract(b"", base_key.bytes());
            let keyed = if suite == CipherSuite::Aes256GcmSha512_128 {
                Keyed::Gcm256(Aes256Gcm::new(&secret.expand::<32>(&key_info)))
            } else {
                let key = secret.expand::<96>(&key_info);
                Keyed::Ctr256 {
                    cipher: Aes256CtrKey::new(key.part(0)),
                    mac: HmacSha512::new(key.part(32)),
                    tag_length,
                }
            };
            Self {
                keyed,
                salt: secret.expand(&salt_info),
            }
        } else {
            let secret = HmacSha256::extract(b"", base_key.bytes());
            let keyed = if suite == CipherSuite::Aes128GcmSha256_128 {
                Keyed::Gcm128(Aes128Gcm::new(&secret.expand::<16>(&key_info)))
            } else {
                let key = secret.expand::<48>(&key_info);
                Keyed::Ctr128 {
                    cipher: Aes128CtrKey::new(key.part(0)),
                    mac: HmacSha256::new(key.part(16)),
                    tag_length,
                }
            };
            Self {
                keyed,
                salt: secret.expand(&salt_info),
            }
        }
    }

    /// Encrypts `text` in place and writes its tag, which is as long as the
    /// suite's.
    pub(super) fn seal(
        &self,
        header: &Header,
        metadata: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Inauthentic> {
        let nonce = self.nonce(header.counter());
        let associated = Associated::new(header, metadata)?;
        let associated = associated.as_bytes();
        check_length(text)?;
        let full: [u8; LONGEST_TAG] = match &self.keyed {
            Keyed::Gcm128(key) => key
                .seal(&nonce, associated, text)
                .map_err(|_| Inauthentic)?,
            Keyed::Gcm256(key) => key
                .seal(&nonce, associated, text)
                .map_err(|_| Inauthentic)?,
            Keyed::Ctr128 {
                cipher,
                mac,
                tag_length,
            } => {
                cipher.apply(&first_block(&nonce), text);
                front(&sha256_tag(mac, *tag_length, &nonce, associated, text))
            }
            Keyed::Ctr256 {
                cipher,
                mac,
                tag_length,
            } => {
                cipher.apply(&first_block(&nonce), text);
                front(&sha512_tag(mac, *tag_length, &nonce, associated, text))
            }
        };
        let full = full.get(..tag.len()).ok_or(Inauthentic)?;
        tag.copy_from_slice(full);
        Ok(())
    }

    /// Checks the tag and decrypts `text` in place; on failure it is unchanged.
    pub(super) fn open(
        &self,
        header: &Header,
        metadata: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Inauthentic> {
        let nonce = self.nonce(header.counter());
        let associated = Associated::new(header, metadata)?;
        let associated = associated.as_bytes();
        check_length(text)?;
        match &self.keyed {
            Keyed::Gcm128(key) => {
                let tag = tag.try_into().map_err(|_| Inauthentic)?;
                key.open(&nonce, associated, text, tag)
                    .map_err(|_| Inauthentic)
            }
            Keyed::Gcm256(key) => {
                let tag = tag.try_into().map_err(|_| Inauthentic)?;
                key.open(&nonce, associated, text, tag)
                    .map_err(|_| Inauthentic)
            }
            Keyed::Ctr128 {
                cipher,
                mac,
                tag_length,
            } => {
                let full = sha256_tag(mac, *tag_length, &nonce, associated, text);
                check_tag(&full, *tag_length, tag)?;
                cipher.apply(&first_block(&nonce), text);
                Ok(())
            }
            Keyed::Ctr256 {
                cipher,
                mac,
                tag_length,
            } => {
                let full = sha512_tag(mac, *tag_length, &nonce, associated, text);
                check_tag(&full, *tag_length, tag)?;
                cipher.apply(&first_block(&nonce), text);
                Ok(())
            }
        }
    }

    /// The salt with the counter XORed into its end.
    fn nonce(&self, counter: u64) -> [u8; NONCE_LENGTH] {
        let mut nonce = *self.salt;
        for (byte, counter) in nonce
            .iter_mut()
            .rev()
            .zip(counter.to_be_bytes().iter().rev())
        {
            *byte ^= counter;
        }
        nonce
    }
}

/// Header and metadata in one piece.
struct Associated {
    bytes: [u8; Header::MAX_LENGTH + MAX_METADATA],
    length: usize,
}

impl Associated {
    fn new(header: &Header, metadata: &[u8]) -> Result<Self, Inauthentic> {
        let mut associated = Self {
            bytes: [0; Header::MAX_LENGTH + MAX_METADATA],
            length: 0,
        };
        if metadata.len() > MAX_METADATA {
            return Err(Inauthentic);
        }
        associated.append(header.encode().as_bytes());
        associated.append(metadata);
        Ok(associated)
    }

    fn append(&mut self, part: &[u8]) {
        let end = self.length.saturating_add(part.len());
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(part);
            self.length = end;
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn check_length(text: &[u8]) -> Result<(), Inauthentic> {
    let length = u64::try_from(text.len()).map_err(|_| Inauthentic)?;
    if length < TOO_LONG {
        Ok(())
    } else {
        Err(Inauthentic)
    }
}

/// The first counter block: the nonce, and the block's number, 0.
fn first_block(nonce: &[u8; NONCE_LENGTH]) -> [u8; 16] {
    let mut block = [0; 16];
    for (byte, nonce) in block.iter_mut().zip(nonce) {
        *byte = *nonce;
    }
    block
}

/// The front of a tag.
fn front(full: &[u8]) -> [u8; LONGEST_TAG] {
    full.first_chunk().copied().unwrap_or_default()
}

/// What the tag of AES-CTR with HMAC is over (section 4.5.1), before the
/// ciphertext.
macro_rules! tag {
    ($name:ident, $mac:ident, $length:literal) => {
        fn $name(
            mac: &$mac,
            tag_length: usize,
            nonce: &[u8; NONCE_LENGTH],
            associated: &[u8],
            ciphertext: &[u8],
        ) -> [u8; $length] {
            let mut mac = mac.clone();
            for length in [associated.len(), ciphertext.len(), tag_length] {
                mac.update(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
            }
            mac.update(nonce);
            mac.update(associated);
            mac.update(ciphertext);
            mac.finish()
        }
    };
}

tag!(sha256_tag, HmacSha256, 32);
tag!(sha512_tag, HmacSha512, 64);

/// Compares the front of a full tag with the one that came, in constant time.
fn check_tag(full: &[u8], length: usize, tag: &[u8]) -> Result<(), Inauthentic> {
    match full.get(..length) {
        Some(expected) if bool::from(expected.ct_eq(tag)) => Ok(()),
        _ => Err(Inauthentic),
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use super::*;

    /// RFC 9605, appendix C.2, and draft-barnes-sframe-iana-256: the cipher alone,
    /// its key the bytes 0, 1, 2, …
    #[test]
    fn aes_ctr_with_hmac_gives_the_known_answers() {
        let nonce: [u8; 12] = core::array::from_fn(|i| 0x10 + u8::try_from(i).unwrap());
        let key: [u8; 96] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let key = Secret::from(key);
        let associated = b"IETF SFrame WG";
        let plain = b"draft-ietf-sframe-enc";
        for (tag_length, short, long) in [
            (
                10,
                "6339af04ada1d064688a442b8dc69d5b6bfa40f4bef0583e8081069cc60705",
                "f861831490fa37f8e284a1994021589564a23bf3050eb0e0ace45930d53a7f",
            ),
            (
                8,
                "6339af04ada1d064688a442b8dc69d5b6bfa40f4be6e93b7da076927bb",
                "f861831490fa37f8e284a1994021589564a23bf30508ee5fb61b88f889",
            ),
            (
                4,
                "6339af04ada1d064688a442b8dc69d5b6bfa40f4be09480509",
                "f861831490fa37f8e284a1994021589564a23bf305131a979b",
            ),
        ] {
            let mut text = *plain;
            Aes128CtrKey::new(key.part(0)).apply(&first_block(&nonce), &mut text);
            let tag = sha256_tag(
                &HmacSha256::new(key.part(16)),
                tag_length,
                &nonce,
                associated,
                &text,
            );
            assert_eq!(hex(&text) + &hex(&tag[..tag_length]), short);
            let mut text = *plain;
            Aes256CtrKey::new(key.part(0)).apply(&first_block(&nonce), &mut text);
            let tag = sha512_tag(
                &HmacSha512::new(key.part(32)),
                tag_length,
                &nonce,
                associated,
                &text,
            );
            assert_eq!(hex(&text) + &hex(&tag[..tag_length]), long);
        }
    }

    fn hex(bytes: &[u8]) -> String {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    }
}
