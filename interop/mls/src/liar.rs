//! A member that breaks the protocol: mls-rs, on cryptography that changes what it
//! is given. It knows all keys that a member knows, so what it makes is wrong in
//! one place alone.

use std::sync::{Arc, Mutex};

use mls_rs::{
    CipherSuite, CipherSuiteProvider, CryptoProvider,
    crypto::{
        HpkeCiphertext, HpkePublicKey, HpkeSecretKey, SignaturePublicKey, SignatureSecretKey,
    },
};
use mls_rs_core::crypto::HpkePsk;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use zeroize::Zeroizing;

type Inner = <RustCryptoProvider as CryptoProvider>::CipherSuiteProvider;
type Failure = <Inner as CipherSuiteProvider>::Error;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The signature under this label of RFC 9420.
    Signature(&'static str),
    /// A MAC of the transcript hash, which confirms an epoch: as a bit that is
    /// flipped, or shortened to some bytes.
    ConfirmationTag(Option<usize>),
    /// That of a PublicMessage: the same.
    MembershipTag(Option<usize>),
    /// What is encrypted to a key under this label of RFC 9420.
    Encrypted(&'static str),
    /// Every parent hash.
    ParentHash,
    /// A key pair is the one made before it.
    SameKey,
    /// The public half of a key pair is of small order, so that nobody can encrypt to
    /// it: 0 and 1 of X25519 in turn, as the two of a key package have to differ.
    SmallOrder,
    /// The padding of a PrivateMessage is not zero.
    Padding,
    /// The sender's leaf in a PrivateMessage.
    Sender(u32),
    /// The generation of a PrivateMessage's key.
    Generation(u32),
    /// The exporter of an external join.
    ExternalInit,
}

/// The lie that is told from here on, shared with a test.
pub type Told = Arc<Mutex<Option<Lie>>>;

type Pair = (HpkeSecretKey, HpkePublicKey);

/// mls-rs's cryptography on RustCrypto, with a lie.
#[derive(Clone, Default)]
pub struct Liar {
    told: Told,
    last_pair: Arc<Mutex<Option<Pair>>>,
}

impl Liar {
    /// Tells what is in there, each time anew.
    pub fn new(told: &Told) -> Self {
        Self {
            told: Arc::clone(told),
            last_pair: Arc::default(),
        }
    }
}

impl CryptoProvider for Liar {
    type CipherSuiteProvider = LiarSuite;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        RustCryptoProvider::default().supported_cipher_suites()
    }

    fn cipher_suite_provider(&self, suite: CipherSuite) -> Option<LiarSuite> {
        Some(LiarSuite {
            inner: RustCryptoProvider::default().cipher_suite_provider(suite)?,
            liar: self.clone(),
        })
    }
}

/// The same, of one suite.
#[derive(Clone)]
pub struct LiarSuite {
    inner: Inner,
    liar: Liar,
}

impl LiarSuite {
    fn lie(&self) -> Option<Lie> {
        *self.liar.told.lock().unwrap()
    }
}

/// Whether a structure starts with this label, after its length.
fn labelled(data: &[u8], label: &str) -> bool {
    let label = format!("MLS 1.0 {label}");
    data.get(1..)
        .is_some_and(|data| data.starts_with(label.as_bytes()))
}

