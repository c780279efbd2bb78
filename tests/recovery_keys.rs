//! A recovery key is text that comes back as the same 32 bytes, and a text with
//! anything wrong with it is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use necturus::vault::{RecoveryKey, RecoveryKeyError};
use proptest::prelude::*;

/// Of matrix-rust-sdk's unit tests: Alice's key of RFC 7748, §6.1.
const BYTES: [u8; 32] = [
    0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
    0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
];
const TEXT: &str = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d";

fn error(text: &str) -> RecoveryKeyError {
    RecoveryKey::parse(text).err().unwrap()
}

/// Base58 of `prefix ‖ key ‖ parity`, all of it as it is given.
fn text(prefix: [u8; 2], key: &[u8], parity: u8) -> String {
    let bytes = [&prefix, key, &[parity]].concat();
    bs58::encode(bytes).into_string()
}

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |parity, byte| parity ^ byte)
}

#[test]
fn the_known_key_is_read_and_written() {
    assert_eq!(*RecoveryKey::from_bytes(&BYTES).to_text(), TEXT);
    let spaces = format!("\t\u{a0}{}\r\n", TEXT.replace(' ', "\u{2003} "));
    for text in [TEXT, &TEXT.replace(' ', ""), &spaces] {
        assert_eq!(*RecoveryKey::parse(text).unwrap().expose_secret(), BYTES);
    }
}

#[test]
fn each_fault_has_its_error() {
    use RecoveryKeyError::{Alphabet, Length, Parity, Prefix};
    assert_eq!(error(""), Length);
    assert_eq!(error(" \n"), Length);
    assert_eq!(error(&TEXT[..TEXT.len() - 2]), Length);
    assert_eq!(error(&format!("1{TEXT}")), Length);
    assert_eq!(error(&"E".repeat(100_000)), Length);
    // The length that was given, with white space, comes first.
    assert_eq!(error(&format!("{TEXT}{}", " ".repeat(198))), Length);
    assert!(RecoveryKey::parse(&format!("{TEXT}{}", " ".repeat(197))).is_ok());
    assert_eq!(error(&TEXT.to_lowercase()), Alphabet);
    assert_eq!(error(&TEXT.replace(' ', "-")), Alphabet);
    assert_eq!(error(&"é".repeat(200)), Alphabet);
    assert_eq!(error(&TEXT.replace("4d", "4e")), Parity);

    let good = 0x8b ^ 0x01 ^ xor(&BYTES);
    assert_eq!(text([0x8b, 1], &BYTES, good), TEXT.replace(' ', ""));
    assert_eq!(error(&text([0x8b, 2], &BYTES, good ^ 3)), Prefix);
    assert_eq!(error(&text([0x8c, 1], &BYTES, good ^ 7)), Prefix);
    assert_eq!(error(&text([0x8b, 1], &BYTES, xor(&BYTES))), Parity);
    let long = [&BYTES[..], &[7]].concat();
    assert_eq!(error(&text([0x8b, 1], &long, good ^ 7)), Length);
}

proptest! {
    #[test]
    fn any_key_comes_back(bytes: [u8; 32]) {
        let text = RecoveryKey::from_bytes(&bytes).to_text();
        prop_assert_eq!(text.len(), 59);
        prop_assert!(text.starts_with("Es"));
        let read = RecoveryKey::parse(&text);
        prop_assert_eq!(*read.unwrap().expose_secret(), bytes);
    }

    #[test]
    fn any_flipped_bit_is_an_error(key: [u8; 32], bit in 0..35usize * 8) {
        let good = 0x8b ^ 0x01 ^ xor(&key);
        let mut bytes = [&[0x8b, 0x01], &key[..], &[good]].concat();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(RecoveryKey::parse(&bs58::encode(bytes).into_string()).is_err());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        if let Ok(key) = RecoveryKey::parse(&text) {
            let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(key.to_text().replace(' ', ""), bare);
        }
    }
}
