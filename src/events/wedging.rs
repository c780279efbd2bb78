//! When a broken Olm channel is made anew.

/// Milliseconds between two attempts at one device: an hour.
pub const UNWEDGE_INTERVAL_MS: u64 = 3_600_000;

/// What is kept per device about broken Olm sessions. Public data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wedging {
    index: u32,
    unwedged_at_ms: Option<u64>,
}

impl Wedging {
    /// Of a device of which nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self::restore(0, None)
    }

    /// Of a device that was stored.
    #[must_use]
    pub const fn restore(index: u32, unwedged_at_ms: Option<u64>) -> Self {
        Self {
            index,
            unwedged_at_ms,
        }
    }

    /// The wedging index: how often the device started a new session. Outbound
    /// room sessions that were shared at a lower one are shared again.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// When a new session was last made for this reason.
    #[must_use]
    pub const fn unwedged_at_ms(&self) -> Option<u64> {
        self.unwedged_at_ms
    }

    /// A new inbound session came: what was sent before may not have arrived.
    pub const fn new_inbound_session(&mut self) {
        self.index = self.index.saturating_add(1);
    }

    /// A message of the device was wedged, or it said `m.no_olm`. Gives whether to
    /// claim a key, make a new session, and send an `m.dummy` event through it now:
    /// at most once in [`UNWEDGE_INTERVAL_MS`]. A clock that went back does not
    /// count as time.
    #[must_use = "a new session has to be made"]
    pub const fn unwedge(&mut self, now_ms: u64) -> bool {
        if let Some(last) = self.unwedged_at_ms
            && now_ms.saturating_sub(last) < UNWEDGE_INTERVAL_MS
        {
            return false;
        }
        self.unwedged_at_ms = Some(now_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_unwedged_once_an_hour() {
        let mut wedging = Wedging::new();
        assert!(wedging.unwedge(1_000_000));
        assert!(!wedging.unwedge(1_000_000));
        assert!(!wedging.unwedge(0));
        assert!(!wedging.unwedge(1_000_000 + UNWEDGE_INTERVAL_MS - 1));
        assert!(wedging.unwedge(1_000_000 + UNWEDGE_INTERVAL_MS));
        assert!(!wedging.unwedge(1_000_001 + UNWEDGE_INTERVAL_MS));
    }

    #[test]
    fn the_index_counts_new_sessions() {
        let mut wedging = Wedging::restore(u32::MAX - 1, None);
        wedging.new_inbound_session();
        wedging.new_inbound_session();
        assert_eq!(wedging.index(), u32::MAX);
    }
}
