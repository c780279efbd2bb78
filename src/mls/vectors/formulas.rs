//! RFC 9420's formulas over our provider, and the bytes that they are about.

use alloc::{format, vec::Vec};

use openmls_traits::{
    crypto::OpenMlsCrypto as _,
    types::{Ciphersuite, HpkeCiphertext, HpkeKeyPair},
};

use super::super::crypto::Crypto;
use crate::primitives::wipe::Secret;

/// Our provider. Its seed matters to nothing that is compared.
pub(super) fn provider() -> Crypto {
    Crypto::new(Secret::from([7; 32]))
}

/// A cipher suite with our provider.
pub(super) struct Suite {
    pub(super) id: Ciphersuite,
    pub(super) crypto: Crypto,
}

impl Suite {
    pub(super) fn new(number: u16) -> Self {
        let id = Ciphersuite::try_from(number).expect("only suites that we have are run");
        Self {
            id,
            crypto: provider(),
        }
    }

    /// The length of a hash and of a secret, `Nh`.
    pub(super) fn hash_length(&self) -> usize {
        self.id.hash_length()
    }

    pub(super) fn hash(&self, data: &[u8]) -> Vec<u8> {
        self.crypto.hash(self.id.hash_algorithm(), data).unwrap()
    }

    pub(super) fn mac(&self, key: &[u8], data: &[u8]) -> Vec<u8> {
        self.crypto
            .hmac(self.id.hash_algorithm(), key, data)
            .unwrap()
            .as_slice()
            .to_vec()
    }

    pub(super) fn extract(&self, salt: &[u8], ikm: &[u8]) -> Vec<u8> {
        self.crypto
            .hkdf_extract(self.id.hash_algorithm(), salt, ikm)
            .unwrap()
            .as_slice()
            .to_vec()
    }

    /// Section 8.
    pub(super) fn expand_with_label(
        &self,
        secret: &[u8],
        label: &str,
        context: &[u8],
        length: u16,
    ) -> Vec<u8> {
        let info = [&length.to_be_bytes()[..], &labelled(label, context)].concat();
        self.crypto
            .hkdf_expand(self.id.hash_algorithm(), secret, &info, length.into())
            .unwrap()
            .as_slice()
            .to_vec()
    }

    pub(super) fn derive_secret(&self, secret: &[u8], label: &str) -> Vec<u8> {
        self.expand_with_label(secret, label, &[], self.hash_length().try_into().unwrap())
    }

    /// Section 9.
    pub(super) fn derive_tree_secret(
        &self,
        secret: &[u8],
        label: &str,
        generation: u32,
        length: u16,
    ) -> Vec<u8> {
        self.expand_with_label(secret, label, &generation.to_be_bytes(), length)
    }

    /// The AEAD's key and nonce under a secret, by a way to derive from it.
    pub(super) fn key_and_nonce(
        &self,
        derive: impl Fn(&str, u16) -> Vec<u8>,
    ) -> (Vec<u8>, Vec<u8>) {
        let key = derive("key", self.id.aead_key_length().try_into().unwrap());
        let nonce = derive("nonce", self.id.aead_nonce_length().try_into().unwrap());
        (key, nonce)
    }

    /// Section 5.2.
    pub(super) fn ref_hash(&self, label: &str, value: &[u8]) -> Vec<u8> {
        self.hash(&[vector(label.as_bytes()), vector(value)].concat())
    }

    /// Section 5.1.2.
    pub(super) fn sign_with_label(&self, key: &[u8], label: &str, content: &[u8]) -> Vec<u8> {
        self.crypto
            .sign(
                self.id.signature_algorithm(),
                &labelled(label, content),
                key,
            )
            .unwrap()
    }

    pub(super) fn verifies_with_label(
        &self,
        key: &[u8],
        label: &str,
        content: &[u8],
        signature: &[u8],
    ) -> bool {
        let content = labelled(label, content);
        self.crypto
            .verify_signature(self.id.signature_algorithm(), &content, key, signature)
            .is_ok()
    }

