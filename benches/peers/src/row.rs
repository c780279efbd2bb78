//! One row of the table: an operation, done by each peer in turn.

use core::time::Duration;
use std::time::Instant;

/// How long one row is measured.
const TIME_PER_ROW: Duration = Duration::from_millis(2500);
/// Samples a row has at least, however long one takes.
const MIN_SAMPLES: usize = 40;

/// How many places on the stack a sample is tried at: where the stack begins is
/// drawn anew for each process, and some places cost an operation a quarter.
const STACK_PLACES: usize = 32;

/// Calls `sample` further down the stack, by some 136 bytes a step.
#[inline(never)]
fn at_depth(depth: usize, sample: &mut dyn FnMut() -> Duration) -> Duration {
    let padding = core::hint::black_box([0u8; 100]);
    let time = if depth == 0 {
        sample()
    } else {
        at_depth(depth - 1, sample)
    };
    core::hint::black_box(padding);
    time
}

/// Who does the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Necturus,
    Vodozemac,
    Libolm,
    /// The sum of the primitives that cannot be avoided, without any protocol.
    Floor,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Necturus, Self::Vodozemac, Self::Libolm, Self::Floor];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Necturus => "necturus",
            Self::Vodozemac => "vodozemac",
            Self::Libolm => "libolm",
            Self::Floor => "floor",
        }
    }
}

/// Prepares, then gives the time of the operation alone.
type Sample = Box<dyn FnMut() -> Duration>;

pub(crate) struct Row {
    pub(crate) name: String,
    /// The ratio against vodozemac that has to be reached; 1.0 is "not slower".
    must_reach: Option<f64>,
    cases: Vec<(Peer, Sample)>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, must_reach: Option<f64>) -> Self {
        Self {
            name: name.into(),
            must_reach,
            cases: Vec::new(),
        }
    }

    /// An operation that needs fresh inputs each time.
    pub(crate) fn with_setup<I, O>(
        mut self,
        peer: Peer,
        mut setup: impl FnMut() -> I + 'static,
        mut operation: impl FnMut(I) -> O + 'static,
    ) -> Self {
        self.cases.push((
            peer,
            Box::new(move || {
                let input = setup();
                let start = Instant::now();
                let output = operation(input);
                let time = start.elapsed();
                // What it costs to drop the output is no part of it.
                drop(core::hint::black_box(output));
                time
            }),
        ));
        self
    }

    /// An operation that goes on from where it stands.
    pub(crate) fn with<O>(self, peer: Peer, mut operation: impl FnMut() -> O + 'static) -> Self {
        self.with_setup(peer, || (), move |()| operation())
    }

    pub(crate) fn measure(mut self) -> Measured {
        let mut smallest = vec![Duration::MAX; self.cases.len()];
        let start = Instant::now();
        let mut samples = 0;
        while samples < MIN_SAMPLES || start.elapsed() < TIME_PER_ROW {
            let depth = samples % STACK_PLACES;
            for ((_, sample), smallest) in self.cases.iter_mut().zip(&mut smallest) {
                // The first run after another peer's finds cold caches; only
                // the second one counts.
                let time = at_depth(depth, &mut || {
                    let _ = sample();
                    sample()
                });
                *smallest = time.min(*smallest);
            }
            samples += 1;
        }
        let times = self
            .cases
            .iter()
            .zip(smallest)
            .map(|((peer, _), time)| (*peer, time.as_nanos() as f64))
            .collect();
        Measured {
            name: self.name,
            must_reach: self.must_reach,
            times,
            samples,
        }
    }
}

pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) must_reach: Option<f64>,
    times: Vec<(Peer, f64)>,
    pub(crate) samples: usize,
}

impl Measured {
    /// Nanoseconds.
    pub(crate) fn time(&self, peer: Peer) -> Option<f64> {
        self.times
            .iter()
            .find(|(of, _)| *of == peer)
            .map(|(_, time)| *time)
    }

    /// How many times as fast as a peer necturus is.
    pub(crate) fn ratio(&self, peer: Peer) -> Option<f64> {
        Some(self.time(peer)? / self.time(Peer::Necturus)?)
    }

    /// "Not slower" allows for 2 %: the samples of two equal programs differ by
    /// as much.
    pub(crate) fn missed(&self) -> bool {
        match (self.must_reach, self.ratio(Peer::Vodozemac)) {
            (Some(goal), Some(ratio)) => ratio < if goal > 1.0 { goal } else { 0.98 },
            _ => false,
        }
    }
}
