//! The associated data of a message: where it lies.

use alloc::vec::Vec;
use core::fmt;

use crate::channel::qr::{LengthWidth, MAX_TEXT_LENGTH, Msc4388};

/// What a message is bound to: the base URL of the server, the id of the
/// rendezvous, and the `sequence_token` that the sealer saw last, which is the
/// one that the opener got for its own last message (MSC4388). Public.
///
/// INITIATE goes with the token that the rendezvous began with, OK with the one
/// of INITIATE, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociatedData(Vec<u8>);

impl AssociatedData {
    /// `length ‖ base URL ‖ length ‖ id ‖ length ‖ token`, with lengths of one
    /// byte. Where the QR code's layout has two bytes before the base URL, so
    /// has this.
    ///
    /// The texts are those of the QR code, byte by byte.
    ///
    /// # Errors
    /// [`AssociatedDataError::TokenTooLong`] for a token of more than
    /// [`MAX_TEXT_LENGTH`] bytes.
    pub fn new(code: &Msc4388, sequence_token: &str) -> Result<Self, AssociatedDataError> {
        let mut bytes = Vec::new();
        code.layout().base_url.write(code.base_url(), &mut bytes);
        LengthWidth::One.write(code.rendezvous_id(), &mut bytes);
        if sequence_token.len() > MAX_TEXT_LENGTH {
            return Err(AssociatedDataError::TokenTooLong {
                length: sequence_token.len(),
            });
        }
        LengthWidth::One.write(sequence_token, &mut bytes);
        Ok(Self(bytes))
    }

    /// These bytes as they are, for a rendezvous of another kind.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why there is no associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssociatedDataError {
    /// The token has more than [`MAX_TEXT_LENGTH`] bytes.
    TokenTooLong {
        /// How many.
        length: usize,
    },
}

impl fmt::Display for AssociatedDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenTooLong { length } => {
                write!(f, "the sequence token has {length} bytes, more than 255")
            }
        }
    }
}

impl core::error::Error for AssociatedDataError {}
