//! The side that scans a code.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::{
    code::{QrCode, QrMode},
    error::ScanError,
};
use crate::{
    json::Object,
    primitives::base64,
    verification::device::{Participants, Verified},
};

/// A code of the other side that was scanned and holds the expected keys.
pub struct ScannedByUs {
    secret: Zeroizing<Vec<u8>>,
    verified: Verified,
}

impl ScannedByUs {
    /// Reads a code and compares its flow and its keys with what this side
    /// holds. `trusts_master_key` says whether our own identity is verified here.
    ///
    /// # Errors
    ///
    /// [`ScanError`], which says what to do.
    pub fn scan(
        bytes: &[u8],
        participants: &Participants,
        trusts_master_key: bool,
    ) -> Result<Self, ScanError> {
        let code = QrCode::parse(bytes).map_err(ScanError::Code)?;
        let Participants {
            ours,
            theirs,
            flow_id,
        } = participants;
        if code.flow_id() != flow_id {
            return Err(ScanError::AnotherFlow);
        }
        if theirs.looks_like_a_key() {
            return Err(ScanError::DeviceLooksLikeAKey);
        }
        let same_user = ours.user_id() == theirs.user_id();
        let keys = (Some(code.first_key()), Some(code.second_key()));
        let (fits, device_key, master_key) = match code.mode() {
            QrMode::TwoUsers => (
                !same_user && trusts_master_key && keys == (theirs.master_key(), ours.master_key()),
                None,
                theirs.master_key(),
            ),
            QrMode::Trusting => (
                same_user && keys == (ours.master_key(), Some(ours.key())),
                None,
                ours.master_key(),
            ),
            QrMode::NotYetTrusting => (
                same_user && trusts_master_key && keys == (Some(theirs.key()), ours.master_key()),
                Some(theirs.key()),
                None,
            ),
        };
        if !fits {
            return Err(ScanError::Keys);
        }
        Ok(Self {
            verified: Verified::new(theirs, device_key.copied(), master_key.copied()),
            secret: code.secret,
        })
    }

    /// The members of our `start`, which shows that we have seen the code.
    #[must_use]
    pub fn to_start(&self) -> Object {
        let secret = base64::encode_secret(&self.secret);
        Object::new()
            .with("method", "m.reciprocate.v1")
            .with("secret", secret.as_str())
    }

    /// The other side's `done` is here, so its user has confirmed: these keys are
    /// verified. Answer with `done`.
    #[must_use]
    pub fn confirmed_by_them(self) -> Verified {
        self.verified
    }
}

impl fmt::Debug for ScannedByUs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScannedByUs { .. }")
    }
}
