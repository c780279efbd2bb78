//! Attachments: what others encrypted is read, pieces of any size give one
//! result, and nothing that was changed comes out as verified.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use common::rng::{BytesRng, FailingRng, SeededRng};
use necturus::{
    json::{JsonError, Object, Value},
    vault::{
        AttachmentEncryptor, AttachmentError, EncryptedFile, EncryptedFileError, FileVersions,
        Verified,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// What opens `text`, and its ciphertext.
fn encrypted(text: &[u8]) -> (EncryptedFile, Vec<u8>) {
    let mut buffer = text.to_vec();
    let file = EncryptedFile::encrypt_in_place_with(&mut SeededRng::new(1), &mut buffer).unwrap();
    (file, buffer)
}

/// Decrypts in pieces of these sizes, over and over.
fn by_pieces(
    file: &EncryptedFile,
    ciphertext: &[u8],
    sizes: &[usize],
) -> (Vec<u8>, Result<Verified, AttachmentError>) {
    let mut decryptor = file.decryptor();
    let (mut rest, mut out) = (ciphertext, Vec::new());
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, later) = rest.split_at(rest.len().min(*size));
        rest = later;
        match decryptor.update(piece.to_vec()) {
            Ok(piece) => out.extend(piece.take_unverified()),
            Err(error) => return (out, Err(error)),
        }
    }
    (out, decryptor.finish())
}

/// Of the tests of matrix-encrypt-attachment; `__…8` is the key of 32 bytes 0xff.
fn public_case(iv: &str, sha256: &str, v: Option<&str>) -> Object {
    let key = Object::new()
        .with("kty", "oct")
        .with("alg", "A256CTR")
        .with("k", "__________________________________________8")
        .with("key_ops", vec!["encrypt", "decrypt"]);
    let mut file = Object::new()
        .with("iv", iv)
        .with("hashes", Object::new().with("sha256", sha256));
    match v {
        Some("v2") => file.insert("key", key.with("ext", true)),
        _ => file.insert("key", key),
    };
    if let Some(v) = v {
        file.insert("v", v);
    }
    file
}

const ALPHANUMERICALLY: &[u8] = b"alphanumericallyalphanumericallyalphanumericallyalphanumerically";

