//! Attachments: each reads what the other encrypted, and refuses what was
//! changed on the way.

use std::io::{Cursor, Read};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use matrix_sdk_crypto::{AttachmentDecryptor, AttachmentEncryptor, MediaEncryptionInfo};
use necturus::vault::{AttachmentError, EncryptedFile, EncryptedFileError, FileVersions};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LENGTHS: [usize; 9] = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 1 << 20];

fn plaintext(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// The ciphertext, and the JSON of what opens it.
fn their_encrypt(mut plaintext: &[u8]) -> (Vec<u8>, String) {
    let mut encryptor = AttachmentEncryptor::new(&mut plaintext);
    let mut ciphertext = Vec::new();
    encryptor.read_to_end(&mut ciphertext).unwrap();
    let info = serde_json::to_string(&encryptor.finish()).unwrap();
    (ciphertext, info)
}

/// `None` where the peer refuses the JSON or the ciphertext.
fn their_decrypt(mut ciphertext: &[u8], info: &str) -> Option<Vec<u8>> {
    let info: MediaEncryptionInfo = serde_json::from_str(info).ok()?;
    let mut plaintext = Vec::new();
    AttachmentDecryptor::new(&mut ciphertext, info)
        .ok()?
        .read_to_end(&mut plaintext)
        .ok()?;
    Some(plaintext)
}

fn our_encrypt(plaintext: &[u8]) -> (Vec<u8>, String) {
    let mut ciphertext = plaintext.to_vec();
    let file = EncryptedFile::encrypt_in_place(&mut ciphertext).unwrap();
    (ciphertext, file.to_json("mxc://example.org/id").to_string())
}

fn our_file(info: &str) -> Result<EncryptedFile, EncryptedFileError> {
    EncryptedFile::from_json(info.as_bytes(), FileVersions::Current)
}

fn our_decrypt(ciphertext: &[u8], info: &str) -> Result<Vec<u8>, AttachmentError> {
    let mut plaintext = ciphertext.to_vec();
    our_file(info).unwrap().decrypt_in_place(&mut plaintext)?;
    Ok(plaintext)
}

#[test]
fn they_read_what_we_encrypt() {
    for plaintext in LENGTHS.map(plaintext) {
        let (ciphertext, info) = our_encrypt(&plaintext);
        assert_eq!(their_decrypt(&ciphertext, &info).unwrap(), plaintext);

        let mut ciphertext = Vec::new();
        let file = EncryptedFile::encrypt_to(plaintext.as_slice(), &mut ciphertext).unwrap();
        let info = file.to_json("mxc://example.org/id");
        assert_eq!(their_decrypt(&ciphertext, &info).unwrap(), plaintext);
    }
}

#[test]
fn we_read_what_they_encrypt() {
    for plaintext in LENGTHS.map(plaintext) {
        let (ciphertext, info) = their_encrypt(&plaintext);
        assert_eq!(our_decrypt(&ciphertext, &info).unwrap(), plaintext);

        let file = our_file(&info).unwrap();
        let mut from_reader = Vec::new();
        let verified = file.decrypt_to(Cursor::new(&ciphertext), &mut from_reader);
        assert!(verified.is_ok());
        assert_eq!(from_reader, plaintext);

        let mut decryptor = file.decryptor();
        let mut in_pieces = Vec::new();
        for piece in ciphertext.chunks(997) {
            let piece = decryptor.update(piece.to_vec()).unwrap();
            in_pieces.extend(piece.take_unverified());
        }
        assert!(decryptor.finish().is_ok());
        assert_eq!(in_pieces, plaintext);
    }
}

#[test]
fn both_refuse_what_was_changed() {
    for plaintext in [1, 16, 65_537].map(plaintext) {
        for (ciphertext, info) in [our_encrypt(&plaintext), their_encrypt(&plaintext)] {
            let mut changed: Vec<Vec<u8>> = Vec::new();
            for position in [0, ciphertext.len() / 2, ciphertext.len() - 1] {
                let mut flipped = ciphertext.clone();
                flipped[position] ^= 0x40;
                changed.push(flipped);
            }
            changed.push([&ciphertext[..], &[0]].concat());
            changed.push(ciphertext[..ciphertext.len() - 1].to_vec());
            changed.push(ciphertext[1..].to_vec());
            changed.push(Vec::new());
            for changed in changed {
                assert_eq!(their_decrypt(&changed, &info), None);
                assert_eq!(
                    our_decrypt(&changed, &info),
                    Err(AttachmentError::WrongHash)
                );
            }
        }
    }
}

#[test]
fn the_json_says_the_same() {
    let (_, ours) = our_encrypt(b"picture");
    let read: MediaEncryptionInfo = serde_json::from_str(&ours).unwrap();
    let again = serde_json::to_string(&read).unwrap();
    assert_eq!(members(&again), members(&ours));

    let (_, theirs) = their_encrypt(b"picture");
    let again = our_file(&theirs).unwrap().to_json("mxc://example.org/id");
    assert_eq!(members(&again), members(&theirs));
}

/// Without the URL, which the peer keeps elsewhere, and with the operations of
/// the key in one order, for they are a set.
fn members(info: &str) -> Value {
    let mut info: Value = serde_json::from_str(info).unwrap();
    info.as_object_mut().unwrap().remove("url");
    let operations = info["key"]["key_ops"].as_array_mut().unwrap();
    operations.sort_by_key(Value::to_string);
    info
}

/// What is done to the JSON of a good file, and who still decrypts it.
#[test]
fn verdicts_on_hostile_json() {
    let change = |what: &dyn Fn(&mut Value)| {
        let (ciphertext, info) = their_encrypt(b"picture");
        let mut info: Value = serde_json::from_str(&info).unwrap();
        what(&mut info);
        let info = info.to_string();
        let theirs = their_decrypt(&ciphertext, &info).is_some();
        let ours = our_file(&info).is_ok_and(|_| our_decrypt(&ciphertext, &info).is_ok());
        (ours, theirs)
    };
    let set = |pointer: &'static str, value: Value| {
        change(&move |info| *info.pointer_mut(pointer).unwrap() = value.clone())
    };
    let remove = |pointer: &'static str, member: &'static str| {
        change(&move |info| {
            let object = info.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            object.remove(member).unwrap();
        })
    };
    const BOTH: (bool, bool) = (true, true);
    const NEITHER: (bool, bool) = (false, false);
    const ONLY_THEY: (bool, bool) = (false, true);

    assert_eq!(change(&|_| ()), BOTH);
    assert_eq!(change(&|info| info["more"] = json!(1)), BOTH);
    assert_eq!(change(&|info| info["hashes"]["sha1"] = json!("AA")), BOTH);
    assert_eq!(set("/v", json!("v1")), NEITHER);
    assert_eq!(set("/v", json!("v3")), NEITHER);
    assert_eq!(remove("", "v"), NEITHER);
    assert_eq!(remove("", "key"), NEITHER);
    assert_eq!(remove("", "iv"), NEITHER);
    assert_eq!(remove("", "hashes"), NEITHER);
    assert_eq!(remove("/hashes", "sha256"), NEITHER);
    assert_eq!(remove("/key", "k"), NEITHER);
    assert_eq!(set("/iv", json!("AAAA")), NEITHER);
    assert_eq!(set("/hashes/sha256", json!("AAAA")), NEITHER);
    assert_eq!(set("/key/k", json!("AAAA")), NEITHER);
    // A valid IV that is not the file's is told from the right one by nobody.
    assert_eq!(set("/iv", json!("AAAAAAAAAAAAAAAAAAAAAA")), BOTH);
    assert_eq!(set("/key/alg", json!("A256GCM")), NEITHER);
    assert_eq!(set("/key/kty", json!("RSA")), NEITHER);
    assert_eq!(set("/key/ext", json!(false)), NEITHER);
    assert_eq!(set("/key/key_ops", json!(["encrypt"])), NEITHER);
    assert_eq!(
        set("/key/key_ops", json!(["encrypt", "x", "decrypt"])),
        BOTH
    );
    // 22 characters have four bits more than 16 bytes: the peer drops them, to us
    // there is one text for each value.
    assert_eq!(set("/iv", json!("AAAAAAAAAAAAAAAAAAAAAB")), ONLY_THEY);
}

/// A counter that overflows its low half: the peer carries into the high one, as
/// Go and Rust do; browsers do not. We refuse what has two meanings.
#[test]
fn only_they_count_past_the_low_half() {
    let (_, info) = their_encrypt(b"");
    let mut info: Value = serde_json::from_str(&info).unwrap();
    info["iv"] = json!("/////////////////////w");
    let block = [5; 16];
    for (count, refused) in [(1, false), (2, true)] {
        let ciphertext = block.repeat(count);
        info["hashes"]["sha256"] = STANDARD_NO_PAD.encode(Sha256::digest(&ciphertext)).into();
        let info = info.to_string();
        assert!(their_decrypt(&ciphertext, &info).is_some());
        let ours = our_decrypt(&ciphertext, &info);
        assert_eq!(ours == Err(AttachmentError::CounterOverflow), refused);
        assert_eq!(ours.is_ok(), !refused);
    }
}
