//! Initialisation vectors: `SSRC ‖ timestamp ‖ timestamp − n`, and that none comes
//! twice under one key.

/// Bytes of an IV.
pub(super) const IV_LENGTH: usize = 12;
/// `n` counts modulo this.
const CYCLE: u32 = 65_535;
/// Two frames that are two segments apart can have the same `n`; those closer
/// together cannot.
const SEGMENT: u64 = 32_767;

/// No IV is left that is surely new.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeats;

/// The frames of one SSRC under one key.
///
/// An IV is taken again when a timestamp comes back with the same `n`. Within 65 535
/// frames `n` differs. Past that, the timestamp (counted on through its wraps) has to
/// be later than that of every frame two segments back and more; and from the first
/// to the last it must not come around by itself. Both hold for every clock that
/// goes on, for half a day of video.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// `n` of the next frame.
    count: u32,
    frames: u64,
    last: u32,
    /// `last`, counted on through its wraps, and the extremes of that.
    clock: u64,
    earliest: u64,
    latest: u64,
    /// `latest` at the end of the last segment, and of the one before.
    before: u64,
    long_before: u64,
}

impl Stream {
    /// A stream whose `n` starts at a random number.
    pub(super) const fn new(random: u32) -> Self {
        // In the middle, so that clocks can go backwards.
        let clock = 1 << 63;
        Self {
            count: random % CYCLE,
            frames: 0,
            last: 0,
            clock,
            earliest: clock,
            latest: clock,
            before: 0,
            long_before: 0,
        }
    }

    /// The IV of the next frame, and the stream after it.
    pub(super) fn next(
        mut self,
        ssrc: u32,
        timestamp: u32,
    ) -> Result<([u8; IV_LENGTH], Self), Repeats> {
        if self.frames == 0 {
            self.last = timestamp;
        } else if self.frames.is_multiple_of(SEGMENT) {
            self.long_before = self.before;
            self.before = self.latest;
        }
        let step = timestamp.wrapping_sub(self.last).cast_signed();
        self.clock = self.clock.wrapping_add_signed(i64::from(step));
        self.last = timestamp;
        self.earliest = self.earliest.min(self.clock);
        self.latest = self.latest.max(self.clock);
        let around = self.latest.wrapping_sub(self.earliest) > u64::from(u32::MAX);
        if self.clock <= self.long_before || around {
            return Err(Repeats);
        }
        let iv = iv(ssrc, timestamp, self.count);
        self.frames = self.frames.checked_add(1).ok_or(Repeats)?;
        self.count = self.count.wrapping_add(1) % CYCLE;
        Ok((iv, self))
    }
}

/// The three numbers behind one another.
pub(super) fn iv(first: u32, time: u32, count: u32) -> [u8; IV_LENGTH] {
    let mut iv = [0; IV_LENGTH];
    let numbers = [first, time, time.wrapping_sub(count % CYCLE)];
    for (room, number) in iv.chunks_mut(4).zip(numbers) {
        room.copy_from_slice(&number.to_be_bytes());
    }
    iv
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    /// Sends with the given timestamps until it is refused, and gives how many
    /// frames passed; every IV was a new one.
    fn sent(timestamps: impl Iterator<Item = u32>) -> usize {
        let mut stream = Stream::new(77);
        let mut seen = BTreeSet::new();
        for timestamp in timestamps {
            match stream.next(1, timestamp) {
                Ok((iv, next)) => {
                    assert!(seen.insert(iv), "the IV of frame {}", seen.len());
                    stream = next;
                }
                Err(Repeats) => break,
            }
        }
        seen.len()
    }

    #[test]
    fn a_clock_that_stands_still_is_stopped_in_time() {
        let frames = sent(core::iter::repeat(5));
        assert!((65_534..=65_535).contains(&frames), "{frames}");
    }

    #[test]
    fn a_clock_that_comes_back_is_stopped() {
        // Back at the first timestamp, in the step of n.
        let frames = sent((0..70_000).map(|n| if n < 65_535 { n } else { n - 65_535 }));
        assert_eq!(frames, 65_535);
    }

    #[test]
    fn a_clock_that_goes_round_is_stopped_before_it_repeats() {
        let step = 1 << 16;
        let frames = sent((0..200_000u32).map(|n| n.wrapping_mul(step)));
        assert_eq!(frames, 65_536);
    }

    #[test]
    fn clocks_that_go_on_are_not_stopped() {
        // Video at 90 kHz, its timestamp wrapping soon.
        let video = (0..150_000u32).map(|n| (u32::MAX - 1000).wrapping_add(n * 1500));
        assert_eq!(sent(video), 150_000);
        // Three layers of a picture with the same timestamp.
        assert_eq!(sent((0..150_000u32).map(|n| n / 3 * 3000)), 150_000);
        // Pictures that are sent out of order.
        assert_eq!(
            sent((0..150_000u32).map(|n| 10_000 + (n ^ 3) * 3000)),
            150_000
        );
    }
}
