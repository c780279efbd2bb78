//! Base58 with Bitcoin's alphabet, for recovery keys: short secrets that people
//! type.
//!
//! Not in constant time: the crate divides by look-ups. It is done once, where
//! a person reads or types the key.

use alloc::{borrow::ToOwned, string::String};

use zeroize::Zeroizing;

use super::wipe::Secret;

/// The longest text that is decoded: the work is quadratic.
pub(crate) const MAX_TEXT: usize = 256;

/// The text has a character that is not in the alphabet, or more than
/// [`MAX_TEXT`] characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidBase58;

/// Encodes at most 128 secret bytes.
pub(crate) fn encode_secret(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Secret::<MAX_TEXT>::ZERO;
    let length = bs58::encode(bytes)
        .onto(text.as_mut_slice())
        .unwrap_or_default();
    let text = text.get(..length).unwrap_or_default();
    Zeroizing::new(core::str::from_utf8(text).unwrap_or_default().to_owned())
}

/// Decodes secret bytes: a buffer, and how many of them there are.
pub(crate) fn decode_secret(text: &str) -> Result<(Secret<MAX_TEXT>, usize), InvalidBase58> {
    if text.len() > MAX_TEXT {
        return Err(InvalidBase58);
    }
    // Each character gives less than a byte, or one if it is a leading '1'.
    let mut bytes = Secret::ZERO;
    let length = bs58::decode(text)
        .onto(bytes.as_mut_slice())
        .map_err(|_| InvalidBase58)?;
    Ok((bytes, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for length in 0..=128 {
            for fill in [0, 1, 0x5a, 0xff] {
                let bytes = alloc::vec![fill; length];
                let text = encode_secret(&bytes);
                let (decoded, found) = decode_secret(&text).unwrap();
                assert_eq!(decoded[..found], bytes, "{text:?}");
            }
        }
        // draft-msporny-base58-03, section 5.
        assert_eq!(*encode_secret(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
    }

    #[test]
    fn foreign_characters_and_long_texts_are_refused() {
        for text in ["0", "O", "I", "l", " ", "-", "é", "2NEpo7TZRRrLZSi2U "] {
            assert!(decode_secret(text).is_err(), "{text:?}");
        }
        assert_eq!(decode_secret(&"1".repeat(MAX_TEXT)).unwrap().1, MAX_TEXT);
        assert!(decode_secret(&"z".repeat(MAX_TEXT)).is_ok());
        assert!(decode_secret(&"1".repeat(MAX_TEXT + 1)).is_err());
    }
}
