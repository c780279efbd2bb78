//! The bytes of a code.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroizing;

use super::error::QrCodeError;
use crate::primitives::ed25519::Ed25519PublicKey;

const HEADER: &[u8] = b"MATRIX";
const VERSION: u8 = 2;
const KEY: usize = Ed25519PublicKey::LENGTH;
/// Most bytes that any QR code holds.
const LONGEST: usize = 2953;
/// Fewest bytes of a secret.
const SHORTEST_SECRET: usize = 8;

/// Who shows a code, and what its two keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QrMode {
    /// 0: one of two users. The shower's master key, and the one it holds for
    /// the other user.
    TwoUsers,
    /// 1: a device that trusts its user's master key. That key, and the one it
    /// holds for the other device.
    Trusting,
    /// 2: a device that does not trust the master key yet. Its own key, and what
    /// it believes to be the master key.
    NotYetTrusting,
}

impl QrMode {
    const fn to_byte(self) -> u8 {
        match self {
            Self::TwoUsers => 0,
            Self::Trusting => 1,
            Self::NotYetTrusting => 2,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::TwoUsers),
            1 => Some(Self::Trusting),
            2 => Some(Self::NotYetTrusting),
            _ => None,
        }
    }
}

/// The content of a verification QR code: `MATRIX`, version 2, mode, the length
/// of the flow's identifier (2 bytes, big-endian) and the identifier, two keys of
/// 32 bytes, and the secret to the end. The secret is one until the code is
/// shown.
pub struct QrCode {
    pub(super) mode: QrMode,
    pub(super) flow_id: String,
    pub(super) first_key: Ed25519PublicKey,
    pub(super) second_key: Ed25519PublicKey,
    pub(super) secret: Zeroizing<Vec<u8>>,
}

impl QrCode {
    /// Reads the bytes of a code.
    ///
    /// # Errors
    ///
    /// [`QrCodeError`]; tell the user that it is a wrong code, and send nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, QrCodeError> {
        if bytes.len() > LONGEST {
            return Err(QrCodeError::TooLong { found: bytes.len() });
        }
        let rest = bytes
            .strip_prefix(HEADER)
            .ok_or(QrCodeError::NotAVerificationCode)?;
        let (&version, rest) = rest.split_first().ok_or(QrCodeError::Truncated)?;
        if version != VERSION {
            return Err(QrCodeError::Version { found: version });
        }
        let (&mode, rest) = rest.split_first().ok_or(QrCodeError::Truncated)?;
        let mode = QrMode::from_byte(mode).ok_or(QrCodeError::Mode { found: mode })?;
        let (length, rest) = rest.split_first_chunk().ok_or(QrCodeError::Truncated)?;
        let (flow_id, rest) = rest
            .split_at_checked(u16::from_be_bytes(*length).into())
            .ok_or(QrCodeError::Truncated)?;
        let flow_id = core::str::from_utf8(flow_id).map_err(|_| QrCodeError::FlowId)?;
        let (first, rest) = rest
            .split_first_chunk::<KEY>()
            .ok_or(QrCodeError::Truncated)?;
        let (second, secret) = rest
            .split_first_chunk::<KEY>()
            .ok_or(QrCodeError::Truncated)?;
        let key = |bytes| Ed25519PublicKey::from_bytes(bytes).map_err(|_| QrCodeError::Key);
        let (first_key, second_key) = (key(first)?, key(second)?);
        let found = secret.len();
        if found < SHORTEST_SECRET {
            return Err(QrCodeError::Secret { found });
        }
        Ok(Self {
            mode,
            flow_id: flow_id.to_owned(),
            first_key,
            second_key,
            secret: Zeroizing::new(secret.to_vec()),
        })
    }

    /// The bytes of the code: 74 and those of identifier and secret. Whoever sees
    /// them can pass for the one who scans.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = u16::try_from(self.flow_id.len()).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(
            self.flow_id
                .len()
                .saturating_add(self.secret.len())
                .saturating_add(HEADER.len())
                .saturating_add(4 + 2 * KEY),
        ));
        bytes.extend_from_slice(HEADER);
        bytes.extend_from_slice(&[VERSION, self.mode.to_byte()]);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(self.flow_id.as_bytes());
        bytes.extend_from_slice(self.first_key.as_bytes());
        bytes.extend_from_slice(self.second_key.as_bytes());
        bytes.extend_from_slice(&self.secret);
        bytes
    }

    /// Who shows it.
    #[must_use]
    pub const fn mode(&self) -> QrMode {
        self.mode
    }

    /// The flow that it belongs to: transaction id, or event id of the request.
    #[must_use]
    pub fn flow_id(&self) -> &str {
        &self.flow_id
    }

    /// The first key: see [`QrMode`].
    #[must_use]
    pub const fn first_key(&self) -> &Ed25519PublicKey {
        &self.first_key
    }

    /// The second key: see [`QrMode`].
    #[must_use]
    pub const fn second_key(&self) -> &Ed25519PublicKey {
        &self.second_key
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrCode")
            .field("mode", &self.mode)
            .field("flow_id", &self.flow_id)
            .finish_non_exhaustive()
    }
}
