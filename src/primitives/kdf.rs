//! HMAC and HKDF on SHA-256 and SHA-512 (RFC 2104, RFC 5869), and the hashes.
//!
//! HKDF stands here in its few lines because its output lengths are fixed at
//! compile time: so it cannot fail, and no caller has an error to invent.

use hmac::{Hmac, KeyInit, Mac, digest::array::Array};
use sha2::{Digest, Sha256, Sha512};

use super::wipe::Secret;

/// The longest output of HKDF on SHA-256, which ends at 255 blocks (RFC 5869 §2.3).
#[cfg(feature = "mls")]
pub(crate) const MAX_EXPAND_LENGTH: usize = 255 * 32;

/// One hash's HMAC, and HKDF by it.
macro_rules! hmac_and_hkdf {
    ($name:ident, $hash:ident, $output:literal, $block:literal) => {
        /// A keyed HMAC state; cloning it saves hashing the key again.
        #[derive(Clone)]
        pub(crate) struct $name(Hmac<$hash>);

        impl $name {
            /// Keys the state with a key as long as the hash, which HMAC pads
            /// with zeros to one block.
            #[inline]
            pub(crate) fn new(key: &[u8; $output]) -> Self {
                let mut block = Secret::<$block>::ZERO;
                if let Some((head, _)) = block.split_first_chunk_mut::<$output>() {
                    *head = *key;
                }
                Self(Hmac::new(<&Array<u8, _>>::from(&*block)))
            }

            /// Keys the state with a key of any length.
            pub(crate) fn with_key(key: &[u8]) -> Self {
                let mut block = Secret::<$block>::ZERO;
                match block.get_mut(..key.len()) {
                    Some(head) => head.copy_from_slice(key),
                    None => {
                        let hashed =
                            Secret::<$output>::from(<[u8; $output]>::from($hash::digest(key)));
                        return Self::new(&hashed);
                    }
                }
                Self(Hmac::new(<&Array<u8, _>>::from(&*block)))
            }

            /// HKDF-Extract, as a state keyed for [`expand`](Self::expand).
            pub(crate) fn extract(salt: &[u8], input: &[u8]) -> Self {
                let mut state = Self::with_key(salt);
                state.update(input);
                Self::new(&Secret::from(state.finish()))
            }

            /// HKDF-Expand, `N` bytes, with the concatenation of `info`.
            pub(crate) fn expand<const N: usize>(&self, info: &[&[u8]]) -> Secret<N> {
                const { assert!(N <= 255 * $output, "RFC 5869 ends at 255 blocks") };
                let mut output = Secret::<N>::ZERO;
                self.expand_into(info, output.as_mut_slice());
                output
            }

            /// [`Self::expand`] for a length that is known when running. What is
            /// behind 255 blocks, where RFC 5869 ends, is left as it is.
            #[inline]
            pub(crate) fn expand_into(&self, info: &[&[u8]], output: &mut [u8]) {
                let mut block = Secret::<$output>::ZERO;
                for (chunk, counter) in output.chunks_mut($output).zip(1u8..=255) {
                    let mut state = self.clone();
                    if counter > 1 {
                        state.update(block.as_slice());
                    }
                    for part in info {
                        state.update(part);
                    }
                    state.update(&[counter]);
                    *block = state.finish();
                    if let Some(block) = block.get(..chunk.len()) {
                        chunk.copy_from_slice(block);
                    }
                }
            }

            /// Adds data.
            #[inline]
            pub(crate) fn update(&mut self, data: &[u8]) {
                self.0.update(data);
            }

            /// The authentication tag.
            #[inline]
            pub(crate) fn finish(self) -> [u8; $output] {
                self.0.finalize().into_bytes().into()
            }
        }
    };
}

hmac_and_hkdf!(HmacSha256, Sha256, 32, 64);
hmac_and_hkdf!(HmacSha512, Sha512, 64, 128);

impl HmacSha256 {
    /// The tag over `data` alone, for a state that is used again.
    #[inline]
    pub(crate) fn tag(&self, data: &[u8]) -> [u8; 32] {
        let mut state = self.clone();
        state.update(data);
        state.finish()
    }
}

/// The tag over `data`.
pub(crate) fn hmac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut state = HmacSha256::new(key);
    state.update(data);
    state.finish()
}

/// HKDF with an optional salt (none is 32 zero bytes), `N` bytes out.
pub(crate) fn hkdf<const N: usize>(
    salt: Option<&[u8; 32]>,
    input: &[u8],
    info: &[u8],
) -> Secret<N> {
    let key = Secret::from(hmac(salt.unwrap_or(&[0; 32]), input));
    HmacSha256::new(&key).expand(&[info])
}

/// SHA-256 over the concatenation of `parts`.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// SHA-256 of data that comes in pieces.
#[derive(Clone, Default)]
pub(crate) struct Sha256Stream(Sha256);

impl Sha256Stream {
    /// Adds data.
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all data.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hex::hex;

    #[test]
    fn hkdf_gives_rfc_5869_case_3() {
        // Appendix A.3: no salt, no info.
        let output = hkdf::<42>(None, &[0x0b; 22], b"");
        assert_eq!(
            output.as_slice(),
            hex(
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            )
        );
    }

    #[test]
    fn hkdf_with_a_salt_agrees_with_the_hmac_definition() {
        let salt = [7; 32];
        let block = hmac(&hmac(&salt, b"input"), b"info\x01");
        assert_eq!(*hkdf::<32>(Some(&salt), b"input", b"info"), block);
    }

    #[test]
    fn hmac_gives_rfc_4231_case_with_a_32_byte_key() {
        // RFC 4231 test case 1 has a 20-byte key, which HMAC pads with zeros:
        // so it is also the case of this 32-byte one.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(
            hmac(&key, b"Hi There").as_slice(),
            hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        );
    }
}
