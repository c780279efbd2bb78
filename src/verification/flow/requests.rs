//! Asking others to verify.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use super::{events::Outgoing, message::REQUEST, table::Verifications};
use crate::{
    json::Object,
    primitives::{base64, random::draw},
};

impl Verifications {
    /// Asks another user's devices, or other devices of ours: the flow's
    /// identifier and the message to send. `now` is in milliseconds. Draws 16
    /// bytes for the identifier in one call.
    ///
    /// # Errors
    ///
    /// [`RequestError`], which says what is wrong with the request.
    pub fn request_devices_with<R>(
        &mut self,
        rng: &mut R,
        their_user: &str,
        device_ids: &[&str],
        now: u64,
    ) -> Result<(String, Vec<Outgoing>), RequestError>
    where
        R: TryCryptoRng + ?Sized,
    {
        if device_ids.is_empty() {
            return Err(RequestError::NobodyToAsk);
        }
        let flow_id = base64::encode(
            draw::<16, _>(rng)
                .map_err(|_| RequestError::Rng)?
                .as_slice(),
        );
        if !self.make_room(their_user, true) {
            return Err(RequestError::TooMany);
        }
        let mut flow = self.flow(their_user, &flow_id, false, now);
        flow.we_requested = true;
        flow.asked_devices = device_ids.iter().map(|id| (*id).to_owned()).collect();
        let content = Object::new()
            .with("from_device", self.own.device.device_id())
            .with("methods", self.own.methods.names())
            .with("timestamp", now);
        let request = flow.message(REQUEST, content);
        self.flows.push(Box::new(flow));
        Ok((flow_id, vec![request]))
    }

    /// [`Self::request_devices_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn request_devices(
        &mut self,
        their_user: &str,
        device_ids: &[&str],
        now: u64,
    ) -> Result<(String, Vec<Outgoing>), RequestError> {
        let rng = &mut crate::primitives::random::OsRng;
        self.request_devices_with(rng, their_user, device_ids, now)
    }

    /// The content of an `m.room.message` that asks another user in a room. Send
    /// it, then call [`requested_in_room`](Self::requested_in_room) with the id
    /// of the event.
    #[must_use]
    pub fn room_request(&self, their_user: &str) -> Object {
        Object::new()
            .with("msgtype", REQUEST)
            .with(
                "body",
                "I would like to verify your keys. Your client does not support it.",
            )
            .with("from_device", self.own.device.device_id())
            .with("methods", self.own.methods.names())
            .with("to", their_user)
    }

    /// A request was sent to a room as this event: the flow begins, and the event
    /// id is its identifier.
    ///
    /// # Errors
    ///
    /// [`RequestError::TooMany`], and [`RequestError::Known`] when there is a
    /// flow of this identifier.
    pub fn requested_in_room(
        &mut self,
        their_user: &str,
        event_id: &str,
        now: u64,
    ) -> Result<(), RequestError> {
        if self.get(their_user, event_id).is_some() {
            return Err(RequestError::Known);
        }
        if !self.make_room(their_user, true) {
            return Err(RequestError::TooMany);
        }
        let mut flow = self.flow(their_user, event_id, true, now);
        flow.we_requested = true;
        self.flows.push(Box::new(flow));
        Ok(())
    }
}

/// Why a request cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// No device is named.
    NobodyToAsk,
    /// A hundred flows are held that run or ended well: let
    /// [`Verifications::tick`] forget some.
    TooMany,
    /// There is a flow of this identifier.
    Known,
    /// The random number generator failed.
    Rng,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NobodyToAsk => "there is no device to ask",
            Self::TooMany => "there are too many verifications",
            Self::Known => "there is a verification of this identifier",
            Self::Rng => "the random number generator failed",
        })
    }
}

impl core::error::Error for RequestError {}
