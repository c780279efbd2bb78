//! E, the existing device.

use alloc::string::{String, ToString};
use core::time::Duration;

use zeroize::Zeroizing;

use super::{
    ended::{Ended, expect},
    message::{FailureReason, LoginMessage, Protocol, Protocols, Received},
    secrets::LoginSecrets,
};
use crate::{
    channel::{Established, Role},
    primitives::wipe::in_wiped_frame,
};

/// How often E asks the server whether the new device is there.
pub const DEVICE_POLL: Duration = Duration::from_millis(500);
/// How long E does so.
pub const DEVICE_WAIT: Duration = Duration::from_secs(10);

/// E, at the start.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ExistingDevice;

impl ExistingDevice {
    /// Begins on an established channel. If E scanned, there is a message to
    /// send: what it offers.
    #[must_use]
    pub fn start(
        channel: &impl Established,
        protocols: &Protocols,
    ) -> (AwaitingProtocol, Option<String>) {
        let message = match channel.role() {
            Role::Scanner => Some(LoginMessage::Protocols(protocols.clone()).to_json()),
            Role::Generator => None,
        };
        (AwaitingProtocol(()), message)
    }
}

macro_rules! cancel {
    ($($name:ident),*) => {$(
        impl $name {
            /// The user does not want to go on, on this device.
            #[must_use]
            pub fn cancel(self) -> Ended {
                Ended::fail(FailureReason::UserCancelled)
            }
        }
    )*};
}
cancel!(
    AwaitingProtocol,
    CheckingDevice,
    AskingUser,
    AwaitingOutcome,
    AwaitingDevice,
    ReleasingSecrets
);

/// E, waiting for N's choice of a protocol.
#[derive(Debug)]
pub struct AwaitingProtocol(());

impl AwaitingProtocol {
    /// Takes what N sent.
    ///
    /// # Errors
    /// [`Ended`] for another protocol than the device authorization grant
    /// (`unsupported_protocol`), a page that is not of https
    /// (`unable_to_open_verification_uri`), or another message.
    pub fn receive(self, json: &[u8]) -> Result<CheckingDevice, Ended> {
        expect(json, |received| match received {
            Received::Message(LoginMessage::Protocol(protocol)) => Some(accept(&protocol)),
            _ => None,
        })
    }
}

fn accept(protocol: &Protocol) -> Result<CheckingDevice, Ended> {
    let Protocol::DeviceAuthorizationGrant { grant, device_id } = protocol else {
        return Err(Ended::fail(FailureReason::UnsupportedProtocol));
    };
    let page = grant
        .page()
        .ok_or_else(|| Ended::fail(FailureReason::UnableToOpenVerificationUri))?;
    Ok(CheckingDevice {
        page: page.to_string(),
        device_id: device_id.clone(),
    })
}

/// E, asking the server whether there is a device of this id: there must not be
/// one (`GET /devices/{id}` gives 404).
#[derive(Debug)]
pub struct CheckingDevice {
    page: String,
    device_id: String,
}

impl CheckingDevice {
    /// The id to ask for.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// There is no such device.
    #[must_use]
    pub fn absent(self) -> AskingUser {
        AskingUser {
            page: self.page,
            device_id: self.device_id,
        }
    }

    /// There is one.
    #[must_use]
    pub fn exists(self) -> Ended {
        Ended::fail(FailureReason::DeviceAlreadyExists)
    }
}

/// E, asking its user.
#[derive(Debug)]
pub struct AskingUser {
    page: String,
    device_id: String,
}

impl AskingUser {
    /// The page to open in the browser, where the user consents.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.page
    }

    /// The user wants it, and the page is open: the step to go on with, and the
    /// message to send.
    #[must_use]
    pub fn consent(self) -> (AwaitingOutcome, String) {
        let waiting = AwaitingOutcome {
            device_id: self.device_id,
        };
        (waiting, LoginMessage::ProtocolAccepted.to_json())
    }

    /// The page could not be opened.
    #[must_use]
    pub fn unable_to_open(self) -> Ended {
        Ended::fail(FailureReason::UnableToOpenVerificationUri)
    }
}

/// E, waiting to hear that N has its token.
#[derive(Debug)]
pub struct AwaitingOutcome {
    device_id: String,
}

impl AwaitingOutcome {
    /// Takes what N sent, at `now` on any clock that does not go back.
    ///
    /// # Errors
    /// [`Ended`] if the user declined, N failed, or it is another message.
    pub fn receive(self, json: &[u8], now: Duration) -> Result<AwaitingDevice, Ended> {
        expect(json, |received| match received {
            Received::Message(LoginMessage::Success) => Some(Ok(())),
            Received::Message(LoginMessage::Declined) => Some(Err(Ended::peer_declined())),
            _ => None,
        })?;
        Ok(AwaitingDevice {
            device_id: self.device_id,
            next: now,
            end: now.saturating_add(DEVICE_WAIT),
        })
    }
}

/// E, asking the server until the new device is there: every [`DEVICE_POLL`], for
/// [`DEVICE_WAIT`].
#[derive(Debug)]
pub struct AwaitingDevice {
    device_id: String,
    next: Duration,
    end: Duration,
}

impl AwaitingDevice {
    /// The id to ask for.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// When to ask, on the caller's clock: the first time at once.
    #[must_use]
    pub const fn next_poll(&self) -> Duration {
        self.next
    }

    /// The server was asked, and at `now` the device is not there yet.
    ///
    /// # Errors
    /// [`Ended`] with `device_not_found` if the time is over.
    pub fn absent(self, now: Duration) -> Result<Self, Ended> {
        if now >= self.end {
            return Err(Ended::fail(FailureReason::DeviceNotFound));
        }
        Ok(Self {
            next: now.saturating_add(DEVICE_POLL).min(self.end),
            ..self
        })
    }

    /// The device is there.
    #[must_use]
    pub fn appeared(self) -> ReleasingSecrets {
        ReleasingSecrets(())
    }

    /// Takes a message that came meanwhile: N has none to send but a failure.
    #[must_use]
    pub fn receive(self, json: &[u8]) -> Ended {
        ended(json)
    }
}

/// What `json` ends where no message goes on.
pub(super) fn ended(json: &[u8]) -> Ended {
    match expect(json, |_| None::<Result<core::convert::Infallible, Ended>>) {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

/// E, after check code, consent and the new device's appearance: the only place
/// where secrets are written.
#[derive(Debug)]
pub struct ReleasingSecrets(());

impl ReleasingSecrets {
    /// The last message. It is secret, and wiped on drop.
    #[must_use]
    pub fn send(self, secrets: &LoginSecrets) -> Zeroizing<String> {
        in_wiped_frame(|| secrets.to_json())
    }
}