#[test]
fn the_public_test_files_decrypt() {
    let v2 = "ce1b454ad01e171d2cfbd2ffb1240ef9640cb6576a6041ea4f131db89ac22299\
        e4c9eaf4f64c4926e0382be69d404e30fbb8d97bfbd1f6421caa3f6b3a10d1f1";
    let v1 = "b4954d05527fbe5dfa510b786397b99bce1b454ad01e171d2cfbd2ffb1240ef9\
        640cb6576a6041ea4f131db89ac22299e4c9eaf4f64c4926e0382be69d404e30";
    let v0 = "b4954d05527fbe5dfa510b786397b99b2a942f733c3ad8d155096367e2e5c1b2\
        5eb9c44833b09e28324618e8e52756eaa6a51d97acf2b57277742caf9d48b879";
    for (iv, sha256, v, ciphertext) in [
        (
            "//////////8AAAAAAAAAAA",
            "IOq7/dHHB+mfHfxlRY5XMeCWEwTPmlf4cJcgrkf6fVU",
            Some("v2"),
            v2,
        ),
        (
            "/////////////////////w",
            "LYG/orOViuFwovJpv2YMLSsmVKwLt7pY3f8SYM7KU5E",
            Some("v1"),
            v1,
        ),
        (
            "/////////////////////w",
            "/K4w3G4zlLK312k66KxNPKDkWCn2QAH5aphAkuncTrQ",
            None,
            v0,
        ),
    ] {
        let object = public_case(iv, sha256, v);
        let current = EncryptedFile::from_object(&object, FileVersions::Current);
        assert_eq!(current.is_ok(), v == Some("v2"));
        let file = EncryptedFile::from_object(&object, FileVersions::WithLegacy).unwrap();
        let mut buffer = hex(ciphertext);
        let (text, verified) = by_pieces(&file, &buffer, &[7, 30]);
        file.decrypt_in_place(&mut buffer).unwrap();
        assert_eq!(buffer, ALPHANUMERICALLY, "{v:?}");
        assert_eq!((text, verified.unwrap().length()), (buffer, 64));
        // It is written as it was read, with the place that it has now.
        assert_eq!(
            Object::parse(file.to_json("mxc://here").as_bytes()).unwrap(),
            object.with("url", "mxc://here")
        );
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

#[test]
fn a_file_draws_its_key_and_half_of_its_iv() {
    let drawn: Vec<u8> = (0..40).collect();
    let mut buffer = [0; 3];
    let mut rng = BytesRng::new(drawn);
    let file = EncryptedFile::encrypt_in_place_with(&mut rng, &mut buffer).unwrap();
    assert_eq!(rng.left(), 0);
    let object = file.to_object("mxc://example.org/a");
    let key = object.get_object("key").unwrap();
    assert_eq!(
        key.get_str("k"),
        Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    );
    assert_eq!(object.get_str("iv"), Some("ICEiIyQlJicAAAAAAAAAAA"));
    assert_eq!(object.to_string(), *file.to_json("mxc://example.org/a"));

    let before = *b"not encrypted";
    let mut buffer = before;
    for result in [
        EncryptedFile::encrypt_in_place_with(&mut FailingRng, &mut buffer),
        EncryptedFile::encrypt_in_place_with(&mut BytesRng::new([0; 39]), &mut buffer),
    ] {
        assert!(result.is_err());
    }
    assert_eq!(buffer, before);
}

/// One member of a good object changed, and what becomes of it.
#[test]
fn what_is_no_encrypted_file_is_refused() {
    use EncryptedFileError::{Base64, HashMissing, Key, Length, Missing, Version};

    let good = encrypted(b"text").0.to_object("mxc://example.org/a");
    let read = |object: &Object| EncryptedFile::from_object(object, FileVersions::WithLegacy).err();
    let text = |text: &str| Some(Value::from(text));
    assert_eq!(read(&good), None);

    for (member, value, error) in [
        ("v", text("v3"), Version),
        ("v", text("V2"), Version),
        ("v", Some(2u64.into()), Version),
        ("v", Some(Value::Null), Version),
        ("key", None, Missing { field: "key" }),
        ("key", text("AAAA"), Key),
        ("iv", None, Missing { field: "iv" }),
        ("iv", Some(1u64.into()), Missing { field: "iv" }),
        ("iv", text("Hm+F*v68qlY"), Base64 { field: "iv" }),
        (
            "iv",
            text("Hm+Fkv68qlY"),
            Length {
                field: "iv",
                found: 8,
            },
        ),
        ("hashes", None, HashMissing),
        ("hashes", text("AAAA"), HashMissing),
        (
            "hashes",
            Some(Object::new().with("md5", "AAAA").into()),
            HashMissing,
        ),
        (
            "hashes",
            Some(Object::new().with("sha256", 1u64).into()),
            HashMissing,
        ),
        (
            "hashes",
            Some(Object::new().with("sha256", "AAAA").into()),
            Length {
                field: "sha256",
                found: 3,
            },
        ),
    ] {
        assert_eq!(
            read(&changed(&good, member, value.clone())),
            Some(error),
            "{member} {value:?}"
        );
    }

    let key = good.get_object("key").unwrap();
    let k = key.get_str("k").unwrap();
    for (member, value, error) in [
        ("kty", text("RSA"), Some(Key)),
        ("alg", text("A256GCM"), Some(Key)),
        ("alg", None, Some(Key)),
        ("ext", Some(false.into()), Some(Key)),
        ("ext", None, Some(Key)),
        ("key_ops", Some(vec!["encrypt"].into()), Some(Key)),
        ("key_ops", Some(vec!["decrypt"].into()), Some(Key)),
        ("key_ops", None, Some(Key)),
        (
            "key_ops",
            Some(vec!["wrapKey", "decrypt", "encrypt"].into()),
            None,
        ),
        ("k", None, Some(Missing { field: "k" })),
        (
            "k",
            text("bliKcFesMZbA66f77z2qQMkoBZtFF0eauKtsCaEqLA"),
            Some(Length {
                field: "k",
                found: 31,
            }),
        ),
        (
            "k",
            text("+//++//++//++//++//++//++//++//++//++//++/8"),
            Some(Base64 { field: "k" }),
        ),
        ("k", text(&format!("{k}=")), None),
    ] {
        let object = changed(
            &good,
            "key",
            Some(changed(key, member, value.clone()).into()),
        );
        assert_eq!(read(&object), error, "{member} {value:?}");
    }
    // The first check that fails is told.
    let mut object = changed(&good, "v", text("v3"));
    object.remove("hashes");
    assert_eq!(read(&object), Some(Version));
    object.insert("v", "v2");
    object.remove("iv");
    assert_eq!(read(&object), Some(Missing { field: "iv" }));
}

fn changed(object: &Object, member: &str, value: Option<Value>) -> Object {
    let mut object = object.clone();
    match value {
        Some(value) => object.insert(member, value),
        None => object.remove(member),
    };
    object
}

#[test]
fn json_is_read_exactly() {
    let read = |json: &[u8]| EncryptedFile::from_json(json, FileVersions::Current).err();
    let json = encrypted(b"text").0.to_json("mxc://example.org/a");
    assert_eq!(read(json.as_bytes()), None);
    let twice = json.replacen('{', r#"{"v":"v2","#, 1);
    for (json, error) in [
        (twice.as_bytes(), JsonError::DuplicateKey),
        (b"[]", JsonError::NotAnObject),
        (b"{", JsonError::Syntax),
        (b"{\"v\":\"\xff\"}", JsonError::NotUtf8),
    ] {
        assert_eq!(read(json), Some(EncryptedFileError::Json(error)));
    }
    let long = [json.as_bytes(), &vec![b' '; EncryptedFile::MAX_JSON]].concat();
    assert_eq!(
        read(&long),
        Some(EncryptedFileError::TooLong { found: long.len() })
    );
}

/// Clients disagree on what follows when the low half of the counter overflows.
#[test]
fn a_counter_that_overflows_is_refused_before_anything_is_decrypted() {
    let object = encrypted(b"").0.to_object("mxc://example.org/a");
    let with_iv = |iv: &str| {
        let object = changed(&object, "iv", Some(iv.into()));
        EncryptedFile::from_object(&object, FileVersions::Current).unwrap()
    };
    for (iv, fits) in [
        ("AAAAAAAAAAD//////////w", 16), // the low half is 2^64 − 1
        ("AAAAAAAAAAD//////////g", 32), // 2^64 − 2
    ] {
        let file = with_iv(iv);
        let mut fitting = vec![0; fits];
        let mut longer = vec![0; fits + 1];
        assert_eq!(
            file.decrypt_in_place(&mut fitting),
            Err(AttachmentError::WrongHash)
        );
        assert_eq!(
            file.decrypt_in_place(&mut longer),
            Err(AttachmentError::CounterOverflow)
        );
        assert_eq!(longer, vec![0; fits + 1]);
        let (out, result) = by_pieces(&file, &longer, &[fits, 1]);
        assert_eq!(
            (out.len(), result),
            (fits, Err(AttachmentError::CounterOverflow))
        );

        // Nothing comes after it, and the end is no end.
        let mut decryptor = file.decryptor();
        assert!(decryptor.update(longer.clone()).is_err());
        assert!(decryptor.update(Vec::new()).is_err());
        assert_eq!(decryptor.finish(), Err(AttachmentError::CounterOverflow));
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_one_result(
        text in vec(any::<u8>(), 0..70_000),
        sizes in vec(1usize..40_000, 1..8),
    ) {
        let (file, ciphertext) = encrypted(&text);
        let mut encryptor = AttachmentEncryptor::new_with(&mut SeededRng::new(1)).unwrap();
        let mut pieces = text.clone();
        let mut rest = &mut pieces[..];
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at_mut(rest.len().min(*size));
            encryptor.update(piece);
            rest = later;
        }
        prop_assert_eq!(&pieces, &ciphertext);
        prop_assert_eq!(&*encryptor.finish().to_json(""), &*file.to_json(""));

        let (out, verified) = by_pieces(&file, &ciphertext, &sizes);
        prop_assert_eq!(verified.unwrap().length(), text.len() as u64);
        prop_assert_eq!(&out, &text);
        let mut buffer = ciphertext;
        file.decrypt_in_place(&mut buffer).unwrap();
        prop_assert_eq!(buffer, text);
    }

    #[test]
    fn what_was_changed_is_refused(
        text in vec(any::<u8>(), 1..3000),
        at in any::<Index>(),
        bit in 0u32..8,
        more in vec(any::<u8>(), 1..20),
        sizes in vec(1usize..500, 1..4),
    ) {
        let (file, ciphertext) = encrypted(&text);
        let mut flipped = ciphertext.clone();
        flipped[at.index(text.len())] ^= 1 << bit;
        let truncated = ciphertext[..at.index(text.len())].to_vec();
        let longer = [&ciphertext[..], &more].concat();
        for changed in [flipped, truncated, longer] {
            let mut buffer = changed.clone();
            prop_assert_eq!(file.decrypt_in_place(&mut buffer), Err(AttachmentError::WrongHash));
            prop_assert_eq!(&buffer, &changed);
            prop_assert_eq!(by_pieces(&file, &changed, &sizes).1, Err(AttachmentError::WrongHash));
        }
    }

    #[test]
    fn an_encrypted_file_reads_what_it_writes(text in vec(any::<u8>(), 0..100), url in ".{0,40}") {
        let (file, mut ciphertext) = encrypted(&text);
        let json = file.to_json(&url);
        let object = Object::parse(json.as_bytes()).unwrap();
        prop_assert_eq!(object.get_str("url"), Some(&*url));
        let again = EncryptedFile::from_json(json.as_bytes(), FileVersions::Current).unwrap();
        prop_assert_eq!(again.sha256(), file.sha256());
        again.decrypt_in_place(&mut ciphertext).unwrap();
        prop_assert_eq!(ciphertext, text);
    }
}

/// No key in any log.
#[test]
fn nothing_secret_is_printed() {
    let mut encryptor = AttachmentEncryptor::new_with(&mut SeededRng::new(1)).unwrap();
    encryptor.update(&mut [0; 4]);
    assert_eq!(format!("{encryptor:?}"), "AttachmentEncryptor { .. }");
    let file = encryptor.finish();
    assert_eq!(format!("{file:?}"), "EncryptedFile { version: V2, .. }");
    let mut decryptor = file.decryptor();
    let piece = decryptor.update(vec![7; 4]).unwrap();
    assert_eq!(format!("{piece:?}"), "Unverified { .. }");
    assert_eq!(
        format!("{decryptor:?}"),
        "AttachmentDecryptor { length: 4, .. }"
    );
}
