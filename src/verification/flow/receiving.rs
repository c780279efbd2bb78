//! What the other side does.

use alloc::{vec, vec::Vec};

use rand_core::TryCryptoRng;

use super::{
    cancel::CancelCode,
    events::{Outgoing, Recipients},
    message::{CANCEL, DONE, KEY, Message, Ready, Start, StartMethod},
    methods::Methods,
    stage::Stage,
    verification::{Verification, cancellation},
};
use crate::{
    json::Object,
    primitives::random::RngError,
    verification::{
        device::{Device, Participants, Verified},
        sas::{MacError, Offer, Sas, SasError},
    },
};

impl Verification {
    /// Takes a message of the other side.
    pub(super) fn receive<R>(
        &mut self,
        rng: &mut R,
        event_type: &str,
        content: &Object,
        message: Result<Message, CancelCode>,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Result<Vec<Outgoing>, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let repeated = (self.last.as_ref())
            .is_some_and(|(last_type, last)| last_type == event_type && last == content);
        if self.stage.is_over() || repeated || self.is_of_another_device(&message) {
            return Ok(Vec::new());
        }
        let outgoing = match message {
            // Whatever is wrong with a cancellation: it is one, and not answered.
            Err(_) if event_type == CANCEL => self.cancelled(CancelCode::InvalidMessage),
            Err(code) => self.end(code),
            Ok(Message::Ready(ready)) => match self.ready(&ready, lookup) {
                Some(outgoing) => outgoing,
                // Not taken as heard: its device may be known when it comes again.
                None => return Ok(Vec::new()),
            },
            Ok(Message::Start(start)) => self.start(rng, &start)?,
            Ok(Message::Cancel(code)) => self.cancelled(code),
            // A second request of the same name is none.
            Ok(Message::Request(_)) => return Ok(Vec::new()),
            Ok(message) => {
                let stage = core::mem::replace(&mut self.stage, Stage::Elsewhere);
                match self.step(stage, message) {
                    Ok((stage, outgoing)) => {
                        self.stage = stage;
                        outgoing
                    }
                    Err(code) => self.end(code),
                }
            }
        };
        self.last = Some((event_type.into(), content.clone()));
        Ok(outgoing)
    }

    /// Whether the message names another device than the flow is with.
    fn is_of_another_device(&self, message: &Result<Message, CancelCode>) -> bool {
        let from = match message {
            Ok(Message::Ready(ready)) => &ready.from_device,
            Ok(Message::Start(start)) => &start.from_device,
            _ => return false,
        };
        self.their_device()
            .is_some_and(|device| device.device_id() != from)
    }

    /// `None` when the device that answers is not known.
    fn ready(
        &mut self,
        ready: &Ready,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Option<Vec<Outgoing>> {
        if !matches!(self.stage, Stage::Requested) || !self.we_requested {
            return Some(self.end(CancelCode::UnexpectedMessage));
        }
        let theirs = lookup(&self.their_user, &ready.from_device).filter(|device| {
            device.user_id() == self.their_user && device.device_id() == ready.from_device
        })?;
        let participants = Participants::new(&self.own.device, &theirs, &self.flow_id).ok()?;
        self.participants = Some(participants);
        self.their_methods = Methods::parse(&ready.methods);
        self.methods = self.own.methods.answering(self.their_methods);
        self.stage = Stage::Ready { shown: None };
        let others: Vec<_> = self
            .asked_devices
            .iter()
            .filter(|device| **device != ready.from_device)
            .cloned()
            .collect();
        if self.in_room || others.is_empty() {
            return Some(Vec::new());
        }
        let mut message = self.message(CANCEL, cancellation(&CancelCode::Accepted));
        message.recipients = Recipients::Devices {
            user_id: self.their_user.clone(),
            device_ids: others,
        };
        Some(vec![message])
    }

    fn cancelled(&mut self, code: CancelCode) -> Vec<Outgoing> {
        let unanswered = matches!(self.stage, Stage::Requested);
        let outgoing = if unanswered && self.we_requested && !self.in_room {
            // One device refused for the user: the others need not ask.
            vec![self.message(CANCEL, cancellation(&CancelCode::User))]
        } else {
            Vec::new()
        };
        self.stage = if unanswered && !self.we_requested && code == CancelCode::Accepted {
            Stage::Elsewhere
        } else {
            Stage::Cancelled {
                code,
                by_them: true,
            }
        };
        outgoing
    }

    fn start<R>(&mut self, rng: &mut R, start: &Start) -> Result<Vec<Outgoing>, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let ours_stands = self.our_start_stands();
        match (&self.stage, &start.method) {
            // Nobody is ready yet.
            (Stage::Requested, _) => Ok(Vec::new()),
            (Stage::Ready { .. } | Stage::Started { .. } | Stage::Scanned { .. }, _)
                if self.their_start_dropped =>
            {
                Ok(self.end(CancelCode::UnexpectedMessage))
            }
            (Stage::Ready { .. }, StartMethod::Sas) => {
                let sas = Sas::new_with(rng)?;
                Ok(self.answer_start(sas, &start.content, false))
            }
            (Stage::Started { .. }, StartMethod::Sas)
            | (Stage::Scanned { .. }, StartMethod::Reciprocate { .. })
                if ours_stands =>
            {
                self.their_start_dropped = true;
                Ok(Vec::new())
            }
            (Stage::Started { .. }, StartMethod::Sas) => {
                let sas = Sas::new_with(rng)?;
                Ok(self.answer_start(sas, &start.content, true))
            }
            (
                Stage::Ready { shown: Some(_) } | Stage::Scanned { shown: Some(_), .. },
                StartMethod::Reciprocate { secret },
            ) => Ok(self.reciprocated(secret)),
            (Stage::Ready { .. } | Stage::Started { .. }, StartMethod::Unknown) => {
                Ok(self.end(CancelCode::UnknownMethod))
            }
            _ => Ok(self.end(CancelCode::UnexpectedMessage)),
        }
    }

