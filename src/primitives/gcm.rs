//! AES-GCM with a 12-byte nonce and a 16-byte tag: keys are prepared once and
//! seal many messages in place.

use aes_gcm::{
    KeyInit,
    aead::{AeadInOut, inout::InOutBuf},
};

use super::aead::AeadError;

/// Bytes in a nonce.
pub(crate) const NONCE_LENGTH: usize = 12;
/// Bytes in a tag.
pub(crate) const TAG_LENGTH: usize = 16;

/// One key length of AES-GCM.
macro_rules! aes_gcm {
    ($name:ident, $key:literal) => {
        /// A key with its schedule; wiped on drop.
        pub(crate) struct $name(aes_gcm::$name);

        impl $name {
            /// Prepares a key.
            pub(crate) fn new(key: &[u8; $key]) -> Self {
                Self(aes_gcm::$name::new(key.into()))
            }

            /// Encrypts `buffer` in place and gives its tag.
            pub(crate) fn seal(
                &self,
                nonce: &[u8; NONCE_LENGTH],
                associated: &[u8],
                buffer: &mut [u8],
            ) -> Result<[u8; TAG_LENGTH], AeadError> {
                self.0
                    .encrypt_inout_detached(nonce.into(), associated, InOutBuf::from(buffer))
                    .map(Into::into)
                    .map_err(|_| AeadError)
            }

            /// Checks the tag and decrypts `buffer` in place; on failure it is
            /// unchanged.
            pub(crate) fn open(
                &self,
                nonce: &[u8; NONCE_LENGTH],
                associated: &[u8],
                buffer: &mut [u8],
                tag: &[u8; TAG_LENGTH],
            ) -> Result<(), AeadError> {
                self.0
                    .decrypt_inout_detached(
                        nonce.into(),
                        associated,
                        InOutBuf::from(buffer),
                        tag.into(),
                    )
                    .map_err(|_| AeadError)
            }
        }
    };
}

aes_gcm!(Aes128Gcm, 16);
aes_gcm!(Aes256Gcm, 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_test_cases_1_and_13_of_the_gcm_specification() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B:
        // zero key, zero nonce, nothing else.
        let aad = b"";
        let mut empty = [];
        let tag = Aes128Gcm::new(&[0; 16]).seal(&[0; 12], aad, &mut empty);
        assert_eq!(
            tag,
            Ok([
                0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61, 0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7,
                0x45, 0x5a
            ])
        );
        let tag = Aes256Gcm::new(&[0; 32]).seal(&[0; 12], aad, &mut empty);
        assert_eq!(
            tag,
            Ok([
                0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9, 0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb,
                0x73, 0x8b
            ])
        );
    }

    #[test]
    fn a_wrong_tag_leaves_the_buffer_as_it_was() {
        let key = Aes128Gcm::new(&[1; 16]);
        let mut buffer = *b"some text";
        let mut tag = key.seal(&[2; 12], b"head", &mut buffer).unwrap();
        let sealed = buffer;
        tag[0] ^= 1;
        assert_eq!(
            key.open(&[2; 12], b"head", &mut buffer, &tag),
            Err(AeadError)
        );
        assert_eq!(buffer, sealed);
        tag[0] ^= 1;
        key.open(&[2; 12], b"head", &mut buffer, &tag).unwrap();
        assert_eq!(&buffer, b"some text");
    }
}
