//! How a sign-in ends before its goal.

use alloc::string::String;
use core::fmt;

use super::message::{Failure, FailureReason, LoginMessage, Received};
use crate::primitives::wipe::in_wiped_frame;

/// The sign-in is over. If there is a [`message`](Self::message), it is to be
/// sent as the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    reason: EndReason,
    message: Option<String>,
}

/// Why a sign-in is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// This side ended it.
    Failed(FailureReason),
    /// The other side ended it.
    PeerFailed(Failure),
    /// The user declined, on the page of the server.
    Declined,
}

impl Ended {
    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &EndReason {
        &self.reason
    }

    /// The last message to send, as JSON; `None` where the other side had the
    /// last word.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// This side fails for this reason.
    pub(super) fn fail(reason: FailureReason) -> Self {
        Self {
            message: Some(LoginMessage::Failure(reason.clone().into()).to_json()),
            reason: EndReason::Failed(reason),
        }
    }

    /// N saw that the user declined, and says so.
    pub(super) fn declined() -> Self {
        Self {
            message: Some(LoginMessage::Declined.to_json()),
            reason: EndReason::Declined,
        }
    }

    /// E heard that the user declined.
    pub(super) const fn peer_declined() -> Self {
        Self {
            message: None,
            reason: EndReason::Declined,
        }
    }
}

/// Reads a message and lets `take` look at it. The end, if the other side failed,
/// or `take` gives nothing: then the message does not belong here.
pub(super) fn expect<T>(
    json: &[u8],
    take: impl FnOnce(Received) -> Option<Result<T, Ended>>,
) -> Result<T, Ended> {
    let unexpected = || Ended::fail(FailureReason::UnexpectedMessageReceived);
    let received = in_wiped_frame(|| Received::parse(json)).map_err(|_| unexpected())?;
    if let Received::Message(LoginMessage::Failure(failure)) = received {
        return Err(Ended {
            reason: EndReason::PeerFailed(failure),
            message: None,
        });
    }
    take(received).unwrap_or_else(|| Err(unexpected()))
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            EndReason::Failed(reason) => write!(f, "the sign-in failed: {reason}"),
            EndReason::PeerFailed(failure) => {
                write!(f, "the other device gave up: {}", failure.reason())
            }
            EndReason::Declined => f.write_str("the user declined the sign-in"),
        }
    }
}

impl core::error::Error for Ended {}