    /// Our code was scanned, or somebody pretends.
    fn reciprocated(&mut self, secret: &str) -> Vec<Outgoing> {
        let stage = core::mem::replace(&mut self.stage, Stage::Elsewhere);
        let (Stage::Ready { shown } | Stage::Scanned { shown, .. }) = stage else {
            return self.end(CancelCode::UnexpectedMessage);
        };
        match shown.map(|shown| shown.scanned(secret)) {
            Some(Ok(scanned)) => {
                let done = false;
                self.stage = Stage::Confirming { scanned, done };
                Vec::new()
            }
            _ => self.end(CancelCode::KeyMismatch),
        }
    }

    /// The messages that neither draw nor look anything up.
    fn step(
        &mut self,
        stage: Stage,
        message: Message,
    ) -> Result<(Stage, Vec<Outgoing>), CancelCode> {
        let participants = (self.participants.clone()).ok_or(CancelCode::UnexpectedMessage)?;
        match (stage, message) {
            (
                Stage::Started { sas, start },
                Message::Accept {
                    commitment,
                    content,
                },
            ) => {
                let chosen =
                    Offer::check_accept(&start, &content).map_err(|_| CancelCode::UnknownMethod)?;
                let sas = sas.start(&start, &commitment).map_err(code)?;
                let key = Object::new().with("key", sas.public_key());
                let message = self.message(KEY, key);
                Ok((Stage::KeySent { sas, chosen }, vec![message]))
            }
            (
                Stage::Accepted {
                    sas,
                    chosen,
                    late_accept: true,
                },
                Message::Accept { .. },
            ) => {
                let late_accept = false;
                Ok((
                    Stage::Accepted {
                        sas,
                        chosen,
                        late_accept,
                    },
                    Vec::new(),
                ))
            }
            (Stage::KeySent { sas, chosen }, Message::Key(key)) => {
                let sas = sas.establish(&key, chosen, &participants).map_err(code)?;
                Ok((Stage::Comparing { sas }, Vec::new()))
            }
            (Stage::Accepted { sas, chosen, .. }, Message::Key(key)) => {
                let ours = Object::new().with("key", sas.public_key());
                let sas = sas.establish(&key, chosen, &participants).map_err(code)?;
                Ok((Stage::Comparing { sas }, vec![self.message(KEY, ours)]))
            }
            (Stage::Comparing { sas }, Message::Mac(content)) => {
                let sas = sas.check_macs(&content).map_err(mac_code)?;
                Ok((Stage::Checked { sas, done: false }, Vec::new()))
            }
            (Stage::Compared { sas }, Message::Mac(content)) => {
                let sas = sas.check_macs(&content).map_err(mac_code)?;
                let message = self.message(DONE, Object::new());
                Ok((self.finished(sas.into_verified(), false), vec![message]))
            }
            (Stage::Checked { sas, done: false }, Message::Done) => {
                Ok((Stage::Checked { sas, done: true }, Vec::new()))
            }
            (
                Stage::Confirming {
                    scanned,
                    done: false,
                },
                Message::Done,
            ) => {
                let done = true;
                Ok((Stage::Confirming { scanned, done }, Vec::new()))
            }
            (Stage::Scanned { scanned, .. }, Message::Done) => {
                let verified = scanned.confirmed_by_them();
                let message = self.message(DONE, Object::new());
                Ok((Stage::Done { verified }, vec![message]))
            }
            (Stage::Finishing { verified }, Message::Done) => {
                Ok((Stage::Done { verified }, Vec::new()))
            }
            _ => Err(CancelCode::UnexpectedMessage),
        }
    }

    /// Our `done` goes out: it is over when theirs is here, too. Flows without a
    /// request have no `done` at all clients.
    pub(super) fn finish(&mut self, verified: Verified, their_done: bool) {
        self.stage = self.finished(verified, their_done);
    }

    const fn finished(&self, verified: Verified, their_done: bool) -> Stage {
        if their_done || self.without_request {
            Stage::Done { verified }
        } else {
            Stage::Finishing { verified }
        }
    }
}

const fn code(error: SasError) -> CancelCode {
    match error {
        SasError::Commitment => CancelCode::MismatchedCommitment,
        SasError::Key | SasError::Start => CancelCode::InvalidMessage,
    }
}

const fn mac_code(error: MacError) -> CancelCode {
    match error {
        MacError::Malformed => CancelCode::InvalidMessage,
        MacError::Mismatch | MacError::NothingKnown | MacError::DeviceLooksLikeAKey => {
            CancelCode::KeyMismatch
        }
    }
}
