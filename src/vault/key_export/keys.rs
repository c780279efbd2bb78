//! The first bytes of a file, and the keys that they and the passphrase give.

use core::num::NonZeroU32;

use super::error::OpenExportError;
use crate::primitives::{
    ctr::{Aes256Ctr, IV_LENGTH},
    kdf::HmacSha256,
    pbkdf2::pbkdf2_sha512,
    wipe::Secret,
};

const VERSION: u8 = 1;
const SALT_LENGTH: usize = 16;

/// `0x01 ‖ salt (16) ‖ IV (16) ‖ rounds (4)`.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) salt: [u8; SALT_LENGTH],
    pub(super) iv: [u8; IV_LENGTH],
    pub(super) rounds: NonZeroU32,
}

impl Head {
    pub(super) const LENGTH: usize = 1 + SALT_LENGTH + IV_LENGTH + 4;

    /// Reads and checks the bytes.
    pub(super) fn read(bytes: &[u8; Self::LENGTH], max: u32) -> Result<Self, OpenExportError> {
        let mut head = crate::codec::record::Reader::new(bytes);
        let short = |_| OpenExportError::TooShort;
        let version = head.u8().map_err(short)?;
        if version != VERSION {
            return Err(OpenExportError::Version { found: version });
        }
        let salt = *head.array().map_err(short)?;
        let iv = *head.array().map_err(short)?;
        let rounds = head.u32().map_err(short)?;
        Ok(Self {
            salt,
            iv,
            rounds: NonZeroU32::new(rounds)
                .filter(|rounds| rounds.get() <= max)
                .ok_or(OpenExportError::Rounds { found: rounds })?,
        })
    }

    pub(super) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [VERSION; Self::LENGTH];
        let [_, rest @ ..] = &mut bytes;
        let parts = self
            .salt
            .iter()
            .chain(&self.iv)
            .copied()
            .chain(self.rounds.get().to_be_bytes());
        for (byte, part) in rest.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// A second of work or more, by design.
    pub(super) fn derive(&self, passphrase: &str) -> Keys {
        Keys(pbkdf2_sha512(
            passphrase.as_bytes(),
            &self.salt,
            self.rounds,
        ))
    }
}

/// AES key ‖ HMAC key.
pub(super) struct Keys(Secret<64>);

impl Keys {
    pub(super) fn cipher(&self, iv: &[u8; IV_LENGTH]) -> Aes256Ctr {
        Aes256Ctr::new(self.0.part(0), iv)
    }

    pub(super) fn mac(&self) -> HmacSha256 {
        HmacSha256::new(self.0.part(32))
    }
}
