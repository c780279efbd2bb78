//! What our user does.

use alloc::{vec, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    cancel::CancelCode,
    events::Outgoing,
    message::{ACCEPT, DONE, MAC, READY, START, with_flow_id},
    stage::Stage,
    verification::Verification,
};
use crate::{
    json::Object,
    verification::{
        qr::{QrCodeError, ScanError, ScannedByUs, ShowError, ShownQr},
        sas::{Offer, Sas},
    },
};

/// Why an action of the user could not be taken; the verification is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionError {
    /// The verification is not where this can be done.
    WrongState,
    /// The other side cannot do this.
    NoCommonMethod,
    /// A master key that the code would hold is not known, or not trusted.
    NoCode,
    /// What was scanned is no verification code.
    WrongCode(QrCodeError),
    /// What was scanned belongs to another verification.
    AnotherFlow,
    /// The random number generator failed.
    Rng,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongState => f.write_str("the verification is not where this can be done"),
            Self::NoCommonMethod => f.write_str("the other side cannot verify this way"),
            Self::NoCode => f.write_str("a key for the code is not known or not trusted"),
            Self::WrongCode(error) => error.fmt(f),
            Self::AnotherFlow => f.write_str("the code belongs to another verification"),
            Self::Rng => f.write_str("the random number generator failed"),
        }
    }
}

impl core::error::Error for ActionError {}

impl Verification {
    /// Accepts the other side's request: the message to send. `now` is in
    /// milliseconds: a prompt that was on the screen for too long is no answer.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongState`], and [`ActionError::NoCommonMethod`]: tell the
    /// user, and do not cancel, since another device may know a way.
    pub fn accept(&mut self, now: u64) -> Result<Vec<Outgoing>, ActionError> {
        if !self.waits_for_our_user() || self.is_overdue(now) {
            return Err(ActionError::WrongState);
        }
        if !self.methods.suffice() {
            return Err(ActionError::NoCommonMethod);
        }
        let content = Object::new()
            .with("from_device", self.own.device.device_id())
            .with("methods", self.methods.names());
        self.stage = Stage::Ready { shown: None };
        Ok(vec![self.message(READY, content)])
    }

