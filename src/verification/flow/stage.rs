//! Where a verification stands.

use super::cancel::CancelCode;
use crate::{
    json::Object,
    verification::{
        device::Verified,
        qr::{ScannedByThem, ScannedByUs, ShownQr},
        sas::{
            AcceptedSas, CheckedSas, ComparedSas, Emoji, EstablishedSas, Negotiated, Sas,
            StartedSas,
        },
    },
};

/// Where a verification stands, with what only that place needs.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nobody has answered the request yet.
    Requested,
    /// Both sides are there; maybe a code is on our screen.
    Ready { shown: Option<ShownQr> },
    /// We sent `start`; an `accept` has to come.
    Started { sas: Sas, start: Object },
    /// A `start` came without a request; our user has to agree.
    Asked { start: Object },
    /// We sent `key`; the other one has to come.
    KeySent { sas: StartedSas, chosen: Negotiated },
    /// We sent `accept`; a `key` has to come.
    Accepted {
        sas: AcceptedSas,
        chosen: Negotiated,
        /// Our own `start` gave way: an `accept` of it may still come.
        late_accept: bool,
    },
    /// Our user has to compare.
    Comparing { sas: EstablishedSas },
    /// Our user has to compare; the other side's MACs are here and good, maybe
    /// its `done`, too.
    Checked { sas: CheckedSas, done: bool },
    /// Our user said yes; the other side's MACs have to come.
    Compared { sas: ComparedSas },
    /// We scanned and sent `start`; a `done` has to come.
    Scanned {
        scanned: ScannedByUs,
        shown: Option<ShownQr>,
    },
    /// Our code was scanned; our user has to confirm.
    Confirming { scanned: ScannedByThem, done: bool },
    /// We sent `done`; the other one has to come.
    Finishing { verified: Verified },
    /// It succeeded.
    Done { verified: Verified },
    /// It ended without success.
    Cancelled { code: CancelCode, by_them: bool },
    /// Another device of ours goes on with it.
    Elsewhere,
}

impl Stage {
    /// Whether nothing more will come of it.
    pub(super) const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done { .. } | Self::Cancelled { .. } | Self::Elsewhere
        )
    }

    /// Whether it is over, and nothing was verified.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(self, Self::Cancelled { .. } | Self::Elsewhere)
    }

    pub(super) const fn cancelled(code: CancelCode) -> Self {
        Self::Cancelled {
            code,
            by_them: false,
        }
    }

    pub(super) fn state(&self, we_requested: bool) -> State {
        match self {
            Self::Requested => State::Requested {
                by_us: we_requested,
            },
            Self::Ready { shown } => State::Ready {
                shows_code: shown.is_some(),
            },
            Self::Started { .. }
            | Self::KeySent { .. }
            | Self::Accepted { .. }
            | Self::Compared { .. }
            | Self::Scanned { .. }
            | Self::Finishing { .. } => State::Waiting,
            Self::Asked { .. } => State::Asked,
            Self::Comparing { sas } => State::Comparing {
                emoji: sas.emoji(),
                decimals: sas.decimals(),
            },
            Self::Checked { sas, .. } => State::Comparing {
                emoji: sas.emoji(),
                decimals: sas.decimals(),
            },
            Self::Confirming { .. } => State::ConfirmScan,
            Self::Done { verified } => State::Done(verified.clone()),
            Self::Cancelled { code, by_them } => State::Cancelled {
                code: code.clone(),
                by_them: *by_them,
            },
            Self::Elsewhere => State::Elsewhere,
        }
    }
}

/// What to show the user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Nobody has answered the request yet. When it is not ours, ask our user,
    /// then [`accept`](super::Verification::accept) or
    /// [`cancel`](super::Verification::cancel).
    Requested {
        /// Whether our side asked.
        by_us: bool,
    },
    /// Both sides are there: show a code, offer to scan, or start comparing.
    Ready {
        /// Whether our code is on the screen.
        shows_code: bool,
    },
    /// The other side started comparing without a request: ask our user, then
    /// [`agree`](super::Verification::agree) or cancel.
    Asked,
    /// The other side has to answer.
    Waiting,
    /// Show these and ask whether the other screen shows the same:
    /// [`they_match`](super::Verification::they_match) or
    /// [`they_differ`](super::Verification::they_differ).
    Comparing {
        /// Seven emoji, when both sides have them.
        emoji: Option<[Emoji; 7]>,
        /// Three numbers, when both sides have them.
        decimals: Option<[u16; 3]>,
    },
    /// Our code was scanned: ask whether the other device shows success, then
    /// [`confirm_scan`](super::Verification::confirm_scan) or cancel.
    ConfirmScan,
    /// It succeeded: write down the trust in these keys, if they are still the
    /// ones that the server has.
    Done(Verified),
    /// It ended without success, and nothing is verified.
    Cancelled {
        /// Why.
        code: CancelCode,
        /// Whether the other side cancelled.
        by_them: bool,
    },
    /// Another device of ours goes on with it.
    Elsewhere,
}