fn flip(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

/// Of a PrivateMessage's sender data: leaf, generation, reuse guard.
const SENDER_DATA: usize = 12;
/// What goes into a parent hash, with or without one above it: a key of 32 bytes,
/// and hashes of as many. No other input of a hash is of these lengths.
const PARENT_HASH_INPUTS: [usize; 2] = [67, 99];

impl CipherSuiteProvider for LiarSuite {
    type Error = Failure;
    type HpkeContextS = <Inner as CipherSuiteProvider>::HpkeContextS;
    type HpkeContextR = <Inner as CipherSuiteProvider>::HpkeContextR;

    fn hash(&self, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut hash = self.inner.hash(data)?;
        if self.lie() == Some(Lie::ParentHash) && PARENT_HASH_INPUTS.contains(&data.len()) {
            flip(&mut hash);
        }
        Ok(hash)
    }

    fn mac(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut mac = self.inner.mac(key, data)?;
        let confirms = data.len() == self.kdf_extract_size();
        match self.lie() {
            Some(Lie::ConfirmationTag(length)) if confirms => shorten(&mut mac, length),
            Some(Lie::MembershipTag(length)) if !confirms => shorten(&mut mac, length),
            _ => {}
        }
        Ok(mac)
    }

    fn aead_seal(
        &self,
        key: &[u8],
        data: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let mut data = data.to_vec();
        let sender_data = data.len() == SENDER_DATA;
        match self.lie() {
            Some(Lie::Padding) if !sender_data => flip(&mut data),
            Some(Lie::Sender(leaf)) if sender_data => {
                data[..4].copy_from_slice(&leaf.to_be_bytes());
            }
            Some(Lie::Generation(generation)) if sender_data => {
                data[4..8].copy_from_slice(&generation.to_be_bytes());
            }
            _ => {}
        }
        self.inner.aead_seal(key, &data, aad, nonce)
    }

    fn aead_open(
        &self,
        key: &[u8],
        ciphertext: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.inner.aead_open(key, ciphertext, aad, nonce)
    }

    fn hpke_seal(
        &self,
        remote_key: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        pt: &[u8],
    ) -> Result<HpkeCiphertext, Failure> {
        let mut pt = Zeroizing::new(pt.to_vec());
        if let Some(Lie::Encrypted(label)) = self.lie()
            && labelled(info, label)
            && let Some(byte) = pt.get_mut(3)
        {
            *byte ^= 1;
        }
        // To its own of small order the liar cannot, either.
        if self.lie() == Some(Lie::SmallOrder) && remote_key[1..].iter().all(|byte| *byte == 0) {
            let (_, other) = self.inner.kem_generate()?;
            return self.inner.hpke_seal(&other, info, aad, &pt);
        }
        self.inner.hpke_seal(remote_key, info, aad, &pt)
    }

    fn hpke_setup_s(
        &self,
        remote_key: &HpkePublicKey,
        info: &[u8],
    ) -> Result<(Vec<u8>, Self::HpkeContextS), Failure> {
        let (mut kem_output, context) = self.inner.hpke_setup_s(remote_key, info)?;
        if self.lie() == Some(Lie::ExternalInit) {
            flip(&mut kem_output);
        }
        Ok((kem_output, context))
    }

    fn kem_generate(&self) -> Result<Pair, Failure> {
        let mut last = self.liar.last_pair.lock().unwrap();
        if let (Some(Lie::SameKey), Some(pair)) = (self.lie(), &*last) {
            return Ok(pair.clone());
        }
        let mut pair = self.inner.kem_generate()?;
        if self.lie() == Some(Lie::SmallOrder) {
            let mut key = vec![0; pair.1.len()];
            key[0] = u8::from(matches!(&*last, Some((_, last)) if last[0] == 0));
            pair.1 = key.into();
        }
        *last = Some(pair.clone());
        Ok(pair)
    }

    fn sign(&self, secret_key: &SignatureSecretKey, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut signature = self.inner.sign(secret_key, data)?;
        if let Some(Lie::Signature(label)) = self.lie()
            && labelled(data, label)
            && let Some(byte) = signature.first_mut()
        {
            *byte ^= 1;
        }
        Ok(signature)
    }

    // From here on it tells the truth.

    fn cipher_suite(&self) -> CipherSuite {
        self.inner.cipher_suite()
    }

    fn aead_key_size(&self) -> usize {
        self.inner.aead_key_size()
    }

    fn aead_nonce_size(&self) -> usize {
        self.inner.aead_nonce_size()
    }

    fn kdf_extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.inner.kdf_extract(salt, ikm)
    }

    fn kdf_expand(
        &self,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.inner.kdf_expand(prk, info, len)
    }

    fn kdf_extract_size(&self) -> usize {
        self.inner.kdf_extract_size()
    }

    fn hpke_seal_psk(
        &self,
        remote_key: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        pt: &[u8],
        psk: HpkePsk<'_>,
    ) -> Result<HpkeCiphertext, Failure> {
        self.inner.hpke_seal_psk(remote_key, info, aad, pt, psk)
    }

    fn hpke_open(
        &self,
        ciphertext: &HpkeCiphertext,
        local_secret: &HpkeSecretKey,
        local_public: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.inner
            .hpke_open(ciphertext, local_secret, local_public, info, aad)
    }

    fn hpke_open_psk(
        &self,
        ciphertext: &HpkeCiphertext,
        local_secret: &HpkeSecretKey,
        local_public: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        psk: HpkePsk<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.inner
            .hpke_open_psk(ciphertext, local_secret, local_public, info, aad, psk)
    }

    fn hpke_setup_r(
        &self,
        kem_output: &[u8],
        local_secret: &HpkeSecretKey,
        local_public: &HpkePublicKey,
        info: &[u8],
    ) -> Result<Self::HpkeContextR, Failure> {
        self.inner
            .hpke_setup_r(kem_output, local_secret, local_public, info)
    }

    fn kem_derive(&self, ikm: &[u8]) -> Result<Pair, Failure> {
        self.inner.kem_derive(ikm)
    }

    fn kem_public_key_validate(&self, key: &HpkePublicKey) -> Result<(), Failure> {
        self.inner.kem_public_key_validate(key)
    }

    fn random_bytes(&self, out: &mut [u8]) -> Result<(), Failure> {
        self.inner.random_bytes(out)
    }

    fn signature_key_generate(&self) -> Result<(SignatureSecretKey, SignaturePublicKey), Failure> {
        self.inner.signature_key_generate()
    }

    fn signature_key_derive_public(
        &self,
        secret_key: &SignatureSecretKey,
    ) -> Result<SignaturePublicKey, Failure> {
        self.inner.signature_key_derive_public(secret_key)
    }

    fn verify(
        &self,
        public_key: &SignaturePublicKey,
        signature: &[u8],
        data: &[u8],
    ) -> Result<(), Failure> {
        self.inner.verify(public_key, signature, data)
    }
}

fn shorten(mac: &mut Vec<u8>, length: Option<usize>) {
    match length {
        Some(length) => mac.truncate(length),
        None => flip(mac),
    }
}
