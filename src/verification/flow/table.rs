//! All verifications of one device.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec, vec::Vec};

use rand_core::TryCryptoRng;

use super::{
    cancel::CancelCode,
    events::{Incoming, Outgoing, Recipients},
    message::{CANCEL, Message, REQUEST, Request, Start, flow_id, with_flow_id},
    methods::Methods,
    stage::Stage,
    verification::{LIFETIME, OwnDevice, PROMPT, Verification, cancellation},
};
use crate::{
    primitives::random::RngError,
    verification::{
        device::{Device, Participants},
        sas::Offer,
    },
};

/// Most flows that are held at a time: further requests are ignored.
const MOST_FLOWS: usize = 100;
/// Most flows that one user has begun: so many users are needed to fill the table.
const MOST_OF_A_USER: usize = 10;
/// Milliseconds that a request may be ahead of our clock.
const AHEAD: u64 = 5 * 60 * 1000;

/// All verifications of one device: see the [module](super).
#[derive(Debug)]
pub struct Verifications {
    pub(super) own: OwnDevice,
    #[expect(
        clippy::vec_box,
        reason = "a vector that grows would leave copies of secrets behind"
    )]
    pub(super) flows: Vec<Box<Verification>>,
}

/// What came of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers take it apart, and there is no more to it"
)]
pub struct Received {
    /// The other user and the flow, when the event belonged to one, or began it.
    pub flow: Option<(String, String)>,
    /// Messages to send.
    pub outgoing: Vec<Outgoing>,
}

impl Verifications {
    /// No verification yet. When the device's own state changes (it comes to
    /// trust the master key, say), set it anew with
    /// [`set_own`](Self::set_own).
    #[must_use]
    pub const fn new(own: OwnDevice) -> Self {
        Self {
            own,
            flows: Vec::new(),
        }
    }

    /// Changes what this device is for flows that begin later.
    pub fn set_own(&mut self, own: OwnDevice) {
        self.own = own;
    }

    /// The flow with this user.
    #[must_use]
    pub fn get(&self, their_user: &str, flow_id: &str) -> Option<&Verification> {
        self.flows
            .iter()
            .find(|flow| flow.their_user == their_user && flow.flow_id == flow_id)
            .map(AsRef::as_ref)
    }

    /// The flow with this user, to act on.
    pub fn get_mut(&mut self, their_user: &str, flow_id: &str) -> Option<&mut Verification> {
        self.flows
            .iter_mut()
            .find(|flow| flow.their_user == their_user && flow.flow_id == flow_id)
            .map(AsMut::as_mut)
    }

    /// All flows, ended ones of the last ten minutes among them.
    pub fn iter(&self) -> impl Iterator<Item = &Verification> {
        self.flows.iter().map(AsRef::as_ref)
    }

    /// Takes an event of any type. `lookup` gives the device of a user id and a
    /// device id with the keys that are held for it. `now` is in milliseconds.
    /// Draws 32 bytes in one call when a `start` has to be answered.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails: nothing has changed.
    pub fn receive_with<R>(
        &mut self,
        rng: &mut R,
        event: &Incoming<'_>,
        now: u64,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Result<Received, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let in_room = event.in_room.is_some();
        let Some(message) = Message::parse(event.event_type, event.content, in_room) else {
            return Ok(Received::default());
        };
        // The request of a room is the flow; all else says which flow it is of.
        let begins = matches!(message, Ok(Message::Request(_)));
        let flow_id = match event.in_room {
            Some((event_id, _)) if begins => Some(event_id),
            _ => flow_id(event.content, in_room),
        };
        let Some(flow_id) = flow_id else {
            return Ok(Received::default());
        };
        if in_room && event.sender == self.own.device.user_id() {
            return Ok(self.of_our_user_in_room(flow_id, &message));
        }
        let known = |flow: &Verification| flow.flow_id == flow_id;
        let place =
            (self.flows.iter()).position(|flow| known(flow) && flow.their_user == event.sender);
        if let Some(flow) = place.and_then(|place| self.flows.get_mut(place)) {
            let outgoing = if flow.in_room != in_room {
                Vec::new()
            } else if flow.is_overdue(now) {
                flow.time_out()
            } else {
                flow.receive(rng, event.event_type, event.content, message, lookup)?
            };
            let flow = Some((event.sender.to_owned(), flow_id.to_owned()));
            return Ok(Received { flow, outgoing });
        }
        // A flow of somebody else is never touched, and nobody else answered. But
        // who takes the name of another's request first does not hide it.
        if !begins && self.flows.iter().any(|flow| known(flow)) {
            return Ok(Received::default());
        }
        match message {
            Ok(Message::Request(request)) => {
                Ok(self.requested(event, flow_id, &request, now, lookup))
            }
            Ok(Message::Start(start)) if !in_room => {
                Ok(self.started(event, flow_id, &start, now, lookup))
            }
            Ok(Message::Start(_) | Message::Cancel(_)) => Ok(Received::default()),
            _ if in_room || is_start_or_cancel(event.event_type) => Ok(Received::default()),
            _ => Ok(unknown_transaction(event.sender, flow_id)),
        }
    }

