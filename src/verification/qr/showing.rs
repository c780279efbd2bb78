//! The side that shows a code.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    code::{QrCode, QrMode},
    error::{ShowError, WrongSecret},
};
use crate::{
    primitives::{base64, random::draw},
    verification::device::{Participants, Verified},
};

/// Bytes of the secrets that we draw.
const SECRET: usize = 16;

/// A code on the screen, good for one scan.
///
/// A scan alone gives no trust, the user has to confirm:
///
/// ```compile_fail,E0308
/// # use necturus::verification::{Verified, qr::{ShownQr, WrongSecret}};
/// fn hasty(code: ShownQr, secret: &str) -> Result<Verified, WrongSecret> {
///     code.scanned(secret) // `confirm` was not called
/// }
/// ```
#[derive(Debug)]
pub struct ShownQr {
    code: QrCode,
    verified: Verified,
}

impl ShownQr {
    /// Makes a code for these two devices. `trusts_master_key` says whether our
    /// own identity is verified here. Draws a secret of 16 bytes in one call.
    ///
    /// # Errors
    ///
    /// [`ShowError`], which says what is missing.
    pub fn new_with<R>(
        rng: &mut R,
        participants: &Participants,
        trusts_master_key: bool,
    ) -> Result<Self, ShowError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let Participants {
            ours,
            theirs,
            flow_id,
        } = participants;
        if theirs.looks_like_a_key() {
            return Err(ShowError::DeviceLooksLikeAKey);
        }
        let our_master = ours.master_key().ok_or(ShowError::NoMasterKey)?;
        let (mode, first_key, second_key) = if ours.user_id() != theirs.user_id() {
            if !trusts_master_key {
                return Err(ShowError::NotTrusting);
            }
            let their_master = theirs.master_key().ok_or(ShowError::NoMasterKey)?;
            (QrMode::TwoUsers, our_master, their_master)
        } else if trusts_master_key {
            (QrMode::Trusting, our_master, theirs.key())
        } else {
            (QrMode::NotYetTrusting, ours.key(), our_master)
        };
        // In each mode it is the second key that the other side shows to have.
        let (device_key, master_key) = match mode {
            QrMode::Trusting => (Some(*second_key), None),
            QrMode::TwoUsers | QrMode::NotYetTrusting => (None, Some(*second_key)),
        };
        let secret = draw::<SECRET, _>(rng).map_err(|_| ShowError::Rng)?;
        Ok(Self {
            code: QrCode {
                mode,
                flow_id: flow_id.clone(),
                first_key: *first_key,
                second_key: *second_key,
                secret: Zeroizing::new(secret.to_vec()),
            },
            verified: Verified::new(theirs, device_key, master_key),
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// [`ShowError`], which says what is missing.
    #[cfg(feature = "os-rng")]
    pub fn new(participants: &Participants, trusts_master_key: bool) -> Result<Self, ShowError> {
        Self::new_with(
            &mut crate::primitives::random::OsRng,
            participants,
            trusts_master_key,
        )
    }

    /// What to draw: one segment of bytes. Whoever sees them can pass for the one
    /// who scans.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.code.to_bytes()
    }

    /// Compares the secret of a `start` with `m.reciprocate.v1` (base64) in
    /// constant time. Then ask the user whether the other device shows success.
    ///
    /// # Errors
    ///
    /// [`WrongSecret`]; the code is used up.
    pub fn scanned(self, secret: &str) -> Result<ScannedByThem, WrongSecret> {
        let secret = base64::decode_secret_padded(secret).map_err(|_| WrongSecret)?;
        if bool::from(self.code.secret().ct_eq(&secret)) {
            Ok(ScannedByThem(self.verified))
        } else {
            Err(WrongSecret)
        }
    }
}

/// Our code was scanned. It verifies nothing before our user has confirmed.
#[derive(Debug)]
pub struct ScannedByThem(Verified);

impl ScannedByThem {
    /// The user said that the other device shows success: these keys are
    /// verified. Send `done`, and write the trust down when the other side's
    /// `done` is here.
    #[must_use]
    pub fn confirm(self) -> Verified {
        self.0
    }
}
