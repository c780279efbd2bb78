//! Recovery keys: 32 secret bytes as text that a person keeps (Matrix
//! specification, "Cryptographic key representation").

use alloc::string::String;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::primitives::{
    base58,
    wipe::{Secret, in_wiped_frame},
};

const PREFIX: [u8; 2] = [0x8b, 0x01];
const LENGTH: usize = 35;
const GROUP: usize = 4;

/// A recovery key: the 32 bytes of a secret storage key or, in older accounts,
/// of a backup key. The text does not say which: try.
///
/// The text is `base58(0x8B ‖ 0x01 ‖ key ‖ parity)`, where all 35 bytes XOR to
/// zero: 48 characters in 12 groups. The parity catches typing errors alone;
/// whether the key is the right one shows where it is used.
///
/// Base58 is not done in constant time.
///
/// Secret; wiped on drop.
///
/// ```
/// use necturus::vault::{RecoveryKey, RecoveryKeyError};
///
/// let key = RecoveryKey::parse("EsTcLW2KPGiFwKEA3As5g5c4BXwkqeeJZJV8Q9fugUMNUE4d")?;
/// assert_eq!(
///     *key.to_text(),
///     "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d",
/// );
/// assert_eq!(
///     RecoveryKey::parse("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4e").err(),
///     Some(RecoveryKeyError::Parity),
/// );
/// # Ok::<(), RecoveryKeyError>(())
/// ```
pub struct RecoveryKey(Secret<32>);

impl ZeroizeOnDrop for RecoveryKey {}

impl RecoveryKey {
    /// The longest text that is looked at, in characters, white space included.
    pub const MAX_TEXT: usize = base58::MAX_TEXT;

    /// The key with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Secret::from(*bytes))
    }

    /// Reads what a person typed: white space is dropped wherever it stands,
    /// and upper and lower case differ.
    ///
    /// # Errors
    /// [`RecoveryKeyError`], in the order of its variants.
    pub fn parse(text: &str) -> Result<Self, RecoveryKeyError> {
        in_wiped_frame(|| {
            if text.chars().count() > Self::MAX_TEXT {
                return Err(RecoveryKeyError::Length);
            }
            let mut bare = Zeroizing::new(String::with_capacity(text.len()));
            bare.extend(text.chars().filter(|c| !c.is_whitespace()));
            // A text that is too long in bytes has characters outside of ASCII.
            let (bytes, length) =
                base58::decode_secret(&bare).map_err(|_| RecoveryKeyError::Alphabet)?;
            if length != LENGTH {
                return Err(RecoveryKeyError::Length);
            }
            let bytes = bytes.part::<LENGTH>(0);
            if !bytes.starts_with(&PREFIX) {
                return Err(RecoveryKeyError::Prefix);
            }
            if parity(bytes) != 0 {
                return Err(RecoveryKeyError::Parity);
            }
            let [_, _, key @ .., _] = bytes;
            Ok(Self(Secret::from(*key)))
        })
    }

    /// The key as text in groups of four, 59 characters. Secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        in_wiped_frame(|| {
            let mut bytes = Secret::<LENGTH>::ZERO;
            let [first, second, key @ .., last] = &mut *bytes;
            [*first, *second] = PREFIX;
            *key = *self.0;
            *last = parity(&PREFIX) ^ parity(key);
            let bare = base58::encode_secret(bytes.as_slice());
            let mut text = Zeroizing::new(String::with_capacity(bare.len().saturating_mul(2)));
            for (index, character) in bare.chars().enumerate() {
                if index != 0 && index.is_multiple_of(GROUP) {
                    text.push(' ');
                }
                text.push(character);
            }
            text
        })
    }

    /// The 32 secret bytes.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

fn parity(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |parity, byte| parity ^ byte)
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryKey").finish_non_exhaustive()
    }
}

/// Why a text is no recovery key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryKeyError {
    /// The text has more than [`RecoveryKey::MAX_TEXT`] characters, or does not
    /// give 35 bytes.
    Length,
    /// A character is not in the alphabet of base58.
    Alphabet,
    /// The first two bytes are not `8B 01`: the text is base58 of something
    /// else.
    Prefix,
    /// The bytes do not XOR to zero: a character is mistyped.
    Parity,
}

impl fmt::Display for RecoveryKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the recovery key is too long or too short",
            Self::Alphabet => "the recovery key has a character that is not base58",
            Self::Prefix => "the text is not a recovery key",
            Self::Parity => "the recovery key is mistyped",
        })
    }
}

impl core::error::Error for RecoveryKeyError {}
