//! The side that scans a code.

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
    code: QrCode,
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
        let same_user = ours.user_id() == theirs.user_id();
        let keys = (Some(code.first_key()), Some(code.second_key()));
        let their_master = Verified {
            device_key: None,
            master_key: Some(*code.first_key()),
        };
        let their_device = Verified {
            device_key: Some(*theirs.key()),
            master_key: None,
        };
        let (fits, verified) = match code.mode() {
            QrMode::TwoUsers => (
                !same_user && keys == (theirs.master_key(), ours.master_key()),
                their_master,
            ),
            QrMode::Trusting => (
                same_user && keys == (ours.master_key(), Some(ours.key())),
                their_master,
            ),
            QrMode::NotYetTrusting => (
                same_user && trusts_master_key && keys == (Some(theirs.key()), ours.master_key()),
                their_device,
            ),
        };
        if fits {
            Ok(Self { code, verified })
        } else {
            Err(ScanError::Keys)
        }
    }

    /// The members of our `start`, which shows that we have seen the code.
    #[must_use]
    pub fn to_start(&self) -> Object {
        let secret: Zeroizing<_> = base64::encode_secret(self.code.secret());
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