    /// [`Self::receive_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn receive(
        &mut self,
        event: &Incoming<'_>,
        now: u64,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Result<Received, RngError> {
        self.receive_with(&mut crate::primitives::random::OsRng, event, now, lookup)
    }

    /// Lets time pass: cancels what took too long, and forgets what ended more
    /// than ten minutes ago. Call it now and then.
    pub fn tick(&mut self, now: u64) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        for flow in self.flows.iter_mut().filter(|flow| flow.is_overdue(now)) {
            outgoing.append(&mut flow.time_out());
        }
        self.flows
            .retain(|flow| !flow.stage.is_over() || now < flow.deadline.saturating_add(LIFETIME));
        outgoing
    }

    /// Events that our own user sent to a room: our own, or another device's,
    /// which may have answered a request that waits here.
    fn of_our_user_in_room(
        &mut self,
        flow_id: &str,
        message: &Result<Message, CancelCode>,
    ) -> Received {
        let Ok(Message::Ready(ready)) = message else {
            return Received::default();
        };
        let flow = self.flows.iter_mut().find(|flow| {
            flow.in_room
                && flow.flow_id == flow_id
                && !flow.we_requested
                && matches!(flow.stage, Stage::Requested | Stage::Ready { .. })
        });
        match flow {
            // The other side goes on with the device whose answer came first.
            Some(flow) if ready.from_device == self.own.device.device_id() => {
                flow.our_ready_is_first = true;
                Received::default()
            }
            Some(flow) if !flow.our_ready_is_first => {
                flow.stage = Stage::Elsewhere;
                Received {
                    flow: Some((flow.their_user.clone(), flow_id.to_owned())),
                    outgoing: Vec::new(),
                }
            }
            _ => Received::default(),
        }
    }

    /// A request that is not known yet.
    fn requested(
        &mut self,
        event: &Incoming<'_>,
        flow_id: &str,
        request: &Request,
        now: u64,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Received {
        let timestamp = match event.in_room {
            Some((_, timestamp)) => Some(timestamp),
            None => request.timestamp,
        };
        let (Some(timestamp), true) = (
            timestamp.filter(|timestamp| is_fresh(*timestamp, now)),
            event.in_room.is_none() || request.to.as_deref() == Some(self.own.device.user_id()),
        ) else {
            return Received::default();
        };
        let in_room = event.in_room.is_some();
        let Some(mut flow) = self.begin(
            event.sender,
            &request.from_device,
            flow_id,
            in_room,
            now,
            lookup,
        ) else {
            return Received::default();
        };
        flow.their_methods = Methods::parse(&request.methods);
        flow.methods = flow.own.methods.answering(flow.their_methods);
        flow.prompt_until = Some(
            timestamp
                .saturating_add(LIFETIME)
                .min(now.saturating_add(PROMPT)),
        );
        self.admit(flow, now)
    }

    /// A `start` without a request.
    fn started(
        &mut self,
        event: &Incoming<'_>,
        flow_id: &str,
        start: &Start,
        now: u64,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Received {
        let Some(mut flow) = self.begin(
            event.sender,
            &start.from_device,
            flow_id,
            false,
            now,
            lookup,
        ) else {
            return Received::default();
        };
        flow.without_request = true;
        flow.methods = flow.own.methods;
        flow.last = Some((event.event_type.to_owned(), event.content.clone()));
        let sas = matches!(start.method, super::message::StartMethod::Sas);
        let answerable = sas && Offer::new().choose(&start.content).is_ok();
        flow.stage = Stage::Asked {
            start: start.content.clone(),
        };
        let refusal = if answerable {
            Vec::new()
        } else {
            flow.end(CancelCode::UnknownMethod)
        };
        let mut received = self.admit(flow, now);
        if received.flow.is_some() {
            received.outgoing.extend(refusal);
        }
        received
    }

    /// A flow that the other side begins, if it is a known device.
    fn begin(
        &self,
        sender: &str,
        device_id: &str,
        flow_id: &str,
        in_room: bool,
        now: u64,
        lookup: impl Fn(&str, &str) -> Option<Device>,
    ) -> Option<Verification> {
        let theirs = lookup(sender, device_id)
            .filter(|device| device.user_id() == sender && device.device_id() == device_id)?;
        let participants = Participants::new(&self.own.device, &theirs, flow_id).ok()?;
        let mut flow = self.flow(sender, flow_id, in_room, now);
        flow.participants = Some(participants);
        Some(flow)
    }

    /// Takes a flow in, unless one with the same device is running: then both
    /// are cancelled.
    fn admit(&mut self, mut flow: Verification, now: u64) -> Received {
        // What has run out is not running.
        let mut outgoing = self.tick(now);
        if !self.make_room(&flow.their_user, false) {
            return Received {
                flow: None,
                outgoing,
            };
        }
        let key = (flow.their_user.clone(), flow.flow_id.clone());
        let device = flow.their_device().cloned();
        let running = self.flows.iter_mut().find(|other| {
            !other.stage.is_over() && device.is_some() && other.their_device() == device.as_ref()
        });
        if let (Some(running), false) = (running, flow.stage.is_over()) {
            outgoing.append(&mut running.end(CancelCode::User));
            outgoing.append(&mut flow.end(CancelCode::User));
        }
        self.flows.push(Box::new(flow));
        Received {
            flow: Some(key),
            outgoing,
        }
    }

    pub(super) fn flow(
        &self,
        their_user: &str,
        flow_id: &str,
        in_room: bool,
        now: u64,
    ) -> Verification {
        Verification {
            own: self.own.clone(),
            their_user: their_user.to_owned(),
            participants: None,
            flow_id: flow_id.to_owned(),
            in_room,
            we_requested: false,
            without_request: false,
            asked_devices: Vec::new(),
            methods: Methods::default(),
            their_methods: Methods::default(),
            their_start_dropped: false,
            our_ready_is_first: false,
            prompt_until: None,
            deadline: now.saturating_add(LIFETIME),
            stage: Stage::Requested,
            last: None,
        }
    }

    /// Whether there is room for one more flow with this user. If not, one that
    /// ended without success is forgotten early; and where our user asks, a request
    /// that our user has not answered, so that nobody keeps us from asking.
    pub(super) fn make_room(&mut self, their_user: &str, ours: bool) -> bool {
        let theirs = |flow: &Verification| !flow.we_requested && flow.their_user == their_user;
        let begun = self.flows.iter().filter(|flow| theirs(flow)).count();
        let crowded = !ours && begun >= MOST_OF_A_USER;
        if !crowded && self.flows.len() < MOST_FLOWS {
            return true;
        }
        let failed = (self.flows.iter())
            .position(|flow| flow.stage.has_failed() && (!crowded || theirs(flow)));
        let place = failed.or_else(|| {
            let mut flows = self.flows.iter();
            flows.position(|flow| ours && flow.waits_for_our_user())
        });
        place.map(|place| self.flows.remove(place)).is_some()
    }
}

/// Whether a request of this time is not to be ignored.
const fn is_fresh(timestamp: u64, now: u64) -> bool {
    now.saturating_sub(timestamp) <= LIFETIME && timestamp.saturating_sub(now) <= AHEAD
}

fn is_start_or_cancel(event_type: &str) -> bool {
    use super::message::{ROOM_MESSAGE, START};
    [START, CANCEL, REQUEST, ROOM_MESSAGE].contains(&event_type)
}

fn unknown_transaction(sender: &str, flow_id: &str) -> Received {
    let content = cancellation(&CancelCode::UnknownTransaction);
    Received {
        flow: None,
        outgoing: vec![Outgoing {
            recipients: Recipients::AllDevices {
                user_id: sender.to_owned(),
            },
            event_type: CANCEL,
            content: with_flow_id(content, flow_id, false),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_fresh_for_ten_minutes_and_five_ahead() {
        // The bounds of the Matrix specification, to the millisecond.
        let now = 1_700_000_600_000;
        for (timestamp, fresh) in [
            (1_700_000_600_000, true),
            (1_700_000_000_000, true),
            (1_699_999_999_999, false),
            (1_700_000_900_000, true),
            (1_700_000_900_001, false),
        ] {
            assert_eq!(is_fresh(timestamp, now), fresh, "{timestamp}");
        }
    }
}
