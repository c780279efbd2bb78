//! The messages, read from the content of their events.

use alloc::{string::String, vec::Vec};

use super::cancel::CancelCode;
use crate::json::{Object, Value};

pub(super) const READY: &str = "m.key.verification.ready";
pub(super) const START: &str = "m.key.verification.start";
pub(super) const ACCEPT: &str = "m.key.verification.accept";
pub(super) const KEY: &str = "m.key.verification.key";
pub(super) const MAC: &str = "m.key.verification.mac";
pub(super) const DONE: &str = "m.key.verification.done";
pub(super) const CANCEL: &str = "m.key.verification.cancel";
pub(super) const REQUEST: &str = "m.key.verification.request";
/// The type of an event in a room that may be a request.
pub(super) const ROOM_MESSAGE: &str = "m.room.message";

/// Most items that are read of a list.
const MOST_ITEMS: usize = 100;

/// Most bytes of a cancellation's code.
const LONGEST_CODE: usize = 255;

/// One message, parsed.
#[derive(Clone, Debug)]
pub(super) enum Message {
    Request(Request),
    Ready(Ready),
    Start(Start),
    Accept { commitment: String, content: Object },
    Key(String),
    Mac(Object),
    Done,
    Cancel(CancelCode),
}

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) from_device: String,
    pub(super) methods: Vec<String>,
    /// Of to-device requests, in milliseconds.
    pub(super) timestamp: Option<u64>,
    /// Of requests in rooms.
    pub(super) to: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) from_device: String,
    pub(super) methods: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) from_device: String,
    pub(super) method: StartMethod,
    /// As received: the commitment is over all of it.
    pub(super) content: Object,
}

#[derive(Clone, Debug)]
pub(super) enum StartMethod {
    Sas,
    Reciprocate { secret: String },
    Unknown,
}

impl Message {
    /// Reads the content of an event of this type.
    ///
    /// `None` when it is no message of a verification; the error is the code that
    /// a `cancel` would carry.
    pub(super) fn parse(
        event_type: &str,
        content: &Object,
        in_room: bool,
    ) -> Option<Result<Self, CancelCode>> {
        let message = match event_type {
            REQUEST if !in_room => request(content).map(Self::Request),
            ROOM_MESSAGE if in_room && content.get_str("msgtype") == Some(REQUEST) => {
                request(content).map(Self::Request)
            }
            READY => ready(content).map(Self::Ready),
            START => start(content).map(Self::Start),
            ACCEPT => return Some(accept(content)),
            KEY => text(content, "key").map(Self::Key),
            MAC => mac(content).map(Self::Mac),
            DONE => Some(Self::Done),
            CANCEL => cancel(content).map(Self::Cancel),
            _ => return None,
        };
        Some(message.ok_or(CancelCode::InvalidMessage))
    }
}

fn request(content: &Object) -> Option<Request> {
    Some(Request {
        from_device: text(content, "from_device")?,
        methods: texts(content, "methods")?,
        timestamp: match content.get("timestamp") {
            Some(value) => Some(u64::try_from(value.as_integer()?).ok()?),
            None => None,
        },
        to: match content.get("to") {
            Some(value) => Some(value.as_str()?.into()),
            None => None,
        },
    })
}

fn ready(content: &Object) -> Option<Ready> {
    Some(Ready {
        from_device: text(content, "from_device")?,
        methods: texts(content, "methods")?,
    })
}

fn start(content: &Object) -> Option<Start> {
    let method = match content.get_str("method")? {
        "m.sas.v1" => {
            for list in [
                "key_agreement_protocols",
                "hashes",
                "message_authentication_codes",
                "short_authentication_string",
            ] {
                texts(content, list)?;
            }
            StartMethod::Sas
        }
        "m.reciprocate.v1" => StartMethod::Reciprocate {
            secret: text(content, "secret")?,
        },
        _ => StartMethod::Unknown,
    };
    // A start that cannot be hashed cannot be answered.
    content.to_canonical().ok()?;
    Some(Start {
        from_device: text(content, "from_device")?,
        method,
        content: content.clone(),
    })
}

fn accept(content: &Object) -> Result<Message, CancelCode> {
    // Some clients leave the method out.
    match content.get("method").map(Value::as_str) {
        None | Some(Some("m.sas.v1")) => {}
        Some(Some(_)) => return Err(CancelCode::UnknownMethod),
        Some(None) => return Err(CancelCode::InvalidMessage),
    }
    let commitment = || {
        text(content, "key_agreement_protocol")?;
        text(content, "hash")?;
        text(content, "message_authentication_code")?;
        texts(content, "short_authentication_string")?;
        text(content, "commitment")
    };
    Ok(Message::Accept {
        commitment: commitment().ok_or(CancelCode::InvalidMessage)?,
        content: content.clone(),
    })
}

fn mac(content: &Object) -> Option<Object> {
    content.get_str("keys")?;
    let macs = content.get_object("mac")?;
    let bounded = macs.len() <= MOST_ITEMS && macs.iter().all(|(_, mac)| mac.as_str().is_some());
    bounded.then(|| content.clone())
}

fn cancel(content: &Object) -> Option<CancelCode> {
    content.get_str("reason")?;
    let code = content.get_str("code")?;
    (code.len() <= LONGEST_CODE).then(|| CancelCode::parse(code))
}

fn text(content: &Object, key: &str) -> Option<String> {
    content.get_str(key).map(Into::into)
}

fn texts(content: &Object, key: &str) -> Option<Vec<String>> {
    let items = content.get(key)?.as_array()?;
    if items.len() > MOST_ITEMS {
        return None;
    }
    items
        .iter()
        .map(|item| item.as_str().map(Into::into))
        .collect()
}

/// The identifier that the content itself carries, by the way it came.
pub(super) fn flow_id(content: &Object, in_room: bool) -> Option<&str> {
    if !in_room {
        return content.get_str("transaction_id");
    }
    let relation = content.get_object("m.relates_to")?;
    (relation.get_str("rel_type")? == "m.reference").then_some(())?;
    relation.get_str("event_id")
}

/// The content with the identifier of its flow put in.
pub(super) fn with_flow_id(content: Object, flow_id: &str, in_room: bool) -> Object {
    if in_room {
        content.with(
            "m.relates_to",
            Object::new()
                .with("rel_type", "m.reference")
                .with("event_id", flow_id),
        )
    } else {
        content.with("transaction_id", flow_id)
    }
}
