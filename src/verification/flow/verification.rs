//! One verification.

use alloc::{format, string::String, vec, vec::Vec};

use super::{
    cancel::CancelCode,
    events::{Outgoing, Recipients},
    message::{CANCEL, with_flow_id},
    methods::Methods,
    stage::{Stage, State},
};
use crate::{
    json::Object,
    verification::device::{Device, Participants},
};

/// Milliseconds that a verification may take, and that an ended one is
/// remembered.
pub(super) const LIFETIME: u64 = 10 * 60 * 1000;
/// Milliseconds that a request waits for our user.
pub(super) const PROMPT: u64 = 2 * 60 * 1000;

/// This device, and what it can do.
#[derive(Clone, Debug)]
pub struct OwnDevice {
    pub(super) device: Device,
    pub(super) trusts_master_key: bool,
    pub(super) methods: Methods,
}

impl OwnDevice {
    /// A device that compares emoji and numbers, and whose own identity is not
    /// verified here.
    #[must_use]
    pub fn new(device: Device) -> Self {
        let methods = Methods {
            sas: true,
            ..Methods::default()
        };
        Self {
            device,
            trusts_master_key: false,
            methods,
        }
    }

    /// Our own identity is verified here: our master key is vouched for.
    #[must_use]
    pub const fn trusting_master_key(mut self) -> Self {
        self.trusts_master_key = true;
        self
    }

    /// This device can show QR codes, scan them, or both.
    #[must_use]
    pub const fn with_qr_codes(mut self, show: bool, scan: bool) -> Self {
        self.methods.show = show;
        self.methods.scan = scan;
        self.methods.reciprocate = show || scan;
        self
    }
}

/// One verification: see the [module](super).
#[derive(Debug)]
pub struct Verification {
    pub(super) own: OwnDevice,
    pub(super) their_user: String,
    /// Known from the request, or from the `ready` that answers ours.
    pub(super) participants: Option<Participants>,
    pub(super) flow_id: String,
    pub(super) in_room: bool,
    pub(super) we_requested: bool,
    /// Began with a `start` and no request.
    pub(super) without_request: bool,
    /// The devices that our request went to.
    pub(super) asked_devices: Vec<String>,
    /// The methods of ours that the other side can answer.
    pub(super) methods: Methods,
    pub(super) their_methods: Methods,
    /// Whether a `start` of theirs gave way to ours.
    pub(super) their_start_dropped: bool,
    /// Whether our `ready` was seen in the room before that of another device of
    /// ours.
    pub(super) our_ready_is_first: bool,
    /// When a request of theirs is no longer shown to our user, in milliseconds.
    pub(super) prompt_until: Option<u64>,
    /// When it is over, in milliseconds.
    pub(super) deadline: u64,
    pub(super) stage: Stage,
    /// What the other side sent last.
    pub(super) last: Option<(String, Object)>,
}

impl Verification {
    /// The identifier of the flow: transaction id, or event id of the request.
    #[must_use]
    pub fn flow_id(&self) -> &str {
        &self.flow_id
    }

    /// The other user; our own, between two devices of ours.
    #[must_use]
    pub fn their_user(&self) -> &str {
        &self.their_user
    }

    /// The other device, once it is known which one it is.
    #[must_use]
    pub fn their_device(&self) -> Option<&Device> {
        self.participants
            .as_ref()
            .map(|participants| &participants.theirs)
    }

    /// What to show the user.
    #[must_use]
    pub fn state(&self) -> State {
        self.stage.state(self.we_requested)
    }

    /// Tells the flow which keys are held for the other device now. When they
    /// are not those that it began with, nothing is verified: it is cancelled
    /// with `m.key_mismatch`. `None` is a device that was deleted.
    pub fn keys_changed(&mut self, theirs: Option<&Device>) -> Vec<Outgoing> {
        let same = self.their_device() == theirs;
        if same || self.participants.is_none() || self.stage.is_over() {
            return Vec::new();
        }
        self.end(CancelCode::KeyMismatch)
    }

    /// Whether it is a request of theirs that our user has not answered.
    pub(super) const fn waits_for_our_user(&self) -> bool {
        matches!(self.stage, Stage::Requested) && !self.we_requested
    }

    /// Whether it is not over, and its time is.
    pub(super) fn is_overdue(&self, now: u64) -> bool {
        let until = match self.prompt_until {
            Some(until) if self.waits_for_our_user() => until,
            _ => self.deadline,
        };
        !self.stage.is_over() && now >= until
    }

    /// It took too long: the message that says so, where somebody waits for one.
    pub(super) fn time_out(&mut self) -> Vec<Outgoing> {
        if self.waits_for_our_user() {
            // The prompt goes; nobody was promised an answer.
            self.stage = Stage::cancelled(CancelCode::Timeout);
            return Vec::new();
        }
        self.end(CancelCode::Timeout)
    }

    /// Whether our `start` stands when both sides sent one.
    pub(super) fn our_start_stands(&self) -> bool {
        let name = |device: &Device| -> (String, String) {
            (device.user_id().into(), device.device_id().into())
        };
        self.participants
            .as_ref()
            .is_some_and(|both| name(&both.ours) < name(&both.theirs))
    }

    /// A message of this flow to the other side.
    pub(super) fn message(&self, event_type: &'static str, content: Object) -> Outgoing {
        let recipients = match self.their_device() {
            _ if self.in_room => Recipients::Room,
            Some(device) => Recipients::Devices {
                user_id: self.their_user.clone(),
                device_ids: vec![device.device_id().into()],
            },
            None => Recipients::Devices {
                user_id: self.their_user.clone(),
                device_ids: self.asked_devices.clone(),
            },
        };
        Outgoing {
            recipients,
            event_type,
            content: with_flow_id(content, &self.flow_id, self.in_room),
        }
    }

    /// Cancels, and gives the message that says so.
    pub(super) fn end(&mut self, code: CancelCode) -> Vec<Outgoing> {
        let message = self.message(CANCEL, cancellation(&code));
        self.stage = Stage::cancelled(code);
        vec![message]
    }
}

/// The members of a `cancel`.
pub(super) fn cancellation(code: &CancelCode) -> Object {
    Object::new()
        .with("code", code.as_str())
        .with("reason", format!("{code}"))
}
