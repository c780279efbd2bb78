//! The messages of the sign-in that hold no secret.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use super::{error::LoginMessageError, secrets::LoginSecrets};
use crate::{
    channel::MAX_MESSAGE_LENGTH,
    json::{Object, Value},
    primitives::wipe::in_wiped_frame,
};

/// The only protocol that is known: OAuth 2.0's device authorization grant.
pub const DEVICE_AUTHORIZATION_GRANT: &str = "device_authorization_grant";

/// Most protocols that are read from a list.
pub const MAX_PROTOCOLS: usize = 16;

/// A message of the sign-in, other than the secrets, as JSON says it. Unknown
/// members are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginMessage {
    /// `m.login.protocols`, from E.
    Protocols(Protocols),
    /// `m.login.protocol`, from N.
    Protocol(Protocol),
    /// `m.login.protocol_accepted`, from E.
    ProtocolAccepted,
    /// `m.login.success`, from N.
    Success,
    /// `m.login.declined`, from N.
    Declined,
    /// `m.login.failure`, from both.
    Failure(Failure),
}

impl LoginMessage {
    /// Reads a message. `m.login.secrets` is read by [`LoginSecrets::from_json`].
    ///
    /// # Errors
    /// [`LoginMessageError`].
    pub fn from_json(json: &[u8]) -> Result<Self, LoginMessageError> {
        match in_wiped_frame(|| Received::parse(json))? {
            Received::Message(message) => Ok(message),
            Received::Secrets(_) => Err(LoginMessageError::OtherType),
        }
    }

    /// The message as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let of_type = |name| Object::new().with("type", name);
        match self {
            Self::Protocols(protocols) => protocols.write(of_type("m.login.protocols")),
            Self::Protocol(protocol) => protocol.write(of_type("m.login.protocol")),
            Self::ProtocolAccepted => of_type("m.login.protocol_accepted"),
            Self::Success => of_type("m.login.success"),
            Self::Declined => of_type("m.login.declined"),
            Self::Failure(failure) => failure.write(of_type("m.login.failure")),
        }
        .to_string()
    }
}

/// Any message.
pub(super) enum Received {
    Message(LoginMessage),
    Secrets(LoginSecrets),
}

impl Received {
    pub(super) fn parse(json: &[u8]) -> Result<Self, LoginMessageError> {
        if json.len() > MAX_MESSAGE_LENGTH {
            return Err(LoginMessageError::TooLong { length: json.len() });
        }
        let object = Wiped(Object::parse(json)?);
        let object = &object.0;
        let message = match object.get_str("type").ok_or(LoginMessageError::Type)? {
            "m.login.protocols" => LoginMessage::Protocols(Protocols::read(object)?),
            "m.login.protocol" => LoginMessage::Protocol(Protocol::read(object)?),
            "m.login.protocol_accepted" => LoginMessage::ProtocolAccepted,
            "m.login.success" => LoginMessage::Success,
            "m.login.declined" => LoginMessage::Declined,
            "m.login.failure" => LoginMessage::Failure(Failure::read(object)?),
            "m.login.secrets" => return LoginSecrets::read(object).map(Self::Secrets),
            _ => return Err(LoginMessageError::Type),
        };
        Ok(Self::Message(message))
    }
}

/// An object that may hold secrets.
struct Wiped(Object);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

/// The text of a member.
pub(super) fn text<'a>(
    object: &'a Object,
    name: &'static str,
) -> Result<&'a str, LoginMessageError> {
    object
        .get_str(name)
        .ok_or(LoginMessageError::Member { name })
}

/// The text of a member that may be missing.
fn optional(object: &Object, name: &'static str) -> Result<Option<String>, LoginMessageError> {
    match object.get(name) {
        None => Ok(None),
        Some(_) => text(object, name).map(|text| Some(text.to_string())),
    }
}

/// What E offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols {
    protocols: Vec<String>,
    homeserver: Option<String>,
    base_url: Option<String>,
}

impl Protocols {
    /// The [`DEVICE_AUTHORIZATION_GRANT`], and the server as `homeserver`: in
    /// MSC4108 of 2024 the server name, in rust-sdk the base URL.
    #[must_use]
    pub fn homeserver(homeserver: &str) -> Self {
        Self {
            protocols: [DEVICE_AUTHORIZATION_GRANT.to_string()].into(),
            homeserver: Some(homeserver.to_string()),
            base_url: None,
        }
    }

    /// The [`DEVICE_AUTHORIZATION_GRANT`], and the server as `base_url`: MSC4108
    /// of 2026.
    #[must_use]
    pub fn base_url(base_url: &str) -> Self {
        Self {
            base_url: Some(base_url.to_string()),
            homeserver: None,
            ..Self::homeserver("")
        }
    }

    /// The protocols offered.
    #[must_use]
    pub fn protocols(&self) -> &[String] {
        &self.protocols
    }

    /// The server: `base_url` where there is one, else `homeserver`, which may be
    /// a server name.
    #[must_use]
    pub fn server(&self) -> &str {
        self.base_url
            .as_deref()
            .or(self.homeserver.as_deref())
            .unwrap_or_default()
    }

    /// Whether the device authorization grant is offered.
    pub(super) fn has_grant(&self) -> bool {
        self.protocols
            .iter()
            .any(|name| name == DEVICE_AUTHORIZATION_GRANT)
    }

