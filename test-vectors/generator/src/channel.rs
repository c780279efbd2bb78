//! The channels of sign-in by QR code, put together here anew.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha512;

use crate::{
    crypto::{Pair, array, hmac},
    text::base64,
};

pub(crate) const PREFIX: &str = "MATRIX_QR_CODE_LOGIN";
pub(crate) const INITIATE: &[u8] = b"MATRIX_QR_CODE_LOGIN_INITIATE";
pub(crate) const OK: &[u8] = b"MATRIX_QR_CODE_LOGIN_OK";

/// ChaCha20-Poly1305: `ciphertext ‖ tag`.
fn seal(key: &[u8; 32], nonce: [u8; 12], associated: &[u8], text: &[u8]) -> Vec<u8> {
    let mut sealed = text.to_vec();
    let tag = ChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&nonce.into(), associated, sealed.as_mut_slice().into())
        .expect("short texts");
    sealed.extend_from_slice(&tag);
    sealed
}

fn hmac512(key: &[u8], data: &[u8]) -> [u8; 64] {
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(key).expect("any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// Who sends.
#[derive(Clone, Copy)]
pub(crate) enum From {
    S,
    G,
}

/// The channel of MSC4108.
pub(crate) struct Ecies {
    s: [u8; 32],
    key_s: [u8; 32],
    key_g: [u8; 32],
    pub(crate) check_code: String,
}

impl Ecies {
    pub(crate) fn new(prefix: &str, s: &Pair, g: &Pair) -> Self {
        let prk = hmac512(&[], &s.shared(&g.public));
        let derive = |name: &str| {
            let keys = format!("{}|{}", base64(&g.public), base64(&s.public));
            hmac512(&prk, format!("{prefix}_{name}|{keys}\x01").as_bytes())
        };
        let code = derive("CHECKCODE");
        Self {
            s: s.public,
            key_s: array(&derive("ENCKEY_S")[..32]),
            key_g: array(&derive("ENCKEY_G")[..32]),
            check_code: format!("{}{}", code[0] % 10, code[1] % 10),
        }
    }

    /// The message of this number, as bytes.
    pub(crate) fn sealed(&self, from: From, number: u64, text: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let key = match from {
            From::S => &self.key_s,
            From::G => &self.key_g,
        };
        seal(key, nonce, &[], text)
    }

    pub(crate) fn message(&self, from: From, number: u64, text: &[u8]) -> String {
        base64(&self.sealed(from, number, text))
    }

    /// The first message of S, which says `text`.
    pub(crate) fn first(&self, text: &[u8]) -> String {
        format!("{}|{}", self.message(From::S, 0, text), base64(&self.s))
    }
}

/// Extract and Expand of RFC 9180, of at most 32 bytes.
struct Labeled(&'static [u8]);

impl Labeled {
    const KEM: Self = Self(b"KEM\x00\x20");
    const HPKE: Self = Self(b"HPKE\x00\x20\x00\x01\x00\x03");

    fn extract(&self, salt: &[u8], label: &str, input: &[u8]) -> [u8; 32] {
        let data = [b"HPKE-v1", self.0, label.as_bytes(), input].concat();
        hmac(salt, &data)
    }

    fn expand<const N: usize>(&self, prk: &[u8], label: &str, info: &[u8]) -> [u8; N] {
        let length = u16::try_from(N).expect("at most 32").to_be_bytes();
        let label = label.as_bytes();
        let data = [&length[..], b"HPKE-v1", self.0, label, info, &[1]].concat();
        array(&hmac(prk, &data)[..N])
    }
}

/// `DeriveKeyPair` of RFC 9180.
pub(crate) fn derive_pair(random: &[u8; 32]) -> Pair {
    let prk = Labeled::KEM.extract(&[], "dkp_prk", random);
    Pair::of(Labeled::KEM.expand(&prk, "sk", &[]))
}

/// The channel of MSC4388.
pub(crate) struct Hpke {
    s: [u8; 32],
    response_nonce: [u8; 32],
    forth: ([u8; 32], [u8; 12]),
    back: ([u8; 32], [u8; 12]),
    pub(crate) check_code: String,
}

impl Hpke {
    pub(crate) fn new(
        prefix: &str,
        label: &str,
        s: &Pair,
        g: &Pair,
        response_nonce: [u8; 32],
    ) -> Self {
        let both = |first: &[u8], second: &[u8]| [first, second].concat();
        let prk = Labeled::KEM.extract(&[], "eae_prk", &s.shared(&g.public));
        let context = both(&s.public, &g.public);
        let shared: [u8; 32] = Labeled::KEM.expand(&prk, "shared_secret", &context);

        let suite = Labeled::HPKE;
        let psk_id = suite.extract(&[], "psk_id_hash", &[]);
        let info = suite.extract(&[], "info_hash", prefix.as_bytes());
        let context = [&[0], &psk_id[..], &info].concat();
        let secret = suite.extract(&shared, "secret", &[]);
        let exporter: [u8; 32] = suite.expand(&secret, "exp", &context);

        let label = both(prefix.as_bytes(), label.as_bytes());
        let exported: [u8; 32] = suite.expand(&exporter, "sec", &label);
        let prk = hmac(&both(&s.public, &response_nonce), &exported);
        let check = [prefix.as_bytes(), b"_CHECKCODE", &g.public, &s.public].concat();
        let code: [u8; 2] = suite.expand(&exporter, "sec", &check);
        Self {
            s: s.public,
            response_nonce,
            forth: (
                suite.expand(&secret, "key", &context),
                suite.expand(&secret, "base_nonce", &context),
            ),
            back: (
                hmac(&prk, b"key\x01"),
                array(&hmac(&prk, b"nonce\x01")[..12]),
            ),
            check_code: format!("{}{}", code[0] % 9 + 1, code[1] % 10),
        }
    }

    /// The message of this number, as bytes.
    pub(crate) fn sealed(
        &self,
        from: From,
        number: u64,
        text: &[u8],
        associated: &[u8],
    ) -> Vec<u8> {
        let (key, mut nonce) = match from {
            From::S => self.forth,
            From::G => self.back,
        };
        for (byte, of_number) in nonce[4..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= of_number;
        }
        seal(&key, nonce, associated, text)
    }

    pub(crate) fn message(
        &self,
        from: From,
        number: u64,
        text: &[u8],
        associated: &[u8],
    ) -> String {
        base64(&self.sealed(from, number, text, associated))
    }

    /// The first message of a side, which says `text`, as bytes.
    pub(crate) fn first(&self, from: From, text: &[u8], associated: &[u8]) -> Vec<u8> {
        let before = match from {
            From::S => self.s,
            From::G => self.response_nonce,
        };
        [&before[..], &self.sealed(from, 0, text, associated)].concat()
    }
}
