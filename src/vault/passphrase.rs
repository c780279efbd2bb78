//! Keys from passphrases (Matrix specification, "Deriving keys from
//! passphrases").

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, num::NonZeroU32};

use rand_core::TryCryptoRng;

use super::random_text::random_text;
use crate::{
    json::{Object, Value},
    primitives::{
        pbkdf2::pbkdf2_sha512,
        random::RngError,
        wipe::{Secret, in_wiped_frame},
    },
};

const ALGORITHM: &str = "m.pbkdf2";
const BITS: i64 = 256;

/// How a key is made of a passphrase: PBKDF2-HMAC-SHA-512 with this salt and
/// this many iterations, 32 bytes. Public.
///
/// The passphrase is taken as it was typed: neither trimmed nor normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassphraseInfo {
    salt: String,
    iterations: NonZeroU32,
}

impl PassphraseInfo {
    /// What writers use, as all clients do.
    pub const DEFAULT_ITERATIONS: NonZeroU32 = NonZeroU32::new(500_000).unwrap();
    /// Fewer than this are read, and count as [weak](Self::is_weak).
    pub const WEAK_BELOW: u32 = 100_000;
    /// More than this are refused unless the caller sets another bound: whoever
    /// wrote the number would otherwise decide how long this device works.
    pub const MAX_ITERATIONS: u32 = 10_000_000;
    /// The longest salt that is read, in bytes.
    pub const MAX_SALT: usize = 1024;

    /// A new salt of 32 letters and digits, and
    /// [`Self::DEFAULT_ITERATIONS`].
    ///
    /// Draws 64 bytes from `rng`, of which those below 248 give a character;
    /// and 64 more if fewer than 32 of them do, which practically never happens.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        Ok(Self {
            salt: random_text(rng)?,
            iterations: Self::DEFAULT_ITERATIONS,
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// With another number of iterations.
    ///
    /// # Errors
    /// [`PassphraseInfoError::Iterations`] if there are fewer than
    /// [`Self::WEAK_BELOW`]: weak ones are read, never made.
    pub fn with_iterations(mut self, iterations: u32) -> Result<Self, PassphraseInfoError> {
        self.iterations = NonZeroU32::new(iterations)
            .filter(|iterations| iterations.get() >= Self::WEAK_BELOW)
            .ok_or(PassphraseInfoError::Iterations)?;
        Ok(self)
    }

    /// Reads `{"algorithm": "m.pbkdf2", "salt", "iterations", "bits"}`, where
    /// `bits` may be missing.
    ///
    /// # Errors
    /// [`PassphraseInfoError`] says what is wrong; nothing was derived.
    pub fn from_json(json: &Object) -> Result<Self, PassphraseInfoError> {
        Self::from_json_bounded(json, Self::MAX_ITERATIONS)
    }

    /// [`Self::from_json`] with another bound than [`Self::MAX_ITERATIONS`].
    ///
    /// # Errors
    /// [`PassphraseInfoError`] says what is wrong; nothing was derived.
    pub fn from_json_bounded(
        json: &Object,
        max_iterations: u32,
    ) -> Result<Self, PassphraseInfoError> {
        if json.get_str("algorithm") != Some(ALGORITHM) {
            return Err(PassphraseInfoError::Algorithm);
        }
        Self::read(
            json.get("salt"),
            json.get("iterations"),
            json.get("bits"),
            max_iterations,
        )
    }

    /// Checks the three parts, whatever their names are.
    pub(super) fn read(
        salt: Option<&Value>,
        iterations: Option<&Value>,
        bits: Option<&Value>,
        max_iterations: u32,
    ) -> Result<Self, PassphraseInfoError> {
        let iterations = iterations
            .and_then(Value::as_integer)
            .and_then(|iterations| u32::try_from(iterations).ok())
            .and_then(NonZeroU32::new)
            .filter(|iterations| iterations.get() <= max_iterations)
            .ok_or(PassphraseInfoError::Iterations)?;
        if bits.is_some_and(|bits| bits.as_integer() != Some(BITS)) {
            return Err(PassphraseInfoError::Bits);
        }
        let salt = salt
            .and_then(Value::as_str)
            .filter(|salt| salt.len() <= Self::MAX_SALT)
            .ok_or(PassphraseInfoError::Salt)?;
        Ok(Self {
            salt: salt.to_owned(),
            iterations,
        })
    }

    /// The JSON of [`Self::from_json`].
    #[must_use]
    pub fn to_json(&self) -> Object {
        Object::new()
            .with("algorithm", ALGORITHM)
            .with("bits", BITS)
            .with("iterations", i64::from(self.iterations.get()))
            .with("salt", self.salt.as_str())
    }

    /// The salt, which is used as its UTF-8 bytes.
    #[must_use]
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// How many iterations there are.
    #[must_use]
    pub const fn iterations(&self) -> NonZeroU32 {
        self.iterations
    }

    /// Whether there are fewer iterations than [`Self::WEAK_BELOW`]: tell the
    /// user, and offer a new key.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.iterations.get() < Self::WEAK_BELOW
    }

    /// The key: a second of work or more, by design.
    pub(super) fn derive(&self, passphrase: &str) -> Secret<32> {
        in_wiped_frame(|| {
            pbkdf2_sha512(passphrase.as_bytes(), self.salt.as_bytes(), self.iterations)
        })
    }
}

/// Why the way to make a key of a passphrase is refused. Nothing was derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassphraseInfoError {
    /// The algorithm is not `m.pbkdf2`.
    Algorithm,
    /// The number of iterations is no whole number, zero, or above the bound;
    /// for a new key, too small.
    Iterations,
    /// The key would have another length than 256 bits.
    Bits,
    /// There is no salt, or one of more than [`PassphraseInfo::MAX_SALT`]
    /// bytes.
    Salt,
}

impl fmt::Display for PassphraseInfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "the passphrase's algorithm is unknown",
            Self::Iterations => "the passphrase's number of iterations is not acceptable",
            Self::Bits => "the passphrase does not make a key of 256 bits",
            Self::Salt => "the passphrase's salt is missing or too long",
        })
    }
}

impl core::error::Error for PassphraseInfoError {}
