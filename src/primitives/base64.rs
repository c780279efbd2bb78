//! Unpadded base64 with the standard alphabet, strict: no padding, no foreign
//! bytes, unused last bits zero, so one value has one text.
//!
//! Two codecs: a fast one for what anybody may see, and one without look-ups
//! or branches on the data for secrets.

use alloc::{string::String, vec, vec::Vec};

use base64::{Engine, engine::general_purpose::NO_PAD};
use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> base64::engine::simd::Simd {
    base64::engine::simd::Simd::standard(NO_PAD)
}

#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn engine() -> base64::engine::GeneralPurpose {
    base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD)
}

/// The text is not canonical unpadded base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidBase64;

/// Encodes public bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    engine().encode(bytes)
}

/// Decodes public bytes.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, InvalidBase64> {
    engine().decode(text).map_err(|_| InvalidBase64)
}

/// Decodes exactly `N` public bytes; `Ok(None)` when the length is another.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Result<Option<[u8; N]>, InvalidBase64> {
    Ok(decode(text)?.try_into().ok())
}

/// Encodes secret bytes in constant time.
pub(crate) fn encode_secret(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64Unpadded::encode_string(bytes))
}

/// Decodes secret bytes in constant time; only the length and whether the text
/// is valid are revealed.
pub(crate) fn decode_secret(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    decode_secret_by::<Base64Unpadded>(text)
}

fn decode_secret_by<E: Encoding>(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    // Decoding into a buffer of the final size leaves no copy behind, as a
    // growing one would.
    let mut bytes = Zeroizing::new(vec![0; text.len().div_ceil(4).saturating_mul(3)]);
    let length = E::decode(text, &mut bytes)
        .map_err(|_| InvalidBase64)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

/// The text without its padding, which is either full or not there.
fn unpad(text: &str) -> Result<&str, InvalidBase64> {
    let bare = text.trim_end_matches('=');
    match text.len().checked_sub(bare.len()) {
        Some(0) => Ok(bare),
        Some(1 | 2) if text.len().is_multiple_of(4) => Ok(bare),
        _ => Err(InvalidBase64),
    }
}

/// Decodes public bytes from text with full padding or with none, as it stands
/// in JSON.
pub(crate) fn decode_padded(text: &str) -> Result<Vec<u8>, InvalidBase64> {
    decode(unpad(text)?)
}

/// [`decode_secret`] of text with full padding or with none.
pub(crate) fn decode_secret_padded(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    decode_secret(unpad(text)?)
}

/// Encodes secret bytes in constant time, with padding.
pub(crate) fn encode_secret_padded(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64::encode_string(bytes))
}

/// Encodes secret bytes in constant time, url-safe and unpadded: the key of a
/// JWK.
pub(crate) fn encode_secret_url(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64UrlUnpadded::encode_string(bytes))
}

/// Decodes secret bytes in constant time from the url-safe alphabet, with full
/// padding or with none.
pub(crate) fn decode_secret_url(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    decode_secret_by::<Base64UrlUnpadded>(unpad(text)?)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn both_codecs_agree_on_every_short_text() {
        let symbols = b"AQgw/+z0=-_ \n\xc3";
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer: Vec<String> = texts
                .iter()
                .flat_map(|t| {
                    symbols
                        .iter()
                        .map(move |s| format!("{t}{}", char::from(*s)))
                })
                .collect();
            for text in &longer {
                assert_eq!(
                    decode(text).ok(),
                    decode_secret(text).ok().map(|v| v.to_vec()),
                    "{text:?}"
                );
                if let Ok(bytes) = decode(text) {
                    assert_eq!(encode(&bytes), *text);
                    assert_eq!(*encode_secret(&bytes), *text);
                }
            }
            texts = longer;
        }
    }

    #[test]
    fn padding_is_full_or_absent() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("QQ", Some(b"A")),
            ("QQ==", Some(b"A")),
            ("QUI", Some(b"AB")),
            ("QUI=", Some(b"AB")),
            ("QUJD", Some(b"ABC")),
        ] {
            assert_eq!(decode_padded(text).ok().as_deref(), bytes, "{text}");
            assert_eq!(
                decode_secret_padded(text).ok().as_deref().map(|v| &v[..]),
                bytes
            );
            assert_eq!(
                decode_secret_url(text).ok().as_deref().map(|v| &v[..]),
                bytes
            );
        }
        for text in [
            "=", "==", "QQ=", "QQ===", "QUI==", "QUJD=", "QUJD====", "QQ==QQ", "Q===",
        ] {
            assert!(decode_padded(text).is_err(), "{text}");
            assert!(decode_secret_padded(text).is_err(), "{text}");
        }
        assert_eq!(
            decode_secret_url("-_-_").unwrap().as_slice(),
            [0xfb, 0xff, 0xbf]
        );
        assert!(decode_secret_url("+/+/").is_err());
        assert_eq!(*encode_secret_url(&[0xfb, 0xff, 0xbf]), "-_-_");
        assert_eq!(*encode_secret_padded(b"A"), "QQ==");
    }

    #[test]
    fn long_texts_are_as_strict_as_short_ones() {
        let text = encode(&[0x5a; 1000]);
        assert!(decode(&text).is_ok());
        for position in [0, 500, text.len() - 1] {
            for bad in ["=", "-", "_", "\n"] {
                let mut wrong = text.clone();
                wrong.replace_range(position..=position, bad);
                assert_eq!(decode(&wrong), Err(InvalidBase64), "{bad:?} at {position}");
            }
        }
        let mut tail = text.clone();
        tail.replace_range(text.len() - 1.., "h");
        assert_eq!(decode(&tail), Err(InvalidBase64));
    }
}