    /// Section 5.1.3.
    pub(super) fn encrypt_with_label(
        &self,
        key: &[u8],
        label: &str,
        context: &[u8],
        plaintext: &[u8],
    ) -> HpkeCiphertext {
        let info = labelled(label, context);
        self.crypto
            .hpke_seal(self.id.hpke_config(), key, &info, &[], plaintext)
            .unwrap()
    }

    pub(super) fn decrypt_with_label(
        &self,
        key: &[u8],
        label: &str,
        context: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Vec<u8> {
        let info = labelled(label, context);
        self.crypto
            .hpke_open(self.id.hpke_config(), ciphertext, key, &info, &[])
            .unwrap()
    }

    pub(super) fn derive_key_pair(&self, secret: &[u8]) -> HpkeKeyPair {
        self.crypto
            .derive_hpke_keypair(self.id.hpke_config(), secret)
            .unwrap()
    }

    pub(super) fn seal(
        &self,
        (key, nonce): &(Vec<u8>, Vec<u8>),
        aad: &[u8],
        plaintext: &[u8],
    ) -> Vec<u8> {
        self.crypto
            .aead_encrypt(self.id.aead_algorithm(), key, plaintext, nonce, aad)
            .unwrap()
    }

    pub(super) fn open(
        &self,
        (key, nonce): &(Vec<u8>, Vec<u8>),
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Vec<u8> {
        self.crypto
            .aead_decrypt(self.id.aead_algorithm(), key, ciphertext, nonce, aad)
            .unwrap()
    }

    /// A `GroupContext` without extensions: section 8.1.
    pub(super) fn group_context(
        &self,
        group_id: &[u8],
        epoch: u64,
        tree_hash: &[u8],
        transcript: &[u8],
    ) -> Vec<u8> {
        [
            &1_u16.to_be_bytes()[..],
            &u16::from(self.id).to_be_bytes(),
            &vector(group_id),
            &epoch.to_be_bytes(),
            &vector(tree_hash),
            &vector(transcript),
            &vector(&[]),
        ]
        .concat()
    }
}

/// `{ opaque label<V> = "MLS 1.0 " + label; opaque content<V> }`, which is signed,
/// and with it what is expanded or encrypted is labelled, too.
fn labelled(label: &str, content: &[u8]) -> Vec<u8> {
    [
        vector(format!("MLS 1.0 {label}").as_bytes()),
        vector(content),
    ]
    .concat()
}

/// `opaque bytes<V>`: section 2.1.2.
pub(super) fn vector(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    let header = match length {
        0..0x40 => length.to_be_bytes()[3..].to_vec(),
        0x40..0x4000 => (length | 0x4000).to_be_bytes()[2..].to_vec(),
        0x4000..0x4000_0000 => (length | 0x8000_0000).to_be_bytes().to_vec(),
        _ => panic!("too long"),
    };
    [&header, bytes].concat()
}

/// Reads what [`vector`] and its like write.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    pub(super) fn u8(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes(2).try_into().unwrap())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes(4).try_into().unwrap())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes(8).try_into().unwrap())
    }

    pub(super) fn vector(&mut self) -> &'a [u8] {
        let mut header = *self;
        let length = match self.0[0] >> 6 {
            0 => u32::from(self.u8()),
            1 => u32::from(self.u16() & 0x3fff),
            2 => self.u32() & 0x3fff_ffff,
            _ => panic!("no such length"),
        };
        let content = self.bytes(length.try_into().unwrap());
        let whole = header.0.len() - self.0.len();
        assert_eq!(header.bytes(whole), vector(content), "the shortest header");
        content
    }

    pub(super) fn skip_vectors(&mut self, count: usize) {
        for _ in 0..count {
            self.vector();
        }
    }

    pub(super) fn hpke_ciphertext(&mut self) -> HpkeCiphertext {
        HpkeCiphertext {
            kem_output: self.vector().into(),
            ciphertext: self.vector().into(),
        }
    }

    /// What `read` took.
    pub(super) fn taken(&mut self, read: impl FnOnce(&mut Self)) -> &'a [u8] {
        let before = self.0;
        read(self);
        &before[..before.len() - self.0.len()]
    }

    pub(super) fn end(&self) {
        assert!(self.0.is_empty(), "{} bytes too many", self.0.len());
    }
}
