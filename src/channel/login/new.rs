//! N, the new device.

use alloc::string::{String, ToString};

use super::{
    ended::{Ended, expect},
    existing::ended,
    message::{DeviceGrant, FailureReason, LoginMessage, Protocol, Protocols, Received},
    secrets::LoginSecrets,
};
use crate::channel::{Established, Role};

/// N, at the start.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a device scanned or it was scanned"
)]
pub enum NewDevice {
    /// N scanned: the server stands in E's QR code.
    Scanned(Authorizing),
    /// E scanned: it says what it offers.
    Shown(AwaitingProtocols),
}

impl NewDevice {
    /// Begins on an established channel.
    #[must_use]
    pub fn start(channel: &impl Established) -> Self {
        match channel.role() {
            Role::Scanner => Self::Scanned(Authorizing(())),
            Role::Generator => Self::Shown(AwaitingProtocols(())),
        }
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
    AwaitingProtocols,
    Authorizing,
    AwaitingAcceptance,
    Polling,
    AwaitingSecrets
);

/// N, waiting for what E offers.
#[derive(Debug)]
pub struct AwaitingProtocols(());

impl AwaitingProtocols {
    /// Takes what E sent: the next step, and the offer with E's server.
    ///
    /// # Errors
    /// [`Ended`] if the device authorization grant is not offered
    /// (`unsupported_protocol`), or it is another message.
    pub fn receive(self, json: &[u8]) -> Result<(Authorizing, Protocols), Ended> {
        expect(json, |received| match received {
            Received::Message(LoginMessage::Protocols(protocols)) => {
                Some(if protocols.has_grant() {
                    Ok((Authorizing(()), protocols))
                } else {
                    Err(Ended::fail(FailureReason::UnsupportedProtocol))
                })
            }
            _ => None,
        })
    }
}

/// N, asking the server for a device authorization grant (RFC 8628).
#[derive(Debug)]
pub struct Authorizing(());

impl Authorizing {
    /// The server gave a grant: the step to go on with, and the message to send.
    #[must_use]
    pub fn send_protocol(
        self,
        grant: &DeviceGrant,
        device_id: &str,
    ) -> (AwaitingAcceptance, String) {
        let protocol = Protocol::DeviceAuthorizationGrant {
            grant: grant.clone(),
            device_id: device_id.to_string(),
        };
        (
            AwaitingAcceptance(()),
            LoginMessage::Protocol(protocol).to_json(),
        )
    }

    /// The server has no such grant to give.
    #[must_use]
    pub fn unsupported(self) -> Ended {
        Ended::fail(FailureReason::UnsupportedProtocol)
    }

    /// Takes a message that came meanwhile: E has none to send but a failure.
    #[must_use]
    pub fn receive(self, json: &[u8]) -> Ended {
        ended(json)
    }
}

/// N, waiting for E to accept.
#[derive(Debug)]
pub struct AwaitingAcceptance(());

impl AwaitingAcceptance {
    /// Takes what E sent.
    ///
    /// # Errors
    /// [`Ended`] if E failed, or it is another message.
    pub fn receive(self, json: &[u8]) -> Result<Polling, Ended> {
        expect(json, |received| match received {
            Received::Message(LoginMessage::ProtocolAccepted) => Some(Ok(Polling(()))),
            _ => None,
        })
    }
}

/// N, polling the server for its token, as often as the server wants it.
#[derive(Debug)]
pub struct Polling(());

impl Polling {
    /// N has its token: the step to go on with, and the message to send.
    #[must_use]
    pub fn token(self) -> (AwaitingSecrets, String) {
        (AwaitingSecrets(()), LoginMessage::Success.to_json())
    }

    /// The user declined (`access_denied`).
    #[must_use]
    pub fn denied(self) -> Ended {
        Ended::declined()
    }

    /// The grant expired (`expired_token`).
    #[must_use]
    pub fn expired(self) -> Ended {
        Ended::fail(FailureReason::AuthorizationExpired)
    }

    /// Takes a message that came meanwhile: E has none to send but a failure.
    #[must_use]
    pub fn receive(self, json: &[u8]) -> Ended {
        ended(json)
    }
}

/// N, signed in and waiting for the secrets.
#[derive(Debug)]
pub struct AwaitingSecrets(());

impl AwaitingSecrets {
    /// Takes what E sent. N imports the secrets, and uploads its device keys
    /// together with the cross-signing signature in one request.
    ///
    /// # Errors
    /// [`Ended`] if E failed, or it is another message.
    pub fn receive(self, json: &[u8]) -> Result<LoginSecrets, Ended> {
        expect(json, |received| match received {
            Received::Secrets(secrets) => Some(Ok(secrets)),
            Received::Message(_) => None,
        })
    }
}