    fn read(object: &Object) -> Result<Self, LoginMessageError> {
        let protocols = object
            .get("protocols")
            .and_then(Value::as_array)
            .filter(|names| names.len() <= MAX_PROTOCOLS)
            .and_then(|names| {
                names
                    .iter()
                    .map(|name| name.as_str().map(ToString::to_string))
                    .collect()
            })
            .ok_or(LoginMessageError::Member { name: "protocols" })?;
        let read = Self {
            protocols,
            homeserver: optional(object, "homeserver")?,
            base_url: optional(object, "base_url")?,
        };
        if read.homeserver.is_none() && read.base_url.is_none() {
            return Err(LoginMessageError::Member { name: "base_url" });
        }
        Ok(read)
    }

    fn write(&self, object: Object) -> Object {
        let object = object.with("protocols", self.protocols.clone());
        let object = with_optional(object, "homeserver", self.homeserver.as_deref());
        with_optional(object, "base_url", self.base_url.as_deref())
    }
}

fn with_optional(object: Object, name: &str, text: Option<&str>) -> Object {
    match text {
        Some(text) => object.with(name, text),
        None => object,
    }
}

/// What N chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// The [`DEVICE_AUTHORIZATION_GRANT`].
    DeviceAuthorizationGrant {
        /// Where the user consents.
        grant: DeviceGrant,
        /// The id that the new device will have.
        device_id: String,
    },
    /// One that E does not know, by its name.
    Other(String),
}

impl Protocol {
    fn read(object: &Object) -> Result<Self, LoginMessageError> {
        let protocol = text(object, "protocol")?;
        if protocol != DEVICE_AUTHORIZATION_GRANT {
            return Ok(Self::Other(protocol.to_string()));
        }
        let grant =
            object
                .get_object(DEVICE_AUTHORIZATION_GRANT)
                .ok_or(LoginMessageError::Member {
                    name: DEVICE_AUTHORIZATION_GRANT,
                })?;
        Ok(Self::DeviceAuthorizationGrant {
            grant: DeviceGrant {
                uri: text(grant, "verification_uri")?.to_string(),
                complete: optional(grant, "verification_uri_complete")?,
            },
            device_id: text(object, "device_id")?.to_string(),
        })
    }

    fn write(&self, object: Object) -> Object {
        match self {
            Self::Other(name) => object.with("protocol", name.as_str()),
            Self::DeviceAuthorizationGrant { grant, device_id } => {
                let inner = Object::new().with("verification_uri", grant.uri.as_str());
                let inner = with_optional(
                    inner,
                    "verification_uri_complete",
                    grant.complete.as_deref(),
                );
                object
                    .with("protocol", DEVICE_AUTHORIZATION_GRANT)
                    .with(DEVICE_AUTHORIZATION_GRANT, inner)
                    .with("device_id", device_id.as_str())
            }
        }
    }
}

/// What the server gave to N (RFC 8628): where the user consents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceGrant {
    uri: String,
    complete: Option<String>,
}

impl DeviceGrant {
    /// `verification_uri` and `verification_uri_complete`.
    #[must_use]
    pub fn new(verification_uri: &str, complete: Option<&str>) -> Self {
        Self {
            uri: verification_uri.to_string(),
            complete: complete.map(ToString::to_string),
        }
    }

    /// The page to open: the complete one where there is one. `None` if it is not
    /// of https.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        let page = self.complete.as_deref().unwrap_or(&self.uri);
        let (scheme, rest) = page.split_once("://")?;
        let clean = |c: char| !c.is_control() && !c.is_whitespace();
        (scheme.eq_ignore_ascii_case("https") && !rest.is_empty() && rest.chars().all(clean))
            .then_some(page)
    }
}

/// That the sign-in failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    reason: FailureReason,
    homeserver: Option<String>,
}

impl Failure {
    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &FailureReason {
        &self.reason
    }

    /// The server of E, where N may try without it.
    #[must_use]
    pub fn homeserver(&self) -> Option<&str> {
        self.homeserver.as_deref()
    }

    /// The same with E's server.
    #[must_use]
    pub fn with_homeserver(mut self, homeserver: &str) -> Self {
        self.homeserver = Some(homeserver.to_string());
        self
    }

    fn read(object: &Object) -> Result<Self, LoginMessageError> {
        Ok(Self {
            reason: FailureReason::read(text(object, "reason")?),
            homeserver: optional(object, "homeserver")?,
        })
    }

    fn write(&self, object: Object) -> Object {
        let object = object.with("reason", self.reason.as_str());
        with_optional(object, "homeserver", self.homeserver.as_deref())
    }
}

impl From<FailureReason> for Failure {
    fn from(reason: FailureReason) -> Self {
        Self {
            reason,
            homeserver: None,
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a sign-in failed. `Display` is the reason as it stands in JSON.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum FailureReason {
            $($(#[$doc])* #[doc = concat!("`", $text, "`.")] $name,)*
            /// Another one.
            Other(String),
        }

        impl FailureReason {
            fn read(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    _ => Self::Other(text.to_string()),
                }
            }

            /// As it stands in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

reasons! {
    /// The grant expired before the user consented:
    AuthorizationExpired = "authorization_expired",
    /// There is a device of this id already:
    DeviceAlreadyExists = "device_already_exists",
    /// The new device did not appear:
    DeviceNotFound = "device_not_found",
    /// A message came that does not belong to the step:
    UnexpectedMessageReceived = "unexpected_message_received",
    /// The other side does not know the protocol:
    UnsupportedProtocol = "unsupported_protocol",
    /// The user does not want to go on:
    UserCancelled = "user_cancelled",
    /// The page for the user's consent cannot be opened (MSC4108 of 2026):
    UnableToOpenVerificationUri = "unable_to_open_verification_uri",
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
