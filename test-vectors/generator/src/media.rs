//! What media need: AES-CTR, AES-GCM and PBKDF2 from their definitions, SFrame and
//! LiveKit's frames upon them.

use aes::{
    Aes128, Aes256,
    cipher::{Block, BlockCipherEncrypt, KeyInit},
};
use hmac::{Hmac, Mac};
use sha2::Sha512;

use crate::crypto::{array, hkdf, hmac};

/// One block of AES-128 or AES-256, by the length of the key.
fn block(key: &[u8], input: [u8; 16]) -> [u8; 16] {
    let mut block = Block::<Aes128>::from(input);
    match key.len() {
        16 => Aes128::new(&array::<16>(key).into()).encrypt_block(&mut block),
        _ => Aes256::new(&array::<32>(key).into()).encrypt_block(&mut block),
    }
    block.into()
}

/// AES-CTR from a first block, which counts in its last four bytes.
fn ctr(key: &[u8], nonce: &[u8], first: u32, data: &[u8]) -> Vec<u8> {
    data.chunks(16)
        .zip(first..)
        .flat_map(|(chunk, count)| {
            let mut counter = [0; 16];
            counter[..12].copy_from_slice(nonce);
            counter[12..].copy_from_slice(&count.to_be_bytes());
            let stream = block(key, counter);
            chunk
                .iter()
                .zip(stream)
                .map(|(a, b)| a ^ b)
                .collect::<Vec<u8>>()
        })
        .collect()
}

/// NIST SP 800-38D: ciphertext, then the tag of 16 bytes.
fn gcm(key: &[u8], nonce: &[u8], associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = ctr(key, nonce, 2, plain);
    let h = u128::from_be_bytes(block(key, [0; 16]));
    let mut hash = 0;
    let bits = |data: &[u8]| u64::try_from(data.len()).expect("short") * 8;
    let lengths = [bits(associated).to_be_bytes(), bits(plain).to_be_bytes()].concat();
    for data in [associated, &sealed, &lengths] {
        for chunk in data.chunks(16) {
            let mut padded = [0; 16];
            padded[..chunk.len()].copy_from_slice(chunk);
            hash = times(hash ^ u128::from_be_bytes(padded), h);
        }
    }
    sealed.extend(ctr(key, nonce, 1, &hash.to_be_bytes()));
    sealed
}

/// The product in GCM's field, whose first bit is the highest.
fn times(x: u128, y: u128) -> u128 {
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= shifted;
        }
        let carry = shifted & 1 == 1;
        shifted >>= 1;
        if carry {
            shifted ^= 0xe1 << 120;
        }
    }
    product
}

