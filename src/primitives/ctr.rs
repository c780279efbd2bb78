//! AES in counter mode: as a stream that goes on where it stopped, and as a
//! prepared key for many messages.

use aes::{Aes128, Aes256};
use ctr::{
    Ctr64BE, Ctr128BE, CtrCore,
    cipher::{InnerIvInit, KeyInit, KeyIvInit, StreamCipher, StreamCipherCore},
    flavors,
};

/// Bytes in an initial counter block.
pub(crate) const IV_LENGTH: usize = 16;

/// Counts in all 128 bits of the block, big-endian.
pub(crate) struct Aes256Ctr(Ctr128BE<Aes256>);

impl Aes256Ctr {
    /// Starts with `iv` as the first counter block.
    pub(crate) fn new(key: &[u8; 32], iv: &[u8; IV_LENGTH]) -> Self {
        Self(Ctr128BE::new(key.into(), iv.into()))
    }

    /// Encrypts or decrypts what comes next.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }
}

/// Counts in the low 64 bits alone, which wrap inside them: the width of old
/// attachments.
pub(crate) struct Aes256Ctr64(Ctr64BE<Aes256>);

impl Aes256Ctr64 {
    /// Starts with `iv` as the first counter block.
    pub(crate) fn new(key: &[u8; 32], iv: &[u8; IV_LENGTH]) -> Self {
        Self(Ctr64BE::new(key.into(), iv.into()))
    }

    /// Encrypts or decrypts what comes next.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }
}

/// One key length of a prepared key.
macro_rules! keyed {
    ($name:ident, $aes:ident, $key:literal) => {
        /// A key with its schedule, for many messages, each under an IV of its
        /// own. Counts in all 128 bits. Wiped on drop.
        pub(crate) struct $name($aes);

        impl $name {
            /// Prepares a key.
            pub(crate) fn new(key: &[u8; $key]) -> Self {
                Self($aes::new(key.into()))
            }

            /// Encrypts or decrypts a whole message, with `iv` as the first
            /// counter block.
            pub(crate) fn apply(&self, iv: &[u8; IV_LENGTH], data: &mut [u8]) {
                CtrCore::<&$aes, flavors::Ctr128BE>::inner_iv_init(&self.0, iv.into())
                    .apply_keystream_partial(data.into());
            }
        }
    };
}

keyed!(Aes128CtrKey, Aes128, 16);
keyed!(Aes256CtrKey, Aes256, 32);

/// Clears bit 63 of an IV, as writers do: then the low half never overflows,
/// and counters of 64 and of 128 bits agree.
pub(crate) const fn clear_bit_63(iv: &mut [u8; IV_LENGTH]) {
    iv[8] &= 0x7f;
}

/// Whether `length` bytes can be counted without the low half of the counter
/// overflowing: past that, peers disagree on what follows.
pub(crate) fn low_half_suffices(iv: &[u8; IV_LENGTH], length: u64) -> bool {
    let [_, _, _, _, _, _, _, _, low @ ..] = *iv;
    let blocks = length.div_ceil(16);
    blocks == 0
        || u64::from_be_bytes(low)
            .checked_add(blocks.saturating_sub(1))
            .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_half_ends_after_its_last_block() {
        let mut iv = [0xff; 16];
        iv[15] = 0xfe;
        assert!(low_half_suffices(&iv, 0));
        assert!(low_half_suffices(&iv, 32));
        assert!(!low_half_suffices(&iv, 33));
        assert!(low_half_suffices(&[0xff; 16], 16));
        assert!(!low_half_suffices(&[0xff; 16], 17));
        clear_bit_63(&mut iv);
        assert!(low_half_suffices(&iv, u64::MAX));
    }

    #[test]
    fn the_widths_differ_once_the_low_half_overflows() {
        let iv = [0xff; 16];
        let (mut wide, mut narrow) = ([0; 48], [0; 48]);
        Aes256Ctr::new(&[1; 32], &iv).apply(&mut wide);
        Aes256Ctr64::new(&[1; 32], &iv).apply(&mut narrow);
        assert_eq!(wide[..16], narrow[..16]);
        assert_ne!(wide[16..32], narrow[16..32]);
        // The narrow one keeps its upper half.
        let mut upper = [0; 16];
        upper[..8].fill(0xff);
        let mut next = [0; 32];
        Aes256Ctr::new(&[1; 32], &upper).apply(&mut next);
        assert_eq!(narrow[16..], next);
    }

    #[test]
    fn ctr_gives_sp_800_38a_f_5_5() {
        // NIST SP 800-38A, F.5.5 CTR-AES256.Encrypt; the counter runs over 2^64.
        let key = *b"\x60\x3d\xeb\x10\x15\xca\x71\xbe\x2b\x73\xae\xf0\x85\x7d\x77\x81\
            \x1f\x35\x2c\x07\x3b\x61\x08\xd7\x2d\x98\x10\xa3\x09\x14\xdf\xf4";
        let iv = core::array::from_fn(|i| 0xf0 | u8::try_from(i).unwrap());
        let mut block = *b"\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a\
            \xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51";
        Aes256Ctr::new(&key, &iv).apply(&mut block);
        assert_eq!(
            block,
            *b"\x60\x1e\xc3\x13\x77\x57\x89\xa5\xb7\xa7\xf5\x04\xbb\xf3\xd2\x28\
                \xf4\x43\xe3\xca\x4d\x62\xb5\x9a\xca\x84\xe9\x90\xca\xca\xf5\xc5"
        );
    }

    #[test]
    fn a_prepared_key_gives_the_stream() {
        let (mut stream, mut keyed) = ([0x5a; 100], [0x5a; 100]);
        Aes256Ctr::new(&[7; 32], &[9; 16]).apply(&mut stream);
        Aes256CtrKey::new(&[7; 32]).apply(&[9; 16], &mut keyed);
        assert_eq!(stream, keyed);
        // NIST SP 800-38A, F.5.1: the first block of CTR-AES128.
        let key = [
            0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf,
            0x4f, 0x3c,
        ];
        let iv = core::array::from_fn(|i| 0xf0 + u8::try_from(i).unwrap());
        let mut block = [
            0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93,
            0x17, 0x2a,
        ];
        Aes128CtrKey::new(&key).apply(&iv, &mut block);
        assert_eq!(
            block,
            [
                0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26, 0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d,
                0xb6, 0xce
            ]
        );
    }

    #[test]
    fn pieces_give_the_stream_of_the_whole() {
        let mut whole = [0x5a; 100];
        Aes256Ctr::new(&[7; 32], &[9; 16]).apply(&mut whole);
        let mut pieces = [0x5a; 100];
        let mut stream = Aes256Ctr::new(&[7; 32], &[9; 16]);
        for piece in pieces.chunks_mut(7) {
            stream.apply(piece);
        }
        assert_eq!(whole, pieces);
    }
}
