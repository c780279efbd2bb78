//! Which counters of a key were seen.

/// Whether a key refuses a frame that it has opened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a frame that came twice is opened or not"
)]
pub enum Replay {
    /// Opened again: for an application that sorts this out itself.
    Allow,
    /// Refused, and so is a frame [`REPLAY_WINDOW`] or more behind the newest: of
    /// those nobody remembers whether they were opened.
    Refuse,
}

/// How many counters behind the newest a key remembers.
pub const REPLAY_WINDOW: u64 = 1024;

const WORDS: usize = 16;

/// A window over the counters: the newest, and those before it as bits of a ring.
pub(super) struct Window {
    newest: Option<u64>,
    seen: [u64; WORDS],
}

impl Window {
    pub(super) const fn new() -> Self {
        Self {
            newest: None,
            seen: [0; WORDS],
        }
    }

    /// Whether a frame of this counter is new for all that is known.
    pub(super) fn is_new(&self, counter: u64) -> bool {
        let Some(newest) = self.newest else {
            return true;
        };
        match newest.checked_sub(counter) {
            None => true,
            Some(behind) => {
                let (word, bit) = place(counter);
                behind < REPLAY_WINDOW && self.seen.get(word).is_some_and(|seen| seen & bit == 0)
            }
        }
    }

    /// Notes a counter that [is new](Self::is_new).
    pub(super) fn note(&mut self, counter: u64) {
        let newest = self.newest.unwrap_or(counter);
        let ahead = counter.saturating_sub(newest);
        if ahead >= REPLAY_WINDOW {
            self.seen = [0; WORDS];
        } else {
            // What falls out of the window makes room for what comes in.
            for between in 1..=ahead {
                let (word, bit) = place(newest.wrapping_add(between));
                if let Some(seen) = self.seen.get_mut(word) {
                    *seen &= !bit;
                }
            }
        }
        self.newest = Some(newest.max(counter));
        let (word, bit) = place(counter);
        if let Some(seen) = self.seen.get_mut(word) {
            *seen |= bit;
        }
    }
}

/// Word and bit of a counter in the ring.
fn place(counter: u64) -> (usize, u64) {
    let [.., high, low] = counter.to_be_bytes();
    let at = u16::from_be_bytes([high, low]) % 1024;
    (usize::from(at / 64), 1u64.rotate_left(u32::from(at % 64)))
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_counter_passes_once_and_never_from_behind_the_window() {
        let mut window = Window::new();
        let mut seen = BTreeSet::new();
        let mut state = 1u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Mostly near the newest, and sometimes far ahead.
            let newest = seen.last().copied().unwrap_or(0u64);
            let counter = match state >> 60 {
                0 => newest + (state >> 20) % 3000,
                _ => (newest + 8).saturating_sub((state >> 20) % 1200),
            };
            let right = !seen.contains(&counter) && newest.saturating_sub(counter) < REPLAY_WINDOW;
            assert_eq!(window.is_new(counter), right, "{counter} at {newest}");
            if right {
                window.note(counter);
                seen.insert(counter);
            }
        }
    }

    #[test]
    fn the_last_counters_are_no_exception() {
        let mut window = Window::new();
        window.note(u64::MAX);
        assert!(!window.is_new(u64::MAX));
        assert!(window.is_new(u64::MAX - 1));
        assert!(!window.is_new(u64::MAX - REPLAY_WINDOW));
        assert!(!window.is_new(0));
    }
}