fn hmac_sha512(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(key).expect("any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// HKDF-SHA-512.
fn hkdf_sha512(input: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let key = hmac_sha512(b"", input);
    let (mut output, mut block) = (Vec::new(), Vec::new());
    for counter in 1u8.. {
        block.extend_from_slice(info);
        block.push(counter);
        block = hmac_sha512(&key, &block);
        output.extend_from_slice(&block);
        if output.len() >= length {
            break;
        }
    }
    output.truncate(length);
    output
}

/// The first block of PBKDF2-HMAC-SHA-256, 100 000 rounds.
fn pbkdf2(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut state = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(password).expect("any length");
    state.update(b"");
    let tag = |data: &[u8]| -> [u8; 32] {
        let mut mac = state.clone();
        mac.update(data);
        mac.finalize().into_bytes().into()
    };
    let mut last = tag(&[salt, &[0, 0, 0, 1]].concat());
    let mut output = last;
    for _ in 1..100_000 {
        last = tag(&last);
        for (byte, last) in output.iter_mut().zip(last) {
            *byte ^= last;
        }
    }
    output.to_vec()
}

/// Bytes of tag, key, hash of an SFrame suite, and whether it is AES-GCM.
pub(crate) fn suite(number: u16) -> (usize, usize, usize, bool) {
    match number {
        1..=3 => ([10, 8, 4][usize::from(number) - 1], 48, 32, false),
        4 => (16, 16, 32, true),
        5 => (16, 32, 64, true),
        _ => ([10, 8, 4][usize::from(number) - 6], 96, 64, false),
    }
}

/// A number of SFrame's header, in the fewest bytes.
fn number(value: u64) -> (u8, Vec<u8>) {
    if value < 8 {
        return (value.to_be_bytes()[7], Vec::new());
    }
    let bytes: Vec<u8> = value
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    (8 | (u8::try_from(bytes.len()).expect("eight") - 1), bytes)
}

/// SFrame's header.
pub(crate) fn sframe_header(key_id: u64, counter: u64) -> Vec<u8> {
    let ((key_nibble, key_bytes), (nibble, bytes)) = (number(key_id), number(counter));
    [vec![key_nibble << 4 | nibble], key_bytes, bytes].concat()
}

/// An SFrame frame.
pub(crate) fn sframe(
    number: u16,
    base_key: &[u8],
    key_id: u64,
    counter: u64,
    metadata: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    let (tag, key, hash, is_gcm) = suite(number);
    let derive = |label: &str, length| {
        let info = [
            label.as_bytes(),
            &key_id.to_be_bytes(),
            &number.to_be_bytes(),
        ]
        .concat();
        match hash {
            64 => hkdf_sha512(base_key, &info, length),
            _ => hkdf(b"", base_key, &info, length),
        }
    };
    let key = derive("SFrame 1.0 Secret key ", key);
    let mut nonce = derive("SFrame 1.0 Secret salt ", 12);
    for (byte, counter) in nonce[4..].iter_mut().zip(counter.to_be_bytes()) {
        *byte ^= counter;
    }
    let header = sframe_header(key_id, counter);
    let associated = [&header, metadata].concat();
    let sealed = if is_gcm {
        gcm(&key, &nonce, &associated, plain)
    } else {
        let (enc, auth) = key.split_at(key.len() - hash);
        let mut sealed = ctr(enc, &nonce, 0, plain);
        let length = |length: usize| u64::try_from(length).expect("short").to_be_bytes();
        let (a, c, t) = (length(associated.len()), length(sealed.len()), length(tag));
        let data = [&a[..], &c, &t, &nonce, &associated, &sealed].concat();
        let full = match hash {
            64 => hmac_sha512(auth, &data),
            _ => hmac(auth, &data).to_vec(),
        };
        sealed.extend_from_slice(&full[..tag]);
        sealed
    };
    [header, sealed].concat()
}

/// SFrame's base key one ratchet step on.
pub(crate) fn sframe_ratchet(number: u16, base_key: &[u8]) -> Vec<u8> {
    match suite(number).2 {
        64 => hkdf_sha512(base_key, b"SFrame 1.0 Ratchet", 64),
        _ => hkdf(b"", base_key, b"SFrame 1.0 Ratchet", 32),
    }
}

/// LiveKit's next material, of which the first half is the AES key.
pub(crate) fn livekit_material(kind: &str, salt: &[u8], material: &[u8]) -> Vec<u8> {
    match kind {
        "raw" => hkdf(salt, material, &[0; 128], 32),
        _ => pbkdf2(material, salt),
    }
}

/// LiveKit's IV.
pub(crate) fn livekit_iv(ssrc: u32, timestamp: u32, count: u32) -> Vec<u8> {
    let last = timestamp.wrapping_sub(count % 65_535);
    [ssrc, timestamp, last].map(u32::to_be_bytes).concat()
}

/// LiveKit's AES-GCM.
pub(crate) fn livekit_seal(key: &[u8], iv: &[u8], header: &[u8], plain: &[u8]) -> Vec<u8> {
    gcm(key, iv, header, plain)
}

/// LiveKit's frame with so many bytes in the clear.
pub(crate) fn livekit_frame(
    key: &[u8],
    slot: u8,
    iv: &[u8],
    header: usize,
    is_escaped: bool,
    plain: &[u8],
) -> Vec<u8> {
    let (header, text) = plain.split_at(header);
    let body = [&gcm(key, iv, header, text), iv, &[12, slot]].concat();
    let body = if is_escaped { escaped(&body) } else { body };
    [header, &body].concat()
}

/// 03 before any byte up to 03 that follows two zeros.
pub(crate) fn escaped(body: &[u8]) -> Vec<u8> {
    let (mut out, mut zeros) = (Vec::new(), 0);
    for byte in body {
        if zeros == 2 && *byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        out.push(*byte);
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
    out
}
