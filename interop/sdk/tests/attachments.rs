//! Attachments: the peer reads what it wrote.

use std::io::Read;

use matrix_sdk_crypto::{AttachmentDecryptor, AttachmentEncryptor, MediaEncryptionInfo};

/// The ciphertext, and the JSON of what opens it.
fn their_encrypt(mut plaintext: &[u8]) -> (Vec<u8>, String) {
    let mut encryptor = AttachmentEncryptor::new(&mut plaintext);
    let mut ciphertext = Vec::new();
    encryptor.read_to_end(&mut ciphertext).unwrap();
    let info = serde_json::to_string(&encryptor.finish()).unwrap();
    (ciphertext, info)
}

fn their_decrypt(mut ciphertext: &[u8], info: &str) -> std::io::Result<Vec<u8>> {
    let info: MediaEncryptionInfo = serde_json::from_str(info).unwrap();
    let mut plaintext = Vec::new();
    AttachmentDecryptor::new(&mut ciphertext, info)
        .unwrap()
        .read_to_end(&mut plaintext)?;
    Ok(plaintext)
}

#[test]
fn the_peer_reads_its_own() {
    for length in [0, 1, 16, 17, 100_000] {
        let plaintext = vec![7; length];
        let (mut ciphertext, info) = their_encrypt(&plaintext);
        assert_eq!(ciphertext.len(), length);
        assert_eq!(their_decrypt(&ciphertext, &info).unwrap(), plaintext);

        ciphertext.push(0);
        assert!(their_decrypt(&ciphertext, &info).is_err());
    }
}
