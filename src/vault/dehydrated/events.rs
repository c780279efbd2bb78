//! When all events of a dehydrated device were fetched.

use alloc::{borrow::ToOwned, string::String};

/// How events are asked for: both are deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventsRequest {
    /// `GET` with the token as query parameter `from`, as in MSC3814 since July
    /// 2026. An empty batch is not the end.
    Get,
    /// `POST` with the token as `next_batch` in the body, as before. An empty
    /// batch is the end.
    Post,
}

/// Fetches all events of a dehydrated device, batch after batch, and says when
/// that is all. To stop early loses room keys for good, as the device is replaced
/// next; nothing is deleted meanwhile, so it can start again.
///
/// ```
/// use necturus::vault::{DehydratedEvents, EventsRequest};
///
/// let mut events = DehydratedEvents::new(EventsRequest::Get);
/// assert_eq!(events.next_token(), None); // the first request has none
/// events.received(2, Some("t1"));
/// assert_eq!((events.are_complete(), events.next_token()), (false, Some("t1")));
/// events.received(0, None);
/// assert!(events.are_complete());
/// ```
#[derive(Clone, Debug)]
pub struct DehydratedEvents {
    request: EventsRequest,
    token: Option<String>,
    complete: bool,
}

impl DehydratedEvents {
    /// From the first batch on.
    #[must_use]
    pub const fn new(request: EventsRequest) -> Self {
        Self {
            request,
            token: None,
            complete: false,
        }
    }

    /// The token for the next request; the first has none.
    #[must_use]
    pub fn next_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Takes a batch down: how many events it had, and its `next_batch`.
    pub fn received(&mut self, events: usize, next_batch: Option<&str>) {
        let stands_still = match self.request {
            EventsRequest::Get => next_batch == self.next_token(),
            EventsRequest::Post => true,
        };
        self.complete |= next_batch.is_none() || (events == 0 && stands_still);
        self.token = next_batch.map(ToOwned::to_owned);
    }

    /// Whether that was all: the device can be replaced now.
    #[must_use]
    pub const fn are_complete(&self) -> bool {
        self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_batch_is_the_end_by_its_request() {
        // (request, batches of events and next token, whether complete after each)
        for (request, batches, complete) in [
            (
                EventsRequest::Get,
                &[(1, Some("a")), (0, Some("b")), (3, None)][..],
                &[false, false, true][..],
            ),
            (
                EventsRequest::Get,
                &[(0, Some("a")), (0, Some("a"))],
                &[false, true],
            ),
            (
                EventsRequest::Get,
                &[(1, Some("a")), (1, Some("a"))],
                &[false, false],
            ),
            (EventsRequest::Get, &[(0, None)], &[true]),
            (
                EventsRequest::Post,
                &[(1, Some("a")), (1, Some("b")), (0, Some("c"))],
                &[false, false, true],
            ),
            (
                EventsRequest::Post,
                &[(1, Some("a")), (1, Some("a")), (0, Some("a"))],
                &[false, false, true],
            ),
            (EventsRequest::Post, &[(0, Some("a"))], &[true]),
            (EventsRequest::Post, &[(5, None)], &[true]),
        ] {
            let mut events = DehydratedEvents::new(request);
            for ((count, token), complete) in batches.iter().zip(complete) {
                events.received(*count, *token);
                assert_eq!(events.are_complete(), *complete, "{request:?} {batches:?}");
                assert_eq!(events.next_token(), *token);
            }
        }
    }
}
