//! Attachments, from memory to memory. All write into memory that was there
//! before.

use std::{
    hint::black_box,
    io::{Cursor, Read},
};

use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use matrix_sdk_crypto::{AttachmentDecryptor, AttachmentEncryptor, MediaEncryptionInfo};
use necturus::vault::{EncryptedFile, FileVersions};
use sha2::{Digest, Sha256};

use super::row::{Row, Who};

const URL: &str = "mxc://example.org/id";

pub fn rows(once: bool) -> Vec<Row> {
    let sizes = [(1 << 10, "1 KiB"), (1 << 20, "1 MiB"), (16 << 20, "16 MiB")];
    sizes
        .into_iter()
        .take(if once { 1 } else { sizes.len() })
        .flat_map(|(length, size)| {
            [
                encrypt_in_place(length, size),
                encrypt_stream(length, size),
                decrypt_in_place(length, size),
                decrypt_stream(length, size),
                decrypt_pieces(length, size),
            ]
        })
        .collect()
}

fn plaintext(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// In pieces that stay in the innermost cache.
fn bare(data: &mut [u8]) -> impl Sized + use<> {
    let mut cipher = Ctr128BE::<Aes256>::new(&[7; 32].into(), &[0; 16].into());
    let mut hash = Sha256::new();
    for piece in data.chunks_mut(16 * 1024) {
        cipher.apply_keystream(piece);
        hash.update(piece);
    }
    hash.finalize()
}

fn with_bare(row: Row, length: usize) -> Row {
    let plaintext = plaintext(length);
    row.with(
        Who::Bare,
        move || plaintext.clone(),
        |mut data| (bare(&mut data), data),
    )
}

fn their_encrypt(mut plaintext: &[u8], ciphertext: &mut Vec<u8>) -> MediaEncryptionInfo {
    let mut encryptor = AttachmentEncryptor::new(&mut plaintext);
    encryptor.read_to_end(ciphertext).unwrap();
    encryptor.finish()
}

/// The peer's part of a row: it has one way to encrypt.
fn with_their_encrypt(row: Row, length: usize) -> Row {
    let plaintext = plaintext(length);
    row.with(
        Who::Peer,
        move || room(length),
        move |mut ciphertext| (their_encrypt(&plaintext, &mut ciphertext), ciphertext),
    )
}

/// As a caller has it that has used the memory before.
fn room(length: usize) -> Vec<u8> {
    let mut room = vec![1; length + 64];
    room.clear();
    room
}

fn encrypt_in_place(length: usize, size: &str) -> Row {
    let plaintext = plaintext(length);
    let row = Row::new(format!("attachment encrypt {size}, ours in place")).with(
        Who::Necturus,
        move || plaintext.clone(),
        |mut data| (EncryptedFile::encrypt_in_place(&mut data).unwrap(), data),
    );
    with_bare(with_their_encrypt(row, length), length)
}

fn encrypt_stream(length: usize, size: &str) -> Row {
    let plaintext = plaintext(length);
    let row = Row::new(format!("attachment encrypt {size}, reader to writer")).with(
        Who::Necturus,
        move || room(length),
        move |mut ciphertext| {
            let file = EncryptedFile::encrypt_to(plaintext.as_slice(), &mut ciphertext).unwrap();
            (file, ciphertext)
        },
    );
    with_bare(with_their_encrypt(row, length), length)
}

/// A ciphertext, and what opens it.
fn encrypted(length: usize) -> (Vec<u8>, String) {
    let mut data = plaintext(length);
    let file = EncryptedFile::encrypt_in_place(&mut data).unwrap();
    (data, file.to_json(URL).to_string())
}

fn file(json: &str) -> EncryptedFile {
    EncryptedFile::from_json(json.as_bytes(), FileVersions::Current).unwrap()
}

fn with_their_decrypt(row: Row, ciphertext: Vec<u8>, json: String) -> Row {
    let length = ciphertext.len();
    row.with(
        Who::Peer,
        move || (serde_json::from_str(&json).unwrap(), room(length)),
        move |(info, mut plaintext)| {
            let mut ciphertext = ciphertext.as_slice();
            let mut decryptor = AttachmentDecryptor::new(&mut ciphertext, info).unwrap();
            decryptor.read_to_end(&mut plaintext).unwrap();
            plaintext
        },
    )
}

fn decrypt_in_place(length: usize, size: &str) -> Row {
    let (ciphertext, json) = encrypted(length);
    let (data, file) = (ciphertext.clone(), file(&json));
    let row = Row::new(format!(
        "attachment decrypt {size}, ours in place, hash first"
    ))
    .with(
        Who::Necturus,
        move || data.clone(),
        move |mut data| {
            file.decrypt_in_place(&mut data).unwrap();
            data
        },
    );
    with_bare(with_their_decrypt(row, ciphertext, json), length)
}

fn decrypt_stream(length: usize, size: &str) -> Row {
    let (ciphertext, json) = encrypted(length);
    let (data, file) = (ciphertext.clone(), file(&json));
    let row = Row::new(format!(
        "attachment decrypt {size}, reader to writer, hashed twice"
    ))
    .with(
        Who::Necturus,
        move || room(length),
        move |mut plaintext| {
            let verified = file.decrypt_to(Cursor::new(&data), &mut plaintext).unwrap();
            (verified, plaintext)
        },
    );
    with_bare(with_their_decrypt(row, ciphertext, json), length)
}

fn decrypt_pieces(length: usize, size: &str) -> Row {
    let (ciphertext, json) = encrypted(length);
    let (data, file) = (ciphertext.clone(), file(&json));
    let row = Row::new(format!(
        "attachment decrypt {size}, pieces, hash last as the peer"
    ))
    .with(
        Who::Necturus,
        move || data.clone(),
        move |mut data| {
            let mut decryptor = file.decryptor();
            for piece in data.chunks_mut(16 * 1024) {
                black_box(decryptor.update(piece).unwrap().take_unverified());
            }
            (decryptor.finish().unwrap(), data)
        },
    );
    with_bare(with_their_decrypt(row, ciphertext, json), length)
}
