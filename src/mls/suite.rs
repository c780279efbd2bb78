//! Cipher suites.

use core::fmt;

use openmls_traits::types::{Ciphersuite as Engine, SignatureScheme};

/// A cipher suite (RFC 9420 §5.1): fixed for the life of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CipherSuite {
    /// 1, `MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519`: the one that every
    /// implementation has.
    X25519Aes128Gcm,
    /// 2, `MLS_128_DHKEMP256_AES128GCM_SHA256_P256`.
    P256Aes128Gcm,
    /// 3, `MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519`.
    X25519ChaCha20Poly1305,
    /// 0x004D, `MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519`: its KEM is X25519
    /// and ML-KEM-768 in one, so that what is recorded today stays secret from
    /// quantum computers; its signatures do not withstand them. A draft, and no
    /// code point is registered: expect it to change.
    #[cfg(feature = "experimental-x-wing")]
    XWingChaCha20Poly1305,
}

impl CipherSuite {
    /// All that this build has, by preference.
    pub const ALL: &'static [Self] = &[
        Self::X25519Aes128Gcm,
        Self::X25519ChaCha20Poly1305,
        Self::P256Aes128Gcm,
        #[cfg(feature = "experimental-x-wing")]
        Self::XWingChaCha20Poly1305,
    ];

    /// The number of the suite in the MLS registry.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::X25519Aes128Gcm => 1,
            Self::P256Aes128Gcm => 2,
            Self::X25519ChaCha20Poly1305 => 3,
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => 0x004d,
        }
    }

    /// The suite of a number, unless this build does not have it.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|suite| suite.number() == number)
    }

    pub(super) const fn engine(self) -> Engine {
        match self {
            Self::X25519Aes128Gcm => Engine::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
            Self::P256Aes128Gcm => Engine::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
            Self::X25519ChaCha20Poly1305 => {
                Engine::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
            }
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => Engine::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519,
        }
    }

    pub(super) fn from_engine(engine: Engine) -> Option<Self> {
        Self::from_number(engine.into())
    }

    pub(super) fn signature_scheme(self) -> SignatureScheme {
        self.engine().signature_algorithm()
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X25519Aes128Gcm => "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
            Self::P256Aes128Gcm => "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
            Self::X25519ChaCha20Poly1305 => "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
            #[cfg(feature = "experimental-x-wing")]
            Self::XWingChaCha20Poly1305 => "MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519",
        })
    }
}