    /// Starts comparing emoji or numbers: the message to send. Draws 32 bytes in
    /// one call.
    ///
    /// # Errors
    ///
    /// [`ActionError`], when it is not the time, the other side cannot, or the
    /// generator fails.
    pub fn start_sas_with<R>(&mut self, rng: &mut R) -> Result<Vec<Outgoing>, ActionError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if !matches!(self.stage, Stage::Ready { .. }) {
            return Err(ActionError::WrongState);
        }
        if !self.methods.sas {
            return Err(ActionError::NoCommonMethod);
        }
        let sas = Sas::new_with(rng).map_err(|_| ActionError::Rng)?;
        let content = (Offer::new().to_start()).with("from_device", self.own.device.device_id());
        let start = with_flow_id(content.clone(), &self.flow_id, self.in_room);
        self.stage = Stage::Started { sas, start };
        Ok(vec![self.message(START, content)])
    }

    /// Agrees to compare, where the other side started without a request: the
    /// message to send. Draws 32 bytes in one call.
    ///
    /// # Errors
    ///
    /// [`ActionError`], when it is not the time or the generator fails.
    pub fn agree_with<R>(&mut self, rng: &mut R) -> Result<Vec<Outgoing>, ActionError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let Stage::Asked { start } = &self.stage else {
            return Err(ActionError::WrongState);
        };
        let start = start.clone();
        let sas = Sas::new_with(rng).map_err(|_| ActionError::Rng)?;
        Ok(self.answer_start(sas, &start, false))
    }

    /// Answers a `start` with `accept`, or cancels.
    pub(super) fn answer_start(
        &mut self,
        sas: Sas,
        start: &Object,
        late_accept: bool,
    ) -> Vec<Outgoing> {
        let Ok(chosen) = Offer::new().choose(start) else {
            return self.end(CancelCode::UnknownMethod);
        };
        let Ok((sas, commitment)) = sas.accept(start) else {
            return self.end(CancelCode::InvalidMessage);
        };
        self.stage = Stage::Accepted {
            sas,
            chosen,
            late_accept,
        };
        vec![self.message(ACCEPT, chosen.to_accept(&commitment))]
    }

    /// Makes a QR code: its bytes, to draw as one segment. Draws 16 bytes in one
    /// call. A code that was there is replaced.
    ///
    /// # Errors
    ///
    /// [`ActionError`], when it is not the time, one of the sides cannot, a key
    /// is missing, or the generator fails.
    pub fn show_code_with<R>(&mut self, rng: &mut R) -> Result<Zeroizing<Vec<u8>>, ActionError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let (Stage::Ready { .. }, Some(participants)) = (&self.stage, &self.participants) else {
            return Err(ActionError::WrongState);
        };
        if !self.methods.show || !self.methods.reciprocate {
            return Err(ActionError::NoCommonMethod);
        }
        let shown =
            ShownQr::new_with(rng, participants, self.own.trusts_master_key).map_err(|error| {
                match error {
                    ShowError::Rng => ActionError::Rng,
                    ShowError::NoMasterKey
                    | ShowError::NotTrusting
                    | ShowError::DeviceLooksLikeAKey => ActionError::NoCode,
                }
            })?;
        let bytes = shown.to_bytes();
        self.stage = Stage::Ready { shown: Some(shown) };
        Ok(bytes)
    }

    /// Takes the bytes of a scanned code: the message to send. When its keys are
    /// not the expected ones, that message cancels: look at the state.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongCode`] and [`ActionError::AnotherFlow`]: tell the user
    /// that it is a wrong code. [`ActionError::WrongState`],
    /// [`ActionError::NoCommonMethod`].
    pub fn scan(&mut self, code: &[u8]) -> Result<Vec<Outgoing>, ActionError> {
        let (Stage::Ready { .. }, Some(participants)) = (&self.stage, &self.participants) else {
            return Err(ActionError::WrongState);
        };
        if !self.methods.scan || !self.methods.reciprocate {
            return Err(ActionError::NoCommonMethod);
        }
        match ScannedByUs::scan(code, participants, self.own.trusts_master_key) {
            Err(ScanError::Code(error)) => Err(ActionError::WrongCode(error)),
            Err(ScanError::AnotherFlow) => Err(ActionError::AnotherFlow),
            Err(ScanError::Keys | ScanError::DeviceLooksLikeAKey) => {
                Ok(self.end(CancelCode::KeyMismatch))
            }
            Ok(scanned) => {
                let content = (scanned.to_start()).with("from_device", self.own.device.device_id());
                let shown = match core::mem::replace(&mut self.stage, Stage::Elsewhere) {
                    Stage::Ready { shown } => shown,
                    _ => None,
                };
                self.stage = Stage::Scanned { scanned, shown };
                Ok(vec![self.message(START, content)])
            }
        }
    }

    /// The user saw the same emoji or numbers on both screens: the messages to
    /// send.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongState`].
    pub fn they_match(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        let vouch = self.own.trusts_master_key && self.own.device.master_key().is_some();
        let (macs, stage) = match core::mem::replace(&mut self.stage, Stage::Elsewhere) {
            Stage::Comparing { sas } => {
                let sas = sas.they_match();
                (sas.macs(vouch), Ok(Stage::Compared { sas }))
            }
            Stage::Checked { sas, done } => {
                let sas = sas.they_match();
                (sas.macs(vouch), Err((sas.into_verified(), done)))
            }
            other => {
                self.stage = other;
                return Err(ActionError::WrongState);
            }
        };
        let Ok(macs) = macs else {
            return Ok(self.end(CancelCode::UnknownMethod));
        };
        let mut messages = vec![self.message(MAC, macs)];
        match stage {
            Ok(stage) => self.stage = stage,
            Err((verified, done)) => {
                messages.push(self.message(DONE, Object::new()));
                self.finish(verified, done);
            }
        }
        Ok(messages)
    }

    /// The user saw something else on the other screen: the message to send. It
    /// may be an attack.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongState`].
    pub fn they_differ(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        if !matches!(self.stage, Stage::Comparing { .. } | Stage::Checked { .. }) {
            return Err(ActionError::WrongState);
        }
        Ok(self.end(CancelCode::MismatchedSas))
    }

    /// The user saw that the other device, which scanned our code, shows success:
    /// the message to send.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongState`].
    pub fn confirm_scan(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        match core::mem::replace(&mut self.stage, Stage::Elsewhere) {
            Stage::Confirming { scanned, done } => {
                self.finish(scanned.confirm(), done);
                Ok(vec![self.message(DONE, Object::new())])
            }
            other => {
                self.stage = other;
                Err(ActionError::WrongState)
            }
        }
    }

    /// The user declined or cancelled: the message to send.
    ///
    /// # Errors
    ///
    /// [`ActionError::WrongState`] when it is over.
    pub fn cancel(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        if self.stage.is_over() {
            return Err(ActionError::WrongState);
        }
        Ok(self.end(CancelCode::User))
    }

    /// [`Self::start_sas_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn start_sas(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        self.start_sas_with(&mut crate::primitives::random::OsRng)
    }

    /// [`Self::agree_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn agree(&mut self) -> Result<Vec<Outgoing>, ActionError> {
        self.agree_with(&mut crate::primitives::random::OsRng)
    }

    /// [`Self::show_code_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn show_code(&mut self) -> Result<Zeroizing<Vec<u8>>, ActionError> {
        self.show_code_with(&mut crate::primitives::random::OsRng)
    }
}
